//! What isn't there, what isn't possible, what every answer carries, what gets into the log.

use crate::sample::{Server, TOKEN, log};

fn request(method: &str, path: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n")
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_with_a_request_id() {
    let server = Server::start().await;
    for path in [
        "/",
        "/api",
        "/api/v1/forest/session",
        "/api/v1//session",
        "/api/v1/garden/session/",
        "/api/v1/%ff/session",
        "/api/v1/garden%2Fsession",
        "/%2e%2e/etc/passwd",
    ] {
        let reply = server.ask(request("GET", path)).await;
        assert_eq!(reply.problem(), (404, "not_found".to_owned()), "{path}");
        assert_eq!(reply.header("x-request-id").unwrap().len(), 32);
    }
}

#[tokio::test]
async fn another_method_is_405_and_told_which_ones_there_are() {
    let server = Server::start().await;
    for (method, path, allowed) in [
        ("DELETE", "/api/v1/garden/registrations", "POST"),
        ("GET", "/api/v1/garden/registrations", "POST"),
        ("TRACE", "/api/v1/garden/session", "GET, HEAD"),
        ("BREW", "/api/v1/garden/session", "GET, HEAD"),
    ] {
        let reply = server.ask(request(method, path)).await;
        assert_eq!(reply.problem(), (405, "method_not_allowed".to_owned()), "{method} {path}");
        assert_eq!(reply.header("allow"), Some(allowed));
    }
    assert_eq!(server.ask(request("POST", "/api/docs")).await.problem(), (405, "method_not_allowed".to_owned()));
}

#[tokio::test]
async fn head_is_get_without_its_body() {
    let server = Server::start().await;
    for path in ["/api/v1/garden/large", "/api/docs", "/api/openapi.json"] {
        let mut client = server.connect().await;
        client.send(request("HEAD", path)).await;
        let reply = client.reply_to("HEAD").await.unwrap();
        assert_eq!(reply.status, 200, "{path}");
        // The connection goes on with the next request: no body stood in between.
        client.send(request("GET", "/api/v1/garden/nothing")).await;
        assert_eq!(client.reply().await.unwrap().problem().0, 404, "{path}");
    }
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let server = Server::start().await;
    for line in ["/api/v1/garden/large", "/api/v1/garden/session", "/nowhere", "/api/docs"] {
        let reply = server.ask(request("GET", line)).await;
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{line}");
        assert_eq!(reply.header("referrer-policy"), Some("no-referrer"), "{line}");
        assert_eq!(reply.header("x-frame-options"), Some("DENY"), "{line}");
        let policy = reply.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{line}: {policy}");
        assert!(!policy.contains("unsafe"), "{line}: {policy}");
        assert_eq!(reply.header("cache-control"), Some(if line == "/api/docs" { "public, max-age=300" } else { "no-store" }), "{line}");
    }
}

#[tokio::test]
async fn a_refusal_tells_how_long_to_wait_and_its_own_facts() {
    let server = Server::start().await;
    let reply = server.post("/api/v1/garden/registrations", r#"{"email":"late@example.org"}"#).await;
    assert_eq!(reply.problem(), (429, "resend_too_early".to_owned()));
    assert_eq!(reply.header("retry-after"), Some("2"));
    assert_eq!((&reply.json()["attempts_left"], &reply.json()["retry_after"]), (&3.into(), &2.into()));
}

#[tokio::test]
async fn a_token_in_path_query_header_or_body_does_not_get_into_the_log() {
    let server = Server::start().await;
    let marker = "marker-5d1e77";
    server.ask(request("GET", &format!("/api/v1/garden/session?t={marker}"))).await;
    server.ask(request("GET", &format!("/confirm?t={marker}"))).await;
    server.ask(request("GET", &format!("/api/v1/{marker}/session"))).await;
    server
        .ask(format!("GET /api/v1/garden/session HTTP/1.1\r\nhost: {marker}\r\nauthorization: Bearer {TOKEN}\r\nreferer: {marker}\r\n\r\n"))
        .await;
    server.post("/api/v1/garden/registrations", format!(r#"{{"email":"{marker}","{marker}":1}}"#)).await;
    let last = server.ask(request("GET", "/api/v1/garden/large")).await;
    let text = log().text();
    let line = text
        .lines()
        .find(|line| line.contains(last.header("x-request-id").unwrap()) && line.contains("large"))
        .expect("a line for each request");
    assert!(line.contains("/api/v1/:portal/large") && line.contains("200"), "{line}");
    assert!(!text.contains(marker) && !text.contains(TOKEN), "{text}");
}

#[tokio::test]
async fn a_method_or_path_with_control_characters_writes_no_line_of_its_own() {
    let server = Server::start().await;
    server.ask("GET /api/v1/garden/x%0a%1b[31mforged HTTP/1.1\r\nhost: x\r\n\r\n").await;
    server.ask("FORGED /api/v1/garden/session HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let text = log().text();
    assert!(!text.contains("forged") && !text.contains("FORGED") && !text.contains('\u{1b}'), "{text}");
}

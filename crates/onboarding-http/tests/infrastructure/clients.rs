//! Who is asking: networks behind proxies, credentials, keys, languages.

use crate::sample::{Server, TOKEN, posted};

const PATH: &str = "/api/v1/garden/registrations";
const BODY: &str = r#"{"email":"a@example.org"}"#;

async fn network(server: &Server, headers: &str) -> String {
    let reply = server.ask(posted(PATH, &format!("content-type: application/json\r\n{headers}"), BODY)).await;
    reply.json()["network"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_strangers_forwarded_header_changes_nothing() {
    let server = Server::start().await;
    for header in ["x-forwarded-for: 203.0.113.9", "forwarded: for=203.0.113.9", "x-real-ip: 203.0.113.9", "client-ip: 203.0.113.9"] {
        assert_eq!(network(&server, &format!("{header}\r\n")).await, "127.0.0.0/24", "{header}");
    }
}

#[tokio::test]
async fn a_proxys_forwarded_header_is_honoured_from_the_right() {
    let server = Server::behind_a_proxy().await;
    assert_eq!(network(&server, "x-forwarded-for: 203.0.113.9\r\n").await, "203.0.113.0/24");
    assert_eq!(network(&server, "x-forwarded-for: 198.51.100.1, 203.0.113.9, 127.0.0.5\r\n").await, "203.0.113.0/24");
    assert_eq!(network(&server, "x-forwarded-for: 198.51.100.1\r\nx-forwarded-for: 2001:db8:1:2::3\r\n").await, "2001:db8:1:2::/64");
    assert_eq!(network(&server, "forwarded: for=198.51.100.1\r\n").await, "127.0.0.0/24");
}

#[tokio::test]
async fn a_request_id_is_taken_over_from_a_proxy_only_and_only_if_well_formed() {
    let request = |id: &str| format!("GET /api/v1/nowhere/session HTTP/1.1\r\nhost: x\r\nx-request-id: {id}\r\n\r\n");
    let stranger = Server::start().await;
    assert_ne!(stranger.ask(request("proxy-id-0001")).await.header("x-request-id"), Some("proxy-id-0001"));
    let proxied = Server::behind_a_proxy().await;
    assert_eq!(proxied.ask(request("proxy-id-0001")).await.header("x-request-id"), Some("proxy-id-0001"));
    for wrong in ["short", "with blank in it", "quote\"quote", &"x".repeat(65)] {
        let reply = proxied.ask(request(wrong)).await;
        let own = reply.header("x-request-id").unwrap();
        assert!(own.len() == 32 && own.bytes().all(|byte| byte.is_ascii_hexdigit()), "{own}");
    }
}

#[tokio::test]
async fn no_header_takes_a_stranger_out_of_the_count() {
    let server = Server::start().await;
    let knock = posted(PATH, "content-type: application/json\r\nauthorization: Bearer of-nobody\r\n", BODY);
    let mut client = server.connect().await;
    let mut told = 202;
    for _ in 0..20_000 {
        client.send(&knock).await;
        told = client.reply().await.unwrap().status;
        if told != 202 {
            break;
        }
    }
    assert_eq!(told, 429);
}

#[tokio::test]
async fn only_those_whom_the_table_admits_get_in() {
    let server = Server::start().await;
    let get = |path: &str, headers: &str| format!("GET /api/v1/garden{path} HTTP/1.1\r\nhost: x\r\n{headers}\r\n");
    let with = |authorization: &str| format!("authorization: {authorization}\r\n");
    let session = with(&format!("Bearer {TOKEN}"));
    assert_eq!(server.ask(get("/session", &session)).await.status, 204);
    assert_eq!(server.ask(get("/session", &with(&format!("bearer {TOKEN}")))).await.status, 204);
    for headers in [String::new(), with("Bearer wrong"), with("Bearer"), with("Bearer "), with("Basic eDp5"), session.clone() + &session] {
        let reply = server.ask(get("/session", &headers)).await;
        assert_eq!(reply.problem(), (401, "sign_in_required".to_owned()), "{headers}");
        assert_eq!(reply.header("www-authenticate"), Some("Bearer"));
    }
    // A public call asks for nobody, so whatever stands there is left alone.
    let open = posted(PATH, &format!("content-type: application/json\r\n{}", with("Basic eDp5")), BODY);
    assert_eq!(server.ask(open).await.status, 202);
    assert_eq!(server.ask(get("/staff/records?q=x", &session)).await.problem(), (403, "forbidden".to_owned()));
    assert_eq!(server.ask(get("/staff/records?q=x", &with("Bearer staff-token"))).await.json()["limit"], 50);
    assert_eq!(
        server.ask(get("/staff/records?q=x&role=admin", &with("Bearer staff-token"))).await.problem(),
        (422, "validation_failed".to_owned())
    );
}

#[tokio::test]
async fn an_idempotency_key_too_short_to_be_unique_is_refused() {
    let server = Server::start().await;
    let with = |key: &str| posted(PATH, &format!("content-type: application/json\r\nidempotency-key: {key}\r\n"), BODY);
    let uuid = "0197f0c2-6c1e-7d3a-9b1e-2f4d5a6b7c8d";
    assert_eq!(server.ask(with(uuid)).await.json()["key"], uuid);
    for wrong in ["0123456789abcde", "with a blank in it", &"k".repeat(256), "käse-käse-käse-käse"] {
        assert_eq!(server.ask(with(wrong)).await.problem(), (400, "idempotency_key_invalid".to_owned()), "{wrong}");
    }
    let twice = posted(PATH, &format!("content-type: application/json\r\nidempotency-key: {uuid}\r\nidempotency-key: {uuid}\r\n"), BODY);
    assert_eq!(server.ask(twice).await.status, 400);
}

#[tokio::test]
async fn an_answer_speaks_the_best_language_of_its_portal() {
    let server = Server::start().await;
    let with =
        |languages: &str, body: &str| posted(PATH, &format!("content-type: application/json\r\naccept-language: {languages}\r\n"), body);
    assert_eq!(server.ask(with("it, fr-CH;q=0.7", BODY)).await.json()["language"], "fr");
    assert_eq!(server.ask(with("it", BODY)).await.json()["language"], "de");
    let refused = server.ask(with("it, fr;q=0.7", "{}")).await;
    assert_eq!((refused.json()["title"].as_str(), refused.header("content-language")), (Some("validation_failed in fr"), Some("fr")));
    assert_eq!(refused.json()["errors"][0]["message"], "email: required in fr");
    // A portal that isn't there has no languages; then all there are count.
    let unknown = server.ask("GET /api/v1/forest/session HTTP/1.1\r\nhost: x\r\naccept-language: it\r\n\r\n").await;
    assert_eq!(unknown.json()["title"], "not_found in it");
}

#[tokio::test]
async fn an_absolute_address_in_the_request_line_only_routes_by_its_path() {
    let server = Server::start().await;
    let reply = server
        .ask(format!(
            "GET http://evil.example/api/v1/garden/session HTTP/1.1\r\nhost: evil.example\r\nauthorization: Bearer {TOKEN}\r\n\r\n"
        ))
        .await;
    assert_eq!(reply.status, 204);
}

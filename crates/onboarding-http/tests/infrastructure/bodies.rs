//! Bodies: how large, of which kind, in which shape.

use crate::sample::{PATIENCE, Server, posted};
use serde_json::json;
use std::sync::atomic::Ordering;

const PATH: &str = "/api/v1/garden/registrations";

#[tokio::test]
async fn a_body_of_64_kib_is_taken_and_one_more_byte_is_413() {
    let server = Server::start().await;
    let padded = |length: usize| {
        let frame = r#"{"email":"a@example.org","notes":""}"#.len();
        format!(r#"{{"email":"a@example.org","notes":"{}"}}"#, "n".repeat(length - frame))
    };
    assert_eq!(server.post(PATH, padded(64 * 1024)).await.status, 202);
    let reply = server.post(PATH, padded(64 * 1024 + 1)).await;
    assert_eq!(reply.problem(), (413, "too_large".to_owned()));
    assert_eq!(reply.header("connection"), Some("close"));
}

#[tokio::test]
async fn a_megabyte_in_one_field_is_413() {
    let server = Server::start().await;
    let body = json!({ "email": "e".repeat(1024 * 1024) }).to_string();
    assert_eq!(server.post(PATH, body).await.problem(), (413, "too_large".to_owned()));
    assert_eq!(server.state.handled.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_body_in_endless_chunks_is_413_and_the_connection_ends() {
    let server = Server::start().await;
    let mut client = server.connect().await;
    client.send(format!("POST {PATH} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n")).await;
    let chunk = format!("1000\r\n{}\r\n", "x".repeat(0x1000));
    let mut sent = 0;
    // Goes on as long as anybody listens.
    tokio::time::timeout(PATIENCE, async {
        while client.send(&chunk).await {
            sent += 1;
        }
    })
    .await
    .expect("the server hangs up");
    assert!(sent > 15, "the limit is reached before: {sent}");
}

#[tokio::test]
async fn a_body_in_too_many_chunks_gets_its_413_when_the_client_stops_to_read_it() {
    let server = Server::start().await;
    let mut client = server.connect().await;
    client.send(format!("POST {PATH} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n")).await;
    for _ in 0..60 {
        client.send(format!("1000\r\n{}\r\n", "x".repeat(0x1000))).await;
    }
    assert_eq!(client.reply().await.unwrap().problem(), (413, "too_large".to_owned()));
    client.hung_up_in_order().await;
}

#[tokio::test]
async fn a_compressed_body_or_one_of_another_type_is_415() {
    let server = Server::start().await;
    let body = r#"{"email":"a@example.org"}"#;
    for headers in [
        "content-type: application/json\r\ncontent-encoding: gzip\r\n",
        "content-type: application/json\r\ncontent-encoding: identity\r\ncontent-encoding: br\r\n",
        "content-type: application/json\r\ncontent-encoding: gzip, identity\r\n",
        "content-type: text/plain\r\n",
        "content-type: application/x-www-form-urlencoded\r\n",
        "content-type: application/json; charset=iso-8859-1\r\n",
        "content-type: application/json\r\ncontent-type: text/plain\r\n",
        "",
    ] {
        let reply = server.ask(posted(PATH, headers, body)).await;
        assert_eq!(reply.problem(), (415, "unsupported_media_type".to_owned()), "{headers}");
    }
    for headers in ["content-type: application/json; charset=UTF-8\r\n", "content-type: Application/JSON\r\ncontent-encoding: identity\r\n"]
    {
        assert_eq!(server.ask(posted(PATH, headers, body)).await.status, 202, "{headers}");
    }
}

#[tokio::test]
async fn a_field_that_nobody_asked_for_is_422_with_its_place() {
    let server = Server::start().await;
    for field in ["role", "tenant_id", "approved", "email_verified"] {
        let mut body = json!({ "email": "a@example.org" });
        body[field] = json!("x");
        let reply = server.post(PATH, body.to_string()).await;
        assert_eq!(reply.problem(), (422, "validation_failed".to_owned()));
        let message = format!("{field}: unknown_field in de");
        assert_eq!(reply.json()["errors"], json!([{ "field": field, "code": "unknown_field", "message": message }]));
    }
    assert_eq!(server.state.handled.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_body_that_two_readers_could_read_differently_is_refused() {
    let server = Server::start().await;
    let errors =
        |reply: crate::sample::Reply| (reply.status, reply.json()["errors"][0]["field"].clone(), reply.json()["errors"][0]["code"].clone());
    assert_eq!(
        errors(server.post(PATH, r#"{"email":"a@example.org","email":"b@example.org"}"#).await),
        (422, json!("email"), json!("duplicate_field"))
    );
    assert_eq!(
        errors(server.post(PATH, r#"{"email":"a","notes":{"x":1,"x":2}}"#).await),
        (422, json!("notes.x"), json!("duplicate_field"))
    );
    assert_eq!(
        errors(server.post(PATH, r#"{"email":["a@example.org","b@example.org"]}"#).await),
        (422, json!("email"), json!("wrong_type"))
    );
    assert_eq!(errors(server.post(PATH, r#"["a@example.org"]"#).await), (422, json!(""), json!("wrong_type")));
    assert_eq!(server.post(PATH, b"{\"email\":\"\xc3\x28\"}").await.problem(), (400, "malformed_body".to_owned()));
    assert_eq!(server.post(PATH, "").await.problem(), (400, "malformed_body".to_owned()));
}

#[tokio::test]
async fn a_body_of_ten_thousand_levels_or_fields_is_refused() {
    let server = Server::start().await;
    let deep = format!(r#"{{"email":"a","notes":{}{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
    assert_eq!(server.post(PATH, deep).await.problem(), (400, "malformed_body".to_owned()));
    let fields = (0..5_000).map(|n| format!(r#""f{n}":1"#)).collect::<Vec<_>>().join(",");
    assert_eq!(server.post(PATH, format!("{{{fields}}}")).await.problem(), (422, "validation_failed".to_owned()));
    let fields = (0..10_000).map(|n| format!(r#""f{n}":1"#)).collect::<Vec<_>>().join(",");
    assert_eq!(server.post(PATH, format!("{{{fields}}}")).await.problem(), (413, "too_large".to_owned()));
}

#[tokio::test]
async fn a_call_without_a_body_lets_an_empty_object_pass_and_nothing_else() {
    let server = Server::start().await;
    assert_eq!(server.ask("POST /api/v1/garden/resend HTTP/1.1\r\nhost: x\r\n\r\n").await.status, 204);
    assert_eq!(server.post("/api/v1/garden/resend", "{}").await.status, 204);
    assert_eq!(server.post("/api/v1/garden/resend", r#"{"email":"b@example.org"}"#).await.problem(), (422, "validation_failed".to_owned()));
}

#[tokio::test]
async fn an_import_may_be_larger_but_not_endless_and_only_for_those_admitted() {
    let server = Server::start().await;
    let path = "/api/v1/garden/staff/records/import";
    let staff = "authorization: Bearer staff-token\r\n";
    let csv = format!("content-type: text/csv\r\n{staff}");
    let reply = server.ask(posted(path, &csv, vec![b'x'; 200_000])).await;
    assert_eq!((reply.status, reply.text()), (200, "200000"));
    assert_eq!(server.ask(posted(path, &csv, vec![b'x'; 200_001])).await.problem(), (413, "too_large".to_owned()));
    assert_eq!(server.ask(posted(path, &format!("content-type: application/json\r\n{staff}"), "{}")).await.status, 415);
    assert_eq!(server.ask(posted(path, "content-type: text/csv\r\n", "x")).await.problem(), (401, "sign_in_required".to_owned()));
}

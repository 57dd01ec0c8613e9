//! A panic, alone in its process: it changes the process's hook.
#![allow(clippy::unwrap_used, reason = "a test that meets what it did not expect fails there")]

#[path = "infrastructure/sample.rs"]
#[expect(dead_code, reason = "shared with the other tests, which use all of it")]
mod sample;

use sample::{Server, TOKEN, log};

#[tokio::test]
async fn a_panic_is_a_500_without_its_payload_in_answer_or_log() {
    let server = Server::start().await;
    let usual = std::panic::take_hook();
    onboarding_http::middleware::quiet_panics();
    let reply = server.ask(format!("GET /api/v1/garden/panic HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {TOKEN}\r\n\r\n")).await;
    std::panic::set_hook(usual);
    assert_eq!(reply.problem(), (500, "internal".to_owned()));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert!(!reply.text().contains(TOKEN));
    let text = log().text();
    assert!(text.contains("sample.rs") && text.contains(reply.header("x-request-id").unwrap()), "{text}");
    assert!(!text.contains(TOKEN) && !text.contains("no session for"), "{text}");
    // The server goes on.
    assert_eq!(server.ask("GET /nowhere HTTP/1.1\r\nhost: x\r\n\r\n").await.status, 404);
}

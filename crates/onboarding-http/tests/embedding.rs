//! The example of an embedding poem server: it runs, and the document shows it as it is.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../examples/embed_poem.rs"]
#[expect(dead_code, reason = "the example's `main` is for people; a test calls its `run`")]
mod embed_poem;

const EXAMPLE: &str = include_str!("../examples/embed_poem.rs");

#[tokio::test]
async fn the_example_serves_the_portal_to_itself() {
    let answer = embed_poem::run().await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    assert!(head.to_lowercase().contains("x-content-type-options: nosniff"), "the frame is around it: {head}");
    assert!(body.contains("Chess Club"), "{body}");
}

#[test]
fn the_document_shows_the_example_as_it_is() {
    assert!(EXAMPLE.lines().count() < 40);
    let document = include_str!("../../../docs/embedding.md");
    assert!(document.contains(&format!("```rust\n{EXAMPLE}```\n")), "docs/embedding.md shows another example");
}

//! The example of an embedding service: it runs, and the document shows it as it is.

#[path = "../../examples/embed.rs"]
#[expect(dead_code, reason = "the example's `main` is for people; a test calls its `run`")]
mod embed;

const DOCUMENT: &str = include_str!("../../../../docs/embedding.md");

#[tokio::test]
async fn the_example_signs_somebody_in() {
    let session = embed::run().await.unwrap();
    assert_eq!(session.facts.account.value.email().as_str(), "kim@mail.example");
}

#[test]
fn the_example_is_as_short_as_it_is_said_to_be() {
    assert!(include_str!("../../examples/embed.rs").lines().count() < 40);
}

#[test]
fn the_document_shows_the_files_as_they_are() {
    for (language, file) in [
        ("rust", include_str!("../../examples/embed.rs")),
        ("toml", include_str!("../../examples/club.toml")),
        ("rust", include_str!("../own_journey.rs")),
    ] {
        let title = file.lines().next().unwrap();
        assert!(DOCUMENT.contains(&format!("```{language}\n{file}```\n")), "docs/embedding.md shows another {title:?}");
    }
}

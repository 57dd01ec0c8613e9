//! The example of an embedding service: it runs, and the document shows nothing that does not.

#[path = "../../examples/embed.rs"]
#[expect(dead_code, reason = "the example's `main` is for people; a test calls its `run`")]
mod embed;

const DOCUMENT: &str = include_str!("../../../../docs/embedding.md");
const EXAMPLE: &str = include_str!("../../examples/embed.rs");

#[tokio::test]
async fn the_example_signs_somebody_in() {
    let session = embed::run().await.unwrap();
    assert_eq!(session.facts.account.value.email().as_str(), "kim@mail.example");
}

#[test]
fn every_piece_of_code_in_the_document_stands_in_a_file_that_runs() {
    let files = [
        EXAMPLE,
        include_str!("../../examples/club.toml"),
        include_str!("../own_journey.rs"),
        include_str!("../../../onboarding-http/examples/embed_poem.rs"),
        include_str!("../../../onboarding-testkit/tests/contracts.rs"),
    ];
    // Between two fences stands a piece of code: a word for the language, then its lines.
    let pieces: Vec<&str> =
        DOCUMENT.split("```").skip(1).step_by(2).filter_map(|piece| piece.split_once('\n')).map(|(_, code)| code).collect();
    assert_eq!(pieces.len(), files.len());
    for piece in pieces {
        assert!(files.iter().any(|file| file.contains(piece)), "docs/embedding.md shows what stands in no file:\n{piece}");
    }
    for whole in &files[..4] {
        assert!(DOCUMENT.contains(&format!("\n{whole}```\n")), "docs/embedding.md does not show the whole of\n{whole}");
    }
}

#[test]
fn the_example_is_as_short_as_it_is_said_to_be() {
    assert!(EXAMPLE.lines().count() < 40);
}

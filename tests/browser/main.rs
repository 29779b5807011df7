//! A real Chromium does the story.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "in tests a broken assumption must stop the test at once"
)]

#[tokio::test]
async fn placeholder() {}

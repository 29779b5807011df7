//! The frame of the demonstration's own pages, which belong to invented products.

use axum::response::Html;

/// Makes text safe in HTML.
pub(super) fn safe(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A page that is one main part.
pub(super) fn simple(title: &str, style: &str, main: &str) -> Html<String> {
    page(title, style, &format!("<main>{main}</main>"))
}

/// A page.
pub(super) fn page(title: &str, style: &str, body: &str) -> Html<String> {
    Html(format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, \
         initial-scale=1\"><title>{}</title><link rel=\"icon\" href=\"data:,\"><style>{style}</style></head><body>{body}</body></html>",
        safe(title)
    ))
}

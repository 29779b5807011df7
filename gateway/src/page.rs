//! The gateway's own pages: few, plain, without a template engine.

use http::{HeaderValue, Response, StatusCode, header};

use crate::Body;
use crate::body::full;
use crate::words::lang;

const STYLE: &str = include_str!("page.css");

/// Makes text safe in HTML text and in quoted attributes.
pub(crate) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

/// A page with paragraphs and links: the first is what to do, the others are other ways.
pub(crate) fn page(
    status: StatusCode,
    title: &str,
    paragraphs: &[&str],
    actions: &[(String, String)],
) -> Response<Body> {
    let mut main = format!("<h1>{}</h1>", escape(title));
    for text in paragraphs {
        main.push_str(&format!("<p>{}</p>", escape(text)));
    }
    for (at, (link, label)) in actions.iter().enumerate() {
        let class = if at == 0 { " class=\"button\"" } else { "" };
        main.push_str(&format!("<p><a{class} href=\"{}\">{}</a></p>", escape(link), escape(label)));
    }
    raw(status, title, "#0b5e63", &main)
}

/// A page from HTML that was escaped by its maker, in a site's colour.
pub(crate) fn raw(status: StatusCode, title: &str, colour: &str, main: &str) -> Response<Body> {
    let html = format!(
        "<!doctype html><html lang=\"{}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, \
         initial-scale=1\"><title>{} – Lanyard</title><link rel=\"icon\" href=\"data:,\"><style>{STYLE}:root{{--site:{}}}</style>\
         </head><body><header><svg viewBox=\"0 0 32 32\" aria-hidden=\"true\"><path d=\"M9 2l7 13 7-13\" fill=\"none\" \
         stroke=\"#c8553d\" stroke-width=\"4\" stroke-linejoin=\"round\"/><rect x=\"8\" y=\"14\" width=\"16\" height=\"16\" rx=\"4\" \
         fill=\"#0b5e63\"/><circle cx=\"16\" cy=\"21\" r=\"3\" fill=\"#fff\"/></svg>Lanyard</header><main>{main}</main></body></html>",
        lang(),
        escape(title),
        escape(colour),
    );
    let mut response = Response::new(full(html));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let set = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'none'",
        ),
    ];
    for (name, value) in set {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

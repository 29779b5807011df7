//! What happens to an answer on its way back: it ends with its session, and a page gets the Lanyard bar.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::response::Parts;
use http::{Response, header};
use http_body::{Body as _, Frame};
use http_body_util::BodyExt;
use lol_html::html_content::{ContentType, DocumentEnd};
use lol_html::{OutputSink, send};
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use crate::session::Live;
use crate::{Body, BoxError};

const BAR: &str = "<script src=\"/.lanyard/bar.js\" defer></script>";

/// For people without JavaScript: the bar's actions are links on a page of ours. It goes into the body.
const LINK: &str = "<noscript><p style=\"margin:0;padding:8px 14px;background:#10191d;color:#fff;font:16px/1.4 sans-serif\">\
                    <a href=\"/.lanyard/\" style=\"color:#fff\">Lanyard: switch site, elevate your access, sign out</a></p></noscript>";

/// Whether the answer is a page that the bar goes into.
pub(crate) fn is_page(parts: &Parts) -> bool {
    let text = |name| parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = text(header::CONTENT_TYPE).to_ascii_lowercase();
    let plain = text(header::CONTENT_ENCODING).is_empty();
    let empty = parts.status == http::StatusCode::NO_CONTENT || parts.status == http::StatusCode::NOT_MODIFIED;
    kind.starts_with("text/html") && plain && !kind.contains("utf-16") && !empty
}

/// A page with the bar's script in its head, streamed.
pub(crate) fn with_bar(mut parts: Parts, body: Body) -> Response<Body> {
    for name in [header::CONTENT_LENGTH, header::ETAG, header::ACCEPT_RANGES] {
        parts.headers.remove(name);
    }
    let Some(rewriter) = Rewriting::new(body) else {
        return Response::from_parts(parts, crate::body::full(""));
    };
    Response::from_parts(parts, rewriter.boxed_unsync())
}

#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl OutputSink for Sink {
    fn handle_chunk(&mut self, chunk: &[u8]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(chunk);
    }
}

struct Rewriting {
    inner: Body,
    rewriter: Option<send::HtmlRewriter<'static, Sink>>,
    sink: Sink,
}

impl Rewriting {
    fn new(inner: Body) -> Option<Self> {
        let sink = Sink::default();
        let done = Arc::new(AtomicBool::new(false));
        let at_end = done.clone();
        let head = "head, body".parse::<lol_html::Selector>().ok()?;
        let element = send::ElementContentHandlers::default().element(move |element: &mut send::Element<'_, '_>| {
            if element.tag_name() == "body" {
                element.prepend(LINK, ContentType::Html);
            }
            if !done.swap(true, Ordering::Relaxed) {
                element.prepend(BAR, ContentType::Html);
            }
            Ok(())
        });
        let end = send::DocumentContentHandlers::default().end(move |end: &mut DocumentEnd<'_>| {
            if !at_end.swap(true, Ordering::Relaxed) {
                end.append(BAR, ContentType::Html);
            }
            Ok(())
        });
        let settings = send::Settings {
            element_content_handlers: vec![(std::borrow::Cow::Owned(head), element)],
            document_content_handlers: vec![end],
            memory_settings: lol_html::MemorySettings {
                preallocated_parsing_buffer_size: 1024,
                max_allowed_memory_usage: 1 << 20,
            },
            strict: false,
            ..send::Settings::new_send()
        };
        Some(Self { inner, rewriter: Some(send::HtmlRewriter::new(settings, sink.clone())), sink })
    }

    fn taken(&self) -> Option<Frame<Bytes>> {
        let bytes = std::mem::take(&mut *self.sink.0.lock().unwrap_or_else(PoisonError::into_inner));
        (!bytes.is_empty()).then(|| Frame::data(Bytes::from(bytes)))
    }

    /// After an error the rewriter must not be used again: the page breaks off rather than showing half of a tag.
    fn broken(&mut self) -> BoxError {
        self.rewriter = None;
        "the page cannot be rewritten".into()
    }
}

impl http_body::Body for Rewriting {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        loop {
            if self.rewriter.is_none() {
                return Poll::Ready(self.taken().map(Ok));
            }
            match ready!(Pin::new(&mut self.inner).poll_frame(cx)) {
                Some(Ok(frame)) => {
                    let Ok(data) = frame.into_data() else { continue };
                    let written = self.rewriter.as_mut().map(|rewriter| rewriter.write(&data));
                    if matches!(written, Some(Err(_))) {
                        return Poll::Ready(Some(Err(self.broken())));
                    }
                    if let Some(frame) = self.taken() {
                        return Poll::Ready(Some(Ok(frame)));
                    }
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => {
                    if self.rewriter.take().is_some_and(|rewriter| rewriter.end().is_err()) {
                        return Poll::Ready(Some(Err(self.broken())));
                    }
                }
            }
        }
    }
}

/// What an answer holds for as long as it is open: its place in the site's budget, and whoever it is for.
pub(crate) struct Place {
    pub _permit: OwnedSemaphorePermit,
    pub _session: Option<Arc<Live>>,
}

/// A body that breaks off when its session ends, and gives its place back.
pub(crate) fn ending(inner: Body, ends: CancellationToken, place: Place) -> Body {
    if inner.is_end_stream() {
        return inner;
    }
    let ended = Box::pin(ends.cancelled_owned());
    Ending { inner, ended, _place: place }.boxed_unsync()
}

struct Ending {
    inner: Body,
    ended: Pin<Box<WaitForCancellationFutureOwned>>,
    _place: Place,
}

impl http_body::Body for Ending {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if self.ended.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Some(Err("access has ended".into())));
        }
        Pin::new(&mut self.inner).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.inner.size_hint()
    }
}

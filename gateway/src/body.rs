//! Answers from known text.

use http::{Response, StatusCode, header};
use http_body_util::{BodyExt, Full};

use crate::Body;

/// A JSON answer.
pub(crate) fn json(status: StatusCode, body: &str) -> Response<Body> {
    let mut response = Response::new(full(body.to_owned()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    response
}

/// A body of known text.
pub(crate) fn full(text: impl Into<bytes::Bytes>) -> Body {
    Full::new(text.into()).map_err(|never| match never {}).boxed_unsync()
}

//! A signed token taken apart (RFC 7515 §7.1). Nothing of it is believed by that.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The parts of a token, decoded.
pub(crate) struct Parts<'a> {
    /// What the signature is about.
    pub signed: &'a str,
    /// JSON.
    pub header: Vec<u8>,
    /// JSON.
    pub payload: Vec<u8>,
    pub signature: Vec<u8>,
}

impl<'a> Parts<'a> {
    /// Takes a token apart that has at most so many bytes.
    pub fn of(token: &'a str, most: usize) -> Option<Self> {
        let token = Some(token).filter(|token| token.len() <= most)?;
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, payload) = signed.split_once('.')?;
        let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
        Some(Self { signed, header: decoded(header)?, payload: decoded(payload)?, signature: decoded(signature)? })
    }
}

//! `sub`: pairwise by default (OpenID Connect Core §8.1); the site is never a part of it.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use idp_domain::PersonId;
use idp_domain::client::Client;

use crate::Provider;

impl Provider {
    /// The subject by which a client knows a person. Never reused, never changed by a new name or address.
    pub fn subject(&self, client: &Client, person: PersonId) -> String {
        let sector = client.sector.as_deref().unwrap_or("public");
        self.sector_subject(sector, person)
    }

    /// The subject of a person in a sector.
    pub fn sector_subject(&self, sector: &str, person: PersonId) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.pairwise_salt);
        let tag = hmac::sign(&key, format!("{sector}\n{person}").as_bytes());
        URL_SAFE_NO_PAD.encode(tag.as_ref().get(..20).unwrap_or_default())
    }
}

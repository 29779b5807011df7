//! A signal as the claims of a Security Event Token (RFC 8417 §2, CAEP 1.0).

use idp_domain::Timestamp;
use idp_store::Signal;
use serde_json::{Value, json};

use crate::Provider;

impl Provider {
    /// Claims of the event for one receiver. `sub` is in the receiver's sector.
    pub(super) fn event(&self, signal: &Signal, jti: &str, at: Timestamp, to: (&str, &str)) -> Value {
        let (audience, sector) = to;
        let subject =
            |person| json!({ "format": "iss_sub", "iss": self.issuer, "sub": self.sector_subject(sector, person) });
        let (uri, subject, details) = match signal {
            Signal::SessionRevoked { person, sid, site } => (
                "https://schemas.openid.net/secevent/caep/event-type/session-revoked",
                Some(subject(*person)),
                json!({ "sid": sid, "site": site }),
            ),
            Signal::TokenClaimsChange { person, site } => (
                "https://schemas.openid.net/secevent/caep/event-type/token-claims-change",
                Some(subject(*person)),
                json!({ "claims": {}, "site": site }),
            ),
            Signal::CredentialChange { person, change } => (
                "https://schemas.openid.net/secevent/caep/event-type/credential-change",
                Some(subject(*person)),
                json!({ "change_type": change }),
            ),
            Signal::RegistryChange => ("urn:lanyard:event:registry-change", None, json!({})),
        };
        let mut event = details;
        if let Some(event) = event.as_object_mut() {
            event.insert("event_timestamp".to_owned(), json!(at.0));
        }
        let mut claims = json!({
            "iss": self.issuer,
            "aud": audience,
            "iat": self.context.now().0,
            "jti": jti,
            "events": { uri: event },
        });
        if let (Some(claims), Some(subject)) = (claims.as_object_mut(), subject) {
            claims.insert("sub_id".to_owned(), subject);
        }
        claims
    }
}

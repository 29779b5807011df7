//! How the gateway proves itself to the provider: `private_key_jwt` (RFC 7523).

use serde_json::json;

use crate::Inner;
use crate::ports::secret;

/// `client_assertion_type`.
pub(super) const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A fresh assertion of a client, for the issuer alone.
pub(super) fn client_assertion(inner: &Inner, client_id: &str) -> Option<String> {
    let now = inner.ports.clock.now();
    let claims = json!({
        "iss": client_id,
        "sub": client_id,
        "aud": inner.settings.issuer,
        "iat": now,
        "exp": now + 60,
        "jti": secret(&*inner.ports.random),
    });
    inner.signer.sign("JWT", &claims.to_string())
}

//! The way back to the client: its own parameters, `state` and `iss` (RFC 9207), in the form that it asked for.

use idp_domain::client::IdTokenAlg;
use serde_json::{Value, json};

use super::Request;
use crate::{OAuthError, Provider};

/// Seconds for which a signed answer counts (JARM §2.1).
const SIGNED_LIFE: i64 = 300;

/// An answer that a browser carries to the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A redirect to this address.
    Redirect(String),
    /// A form that the browser posts.
    Form {
        /// Where to.
        action: String,
        /// Names and values.
        fields: Vec<(String, String)>,
    },
}

impl Provider {
    /// The answer with these parameters.
    pub(crate) fn answer(&self, request: &Request, parameters: &[(&str, &str)]) -> Answer {
        let own = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let complete = |parameters: &[(&str, &str)]| -> Vec<(String, String)> {
            let mut fields: Vec<_> = parameters.iter().map(|(name, value)| own(name, value)).collect();
            fields.extend(request.params.get("state").map(|state| own("state", state)));
            fields.push(own("iss", &self.issuer));
            fields
        };
        let mut fields = complete(parameters);
        if request.mode.signed {
            // What was to be signed never travels without a signature.
            fields = match self.signed_answer(request, &fields) {
                Some(signed) => vec![own("response", &signed)],
                None => complete(&[("error", "server_error")]),
            };
        }
        let action = request.redirect_uri.clone();
        if request.mode.form {
            return Answer::Form { action, fields };
        }
        let Ok(mut url) = url::Url::parse(&action) else { return Answer::Redirect(action) };
        url.query_pairs_mut().extend_pairs(fields);
        Answer::Redirect(url.into())
    }

    fn signed_answer(&self, request: &Request, fields: &[(String, String)]) -> Option<String> {
        let mut claims = json!({ "aud": request.client.id, "exp": self.context.now().0 + SIGNED_LIFE });
        let claims_of = claims.as_object_mut()?;
        claims_of.extend(fields.iter().map(|(name, value)| (name.clone(), Value::String(value.clone()))));
        self.keys.sign_as(IdTokenAlg::ES256, "JWT", &claims)
    }

    /// The answer with an error.
    pub fn error_answer(&self, request: &Request, error: &OAuthError) -> Answer {
        self.answer(request, &[("error", error.code), ("error_description", error.description)])
    }
}

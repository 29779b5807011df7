//! RP-Initiated Logout 1.0: who asks, whose session, and where to go afterwards.

use idp_domain::client::{AppStage, Client};

use crate::params::Params;
use crate::{OAuthError, Provider};

/// A logout request that can be trusted as far as it says.
#[derive(Debug, Default)]
pub struct Logout {
    /// Session of the `id_token_hint`, if there was a true one: then no question is asked (S-13).
    pub sid: Option<String>,
    /// A registered address to return to, `state` included (S-15).
    pub return_to: Option<String>,
}

impl Provider {
    /// Reads a logout request. A hint or address that does not fit is left out, never followed.
    pub async fn logout(&self, params: &Params) -> Result<Logout, OAuthError> {
        let hint = params.get("id_token_hint").and_then(|hint| self.read_hint(hint));
        let client_id = hint.as_ref().map(|hint| hint.client.as_str()).or_else(|| params.get("client_id"));
        let client = match client_id {
            Some(id) => self.context.store.client(id).await?,
            None => None,
        };
        // Without a token of its own an app is sent people back only once somebody has approved its address: anybody who
        // makes apps can name one (Logout 1.0 §3).
        let approved = |client: &Client| client.app.as_ref().is_none_or(|app| app.stage == AppStage::Live);
        let client = client.filter(|client| !client.disabled && (hint.is_some() || approved(client)));
        let return_to = client.and_then(|client| registered(&client, params));
        Ok(Logout { sid: hint.and_then(|hint| hint.sid), return_to })
    }
}

fn registered(client: &Client, params: &Params) -> Option<String> {
    let asked = params.get("post_logout_redirect_uri")?;
    let known = client.post_logout_redirect_uris.iter().find(|known| known.as_str() == asked)?;
    let mut url = url::Url::parse(known).ok()?;
    if let Some(state) = params.get("state") {
        url.query_pairs_mut().append_pair("state", state);
    }
    Some(url.into())
}

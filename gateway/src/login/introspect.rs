//! What a token stands for at a site: the provider is asked in the site's name (RFC 7662), and says of the person what their ID
//! token for the site would say.

use std::time::Duration;

use futures_util::StreamExt;
use serde::Deserialize;
use serde_json::{Value, json};

use super::callback::acr_at_least;
use super::flow::elevating_acr;
use super::provider::{ProviderFault, SiteFacts, ask};
use crate::Inner;
use crate::registry::Site;
use crate::session::{Bound, Elevation, Record, Standing};

/// Pause between two looks for tokens by which something is open.
const PAUSE: Duration = Duration::from_millis(500);
/// Most of them that are asked about at once.
const AT_ONCE: usize = 16;

/// What the provider says of a token.
pub(crate) enum Told {
    /// It does not count here.
    Nothing,
    /// It would, had its person proven as much as this `acr`.
    Needs(String),
    /// For whom it stands.
    For(Box<Standing>),
}

#[derive(Deserialize)]
struct Said {
    aud: String,
    sub: String,
    client_id: String,
    iat: i64,
    exp: i64,
    auth_time: i64,
    acr: String,
    #[serde(default)]
    cnf: Bound,
    #[serde(default)]
    name: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    locale: String,
    act: Option<Value>,
    acr_needed: Option<String>,
    lanyard: SiteFacts,
}

/// Asks the provider.
pub(crate) async fn told_of(inner: &Inner, site: &Site, token: &str) -> Result<Told, ProviderFault> {
    let metadata = inner.login.metadata(inner, false).await?;
    let endpoint = metadata.additional_metadata().introspection_endpoint.clone();
    let endpoint = endpoint.ok_or(ProviderFault("no introspection endpoint".to_owned()))?;
    let answer = ask(inner, &site.entry.client_id, (&endpoint, &[("token", token)])).await?;
    if !answer.status().is_success() {
        return Err(ProviderFault(format!("introspection was answered with {}", answer.status().as_u16())));
    }
    let answer: Value = serde_json::from_slice(answer.body()).map_err(|error| ProviderFault(error.to_string()))?;
    if answer.get("active") != Some(&Value::Bool(true)) {
        return Ok(Told::Nothing);
    }
    // A token without a person, or for somebody else, lacks what is needed here.
    let Ok(said) = serde_json::from_value::<Said>(answer) else { return Ok(Told::Nothing) };
    let origin = inner.settings.origin_of(&site.entry.slug);
    if said.aud.strip_suffix('/').unwrap_or(&said.aud) != origin || said.lanyard.site != site.entry.slug {
        return Ok(Told::Nothing);
    }
    Ok(match said.acr_needed.clone() {
        Some(acr) => Told::Needs(acr),
        None => Told::For(Box::new(standing(site, said))),
    })
}

fn standing(site: &Site, said: Said) -> Standing {
    let lifted = acr_at_least(&said.acr, elevating_acr(&site.entry)) && said.lanyard.may_elevate;
    // As long as after a press of Elevate, from when the key was used.
    let most = site.entry.elevation_absolute;
    let elevation = lifted.then(|| Elevation {
        acr: said.acr,
        amr: Vec::new(),
        auth_time: said.auth_time,
        until: said.auth_time + most,
        idle: most,
    });
    let record = Record {
        email: said.email,
        auth_time: said.auth_time,
        session_until: Some(said.exp),
        elevation,
        language: said.locale,
        act: Some(said.act.unwrap_or_else(|| json!({ "sub": said.client_id }))),
        ..said.lanyard.record((said.sub, said.name), said.iat)
    };
    Standing { record, bound: said.cnf }
}

/// Asks again of tokens by which something is open, for ever: what was given up ends what it opened.
pub(crate) async fn keep_asked(inner: &Inner) {
    loop {
        tokio::time::sleep(PAUSE).await;
        let open = futures_util::stream::iter(inner.sessions.tokens_to_ask());
        open.for_each_concurrent(AT_ONCE, |(name, token, slug)| async move {
            let Some(site) = inner.registry.site(&slug) else { return };
            let mark = inner.sessions.mark();
            match told_of(inner, &site, &token).await {
                Ok(Told::For(standing)) => drop(inner.sessions.told_of_token((&name, &token), Some(*standing), mark)),
                Ok(_) => drop(inner.sessions.told_of_token((&name, &token), None, mark)),
                // It ends with its time; people are told of by events meanwhile.
                Err(error) => tracing::warn!(%error, "a token cannot be looked up"),
            }
        })
        .await;
    }
}

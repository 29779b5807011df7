//! Registering apps by a program (RFC 7591 §3): the token of a maker of apps, JSON in, JSON out.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use idp_directory::DirectoryError;
use idp_directory::apps::{AppProfile, AppWish, OWN_CERTIFICATE, Subjects};
use idp_oauth::OAuthError;
use idp_oauth::registration::{Metadata, read};

use super::token::no_store;
use super::{Sender, refused};
use crate::Web;

const NO_TOKEN: OAuthError = OAuthError::new("invalid_token", "the token is not known, used up or too old");

pub(crate) async fn register(State(web): State<Web>, sender: Sender, body: String) -> Response {
    match made(&web, &sender, &body).await {
        Ok(response) => response,
        Err(error) => refused(&error),
    }
}

async fn made(web: &Web, sender: &Sender, body: &str) -> Result<Response, OAuthError> {
    let token = sender.text(header::AUTHORIZATION).and_then(|value| value.split_once(' '));
    let token = token.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim());
    let token = token.ok_or(NO_TOKEN)?;
    if !sender.sends("application/json") {
        return Err(OAuthError::new("invalid_client_metadata", "Content-Type must be application/json"));
    }
    let said = read(body)?;
    if (said.own_certificate || said.tls_bound || said.certificate.is_some()) && web.provider.mtls.is_none() {
        return Err(OAuthError::new("invalid_client_metadata", "there is no address for mutual TLS here"));
    }
    let subjects = match &said.sector_uri {
        _ if said.public => Subjects::Public,
        // Nothing is fetched for strangers.
        Some(_) if !web.directory.may_register(token).await.map_err(in_protocol)? => return Err(NO_TOKEN),
        Some(uri) => Subjects::OfHost(web.provider.sector(uri, &said.redirect_uris).await?),
        None => Subjects::Own,
    };
    let sector_uri = said.sector_uri.clone();
    let made = web
        .directory
        .register_app(token, &AppWish { subjects, ..wish(said) })
        .await
        .map_err(in_protocol)?
        .ok_or(NO_TOKEN)?;
    let mut told = web.provider.registered(&made.client, made.secret.as_ref());
    if let (Some(uri), Some(told)) = (sector_uri, told.as_object_mut()) {
        told.insert("sector_identifier_uri".to_owned(), uri.into());
    }
    Ok(no_store((StatusCode::CREATED, Json(told)).into_response()))
}

/// What a program wants, as a maker of apps would enter it.
fn wish(said: Metadata) -> AppWish {
    let Metadata { refresh, pushed_only, dpop, id_token_alg, userinfo_alg, .. } = said;
    AppWish {
        name: said.name,
        redirect_uris: said.redirect_uris.join("\n"),
        post_logout_redirect_uris: said.post_logout_redirect_uris.join("\n"),
        backchannel_logout_uri: said.backchannel_logout_uri,
        frontchannel_logout_uri: said.frontchannel_logout_uri,
        initiate_login_uri: said.initiate_login_uri,
        confidential: said.secret,
        device: said.device,
        keys: said.keys,
        certificate: match &said.certificate {
            _ if said.own_certificate => OWN_CERTIFICATE.to_owned(),
            Some(subject) => subject.kind().to_owned(),
            None => String::new(),
        },
        certificate_name: said.certificate.map(|subject| subject.name()).unwrap_or_default(),
        tls_bound: said.tls_bound,
        resources: String::new(),
        serves: String::new(),
        exchange: false,
        ciba: said.ciba,
        ciba_notify: said.ciba_notify,
        signals: false,
        subjects: Subjects::Own,
        profile: AppProfile { refresh, pushed_only, dpop, id_token_alg, userinfo_alg },
    }
}

/// A refusal of the directory in the words of RFC 7591 §3.2.2.
fn in_protocol(error: DirectoryError) -> OAuthError {
    let bad = |words| OAuthError::new("invalid_client_metadata", words);
    match error {
        DirectoryError::Faults(faults) => match faults.first().map(|fault| fault.field) {
            Some("redirect_uris") => OAuthError::new(
                "invalid_redirect_uri",
                "each must be whole, begin with https:// (or http:// on a loopback address) and hold no * and no #",
            ),
            Some("name") => bad("client_name must have 1 to 60 characters"),
            Some("keys") => bad("jwks must hold 1 to 10 public keys of kty EC, OKP or RSA; jwks_uri must be https"),
            _ => bad("an address must be whole, begin with https:// and hold no * and no #"),
        },
        DirectoryError::Store(error) => error.into(),
        _ => OAuthError::new("temporarily_unavailable", "another app was registered at the same moment"),
    }
}

//! When the answer is not yes: sign in, elevate, or a reason. What was typed is held first.

use std::sync::Arc;

use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};

use super::decide::Decided;
use super::token;
use crate::body::{Sent, json};
use crate::error::{Asks, Refusal};
use crate::login::{Start, elevating_acr, own_path, start};
use crate::page::{escape, raw};
use crate::registry::Site;
use crate::session::Live;
use crate::words::{t, t1};
use crate::{Body, Inner, held};

/// Answers with a detour.
pub(crate) async fn answer(
    inner: &Inner,
    request: Request<Sent>,
    site: &Site,
    session: Option<Arc<Live>>,
    decided: Decided,
) -> Result<Response<Body>, Refusal> {
    let asks = Asks::of(request.headers());
    let verdict = match decided {
        Decided::Allow(_) => return Err(Refusal::NotFound),
        Decided::Deny(verdict) => {
            return Err(Refusal::Denied { site: site.entry.name.clone(), reason: verdict.reason });
        }
        Decided::SignIn => None,
        Decided::Elevate(verdict) => Some(verdict),
    };
    if session.as_ref().is_some_and(|live| live.record.act.is_some()) {
        // An app asks its person itself.
        return Err(token::needs(request.headers(), site, elevating_acr(&site.entry)));
    }
    if !asks.navigates {
        return Ok(challenge(site, &request, verdict.is_some()));
    }
    let headers = request.headers().clone();
    let mut return_to = request.uri().path_and_query().map_or("/", |target| target.as_str()).to_owned();
    if *request.method() == Method::POST {
        // Held for this person; when nobody is signed in any more, for the one who was, or for whoever signs in next.
        return_to =
            held::hold(inner, request, (site, &site.entry.slug), session.as_deref()).await?.unwrap_or(return_to);
    } else if *request.method() != Method::GET && *request.method() != Method::HEAD {
        return Ok(challenge(site, &request, verdict.is_some()));
    }
    match verdict {
        None => start(inner, &headers, site, Start::sign_in(return_to)).await,
        Some(verdict) => Ok(elevate_page(site, session.as_deref(), &verdict.reason, &return_to)),
    }
}

/// 401 for scripts, never a redirect (S-22); with the challenge of RFC 9470 when a key is needed. Apps learn how they may
/// come where they may.
fn challenge<B>(site: &Site, request: &Request<B>, key: bool) -> Response<Body> {
    let code = if key { token::STEP_UP } else { "login_required" };
    let mut response = json(StatusCode::UNAUTHORIZED, &format!(r#"{{"error":"{code}"}}"#));
    let own = match key {
        true => format!("Bearer {}", token::step_up(elevating_acr(&site.entry), site.entry.carry_over)),
        false => "Bearer".to_owned(),
    };
    let for_apps = site.is_api(request.uri().path()).then(|| token::challenge(&HeaderMap::new(), ""));
    for value in [Some(own), for_apps].into_iter().flatten().filter_map(|value| HeaderValue::from_str(&value).ok()) {
        response.headers_mut().append(header::WWW_AUTHENTICATE, value);
    }
    response
}

/// Why a key is needed, what it opens, and the one button.
pub(crate) fn elevate_page(site: &Site, session: Option<&Live>, reason: &str, return_to: &str) -> Response<Body> {
    let words = |english: &str| escape(&t(english));
    let ended = session.and_then(Live::ran_out_after).map(|seconds| {
        format!(
            "<p><strong>{}</strong></p>",
            escape(&t1("Your elevated access ended after {0} minutes.", seconds / 60))
        )
    });
    let held = return_to.starts_with("/.lanyard/held").then(|| {
        format!("<p><strong>{}</strong> {}</p>", words("What you typed is safe."), words("You can send it afterwards."))
    });
    let button = if ended.is_some() || held.is_some() { "Elevate and carry on" } else { "Authenticate" };
    let (idle, most) = (site.entry.elevation_idle / 60, site.entry.elevation_absolute / 60);
    let title = t("Elevate your access");
    let main = format!(
        "<h1>{title}</h1><p class=\"soft\">{name}</p>{ended}{held}<p>{reason}.</p>\
         <form method=\"post\" action=\"/.lanyard/elevate\" id=\"elevate\"><input type=\"hidden\" name=\"return\" value=\"{back}\">\
         <button type=\"submit\">{button}</button></form><p class=\"soft\">{need} {idle} {most}</p>\
         <p><a href=\"/\">{base}</a></p>",
        title = escape(&title),
        name = escape(&site.entry.name),
        ended = ended.unwrap_or_default(),
        held = held.unwrap_or_default(),
        button = words(button),
        reason = words(reason),
        back = escape(&own_path(return_to)),
        need = words("You will need your key."),
        idle = escape(&t1("Access drops back after {0} minutes without use,", idle)),
        most = escape(&t1("and after {0} minutes in any case.", most)),
        base = words("Go back to base access"),
    );
    raw(StatusCode::OK, &title, &site.entry.colour, &main)
}

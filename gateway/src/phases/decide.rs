//! The rules: what this person at this level may do on this path of this site. Decisions of a session are remembered.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use http::Request;
use policies::{Allowed, Answer, RequestQuestion, Verdict};

use super::refuse::Target;
use crate::Inner;
use crate::registry::Site;
use crate::session::{DECISIONS, Live};

/// What is to be done.
pub(crate) enum Decided {
    /// Forward it; the proof is needed to do so.
    Allow(Allowed),
    /// Sign in first.
    SignIn,
    /// Elevate first.
    Elevate(Verdict),
    /// No.
    Deny(Verdict),
}

/// Header by which a page says that a request is its own background poll: it does not count as activity (S-10).
pub(crate) const BACKGROUND: &str = "x-lanyard-background";

/// Decides.
pub(crate) fn decide<B>(
    inner: &Inner,
    request: &Request<B>,
    target: &Target,
    site: &Site,
    session: Option<&Live>,
) -> Decided {
    let now = inner.ports.clock.now();
    let elevated = session.is_some_and(|live| live.is_elevated(now));
    if let Some(live) = session.filter(|_| !elevated) {
        // Before this request counts as a use: elevated access that has run out must not come back by it.
        live.let_run_out(now);
    }
    if let Some(live) = session.filter(|_| !request.headers().contains_key(BACKGROUND)) {
        live.seen.store(now, Ordering::Relaxed);
    }
    let level = if elevated { "elevated" } else { "base" };
    let key = format!("{level} {} {}", request.method(), target.path);
    if let Some(live) = session
        && let Some(answer) = live.decisions.lock().unwrap_or_else(PoisonError::into_inner).get(&key)
    {
        return decided(answer.clone());
    }
    let acr = session.and_then(|live| live.record.elevation.as_ref()).map_or("", |elevation| elevation.acr.as_str());
    let answer = inner.rules.request(&RequestQuestion {
        site: &site.entry.slug,
        groups: session.map(|live| live.record.groups.as_slice()),
        may_elevate: session.is_some_and(|live| live.record.may_elevate),
        level,
        key: if elevated { acr } else { "" },
        method: request.method().as_str(),
        path: &target.path,
    });
    if let Some(live) = session {
        let mut decisions = live.decisions.lock().unwrap_or_else(PoisonError::into_inner);
        if decisions.len() >= DECISIONS {
            decisions.clear();
        }
        decisions.insert(key, answer.clone());
    }
    decided(answer)
}

fn decided(answer: Answer) -> Decided {
    match answer {
        Answer::Allow(allowed) => Decided::Allow(allowed),
        Answer::SignIn => Decided::SignIn,
        Answer::Elevate(verdict) => Decided::Elevate(verdict),
        Answer::Deny(verdict) => Decided::Deny(verdict),
    }
}

//! The one dispatcher: from what is stored to what is next.

use idp_domain::session::{KeyProof, Session};
use idp_domain::{Acr, Timestamp};

use crate::attempt::{Attempt, Need};

/// What is next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// E-mail and password, or a passkey.
    SignIn,
    /// The code that was mailed because the browser is not known.
    NewBrowser,
    /// A proof with a key, of at least this strength.
    Key(Acr),
    /// Everything is proven.
    Done,
}

/// What the dispatcher looks at.
#[derive(Clone, Copy, Debug)]
pub struct Standing<'a> {
    /// The live session of this browser.
    pub session: Option<&'a Session>,
    /// What has to be proven.
    pub need: &'a Need,
    /// When the attempt began.
    pub started_at: Timestamp,
    /// Whether a password was right, but the browser is still to be confirmed.
    pub unconfirmed: bool,
}

impl<'a> Standing<'a> {
    /// Where an attempt stands.
    pub fn of(attempt: &'a Attempt, session: Option<&'a Session>) -> Self {
        let unconfirmed = attempt.unconfirmed.is_some();
        Self { session, need: &attempt.need, started_at: attempt.started_at, unconfirmed }
    }
}

/// Decides the next step.
pub fn next_step(standing: Standing<'_>, now: Timestamp) -> Step {
    let Standing { session, need, started_at, unconfirmed } = standing;
    if unconfirmed {
        return Step::NewBrowser;
    }
    let Some(session) = session else { return Step::SignIn };
    let since_start = session.auth_time >= started_at;
    if (need.anew && !since_start) || (need.account && !session.confirmed) {
        return Step::SignIn;
    }
    if need.acr > Acr::Base {
        let counts = proof_for(session, need, started_at, now).is_some_and(|proof| proof.kind.acr() >= need.acr);
        return if counts { Step::Done } else { Step::Key(need.acr) };
    }
    let fresh = need.max_age.is_none_or(|age| now.since(session.last_proof()) <= age);
    if since_start || fresh { Step::Done } else { Step::SignIn }
}

/// The proof with a key that counts for this need: given for this attempt, or young enough and for the same place.
pub fn proof_for<'a>(session: &'a Session, need: &Need, started_at: Timestamp, now: Timestamp) -> Option<&'a KeyProof> {
    session.key_proof.as_ref().filter(|proof| {
        let for_this = proof.at >= started_at;
        let carried = need.max_age.is_some_and(|age| age > 0 && now.since(proof.at) <= age);
        proof.is_for(&need.place) && (for_this || carried)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use idp_domain::key::KeyKind;
    use idp_domain::session::Method;
    use idp_domain::{KeyId, PersonId, SecretHash, SeededRandom, SystemClock};

    fn session(key_at: Option<i64>, place: &str) -> Session {
        Session {
            hash: SecretHash("h".into()),
            sid: "s".into(),
            person: PersonId::new(&SystemClock, &SeededRandom::new(1)),
            epoch: 1,
            created_at: Timestamp(0),
            seen_at: Timestamp(0),
            auth_time: Timestamp(100),
            key_proof: key_at.map(|at| {
                KeyProof::new((KeyKind::Soft, KeyId::new(&SystemClock, &SeededRandom::new(2))), Timestamp(at), place)
            }),
            shared: false,
            method: Method::Password,
            confirmed: true,
            recovered_at: None,
            agent: String::new(),
            limits: idp_domain::session::Limits::default(),
        }
    }

    fn key_need(max_age: i64) -> Need {
        Need { acr: Acr::Key, max_age: Some(max_age), place: "tamberwell".into(), ..Need::base() }
    }

    fn step(session: Option<&Session>, need: &Need, started_at: i64, now: Timestamp) -> Step {
        next_step(Standing { session, need, started_at: Timestamp(started_at), unconfirmed: false }, now)
    }

    #[test]
    fn nobody_is_done_without_a_session() {
        assert_eq!(step(None, &Need::base(), 0, Timestamp(1)), Step::SignIn);
    }

    #[test]
    fn a_browser_is_confirmed_before_anything_else() {
        let (need, signed_in) = (Need::base(), session(None, ""));
        let standing = Standing { session: Some(&signed_in), need: &need, started_at: Timestamp(0), unconfirmed: true };
        assert_eq!(next_step(standing, Timestamp(101)), Step::NewBrowser);
    }

    #[test]
    fn p_07_a_proof_carries_over_only_within_its_place_and_time() {
        let now = Timestamp(2_000);
        let at = |session: &Session, need: &Need| step(Some(session), need, 1_990, now);
        assert_eq!(at(&session(Some(1_500), "tamberwell"), &key_need(900)), Step::Done);
        assert_eq!(at(&session(Some(1_099), "tamberwell"), &key_need(900)), Step::Key(Acr::Key));
        assert_eq!(at(&session(Some(1_500), "briarholt"), &key_need(900)), Step::Key(Acr::Key));
        assert_eq!(at(&session(Some(1_989), "tamberwell"), &key_need(0)), Step::Key(Acr::Key));
        assert_eq!(at(&session(Some(1_990), "tamberwell"), &key_need(0)), Step::Done);
        let own = |home: &str| Session {
            key_proof: session(Some(1_500), "").key_proof.map(|proof| KeyProof { home: home.into(), ..proof }),
            ..session(None, "")
        };
        assert_eq!(at(&own("tamberwell"), &key_need(900)), Step::Done);
        assert_eq!(at(&own("briarholt"), &key_need(900)), Step::Key(Acr::Key));
        assert_eq!(at(&own(""), &key_need(900)), Step::Key(Acr::Key));
        let strong = Need { acr: Acr::PhishingResistant, ..key_need(900) };
        assert_eq!(at(&session(Some(1_995), "tamberwell"), &strong), Step::Key(Acr::PhishingResistant));
    }

    #[test]
    fn signing_in_anew_means_after_the_attempt_began() {
        let need = Need { anew: true, ..Need::base() };
        assert_eq!(step(Some(&session(None, "")), &need, 101, Timestamp(102)), Step::SignIn);
        assert_eq!(step(Some(&session(None, "")), &need, 100, Timestamp(102)), Step::Done);
    }

    #[test]
    fn m_09_an_account_is_changed_from_a_browser_that_was_confirmed() {
        let (need, signed_in) = (Need { account: true, ..Need::base() }, session(None, ""));
        assert_eq!(step(Some(&signed_in), &need, 100, Timestamp(102)), Step::Done);
        let unconfirmed = Session { confirmed: false, ..signed_in };
        assert_eq!(step(Some(&unconfirmed), &need, 100, Timestamp(102)), Step::SignIn);
        assert_eq!(step(Some(&unconfirmed), &Need::base(), 100, Timestamp(102)), Step::Done);
    }
}

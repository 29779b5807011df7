//! A sign-in attempt: where somebody wants to go and what was asked of them. Bound to one browser (S-14).

use idp_domain::{Acr, PersonId, Secret, SecretHash, Slug, Timestamp};
use idp_store::attempts::StoredAttempt;
use serde::{Deserialize, Serialize};

use crate::upstreams::Identity;
use crate::{Refusal, SignIn};

/// How long an attempt may take, in seconds.
pub const LIFE: i64 = 30 * 60;
/// How long a challenge for a key may be answered, in seconds (W-01).
pub const CHALLENGE: i64 = 5 * 60;
/// How long it is remembered where an attempt led, in seconds: a page that lay open all day still knows where to go on.
const REMEMBERED: i64 = 24 * 3600;

/// What is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Hash of the cookie of the browser in which it began.
    pub browser: SecretHash,
    /// When it began; proofs given since then count for it.
    pub started_at: Timestamp,
    /// Where it leads.
    pub goal: Goal,
    /// What has to be proven.
    pub need: Need,
    /// The site in question, for its name and colour on the pages.
    pub site: Option<Slug>,
    /// What the browser's key was asked, used once.
    #[serde(default)]
    pub challenge: Option<Challenge>,
    /// Whose password was right in a browser that has to be confirmed before they are signed in.
    pub unconfirmed: Option<Unconfirmed>,
}

impl Attempt {
    /// A new attempt of this browser.
    pub fn new(browser: SecretHash, started_at: Timestamp, goal: Goal, need: Need) -> Self {
        Self { browser, started_at, goal, need, site: None, challenge: None, unconfirmed: None }
    }
}

/// What the browser's key was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenge {
    /// State of the ceremony, for webauthn-rs.
    pub(crate) state: String,
    /// When it was asked.
    pub(crate) at: Timestamp,
}

/// Somebody whose password was right, and who has yet to type the code that was mailed to them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unconfirmed {
    /// Who.
    pub person: PersonId,
    /// Their epoch when the password was right; another one by now means to begin again.
    pub epoch: i64,
    /// A classroom computer.
    pub shared: bool,
    /// Fingerprint of the code.
    pub code: SecretHash,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// Wrong tries so far.
    pub tries: u8,
    /// The account elsewhere that will be theirs when the code is right.
    #[serde(default)]
    pub link: Option<Identity>,
    /// When they proved themselves elsewhere, for somebody whose account there is linked already.
    #[serde(default)]
    pub upstream_at: Option<Timestamp>,
}

/// Where an attempt leads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "goal", rename_all = "snake_case")]
pub enum Goal {
    /// Back to an authorization request, kept whole.
    Authorize {
        /// Its parameters.
        parameters: Vec<(String, String)>,
    },
    /// To a page of the provider.
    Page {
        /// A path on our own origin.
        path: String,
    },
}

/// What has to be proven.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Need {
    /// How sure we have to be.
    pub acr: Acr,
    /// How old the last proof may be, in seconds (`max_age`); for `acr` above base, the proof with a key.
    pub max_age: Option<i64>,
    /// Sign in anew whatever there is (`prompt=login`).
    pub anew: bool,
    /// Where a proof with a key is needed: a trust or a lone site; proofs given elsewhere do not carry over.
    pub place: String,
    /// It leads to changing what somebody signs in with: a browser is confirmed even where a trust goes without.
    #[serde(default)]
    pub account: bool,
}

impl Need {
    /// Just to be signed in.
    pub fn base() -> Self {
        Self { acr: Acr::Base, max_age: None, anew: false, place: String::new(), account: false }
    }
}

impl SignIn {
    /// Stores a new attempt and answers the secret that names it in forms and addresses.
    pub async fn begin(&self, attempt: &Attempt) -> Result<Secret, Refusal> {
        let secret = Secret::new(&*self.context.random);
        let stored = StoredAttempt {
            hash: secret.hash(),
            version: 0,
            body: body_of(attempt),
            expires_at: self.context.now().plus(REMEMBERED),
        };
        self.context.store.short.add_attempt(&stored).await?;
        Ok(secret)
    }

    /// Finds the attempt of this browser.
    pub async fn find(&self, secret: &str, browser: &SecretHash) -> Result<(StoredAttempt, Attempt), Refusal> {
        let hash = Secret::presented(secret).hash();
        let stored = self.context.store.short.attempt(&hash, self.context.now()).await?.ok_or(Refusal::Expired)?;
        let attempt: Attempt = serde_json::from_str(&stored.body).map_err(|_| Refusal::Expired)?;
        let young = self.context.now().since(attempt.started_at) < LIFE;
        if young && attempt.browser.matches(browser) { Ok((stored, attempt)) } else { Err(Refusal::Expired) }
    }

    /// Begins anew, in this browser, what an attempt that is bound to another cookie of it was for: several tabs of a
    /// fresh browser begin at once and the last cookie wins. Nothing that was proven or is under way comes along, and
    /// whoever made the address could as well have sent the person to the same place directly.
    pub async fn adopt(&self, secret: &str, browser: &SecretHash) -> Result<Option<Secret>, Refusal> {
        let (hash, now) = (Secret::presented(secret).hash(), self.context.now());
        let Some(stored) = self.context.store.short.attempt(&hash, now).await? else { return Ok(None) };
        let Ok(other) = serde_json::from_str::<Attempt>(&stored.body) else { return Ok(None) };
        let anew = Attempt { site: other.site, ..Attempt::new(browser.clone(), now, other.goal, other.need) };
        self.begin(&anew).await.map(Some)
    }

    /// Takes the challenge out of an attempt and saves that before it is used: it counts once, in whichever tab is first
    /// (W-01).
    pub async fn take_challenge(
        &self,
        stored: StoredAttempt,
        attempt: &mut Attempt,
    ) -> Result<Option<Challenge>, Refusal> {
        let taken = attempt.challenge.take();
        self.save(stored, attempt).await?;
        Ok(taken)
    }

    /// Saves a changed attempt; refused when another tab was faster.
    pub async fn save(&self, mut stored: StoredAttempt, attempt: &Attempt) -> Result<(), Refusal> {
        stored.body = body_of(attempt);
        if self.context.store.short.save_attempt(&stored).await? { Ok(()) } else { Err(Refusal::Expired) }
    }
}

fn body_of(attempt: &Attempt) -> String {
    serde_json::to_string(attempt).unwrap_or_default()
}

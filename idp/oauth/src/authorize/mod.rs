//! The authorization endpoint: a table of checks in order, then the grant.
//!
//! A fault before the redirect address is known to be the client's own is shown on a page; every later one is sent back.

mod acr;
mod answer;
mod claims;
mod client;
mod open;
mod pkce;
mod prompt;
mod redirect_uri;
pub mod response;
mod scope;

pub use answer::Answer;
use idp_domain::audit::AuditEntry;
use idp_domain::client::{Client, ClientKind};
use idp_domain::person::Person;
use idp_domain::rights::SiteRights;
use idp_domain::session::{KeyProof, Session};
use idp_domain::site::Site;
use idp_domain::{Acr, Language, Timestamp};
use idp_store::{Effects, StoreError};

use crate::params::Params;
use crate::{OAuthError, Provider, engine};
use response::Mode;

/// A request that passed every check.
#[derive(Clone, Debug)]
pub struct Request {
    /// The parameters as they came.
    pub params: Params,
    /// Who asks.
    pub client: Client,
    /// Where the answer goes; one of the client's own.
    pub redirect_uri: String,
    /// What is asked for, known to be allowed.
    pub scopes: Vec<String>,
    /// How sure the client wants to be.
    pub acr: Acr,
    /// `max_age`, in seconds.
    pub max_age: Option<i64>,
    /// `prompt` values.
    pub prompt: Vec<String>,
    /// How the answer travels.
    pub mode: Mode,
    /// The only person who will do, by the client's subject (`id_token_hint`, or `sub` among the `claims`).
    pub expects: Option<String>,
}

/// A request that failed a check.
#[derive(Debug)]
pub enum Fault {
    /// Show a page; never redirect (RFC 6749 §4.1.2.1, R-08).
    Page(OAuthError),
    /// Send the error to the client.
    Back {
        /// What is wrong.
        error: OAuthError,
        /// How the client learns of it.
        answer: Answer,
    },
}

/// What is proven about the person, passed in by the web layer.
pub struct Proven<'a> {
    /// The live session.
    pub session: &'a Session,
    /// The person.
    pub person: &'a Person,
    /// The proof with a key that counts for this request.
    pub proof: Option<&'a KeyProof>,
}

type Check = fn(&mut Request) -> Result<(), OAuthError>;

/// The checks after client and redirect address, in order.
const CHECKS: [Check; 8] = [
    response::response_mode,
    response::response_type,
    pkce::check,
    scope::check,
    prompt::check,
    acr::check,
    claims::check,
    bound,
];

impl Provider {
    /// Checks a request.
    pub async fn check(&self, params: Params) -> Result<Request, Fault> {
        let client = client::check(self, &params).await.map_err(Fault::Page)?;
        let redirect_uri = redirect_uri::check(&client, &params).map_err(Fault::Page)?;
        let mut request = Request {
            params,
            client,
            redirect_uri,
            scopes: Vec::new(),
            acr: Acr::Base,
            max_age: None,
            prompt: Vec::new(),
            mode: Mode::default(),
            expects: None,
        };
        for check in CHECKS {
            if let Err(error) = check(&mut request) {
                return Err(self.back(&request, error));
            }
        }
        match self.hinted(&request) {
            Ok(hinted) => request.expects = hinted.or(request.expects),
            Err(error) => return Err(self.back(&request, error)),
        }
        Ok(request)
    }

    /// Whom an `id_token_hint` is about (OpenID Connect Core §3.1.2.1). One that cannot be verified, as when its key is gone,
    /// is no hint; with `prompt=none` nobody is known to be meant then. One of another client is a mistake.
    fn hinted(&self, request: &Request) -> Result<Option<String>, OAuthError> {
        let Some(hint) = request.params.get("id_token_hint") else { return Ok(None) };
        let sub = match self.read_hint(hint) {
            Some(hint) if hint.client == request.client.id => hint.sub,
            Some(_) => return Err(OAuthError::request("id_token_hint is an ID token of another client")),
            None if request.prompts("none") => {
                return Err(OAuthError::new("login_required", "id_token_hint cannot be verified"));
            }
            None => return Ok(None),
        };
        if request.expects.as_ref().is_some_and(|other| *other != sub) {
            return Err(OAuthError::request("id_token_hint and claims name different people"));
        }
        Ok(Some(sub))
    }

    /// Refuses somebody who is not whom the client expects, if it expects anybody.
    pub fn refuse_other(&self, request: &Request, person: &Person) -> Result<(), OAuthError> {
        let is_expected = request.expects.as_ref().is_none_or(|sub| *sub == self.subject(&request.client, person.id));
        if is_expected { Ok(()) } else { Err(OAuthError::new("login_required", "somebody else is signed in")) }
    }

    /// Finishes a request whose person is signed in, proven and willing. Answers where the browser goes.
    pub async fn grant(&self, request: &Request, proven: &Proven<'_>) -> Result<Answer, Fault> {
        let back = |error| self.back(request, error);
        self.refuse_other(request, proven.person).map_err(back)?;
        let site = self.may_issue(proven.person, &request.client, proven.session.epoch).await.map_err(back)?;
        if let Some((site, rights)) = &site {
            let policy = self.context.key_policy(site, rights).await.map_err(|error| back(error.into()))?;
            if Session::acr(proven.proof) < policy.asks(request.acr) {
                // OpenID Connect Core Unmet Authentication Requirements 1.0 §2.
                return Err(back(OAuthError::new("unmet_authentication_requirements", "a key is needed here")));
            }
        }
        let lifts = self.lifting_proof(proven, site.as_ref()).await.map_err(|error| back(error.into()))?;
        let proven = &Proven { proof: lifts.or(proven.proof), ..*proven };
        let grant = engine::CodeGrant {
            nonce: request.params.get("nonce").map(str::to_owned),
            auth_time: proven.session.last_proof(),
            acr: Session::acr(proven.proof),
            amr: proven.session.amr(proven.proof),
            elevates: lifts.is_some(),
            sid: proven.session.sid.clone(),
            epoch: proven.session.epoch,
            ends: Some(proven.session.ends()),
            jkt: request.params.get("dpop_jkt").map(str::to_owned),
            resource: request.params.get("resource").map(str::to_owned),
            family: idp_domain::id::uuid_v7(&*self.context.clock, &*self.context.random).to_string(),
        };
        if let Some((site, _)) = site {
            self.note_visit(proven, &site).await.map_err(|error| back(error.into()))?;
        }
        let code = engine::issue_code(self, request, proven.person.id, grant).await.map_err(back)?;
        Ok(self.answer(request, &[("code", &code)]))
    }

    /// The passkey of the sign-in, where it lifts the person at once: the site says that it does, their role elevates, and it
    /// is as young and as strong as a press of Elevate would ask for.
    async fn lifting_proof<'a>(
        &self,
        proven: &Proven<'a>,
        site: Option<&(Site, SiteRights)>,
    ) -> Result<Option<&'a KeyProof>, StoreError> {
        let lifts = |(site, rights): &&(Site, SiteRights)| site.settings.key_sign_in_elevates && rights.may_elevate;
        let Some((site, rights)) = site.filter(lifts) else { return Ok(None) };
        let now = self.context.now();
        let proof = proven.session.sign_in_proof(&site.place(), site.settings.carry_over, now);
        let asks = self.context.key_policy(site, rights).await?.asks(Acr::Key);
        Ok(proof.filter(|proof| proof.kind.acr() >= asks))
    }

    /// What admins of the site may read afterwards: who opened it, and who elevated with which kind of key.
    async fn note_visit(&self, proven: &Proven<'_>, site: &Site) -> Result<(), StoreError> {
        let (person, now) = (proven.person, self.context.now());
        let (event, sentence) = match proven.proof {
            None => ("site.opened", format!("{} signed in to {}", person.full_name(), site.name)),
            Some(proof) => {
                let kind = proof.kind.title();
                ("site.elevated", format!("{} elevated at {} ({kind})", person.full_name(), site.name))
            }
        };
        let entry = AuditEntry::new(now, event, sentence).by(person.id).about(person.id);
        let entry = entry.at_site(site.id).in_trust(site.trust);
        let store = &self.context.store;
        match store.membership_at(person.id, site.id).await? {
            Some(membership) => store.visit(membership.id, &proven.session.sid, now, Effects::audit(entry)).await,
            None => store.record(Effects::audit(entry)).await,
        }
    }

    fn back(&self, request: &Request, error: OAuthError) -> Fault {
        let answer = self.error_answer(request, &error);
        Fault::Back { error, answer }
    }
}

/// `dpop_jkt` (RFC 9449 §10) has the form of a thumbprint; `resource` (RFC 8707 §2.1) is one of the client's.
fn bound(request: &mut Request) -> Result<(), OAuthError> {
    let base64url = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if request.params.get("dpop_jkt").is_some_and(|jkt| jkt.len() != 43 || !base64url(jkt)) {
        return Err(OAuthError::request("dpop_jkt must be a SHA-256 thumbprint"));
    }
    crate::token::access::resource(&request.client, request.params.get("resource")).map(|_| ())
}

impl Request {
    /// Whether the person has to agree first: apps of others ask, our own sites do not.
    pub fn needs_consent(&self) -> bool {
        self.client.kind == ClientKind::App
    }

    /// What the person agrees to: the scopes, and the server that the client wants to call for them.
    pub fn agreed(&self) -> Vec<String> {
        self.scopes.iter().map(String::as_str).chain(self.params.get("resource")).map(str::to_owned).collect()
    }

    /// The language that the client asks our pages to be in, the first that we speak of its `ui_locales` (OpenID Connect
    /// Core §3.1.2.1).
    pub fn language(&self) -> Option<Language> {
        let mut wanted = self.params.get("ui_locales")?.split_whitespace();
        wanted.find_map(|tag| Language::parse(&tag.split('-').next()?.to_ascii_lowercase()))
    }

    /// Whether a `prompt` value was given.
    pub fn prompts(&self, value: &str) -> bool {
        self.prompt.iter().any(|prompt| prompt == value)
    }

    /// Whether a session is too old for `max_age`.
    pub fn too_old(&self, proof_at: Timestamp, now: Timestamp) -> bool {
        self.max_age.is_some_and(|age| now.since(proof_at) > age)
    }
}

//! The reverse proxy: a relying party per site that decides, strips, adds and forwards.
//!
//! [`Gateway::handle`] is the life of a request, phase by phase, each a file in `phases/`. It speaks OpenID Connect and
//! Shared Signals only. What is deliberately absent: any crate under `idp/`, and any store or provider call for a
//! request of a known session.

mod body;
pub mod error;
mod follow;
mod held;
mod identity;
mod jws;
mod login;
mod origin;
mod own;
mod page;
mod phases;
pub mod ports;
mod proof;
pub mod registry;
pub mod session;
mod upstream;
mod words;

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::Incoming;

use error::Refusal;
use ports::Ports;

/// Any error of a streamed body.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
/// The body of every answer.
pub type Body = UnsyncBoxBody<Bytes, BoxError>;

/// What depends on the deployment.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The provider's issuer.
    pub issuer: String,
    /// How a site's public origin is made from its slug: `https://{slug}.example.org`.
    pub site_origin: String,
    /// Whether sites are served by TLS: cookies are then `Secure` and carry the `__Host-` prefix.
    pub secure: bool,
    /// The gateway's own client, which reads the registry.
    pub client_id: String,
    /// `aud` of the events that are pushed to it.
    pub events_audience: String,
}

impl Settings {
    /// The public origin of a site.
    pub fn origin_of(&self, slug: &str) -> String {
        self.site_origin.replace("{slug}", slug)
    }
}

/// The gateway.
#[derive(Clone)]
pub struct Gateway {
    inner: Arc<Inner>,
}

struct Inner {
    settings: Settings,
    ports: Ports,
    rules: policies::Rules,
    signer: certs::signing::Es256,
    registry: registry::Registry,
    sessions: session::Sessions,
    login: login::Login,
    upstream: upstream::Upstream,
    held: held::Sealer,
}

/// What a gateway is made of.
pub struct Parts {
    /// What depends on the deployment.
    pub settings: Settings,
    /// Clock, generator, back channel.
    pub ports: Ports,
    /// The rules.
    pub rules: policies::Rules,
    /// Signs assertions and proves the gateway to the provider.
    pub signer: certs::signing::Es256,
    /// Where sessions are kept.
    pub store: Arc<dyn session::SessionStore>,
    /// Last good copy of the registry.
    pub registry_file: std::path::PathBuf,
    /// Seals what people typed while they sign in.
    pub sealing_key: [u8; 32],
}

/// A gateway that may be gone.
#[derive(Clone)]
pub struct WeakGateway(std::sync::Weak<Inner>);

impl WeakGateway {
    /// The gateway, if it is still there.
    pub fn upgrade(&self) -> Option<Gateway> {
        Some(Gateway { inner: self.0.upgrade()? })
    }
}

impl Gateway {
    /// Puts a gateway together; the registry begins with its last good copy.
    pub fn new(parts: Parts) -> Self {
        Self {
            inner: Arc::new(Inner {
                registry: registry::Registry::open(parts.registry_file),
                sessions: session::Sessions::new(parts.store, parts.ports.clock.clone(), parts.ports.random.clone()),
                login: login::Login::new(),
                upstream: upstream::Upstream::new(),
                held: held::Sealer::new(parts.sealing_key),
                settings: parts.settings,
                ports: parts.ports,
                rules: parts.rules,
                signer: parts.signer,
            }),
        }
    }

    /// Answers a request. Every way out of a phase is an answer: nothing is forwarded without a decision to allow.
    pub async fn handle(&self, request: Request<Incoming>) -> Response<Body> {
        let asks = error::Asks::of(request.headers());
        let accepts = request.headers().get(http::header::ACCEPT_LANGUAGE).cloned();
        let answer = words::spoken(accepts, async {
            match self.run(request).await {
                Ok(answer) => answer,
                Err(refusal) => refusal.answer(&asks),
            }
        });
        let answer = answer.await;
        metrics::counter!("lanyard_gateway_answers_total", "status" => answer.status().as_u16().to_string())
            .increment(1);
        answer
    }

    /// The life of a request. The order is the order of trust: nothing below a line is reached without it.
    async fn run(&self, request: Request<Incoming>) -> Result<Response<Body>, Refusal> {
        let mut request = request.map(body::Sent::Streamed);
        // What could be read in two ways is refused before anything looks at it.
        let mut target = phases::refuse::check(&request)?;
        // One site for the whole request: its policy and its upstream cannot differ (H-20).
        let site = match phases::site::find(&self.inner, &target)? {
            phases::site::Found::Here(site) => site,
            phases::site::Found::Moved(site, old) => {
                return phases::site::lead_on(&self.inner, request, &site, &old).await;
            }
        };
        // What was held while its sender signed in goes on from here as the request that it was, once.
        if target.path == "/.lanyard/held" && *request.method() == http::Method::POST {
            if !origin::is_own_form(&self.inner.settings, request.headers(), &site.entry.slug) {
                return Err(Refusal::ForeignOrigin);
            }
            let session = phases::session::find(&self.inner, request.headers(), &site).await?;
            request = match held::restore(&self.inner, request, &site, session.as_deref()).await {
                Ok(request) => request,
                Err(answer) => return answer,
            };
            target = phases::refuse::check(&request)?;
        }
        // `/.lanyard/` is ours on every host, before any upstream could claim it (H-16).
        if let Some(own) = target.path.strip_prefix("/.lanyard").filter(|own| own.is_empty() || own.starts_with('/')) {
            return own::answer(&self.inner, request, &site, own).await;
        }
        // The key with which a site verifies what it is told; public, and the same on every host.
        if target.path == "/.well-known/lanyard/jwks.json" {
            return Ok(own::jwks(&self.inner));
        }
        // Cookie → memory → store. A store that does not answer is a 503, never nobody (H-19).
        let mut session = phases::session::find(&self.inner, request.headers(), &site).await?;
        let late = session.is_none().then(|| phases::grace::of(&self.inner, &request, &target, &site)).flatten();
        let asks_in_grace = late.as_ref().map(|_| error::Asks::of(request.headers()));
        session = session.or(late);
        // No browser of anybody: an app that calls for somebody, under the path that the site has for that.
        if session.is_none() {
            session = phases::token::find(&self.inner, &request, &target, &site).await?;
        }
        // The rules: allow, sign in, elevate, or no.
        let allowed = match phases::decide::decide(&self.inner, &request, &target, &site, session.as_deref()) {
            phases::decide::Decided::Allow(allowed) => allowed,
            other => return phases::detour::answer(&self.inner, request, &site, session, other).await,
        };
        // Everything that a client could have made up goes; what we vouch for comes.
        let request = phases::strip::strip(&self.inner, request, &target)?;
        let request = phases::identity::add(&self.inner, request, &site, session.as_deref())?;
        let answer = phases::forward::forward(&self.inner, request, allowed, &site, session).await?;
        Ok(match asks_in_grace {
            Some(asks) => phases::grace::answered(&self.inner, &site, asks, answer),
            None => answer,
        })
    }

    /// Runs what goes on beside requests until the future is dropped: the registry, and what ends by itself.
    pub async fn run_background(&self) {
        tokio::join!(
            follow::keep_fresh(&self.inner),
            follow::report_use(&self.inner),
            follow::report_down(&self.inner),
            session::keep_swept(&self.inner.sessions),
            session::keep_told(&self.inner.sessions),
            login::keep_asked(&self.inner)
        );
    }

    /// Fetches the registry once; used at start and by tests.
    pub async fn refresh_registry(&self) -> bool {
        follow::refresh(&self.inner, false).await
    }

    /// Ends what is over and writes the last use of the rest down, as it happens by itself every minute; used by tests.
    pub async fn sweep(&self) -> bool {
        self.inner.sessions.sweep(true).await.is_ok()
    }

    /// Takes one pushed event, as its address `/.lanyard/events` does; true when it was believed and carried out.
    pub async fn receive_event(&self, token: String) -> bool {
        own::receive_event(&self.inner, token).await
    }

    /// A way to it that does not keep it, for whoever is a part of what it is made of.
    pub fn downgrade(&self) -> WeakGateway {
        WeakGateway(Arc::downgrade(&self.inner))
    }

    /// How many alerts wait for somebody at a site, as its address `/.lanyard/alerts` says. `token` is the provider's and
    /// names them. None when it is not believed, or the site's own server does not answer in time.
    pub async fn alerts_at(&self, slug: &str, token: &str) -> Option<u32> {
        own::alerts_at(&self.inner, slug, token).await
    }

    /// How many sessions are in memory.
    pub fn live_sessions(&self) -> usize {
        self.inner.sessions.count()
    }

    /// The public point by which the provider knows this gateway.
    pub fn public_point(&self) -> String {
        self.inner.signer.public_point()
    }
}

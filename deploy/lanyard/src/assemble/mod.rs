//! Putting the crates together. Nothing is decided here but which adapter stands behind which port.

mod log;
mod workers;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use axum::Router;
use certs::custody::Custody;
use certs::signing::Es256;
use gateway::Gateway;
use gateway::ports::{BackChannel, Ports};
use gateway::session::{Embedded, RedisStore, SessionStore};
use idp_directory::Directory;
use idp_domain::client::{Client, ClientAuth, ClientKind, ClientOptions, IdTokenAlg};
use idp_domain::site::Site;
use idp_domain::{Clock, Random};
use idp_oauth::Provider;
use idp_oauth::keys::KeyRing;
use idp_oauth::mtls::Mtls;
use idp_signin::SignIn;
use idp_signin::hashing::Hasher;
use idp_signin::upstreams::{Fetch, Upstream, Upstreams};
use idp_store::{Context, Effects, Store};
use idp_store_redis::RedisShort;
use idp_store_sql::SqlStore;
use idp_web::{Alerts, ErrorLog, Parts, Settings, Web};
use policies::Rules;
use webauthn_rs::WebauthnBuilder;

use crate::adapters::{Beside, GatewayClock, GatewayRandom, InProcess, Network, Nowhere, Sealing};
use crate::outside::Reach;

pub use log::{BROKEN, LogSealer};
pub use workers::Workers;

/// What a deployment decides.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Public origin of the provider, without a slash at the end.
    pub issuer: String,
    /// Public origin of a site, with `{slug}` in it.
    pub site_origin: String,
    /// Folder for keys, the embedded database and the registry's copy.
    pub data: PathBuf,
    /// `sqlite:<path>` or `postgres://…`.
    pub database: String,
    /// `redis://…` for short-lived things and gateway sessions.
    pub redis: Option<String>,
    /// Where support requests go.
    pub support_email: String,
    /// How many threads hash passwords.
    pub hashing_threads: usize,
    /// Wrong passwords until strangers wait 15 minutes.
    pub password_tries: i64,
    /// Providers elsewhere whose accounts lead in.
    pub upstreams: Vec<Upstream>,
    /// Where apps may be that are told of a sign-out.
    pub apps: Reach,
    /// Where clients with certificates come, if anywhere.
    pub mtls: Option<Mtls>,
}

/// Time and chance.
#[derive(Clone)]
pub struct Chance {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Unpredictable bytes.
    pub random: Arc<dyn Random>,
}

/// The provider, assembled.
#[derive(Clone)]
pub struct Assembled {
    /// Memory, time, chance.
    pub context: Context,
    /// The database, for what only its owner does.
    pub sql: Arc<SqlStore>,
    /// Signing in.
    pub signin: SignIn,
    /// The protocol.
    pub provider: Provider,
    /// Managing people.
    pub directory: Directory,
    /// The provider's addresses.
    pub router: Router,
    /// How sites are asked for their alerts; whoever knows the way there says it.
    pub alerts: Arc<Alerts>,
    /// The master key.
    pub custody: Arc<Custody>,
    /// Signs the audit log.
    pub log: Arc<LogSealer>,
    plan: Plan,
    chance: Chance,
}

/// Client of the gateway itself.
pub const GATEWAY_CLIENT: &str = "gateway";
/// Sector of the subjects that the gateway's sites know.
pub const GATEWAY_SECTOR: &str = "gateway";
/// `aud` of the events for the gateway.
pub const GATEWAY_AUDIENCE: &str = "gateway";

/// Assembles the provider.
pub async fn provider(plan: &Plan, chance: &Chance) -> Result<Assembled> {
    std::fs::create_dir_all(&plan.data).with_context(|| format!("{} cannot be made", plan.data.display()))?;
    let custody = Arc::new(Custody::open(&plan.data.join("master.key"))?);
    let vault: Arc<dyn idp_domain::Vault> = Arc::new(Sealing(custody.clone()));
    let sql = SqlStore::open(&plan.database, chance.clock.clone(), chance.random.clone(), vault.clone()).await?;
    let sql = Arc::new(sql);
    let store = match &plan.redis {
        None => Store { durable: sql.clone(), short: sql.clone() },
        Some(url) => Store { durable: sql.clone(), short: Arc::new(RedisShort::open(url).await?) },
    };
    let context = Context { store, clock: chance.clock.clone(), random: chance.random.clone(), vault };
    let signin = signing_in(plan, chance, &context)?;
    let log = Arc::new(LogSealer::open(&plan.data, custody.clone())?);
    let salt = salt(&plan.data.join("pairwise.salt"), chance, &custody)?;
    let keys = Arc::new(KeyRing::load(&context).await?);
    let provider = Provider {
        context: context.clone(),
        keys,
        issuer: plan.issuer.clone(),
        pairwise_salt: salt.into(),
        published_keys: Arc::default(),
        mtls: plan.mtls.clone(),
    };
    let directory =
        Directory { context: context.clone(), rules: Arc::new(Rules::shipped()?), origin: plan.issuer.clone() };
    let settings = Settings {
        secure: plan.issuer.starts_with("https://"),
        site_address: plan.site_origin.clone(),
        support_email: plan.support_email.clone(),
    };
    let alerts = Arc::new(Alerts::default());
    let parts = Parts {
        signin: signin.clone(),
        provider: provider.clone(),
        directory: directory.clone(),
        settings,
        errors: ErrorLog::default(),
        alerts: alerts.clone(),
    };
    let router = Web::new(parts).router();
    Ok(Assembled {
        context,
        sql,
        signin,
        provider,
        directory,
        router,
        alerts,
        custody,
        log,
        plan: plan.clone(),
        chance: chance.clone(),
    })
}

fn signing_in(plan: &Plan, chance: &Chance, context: &Context) -> Result<SignIn> {
    let origin = url::Url::parse(&plan.issuer).context("the issuer is not an address")?;
    let rp_id = origin.host_str().context("the issuer has no host")?.to_owned();
    let webauthn = WebauthnBuilder::new(&rp_id, &origin)
        .and_then(|builder| builder.rp_name("Lanyard").build())
        .map_err(|error| anyhow::anyhow!("passkeys cannot be set up for {rp_id}: {error}"))?;
    Ok(SignIn {
        context: context.clone(),
        hasher: Arc::new(Hasher::start(plan.hashing_threads, 64, chance.random.clone())?),
        webauthn: Arc::new(webauthn),
        origin: plan.issuer.clone(),
        upstreams: Arc::new(upstreams(plan)?),
        password_tries: plan.password_tries,
        clock_watch: Arc::default(),
    })
}

fn upstreams(plan: &Plan) -> Result<Upstreams> {
    let fetch: Arc<dyn Fetch> = match plan.upstreams.is_empty() {
        true => Arc::new(Nowhere),
        false => Arc::new(Network::new()?),
    };
    Ok(Upstreams::new(plan.upstreams.clone(), fetch))
}

/// The key for pairwise subjects: kept as long as the installation, since `sub` must never change.
fn salt(path: &Path, chance: &Chance, custody: &Custody) -> Result<Vec<u8>> {
    let sealed = certs::custody::read_or_make(path, || {
        let mut salt = [0_u8; 32];
        chance.random.fill(&mut salt);
        custody.seal("pairwise", &salt)
    })?;
    custody.open_sealed("pairwise", &sealed).context("pairwise.salt does not belong to this master key")
}

impl Assembled {
    /// The gateway in the same process.
    pub async fn gateway(&self) -> Result<Gateway> {
        let gateway =
            gateway(&self.plan, &self.chance, &self.custody, Arc::new(InProcess(self.router.clone()))).await?;
        self.register_gateway(&gateway.public_point()).await?;
        gateway.refresh_registry().await;
        self.alerts.ask_by(Arc::new(Beside(gateway.downgrade())));
        Ok(gateway)
    }

    /// Makes the gateway and its sites clients of the provider, by its public key.
    pub async fn register_gateway(&self, public_point: &str) -> Result<()> {
        let auth = ClientAuth::PrivateKeyJwt { public_key: public_point.to_owned() };
        let own = Client {
            id: GATEWAY_CLIENT.to_owned(),
            name: "Gateway".to_owned(),
            auth: auth.clone(),
            redirect_uris: Vec::new(),
            post_logout_redirect_uris: Vec::new(),
            scopes: vec![idp_oauth::registry::SCOPE.to_owned()],
            refresh: false,
            kind: ClientKind::Gateway,
            sector: Some(GATEWAY_SECTOR.to_owned()),
            id_token_alg: IdTokenAlg::ES256,
            disabled: false,
            options: ClientOptions::default(),
            app: None,
        };
        self.save_client(&own).await?;
        for site in self.context.store.sites().await? {
            self.save_client(&self.site_client(&site, &auth)).await?;
        }
        Ok(())
    }

    /// Makes a site that was added while the gateway is known a client at once, like those that were there before.
    pub async fn welcome_site(&self, site: &Site) -> Result<()> {
        match self.context.store.client(GATEWAY_CLIENT).await? {
            Some(gateway) => self.save_client(&self.site_client(site, &gateway.auth)).await,
            None => Ok(()),
        }
    }

    /// Gives a site another address. Its people sign in again there, and find what they typed.
    pub async fn move_site(&self, old: &str, new: &str) -> Result<Site> {
        let (before, site) = self.directory.site_to_rename(old, new).await?;
        // Known before anybody is sent there.
        self.welcome_site(&site).await?;
        self.directory.rename_site((&before, &site)).await?;
        if let Some(client) = self.context.store.client(&before.client_id()).await? {
            self.save_client(&Client { disabled: true, ..client }).await?;
        }
        Ok(site)
    }

    /// The address of a site.
    pub fn site_origin(&self, site: &Site) -> String {
        self.plan.site_origin.replace("{slug}", site.slug.as_str())
    }

    fn site_client(&self, site: &Site, auth: &ClientAuth) -> Client {
        let origin = self.site_origin(site);
        Client {
            id: site.client_id(),
            name: site.name.clone(),
            auth: auth.clone(),
            redirect_uris: vec![format!("{origin}/.lanyard/callback")],
            post_logout_redirect_uris: vec![format!("{origin}/")],
            scopes: vec!["openid".to_owned(), "profile".to_owned(), "email".to_owned()],
            refresh: false,
            kind: ClientKind::Site { slug: site.slug.clone() },
            sector: Some(GATEWAY_SECTOR.to_owned()),
            id_token_alg: IdTokenAlg::ES256,
            disabled: false,
            // Apps name it with or without a slash at the end.
            options: ClientOptions { serves: vec![format!("{origin}/"), origin], ..ClientOptions::default() },
            app: None,
        }
    }

    async fn save_client(&self, client: &Client) -> Result<()> {
        if self.context.store.client(&client.id).await?.as_ref() != Some(client) {
            self.context.store.save_client(client, Effects::none()).await?;
        }
        Ok(())
    }
}

/// Assembles a gateway with its way to the provider.
pub async fn gateway(
    plan: &Plan,
    chance: &Chance,
    custody: &Custody,
    back_channel: Arc<dyn BackChannel>,
) -> Result<Gateway> {
    let clock = Arc::new(GatewayClock(chance.clock.clone()));
    let store: Arc<dyn SessionStore> = match &plan.redis {
        None => Arc::new(Embedded::open(&plan.data.join("gateway.db")).await?),
        Some(url) => Arc::new(RedisStore::open(url, clock.clone()).await?),
    };
    let signer = Es256::open(&plan.data.join("gateway.key"), custody)?;
    let sealing = certs::custody::read_or_make(&plan.data.join("held.key"), || {
        let mut key = [0_u8; 32];
        chance.random.fill(&mut key);
        custody.seal("held", &key)
    })?;
    let sealing = custody.open_sealed("held", &sealing).context("held.key does not belong to this master key")?;
    let sealing_key: [u8; 32] = sealing.try_into().map_err(|_| anyhow::anyhow!("held.key has the wrong length"))?;
    let settings = gateway::Settings {
        issuer: plan.issuer.clone(),
        site_origin: plan.site_origin.clone(),
        secure: plan.site_origin.starts_with("https://"),
        client_id: GATEWAY_CLIENT.to_owned(),
        events_audience: GATEWAY_AUDIENCE.to_owned(),
    };
    Ok(Gateway::new(gateway::Parts {
        settings,
        ports: Ports { clock, random: Arc::new(GatewayRandom(chance.random.clone())), back_channel },
        rules: Rules::shipped()?,
        signer,
        store,
        registry_file: plan.data.join("registry.json"),
        sealing_key,
    }))
}

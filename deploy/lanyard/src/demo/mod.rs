//! `lanyard demo`: a whole invented trust on loopback: provider, gateway, seven school sites, an app, a mailbox and a
//! phone. Everything but the invented parts is the product itself.

mod bookworm;
mod data;
mod html;
mod mailbox;
mod people;
mod phone;
mod school;
mod seed;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use certs::client::Authorities;
use certs::dev_ca::DevCertificates;
use idp_oauth::mtls::Mtls;
use tokio_util::sync::CancellationToken;

use idp_signin::upstreams::Upstream;

use crate::adapters::{Handed, InProcess};
use crate::assemble::{self, Assembled, Chance, Plan, Workers};
use crate::front::Front;
use crate::listen::Listener;
use crate::outside::{Outside, Reach};

pub use mailbox::Mailbox;
pub use people::{PASSWORD, TRY};

/// What a demonstration is started with.
pub struct DemoPlan {
    /// Where to listen; loopback only.
    pub address: SocketAddr,
    /// Folder of its data.
    pub data: PathBuf,
    /// Serve TLS with a development CA.
    pub tls: bool,
    /// Who vouches for certificates of clients, PEM: with it, or with `tls`, they come to an address of their own.
    pub clients: Option<String>,
    /// Another database than the file in the folder.
    pub database: Option<String>,
    /// Redis for short-lived things and gateway sessions.
    pub redis: Option<String>,
    /// Providers elsewhere whose accounts lead in.
    pub upstreams: Vec<Upstream>,
    /// Time and chance.
    pub chance: Chance,
}

/// A running demonstration.
pub struct Demo {
    /// Where it listens.
    pub address: SocketAddr,
    /// The provider.
    pub assembled: Assembled,
    /// The gateway.
    pub gateway: gateway::Gateway,
    /// Every mail that was sent.
    pub mailbox: Mailbox,
    /// Public origin of the provider.
    pub issuer: String,
    /// Where it listens for clients with certificates, if it does.
    pub mtls: Option<Mtls>,
    workers: Workers,
    mailing: Workers,
    no_mail: CancellationToken,
    stop: CancellationToken,
    served: Vec<tokio::task::JoinHandle<()>>,
}

impl Demo {
    /// Starts everything; answers once it can be used.
    pub async fn start(plan: DemoPlan) -> Result<Self> {
        anyhow::ensure!(
            crate::listen::is_loopback(&plan.address),
            "the demonstration listens on this machine only: use an address such as 127.0.0.1:8080"
        );
        std::fs::create_dir_all(&plan.data)?;
        let made = certificates(&plan)?;
        let tls = made
            .as_ref()
            .filter(|_| plan.tls)
            .map(|made| certs::tls::server(&made.chain_pem, &made.key_pem))
            .transpose()?;
        let listener = Listener::bind(plan.address, tls)
            .await
            .with_context(|| format!("{} is in use. Stop what uses it, or choose another with --port", plan.address))?;
        let address = listener.address()?;
        let scheme = if plan.tls { "https" } else { "http" };
        let origin = |label: &str| format!("{scheme}://{label}.lanyard.localhost:{}", address.port());
        let asking = match &made {
            Some(made) => Some(asking(&plan, made).await?),
            None => None,
        };
        let told = asking.as_ref().map(|(_, told)| told.clone());
        let assembled = assemble::provider(&provider_plan(&plan, &origin, told.clone()), &plan.chance).await?;
        let stop = CancellationToken::new();
        let school = school::start(plan.chance.clone(), stop.clone()).await?;
        seed::seed(&assembled, &school.address(), &origin("bookworm")).await?;
        let gateway = assembled.gateway().await?;
        school.trust(&gateway.public_point());
        let mailbox = Mailbox::open(plan.data.join("mail.jsonl"));
        let workers = Workers::new(stop.clone());
        let no_mail = stop.child_token();
        let mailing = Workers::new(no_mail.clone());
        mailing.mail(&assembled, mailbox.clone());
        workers.events(&assembled, Handed(gateway.clone()), &[String::new()]);
        workers.sweeping(&assembled);
        workers.reminding(&assembled);
        workers.keys(&assembled);
        workers.sealing(&assembled);
        let authority = made.as_ref().map(|made| made.ca_pem.as_str());
        workers.apps(&assembled, Outside::new(Reach::Anywhere, authority)?);
        workers.gateway(&gateway);
        let app = bookworm::Bookworm::new(
            Arc::new(InProcess(assembled.router.clone())),
            (origin("id"), origin("bookworm")),
            plan.chance.clone(),
        );
        let hosts = [
            ("id", assembled.router.clone()),
            ("bookworm", app.router()),
            ("mail", mailbox.router()),
            ("phone", phone::router(assembled.context.clone())),
        ];
        let hosts = hosts.map(|(label, router)| (format!("{label}.lanyard.localhost"), router));
        let front = Front::new(hosts, Some(gateway.clone()));
        let mut served = vec![tokio::spawn(listener.serve(front.clone(), stop.clone()))];
        served.extend(asking.map(|(listener, _)| tokio::spawn(listener.serve(front, stop.clone()))));
        let issuer = origin("id");
        Ok(Self { address, assembled, gateway, mailbox, issuer, mtls: told, workers, mailing, no_mail, stop, served })
    }

    /// From now on mails stay in the outbox, as when a mail server is away.
    pub fn stop_mail(&self) {
        self.no_mail.cancel();
    }

    /// Waits for the end of the process' work, then ends the rest.
    pub async fn finish(self) {
        self.stop.cancel();
        // A panic of the accept loop shows in the log; there is nothing left to do about it here.
        for listener in self.served {
            drop(listener.await);
        }
        self.workers.finish().await;
        self.mailing.finish().await;
        self.assembled.sql.close().await;
    }
}

/// The listener for clients with certificates, at a port of its own, and what the provider says of it.
async fn asking(plan: &DemoPlan, made: &DevCertificates) -> Result<(Listener, Mtls)> {
    let tls = certs::tls::server_asking(&made.chain_pem, &made.key_pem)?;
    let authorities = plan.clients.as_deref().map(Authorities::read).transpose()?.unwrap_or_default();
    // The port after the usual one, so that it is the same the next time; any, where tests take any.
    let port = if plan.address.port() == 0 { 0 } else { plan.address.port().saturating_add(1) };
    let address = SocketAddr::new(plan.address.ip(), port);
    let listener = Listener::bind(address, Some(tls)).await.with_context(|| format!("{address} is in use"))?;
    let origin = format!("https://{}:{}", host("id"), listener.address()?.port());
    let told = Mtls { origin, authorities: authorities.are_known() };
    Ok((listener.judging(authorities, plan.chance.clock.clone()), told))
}

fn provider_plan(plan: &DemoPlan, origin: &impl Fn(&str) -> String, mtls: Option<Mtls>) -> Plan {
    Plan {
        issuer: origin("id"),
        site_origin: origin("{slug}"),
        data: plan.data.clone(),
        database: plan.database.clone().unwrap_or_else(|| format!("sqlite:{}", plan.data.join("lanyard.db").display())),
        redis: plan.redis.clone(),
        support_email: "support@tamberwell.example".to_owned(),
        password_tries: 10,
        upstreams: plan.upstreams.clone(),
        apps: Reach::Anywhere,
        mtls,
        hashing_threads: std::thread::available_parallelism().map_or(1, usize::from),
    }
}

/// The certificates of a demonstration by TLS.
fn certificates(plan: &DemoPlan) -> Result<Option<DevCertificates>> {
    if !plan.tls && plan.clients.is_none() {
        return Ok(None);
    }
    let mut names: Vec<String> = data::SITES.iter().map(|site| site.slug).map(host).collect();
    names.extend(["id", "bookworm", "mail", "phone"].map(host));
    Ok(Some(certs::dev_ca::ensure(&plan.data, &names, plan.chance.clock.now().0)?))
}

fn host(label: &str) -> String {
    format!("{label}.lanyard.localhost")
}

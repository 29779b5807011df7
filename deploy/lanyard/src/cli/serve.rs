//! `lanyard serve`, `check` and `migrate`.
#![expect(clippy::print_stdout, reason = "a command answers on standard output")]

use std::sync::Arc;

use anyhow::Result;
use clap::ValueEnum;
use idp_domain::{SystemClock, SystemRandom};
use idp_mail::Smtp;
use tokio_util::sync::CancellationToken;

use super::{At, asked_to_stop, start_logs};
use crate::adapters::{AtTheirAddress, Handed, Network};
use crate::assemble::{self, Chance, Workers};
use crate::config::Config;
use crate::front::Front;
use crate::listen::Listener;
use crate::outside::Outside;

/// One half of the product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Half {
    /// The provider.
    Idp,
    /// The gateway.
    Gateway,
}

/// The real clock and the real generator.
pub(super) fn chance() -> Chance {
    Chance { clock: Arc::new(SystemClock), random: Arc::new(SystemRandom) }
}

/// Names every fault of a configuration.
pub(super) fn check(at: &At) -> Result<()> {
    at.read()?;
    let path = at.config.display();
    println!("{path} is good. Next: lanyard migrate --config {path}, then lanyard serve --config {path}");
    Ok(())
}

/// Brings the tables up to date.
pub(super) async fn migrate(at: &At) -> Result<()> {
    at.provider().await?.sql.close().await;
    println!("The database is up to date. Next: lanyard serve --config {}", at.config.display());
    Ok(())
}

/// Serves until asked to stop.
pub(super) async fn run(at: &At, only: Option<Half>) -> Result<()> {
    let config = at.read()?;
    start_logs(true);
    let plan = config.plan();
    let stop = CancellationToken::new();
    let workers = Workers::new(stop.clone());
    let listeners = listeners(&config).await?;
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().install_recorder()?;
    let metrics = Listener::bind(config.metrics, None).await?;
    let front = match only {
        Some(Half::Gateway) => gateway_alone(&plan, &workers).await?,
        half => provider_front(&config, half, &workers).await?,
    };
    let shown = axum::Router::new().route("/metrics", axum::routing::get(async move || recorder.render()));
    let metrics_host = config.metrics.ip().to_string();
    let metrics_front = Front::new([(metrics_host, shown.clone()), ("localhost".to_owned(), shown)], None);
    let measured = tokio::spawn(metrics.serve(metrics_front, stop.clone()));
    let mut served = Vec::new();
    for listener in listeners {
        tracing::info!(address = %listener.address()?, issuer = %plan.issuer, "serving");
        served.push(tokio::spawn(listener.serve(front.clone(), stop.clone())));
    }
    asked_to_stop().await?;
    tracing::info!("stopping");
    stop.cancel();
    for listener in served {
        listener.await?;
    }
    measured.await?;
    workers.finish().await;
    Ok(())
}

/// The listener for everybody, and the one for programs that have certificates, where there is one.
async fn listeners(config: &Config) -> Result<Vec<Listener>> {
    let Some(tls) = &config.tls else { return Ok(vec![Listener::bind(config.listen, None).await?]) };
    let mut all = vec![Listener::bind(config.listen, Some(certs::tls::server(&tls.chain, &tls.key)?)).await?];
    if let Some(mtls) = &config.mtls {
        let asking = certs::tls::server_asking(&tls.chain, &tls.key)?;
        let listener = Listener::bind(mtls.listen, Some(asking)).await?;
        all.push(listener.judging(mtls.authorities.clone(), Arc::new(SystemClock)));
    }
    Ok(all)
}

async fn provider_front(config: &Config, only: Option<Half>, workers: &Workers) -> Result<Front> {
    let plan = config.plan();
    let assembled = assemble::provider(&plan, &chance()).await?;
    if let Some(smtp) = &config.smtp {
        workers.mail(&assembled, Smtp::new(&smtp.url, &smtp.from, smtp.ca.as_deref())?);
    } else {
        tracing::warn!("no [smtp] is configured: mails wait in the outbox");
    }
    workers.sweeping(&assembled);
    workers.reminding(&assembled);
    workers.keys(&assembled);
    workers.sealing(&assembled);
    workers.apps(&assembled, Outside::new(plan.apps, None)?);
    let host = url::Url::parse(&plan.issuer)?.host_str().unwrap_or_default().to_owned();
    if only == Some(Half::Idp) {
        workers.events(&assembled, Network::new()?, &config.gateways);
        let (network, site_origin) = (Network::new()?, plan.site_origin.clone());
        assembled.alerts.ask_by(Arc::new(AtTheirAddress { network, site_origin }));
        if let Some(point) = &config.gateway_public_key {
            assembled.register_gateway(point).await?;
        }
        return Ok(Front::new([(host, assembled.router)], None));
    }
    let gateway = assembled.gateway().await?;
    workers.events(&assembled, Handed(gateway.clone()), &[String::new()]);
    workers.gateway(&gateway);
    Ok(Front::new([(host, assembled.router)], Some(gateway)))
}

async fn gateway_alone(plan: &assemble::Plan, workers: &Workers) -> Result<Front> {
    std::fs::create_dir_all(&plan.data)?;
    let custody = certs::custody::Custody::open(&plan.data.join("master.key"))?;
    let gateway = assemble::gateway(plan, &chance(), &custody, Arc::new(Network::new()?)).await?;
    tracing::info!(public_key = %gateway.public_point(), "register this key at the provider: gateway_public_key");
    gateway.refresh_registry().await;
    workers.gateway(&gateway);
    Ok(Front::new([], Some(gateway)))
}

//! What goes on beside requests: mail out, events out, sealing the log, sweeping.

use std::sync::Arc;
use std::time::Duration;

use gateway::Gateway;
use idp_directory::log_proof::Sealing;
use idp_mail::{Deliver, Worker};
use idp_oauth::signals::{Post, Pusher, Receiver, Teller};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{Assembled, BROKEN, GATEWAY_AUDIENCE, GATEWAY_SECTOR};
use crate::outside::Outside;

/// Pause between looks at an empty outbox: a revocation is on its way within it (invariant 4).
const PAUSE: Duration = Duration::from_millis(150);

/// Running workers.
pub struct Workers {
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Workers {
    /// Nothing running yet; all of it ends with `stop`.
    pub fn new(stop: CancellationToken) -> Self {
        Self { tasks: TaskTracker::new(), stop }
    }

    fn run(&self, work: impl Future<Output = ()> + Send + 'static) {
        let stop = self.stop.clone();
        self.tasks.spawn(async move {
            tokio::select! {
                () = work => {}
                () = stop.cancelled() => {}
            }
        });
    }

    /// Sends mails.
    pub fn mail<D: Deliver + 'static>(&self, assembled: &Assembled, deliver: D) {
        let origin = assembled.plan.issuer.clone();
        let worker = Worker { context: assembled.context.clone(), deliver, origin };
        self.run(async move {
            loop {
                if worker.run_once().await == 0 {
                    tokio::time::sleep(PAUSE).await;
                }
            }
        });
    }

    /// Pushes events.
    pub fn events<P: Post + 'static>(&self, assembled: &Assembled, post: P, endpoints: &[String]) {
        let receivers = endpoints.iter().map(|endpoint| Receiver {
            audience: GATEWAY_AUDIENCE.to_owned(),
            sector: GATEWAY_SECTOR.to_owned(),
            endpoint: endpoint.clone(),
        });
        let pusher = Pusher { provider: assembled.provider.clone(), receivers: receivers.collect(), post };
        self.run(async move {
            loop {
                if pusher.run_once().await == 0 {
                    tokio::time::sleep(PAUSE).await;
                }
            }
        });
    }

    /// Tells apps of sign-outs, each on its own, and fetches the keys that they publish.
    pub fn apps(&self, assembled: &Assembled, outside: Outside) {
        let call = Arc::new(outside);
        assembled.provider.published_keys.fetch_by(call.clone());
        let teller = Arc::new(Teller { provider: assembled.provider.clone(), call });
        let tasks = self.tasks.clone();
        self.run(async move {
            loop {
                match teller.due().await {
                    Ok(due) => {
                        for entry in due {
                            let teller = teller.clone();
                            tasks.spawn(async move { teller.deliver(entry).await });
                        }
                    }
                    Err(error) => tracing::warn!(%error, "sign-outs for apps cannot be read"),
                }
                tokio::time::sleep(PAUSE).await;
            }
        });
    }

    /// Drops what has expired, every few minutes.
    pub fn sweeping(&self, assembled: &Assembled) {
        let (sql, directory) = (assembled.sql.clone(), assembled.directory.clone());
        self.run(async move {
            loop {
                tokio::time::sleep(Duration::from_mins(5)).await;
                if let Err(error) = sql.sweep().await {
                    tracing::warn!(%error, "expired rows cannot be dropped");
                }
                if let Err(error) = directory.forget_old().await {
                    tracing::warn!(%error, "old entries of the log cannot be dropped");
                }
            }
        });
    }

    /// Follows the signing keys in the store, replaces old ones and drops those that are over.
    pub fn keys(&self, assembled: &Assembled) {
        let (provider, context) = (assembled.provider.clone(), assembled.context.clone());
        self.run(async move {
            loop {
                tokio::time::sleep(Duration::from_secs(5)).await;
                if let Err(error) = provider.keys.tend(&context).await {
                    tracing::warn!(%error, "signing keys cannot be read");
                }
            }
        });
    }

    /// Chains and signs what is logged, every few seconds.
    pub fn sealing(&self, assembled: &Assembled) {
        let (directory, log) = (assembled.directory.clone(), assembled.log.clone());
        self.run(async move {
            loop {
                match log.seal(&directory).await {
                    Ok(Sealing::Broken) => tracing::error!("{BROKEN}"),
                    Ok(_) => {}
                    Err(error) => tracing::warn!(%error, "the log cannot be sealed"),
                }
                tokio::time::sleep(Duration::from_secs(5)).await;
            }
        });
    }

    /// Reminds people, a few times an hour; each reminder is sent once.
    pub fn reminding(&self, assembled: &Assembled) {
        let directory = assembled.directory.clone();
        self.run(async move {
            loop {
                if let Err(error) = directory.remind().await {
                    tracing::warn!(%error, "reminders cannot be sent");
                }
                tokio::time::sleep(Duration::from_mins(15)).await;
            }
        });
    }

    /// The gateway's own.
    pub fn gateway(&self, gateway: &Gateway) {
        let gateway = gateway.clone();
        self.run(async move { gateway.run_background().await });
    }

    /// Waits until all have ended.
    pub async fn finish(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

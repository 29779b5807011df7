//! `lanyard demo`.
#![expect(clippy::print_stdout, reason = "a command answers on standard output")]

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;
use clap::Args;
use idp_domain::{SystemClock, SystemRandom};

use super::{asked_to_stop, start_logs};
use crate::assemble::Chance;
use crate::demo::{Demo, DemoPlan, PASSWORD, TRY};

/// Its options.
#[derive(Args)]
pub(super) struct DemoArguments {
    /// Port to listen on: 8080, or 8443 with --tls
    #[arg(long)]
    port: Option<u16>,
    /// Address to listen on; loopback only
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    address: IpAddr,
    /// Serve TLS with a certificate authority made for this machine
    #[arg(long)]
    tls: bool,
    /// Start afresh: forget everything from earlier runs
    #[arg(long)]
    reset: bool,
    /// Folder of its data
    #[arg(long, default_value = ".lanyard/demo")]
    data: PathBuf,
    /// postgres://… instead of the file in the folder
    #[arg(long)]
    database: Option<String>,
    /// redis://… for short-lived things and gateway sessions
    #[arg(long)]
    redis: Option<String>,
}

pub(super) async fn run(arguments: DemoArguments) -> Result<()> {
    start_logs(false);
    if arguments.reset && arguments.data.join("master.key").exists() {
        std::fs::remove_dir_all(&arguments.data)?;
    }
    let port = arguments.port.unwrap_or(if arguments.tls { 8443 } else { 8080 });
    let plan = DemoPlan {
        address: SocketAddr::new(arguments.address, port),
        data: arguments.data.clone(),
        upstreams: Vec::new(),
        tls: arguments.tls,
        clients: None,
        database: arguments.database,
        redis: arguments.redis,
        chance: Chance { clock: Arc::new(SystemClock), random: Arc::new(SystemRandom) },
    };
    let demo = Demo::start(plan).await?;
    tell(&demo, arguments.tls, &arguments.data);
    asked_to_stop().await?;
    println!("\nStopping. Nobody is signed out by it.");
    demo.finish().await;
    Ok(())
}

fn tell(demo: &Demo, tls: bool, data: &std::path::Path) {
    let origin = |label: &str| demo.issuer.replace("://id.", &format!("://{label}."));
    println!("\nLanyard demo: Tamberwell Learning Trust, seven schools, 44 people, all invented.\n");
    println!("  My sites      {}", demo.issuer);
    println!("  A school      {}", origin("larkmoor"));
    println!("  An app        {}", origin("bookworm"));
    println!("  Your own app  {}/developers", demo.issuer);
    println!("  E-mails sent  {}", origin("mail"));
    println!("  Phone codes   {}\n", origin("phone"));
    println!("Who to try. Everybody’s password is: {PASSWORD}\n");
    for (login, shows) in TRY {
        println!("  {login:<44} {shows}");
    }
    if tls {
        println!(
            "\nTo trust the certificate, import {} into your browser’s authorities.",
            data.join("dev-ca.pem").display()
        );
    }
    println!("\nNext: open {} and sign in as the first person above. Stop with Ctrl+C.", origin("larkmoor"));
}

//! Real PostgreSQL and Redis on free loopback ports in a temporary folder; each ends with its owner.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// A server of a test; stopped by its own process id when dropped.
pub struct Server {
    child: Child,
    /// Its address as a URL.
    pub url: String,
    folder: tempfile::TempDir,
}

impl Server {
    /// Its process, for tests that stop it for a while.
    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port for a server that is told which to take. It lies below those that the system gives out by itself, to listeners and to
/// connections: one of those could be somebody else's by the time the server has started.
pub fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    loop {
        // Another process of tests begins elsewhere.
        let number = std::process::id().wrapping_mul(97).wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
        let port = u16::try_from(12_000 + number % 20_000).unwrap();
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

fn wait_for(port: u16) {
    for _ in 0..200 {
        if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("nothing answers on port {port}");
}

/// Starts Redis.
pub fn redis() -> Server {
    let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
    let child = Command::new("redis-server")
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--dir"])
        .arg(folder.path())
        .stdout(Stdio::null())
        .spawn()
        .expect("redis-server is missing: tests/run installs it");
    wait_for(port);
    Server { child, url: format!("redis://127.0.0.1:{port}"), folder }
}

/// A mail server that takes mail over TLS only, with the certificate of an authority of its own.
pub struct MailServer {
    server: Server,
    /// The authority's certificate, PEM.
    pub ca: String,
}

/// Starts a mail server. It refuses addresses that begin with `gone`, and puts off those that begin with `later`.
pub fn mail() -> MailServer {
    let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
    let now = idp_domain::Clock::now(&idp_domain::SystemClock).0;
    let certificates = certs::dev_ca::ensure(folder.path(), &["localhost".to_owned()], now).unwrap();
    let file = |name: &str| folder.path().join(name);
    std::fs::write(file("chain.pem"), &certificates.chain_pem).unwrap();
    std::fs::write(file("key.pem"), &certificates.key_pem).unwrap();
    // The system's own Python: the package belongs to it.
    let child = Command::new("/usr/bin/python3")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/harness/smtp.py"))
        .arg(port.to_string())
        .args([file("chain.pem"), file("key.pem"), file("mails.jsonl")])
        .spawn()
        .expect("python3-aiosmtpd is missing: tests/run installs it");
    wait_for(port);
    let url = format!("smtp://localhost:{port}?tls=required");
    MailServer { server: Server { child, url, folder }, ca: certificates.ca_pem }
}

impl MailServer {
    /// Its address.
    pub fn url(&self) -> &str {
        &self.server.url
    }

    /// What it took, a JSON object for each.
    pub fn mails(&self) -> Vec<serde_json::Value> {
        let text = std::fs::read_to_string(self.server.folder.path().join("mails.jsonl")).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// The folder of PostgreSQL's programs.
fn programs() -> PathBuf {
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .expect("postgresql is missing: tests/run installs it")
        .map(|entry| entry.unwrap().path())
        .collect();
    versions.sort();
    versions.pop().expect("no version of postgresql").join("bin")
}

/// Starts PostgreSQL. It refuses to run as root, so root runs it as nobody.
pub fn postgres() -> Server {
    let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
    let data = folder.path().join("data");
    let root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    if root {
        assert!(Command::new("chown").arg("nobody").arg(folder.path()).status().unwrap().success());
    }
    let run = |program: &str, arguments: &[&str]| {
        let mut command = if root {
            let mut command = Command::new("setpriv");
            command.args(["--reuid", "nobody", "--clear-groups", "--"]).arg(programs().join(program));
            command
        } else {
            Command::new(programs().join(program))
        };
        command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
        command.current_dir(folder.path());
        command
    };
    let data = data.to_str().unwrap();
    let made =
        run("initdb", &["-D", data, "-U", "lanyard", "--auth=trust", "-E", "UTF8", "--locale=C"]).status().unwrap();
    assert!(made.success(), "initdb failed");
    let arguments = [
        "-D",
        data,
        "-p",
        &port.to_string(),
        "-c",
        "listen_addresses=127.0.0.1",
        "-k",
        folder.path().to_str().unwrap(),
    ];
    let child = run("postgres", &arguments).spawn().unwrap();
    wait_for(port);
    Server { child, url: format!("postgres://lanyard@127.0.0.1:{port}/postgres?sslmode=disable"), folder }
}

impl Server {
    /// Where its data is.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }
}

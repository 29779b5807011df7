//! The command line as an operator uses it: check, migrate, serve, health, metrics, drain.
#![expect(clippy::unwrap_used, reason = "in tests a broken assumption must stop the test at once")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A running service; stopped by its own process id.
struct Service(Child);

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn lanyard(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lanyard"));
    command.args(arguments);
    command
}

fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

fn get(port: u16, host: &str, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer)
}

fn config(folder: &Path, port: u16, metrics: u16) -> String {
    let path = folder.join("lanyard.toml");
    let text = format!(
        "issuer = \"http://id.a.localhost:{port}\"\nsites = \"http://{{slug}}.a.localhost:{port}\"\ndata = \"data\"\n\
         support_email = \"help@a.example\"\nlisten = \"127.0.0.1:{port}\"\nmetrics = \"127.0.0.1:{metrics}\"\n"
    );
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(40), "not yet: {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Starts the service and waits until it answers.
fn serve(path: &str, port: u16) -> Service {
    let child = lanyard(&["serve", "--config", path]).stdout(Stdio::null()).spawn().unwrap();
    let service = Service(child);
    let host = format!("id.a.localhost:{port}");
    wait_until("the service is ready", || get(port, &host, "/health/ready").is_some());
    service
}

/// Whether a command did it, and what it said.
fn said(path: &str, arguments: &[&str]) -> (bool, String) {
    let output = lanyard(arguments).args(["--config", path]).output().unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output.status.success(), text)
}

#[test]
fn check_names_every_fault_and_serve_refuses_to_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bad.toml");
    std::fs::write(&path, "issuer = 7\nisuer = \"x\"\nlisten = \"nowhere\"\n").unwrap();
    let path = path.to_str().unwrap();
    for command in ["check", "serve", "migrate"] {
        let output = lanyard(&[command, "--config", path]).output().unwrap();
        assert!(!output.status.success(), "{command}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        for part in [
            "issuer: must be a text",
            "isuer: is not a setting. Did you mean issuer?",
            "listen: must be",
            "data: is missing",
        ] {
            assert!(said.contains(part), "{command}: {part} is not in {said}");
        }
    }
}

#[test]
fn the_demonstration_listens_on_this_machine_only() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let output = lanyard(&["demo", "--address", "0.0.0.0", "--port", "0", "--data", data]).output().unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("listens on this machine only"));
}

#[test]
fn serve_answers_shows_metrics_apart_and_drains() {
    let folder = tempfile::tempdir().unwrap();
    let (port, metrics) = (free_port(), free_port());
    let path = config(folder.path(), port, metrics);
    assert!(lanyard(&["check", "--config", &path]).status().unwrap().success());
    assert!(lanyard(&["migrate", "--config", &path]).status().unwrap().success());
    let host = format!("id.a.localhost:{port}");
    let mut service = serve(&path, port);
    assert!(get(port, &host, "/health/live").unwrap().contains("200 OK"));
    assert!(get(port, &host, "/health/ready").unwrap().ends_with("ready\n"));
    assert!(
        get(port, &host, "/metrics").unwrap().starts_with("HTTP/1.1 404"),
        "metrics are not on the public listener"
    );
    assert!(get(port, "nowhere.a.localhost", "/").unwrap().starts_with("HTTP/1.1 421"));
    let shown = get(metrics, "127.0.0.1", "/metrics").unwrap();
    assert!(shown.contains("lanyard_gateway_answers_total"), "{shown}");
    let mode = std::fs::metadata(folder.path().join("data/master.key")).unwrap();
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&mode.permissions()) & 0o777, 0o600);
    assert!(Command::new("kill").arg(service.0.id().to_string()).status().unwrap().success());
    let ended = service.0.wait().unwrap();
    assert!(ended.success(), "{ended}");
}

#[test]
fn a_recovery_kit_is_read_from_standard_input_and_says_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let path = config(folder.path(), free_port(), free_port());
    let mut child = lanyard(&["people", "recover-owner", "--config", &path, "--email", "nobody@a.example"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"AAAA\nBBBB\n").unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("Nobody signs in with that"), "{said}");
}

#[test]
fn a_trust_and_a_school_are_set_up_before_and_while_the_service_runs() {
    let folder = tempfile::tempdir().unwrap();
    let (port, metrics) = (free_port(), free_port());
    let path = config(folder.path(), port, metrics);
    let said = |arguments: &[&str]| said(&path, arguments);
    let owner = ["--domain", "trust.example", "--first", "Ada", "--last", "Vale", "--email", "ada@trust.example"];
    let setup = [&["setup", "--trust", "Vale Trust"][..], &owner[..]].concat();
    let (good, text) = said(&setup);
    assert!(good && text.contains("/link?token="), "{text}");
    let link = text.lines().find(|line| line.contains("/link?token=")).unwrap().trim().to_owned();
    let (good, text) = said(&setup);
    assert!(!good && text.contains("there already"), "{text}");
    let site = |slug: &'static str, upstream: &'static str| {
        let place = ["--upstream", upstream, "--trust-domain", "trust.example"];
        said(&[&["sites", "add", "--slug", slug, "--name", "Vale Primary"][..], &place[..]].concat())
    };
    assert!(site("vale", "http://127.0.0.1:9").0);
    for (slug, upstream, words) in [
        ("vale", "http://127.0.0.1:9", "already"),
        ("Vale!", "http://127.0.0.1:9", ""),
        ("other", "https://u@127.0.0.1/x", "without a path"),
    ] {
        let (good, text) = site(slug, upstream);
        assert!(!good && text.contains(words), "{slug} {upstream}: {text}");
    }
    let host = format!("id.a.localhost:{port}");
    let _service = serve(&path, port);
    let page = get(port, &host, link.split(&host).nth(1).unwrap()).unwrap();
    assert!(page.contains("This is for Ada Vale"), "{page}");
    // A script’s request to a site that is served: nobody is signed in. To one that is not: there is no such site.
    let to_sign_in = |slug: &str| {
        let answer = get(port, &format!("{slug}.a.localhost:{port}"), "/.lanyard/whoami").unwrap_or_default();
        answer.starts_with("HTTP/1.1 401")
    };
    assert!(!to_sign_in("hill"));
    assert!(to_sign_in("vale"));
    assert!(site("hill", "http://127.0.0.1:9").0);
    wait_until("a site that is added later is served", || to_sign_in("hill"));
}

#[test]
fn signing_keys_are_rotated_and_revoked_while_the_service_runs() {
    let folder = tempfile::tempdir().unwrap();
    let (port, metrics) = (free_port(), free_port());
    let path = config(folder.path(), port, metrics);
    let _service = serve(&path, port);
    let published = |kid: &str| get(port, &format!("id.a.localhost:{port}"), "/jwks").unwrap_or_default().contains(kid);
    // Twice, however soon after the first keys: a rotation that somebody asked for is never left out, nor half done.
    for _ in 0..2 {
        let (good, text) = said(&path, &["keys", "rotate"]);
        assert!(good, "{text}");
    }
    let (_, text) = said(&path, &["keys", "list"]);
    let kids = text.lines().filter(|line| line.contains("  made ")).map(|line| line.split(' ').next().unwrap());
    let kids: Vec<&str> = kids.collect();
    assert_eq!(kids.len(), 9, "{text}");
    assert_eq!(text.lines().filter(|line| line.ends_with(", signs")).count(), 3, "one of each algorithm: {text}");
    wait_until("the service publishes the new keys", || kids.iter().all(|kid| published(kid)));
    let (good, text) = said(&path, &["keys", "revoke", kids[0]]);
    assert!(good && !text.contains(kids[0]), "{text}");
    wait_until("the service has dropped the key", || !published(kids[0]));
    let (good, text) = said(&path, &["keys", "revoke", kids[0]]);
    assert!(!good && text.contains("lanyard keys list"), "{text}");
    assert!(said(&path, &["keys", "list"]).1.contains(kids[3]));
}

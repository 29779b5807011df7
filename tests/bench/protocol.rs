//! The token endpoint and its neighbours against node-oidc-provider with everything in memory, a core each, in turns; ours is
//! durable, on SQLite and on PostgreSQL, and with a million live tokens.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use tests::servers::free_port;

use super::Subject;
use super::machine::{cpu, median, on_core};

/// Connections that ask at once.
const CONNECTIONS: usize = 8;
/// How long each case is asked, and rounds of it.
const TIME: Duration = Duration::from_secs(2);
const ROUNDS: usize = 3;
/// Codes that are redeemed in a round.
const CODES: usize = 400;
/// Basic authentication as `svc` or `app` needs a secret; both sides have the same one.
const SECRET: &str = "a-secret-that-both-sides-of-the-comparison-know-0123456789";
const REDIRECT: &str = "https://app.example/callback";
const VERIFIER: &str = tests::oauth::VERIFIER;

/// node-oidc-provider in a process of its own.
struct Node {
    child: Child,
    port: u16,
}

impl Drop for Node {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Node {
    fn start() -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/clients/node");
        let script = folder.join("oidc_provider.mjs");
        std::fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("bench/oidc_provider.mjs"), &script)
            .expect("node-oidc-provider is missing: tests/bench/run fetches it");
        let port = free_port();
        let mut child = on_core(0, Path::new("node"))
            .arg(&script)
            .args([&port.to_string(), SECRET, &tests::oauth::challenge(VERIFIER)])
            .env("NODE_ENV", "production")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("node is missing");
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { child, port }
    }
}

/// One side of the comparison.
struct Side {
    port: u16,
    host: String,
    pid: u32,
    /// Where the endpoints are.
    paths: [&'static str; 3],
}

const TOKEN: usize = 0;
const INTROSPECT: usize = 1;
const USERINFO: usize = 2;

/// A connection that stays.
struct Wire {
    stream: BufReader<TcpStream>,
    host: String,
}

impl Wire {
    fn open(side: (u16, &str)) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", side.0)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream: BufReader::new(stream), host: side.1.to_owned() }
    }

    /// Asks, and reads the whole answer.
    fn ask(&mut self, (method, path): (&str, &str), (authorization, form): (&str, &str)) -> String {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: {authorization}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
            self.host,
            form.len()
        );
        self.stream.get_mut().write_all(head.as_bytes()).unwrap();
        let (mut line, mut length, mut status) = (String::new(), 0, String::new());
        loop {
            line.clear();
            self.stream.read_line(&mut line).unwrap();
            if status.is_empty() {
                status.clone_from(&line);
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if line.trim().is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).unwrap();
        let body = String::from_utf8(body).unwrap();
        assert!(status.contains(" 200"), "{method} {path} {form}: {status}{body}");
        body
    }
}

fn basic(client: &str) -> String {
    use base64::Engine;
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{client}:{SECRET}")))
}

fn member(body: &str, name: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(body).unwrap();
    value.get(name).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
}

fn redeem(code: &str) -> String {
    format!("grant_type=authorization_code&code={code}&redirect_uri={REDIRECT}&code_verifier={VERIFIER}")
}

/// Requests per second, and microseconds of CPU each.
type Measured = (f64, f64);

/// A case and what was measured of it; and those of one round, ours and theirs.
type Case = (&'static str, Measured);
type Round = (Vec<Case>, Vec<Case>);

/// Measures what many connections do at once for a while; each begins with what `begin` makes of its connection.
fn measured<T>(
    side: &Side,
    begin: impl Fn(usize, &mut Wire) -> T + Sync,
    step: impl Fn(&mut T, &mut Wire) -> bool + Sync,
) -> Measured {
    let before = std::sync::Mutex::new(None);
    let gate = std::sync::Barrier::new(CONNECTIONS);
    let counts: Vec<(usize, f64)> = std::thread::scope(|scope| {
        let (begin, step, gate, before) = (&begin, &step, &gate, &before);
        let threads = (0..CONNECTIONS).map(|number| {
            scope.spawn(move || {
                let mut wire = Wire::open((side.port, &side.host));
                let mut state = begin(number, &mut wire);
                if gate.wait().is_leader() {
                    *before.lock().unwrap() = Some(cpu(side.pid));
                }
                let (since, mut count) = (Instant::now(), 0);
                while since.elapsed() < TIME && step(&mut state, &mut wire) {
                    count += 1;
                }
                (count, since.elapsed().as_secs_f64())
            })
        });
        threads.collect::<Vec<_>>().into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let spent = cpu(side.pid) - before.into_inner().unwrap().unwrap_or_default();
    let all = f64::from(u32::try_from(counts.iter().map(|(count, _)| count).sum::<usize>()).unwrap());
    let longest = counts.iter().map(|(_, time)| *time).fold(0.0, f64::max);
    (all / longest, spent / all * 1e6)
}

/// Every case at one side, once.
fn cases(side: &Side, codes: &[String]) -> Vec<Case> {
    let (svc, app) = (basic("svc"), basic("app"));
    let (first, rest) = codes.split_at(CONNECTIONS);
    let token = side.paths[TOKEN];
    let own = "grant_type=client_credentials&scope=service:bench";
    let pairs: Vec<(String, String)> = first
        .iter()
        .map(|code| {
            let body = Wire::open((side.port, &side.host)).ask(("POST", token), (&app, &redeem(code)));
            (member(&body, "access_token"), member(&body, "refresh_token"))
        })
        .collect();
    let fresh = |number: usize, _: &mut Wire| pairs[number].clone();
    let share = rest.len() / CONNECTIONS;
    vec![
        (
            "client credentials",
            measured(side, |_, _| (), |(), wire| !wire.ask(("POST", token), (&svc, own)).is_empty()),
        ),
        (
            "introspection",
            measured(side, fresh, |(access, _), wire| {
                wire.ask(("POST", side.paths[INTROSPECT]), (&app, &format!("token={access}")))
                    .contains("\"active\":true")
            }),
        ),
        (
            "userinfo",
            measured(side, fresh, |(access, _), wire| {
                wire.ask(("GET", side.paths[USERINFO]), (&format!("Bearer {access}"), "")).contains("\"sub\"")
            }),
        ),
        (
            "code to tokens, with an ID token",
            measured(
                side,
                |number, _| rest[number * share..(number + 1) * share].to_vec(),
                |left, wire| {
                    let Some(code) = left.pop() else { return false };
                    wire.ask(("POST", token), (&app, &redeem(&code))).contains("id_token")
                },
            ),
        ),
        (
            "refresh, with an ID token",
            measured(side, fresh, |(_, refresh), wire| {
                let form = format!("grant_type=refresh_token&refresh_token={refresh}");
                *refresh = member(&wire.ask(("POST", token), (&app, &form)), "refresh_token");
                !refresh.is_empty()
            }),
        ),
    ]
}

/// Compares them in turns and prints a line for each case.
pub fn protocol() {
    let node = Node::start();
    let theirs = Side {
        port: node.port,
        host: format!("127.0.0.1:{}", node.port),
        pid: node.child.id(),
        paths: ["/token", "/token/introspection", "/me"],
    };
    let their_codes = || -> Vec<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", node.port)).unwrap();
        let asked = format!("GET /codes?count={CODES} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
        stream.write_all(asked.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.rsplit("\r\n\r\n").next().unwrap().split_whitespace().map(str::to_owned).collect()
    };
    for (name, filled) in [("sqlite", 0), ("postgresql", 0), ("sqlite", 1_000_000)] {
        let mut subject = Subject::start_on(name);
        let port: u16 = subject.ask(&format!("clients {SECRET}")).parse().unwrap();
        if filled > 0 {
            subject.ask(&format!("fill {filled}"));
        }
        let pid = subject.child.id();
        let ours = Side {
            port,
            host: format!("id.lanyard.localhost:{port}"),
            pid,
            paths: ["/token", "/introspect", "/userinfo"],
        };
        let full = if filled > 0 { format!(", {filled} live tokens") } else { String::new() };
        println!("protocol, {name}{full}, v node-oidc-provider in memory:");
        println!("  {:34}{}", "signing an ID token alone", subject.ask("sign"));
        let mut our_codes =
            || -> Vec<String> { subject.ask(&format!("codes {CODES}")).split(' ').map(str::to_owned).collect() };
        let round = |_| (cases(&ours, &our_codes()), cases(&theirs, &their_codes()));
        let rounds: Vec<Round> = (0..ROUNDS).map(round).collect();
        for at in 0..rounds[0].0.len() {
            let of = |pick: &dyn Fn(&Round) -> f64| median(rounds.iter().map(pick).collect());
            println!(
                "  {:34}{:>7.0}/s {:>6.0} us   {:>7.0}/s {:>6.0} us of CPU   {:.1} x its requests, {:.2} x its CPU",
                rounds[0].0[at].0,
                of(&|round| round.0[at].1.0),
                of(&|round| round.0[at].1.1),
                of(&|round| round.1[at].1.0),
                of(&|round| round.1[at].1.1),
                of(&|round| round.0[at].1.0 / round.1[at].1.0),
                of(&|round| round.0[at].1.1 / round.1[at].1.1),
            );
        }
    }
}

//! Ratios: an authenticated proxied request against nginx as a plain proxy of the same upstream, sign-ins against bare
//! argon2id, memory with many sessions, and the time from start to first answer. What is measured runs in processes of
//! its own on the first core; what loads it and what answers behind it share the second.
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot measure has nothing to say")]
#![expect(clippy::expect_used, reason = "a benchmark that cannot measure has nothing to say")]
#![expect(clippy::indexing_slicing, reason = "a benchmark that cannot measure has nothing to say")]
#![expect(clippy::print_stdout, reason = "its result is what it prints")]

mod machine;
mod protocol;
mod subject;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};

use machine::{Nginx, load, median, on_core, resident_kb};
use tests::servers::free_port;

/// The product measures what the product runs with.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Rounds of each measurement; the median counts.
const ROUNDS: usize = 5;

/// A Lanyard in a process of its own, which does what lines on its standard input say.
struct Subject {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Subject {
    fn start() -> Self {
        Self::start_on("sqlite")
    }

    /// On SQLite or PostgreSQL.
    fn start_on(database: &str) -> Self {
        let own = std::env::current_exe().unwrap();
        let mut child = on_core(0, &own)
            .args(["subject", database])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("taskset runs");
        let (input, output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, input, output }
    }

    fn ask(&mut self, line: &str) -> String {
        writeln!(self.input, "{line}").unwrap();
        let mut answer = String::new();
        self.output.read_line(&mut answer).unwrap();
        answer.trim().to_owned()
    }
}

impl Drop for Subject {
    fn drop(&mut self) {
        // Nothing is lost by it: its data lies in a temporary folder.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn proxy() {
    let (upstream, plain) = (free_port(), free_port());
    let page =
        "default_type text/plain; return 200 'a small answer of a school site, a few hundred bytes long in real life';";
    let _site =
        Nginx::start(1, upstream, &format!("server {{ listen 127.0.0.1:{upstream}; location / {{ {page} }} }}"));
    let proxied = Nginx::start(
        0,
        plain,
        &format!(
            "upstream site {{ server 127.0.0.1:{upstream}; keepalive 64; }} server {{ listen 127.0.0.1:{plain}; location / {{ \
             proxy_pass http://site; proxy_http_version 1.1; proxy_set_header Connection \"\"; proxy_set_header Host $host; }} }}"
        ),
    );
    let mut subject = Subject::start();
    let answer = subject.ask(&format!("site http://127.0.0.1:{upstream}"));
    let (port, cookie) = answer.split_once(' ').unwrap();
    let host = format!("larkmoor.lanyard.localhost:{port}");
    let (mut rates, mut costs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let nginx = load(&format!("http://127.0.0.1:{plain}/x"), None, &host, proxied.id());
        let ours = load(&format!("http://127.0.0.1:{port}/x"), Some(cookie), &host, subject.child.id());
        println!(
            "  nginx {:>7.0}/s {:>5.1} us   lanyard {:>7.0}/s {:>5.1} us of CPU a request",
            nginx.per_second, nginx.cost, ours.per_second, ours.cost
        );
        rates.push(ours.per_second / nginx.per_second);
        costs.push(ours.cost / nginx.cost);
    }
    println!(
        "authenticated request v nginx as a plain proxy, a core each: {:.2} x its CPU a request, {:.2} x its requests per second",
        median(costs),
        median(rates)
    );
}

fn sign_ins() {
    let mut subject = Subject::start();
    // One after the other, a round is as noisy as the machine.
    let rounds: Vec<String> = (0..3 * ROUNDS).map(|_| subject.ask("sign-ins")).collect();
    let shares = |at: usize| rounds.iter().map(|round| round.split(' ').nth(at).unwrap().parse().unwrap()).collect();
    println!(
        "password sign-ins, durable: {:.0} % of bare argon2id on the same core; argon2id is {:.0} % of their CPU",
        100.0 * median(shares(0)),
        100.0 * median(shares(1))
    );
}

/// Whether a wrong password takes another time for people who exist: mean difference with its 95 % confidence (Welch).
fn times(tries: &str) {
    let mut subject = Subject::start();
    let answer = subject.ask(&format!("times {tries}"));
    let read = |text: &str| text.split(',').map(|time| 1e3 * time.parse::<f64>().unwrap()).collect::<Vec<f64>>();
    let (known, unknown) = answer.split_once(' ').map(|(known, unknown)| (read(known), read(unknown))).unwrap();
    let (a, b) = (Spread::of(&known), Spread::of(&unknown));
    let (difference, margin) = (a.mean - b.mean, 1.96 * (a.error + b.error).sqrt());
    println!(
        "wrong password: {:.2} ms for people who exist, {:.2} ms for others; difference {difference:+.2} ± {margin:.2} ms \
         (95 %), {}",
        a.mean,
        b.mean,
        if difference.abs() <= margin { "not to be told from none" } else { "TO BE SEEN" }
    );
}

/// Mean and squared standard error of some values.
struct Spread {
    mean: f64,
    error: f64,
}

impl Spread {
    fn of(values: &[f64]) -> Self {
        let count = f64::from(u32::try_from(values.len()).unwrap());
        let mean = values.iter().sum::<f64>() / count;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0);
        Self { mean, error: variance / count }
    }
}

/// How long other requests take while strangers flood the sign-in page.
fn flood() {
    let mut subject = Subject::start();
    let answer = subject.ask("site http://127.0.0.1:9");
    let (port, session) = answer.split_once(' ').map(|(port, cookie)| (port.to_owned(), cookie.to_owned())).unwrap();
    let answer = subject.ask("attempt");
    let words: Vec<String> = answer.split(' ').map(str::to_owned).collect();
    let [_, cookie, attempt] = words.as_slice() else { return };
    let asked = [
        (
            "a person’s facts at a site",
            format!(
                "GET /.lanyard/whoami HTTP/1.1\r\nHost: larkmoor.lanyard.localhost:{port}\r\nCookie: ln={session}\r\n"
            ),
        ),
        (
            "the sign-in page’s style",
            format!("GET /static/lanyard.css HTTP/1.1\r\nHost: id.lanyard.localhost:{port}\r\n"),
        ),
        ("the page for a new password", format!("GET /first-time HTTP/1.1\r\nHost: id.lanyard.localhost:{port}\r\n")),
    ];
    let quiet: Vec<f64> = asked.iter().map(|(_, request)| slow_ones(&port, request)).collect();
    let stop = std::sync::atomic::AtomicBool::new(false);
    let sent = std::sync::atomic::AtomicUsize::new(0);
    let flooded: Vec<f64> = std::thread::scope(|scope| {
        for thread in 0..32_u8 {
            let (stop, sent, port) = (&stop, &sent, &port);
            scope.spawn(move || {
                for number in 1_u32.. {
                    if stop.load(std::sync::atomic::Ordering::Relaxed) {
                        break;
                    }
                    let form =
                        format!("attempt={attempt}&login=n{thread}.{number}@x.example&password=wrong+{number}+words");
                    let request = format!(
                        "POST /signin HTTP/1.1\r\nHost: id.lanyard.localhost:{port}\r\nCookie: browser={cookie}\r\n\
                         Sec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\n\
                         Content-Length: {}\r\n",
                        form.len()
                    );
                    let from = Ipv4Addr::new(127, 1, thread, u8::try_from(number % 200).unwrap());
                    time_of(from, port, &request, &form);
                    sent.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                }
            });
        }
        std::thread::sleep(Duration::from_secs(1));
        let flooded = asked.iter().map(|(_, request)| slow_ones(&port, request)).collect();
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        flooded
    });
    for ((what, _), (quiet, flooded)) in asked.iter().zip(quiet.iter().zip(&flooded)) {
        println!(
            "while sign-in is flooded: {what}: p99 {flooded:.1} ms, {quiet:.1} ms otherwise ({:.1} x)",
            flooded / quiet
        );
    }
    println!("the flood: {} sign-ins from 32 connections", sent.load(std::sync::atomic::Ordering::Relaxed));
}

/// The 99th percentile of 300 requests, in milliseconds.
fn slow_ones(port: &str, request: &str) -> f64 {
    let one = |_| {
        std::thread::sleep(Duration::from_millis(8));
        time_of(Ipv4Addr::LOCALHOST, port, request, "")
    };
    let mut times: Vec<f64> = (0..300).map(one).collect();
    times.sort_by(f64::total_cmp);
    times.get(297).copied().unwrap_or(f64::NAN)
}

/// How long one request takes, in milliseconds.
fn time_of(from: Ipv4Addr, port: &str, request: &str, body: &str) -> f64 {
    let begun = Instant::now();
    let Ok(mut stream) = connect(from, port.parse().unwrap()) else { return f64::NAN };
    drop(stream.set_read_timeout(Some(Duration::from_secs(30))));
    drop(stream.write_all(format!("{request}Connection: close\r\n\r\n{body}").as_bytes()));
    let mut answer = Vec::new();
    drop(stream.read_to_end(&mut answer));
    assert!(answer.starts_with(b"HTTP/1.1 "), "no answer to {request}");
    begun.elapsed().as_secs_f64() * 1e3
}

/// A connection from one of the machine's own addresses: a flood of one address alone would be slowed down.
fn connect(from: Ipv4Addr, port: u16) -> std::io::Result<std::net::TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&SocketAddr::from((from, 0)).into())?;
    socket.connect(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)).into())?;
    Ok(socket.into())
}

fn memory() {
    let mut subject = Subject::start();
    let id = subject.child.id();
    subject.ask("site http://127.0.0.1:9");
    println!("memory: {:.0} MB with the demonstration’s trust and one session", resident_kb(id) / 1024.0);
    subject.ask("trust 80 10000");
    let before = resident_kb(id);
    println!("memory: {:.0} MB with 80 sites and 10,000 people more, no session of theirs", before / 1024.0);
    let live = subject.ask("sessions 10000");
    std::thread::sleep(Duration::from_secs(3));
    let after = resident_kb(id);
    let per_session = (after - before) / live.parse::<f64>().unwrap();
    println!("memory: {:.0} MB with {live} live sessions, {per_session:.1} kB each", after / 1024.0);
}

fn cold_start() {
    let folder = tempfile::tempdir().unwrap();
    let binary = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/release/lanyard");
    for word in ["first start, with 44 people to make", "second start", "third start"] {
        let port = free_port();
        let begun = Instant::now();
        let mut child = Command::new(&binary)
            .args(["demo", "--port", &port.to_string(), "--data"])
            .arg(folder.path())
            .stdout(Stdio::null())
            .spawn()
            .expect("tests/bench/run builds the binary");
        while !answers(port) && begun.elapsed() < Duration::from_secs(30) {
            std::thread::sleep(Duration::from_millis(2));
        }
        println!("cold start, {word}: {} ms to the first answer", begun.elapsed().as_millis());
        drop(child.kill());
        drop(child.wait());
    }
}

fn answers(port: u16) -> bool {
    let Ok(mut stream) = std::net::TcpStream::connect(("127.0.0.1", port)) else { return false };
    let asked = stream.write_all(b"GET /signin HTTP/1.1\r\nHost: id.lanyard.localhost\r\nConnection: close\r\n\r\n");
    let mut text = String::new();
    asked.is_ok() && stream.read_to_string(&mut text).is_ok() && text.starts_with("HTTP/1.1 ")
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["subject", database] => return subject::run(database),
        ["protocol"] => return protocol::protocol(),
        ["times", tries] => return times(tries),
        ["sign-ins"] => return sign_ins(),
        _ => {}
    }
    protocol::protocol();
    proxy();
    sign_ins();
    times("60");
    flood();
    memory();
    cold_start();
}

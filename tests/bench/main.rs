//! Ratios: an authenticated proxied request against nginx as a plain proxy of the same upstream, sign-ins against bare
//! argon2id, memory with many sessions, and the time from start to first answer. What is measured runs in processes of
//! its own on the first core; what loads it and what answers behind it share the second.
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot measure has nothing to say")]
#![expect(clippy::expect_used, reason = "a benchmark that cannot measure has nothing to say")]
#![expect(clippy::print_stdout, reason = "its result is what it prints")]

mod machine;
mod subject;

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use machine::{Nginx, free_port, load, median, on_core, resident_kb};

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
        let own = std::env::current_exe().unwrap();
        let mut child =
            on_core(0, &own).arg("subject").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("taskset runs");
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
    let shares: Vec<f64> = (0..ROUNDS).map(|_| subject.ask("sign-ins").parse().unwrap()).collect();
    println!("password sign-ins, durable: {:.0} % of bare argon2id on the same core", 100.0 * median(shares));
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
    if std::env::args().nth(1).as_deref() == Some("subject") {
        subject::run();
        return;
    }
    proxy();
    sign_ins();
    memory();
    cold_start();
}

//! Ratios: an authenticated proxied request against nginx as a plain proxy of the same upstream, sign-ins against bare
//! argon2id, memory, and the time from start to first answer.
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot measure has nothing to say")]
#![expect(clippy::expect_used, reason = "a benchmark that cannot measure has nothing to say")]
#![expect(clippy::print_stdout, reason = "its result is what it prints")]

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tests::System;
use tests::system::SAMINA;

struct Nginx {
    child: Child,
    _folder: tempfile::TempDir,
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // The master ends its workers on SIGTERM.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

/// An nginx that is a site's server on `upstream` and a plain proxy of it on `proxy`, one worker each.
fn nginx(port: u16, location: &str) -> Nginx {
    let folder = tempfile::tempdir().unwrap();
    let conf = folder.path().join("nginx.conf");
    let text = format!(
        "daemon off; worker_processes 1; error_log /dev/null; pid {0}/pid;\nevents {{ worker_connections 1024; }}\n\
         http {{ access_log off; client_body_temp_path {0}/b; proxy_temp_path {0}/p; fastcgi_temp_path {0}/f; uwsgi_temp_path {0}/u; \
         scgi_temp_path {0}/s; keepalive_requests 1000000;\n{location}\n}}\n",
        folder.path().display()
    );
    std::fs::write(&conf, text).unwrap();
    let child = Command::new("/usr/sbin/nginx")
        .arg("-c")
        .arg(&conf)
        .stderr(Stdio::null())
        .spawn()
        .expect("nginx is missing: tests/bench/run installs it");
    for _ in 0..100 {
        if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Nginx { child, _folder: folder }
}

fn free_port() -> u16 {
    std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

/// CPU time of a process and its children in seconds.
fn cpu(pid: u32) -> f64 {
    let own = |pid: &str| -> f64 {
        let text = std::fs::read_to_string(Path::new("/proc").join(pid).join("stat")).unwrap_or_default();
        let fields: Vec<&str> = text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
        (ticks(11) + ticks(12)) / 100.0
    };
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    own(&pid.to_string()) + children.split_whitespace().map(own).sum::<f64>()
}

/// Requests per second and microseconds of CPU per request.
fn load(url: &str, cookie: Option<&str>, host: &str, pid: u32) -> (f64, f64) {
    let before = cpu(pid);
    let mut command = Command::new("wrk");
    command.args(["-t1", "-c32", "-d4s", "-H"]).arg(format!("Host: {host}"));
    if let Some(cookie) = cookie {
        command.arg("-H").arg(format!("Cookie: ln={cookie}"));
    }
    let output = command.arg(url).output().expect("wrk is missing: tests/bench/run installs it");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(!text.contains("Non-2xx"), "{text}");
    let per_second =
        text.lines().find_map(|line| line.strip_prefix("Requests/sec:")).unwrap().trim().parse::<f64>().unwrap();
    let count = text.lines().find(|line| line.contains("requests in")).unwrap();
    let count: f64 = count.split_whitespace().next().unwrap().parse().unwrap();
    (per_second, (cpu(pid) - before) / count * 1e6)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

fn resident_kb() -> f64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with("VmRSS")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kb| kb.parse().ok()).unwrap_or(0.0)
}

async fn proxy(system: &System) {
    let (upstream, plain) = (free_port(), free_port());
    let page =
        "default_type text/plain; return 200 'a small answer of a school site, a few hundred bytes long in real life';";
    let _site = nginx(upstream, &format!("server {{ listen 127.0.0.1:{upstream}; location / {{ {page} }} }}"));
    let proxied = nginx(
        plain,
        &format!(
            "upstream site {{ server 127.0.0.1:{upstream}; keepalive 64; }} server {{ listen 127.0.0.1:{plain}; location / {{ \
             proxy_pass http://site; proxy_http_version 1.1; proxy_set_header Connection \"\"; proxy_set_header Host $host; }} }}"
        ),
    );
    system.set_upstream("larkmoor", &format!("http://127.0.0.1:{upstream}")).await;
    let browser = system.signed_in(SAMINA, "larkmoor").await;
    let host = format!("larkmoor.lanyard.localhost:{}", system.address().port());
    let cookie = browser.cookie("larkmoor.lanyard.localhost", "ln").unwrap().clone();
    let (mut rates, mut costs) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        let other = format!("http://127.0.0.1:{plain}/x");
        let (nginx_rate, nginx_cost) = load(&other, None, &host, proxied.child.id());
        let (ours, cookie, host) = (format!("http://{}/x", system.address()), cookie.clone(), host.clone());
        let own = std::process::id();
        let (rate, cost) = tokio::task::spawn_blocking(move || load(&ours, Some(&cookie), &host, own)).await.unwrap();
        println!("  nginx {nginx_rate:>8.0}/s {nginx_cost:>6.1} us   lanyard {rate:>8.0}/s {cost:>6.1} us of CPU");
        rates.push(rate / nginx_rate);
        costs.push(cost / nginx_cost);
    }
    println!(
        "authenticated request v nginx plain proxy: CPU per request {:.2} x, requests per second {:.2} x",
        median(costs),
        median(rates)
    );
}

async fn sign_ins(system: &System) {
    let signin = &system.demo.assembled.signin;
    let stored = system.person(SAMINA).await.password.unwrap();
    let rounds = 24;
    let (mut bare, mut full) = (0.0, 0.0);
    for _ in 0..3 {
        let begun = Instant::now();
        let mut set = tokio::task::JoinSet::new();
        for _ in 0..rounds {
            let (hasher, stored) = (signin.hasher.clone(), stored.clone());
            set.spawn(async move { hasher.check(lanyard::demo::PASSWORD, Some(&stored)).await });
        }
        while set.join_next().await.is_some() {}
        bare += begun.elapsed().as_secs_f64();
        let begun = Instant::now();
        let mut set = tokio::task::JoinSet::new();
        for _ in 0..rounds {
            let signin = signin.clone();
            set.spawn(async move {
                let person = signin.check_password(SAMINA, lanyard::demo::PASSWORD).await;
                if let Ok(person) = person {
                    signin.start_session(&person, person.epoch, false).await.unwrap();
                }
            });
        }
        while set.join_next().await.is_some() {}
        full += begun.elapsed().as_secs_f64();
    }
    println!("sign-ins, durable: {:.0} % of bare argon2id in the same pool", 100.0 * bare / full);
}

async fn sessions(system: &System) {
    let before = resident_kb();
    let count = 300;
    for _ in 0..count {
        system.signed_in(SAMINA, "larkmoor").await;
    }
    println!(
        "memory: {:.0} MB with the demonstration’s trust, {:.1} kB for each of {count} further sessions at provider and gateway",
        before / 1024.0,
        (resident_kb() - before) / f64::from(count)
    );
}

fn cold_start() {
    let folder = tempfile::tempdir().unwrap();
    let binary = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/release/lanyard");
    for word in ["first start, with 44 people to make", "second start"] {
        let port = free_port();
        let begun = Instant::now();
        let mut child = Command::new(&binary)
            .args(["demo", "--port", &port.to_string(), "--data"])
            .arg(folder.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() && begun.elapsed() < Duration::from_secs(30) {
            std::thread::sleep(Duration::from_millis(2));
        }
        println!("cold start, {word}: {} ms to the first connection", begun.elapsed().as_millis());
        let _ = child.kill();
        let _ = child.wait();
    }
}

#[tokio::main]
async fn main() {
    let system = System::start().await;
    proxy(&system).await;
    sign_ins(&system).await;
    sessions(&system).await;
    cold_start();
}

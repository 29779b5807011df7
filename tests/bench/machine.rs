//! What the measurements stand on: nginx, wrk, cores, CPU time and memory of processes.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// An nginx with one worker on one core, stopped when it is dropped.
pub struct Nginx {
    child: Child,
    _folder: tempfile::TempDir,
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // The master ends its workers on SIGTERM.
        drop(Command::new("kill").arg(self.child.id().to_string()).status());
        drop(self.child.wait());
    }
}

impl Nginx {
    /// Starts one with this part of the configuration, and waits until it listens.
    pub fn start(core: usize, port: u16, servers: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let conf = folder.path().join("nginx.conf");
        let text = format!(
            "daemon off; worker_processes 1; error_log /dev/null; pid {0}/pid;\nevents {{ worker_connections 1024; }}\n\
             http {{ access_log off; client_body_temp_path {0}/b; proxy_temp_path {0}/p; fastcgi_temp_path {0}/f; \
             uwsgi_temp_path {0}/u; scgi_temp_path {0}/s; keepalive_requests 1000000;\n{servers}\n}}\n",
            folder.path().display()
        );
        std::fs::write(&conf, text).unwrap();
        let child = on_core(core, Path::new("/usr/sbin/nginx"))
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
        Self { child, _folder: folder }
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

/// A command that stays on one core.
pub fn on_core(core: usize, program: &Path) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", &core.to_string()]).arg(program);
    command
}

/// CPU time of a process and its children, in seconds.
pub fn cpu(pid: u32) -> f64 {
    let own = |pid: &str| -> f64 {
        let text = std::fs::read_to_string(Path::new("/proc").join(pid).join("stat")).unwrap_or_default();
        let fields: Vec<&str> = text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
        (ticks(11) + ticks(12)) / 100.0
    };
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    own(&pid.to_string()) + children.split_whitespace().map(own).sum::<f64>()
}

/// Memory of a process that is in use, in kB.
pub fn resident_kb(pid: u32) -> f64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with("VmRSS")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kb| kb.parse().ok()).unwrap_or(0.0)
}

/// What a load showed.
pub struct Loaded {
    /// Requests per second.
    pub per_second: f64,
    /// Microseconds of CPU a request, of the measured process and its children.
    pub cost: f64,
}

/// Loads an address for four seconds from the second core.
pub fn load(url: &str, cookie: Option<&str>, host: &str, pid: u32) -> Loaded {
    let before = cpu(pid);
    let mut command = on_core(1, Path::new("wrk"));
    command.args(["-t1", "-c32", "-d4s", "-H"]).arg(format!("Host: {host}"));
    if let Some(cookie) = cookie {
        command.arg("-H").arg(format!("Cookie: ln={cookie}"));
    }
    let output = command.arg(url).output().expect("wrk is missing: tests/bench/run installs it");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(!text.contains("Non-2xx"), "{text}");
    let number = |text: Option<&str>| text.and_then(|text| text.trim().parse::<f64>().ok()).unwrap();
    let per_second = number(text.lines().find_map(|line| line.strip_prefix("Requests/sec:")));
    let count = text.lines().find(|line| line.contains("requests in")).unwrap();
    Loaded { per_second, cost: (cpu(pid) - before) / number(count.split_whitespace().next()) * 1e6 }
}

/// The middle one.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

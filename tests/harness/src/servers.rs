//! Real PostgreSQL and Redis on free loopback ports in a temporary folder; each ends with its owner.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A server of a test; stopped by its own process id when dropped.
pub struct Server {
    child: Child,
    /// Its address as a URL.
    pub url: String,
    folder: tempfile::TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
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

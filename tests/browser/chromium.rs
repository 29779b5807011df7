//! Chromium over WebDriver: one driver for each test, ended by its own process id.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fantoccini::wd::Capabilities;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;

/// A driver.
pub struct Chromium {
    driver: Child,
    port: u16,
}

impl Drop for Chromium {
    fn drop(&mut self) {
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// A browser with cookies of its own.
pub struct Tab(Client);

/// Longest wait for something to appear.
const PATIENCE: Duration = Duration::from_secs(20);

impl Chromium {
    pub async fn start() -> Self {
        let port = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        let mut command = Command::new("chromedriver");
        command.arg(format!("--port={port}")).stdout(Stdio::null()).stderr(Stdio::null());
        let chromium = Self { driver: command.spawn().expect("chromedriver is missing: tests/run installs it"), port };
        for _ in 0..200 {
            if tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
                return chromium;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("chromedriver does not answer");
    }

    pub async fn tab(&self) -> Tab {
        let mut wanted = Capabilities::new();
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--window-size=1180,760",
        ];
        wanted.insert("goog:chromeOptions".into(), json!({ "args": arguments }));
        let address = format!("http://127.0.0.1:{}", self.port);
        let client = ClientBuilder::new(HttpConnector::new()).capabilities(wanted).connect(&address).await;
        Tab(client.expect("chromium does not start"))
    }

    pub async fn finish(&self, tab: Tab) {
        tab.0.close().await.unwrap();
    }
}

impl Tab {
    pub async fn goto(&self, url: &str) {
        self.0.goto(url).await.unwrap();
    }

    pub async fn url(&self) -> String {
        self.0.current_url().await.unwrap().into()
    }

    /// Waits for an element.
    pub async fn see(&self, css: &str) -> fantoccini::elements::Element {
        match self.0.wait().at_most(PATIENCE).every(Duration::from_millis(100)).for_element(Locator::Css(css)).await {
            Ok(element) => element,
            Err(error) => panic!("{css}: {error} at {}\n{}", self.url().await, self.0.source().await.unwrap()),
        }
    }

    pub async fn click(&self, css: &str) {
        self.see(css).await.click().await.unwrap();
    }

    pub async fn fill(&self, css: &str, text: &str) {
        let field = self.see(css).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    pub async fn text(&self, css: &str) -> String {
        self.see(css).await.text().await.unwrap()
    }

    pub async fn title_contains(&self, words: &str) {
        self.until(&format!("document.title.includes({})", json!(words))).await;
    }

    /// Waits until the bar says something.
    pub async fn bar_says(&self, words: &str) {
        let bar = "(document.getElementById('lanyard-bar')?.shadowRoot.textContent ?? '')";
        self.until(&format!("{bar}.includes({})", json!(words))).await;
    }

    async fn until(&self, condition: &str) {
        for _ in 0..200 {
            let holds = self.0.execute(&format!("return Boolean({condition})"), vec![]).await;
            if holds.is_ok_and(|holds| holds == json!(true)) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{condition} at {}\n{}", self.url().await, self.0.source().await.unwrap());
    }

    /// A window as narrow as a small phone's.
    pub async fn narrow(&self) {
        self.0.set_window_size(320, 640).await.unwrap();
    }

    /// Whether nothing scrolls sideways.
    pub async fn fits(&self) -> bool {
        let over = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
        self.0.execute(over, vec![]).await.unwrap().as_i64().unwrap() <= 1
    }

    /// Saves a picture for people to look at, beside the build's other output.
    pub async fn picture(&self, name: &str) {
        let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("pictures");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("{name}.png")), self.0.screenshot().await.unwrap()).unwrap();
    }
}

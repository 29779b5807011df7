//! Chromium over WebDriver: one driver for each test, ended by its own process id.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand, WindowHandle};
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

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
        let port = tests::servers::free_port();
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
        self.tab_with(true).await
    }

    /// A browser without JavaScript.
    pub async fn tab_without_scripts(&self) -> Tab {
        self.tab_with(false).await
    }

    async fn tab_with(&self, scripts: bool) -> Tab {
        let mut wanted = Capabilities::new();
        // The development CA of a test is nobody's but the test's.
        wanted.insert("acceptInsecureCerts".into(), json!(true));
        let javascript = if scripts { 1 } else { 2 };
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
        wanted.insert(
            "goog:chromeOptions".into(),
            json!({
                "args": arguments,
                "prefs": { "profile.managed_default_content_settings.javascript": javascript },
            }),
        );
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

    pub async fn until(&self, condition: &str) {
        for _ in 0..200 {
            let holds = self.0.execute(&format!("return Boolean({condition})"), vec![]).await;
            if holds.is_ok_and(|holds| holds == json!(true)) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{condition} at {}\n{}", self.url().await, self.0.source().await.unwrap());
    }

    /// Types into whatever has the focus.
    pub async fn press(&self, keys: &str) {
        self.0.active_element().await.unwrap().send_keys(keys).await.unwrap();
    }

    /// Presses Tab until this element has the focus, as somebody without a mouse does.
    pub async fn tab_to(&self, css: &str) {
        self.see(css).await;
        for _ in 0..60 {
            let there = format!("document.activeElement?.matches({})", json!(css));
            if self.0.execute(&format!("return Boolean({there})"), vec![]).await.unwrap() == json!(true) {
                return;
            }
            self.press("\u{e004}").await;
        }
        panic!("{css} cannot be reached with the Tab key at {}", self.url().await);
    }

    /// Types wherever the focus is, in a frame, too: as real key presses of the browser and not of one element.
    pub async fn type_anywhere(&self, keys: &str) {
        let mut typing = KeyActions::new("keyboard".to_owned());
        for value in keys.chars() {
            typing = typing.then(KeyAction::Down { value }).then(KeyAction::Up { value });
        }
        self.0.perform_actions(typing).await.unwrap();
    }

    /// The window that is driven.
    pub async fn window(&self) -> WindowHandle {
        self.0.window().await.unwrap()
    }

    /// Opens another tab of the same browser, and goes there.
    pub async fn new_window(&self) {
        let opened = self.0.new_window(true).await.unwrap();
        self.0.switch_to_window(opened.handle).await.unwrap();
    }

    /// Goes back to a tab.
    pub async fn switch_to(&self, window: WindowHandle) {
        self.0.switch_to_window(window).await.unwrap();
    }

    /// What a script answers.
    pub async fn script(&self, script: &str) -> Value {
        self.0.execute(script, vec![]).await.unwrap()
    }

    /// Cookies of the page's host: name, and whether scripts cannot read it and it travels over TLS only.
    pub async fn cookies(&self) -> Vec<(String, bool, bool)> {
        let cookies = self.0.get_all_cookies().await.unwrap();
        let kept = |flag: Option<bool>| flag.unwrap_or(false);
        cookies
            .iter()
            .map(|cookie| (cookie.name().to_owned(), kept(cookie.http_only()), kept(cookie.secure())))
            .collect()
    }

    /// Cookies of the page's host that outlive the browser.
    pub async fn lasting_cookies(&self) -> Vec<String> {
        let cookies = self.0.get_all_cookies().await.unwrap();
        cookies.iter().filter(|cookie| cookie.expires().is_some()).map(|cookie| cookie.name().to_owned()).collect()
    }

    /// What is shown of these, by their words.
    pub async fn shown(&self, css: &str) -> Vec<String> {
        let mut shown = Vec::new();
        for one in self.0.find_all(Locator::Css(css)).await.unwrap() {
            if one.is_displayed().await.unwrap() {
                shown.push(one.text().await.unwrap());
            }
        }
        shown
    }

    /// Plugs a key in that does what it is asked, as somebody who touches it at once.
    pub async fn plug_key_in(&self) {
        self.plug_in("internal").await;
    }

    /// The same for one in a USB port.
    pub async fn plug_security_key_in(&self) {
        self.plug_in("usb").await;
    }

    async fn plug_in(&self, transport: &str) {
        let key = json!({
            "protocol": "ctap2",
            "transport": transport,
            "hasResidentKey": true,
            "hasUserVerification": true,
            "isUserVerified": true,
            "isUserConsenting": true,
        });
        self.0.issue_cmd(Extension { path: "webauthn/authenticator", body: key }).await.unwrap();
    }

    /// How the page is to look: colours, and whether the system chooses them.
    pub async fn look(&self, scheme: &str, forced: bool) {
        let features = json!([
            { "name": "prefers-color-scheme", "value": scheme },
            { "name": "forced-colors", "value": if forced { "active" } else { "none" } },
        ]);
        let body = json!({ "cmd": "Emulation.setEmulatedMedia", "params": { "features": features } });
        self.0.issue_cmd(Extension { path: "goog/cdp/execute", body }).await.unwrap();
    }

    /// The window's size in CSS pixels.
    pub async fn size(&self, width: u32, height: u32) {
        self.0.set_window_size(width, height).await.unwrap();
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

    /// What a script answers that is given something.
    pub async fn script_with(&self, script: &str, given: Vec<Value>) -> Value {
        self.0.execute(script, given).await.unwrap()
    }

    /// The page as a PNG.
    pub async fn shot(&self) -> Vec<u8> {
        self.0.screenshot().await.unwrap()
    }

    /// Saves a picture for people to look at, beside the build's other output.
    pub async fn picture(&self, name: &str) {
        let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("pictures");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("{name}.png")), self.shot().await).unwrap();
    }
}

/// A command of the driver beyond the WebDriver standard's own.
#[derive(Debug)]
struct Extension {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Extension {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(self.body.to_string()))
    }
}

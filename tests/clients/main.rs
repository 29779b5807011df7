//! Clients that nobody here wrote, against a started provider: what they are made for works, and what they must refuse they
//! refuse.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "in tests a broken assumption must stop the test at once"
)]

mod asks;
mod mutual;
mod site;

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;

use idp_domain::client::{Client, ClientAuth, ClientOptions, IdTokenAlg};
use idp_domain::{Secret, SystemRandom};
use idp_store::Effects;
use serde_json::{Value, json};
use tests::between::{self, Change};
use tests::{Browser, System};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

const WHO: &str = "t.quennell@tamberwell.example";
const ID: &str = "reading-app";

/// Which library.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Library {
    OpenidClient,
    Authlib,
    Django,
}

/// A running client; it is asked by lines of JSON and ends with its owner.
struct Foreign {
    _child: Child,
    says: Lines<BufReader<ChildStdout>>,
    hears: ChildStdin,
}

fn target(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/clients").join(name);
    assert!(path.exists(), "{} is missing: tests/run fetches it", path.display());
    path
}

impl Foreign {
    fn start(library: Library, asked: &Value) -> Self {
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients");
        let mut command = match library {
            Library::OpenidClient => {
                // A module is looked for beside its script only, so the script goes to where the library is.
                let beside = target("node").join("openid_client.mjs");
                std::fs::copy(scripts.join("openid_client.mjs"), &beside).unwrap();
                let mut command = Command::new("node");
                command.arg(beside);
                command
            }
            Library::Authlib | Library::Django => {
                let mut command = Command::new("python3");
                command.arg(scripts.join("authlib_client.py")).env("PYTHONPATH", target("python"));
                command
            }
        };
        command.arg(asked.to_string()).stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let (says, hears) = (child.stdout.take().unwrap(), child.stdin.take().unwrap());
        Self { _child: child, says: BufReader::new(says).lines(), hears }
    }

    async fn says(&mut self) -> Value {
        let line = tokio::time::timeout(std::time::Duration::from_mins(1), self.says.next_line()).await;
        let line = line.unwrap().unwrap().unwrap_or_else(|| panic!("the client ended without a word"));
        serde_json::from_str(&line).unwrap()
    }

    async fn hear(&mut self, line: &str) {
        self.hears.write_all(format!("{line}\n").as_bytes()).await.unwrap();
    }
}

/// A school's server, with a browser that is signed in and has agreed to the app.
struct Ready {
    system: System,
    browser: Browser,
    secret: Secret,
    /// A token by which the client registers itself, if it does.
    registration: Option<String>,
    /// Its certificate and key, and who vouches for ours, as PEM, where it has one.
    mutual: Option<Value>,
}

async fn ready(alg: IdTokenAlg, options: ClientOptions) -> Ready {
    ready_at(System::start().await, alg, options).await
}

async fn ready_at(system: System, alg: IdTokenAlg, options: ClientOptions) -> Ready {
    let secret = Secret::new(&SystemRandom);
    let store = &system.demo.assembled.context.store;
    let plain = store.client("bookworm").await.unwrap().unwrap();
    let auth = ClientAuth::Secret { hash: secret.hash(), before: None };
    let name = "Reading app".to_owned();
    let client = Client { id: ID.to_owned(), name, auth, id_token_alg: alg, options, ..plain };
    store.save_client(&client, Effects::none()).await.unwrap();
    let browser = system.admin(WHO).await;
    Ready { system, browser, secret, registration: None, mutual: None }
}

impl Ready {
    /// Runs a client from beginning to end with somebody in between. Answers its last word.
    async fn run(&mut self, library: Library, strong: bool, change: Change) -> Value {
        let store = &self.system.demo.assembled.context.store;
        let client = store.client(ID).await.unwrap().unwrap();
        let between = between::start(&self.system, change).await;
        let asked = json!({
            "issuer": self.system.origin("id"), "between": format!("http://{between}"), "client": ID,
            "secret": self.secret.reveal(), "alg": client.id_token_alg.name(), "strong": strong,
            "device": client.options.device, "registration": self.registration,
            "ciba": client.options.ciba.then_some(WHO), "mutual": self.mutual, "site": client.options.resources.first(),
            "redirect": client.redirect_uris.first(), "after": client.post_logout_redirect_uris.first(),
        });
        let mut foreign = Foreign::start(library, &asked);
        let mut said = foreign.says().await;
        if let Some(jwks) = said.get("jwks") {
            let auth = ClientAuth::Keys { jwks: jwks.to_string() };
            store.save_client(&Client { auth, ..client }, Effects::none()).await.unwrap();
            foreign.hear("go").await;
            said = foreign.says().await;
        }
        if said.get("asks").is_some() {
            let page = self.browser.open(&format!("{}/me/requests", self.system.origin("id"))).await;
            assert!(page.body.contains("K4-88"), "{}", page.body);
            self.browser.fill(&page, "answer", &[("decision", "allow")]).await;
            return foreign.says().await;
        }
        let Some(url) = said.get("open").and_then(Value::as_str) else { return said };
        if said.get("code").is_some() {
            let page = self.browser.open(url).await;
            let code = said["code"].as_str().unwrap();
            let page = self.browser.fill(&page, "device", &[("user_code", code)]).await;
            self.browser.fill(&page, "decide", &[("decision", "allow")]).await;
            return foreign.says().await;
        }
        let back = self.visit(url).await;
        foreign.hear(&back).await;
        foreign.says().await
    }

    /// Opens the address that a client sends the browser to. Answers where the browser is sent back to.
    async fn visit(&mut self, url: &str) -> String {
        let page = self.browser.send(http::Method::GET, url, None, &[("accept", "text/html")]).await;
        let id = self.system.origin("id");
        tests::oauth::agree(&mut self.browser, &id, page).await.location().to_owned()
    }
}

fn unchanged() -> Change {
    Arc::new(|_, body| body)
}

async fn goes_through(library: Library, alg: IdTokenAlg, strong: bool) {
    let options = ClientOptions { dpop: strong, pushed_only: strong, jwt_access: strong, ..ClientOptions::default() };
    ends_well(ready(alg, options).await, library, strong).await;
}

async fn ends_well(mut ready: Ready, library: Library, strong: bool) {
    let said = ready.run(library, strong, unchanged()).await;
    let done = &said["done"];
    assert_eq!(
        (&done["name"], &done["live"], &done["gone"]),
        (&json!("Tobias Quennell"), &json!(true), &json!(false)),
        "{said}"
    );
    let kind = done["type"].as_str().unwrap().to_lowercase();
    assert_eq!(kind, if strong { "dpop" } else { "bearer" });
    let out = ready.browser.open(done["logout"].as_str().unwrap()).await;
    assert!(out.url.ends_with("/?state=bye"), "{}", out.url);
    let me = ready.browser.open(&format!("{}/me", ready.system.origin("id"))).await;
    assert!(me.url.contains("/signin"), "signed out at the provider: {}", me.url);
}

#[tokio::test]
async fn openid_client_signs_in_with_every_signature() {
    for alg in [IdTokenAlg::RS256, IdTokenAlg::ES256, IdTokenAlg::PS256, IdTokenAlg::EdDSA] {
        goes_through(Library::OpenidClient, alg, false).await;
    }
}

#[tokio::test]
async fn openid_client_registers_itself_and_signs_in() {
    let mut ready = ready(IdTokenAlg::EdDSA, ClientOptions::default()).await;
    ready.registration = Some(tests::oauth::registration_token(&ready.system).await);
    ends_well(ready, Library::OpenidClient, false).await;
}

#[tokio::test]
async fn openid_client_signs_in_by_the_strongest_profile() {
    goes_through(Library::OpenidClient, IdTokenAlg::PS256, true).await;
}

#[tokio::test]
async fn authlib_signs_in() {
    goes_through(Library::Authlib, IdTokenAlg::RS256, false).await;
    goes_through(Library::Authlib, IdTokenAlg::ES256, false).await;
}

/// What somebody in between does to an ID token. All but the first are signed with our own key.
fn forged(system: &System, what: &'static str) -> Change {
    let keys = system.demo.assembled.provider.keys.clone();
    Arc::new(move |path, body| {
        if path != "/token" {
            return body;
        }
        let mut answer: Value = serde_json::from_str(&body).unwrap();
        let Some(token) = answer["id_token"].as_str().map(str::to_owned) else { return body };
        let mut claims = tests::oauth::claims(&token);
        let token = match what {
            "signature" => {
                let (signed, signature) = token.rsplit_once('.').unwrap();
                format!("{signed}.{}", signature.chars().rev().collect::<String>())
            }
            name => {
                claims[name] = json!("https://evil.example");
                keys.sign_as(IdTokenAlg::RS256, "JWT", &claims).unwrap()
            }
        };
        answer["id_token"] = json!(token);
        answer.to_string()
    })
}

#[tokio::test]
async fn forged_tokens_are_refused_by_clients_that_check() {
    for library in [Library::OpenidClient, Library::Authlib] {
        for what in ["signature", "nonce", "iss", "aud"] {
            let mut ready = ready(IdTokenAlg::RS256, ClientOptions::default()).await;
            let change = forged(&ready.system, what);
            let said = ready.run(library, false, change).await;
            assert!(said["failed"].is_string(), "{what}: {said}");
        }
    }
}

/// A program from the guide, as somebody saves it and runs it.
async fn the_guides_program(library: Library) {
    let mut ready = ready(IdTokenAlg::RS256, ClientOptions::default()).await;
    let (id, store) = (ready.system.origin("id"), ready.system.demo.assembled.context.store.clone());
    let guide = ready.browser.open(&format!("{id}/developers")).await.body;
    let (marker, file) = match library {
        Library::OpenidClient => ("import { createServer }", "app.mjs"),
        Library::Authlib => ("authlib.common", "app.py"),
        Library::Django => ("django.setup", "app_django.py"),
    };
    let program = from_guide(&guide, marker);
    let folder = match library {
        Library::OpenidClient => target("node"),
        Library::Authlib | Library::Django => target("python"),
    };
    std::fs::write(folder.join(file), program).unwrap();
    let port = tests::servers::free_port();
    let client = store.client(ID).await.unwrap().unwrap();
    let redirect_uris = vec![format!("http://localhost:{port}/callback")];
    store.save_client(&Client { redirect_uris, ..client }, Effects::none()).await.unwrap();
    // The issuer's name is one of this machine's only: somebody in between answers for it under the name of loopback.
    let (scheme, command) = match library {
        Library::OpenidClient => ("--import", "node"),
        Library::Authlib | Library::Django => ("-c", "python3"),
    };
    let lookup = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients").join("lookup.mjs");
    let run = "import socket,runpy,sys; o=socket.getaddrinfo; socket.getaddrinfo=lambda h,*a,**k: o('127.0.0.1' if \
               h.endswith('.localhost') else h,*a,**k); runpy.run_path(sys.argv[1], run_name='__main__')";
    let first = match library {
        Library::OpenidClient => lookup.display().to_string(),
        Library::Authlib | Library::Django => run.to_owned(),
    };
    let mut child = Command::new(command)
        .args([scheme, &first])
        .arg(folder.join(file))
        .envs([("ISSUER", id.as_str()), ("CLIENT_ID", ID), ("CLIENT_SECRET", ready.secret.reveal())])
        .env("PORT", port.to_string())
        .env("DATABASE", ":memory:")
        .env("PYTHONPATH", &folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut says = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = tokio::time::timeout(std::time::Duration::from_mins(1), says.next_line()).await.unwrap().unwrap();
    assert!(line.as_deref().is_some_and(|line| line.starts_with("Open http://localhost")), "{line:?}");
    let page = ready.browser.open(&format!("http://localhost:{port}/")).await;
    let page = ready.browser.fill(&page, "consent", &[("decision", "allow")]).await;
    assert!(page.body.starts_with("Hello Tobias Quennell ("), "{} {}", page.url, page.body);
    let again = ready.browser.open(&format!("http://localhost:{port}/callback?code=x&state=y")).await;
    // Django sends people who come back with nothing to its start page, where they are signed in already.
    let refused = again.status == 400 || (library == Library::Django && again.url.ends_with('/'));
    assert!(refused, "an answer that nobody asked for: {} {}", again.url, again.body);
    child.kill().await.unwrap();
}

#[tokio::test]
async fn the_programs_of_the_guide_sign_people_in() {
    the_guides_program(Library::OpenidClient).await;
    the_guides_program(Library::Authlib).await;
    the_guides_program(Library::Django).await;
}

/// A program from the guide that holds these words.
fn from_guide(guide: &str, words: &str) -> String {
    let part = guide.split("<pre").find(|part| part.contains(words)).unwrap();
    tests::browser::unescape(part.split("<code>").nth(1).unwrap().split("</code>").next().unwrap())
}

/// What Apache needs around the guide's lines.
fn apache(folder: &Path, port: u16, lines: &str) -> String {
    let modules = ["mpm_event", "authz_core", "authn_core", "authz_user", "headers", "mime", "dir", "auth_openidc"];
    let modules =
        modules.map(|name| format!("LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n")).concat();
    let at = folder.display();
    format!(
        "ServerRoot {at}\nPidFile {at}/pid\nMutex file:{at}\nErrorLog {at}/error.log\nServerName localhost\n\
         Listen 127.0.0.1:{port}\n{modules}TypesConfig /etc/mime.types\nDocumentRoot {at}/www\n{lines}"
    )
}

#[tokio::test]
async fn mod_auth_openidc_signs_people_in_by_the_guides_lines() {
    let mut ready = ready(IdTokenAlg::RS256, ClientOptions::default()).await;
    let (id, store) = (ready.system.origin("id"), ready.system.demo.assembled.context.store.clone());
    let guide = ready.browser.open(&format!("{id}/developers")).await.body;
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("www")).unwrap();
    std::fs::write(folder.path().join("www/index.html"), "A page for staff").unwrap();
    let port = tests::servers::free_port();
    let origin = format!("http://localhost:{port}");
    let client = store.client(ID).await.unwrap().unwrap();
    let redirect_uris = vec![format!("{origin}/callback")];
    let post_logout_redirect_uris = vec![format!("{}/", ready.system.origin("bookworm"))];
    let options = ClientOptions {
        backchannel_logout_uri: Some(format!("{origin}/callback?logout=backchannel")),
        ..client.options.clone()
    };
    let client = Client { redirect_uris, post_logout_redirect_uris, options, ..client };
    store.save_client(&client, Effects::none()).await.unwrap();
    let file = folder.path().join("httpd.conf");
    std::fs::write(&file, apache(folder.path(), port, &from_guide(&guide, "OIDCClientID"))).unwrap();
    let mut child = Command::new("/usr/sbin/apache2")
        .args(["-D", "FOREGROUND", "-f"])
        .arg(&file)
        .envs([("ISSUER", id.as_str()), ("CLIENT_ID", ID), ("CLIENT_SECRET", ready.secret.reveal())])
        .envs([("PORT", port.to_string().as_str()), ("PASSPHRASE", ready.secret.reveal())])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
        assert!(child.try_wait().unwrap().is_none(), "Apache does not start");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let page = ready.browser.open(&format!("{origin}/")).await;
    let page = ready.browser.fill(&page, "consent", &[("decision", "allow")]).await;
    assert_eq!(page.body, "A page for staff", "{} {}", page.url, page.body);
    assert!(page.header("x-hello").starts_with("Hello Tobias Quennell ("), "{:?}", page.headers);
    // Signing out at the provider ends the session at Apache, which is told by the back channel.
    ready.system.demo.assembled.signin.end_everywhere(&ready.system.person(WHO).await).await.unwrap();
    let mut told = false;
    for _ in 0..100 {
        let page = ready.browser.send(http::Method::GET, &format!("{origin}/"), None, &[]).await;
        told = page.body != "A page for staff";
        if told {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let log = std::fs::read_to_string(folder.path().join("error.log")).unwrap();
    assert!(told, "Apache still shows its page: {log}");
    let out = ready.browser.open(&format!("{origin}/callback?logout=get")).await;
    assert!(out.status < 400, "{} {}", out.url, out.body);
    // Its own process id, which its children end with.
    let process = child.id().unwrap().to_string();
    Command::new("kill").arg(process).status().await.unwrap();
    child.wait().await.unwrap();
}

#[tokio::test]
async fn openid_client_signs_a_device_in() {
    let options = ClientOptions { device: true, ..ClientOptions::default() };
    let mut ready = ready(IdTokenAlg::RS256, options).await;
    let said = ready.run(Library::OpenidClient, false, unchanged()).await;
    assert_eq!(said["done"]["name"], "Tobias Quennell", "{said}");
}

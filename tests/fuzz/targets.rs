//! What is fuzzed: every parser that strangers reach, each with what must hold of whatever it makes of an input.

use http::Method;
use idp_domain::email::EmailAddress;
use idp_domain::tls_subject::{DistinguishedName, TlsSubject};
use idp_domain::{Acr, Language, Slug};
use idp_oauth::jwk::PublicKey;
use idp_oauth::jws::{Members, Unverified};
use idp_oauth::mtls::Certificate;
use idp_oauth::params::Params;
use idp_oauth::registration;
use policies::Rules;
use rcgen::SanType;
use tests::client_key::ClientKey;
use tests::mutual::{Authority, Identity};
use tests::system::CALLUM;
use tests::{Browser, System, echo::Echo, raw};

/// A started server and what the targets need of it.
pub struct World {
    system: System,
    key: ClientKey,
    signed: String,
    callum: idp_directory::asker::Asker,
    browser: Browser,
    _echo: Echo,
}

impl World {
    pub async fn start() -> Self {
        let (system, echo) = (System::start().await, Echo::start().await);
        system.set_upstream("larkmoor", &format!("http://{}", echo.address)).await;
        let key = ClientKey::default();
        let signed = key.assertion(&system, "strong");
        let person = system.person(CALLUM).await;
        let callum = system.demo.assembled.directory.asker(&person, true).await.unwrap();
        let browser = system.browser();
        Self { system, key, signed, callum, browser, _echo: echo }
    }
}

/// The name in a certificate.
const NAME: &str = "app.bookworm.example";

/// What came of an input, in a few words: inputs with an outcome that is new are changed further. Or what did not hold.
pub type Outcome = Result<String, String>;

/// Every target: its name, and inputs to begin with.
pub const TARGETS: [(&str, &[&str]); 14] = [
    ("params", &["a=b&c=d%20e", "client_id=x&redirect_uri=https%3A%2F%2Fa.example%2F&state=+"]),
    ("jws", &[]),
    (
        "jwks",
        &[r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"a"}]}"#],
    ),
    (
        "registration",
        &[
            r#"{"redirect_uris":["https://a.example/cb"],"grant_types":["authorization_code","refresh_token"],"client_name":"A"}"#,
        ],
    ),
    ("names", &["CN=app,O=Example", r#"UID=j+CN=James \"Jim\" Smith\, III,DC=net"#, r"CN=Lu\C4\8Di\C4\87,2.5.4.3=a\ "]),
    ("certificate", &[]),
    ("email", &["name@example.com", "\"a b\"@b.example", "ä@ö.example"]),
    ("words", &["larkmoor", "urn:lanyard:acr:key", "cy-GB,cy;q=0.9,en;q=0.5"]),
    ("rules", &["permit(principal, action, resource) when { context.level == \"elevated\" };"]),
    (
        "bounce",
        &[
            "Content-Type: multipart/report\r\n\r\nFinal-Recipient: rfc822; a@b.example\r\nAction: failed\r\nStatus: 5.1.1\r\n",
        ],
    ),
    ("import", &["First name,Last name,Email,Site,Group\nAda,Vale,ada@larkmoor.example,Larkmoor,Class teacher\n"]),
    ("emblem", &["\u{89}PNG\r\n\u{1a}\n"]),
    (
        "http",
        &[
            "GET /records?x=1 HTTP/1.1\r\nHost: larkmoor.lanyard.localhost\r\nCookie: ln=AAAA\r\nX-Lanyard-Level: elevated\r\n\r\n",
            "POST /concerns HTTP/1.1\r\nHost: larkmoor.lanyard.localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n\r\na=b",
            "GET /api/x HTTP/1.1\r\nHost: larkmoor.lanyard.localhost\r\nAuthorization: DPoP AAAA\r\nDPoP: a.b.c\r\n\r\n",
            "GET /authorize?response_type=code&client_id=bookworm&scope=openid HTTP/1.1\r\nHost: id.lanyard.localhost\r\n\r\n",
            "POST /token HTTP/1.1\r\nHost: id.lanyard.localhost\r\nAuthorization: Basic YTpi\r\nDPoP: a.b.c\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 13\r\n\r\ngrant_type=ab",
        ],
    ),
    (
        "forms",
        &[
            "/signin attempt=A&login=name%40example.com&password=x",
            "/token grant_type=authorization_code&client_id=bookworm&code=A&code_verifier=B&redirect_uri=C",
            "/par client_id=bookworm&response_type=code&scope=openid",
            "/first-time email=a%40b.example",
            "/device user_code=AAAA-AAAA",
            "/logout client_id=bookworm&post_logout_redirect_uri=https%3A%2F%2Fa.example%2F&state=x",
        ],
    ),
];

impl World {
    /// Inputs that have to be made, beside those of the table.
    pub fn made(&self, target: &str) -> Vec<Vec<u8>> {
        match target {
            "jws" => vec![self.signed.clone().into_bytes()],
            "import" => vec![include_bytes!("../../deploy/lanyard/demo/staff-list.csv").to_vec()],
            "emblem" => vec![picture()],
            "certificate" => {
                let names = vec![SanType::DnsName(NAME.try_into().unwrap())];
                vec![Authority::default().issue(names, 30).der().to_vec(), Identity::itself().der().to_vec()]
            }
            _ => Vec::new(),
        }
    }

    /// Tries one input at one target.
    pub async fn run(&mut self, target: &str, input: &[u8]) -> Outcome {
        let text = String::from_utf8_lossy(input);
        match target {
            "params" => params(&text),
            "jws" => self.jws(&text),
            "jwks" => jwks(&text),
            "registration" => {
                Ok(registration::read(&text).map_or_else(|error| error.description.to_owned(), |_| "ok".into()))
            }
            "names" => names(&text),
            "certificate" => certificate(input),
            "email" => email(&text),
            "words" => words(&text),
            "rules" => Ok(format!("{}", Rules::with_site_rules(&text).is_ok())),
            "bounce" => self.bounce(&text).await,
            "import" => self.import(input).await,
            "emblem" => self.emblem(input).await,
            "http" => self.http(input).await,
            "forms" => self.forms(&text).await,
            other => Err(format!("no target {other}")),
        }
    }

    /// Nothing but what the key has signed is believed, whatever else has changed.
    fn jws(&self, text: &str) -> Outcome {
        let Some(read) = Unverified::read(text) else { return Ok("unread".to_owned()) };
        let keys = PublicKey::parse_set(&self.key.jwks());
        let believed = read.claims_by_any::<Members>(&keys).is_some();
        let signed = |token: &str| token.rsplit_once('.').map(|(signed, _)| signed.to_owned());
        match believed && signed(text) != signed(&self.signed) {
            true => Err("a token that nobody signed was believed".to_owned()),
            false => Ok(format!("{believed} {:?}", read.header("alg"))),
        }
    }

    async fn bounce(&self, text: &str) -> Outcome {
        let context = &self.system.demo.assembled.context;
        let read = idp_mail::returned::read(context, "http://id.lanyard.localhost", text).await;
        // Only a report that carries our own receipt counts, and nobody here knows one.
        match read {
            Ok(Some(address)) => Err(format!("an address was taken for refused: {address}")),
            Ok(None) => Ok("none".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }

    async fn import(&self, input: &[u8]) -> Outcome {
        let directory = &self.system.demo.assembled.directory;
        let Ok(id) = directory.upload(&self.callum, "list.csv", input.to_vec()).await else {
            return Ok("refused".to_owned());
        };
        let Ok(plan) = directory.import_plan(&self.callum, id).await else { return Ok("no plan".to_owned()) };
        Ok(format!("{} {} {}", plan.rows.len().min(20), plan.questions.len(), plan.people_ready()))
    }

    async fn emblem(&self, input: &[u8]) -> Outcome {
        let slug = Slug::parse("larkmoor").map_err(|error| error.to_string())?;
        let saved = self.system.demo.assembled.directory.save_emblem(&self.callum, &slug, input).await;
        Ok(saved.map_or_else(|error| format!("{error:?}").chars().take(60).collect(), |()| "saved".to_owned()))
    }

    /// Whatever is sent, the answer is one of a server that is in order, and no school is told of a level that nobody has.
    async fn http(&self, input: &[u8]) -> Outcome {
        let answer = raw::exchange_within(self.system.address(), input, 40).await;
        let status = raw::status(&answer);
        if status == 500 {
            return Err(format!("500: {}", answer.chars().take(300).collect::<String>()));
        }
        if answer.to_lowercase().contains("\nx-lanyard-level: elevated") {
            return Err("a header that a client made up was passed on".to_owned());
        }
        Ok(status.to_string())
    }

    async fn forms(&mut self, text: &str) -> Outcome {
        let (path, body) = text.split_once(' ').unwrap_or((text, ""));
        let path: String = path.chars().filter(|c| c.is_ascii_graphic() && !"\"<>\\^`{|}#?".contains(*c)).collect();
        let url = format!("{}/{}", self.system.origin("id"), path.trim_start_matches('/'));
        let headers = [("content-type", "application/x-www-form-urlencoded"), ("sec-fetch-site", "same-origin")];
        self.browser.cookies.clear();
        let page = self.browser.send_bytes(Method::POST, &url, body.as_bytes().to_vec(), &headers).await;
        // What is counted for each address must not keep the fuzzer out for ever.
        self.system.clock.advance(30);
        if page.status == 500 {
            return Err(format!("500: {}", page.body.chars().take(300).collect::<String>()));
        }
        let error = page.body.split("\"error\":\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
        Ok(format!("{} {error}", page.status))
    }
}

/// Each name once; in whatever order; written down and read again, the same.
fn params(text: &str) -> Outcome {
    let Ok(params) = Params::parse(text) else { return Ok("refused".to_owned()) };
    let mut pairs = params.pairs();
    pairs.reverse();
    let again = Params::from_pairs(pairs.clone()).map_err(|error| format!("in another order: {error}"))?;
    let encoded = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
    let read = Params::parse(&encoded).map_err(|error| format!("written down: {error}"))?;
    let sorted = |params: &Params| {
        let mut pairs = params.pairs();
        pairs.sort();
        pairs
    };
    if sorted(&again) != sorted(&params) || sorted(&read) != sorted(&params) {
        return Err(format!("{pairs:?} is read in two ways"));
    }
    Ok(pairs.len().min(9).to_string())
}

fn jwks(text: &str) -> Outcome {
    let keys = PublicKey::parse_set(text);
    match keys.iter().find(|key| key.thumbprint().len() != 43) {
        Some(key) => Err(format!("a thumbprint of {} characters", key.thumbprint().len())),
        None => Ok(keys.len().to_string()),
    }
}

/// A distinguished name is read the same once it is written down.
fn names(text: &str) -> Outcome {
    let Some(name) = DistinguishedName::parse(text) else { return Ok("refused".to_owned()) };
    match DistinguishedName::parse(&name.to_string()) {
        Some(again) if again == name => Ok(text.matches('=').count().min(9).to_string()),
        _ => Err(format!("{text:?} is written as {:?}", name.to_string())),
    }
}

/// A certificate has no name that is not in it.
fn certificate(input: &[u8]) -> Outcome {
    let shown = Certificate { der: input.to_vec(), thumbprint: String::new(), trusted: true };
    let named = shown.is_of(&TlsSubject::Dns(NAME.to_owned()));
    let holds = input.windows(NAME.len()).any(|part| part.eq_ignore_ascii_case(NAME.as_bytes()));
    if named && !holds { Err("a name out of nowhere".to_owned()) } else { Ok(format!("{named} {holds}")) }
}

/// An address is one line, has one @ that counts, and reads the same once more.
fn email(text: &str) -> Outcome {
    let Ok(address) = EmailAddress::parse(text) else { return Ok("refused".to_owned()) };
    let again =
        EmailAddress::parse(address.as_str()).map_err(|error| format!("{address} is none any more: {error}"))?;
    let plain = !address.as_str().chars().any(|c| c.is_control() || c.is_whitespace() || "<>,;".contains(c));
    if again != address || !plain {
        return Err(format!("{:?} is an address", address.as_str()));
    }
    let folded = EmailAddress::parse(&address.folded()).map(|folded| folded.folded());
    match folded {
        Ok(folded) if folded == address.folded() => Ok("ok".to_owned()),
        _ => Err(format!("{:?} folds in two ways", address.as_str())),
    }
}

fn words(text: &str) -> Outcome {
    if let Ok(slug) = Slug::parse(text)
        && !slug.as_str().bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    {
        return Err(format!("{:?} is a slug", slug.as_str()));
    }
    Ok(format!("{:?} {:?}", Acr::parse(text), Language::wanted(text)))
}

/// A picture of two by two points.
fn picture() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 2, 2);
    encoder.set_color(png::ColorType::Rgba);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&[7; 16]).unwrap();
    drop(writer);
    bytes
}

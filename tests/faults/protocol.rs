//! F-01, I-06, I-38: codes, refresh tokens and proofs over a crash: nothing counts twice, nothing acknowledged is lost.

use std::path::Path;
use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use tests::client_key::{ClientKey, unique};
use tests::oauth::{VERIFIER, challenge};
use tests::system::TOBIAS;
use tests::{Browser, Page};

use super::writes::{arm, at_each_write, build, database_of, disarm};
use super::{PASSWORD, Victim};

const MOMENTS: [u64; 5] = [0, 2, 5, 9, 20];

fn encoded(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

fn callback(victim: &Victim) -> String {
    format!("http://bookworm.lanyard.localhost:{}/callback", victim.port())
}

pub(super) async fn signed_in(victim: &Victim) -> Browser {
    super::sign_in(victim, TOBIAS, PASSWORD).await.0
}

pub(super) async fn code(victim: &Victim, browser: &mut Browser) -> String {
    let query = encoded(&[
        ("response_type", "code"),
        ("client_id", "bookworm"),
        ("redirect_uri", &callback(victim)),
        ("scope", "openid profile email offline_access"),
        ("code_challenge", &challenge(VERIFIER)),
        ("code_challenge_method", "S256"),
    ]);
    let url = format!("{}/authorize?{query}", victim.id());
    let page = browser.send(Method::GET, &url, None, &[("accept", "text/html")]).await;
    let page = tests::oauth::agree(browser, &victim.id(), page).await;
    page.location_param("code").unwrap()
}

pub(super) fn redeems(victim: &Victim, code: &str) -> String {
    encoded(&[
        ("grant_type", "authorization_code"),
        ("client_id", "bookworm"),
        ("code", code),
        ("redirect_uri", &callback(victim)),
        ("code_verifier", VERIFIER),
    ])
}

pub(super) fn refreshes(token: &str) -> String {
    encoded(&[("grant_type", "refresh_token"), ("client_id", "bookworm"), ("refresh_token", token)])
}

pub(super) async fn token(victim: &Victim, body: String, proof: Option<&str>) -> Page {
    let headers: Vec<(&str, &str)> = proof.map(|proof| ("dpop", proof)).into_iter().collect();
    victim.browser().send(Method::POST, &format!("{}/token", victim.id()), Some(body), &headers).await
}

/// Sends a token request and kills the server a moment later. Answers what came back before that, if anything did.
async fn killed_at(victim: Victim, folder: &Path, (moment, body): (u64, String)) -> (Victim, Option<Value>) {
    let sent = tokio::spawn({
        let (mut browser, url) = (victim.browser(), format!("{}/token", victim.id()));
        let fields: Vec<(String, String)> = url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
        async move {
            let fields: Vec<(&str, &str)> =
                fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            browser.try_post(&url, &fields).await
        }
    });
    tokio::time::sleep(Duration::from_millis(moment)).await;
    let victim = victim.kill(folder).await;
    let page = sent.await.unwrap().filter(|page| page.status == 200);
    (victim, page.and_then(|page| serde_json::from_str(&page.body).ok()))
}

pub(super) fn text(answer: &Value, name: &str) -> String {
    answer.get(name).and_then(Value::as_str).unwrap().to_owned()
}

pub(super) async fn opens(victim: &Victim, access: &str) -> bool {
    let bearer = format!("Bearer {access}");
    let url = format!("{}/userinfo", victim.id());
    victim.browser().send(Method::GET, &url, None, &[("authorization", &bearer)]).await.status == 200
}

#[tokio::test]
async fn f_01_a_code_is_redeemed_once_over_a_crash() {
    let folder = tempfile::tempdir().unwrap();
    let mut victim = Victim::start(folder.path()).await;
    for moment in MOMENTS {
        let mut browser = signed_in(&victim).await;
        let code = code(&victim, &mut browser).await;
        let request = redeems(&victim, &code);
        let (back, answered) = killed_at(victim, folder.path(), (moment, request.clone())).await;
        victim = back;
        if let Some(tokens) = &answered {
            assert!(opens(&victim, &text(tokens, "access_token")).await, "{moment} ms: acknowledged and lost");
        }
        let again = token(&victim, request, None).await;
        assert!(answered.is_none() || again.status == 400, "{moment} ms: redeemed before and after: {}", again.body);
    }
}

#[tokio::test]
async fn i_06_a_refresh_token_counts_once_over_a_crash() {
    let folder = tempfile::tempdir().unwrap();
    let mut victim = Victim::start(folder.path()).await;
    for moment in MOMENTS {
        let mut browser = signed_in(&victim).await;
        let code = code(&victim, &mut browser).await;
        let first = token(&victim, redeems(&victim, &code), None).await;
        let first = text(&serde_json::from_str(&first.body).unwrap(), "refresh_token");
        let (back, answered) = killed_at(victim, folder.path(), (moment, refreshes(&first))).await;
        victim = back;
        let Some(tokens) = answered else {
            let again = token(&victim, refreshes(&first), None).await;
            assert!([200, 400].contains(&again.status), "{moment} ms: {}", again.body);
            continue;
        };
        let next = token(&victim, refreshes(&text(&tokens, "refresh_token")), None).await;
        assert_eq!(next.status, 200, "{moment} ms: acknowledged and lost: {}", next.body);
        let again = token(&victim, refreshes(&first), None).await;
        assert_eq!(again.status, 400, "{moment} ms: rotated before and after");
        let next = text(&serde_json::from_str(&next.body).unwrap(), "refresh_token");
        assert_eq!(token(&victim, refreshes(&next), None).await.status, 400, "the family has ended with it");
    }
}

#[tokio::test]
async fn i_38_a_proof_counts_once_over_a_crash() {
    let folder = tempfile::tempdir().unwrap();
    let mut victim = Victim::start(folder.path()).await;
    let key = ClientKey::default();
    let mut browser = signed_in(&victim).await;
    let url = format!("{}/token", victim.id());
    let claims = |nonce: &str| {
        let now = idp_domain::Clock::now(&idp_domain::SystemClock).0;
        json!({ "htm": "POST", "htu": url, "iat": now, "jti": unique(), "nonce": nonce })
    };
    let asked = token(&victim, refreshes("x"), Some(&key.proof(&claims("none")))).await;
    let nonce = asked.header("dpop-nonce").to_owned();
    let proof = key.proof(&claims(&nonce));
    let first = token(&victim, redeems(&victim, &code(&victim, &mut browser).await), Some(&proof)).await;
    assert_eq!(first.status, 200, "{}", first.body);
    victim = victim.kill(folder.path()).await;
    let mut browser = signed_in(&victim).await;
    let again = token(&victim, redeems(&victim, &code(&victim, &mut browser).await), Some(&proof)).await;
    assert!(again.status == 400 && again.body.contains("invalid_dpop_proof"), "{}", again.body);
}

/// Tokens that register apps, each good for ten.
pub(super) async fn registration_tokens(victim: &Victim) -> Vec<String> {
    let mut tobias = signed_in(victim).await;
    let page = tobias.open(&format!("{}/signin?next=/developers/apps&key=1", victim.id())).await;
    let page = tobias.fill(&page, "key", &[("code", &super::code(victim, TOBIAS).await)]).await;
    let trust = page.body.split("<option value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let mut tokens = Vec::new();
    for _ in 0..20 {
        let made = tobias.post(&format!("{}/developers/apps/token", victim.id()), &[("trust", &trust)]).await;
        tokens.push(made.body.split("id=\"token\">").nth(1).unwrap().split('<').next().unwrap().to_owned());
    }
    tokens
}

/// Asks to register the n-th app, which has this name. Nothing when the process dies of it.
pub(super) async fn registers(victim: &Victim, tokens: &[String], (number, name): (i32, &str)) -> Option<Page> {
    // A token is good for ten apps.
    let token = format!("Bearer {}", tokens.get(usize::try_from(number).unwrap() / 9).unwrap());
    let body = json!({ "client_name": name, "redirect_uris": ["http://localhost:3000/cb"] }).to_string();
    let headers = [("authorization", token.as_str()), ("content-type", "application/json")];
    let url = format!("{}/register", victim.id());
    victim.browser().try_send(Method::POST, &url, Some(body.into()), &headers).await
}

/// Apps of this name, and entries of the log about them.
pub(super) async fn registered(folder: &Path, name: &str) -> (i64, i64) {
    let mut database = database_of(folder).await;
    let mut count = async |sql: &'static str| -> i64 {
        sqlx::query_scalar(sql).bind(format!("%{name}%")).fetch_one(&mut database).await.unwrap()
    };
    (
        count("SELECT COUNT(*) FROM clients WHERE name LIKE $1").await,
        count("SELECT COUNT(*) FROM audit WHERE event = 'app.added' AND sentence LIKE $1").await,
    )
}

#[tokio::test]
async fn f_01_an_app_is_registered_at_no_write_by_half() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    build(folder);
    let victim = Victim::start(folder).await;
    let tokens = registration_tokens(&victim).await;
    at_each_write("registering an app", victim, async |mut victim, writes| {
        let name = format!("Reading log {writes}.");
        arm(folder, writes);
        let answer = registers(&victim, &tokens, (writes, &name)).await;
        let died = disarm(folder, &mut victim).await;
        if died {
            victim = victim.kill(folder).await;
        }
        let (apps, entries) = registered(folder, &name).await;
        assert_eq!(apps, entries, "write {writes}: an app and the log of it, both or neither");
        assert!(
            apps == 1 || answer.is_none_or(|page| page.status != 201),
            "write {writes}: what was acknowledged is lost"
        );
        assert!(apps <= 1);
        (victim, died)
    })
    .await;
}

//! Makers of apps: registering, the sandbox, approval by another person, secrets, the error console.

use tests::oauth::{VERIFIER, challenge};
use tests::system::{ADAEZE, CALLUM};
use tests::{Browser, Page, System};

const TOBIAS: &str = "t.quennell@tamberwell.example";
const BACK: &str = "http://localhost:3000/callback";

fn between<'a>(page: &'a Page, before: &str) -> &'a str {
    page.body.split(before).nth(1).unwrap().split('<').next().unwrap()
}

async fn register(system: &System, browser: &mut Browser) -> (String, String) {
    let form = browser.open(&format!("{}/developers/apps/new", system.origin("id"))).await;
    let trust = form.body.split("<option value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let fields = [("trust", trust.as_str()), ("name", "Reading log"), ("redirect_uris", BACK), ("kind", "server")];
    let made = browser.fill(&form, "app", &fields).await;
    (between(&made, "id=\"client-id\">").to_owned(), between(&made, "id=\"client-secret\">").to_owned())
}

/// What somebody is answered who opens the app.
async fn open(system: &System, browser: &mut Browser, app: &str, back: &str) -> Page {
    let params = [
        ("response_type", "code"),
        ("client_id", app),
        ("redirect_uri", back),
        ("scope", "openid profile"),
        ("code_challenge", &challenge(VERIFIER)),
        ("code_challenge_method", "S256"),
    ];
    let params = params.map(|(name, value)| (name.to_owned(), value.to_owned()));
    tests::oauth::authorize(system, browser, &params).await
}

/// With consent, the parameters of the answer.
async fn agree(system: &System, browser: &mut Browser, app: &str) -> Page {
    let page = open(system, browser, app, BACK).await;
    tests::oauth::agree(browser, &system.origin("id"), page).await
}

async fn redeem(system: &System, app: &str, secret: &str, code: &str) -> u16 {
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", app),
        ("client_secret", secret),
        ("code", code),
        ("redirect_uri", BACK),
        ("code_verifier", VERIFIER),
    ];
    tests::oauth::token(system, &form).await.0
}

#[tokio::test]
async fn an_app_is_tried_out_by_its_trust_and_opened_by_another_person() {
    let system = System::start().await;
    let id = system.origin("id");
    let mut tobias = system.admin(TOBIAS).await;
    let (app, secret) = register(&system, &mut tobias).await;
    let page = format!("{id}/developers/apps/{app}");
    let answer = agree(&system, &mut tobias, &app).await;
    assert_eq!(redeem(&system, &app, &secret, &answer.location_param("code").unwrap()).await, 200);

    let mut adaeze = system.signed_in(ADAEZE, "larkmoor").await;
    let answer = agree(&system, &mut adaeze, &app).await;
    assert_eq!(answer.location_param("error").as_deref(), Some("access_denied"), "{}", answer.location());
    assert_eq!(adaeze.open(&page).await.status, 404, "nobody else learns of it");

    tobias.post(&format!("{page}/do"), &[("what", "ask")]).await;
    let own = tobias.post(&format!("{page}/do"), &[("what", "approve")]).await;
    assert_eq!(own.status, 404, "a developer opens nothing: {}", own.body);
    let mut callum = system.admin(CALLUM).await;
    let seen = callum.open(&page).await;
    assert!(seen.body.contains("Open to everybody") && seen.body.contains(BACK), "{}", seen.body);
    callum.post(&format!("{page}/do"), &[("what", "approve")]).await;
    let answer = agree(&system, &mut adaeze, &app).await;
    assert!(answer.location_param("code").is_some(), "{}", answer.location());

    // Another address to be sent to is another decision.
    let form = tobias.open(&page).await;
    let moved = [("name", "Reading log"), ("redirect_uris", "http://localhost:3000/callback\nhttps://new.example/cb")];
    tobias.fill(&form, "app", &moved).await;
    let answer = open(&system, &mut adaeze, &app, BACK).await;
    assert_eq!(answer.location_param("error").as_deref(), Some("access_denied"), "{}", answer.location());
    let mut callums = system.admin(CALLUM).await;
    let (own, _) = register(&system, &mut callums).await;
    callums.post(&format!("{id}/developers/apps/{own}/do"), &[("what", "ask")]).await;
    let refused = callums.post(&format!("{id}/developers/apps/{own}/do"), &[("what", "approve")]).await;
    assert!(refused.body.contains("Someone else needs to approve this"), "{}", refused.body);
}

#[tokio::test]
async fn a_secret_is_changed_over_without_a_break() {
    let system = System::start().await;
    let mut tobias = system.admin(TOBIAS).await;
    let (app, first) = register(&system, &mut tobias).await;
    let page = format!("{}/developers/apps/{app}", system.origin("id"));
    let made = tobias.post(&format!("{page}/do"), &[("what", "secret")]).await;
    let second = between(&made, "id=\"client-secret\">").to_owned();
    assert!(first != second && !tobias.open(&page).await.body.contains(&second), "shown once");
    agree(&system, &mut tobias, &app).await;
    for (secret, drop_first, expected) in
        [(&first, false, 200), (&second, false, 200), (&first, true, 401), (&second, true, 200)]
    {
        if drop_first {
            tobias.post(&format!("{page}/do"), &[("what", "drop-secret")]).await;
        }
        let code = open(&system, &mut tobias, &app, BACK).await.location_param("code").unwrap();
        assert_eq!(redeem(&system, &app, secret, &code).await, expected);
    }
    tobias.post(&format!("{page}/do"), &[("what", "off")]).await;
    let off = open(&system, &mut tobias, &app, BACK).await;
    assert_eq!(off.status, 400, "off holds at once: {}", off.location());
}

#[tokio::test]
async fn the_console_names_the_parameter_that_was_wrong() {
    let system = System::start().await;
    let mut tobias = system.admin(TOBIAS).await;
    let (app, secret) = register(&system, &mut tobias).await;
    open(&system, &mut tobias, &app, "http://localhost:3000/callback/").await;
    redeem(&system, &app, "LNYDSECRET", "x").await;
    let page = tobias.open(&format!("{}/developers/apps/{app}", system.origin("id"))).await;
    for part in [
        "redirect_uri is not registered for this client",
        "redirect_uri was http://localhost:3000/callback/",
        "invalid_client",
        "<code>/token</code>",
    ] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    assert!(!page.body.contains(&secret) && !page.body.contains("LNYDSECRET"), "{}", page.body);
    let url = format!(
        "{}/developers/apps/{app}/check?address=http%3A%2F%2Flocalhost%3A3000%2Fcallback%2F",
        system.origin("id")
    );
    let checked = tobias.open(&url).await;
    assert!(checked.body.contains("has “/” after it"), "{}", checked.body);
}

#[tokio::test]
async fn an_app_with_faults_is_not_registered_and_nothing_typed_is_lost() {
    let system = System::start().await;
    let id = system.origin("id");
    let mut tobias = system.admin(TOBIAS).await;
    let form = tobias.open(&format!("{id}/developers/apps/new")).await;
    let trust = form.body.split("<option value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let fields =
        [("trust", trust.as_str()), ("name", ""), ("redirect_uris", "javascript:alert(1)"), ("kind", "server")];
    let faulty = tobias.fill(&form, "app", &fields).await;
    assert_eq!(faulty.status, 422);
    assert!(faulty.body.contains("Enter a name") && faulty.body.contains("javascript:alert(1)"), "{}", faulty.body);
    let list = tobias.open(&format!("{id}/developers/apps")).await;
    assert!(list.body.contains("No app yet."), "{}", list.body);
    // Without a fresh key nothing is registered; the form comes back after it.
    system.clock.advance(3600 / 2 - 60);
    let fields = [("trust", trust.as_str()), ("name", "Log"), ("redirect_uris", BACK), ("kind", "public")];
    let asked = tobias.fill(&form, "app", &fields).await;
    assert!(asked.body.contains("id=\"key\"") || asked.url.contains("/signin"), "{} {}", asked.url, asked.body);
}

#[tokio::test]
async fn the_guide_and_the_standards_are_for_everybody() {
    let system = System::start().await;
    let id = system.origin("id");
    let mut anybody = system.browser();
    let guide = anybody.open(&format!("{id}/developers")).await.body;
    assert!(guide.contains(&id) && guide.contains("openid-client") && guide.contains("Authlib"), "{guide}");
    let standards = anybody.open(&format!("{id}/developers/standards")).await.body;
    let metadata = anybody.open(&format!("{id}/.well-known/openid-configuration")).await.body;
    let metadata: serde_json::Value = serde_json::from_str(&metadata).unwrap();
    // What the page says and what discovery says is the same.
    for (standard, endpoint) in [
        ("RFC 9126", "pushed_authorization_request_endpoint"),
        ("RFC 7662", "introspection_endpoint"),
        ("RFC 7009", "revocation_endpoint"),
        ("RFC 8628", "device_authorization_endpoint"),
        ("OpenID Connect CIBA", "backchannel_authentication_endpoint"),
        ("OpenID Connect Dynamic Registration", "registration_endpoint"),
    ] {
        let row =
            standards.split(&format!("<strong>{standard}</strong>")).nth(1).unwrap().split("</tr>").next().unwrap();
        assert_eq!(row.contains("Not supported"), metadata.get(endpoint).is_none(), "{standard}: {row}");
    }
}

//! Makers of apps: registering, the sandbox, approval by another person, secrets, the error console.

use tests::oauth::{VERIFIER, challenge, request_of, with};
use tests::system::{ADAEZE, CALLUM, TOBIAS};
use tests::{Browser, Page, System};

const MARGUERITE: &str = "m.osei-lind@tamberwell.example";
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
    let refused = tobias.open(&page).await.body;
    assert!(refused.contains("only people with a role in its trust can use it"), "its maker sees why: {refused}");
    let params = with(&with(&request_of(&system, &app), "redirect_uri", BACK), "prompt", "none");
    let answer = tests::oauth::authorize(&system, &mut system.browser(), &params).await;
    assert_eq!(answer.location_param("error").as_deref(), Some("login_required"), "{}", answer.location());
    assert!(!tobias.open(&page).await.body.contains("login_required"), "the usual answer to a silent request");

    tobias.post(&format!("{page}/do"), &[("what", "ask")]).await;
    let own = tobias.post(&format!("{page}/do"), &[("what", "approve")]).await;
    assert_eq!(own.status, 404, "a developer opens nothing: {}", own.body);
    let mut callum = system.admin(CALLUM).await;
    let waiting = callum.open(&format!("{id}/admin/approvals")).await.body;
    assert!(waiting.contains(&format!("href=\"/developers/apps/{app}\">Look at Reading log")), "{waiting}");
    let seen = callum.open(&page).await;
    assert!(seen.body.contains("Open to everybody") && seen.body.contains(BACK), "{}", seen.body);
    let unseen = callum.post(&format!("{page}/do"), &[("what", "approve")]).await;
    assert!(unseen.body.contains("Somebody else changed this app"), "what is approved was seen: {}", unseen.body);
    callum.fill(&seen, "do", &[("what", "approve")]).await;
    let waiting = callum.open(&format!("{id}/admin/approvals")).await.body;
    assert!(!waiting.contains("Look at Reading log"), "{waiting}");
    let answer = agree(&system, &mut adaeze, &app).await;
    assert!(answer.location_param("code").is_some(), "{}", answer.location());

    // Another address to be sent to is another decision.
    let form = tobias.open(&page).await;
    let moved = [("name", "Reading log"), ("redirect_uris", "http://localhost:3000/callback\nhttps://new.example/cb")];
    tobias.fill(&form, "app", &moved).await;
    let answer = open(&system, &mut adaeze, &app, BACK).await;
    assert_eq!(answer.location_param("error").as_deref(), Some("access_denied"), "{}", answer.location());
    assert!(!answer.location().contains("/consent"), "nobody is asked in the name of an app that is not theirs");
    let mut callums = system.admin(CALLUM).await;
    let (own, _) = register(&system, &mut callums).await;
    callums.post(&format!("{id}/developers/apps/{own}/do"), &[("what", "ask")]).await;
    let waiting = callums.open(&format!("{id}/admin/approvals")).await.body;
    assert!(!waiting.contains("<h2>Apps</h2>"), "what is one’s own waits for another: {waiting}");
    let refused = callums.post(&format!("{id}/developers/apps/{own}/do"), &[("what", "approve")]).await;
    assert!(refused.body.contains("Someone else needs to approve this"), "{}", refused.body);
}

/// The settings of an app: its name, where people come back to, where they go after signing out.
fn settings<'a>(name: &'a str, back: &'a str, after: &'a str) -> [(&'static str, &'a str); 3] {
    [("name", name), ("redirect_uris", back), ("post_logout_redirect_uris", after)]
}

#[tokio::test]
async fn nobody_approves_what_they_made_of_an_app() {
    let system = System::start().await;
    let id = system.origin("id");
    let mut tobias = system.admin(TOBIAS).await;
    let (app, _) = register(&system, &mut tobias).await;
    let page = format!("{id}/developers/apps/{app}");
    let act = format!("{page}/do");
    let mut callum = system.admin(CALLUM).await;
    let form = callum.open(&page).await;
    callum.fill(&form, "app", &settings("Reading log", "https://elsewhere.example/cb", "")).await;
    tobias.post(&act, &[("what", "ask")]).await;
    let form = callum.open(&page).await;
    assert!(!form.body.contains("Open to everybody"), "{}", form.body);
    let own = callum.fill(&form, "do", &[("what", "approve")]).await;
    assert!(own.body.contains("Someone else needs to approve this"), "{}", own.body);

    // The address changes while the page of whoever decides is open.
    let mut marguerite = system.admin(MARGUERITE).await;
    let seen = marguerite.open(&page).await;
    let form = tobias.open(&page).await;
    let (back, out) = ("https://elsewhere.example/cb", "https://elsewhere.example/out");
    tobias.fill(&form, "app", &settings("Reading log", back, out)).await;
    tobias.post(&act, &[("what", "ask")]).await;
    let stale = marguerite.fill(&seen, "do", &[("what", "approve")]).await;
    assert!(stale.body.contains("Somebody else changed this app"), "{}", stale.body);
    let seen = marguerite.open(&page).await;
    let live = marguerite.fill(&seen, "do", &[("what", "approve")]).await;
    assert!(live.body.contains("Live"), "{}", live.body);

    // A new name, or a new address after signing out, is a new decision; so is switching on what was switched off.
    for (name, after) in [("The Bank", out), ("The Bank", "https://phish.example/")] {
        let form = tobias.open(&page).await;
        let changed = tobias.fill(&form, "app", &settings(name, back, after)).await;
        assert!(changed.body.contains("Ask for approval"), "{name}, {after}: {}", changed.body);
        tobias.post(&act, &[("what", "ask")]).await;
        let seen = marguerite.open(&page).await;
        marguerite.fill(&seen, "do", &[("what", "approve")]).await;
    }
    marguerite.post(&act, &[("what", "off")]).await;
    let on = tobias.post(&act, &[("what", "on")]).await;
    assert!(on.status == 303 || on.status == 200, "{}", on.status);
    assert!(tobias.open(&page).await.body.contains("Ask for approval"), "on again in the sandbox only");
}

#[tokio::test]
async fn s_15_an_address_that_nobody_approved_is_not_opened_after_signing_out() {
    let system = System::start().await;
    let id = system.origin("id");
    let mut tobias = system.admin(TOBIAS).await;
    let (app, _) = register(&system, &mut tobias).await;
    let form = tobias.open(&format!("{id}/developers/apps/{app}")).await;
    tobias.fill(&form, "app", &settings("Reading log", BACK, "https://phish.example/")).await;
    let url = format!("{id}/logout?client_id={app}&post_logout_redirect_uri=https%3A%2F%2Fphish.example%2F");
    let sent = system.browser().send(http::Method::GET, &url, None, &[]).await;
    assert_eq!(sent.location(), "/signed-out");
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
        // In the sandbox its maker is asked each time as whom they try it.
        let page = open(&system, &mut tobias, &app, BACK).await;
        let page = tests::oauth::agree(&mut tobias, &system.origin("id"), page).await;
        let code = page.location_param("code").unwrap();
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

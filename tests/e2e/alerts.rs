//! The list of sites says how many alerts wait, as each site counts them, and never what they say.

use http::Method;
use idp_domain::Clock;
use idp_domain::site::{Site, SiteSettings};
use idp_store::Effects;
use tests::system::{ADAEZE, JOSS, SAMINA};
use tests::{Browser, System};

/// What the tile of a school says of alerts.
fn alerts_at(body: &str, school: &str) -> Option<String> {
    let tile = body.split("<li class=\"tile\">").find(|tile| tile.contains(school))?;
    Some(tile.split("badge alerts\">").nth(1)?.split('<').next()?.to_owned())
}

async fn sites(system: &System, browser: &mut Browser) -> String {
    browser.open(&format!("{}/", system.origin("id"))).await.body
}

#[tokio::test]
async fn the_list_of_sites_says_how_many_alerts_wait_and_for_whom() {
    let system = System::start().await;
    let mut samina = system.signed_in(SAMINA, "larkmoor").await;
    let body = sites(&system, &mut samina).await;
    assert_eq!(alerts_at(&body, "Larkmoor").as_deref(), Some("2 alerts"), "{body}");
    let mut adaeze = system.signed_in(ADAEZE, "larkmoor").await;
    let body = sites(&system, &mut adaeze).await;
    assert_eq!(alerts_at(&body, "Larkmoor"), None, "a class teacher leads nothing: {body}");
    let page = adaeze.open(&format!("{}/concerns", system.origin("larkmoor"))).await;
    let fields = [("pupil", "Arlo Mossgrove"), ("text", "Seemed upset after lunch")];
    let recorded = adaeze.fill(&page, "/concerns", &fields).await;
    assert_eq!(recorded.status, 200, "{}", recorded.body);
    assert_eq!(alerts_at(&sites(&system, &mut samina).await, "Larkmoor").as_deref(), Some("2 alerts"), "for a minute");
    system.clock.advance(60);
    let body = sites(&system, &mut samina).await;
    assert_eq!(alerts_at(&body, "Larkmoor").as_deref(), Some("3 alerts"), "{body}");
    assert!(!body.contains("Arlo") && !body.contains("upset"), "{body}");
    let switcher = samina.open(&format!("{}/switcher", system.origin("id"))).await;
    assert!(switcher.body.contains("<strong>3 alerts</strong>"), "{}", switcher.body);
}

#[tokio::test]
async fn a_site_that_does_not_say_or_is_away_delays_nobody() {
    let system = System::start().await;
    let mut samina = system.signed_in(SAMINA, "larkmoor").await;
    // A server that takes the question and never answers it.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    system.set_upstream("larkmoor", &format!("http://{}", silent.local_addr().unwrap())).await;
    let body = sites(&system, &mut samina).await;
    assert!(body.contains("Larkmoor") && alerts_at(&body, "Larkmoor").is_none(), "{body}");
    assert_eq!(alerts_at(&body, "Copperwick").as_deref(), Some("1 alert"), "the others are shown: {body}");
    let site = system.site("copperwick").await;
    let settings = SiteSettings { alerts: false, ..site.settings.clone() };
    let store = &system.demo.assembled.context.store;
    store.save_site(&Site { settings, ..site }, Effects::none()).await.unwrap();
    assert_eq!(alerts_at(&sites(&system, &mut samina).await, "Copperwick"), None, "switched off");
}

#[tokio::test]
async fn a_site_tells_the_number_to_the_provider_alone() {
    let system = System::start().await;
    let assembled = &system.demo.assembled;
    let (person, larkmoor) = (system.person(SAMINA).await, system.site("larkmoor").await);
    let token = async || assembled.provider.alerts_token(&larkmoor, &person).await.unwrap().unwrap();
    let asked = async |slug: &str, token: &str| {
        let url = format!("{}/.lanyard/alerts", system.origin(slug));
        let bearer = format!("Bearer {token}");
        let page = system.browser().send(Method::GET, &url, None, &[("authorization", &bearer)]).await;
        (page.status, page.body)
    };
    let good = token().await;
    assert_eq!(asked("larkmoor", &good).await, (200, "{\"count\":2}".to_owned()));
    assert_eq!(asked("copperwick", &good).await.0, 404, "it is for one school");
    assert_eq!(asked("larkmoor", "").await.0, 404);
    let (head, signature) = good.rsplit_once('.').unwrap();
    let turned: String = signature.chars().rev().collect();
    assert_eq!(asked("larkmoor", &format!("{head}.{turned}")).await.0, 404, "not signed by the provider");
    let claims = serde_json::json!({ "iss": system.origin("id"), "aud": "site:larkmoor", "iat": system.clock.now().0,
        "lanyard": { "site": "larkmoor", "groups": ["dsl"] } });
    let event = assembled.provider.keys.sign("secevent+jwt", &claims).unwrap();
    assert_eq!(asked("larkmoor", &event).await.0, 404, "an event is no question");
    system.clock.advance(60);
    assert_eq!(asked("larkmoor", &good).await.0, 404, "a minute old");
    assert_eq!(asked("larkmoor", &token().await).await.0, 200);
    let joss = system.person(JOSS).await;
    let fennick = system.site("fennick").await;
    assert!(
        assembled.provider.alerts_token(&fennick, &joss).await.is_err(),
        "nobody is asked about where they are not"
    );
}

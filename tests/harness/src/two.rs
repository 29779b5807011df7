//! Two real Lanyards, one of which is the other's provider elsewhere.

use http::Method;
use idp_domain::client::{Client, ClientAuth, ClientKind, IdTokenAlg};
use idp_domain::{Secret, SystemRandom};
use idp_signin::upstreams::Upstream;
use idp_store::Effects;

use crate::{Browser, Page, System};

/// The provider elsewhere, and ours below it.
pub struct Two {
    /// The provider elsewhere.
    pub above: System,
    /// Ours.
    pub below: System,
}

impl Two {
    /// Starts both; accounts of these domains count, or of any when there are none.
    pub async fn start(domains: &[&str]) -> Self {
        let above = System::start().await;
        let secret = Secret::new(&SystemRandom);
        let upstream = Upstream {
            id: "county".to_owned(),
            name: "County".to_owned(),
            issuer: above.origin("id"),
            client_id: "lanyard-below".to_owned(),
            client_secret: Some(secret.clone()),
            domains: domains.iter().map(|domain| (*domain).to_owned()).collect(),
        };
        let below = System::start_below(upstream).await;
        let client = Client {
            id: "lanyard-below".to_owned(),
            name: "Lanyard below".to_owned(),
            auth: ClientAuth::Secret { hash: secret.hash(), before: None },
            redirect_uris: vec![format!("{}/signin/upstream/callback", below.origin("id"))],
            post_logout_redirect_uris: Vec::new(),
            scopes: ["openid", "profile", "email"].map(str::to_owned).to_vec(),
            refresh: false,
            kind: ClientKind::App,
            sector: Some("below".to_owned()),
            id_token_alg: IdTokenAlg::ES256,
            disabled: false,
            options: idp_domain::client::ClientOptions::default(),
            app: None,
        };
        above.demo.assembled.context.store.save_client(&client, Effects::none()).await.unwrap();
        Self { above, below }
    }

    /// Goes to a site and on to the provider elsewhere; its sign-in page.
    pub async fn to_county(&self, browser: &mut Browser) -> Page {
        let page = browser.open(&format!("{}/", self.below.origin("larkmoor"))).await;
        let page = browser.fill(&page, "with-county", &[]).await;
        assert!(page.url.starts_with(&self.above.origin("id")), "{}", page.url);
        page
    }

    /// Signs in there and agrees; the address to which that leads back, which is not opened yet.
    pub async fn way_back(&self, browser: &mut Browser, login: &str) -> String {
        let page = self.to_county(browser).await;
        self.way_back_from(browser, &page, login).await
    }

    /// The same from its sign-in page.
    pub async fn way_back_from(&self, browser: &mut Browser, page: &Page, login: &str) -> String {
        let origin = self.above.origin("id");
        let same = [("origin", origin.as_str()), ("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "navigate")];
        let attempt = page.url.split("attempt=").nth(1).unwrap().to_owned();
        let form = format!("attempt={attempt}&login={login}&password={}", lanyard::demo::PASSWORD.replace(' ', "+"));
        let mut answer = browser.send(Method::POST, &format!("{origin}/signin"), Some(form), &same).await;
        for _ in 0..6 {
            if answer.location().contains("/signin/upstream/callback") {
                return answer.location().to_owned();
            }
            // Agreed to once, it is not asked again.
            answer = if answer.body.contains("id=\"consent\"") {
                let form = format!("attempt={attempt}&decision=allow");
                browser.send(Method::POST, &format!("{origin}/consent"), Some(form), &same).await
            } else {
                let next = url::Url::parse(&answer.url).unwrap().join(answer.location()).unwrap();
                browser.send(Method::GET, next.as_str(), None, &[]).await
            };
        }
        let end = format!("{} {} {}", answer.status, answer.location(), answer.body);
        unreachable!("{end}")
    }

    /// Links somebody's account by the code that is mailed to them; a browser in which they are signed in.
    pub async fn linked(&self, login: &str) -> Browser {
        let mut browser = self.below.browser();
        let back = self.way_back(&mut browser, login).await;
        let page = browser.open(&back).await;
        assert!(page.body.contains("Link your account"), "{}", page.body);
        let code = self.below.mailed_code(login).await;
        let page = browser.fill(&page, "confirm", &[("code", &code)]).await;
        assert!(page.url.starts_with(&self.below.origin("larkmoor")), "{} {}", page.url, page.body);
        browser
    }
}

//! Apps of a trust: registered by its developers, tried out in a sandbox, opened to everybody by a second person.

use idp_domain::audit::AuditEntry;
use idp_domain::client::{AppFacts, AppStage, Client, ClientAuth, ClientKind, ClientOptions, SCOPES};
use idp_domain::person::Person;
use idp_domain::persona::Persona;
use idp_domain::trust::{Trust, TrustRole};
use idp_domain::{PersonId, Secret, TrustId};
use idp_store::Effects;

use crate::Directory;
use crate::app_checks::{self, Checked, checked};
pub use crate::app_checks::{AppProfile, AppWish, OWN_CERTIFICATE, Subjects};
use crate::error::{DirectoryError, FieldFault, Result};

/// Somebody who makes apps or decides about them.
#[derive(Clone, Debug)]
pub struct Maker {
    /// Who.
    pub person: PersonId,
    /// Their name, for the audit log.
    pub name: String,
    /// Whether a key was used a short while ago.
    pub elevated: bool,
    /// Trusts in which they see and change apps.
    pub trusts: Vec<Trust>,
    /// Trusts in which they open apps to everybody.
    pub decides: Vec<TrustId>,
}

/// A secret that is shown once, with the app that it belongs to.
#[derive(Debug)]
pub struct NewSecret {
    /// The app.
    pub client: Client,
    /// Its secret; a public app has none.
    pub secret: Option<Secret>,
}

impl Directory {
    /// What somebody may do about apps; nothing for people without a role in a trust.
    pub async fn maker(&self, person: &Person, elevated: bool) -> Result<Option<Maker>> {
        let mut maker =
            Maker { person: person.id, name: person.full_name(), elevated, trusts: Vec::new(), decides: Vec::new() };
        for seat in self.context.store.seats_of(person.id).await? {
            let decides = matches!(seat.role, TrustRole::Owner | TrustRole::IdentityAdmin);
            if !decides && seat.role != TrustRole::AppDeveloper {
                continue;
            }
            if decides {
                maker.decides.push(seat.trust);
            }
            if !maker.trusts.iter().any(|trust| trust.id == seat.trust) {
                maker.trusts.extend(self.context.store.trust(seat.trust).await?);
            }
        }
        Ok(Some(maker).filter(|maker| !maker.trusts.is_empty()))
    }

    /// Apps that wait for somebody to open them to everybody: those that they may decide about, and had no hand in.
    pub async fn apps_to_open(&self, person: &Person) -> Result<Vec<Client>> {
        let maker = self.maker(person, false).await?.filter(|maker| !maker.decides.is_empty());
        let Some(maker) = maker else { return Ok(Vec::new()) };
        let waits = |client: &Client| {
            let app = client.app.as_ref().filter(|app| app.stage == AppStage::Waiting);
            app.is_some_and(|app| maker.decides.contains(&app.trust) && !maker.has_a_hand_in(app))
        };
        Ok(self.apps(&maker).await?.into_iter().filter(waits).collect())
    }

    /// Apps of the maker's trusts, by name.
    pub async fn apps(&self, maker: &Maker) -> Result<Vec<Client>> {
        let all = self.context.store.clients().await?;
        let own = |client: &Client| client.app.as_ref().is_some_and(|app| maker.sees(app.trust));
        Ok(all.into_iter().filter(own).collect())
    }

    /// One of them.
    pub async fn app(&self, maker: &Maker, id: &str) -> Result<(Client, AppFacts)> {
        let client = self.context.store.client(id).await?.ok_or(DirectoryError::NotFound)?;
        let app = client.app.clone().filter(|app| maker.sees(app.trust)).ok_or(DirectoryError::NotFound)?;
        Ok((client, app))
    }

    /// Registers an app. It begins in the sandbox of its trust.
    pub async fn add_app(&self, maker: &Maker, trust: TrustId, wish: &AppWish) -> Result<NewSecret> {
        if !maker.sees(trust) {
            return Err(DirectoryError::NotFound);
        }
        maker.must_be_elevated()?;
        let Checked { redirect_uris, post_logout_redirect_uris, wished, proof } = checked(wish)?;
        self.servers_fit(&wished, (None, trust)).await?;
        let context = &self.context;
        let secret = (wish.confidential && proof.is_none()).then(|| Secret::new(&*context.random));
        let by_secret = |secret: &Secret| ClientAuth::Secret { hash: secret.hash(), before: None };
        let auth = proof.or(secret.as_ref().map(by_secret)).unwrap_or(ClientAuth::None);
        let id = format!("app-{}", context.random.readable(12).to_lowercase());
        let (made_by, made_at, stage) = (maker.person, context.now(), AppStage::Sandbox);
        let AppProfile { refresh, pushed_only, dpop, id_token_alg, userinfo_alg } = wish.profile;
        let device = wish.device;
        let options = ClientOptions { device, pushed_only, dpop, userinfo_alg, ..ClientOptions::default() };
        let client = Client {
            sector: wish.subjects.sector(&id),
            id,
            name: wish.name.trim().to_owned(),
            auth,
            redirect_uris,
            post_logout_redirect_uris,
            scopes: SCOPES.map(str::to_owned).to_vec(),
            refresh,
            kind: ClientKind::App,
            id_token_alg,
            disabled: false,
            options: app_checks::put(wished, options),
            app: Some(AppFacts { trust, made_by, made_at, stage, touched_by: vec![made_by] }),
        };
        let effects = Effects::audit(self.app_entry(maker, &client, "app.added", "registered the app"));
        self.context.store.save_client(&client, effects).await?;
        Ok(NewSecret { client, secret })
    }

    /// Changes name and addresses. An app that is open to everybody goes back to the sandbox when it gets a new name or
    /// address: who approved it approved what people read and where they are sent.
    pub async fn change_app(&self, maker: &Maker, id: &str, wish: &AppWish) -> Result<()> {
        let (client, app) = self.app_to_change(maker, id).await?;
        let confidential = client.auth != ClientAuth::None;
        let wish = &AppWish { device: client.options.device, confidential, ..wish.clone() };
        let Checked { redirect_uris, post_logout_redirect_uris, wished, proof } = checked(wish)?;
        self.servers_fit(&wished, (Some(id), app.trust)).await?;
        let by_secret = matches!(client.auth, ClientAuth::None | ClientAuth::Secret { .. });
        if !by_secret && proof.is_none() {
            let words = "Enter keys, or a certificate. Without one of them the app could not prove itself";
            return Err(DirectoryError::Faults(vec![FieldFault::new("keys", words)]));
        }
        // A secret that it had until now counts no more.
        let auth = proof.unwrap_or_else(|| client.auth.clone());
        let name = wish.name.trim().to_owned();
        let all_known = |new: &[String], known: &[String]| new.iter().all(|uri| known.contains(uri));
        let approved = name == client.name
            && all_known(&redirect_uris, &client.redirect_uris)
            && all_known(&post_logout_redirect_uris, &client.post_logout_redirect_uris)
            && app_checks::are_known(&wished, &client.options);
        let stage = if approved { app.stage } else { AppStage::Sandbox };
        let app = Some(maker.touches(AppFacts { stage, ..app }));
        let options = app_checks::put(wished, client.options.clone());
        // An app that was registered when there were fewer may ask for the others from now on.
        let new = SCOPES.iter().filter(|scope| !client.scopes.iter().any(|known| known == *scope));
        let scopes = client.scopes.iter().cloned().chain(new.map(|scope| (*scope).to_owned())).collect();
        let changed =
            Client { name, auth, redirect_uris, post_logout_redirect_uris, scopes, app, options, ..client.clone() };
        self.keep_app(maker, (&client, &changed), ("app.changed", "changed the app")).await
    }

    /// Refuses an address that another app serves: whoever serves it reads the tokens that are for it. And the address of a site
    /// of another trust: nobody there has a say in the app.
    async fn servers_fit(&self, wished: &ClientOptions, (own, trust): (Option<&str>, TrustId)) -> Result<()> {
        let ClientOptions { serves, resources, .. } = wished;
        if serves.is_empty() && resources.is_empty() {
            return Ok(());
        }
        let fault = |field, words| Err(DirectoryError::Faults(vec![FieldFault::new(field, words)]));
        let clients = self.context.store.clients().await?;
        let mut others = clients.iter().filter(|client| own != Some(&client.id));
        if others.any(|client| client.options.serves.iter().any(|one| serves.contains(one))) {
            return fault("serves", "Another app is the resource server at one of these addresses already".to_owned());
        }
        for client in &clients {
            let ClientKind::Site { slug } = &client.kind else { continue };
            let Some(address) = resources.iter().find(|one| client.options.serves.contains(one)) else { continue };
            let site = self.context.store.site_by_slug(slug).await?;
            if site.is_none_or(|site| site.trust != Some(trust)) {
                return fault("resources", format!("“{address}” is a site of another trust"));
            }
        }
        Ok(())
    }

    /// Makes a new secret. The one before it goes on to count until it is dropped, so that an app is changed over without a
    /// break.
    pub async fn new_app_secret(&self, maker: &Maker, id: &str) -> Result<NewSecret> {
        let (client, _) = self.app_to_change(maker, id).await?;
        let ClientAuth::Secret { hash, .. } = &client.auth else {
            return Err(DirectoryError::no("This app keeps no secret. It proves itself with PKCE, or by its keys."));
        };
        let secret = Secret::new(&*self.context.random);
        let auth = ClientAuth::Secret { hash: secret.hash(), before: Some(hash.clone()) };
        let changed = Client { auth, ..client.clone() };
        self.keep_app(maker, (&client, &changed), ("app.secret-made", "made a new secret for the app")).await?;
        Ok(NewSecret { client: changed, secret: Some(secret) })
    }

    /// Drops the secret before the newest one.
    pub async fn drop_app_secret(&self, maker: &Maker, id: &str) -> Result<()> {
        let (client, _) = self.app_to_change(maker, id).await?;
        let auth = match client.auth.clone() {
            ClientAuth::Secret { hash, .. } => ClientAuth::Secret { hash, before: None },
            other => other,
        };
        let changed = Client { auth, ..client.clone() };
        self.keep_app(maker, (&client, &changed), ("app.secret-dropped", "dropped the old secret of the app")).await
    }

    /// Switches an app off, or on again. Off takes one person, and holds at once. Somebody who does not decide about apps
    /// switches it on in the sandbox only: it may have been switched off by those who do.
    pub async fn switch_app(&self, maker: &Maker, id: &str, on: bool) -> Result<()> {
        let (client, app) = self.app_to_change(maker, id).await?;
        let stage = if on && !maker.decides.contains(&app.trust) { AppStage::Sandbox } else { app.stage };
        let changed = Client { disabled: !on, app: Some(AppFacts { stage, ..app }), ..client.clone() };
        let what = if on { ("app.on", "switched on the app") } else { ("app.off", "switched off the app") };
        self.keep_app(maker, (&client, &changed), what).await
    }

    /// Asks for an app to be opened to everybody.
    pub async fn ask_app(&self, maker: &Maker, id: &str) -> Result<()> {
        let (client, app) = self.app_to_change(maker, id).await?;
        let app = Some(maker.touches(AppFacts { stage: AppStage::Waiting, ..app }));
        let changed = Client { app, ..client.clone() };
        self.keep_app(maker, (&client, &changed), ("app.asked", "asked to open to everybody the app")).await
    }

    /// Opens an app to everybody, as it was `seen`: another person than those who made it what it is.
    pub async fn approve_app(&self, maker: &Maker, id: &str, seen: &str) -> Result<()> {
        let (client, app) = self.app_to_change(maker, id).await?;
        if app.stage != AppStage::Waiting || !maker.decides.contains(&app.trust) {
            return Err(DirectoryError::NotFound);
        }
        if maker.has_a_hand_in(&app) {
            return Err(DirectoryError::own_wish());
        }
        if seen != seen_as(&client) {
            return Err(changed_meanwhile());
        }
        let trust = app.trust;
        let app = Some(AppFacts { stage: AppStage::Live, touched_by: vec![], ..app });
        let changed = Client { app, ..client.clone() };
        self.keep_app(maker, (&client, &changed), ("app.approved", "opened to everybody the app")).await?;
        // Invented people were for trying it out: what it got for them ends.
        for person in self.context.store.test_people(trust).await? {
            self.context.store.withdraw_consent(person, id, self.context.now(), Effects::none()).await?;
        }
        Ok(())
    }

    /// An invented person, as whom a maker signs in to an app that is not open to everybody. Nobody for another app.
    pub async fn test_person(&self, maker: &Maker, client: &Client, persona: Persona) -> Result<Person> {
        let app = client.app.as_ref().filter(|app| app.stage != AppStage::Live && maker.sees(app.trust));
        let trust = app.ok_or(DirectoryError::NotFound)?.trust;
        let (context, now) = (&self.context, self.context.now());
        let new = persona.person(PersonId::new(&*context.clock, &*context.random), now);
        let id = context.store.keep_test_person(trust, persona.key, &new).await?;
        let did = format!("tried {} as {}, who is invented", client.name, persona.full_name());
        context.store.record(Effects::audit(self.maker_entry(maker, trust, "app.tried", &did))).await?;
        context.store.person(id).await?.ok_or(DirectoryError::NotFound)
    }

    /// Takes an app back to the sandbox.
    pub async fn sandbox_app(&self, maker: &Maker, id: &str) -> Result<()> {
        let (client, app) = self.app_to_change(maker, id).await?;
        let changed = Client { app: Some(AppFacts { stage: AppStage::Sandbox, ..app }), ..client.clone() };
        self.keep_app(maker, (&client, &changed), ("app.sandboxed", "took back to the sandbox the app")).await
    }

    /// An app that somebody may change now.
    async fn app_to_change(&self, maker: &Maker, id: &str) -> Result<(Client, AppFacts)> {
        let found = self.app(maker, id).await?;
        maker.must_be_elevated()?;
        Ok(found)
    }

    fn app_entry(&self, maker: &Maker, client: &Client, event: &'static str, verb: &str) -> AuditEntry {
        let sentence = format!("{} {verb} {}", maker.name, client.name);
        let trust = client.app.as_ref().map(|app| app.trust);
        AuditEntry::new(self.context.now(), event, sentence).by(maker.person).in_trust(trust)
    }

    /// An entry about apps of a trust, of which there is none yet.
    pub(crate) fn maker_entry(&self, maker: &Maker, trust: TrustId, event: &'static str, did: &str) -> AuditEntry {
        let sentence = format!("{} {did}", maker.name);
        AuditEntry::new(self.context.now(), event, sentence).by(maker.person).in_trust(Some(trust))
    }

    /// Keeps a change of what was read, unless somebody else was faster.
    async fn keep_app(
        &self,
        maker: &Maker,
        (read, changed): (&Client, &Client),
        (event, verb): (&'static str, &str),
    ) -> Result<()> {
        let effects = Effects::audit(self.app_entry(maker, changed, event, verb));
        let kept = self.context.store.change_client(read, changed, effects).await?;
        if kept { Ok(()) } else { Err(changed_meanwhile()) }
    }
}

pub(crate) fn changed_meanwhile() -> DirectoryError {
    DirectoryError::no("Somebody else changed this app a moment ago. Look at it again first.")
}

/// What an approval is about, as one word: what people read of an app, and where they are sent.
pub fn seen_as(client: &Client) -> String {
    let Client { name, redirect_uris, post_logout_redirect_uris, options, sector, .. } = client;
    let all = serde_json::json!([name, redirect_uris, post_logout_redirect_uris, app_checks::all(options), sector]);
    let all = all.to_string();
    idp_domain::Secret::presented(&all).hash().0
}

impl Maker {
    /// Whether an app is what it is through them: then somebody else approves it.
    pub fn has_a_hand_in(&self, app: &AppFacts) -> bool {
        app.made_by == self.person || app.touched_by.contains(&self.person)
    }

    fn touches(&self, mut app: AppFacts) -> AppFacts {
        if !app.touched_by.contains(&self.person) {
            app.touched_by.push(self.person);
        }
        app
    }

    pub(crate) fn sees(&self, trust: TrustId) -> bool {
        self.trusts.iter().any(|own| own.id == trust)
    }

    pub(crate) fn must_be_elevated(&self) -> Result<()> {
        if self.elevated { Ok(()) } else { Err(DirectoryError::ElevateFirst) }
    }
}

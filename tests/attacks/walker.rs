//! Somebody at a browser who does whatever the dice say, and what the model believes of them (I-29).

use idp_directory::passes::Seen;
use idp_domain::key::KeyKind;
use idp_domain::{Clock, KeyId, Secret, Timestamp, london};
use idp_store::Effects;
use tests::authenticator::{Authenticator, Lie, asked};
use tests::oauth::{authorize, request};
use tests::system::{ADAEZE, JOSS, SAMINA};
use tests::two::Two;
use tests::{Browser, Page, System};

/// Has a password and no key: a new browser is confirmed by a mailed code.
pub const KIT: &str = "k.sallowfield@high.tamberwell.example";
/// Is here for a day, and has an account nowhere.
pub const OTTILIE: &str = "Ottilie";

/// How fresh a proof has to be to change keys, and for how long somebody who came back may; seconds.
const FRESH: i64 = 300;
const RECOVERED: i64 = 1800;

/// What the model believes of one browser.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Belief {
    pub signed_in: Option<&'static str>,
    /// The key that was used last in this session, and when.
    pub key: Option<(KeyId, Timestamp)>,
    /// When a recovery code was used in this session.
    pub recovered: Option<Timestamp>,
    /// Whether Kit was confirmed here before.
    pub knows_kit: bool,
}

impl Belief {
    fn enters(&mut self, who: &'static str) {
        *self = Self { signed_in: Some(who), knows_kit: self.knows_kit, ..Self::default() };
    }

    /// The session is over.
    pub fn leaves(&mut self) {
        *self = Self { knows_kit: self.knows_kit, ..Self::default() };
    }
}

pub struct Walker {
    pub name: &'static str,
    pub browser: Browser,
    /// Pages of attempts, as tabs that lie open.
    pub tabs: Vec<Page>,
    pub belief: Belief,
}

/// Whether a page says that it lay open for too long.
fn is_late(page: &Page) -> bool {
    page.body.contains("open for a long time")
}

impl Walker {
    /// Signs in with a form that lies open. Samina has a key; Kit has none, and is let in where he was confirmed.
    /// Whoever is here already and only says so once more keeps what they have proven, or begins anew.
    pub async fn sign_in(&mut self, system: &System, page: &Page, login: &'static str) {
        let before = Some(self.belief.clone()).filter(|belief| belief.signed_in == Some(login));
        let page = self.browser.fill(page, "signin", &[("login", login), ("password", lanyard::demo::PASSWORD)]).await;
        let may_enter = login == SAMINA || self.belief.knows_kit;
        if may_enter && page.status == 200 && !is_late(&page) {
            self.belief.enters(login);
            if let Some(before) = before
                && before.key == self.proven_key(system).await
            {
                self.belief = before;
            }
        }
        self.tabs.push(page);
    }

    pub async fn confirm(&mut self, page: &Page, code: &str) {
        let page = self.browser.fill(page, "confirm", &[("code", code)]).await;
        if page.status == 200 && (page.url.ends_with("/me") || page.body.contains("You need a key")) {
            self.belief.enters(KIT);
            self.belief.knows_kit = true;
        }
        self.tabs.push(page);
    }

    /// Types a code of one of Samina's keys. It proves that key, in her own session and while it works; nothing else does.
    /// Where it leads is not told by that: there may be more to prove.
    pub async fn use_key(&mut self, (system, samina): (&System, &Samina), page: &Page, (kind, code): (KeyKind, &str)) {
        let (form, field) = if kind == KeyKind::Card { ("card-form", "card") } else { ("key", "code") };
        let since = system.clock.now();
        self.browser.fill(page, form, &[(field, code)]).await;
        self.may_have_proven((system, samina), kind, since).await;
    }

    /// A true answer of a key that works may count in Samina's own session; it need not, where another tab was faster.
    async fn may_have_proven(&mut self, (system, samina): (&System, &Samina), kind: KeyKind, since: Timestamp) {
        if self.belief.signed_in != Some(SAMINA) || !samina.works(kind) {
            return;
        }
        let proven = self.proven_key(system).await;
        // Time goes on while the answer is on its way.
        self.belief.key = proven.filter(|(key, at)| *key == samina.id(kind) && *at >= since).or(self.belief.key);
    }

    /// Answers with Samina's passkey, or with a lie about it: on a sign-in page it signs her in, on the page that asks for
    /// a key it proves one in her own session, and a lie does neither; nor does a passkey that is suspended.
    pub async fn use_passkey(
        &mut self,
        (system, samina): (&System, &mut Samina),
        page: &Page,
        (form, lie): (&str, bool),
    ) {
        let answer = samina.passkey.get(&asked(page), &Lie { unverified: lie, ..Lie::default() });
        let since = system.clock.now();
        let page = self.browser.fill(page, form, &[("credential", &answer)]).await;
        let counts = !lie && samina.works(KeyKind::Passkey);
        let signs_in = form == "with-passkey" && page.status == 200 && !is_late(&page);
        if counts && signs_in {
            self.belief.enters(SAMINA);
        }
        if counts {
            self.may_have_proven((system, samina), KeyKind::Passkey, since).await;
        }
        self.tabs.push(page);
    }

    /// A day pass signs its holder in, and whoever was here out.
    pub async fn use_pass(&mut self, id: &str, code: &str) {
        let page = self.browser.open(&format!("{id}/pass")).await;
        // The school may still be hearing that whoever was here before has gone; what counts is who is here.
        self.browser.fill(&page, "pass", &[("code", code)]).await;
        self.belief.enters(OTTILIE);
    }

    /// Signs Adaeze in with her account elsewhere, from a form that lies open; a thief opens the way back first, and is
    /// nobody by it.
    pub async fn come_from_elsewhere(&mut self, two: &Two, page: &Page, thief: Option<&mut Self>) {
        let above = two.above.origin("id");
        // Whoever sits here signs in there anew; our own cookies are other ones.
        self.browser.cookies.retain(|(host, _), _| !above.ends_with(host));
        let there = self.browser.fill(page, "with-county", &[]).await;
        if !there.url.starts_with(&above) {
            self.tabs.push(there);
            return;
        }
        let back = two.way_back_from(&mut self.browser, &there, ADAEZE).await;
        if let Some(thief) = thief {
            let page = thief.browser.open(&back).await;
            thief.tabs.push(page);
        }
        let page = self.browser.open(&back).await;
        if page.status == 200 && !page.body.contains("id=\"signin\"") && !page.body.contains("took too long") {
            self.belief.enters(ADAEZE);
        }
        self.tabs.push(page);
    }

    /// A recovery code lets Samina change her keys for a while; it signs nobody in, and is no key (M-07).
    pub async fn recover(&mut self, system: &System, code: &str) {
        self.browser.post(&format!("{}/signin/lost", system.origin("id")), &[("recovery", code)]).await;
        if self.belief.signed_in == Some(SAMINA) {
            self.belief.recovered = Some(system.clock.now());
        }
    }

    /// Suspends a key of Samina's, or switches it on again, from a page of any session. Answers whether the model lets that
    /// happen: in her own session with a fresh proof; after a recovery code, suspending alone.
    pub async fn change_key(&mut self, (system, samina): (&System, &Samina), (kind, suspend): (KeyKind, bool)) -> bool {
        let (fresh, back) = (self.is_fresh(system), suspend && self.is_back(system));
        let fields =
            [("key", samina.id(kind).to_string()), ("act", if suspend { "suspend" } else { "resume" }.to_owned())];
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.browser.post(&format!("{}/me/keys", system.origin("id")), &fields).await;
        self.belief.signed_in == Some(SAMINA) && (fresh || back)
    }

    /// A temporary pass for which a colleague has vouched does what a recovery code does.
    pub async fn recover_by_pass(&mut self, system: &System) {
        let (directory, joss) = (&system.demo.assembled.directory, system.person(JOSS).await);
        let asker = directory.asker(&joss, true).await.unwrap();
        let pass = directory.make_pass(&asker, SAMINA, Some(Seen::FaceToFace)).await.unwrap();
        self.browser.post(&format!("{}/signin/lost", system.origin("id")), &[("pass", &pass.code)]).await;
        if self.belief.signed_in == Some(SAMINA) {
            self.belief.recovered = Some(system.clock.now());
        }
    }

    /// Adds a printed card to Samina's keys, from a page of any session. The model lets that happen in her own session, with
    /// a fresh proof or after coming back without a key.
    pub async fn add_spare(&mut self, (system, samina): (&System, &mut Samina)) -> bool {
        let may = self.belief.signed_in == Some(SAMINA) && (self.is_fresh(system) || self.is_back(system));
        let url = format!("{}/me/keys/card", system.origin("id"));
        let page = self.browser.post(&url, &[("name", "Spare")]).await;
        samina.spare = samina.added(system).await.map(|id| (id, printed(&page)));
        assert_eq!(samina.spare.is_some(), may, "a key is added: {:?}\n{}", self.belief, page.body);
        may
    }

    /// Takes that card away again: in her own session with a fresh proof, and nothing else will do.
    pub async fn remove_spare(&mut self, (system, samina): (&System, &mut Samina)) -> bool {
        let may = self.belief.signed_in == Some(SAMINA) && self.is_fresh(system);
        let Some((id, _)) = samina.spare else { return false };
        let fields = [("key", id.to_string()), ("act", "remove".to_owned())];
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let page = self.browser.post(&format!("{}/me/keys", system.origin("id")), &fields).await;
        let is_gone = samina.added(system).await.is_none();
        assert_eq!(is_gone, may, "a key is removed: {:?}\n{}", self.belief, page.body);
        may
    }

    /// Types a code of that card.
    pub async fn use_spare(&mut self, (system, samina): (&System, &mut Samina), page: &Page) {
        let Some((id, codes)) = &mut samina.spare else { return };
        let (id, code, since) = (*id, codes.pop().unwrap_or_default(), system.clock.now());
        self.browser.fill(page, "card-form", &[("card", &code)]).await;
        if self.belief.signed_in == Some(SAMINA) {
            let proven = self.proven_key(system).await;
            self.belief.key = proven.filter(|(key, at)| *key == id && *at >= since).or(self.belief.key);
        }
    }

    fn is_fresh(&self, system: &System) -> bool {
        self.belief.key.is_some_and(|(_, at)| system.clock.now().since(at) <= FRESH)
    }

    fn is_back(&self, system: &System) -> bool {
        self.belief.recovered.is_some_and(|at| system.clock.now().since(at) < RECOVERED)
    }

    /// Takes Samina's mailed link and sets her password with it, to what it was. Answers whether that was done: then she is
    /// signed in here, without a key, and nowhere else.
    pub async fn take_link(&mut self, link: &str) -> bool {
        let page = self.browser.open(link).await;
        if !page.body.contains("id=\"open\"") {
            return false;
        }
        let page = self.browser.fill(&page, "open", &[]).await;
        let page = self.browser.fill(&page, "create", &[("password", lanyard::demo::PASSWORD)]).await;
        assert!(page.status == 200 && !page.body.contains("id=\"create\""), "{}", page.body);
        true
    }

    /// An app asks silently for a key. What was proven for an account, or for a school, is nothing to it.
    pub async fn ask_silently(&mut self, system: &System) -> String {
        let mut params = request(system);
        params.push(("acr_values".to_owned(), "urn:lanyard:acr:key".to_owned()));
        params.push(("prompt".to_owned(), "none".to_owned()));
        params.push(("max_age".to_owned(), "900".to_owned()));
        let page = authorize(system, &mut self.browser, &params).await;
        page.location_param("error").unwrap_or_else(|| page.location().to_owned())
    }

    /// Sends a form that another browser opened: whatever comes of it, nobody's belief changes by it.
    pub async fn steal(&mut self, page: &Page) {
        let (form, fields): (_, &[(&str, &str)]) = match page.body.contains("id=\"signin\"") {
            true => ("signin", &[("login", SAMINA), ("password", lanyard::demo::PASSWORD)]),
            false => ("key", &[("code", "000000")]),
        };
        if page.body.contains(&format!("id=\"{form}\"")) {
            let answer = self.browser.fill(page, form, fields).await;
            self.tabs.push(answer);
        }
    }

    pub async fn sign_out(&mut self, id: &str) {
        let page = self.browser.open(&format!("{id}/signout")).await;
        if page.body.contains("id=\"signout\"") {
            self.browser.fill(&page, "signout", &[]).await;
        }
        self.belief.leaves();
    }

    pub async fn throw_nonsense(&mut self, system: &System, page: &Page) {
        for path in ["signin/key", "signin/browser", "signin/passkey", "signin/with-passkey", "signin/lost"] {
            let attempt = page.url.split("attempt=").nth(1).unwrap_or("none");
            let fields = [("attempt", attempt), ("code", "000000"), ("credential", "{}"), ("recovery", "A")];
            self.browser.post(&format!("{}/{path}", system.origin("id")), &fields).await;
            // Few tries each: the counters of wrong codes are another test's.
            system.clock.advance(61);
        }
    }

    /// The key whose proof the session of this browser holds and when it was given, as it is stored.
    pub async fn proven_key(&self, system: &System) -> Option<(KeyId, Timestamp)> {
        let own = self.browser.cookies.iter().find(|((host, name), _)| host.starts_with("id.") && name == "lanyard");
        let session = system.demo.assembled.context.store.session(&Secret::presented(own?.1).hash()).await.unwrap();
        let proof = session?.key_proof?;
        Some((proof.key?, proof.at))
    }
}

/// The codes on a card that is shown once.
fn printed(page: &Page) -> Vec<String> {
    page.body.split("<code>").skip(1).filter_map(|part| part.split('<').next()).map(str::to_owned).collect()
}

/// Reception makes a day pass, on the morning after the last one.
pub async fn day_pass(system: &System) -> String {
    let now = system.clock.now();
    system.clock.advance(london::end_of(london::date(now)).plus(8 * 3600).since(now));
    let mut joss = system.admin(JOSS).await;
    let form = joss.open(&format!("{}/admin/day-pass", system.origin("id"))).await;
    let fields = [
        ("site", "larkmoor"),
        ("first_name", OTTILIE),
        ("last_name", "Marchbank"),
        ("agency", "Cover Agency"),
        ("contact", "01632 960123"),
        ("class", "Elm"),
    ];
    let made = joss.fill(&form, "day-pass", &fields).await;
    made.body.split("id=\"code\">").nth(1).unwrap().split('<').next().unwrap().to_owned()
}

/// What Samina has beside her password and her telephone.
pub struct Samina {
    pub passkey: Authenticator,
    pub codes: Vec<String>,
    /// Codes of her printed card.
    pub card: Vec<String>,
    /// A card that lies at reception.
    pub day_pass: String,
    keys: Vec<(KeyKind, KeyId)>,
    /// A card that is added and taken away again, with its codes.
    pub spare: Option<(KeyId, Vec<String>)>,
    /// The key that is suspended; never more than one, so that she always has one that works.
    pub suspended: Option<KeyKind>,
}

impl Samina {
    pub async fn with_passkey_and_codes(system: &System) -> Self {
        let id = system.origin("id");
        let mut browser = system.admin(SAMINA).await;
        let page = browser.open(&format!("{id}/me/keys/passkey")).await;
        let (passkey, answer) = Authenticator::create(&asked(&page), &id, &Lie::default());
        let page = browser.fill(&page, "add", &[("name", "Laptop"), ("credential", &answer)]).await;
        assert!(page.body.contains("Laptop"), "{}", page.body);
        let person = system.person(SAMINA).await;
        let codes = system.demo.assembled.signin.new_recovery_codes(&person, "").await.unwrap();
        let page = browser.open(&format!("{id}/me/keys/card")).await;
        let page = browser.fill(&page, "make", &[("name", "Card")]).await;
        let card = printed(&page);
        assert_eq!(card.len(), 10, "{}", page.body);
        let keys = system.demo.assembled.context.store.keys_of(person.id).await.unwrap();
        let keys = keys.iter().map(|key| (key.kind, key.id)).collect();
        Self { passkey, codes, card, day_pass: String::new(), keys, suspended: None, spare: None }
    }

    pub fn id(&self, kind: KeyKind) -> KeyId {
        self.keys.iter().find(|(own, _)| *own == kind).map(|(_, id)| *id).unwrap()
    }

    /// The key that she has beside those with which she began, as it is stored.
    async fn added(&self, system: &System) -> Option<KeyId> {
        let keys = system.demo.assembled.context.store.keys_of(system.person(SAMINA).await.id).await.unwrap();
        keys.iter().map(|key| key.id).find(|id| self.keys.iter().all(|(_, own)| own != id))
    }

    fn works(&self, kind: KeyKind) -> bool {
        self.suspended != Some(kind)
    }

    /// Every key of hers works again.
    pub async fn finds_what_was_lost(&mut self, system: &System) {
        if let Some(kind) = self.suspended.take() {
            let (person, store) = (system.person(SAMINA).await.id, &system.demo.assembled.context.store);
            store.suspend_key(person, self.id(kind), None, Effects::none()).await.unwrap();
        }
    }

    /// Which of her keys are suspended, as it is stored.
    pub async fn suspended_keys(&self, system: &System) -> Vec<KeyKind> {
        let person = system.person(SAMINA).await.id;
        let keys = system.demo.assembled.context.store.keys_of(person).await.unwrap();
        keys.iter().filter(|key| key.suspended_at.is_some()).map(|key| key.kind).collect()
    }
}

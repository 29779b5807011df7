//! What must survive, on SQLite and on PostgreSQL.

use std::sync::Arc;

use idp_domain::audit::AuditEntry;
use idp_domain::email::EmailAddress;
use idp_domain::key::{Key, KeyKind};
use idp_domain::person::{PasswordHash, Person, PersonStatus};
use idp_domain::{KeyId, LinkId, PersonId, Secret, SecretHash, SteppedClock, SystemRandom, Timestamp, Vault};
use idp_store::links::Link;
use idp_store::mails::MailKind;
use idp_store::signing_keys::StoredSigningKey;
use idp_store::tokens::{Rotation, Token, TokenFacts};
use idp_store::{Durable, Effects, Mail, StoreError};
use idp_store_sql::SqlStore;

/// A vault for tests: it marks rather than hides, so that what is sealed can be told from what is not.
struct Marking;

impl Vault for Marking {
    fn seal(&self, purpose: &str, plain: &[u8]) -> Vec<u8> {
        [purpose.as_bytes(), b"|", &plain.iter().map(|byte| byte ^ 0x55).collect::<Vec<_>>()].concat()
    }

    fn open(&self, purpose: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let rest = sealed.strip_prefix(purpose.as_bytes())?.strip_prefix(b"|")?;
        Some(rest.iter().map(|byte| byte ^ 0x55).collect())
    }

    fn fingerprint(&self, purpose: &str, plain: &[u8]) -> SecretHash {
        SecretHash(format!("{purpose}|{}", String::from_utf8_lossy(plain)))
    }
}

async fn open(url: &str) -> SqlStore {
    SqlStore::open(url, Arc::new(SteppedClock::new()), Arc::new(SystemRandom), Arc::new(Marking)).await.unwrap()
}

#[tokio::test]
async fn sqlite_keeps_every_promise() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("x.db").display());
    let store = open(&url).await;
    promises(&store).await;
    store.close().await;
    promises(&open(&url).await).await;
}

#[tokio::test]
async fn postgresql_keeps_every_promise() {
    let server = tests::servers::postgres();
    let store = open(&server.url).await;
    promises(&store).await;
    promises(&open(&server.url).await).await;
}

async fn promises(store: &dyn Durable) {
    let person = a_login_is_taken_once(store).await;
    a_link_is_spent_once_and_replaced_by_a_newer(store, &person).await;
    a_step_is_used_once(store, &person).await;
    super::account::promises(store, &person).await;
    super::trust::promises(store, &person).await;
    super::contended::promises(store, &person).await;
    a_refresh_token_rotates_once(store).await;
    a_refresh_token_is_forgiven_only_where_it_is_asked(store).await;
    an_identifier_is_new_once(store).await;
    nodes_that_rotate_at_once_add_one_signing_key(store).await;
    the_outbox_delivers_at_least_once(store, &person).await;
    a_failed_change_leaves_nothing(store, &person).await;
}

pub(crate) fn random_person() -> Person {
    let id = PersonId::new(&SteppedClock::new(), &SystemRandom);
    Person {
        id,
        first_name: "Ada".into(),
        last_name: "O’Kerrane".into(),
        email: Some(EmailAddress::parse(&format!("{id}@x.example")).unwrap()),
        username: None,
        password: None,
        status: PersonStatus::Active,
        epoch: 1,
        created_at: Timestamp(10),
        language: idp_domain::Language::default(),
        text_size: idp_domain::TextSize::default(),
        contact: idp_domain::contact::Contact::default(),
    }
}

async fn a_login_is_taken_once(store: &dyn Durable) -> Person {
    let person = random_person();
    store.add_person(&person, Effects::none()).await.unwrap();
    let twin = Person { id: random_person().id, ..person.clone() };
    assert!(matches!(store.add_person(&twin, Effects::none()).await, Err(StoreError::Conflict(_))));
    assert!(store.person(twin.id).await.unwrap().is_none(), "a refused person left a row");
    let found = store.person_by_login(&person.email.as_ref().unwrap().folded()).await.unwrap().unwrap();
    assert_eq!(found, person);
    person
}

async fn a_link_is_spent_once_and_replaced_by_a_newer(store: &dyn Durable, person: &Person) {
    let make = |at: i64| Link {
        id: LinkId::new(&SteppedClock::new(), &SystemRandom),
        hash: Secret::new(&SystemRandom).hash(),
        person: person.id,
        invite: false,
        created_at: Timestamp(at),
        expires_at: Timestamp(at + 100),
        spent_at: None,
        replaced_at: None,
    };
    let (old, new) = (make(0), make(1));
    store.add_link(&old, Effects::none()).await.unwrap();
    store.add_link(&new, Effects::none()).await.unwrap();
    let hash = PasswordHash("$x".into());
    let spend = |link: Link, at: i64| {
        let hash = hash.clone();
        async move { store.spend_link(&link.hash, &hash, Timestamp(at), Effects::none()).await.unwrap() }
    };
    assert_eq!(spend(old.clone(), 50).await, None, "an older link was replaced");
    assert_eq!(spend(new.clone(), 101).await, None, "the end is exclusive");
    assert!(spend(new.clone(), 100).await.is_some());
    assert_eq!(spend(new, 100).await, None);
}

async fn a_step_is_used_once(store: &dyn Durable, person: &Person) {
    let key = Key { name: "phone 📱".into(), material: vec![0, 255, 7], last_step: 5, ..a_key(person) };
    let id = key.id;
    store.add_key(&key, None, Effects::none()).await.unwrap();
    let found = store.keys_of(person.id).await.unwrap().pop().unwrap();
    assert_eq!((&found.material, &found.name), (&key.material, &key.name));
    let tries = [(5, false), (4, false), (7, true), (7, false), (6, false), (8, true)];
    for (step, wanted) in tries {
        assert_eq!(store.use_step(id, step, Timestamp(1)).await.unwrap(), wanted, "step {step}");
    }
    let suspend = |since: Option<i64>| store.suspend_key(person.id, id, since.map(Timestamp), Effects::none());
    assert!(suspend(Some(2)).await.unwrap());
    assert!(!suspend(Some(3)).await.unwrap(), "it is suspended already");
    assert!(!store.use_step(id, 9, Timestamp(1)).await.unwrap(), "a suspended key proves nothing");
    assert!(suspend(None).await.unwrap() && !suspend(None).await.unwrap());
    assert!(store.use_step(id, 9, Timestamp(1)).await.unwrap());
    let other = random_person();
    assert!(!store.remove_key(other.id, id, Effects::none()).await.unwrap(), "somebody else's key");
    assert!(!store.remove_key(person.id, id, Effects::none()).await.unwrap(), "the only one");
    let other = a_key(person);
    store.add_key(&other, None, Effects::none()).await.unwrap();
    assert!(store.remove_key(person.id, id, Effects::none()).await.unwrap());
    store.suspend_key(person.id, other.id, Some(Timestamp(0)), Effects::none()).await.unwrap();
}

/// A soft key that nobody has yet.
pub fn a_key(person: &Person) -> Key {
    Key {
        id: KeyId::new(&SteppedClock::new(), &SystemRandom),
        person: person.id,
        kind: KeyKind::Soft,
        name: "Phone".into(),
        material: Vec::new(),
        last_step: 0,
        created_at: Timestamp(0),
        last_used_at: None,
        suspended_at: None,
        spent: false,
    }
}

/// The hash of a secret that nobody knows.
pub fn print() -> SecretHash {
    Secret::new(&SystemRandom).hash()
}

fn refresh_token() -> Token {
    let facts = TokenFacts {
        client_id: "c".into(),
        person: None,
        epoch: 1,
        scope: "openid".into(),
        auth_time: 0,
        acr: String::new(),
        sid: String::new(),
        bound: idp_store::tokens::Bound::default(),
        audience: None,
        issued_at: 0,
        redirect_uri: String::new(),
        actors: Vec::new(),
        origin: None,
    };
    Token { hash: print(), family: format!("f{}", random_person().id), facts, expires_at: Timestamp(1000) }
}

async fn a_refresh_token_rotates_once(store: &dyn Durable) {
    let some = refresh_token();
    let token = || Token { hash: print(), ..some.clone() };
    let (access, first) = (token(), token());
    assert!(store.add_tokens(&access, Some(&first)).await.unwrap());
    let rotate = async |old: &Token, new: &Token, forgiving| {
        store.rotate(&old.hash, (&token(), new), forgiving, Timestamp(10)).await.unwrap()
    };
    let (second, third, fourth) = (token(), token(), token());
    assert_eq!(rotate(&first, &second, false).await, Rotation::Rotated);
    assert_eq!(rotate(&first, &third, true).await, Rotation::Rotated, "the reply was lost");
    assert!(store.unused_refresh_token(&second.hash, Timestamp(10)).await.unwrap().is_none(), "one counts at a time");
    assert_eq!(rotate(&third, &fourth, true).await, Rotation::Rotated);
    assert_eq!(rotate(&second, &token(), true).await, Rotation::Reused, "a later one was used");
    assert!(store.access_token(&access.hash, Timestamp(10)).await.unwrap().is_none(), "the family has ended");
    assert!(store.refresh_token(&fourth.hash, Timestamp(10)).await.unwrap().is_none());
    assert!(!store.add_tokens(&token(), None).await.unwrap(), "nothing is added to an ended family");
    assert_eq!(rotate(&token(), &token(), false).await, Rotation::Unknown);
}

async fn a_refresh_token_is_forgiven_only_where_it_is_asked(store: &dyn Durable) {
    let (one, two) = (refresh_token(), refresh_token());
    let two = Token { family: one.family.clone(), ..two };
    assert!(store.add_tokens(&Token { hash: print(), ..one.clone() }, Some(&one)).await.unwrap());
    let rotate = async |forgiving| {
        let access = Token { hash: print(), ..one.clone() };
        store
            .rotate(&one.hash, (&access, &Token { hash: print(), ..two.clone() }), forgiving, Timestamp(10))
            .await
            .unwrap()
    };
    let (a, b, c, d) = tokio::join!(rotate(true), rotate(true), rotate(true), rotate(true));
    assert!([a, b, c, d].iter().all(|rotation| *rotation == Rotation::Rotated), "tabs of one client");
    assert_eq!(rotate(false).await, Rotation::Reused);
}

async fn nodes_that_rotate_at_once_add_one_signing_key(store: &dyn Durable) {
    let alg = LinkId::new(&SteppedClock::new(), &SystemRandom).to_string();
    let key = |name: &str, at| StoredSigningKey {
        kid: format!("{alg}-{name}"),
        alg: alg.clone(),
        sealed: vec![1],
        created_at: Timestamp(at),
    };
    let kids = |all: Vec<StoredSigningKey>| {
        let ours = all.into_iter().filter(|key| key.alg == alg);
        ours.map(|key| key.kid.rsplit('-').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(kids(store.add_signing_key(&key("a", 10), Timestamp(0)).await.unwrap()), ["a"]);
    assert_eq!(kids(store.add_signing_key(&key("b", 11), Timestamp(5)).await.unwrap()), ["a"], "one is new enough");
    assert_eq!(kids(store.add_signing_key(&key("b", 11), Timestamp(10)).await.unwrap()), ["b", "a"], "newest first");
    assert!(store.remove_signing_key(&key("a", 10).kid).await.unwrap());
    assert!(!store.remove_signing_key(&key("a", 10).kid).await.unwrap(), "it is gone");
    assert_eq!(kids(store.signing_keys().await.unwrap()), ["b"]);
}

async fn an_identifier_is_new_once(store: &dyn Durable) {
    let id = random_person().id.to_string();
    assert!(store.first_use("jti", &id, Timestamp(100)).await.unwrap());
    assert!(!store.first_use("jti", &id, Timestamp(100)).await.unwrap());
    assert!(store.first_use("other kind", &id, Timestamp(100)).await.unwrap());
}

async fn the_outbox_delivers_at_least_once(store: &dyn Durable, person: &Person) {
    let mail = Mail {
        to: format!("{}@y.example", person.id),
        name: "A".into(),
        what: MailKind::WrongCodes,
        language: idp_domain::Language::En,
        sender: String::new(),
        person: None,
    };
    store.record(Effects::none().mail(mail.clone())).await.unwrap();
    let far = Timestamp(i64::MAX / 4);
    let mine = |claimed: Vec<idp_store::outbox::Claimed>| {
        claimed.into_iter().find(|one| one.outgoing == idp_store::Outgoing::Mail(Box::new(mail.clone())))
    };
    let first = mine(store.claim("mail", far, 60, 100).await.unwrap()).expect("it is due");
    assert!(mine(store.claim("mail", far, 60, 100).await.unwrap()).is_none(), "claimed by one at a time");
    let again =
        mine(store.claim("mail", far.plus(61), 60, 100).await.unwrap()).expect("a claimer that died loses its lease");
    assert_eq!((again.id.clone(), again.tries), (first.id, 2));
    store.delivered(&again.id, far).await.unwrap();
    assert!(mine(store.claim("mail", far.plus(1000), 60, 100).await.unwrap()).is_none());
}

async fn a_failed_change_leaves_nothing(store: &dyn Durable, person: &Person) {
    let sentence = format!("never {}", person.id);
    let effects = Effects::audit(AuditEntry::new(Timestamp(1), "x", sentence.clone()).about(person.id));
    assert!(store.add_person(person, effects).await.is_err());
    let query = idp_store::audit::AuditQuery { limit: 1000, ..Default::default() };
    assert!(store.audit(&query).await.unwrap().iter().all(|entry| entry.sentence != sentence));
}

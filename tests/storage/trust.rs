//! Promises about trusts, mail and accounts elsewhere: settings, sealed codes, bounces, links, reminders.

use idp_domain::person::{Person, PersonStatus};
use idp_domain::trust::{Trust, TrustDraft, TrustSettings};
use idp_domain::{Language, LinkId, Secret, SecretHash, SteppedClock, SystemRandom, Timestamp, TrustId};
use idp_store::bounces::Bounce;
use idp_store::links::Link;
use idp_store::owner_kit::WayBack;
use idp_store::recovery::Pass;
use idp_store::reminders::Reminder;
use idp_store::restores::Restore;
use idp_store::upstreams::UpstreamLink;
use idp_store::{Durable, Effects, StoreError};

use super::durable::random_person;

pub async fn promises(store: &dyn Durable, person: &Person) {
    settings_and_a_draft_are_kept_and_count_as_a_change(store, person).await;
    two_different_codes_open_a_kit_once(store).await;
    a_bounce_is_news_once_until_mail_arrives(store).await;
    an_account_elsewhere_is_one_persons(store, person).await;
    a_reminder_is_sent_once(store).await;
    a_language_is_kept(store, person).await;
    access_comes_back_by_another_person_once(store, person).await;
}

fn print() -> SecretHash {
    Secret::new(&SystemRandom).hash()
}

fn trust() -> Trust {
    let id = TrustId::new(&SteppedClock::new(), &SystemRandom);
    Trust { id, name: "T".into(), domain: "t.example".into(), settings: TrustSettings::default(), draft: None }
}

async fn settings_and_a_draft_are_kept_and_count_as_a_change(store: &dyn Durable, person: &Person) {
    let trust = trust();
    store.add_trust(&trust).await.unwrap();
    assert_eq!(store.trust(trust.id).await.unwrap().as_ref(), Some(&trust));
    let before = store.sites_version().await.unwrap();
    let settings = TrustSettings { password_min: 15, ..TrustSettings::default() };
    let draft = TrustDraft { settings, by: person.id, by_name: "A".into(), at: Timestamp(7) };
    let changed = Trust { settings, draft: Some(draft), ..trust };
    store.save_trust(&changed, Effects::none()).await.unwrap();
    assert_eq!(store.trust(changed.id).await.unwrap(), Some(changed));
    assert!(store.sites_version().await.unwrap() > before, "gateways learn of it");
}

fn link_for(person: &Person) -> Link {
    Link {
        id: LinkId::new(&SteppedClock::new(), &SystemRandom),
        hash: print(),
        person: person.id,
        invite: true,
        created_at: Timestamp(10),
        expires_at: Timestamp(1000),
        spent_at: None,
        replaced_at: None,
    }
}

async fn two_different_codes_open_a_kit_once(store: &dyn Durable) {
    let (trust, person) = (trust(), random_person());
    store.add_trust(&trust).await.unwrap();
    store.add_person(&person, Effects::none()).await.unwrap();
    let codes = [print(), print(), print()];
    assert_eq!(store.owner_codes_made(trust.id).await.unwrap(), None);
    store.replace_owner_codes(trust.id, &codes, Timestamp(5), Effects::none()).await.unwrap();
    assert_eq!(store.owner_codes_made(trust.id).await.unwrap(), Some(Timestamp(5)));
    let pass = Pass {
        fingerprint: print(),
        person: person.id,
        issued_by: person.id,
        place: "p".into(),
        expires_at: Timestamp(1000),
    };
    let way = WayBack { link: link_for(&person), pass };
    let [a, b, c] = codes;
    for wrong in [[a.clone(), a.clone()], [a.clone(), print()]] {
        assert!(!store.open_owner_kit(trust.id, &wrong, &way, Effects::none()).await.unwrap());
    }
    assert_eq!(store.link(&way.link.hash).await.unwrap(), None, "nothing has changed");
    assert!(store.open_owner_kit(trust.id, &[a, c.clone()], &way, Effects::none()).await.unwrap());
    assert!(store.link(&way.link.hash).await.unwrap().is_some());
    assert_eq!(store.person(person.id).await.unwrap().unwrap().epoch, person.epoch + 1);
    assert!(!store.open_owner_kit(trust.id, &[b, c], &way, Effects::none()).await.unwrap(), "a kit works once");
}

async fn a_bounce_is_news_once_until_mail_arrives(store: &dyn Durable) {
    let address = format!("{}@gone.example", random_person().id);
    let bounce = Bounce { address: address.clone(), at: Timestamp(3), problem: "550".into() };
    assert!(store.give_up("none", &bounce, Effects::none()).await.unwrap());
    assert!(!store.give_up("none", &bounce, Effects::none()).await.unwrap());
    assert_eq!(store.bounces_of(&[address.clone(), "b".into()]).await.unwrap(), [bounce]);
    assert_eq!(store.bounces_of(&[]).await.unwrap(), []);
    store.arrived(&address).await.unwrap();
    assert_eq!(store.bounces_of(&[address]).await.unwrap(), []);
}

async fn an_account_elsewhere_is_one_persons(store: &dyn Durable, person: &Person) {
    let link = UpstreamLink {
        issuer: "https://i.example".into(),
        subject: random_person().id.to_string(),
        person: person.id,
        provider: "p".into(),
        account: "a@b.example".into(),
        linked_at: Timestamp(1),
    };
    store.link_upstream(&link, Effects::none()).await.unwrap();
    let other = random_person();
    store.add_person(&other, Effects::none()).await.unwrap();
    let theirs = UpstreamLink { person: other.id, ..link.clone() };
    let taken = store.link_upstream(&theirs, Effects::none()).await;
    assert!(matches!(taken, Err(StoreError::Conflict(_))), "{taken:?}");
    assert_eq!(store.upstream_person(&link.issuer, &link.subject).await.unwrap(), Some(person.id));
    assert_eq!(store.upstream_person("https://other.example", &link.subject).await.unwrap(), None);
    assert!(!store.unlink_upstream(&theirs, Effects::none()).await.unwrap());
    assert!(store.upstream_links_of(person.id).await.unwrap().contains(&link));
    assert!(store.unlink_upstream(&link, Effects::none()).await.unwrap());
    assert_eq!(store.upstream_person(&link.issuer, &link.subject).await.unwrap(), None);
}

async fn a_reminder_is_sent_once(store: &dyn Durable) {
    let person = random_person();
    store.add_person(&person, Effects::none()).await.unwrap();
    let link = link_for(&person);
    store.add_link(&link, Effects::none()).await.unwrap();
    let mine = |found: Vec<Link>| found.into_iter().filter(|one| one.person == person.id).collect::<Vec<_>>();
    assert_eq!(mine(store.open_invites(Timestamp(10), Timestamp(20), 500).await.unwrap()), std::slice::from_ref(&link));
    assert_eq!(mine(store.open_invites(Timestamp(9), Timestamp(20), 500).await.unwrap()), []);
    assert_eq!(mine(store.open_invites(Timestamp(10), Timestamp(1000), 500).await.unwrap()), []);
    let reminder = Reminder { kind: "k", subject: person.id.to_string(), about: Timestamp(1) };
    let newer = link_for(&person);
    assert!(store.remind(&reminder, Timestamp(11), (Some(&newer), Effects::none())).await.unwrap());
    assert!(!store.remind(&reminder, Timestamp(12), (Some(&link), Effects::none())).await.unwrap());
    assert!(store.reminded(&reminder).await.unwrap());
    assert!(store.link(&link.hash).await.unwrap().unwrap().replaced_at.is_some());
    assert_eq!(store.open_link_of(person.id, Timestamp(12)).await.unwrap(), Some(newer));
}

async fn a_language_is_kept(store: &dyn Durable, person: &Person) {
    store.set_language(person.id, Language::Cy).await.unwrap();
    assert_eq!(store.person(person.id).await.unwrap().unwrap().language, Language::Cy);
}

async fn access_comes_back_by_another_person_once(store: &dyn Durable, admin: &Person) {
    let person = Person { status: PersonStatus::Suspended, ..random_person() };
    store.add_person(&person, Effects::none()).await.unwrap();
    let wish = Restore { person: person.id, by: admin.id, by_name: "A".into(), at: Timestamp(4) };
    assert!(!store.restore(person.id, random_person().id, Effects::none()).await.unwrap(), "nobody has asked");
    assert!(store.ask_restore(&wish, Effects::none()).await.unwrap());
    assert!(!store.ask_restore(&wish, Effects::none()).await.unwrap());
    assert_eq!(store.restore_asked(person.id).await.unwrap(), Some(wish.clone()));
    assert!(!store.restore(person.id, admin.id, Effects::none()).await.unwrap(), "not by who asked");
    assert!(store.drop_restore(person.id, Effects::none()).await.unwrap());
    assert!(store.ask_restore(&wish, Effects::none()).await.unwrap());
    assert!(store.restore(person.id, random_person().id, Effects::none()).await.unwrap());
    assert_eq!(store.person(person.id).await.unwrap().unwrap().status, PersonStatus::Active);
    assert_eq!(store.restore_asked(person.id).await.unwrap(), None);
}

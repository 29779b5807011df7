//! Promises about what several people do at the same moment: of two, one wins, and the other learns of it.

use idp_domain::Timestamp;
use idp_domain::audit::AuditEntry;
use idp_domain::audit_chain::{Head, Logged};
use idp_domain::client::{AppFacts, AppStage, Client, ClientAuth, ClientKind, ClientOptions, IdTokenAlg};
use idp_domain::key::Key;
use idp_domain::person::{PasswordHash, Person, PersonStatus};
use idp_domain::trust::{TrustRole, TrustSeat};
use idp_store::{Durable, Effects, Outgoing, Signal};

use super::durable::{a_key, random_person};
use super::trust::{request, some_site, trust};

pub async fn promises(store: &dyn Durable, person: &Person) {
    two_who_ask_at_once_wait_once(store).await;
    two_who_chain_the_log_at_once_make_one_chain(store).await;
    two_owners_who_remove_each_other_leave_one(store).await;
    a_client_is_changed_by_who_saw_it_as_it_is(store, person).await;
    whoever_is_behind_the_times_changes_no_password(store).await;
    two_keys_removed_at_once_leave_one(store).await;
    a_signal_is_spread_over_streams_once(store, person).await;
}

async fn a_signal_is_spread_over_streams_once(store: &dyn Durable, person: &Person) {
    let signal = Signal::CredentialChange { person: person.id, change: "revoke".to_owned() };
    store.record(Effects::none().signal(signal.clone())).await.unwrap();
    let now = Timestamp(i64::MAX / 4);
    let claimed = store.claim("signal", now, 60, 100).await.unwrap();
    let entry = claimed.iter().find(|entry| entry.outgoing == Outgoing::Signal(signal.clone())).unwrap();
    let apps = [("asks".to_owned(), false), ("pushed".to_owned(), true)];
    let (first, second) = tokio::join!(store.spread_signal(entry, &apps), store.spread_signal(entry, &apps));
    first.unwrap();
    second.unwrap();
    store.spread_signal(entry, &apps).await.unwrap();
    let waiting = store.streamed("asks", 10).await.unwrap();
    assert_eq!((waiting.len(), store.streamed("pushed", 10).await.unwrap().len()), (1, 0));
    let ids = [waiting.first().unwrap().id.clone()];
    store.acknowledge("another", &ids, now).await.unwrap();
    assert_eq!(store.streamed("asks", 10).await.unwrap().len(), 1, "another app's word is nothing");
    store.acknowledge("asks", &ids, now).await.unwrap();
    store.spread_signal(entry, &apps).await.unwrap();
    assert!(store.streamed("asks", 10).await.unwrap().is_empty(), "what it has does not come back");
    let pushed = store.claim("stream_push", now, 60, 100).await.unwrap();
    assert_eq!(pushed.len(), 1, "{pushed:?}");
    store.drop_stream("asks").await.unwrap();
    for entry in claimed.iter().chain(&pushed) {
        store.delivered(&entry.id, now).await.unwrap();
    }
}

async fn two_keys_removed_at_once_leave_one(store: &dyn Durable) {
    let person = random_person();
    store.add_person(&person, Effects::none()).await.unwrap();
    let (one, two) = (a_key(&person), a_key(&person));
    for key in [&one, &two] {
        store.add_key(key, None, Effects::none()).await.unwrap();
    }
    let remove = |key: &Key| store.remove_key(person.id, key.id, Effects::none());
    let (first, second) = tokio::join!(remove(&one), remove(&two));
    assert!(first.unwrap() != second.unwrap(), "one of them stays");
    assert_eq!(store.keys_of(person.id).await.unwrap().len(), 1);
    let left = store.keys_of(person.id).await.unwrap().remove(0);
    assert!(!remove(&left).await.unwrap(), "the last one stays");
}

async fn two_who_ask_at_once_wait_once(store: &dyn Durable) {
    let (person, site) = (random_person(), some_site(store).await);
    store.add_person(&person, Effects::none()).await.unwrap();
    let (one, two, three) = (request(&person, site), request(&person, site), request(&person, site));
    let (one, two, three) = tokio::join!(
        store.ask_access(&one, Effects::none()),
        store.ask_access(&two, Effects::none()),
        store.ask_access(&three, Effects::none()),
    );
    let kept = [one, two, three].into_iter().filter(|asked| *asked.as_ref().unwrap()).count();
    assert_eq!((kept, store.requests_at(&[site]).await.unwrap().len()), (1, 1));
}

async fn two_who_chain_the_log_at_once_make_one_chain(store: &dyn Durable) {
    let mut made = 0;
    for round in 0..10 {
        for number in 0..4 {
            let entry = AuditEntry::new(Timestamp(round), "x.y", format!("{round}.{number}"));
            store.record(Effects::audit(entry)).await.unwrap();
        }
        let chained = tokio::join!(store.chain_entries(3), store.chain_entries(3), store.chain_entries(3));
        for outcome in [chained.0, chained.1, chained.2] {
            made += usize::from(outcome.is_ok_and(|link| link.is_some()));
        }
    }
    assert!(made >= 10, "somebody chains");
    while store.chain_entries(100).await.unwrap().is_some() {}
    let chained = store.chained(0, 1000).await.unwrap();
    let mut before = None;
    for (link, _) in &chained {
        assert!(link.follows(before), "{link:?}");
        before = Some(link);
    }
    let of_ours = |entry: &Option<Logged>| entry.as_ref().is_some_and(|entry| entry.entry.event == "x.y");
    assert_eq!(chained.iter().filter(|(_, entry)| of_ours(entry)).count() % 40, 0, "each is in it once");
    let head = |seq, at| Head { seq, at: Timestamp(at), signed: format!("{seq}") };
    for head in [head(1, 3600), head(2, 7199), head(3, 7200)] {
        store.add_head(&head).await.unwrap();
    }
    let heads = store.heads(0).await.unwrap();
    assert!(heads.ends_with(&[head(2, 7199), head(3, 7200)]), "the newest of each hour: {heads:?}");
}

async fn two_owners_who_remove_each_other_leave_one(store: &dyn Durable) {
    let trust = trust();
    store.add_trust(&trust).await.unwrap();
    let (one, two) = (random_person(), random_person());
    let seat = |person: &Person| TrustSeat { person: person.id, trust: trust.id, role: TrustRole::Owner };
    for person in [&one, &two] {
        store.add_person(person, Effects::none()).await.unwrap();
        store.add_seat(&seat(person), Effects::none()).await.unwrap();
    }
    let (first, second) = (seat(&one), seat(&two));
    let (first, second) =
        tokio::join!(store.remove_seat(&first, Effects::none()), store.remove_seat(&second, Effects::none()));
    assert!(first.unwrap() != second.unwrap(), "one of them stays");
    assert_eq!(store.seats_in(trust.id, TrustRole::Owner).await.unwrap().len(), 1);
    let held = Person { status: PersonStatus::Suspended, ..random_person() };
    store.add_person(&held, Effects::none()).await.unwrap();
    store.add_seat(&seat(&held), Effects::none()).await.unwrap();
    let left = store.seats_in(trust.id, TrustRole::Owner).await.unwrap();
    let working = left.into_iter().find(|seat| seat.person != held.id).unwrap();
    assert!(!store.remove_seat(&working, Effects::none()).await.unwrap(), "a suspended owner is none");
}

async fn whoever_is_behind_the_times_changes_no_password(store: &dyn Durable) {
    let hash = |text: &str| PasswordHash(text.to_owned());
    let seen = Person { password: Some(hash("old")), ..random_person() };
    store.add_person(&seen, Effects::none()).await.unwrap();
    let now = async || store.person(seen.id).await.unwrap().unwrap();
    store.set_status(seen.id, PersonStatus::Suspended, Effects::none()).await.unwrap();
    let late = store.set_password((seen.id, seen.epoch), &hash("late"), Effects::none()).await.unwrap();
    assert_eq!((late, now().await.password), (None, Some(hash("old"))), "they were stopped meanwhile");
    store.sign_out_everywhere(seen.id, Effects::none()).await.unwrap();
    assert_eq!(now().await.status, PersonStatus::Suspended, "signing out gives nothing back");
    let (person, epoch) = (now().await, now().await.epoch + 1);
    let done = store.set_password((person.id, person.epoch), &hash("new"), Effects::none()).await.unwrap();
    assert_eq!(done, Some(epoch));
    store.rehash_password(seen.id, Some(&hash("old")), &hash("old, made stronger")).await.unwrap();
    assert_eq!(now().await.password, Some(hash("new")), "the old password does not come back");
    store.rehash_password(seen.id, Some(&hash("new")), &hash("new, made stronger")).await.unwrap();
    assert_eq!(now().await.password, Some(hash("new, made stronger")));
}

async fn a_client_is_changed_by_who_saw_it_as_it_is(store: &dyn Durable, person: &Person) {
    let facts = AppFacts {
        trust: trust().id,
        made_by: person.id,
        made_at: Timestamp(1),
        stage: AppStage::Sandbox,
        touched_by: vec![],
    };
    let seen = Client {
        id: trust().id.to_string(),
        name: "Old".to_owned(),
        auth: ClientAuth::None,
        redirect_uris: vec![],
        post_logout_redirect_uris: vec![],
        scopes: vec![],
        refresh: false,
        kind: ClientKind::App,
        sector: None,
        id_token_alg: IdTokenAlg::RS256,
        disabled: false,
        options: ClientOptions::default(),
        app: Some(facts),
    };
    store.save_client(&seen, Effects::none()).await.unwrap();
    let (off, renamed) = (Client { disabled: true, ..seen.clone() }, Client { name: "New".to_owned(), ..seen.clone() });
    assert!(store.change_client(&seen, &off, Effects::none()).await.unwrap());
    assert!(!store.change_client(&seen, &renamed, Effects::none()).await.unwrap(), "it was switched off meanwhile");
    assert_eq!(store.client(&seen.id).await.unwrap(), Some(off));
}

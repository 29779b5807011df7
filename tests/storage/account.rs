//! Promises about a person's account: printed codes, passes, holds, browsers, addresses.

use idp_domain::email::EmailAddress;
use idp_domain::key::{Key, KeyKind};
use idp_domain::membership::{Membership, MembershipStatus};
use idp_domain::person::{Person, PersonStatus};
use idp_domain::session::{KeyProof, Limits, Method, Session};
use idp_domain::trust::{Trust, TrustRole, TrustSeat};
use idp_domain::{Clock, PersonId, SecretHash, SteppedClock, Timestamp};
use idp_store::addresses::{ALIAS, AddressChange};
use idp_store::domain_moves::DomainMove;
use idp_store::joins::{Join, Meeting};
use idp_store::recovery::Pass;
use idp_store::sessions::Comeback;
use idp_store::{Durable, Effects, StoreError};

use super::durable::{a_key, print, random_person};
use super::trust::{membership, some_site};

pub async fn promises(store: &dyn Durable, person: &Person) {
    a_printed_code_is_used_once(store, person).await;
    a_recovery_code_is_used_once_and_a_new_set_replaces_the_old(store, person).await;
    a_pass_is_used_once_in_its_time_and_holds_other_places(store, person).await;
    a_session_rests_on_a_key_that_works(store, person).await;
    a_browser_is_known_for_one_person(store, person).await;
    an_address_changes_and_comes_back(store).await;
    a_join_happens_once_to_what_was_seen(store).await;
    a_domain_moves_whole_or_not_at_all_and_once(store).await;
}

async fn other(store: &dyn Durable) -> PersonId {
    let other = random_person();
    store.add_person(&other, Effects::none()).await.unwrap();
    other.id
}

async fn a_printed_code_is_used_once(store: &dyn Durable, person: &Person) {
    let key = Key { kind: KeyKind::Card, ..a_key(person) };
    let id = key.id;
    let codes = [print(), print(), print()];
    store.add_card(&key, &codes, Effects::none()).await.unwrap();
    let stranger = other(store).await;
    assert_eq!(store.working_keys_of(&[person.id, stranger]).await.unwrap(), [(person.id, KeyKind::Card)]);
    assert_eq!(store.working_keys_of(&[]).await.unwrap(), []);
    assert_eq!(store.use_card_code(stranger, &codes[0], Timestamp(1)).await.unwrap(), None, "somebody else's card");
    assert_eq!(store.use_card_code(person.id, &codes[0], Timestamp(1)).await.unwrap(), Some(id));
    assert_eq!(store.use_card_code(person.id, &codes[0], Timestamp(1)).await.unwrap(), None, "used");
    assert_eq!(store.card_codes_left(id).await.unwrap(), 2);
    store.suspend_key(person.id, id, Some(Timestamp(2)), Effects::none()).await.unwrap();
    assert_eq!(store.working_keys_of(&[person.id]).await.unwrap(), [], "a suspended key is none");
    assert_eq!(store.use_card_code(person.id, &codes[1], Timestamp(3)).await.unwrap(), None, "suspended");
    let other = a_key(person);
    store.add_key(&other, None, Effects::none()).await.unwrap();
    assert!(store.remove_key(person.id, id, Effects::none()).await.unwrap());
    store.suspend_key(person.id, other.id, Some(Timestamp(0)), Effects::none()).await.unwrap();
    assert_eq!(store.card_codes_left(id).await.unwrap(), 0, "its codes go with it");
}

/// Signs somebody in and answers the hash of the cookie.
async fn signed_in(store: &dyn Durable, person: PersonId) -> SecretHash {
    let hash = print();
    let session = Session {
        hash: hash.clone(),
        sid: print().0,
        person,
        epoch: 1,
        created_at: Timestamp(1),
        seen_at: Timestamp(1),
        auth_time: Timestamp(1),
        key_proof: None,
        shared: false,
        method: Method::Password,
        confirmed: true,
        recovered_at: None,
        agent: String::new(),
        limits: Limits::default(),
    };
    assert!(store.add_session(&session, Effects::none()).await.unwrap());
    hash
}

async fn a_session_rests_on_a_key_that_works(store: &dyn Durable, person: &Person) {
    let key = a_key(person);
    let id = key.id;
    store.add_key(&key, None, Effects::none()).await.unwrap();
    let proof = KeyProof::new((KeyKind::Soft, id), Timestamp(5), "trust a");
    let (first, second) = (signed_in(store, person.id).await, print());
    assert!(store.rotate_session(&first, &second, &proof).await.unwrap());
    let stepped_up = store.session(&second).await.unwrap().unwrap();
    assert_eq!(stepped_up.key_proof, Some(proof.clone()));
    store.suspend_key(person.id, id, Some(Timestamp(6)), Effects::none()).await.unwrap();
    assert_eq!(store.session(&second).await.unwrap().unwrap().key_proof, None, "what it proved is gone");
    // Proven a moment before, written a moment after.
    let (third, fourth) = (print(), print());
    assert!(!store.rotate_session(&second, &third, &proof).await.unwrap());
    assert!(store.session(&second).await.unwrap().is_some(), "the session goes on without it");
    let late = Session { hash: fourth.clone(), sid: print().0, ..stepped_up };
    assert!(!store.add_session(&late, Effects::none()).await.unwrap());
    assert!(store.session(&fourth).await.unwrap().is_none());
    store.add_key(&a_key(person), None, Effects::none()).await.unwrap();
    assert!(store.remove_key(person.id, id, Effects::none()).await.unwrap());
    assert!(!store.rotate_session(&second, &third, &proof).await.unwrap(), "removed");
}

async fn a_recovery_code_is_used_once_and_a_new_set_replaces_the_old(store: &dyn Durable, person: &Person) {
    let (old, new) = ([print(), print()], [print()]);
    store.replace_recovery_codes(person.id, &old, Effects::none()).await.unwrap();
    let stranger = other(store).await;
    let (own, others) = (signed_in(store, person.id).await, signed_in(store, stranger).await);
    let (cookies, at) = ([print(), print()], Timestamp(7));
    let using = |person: PersonId, session: &SecretHash, cookie: &SecretHash, code: &SecretHash| {
        let (session, cookie, code) = (session.clone(), cookie.clone(), code.clone());
        async move {
            let comeback = Comeback { person, session: &session, cookie: &cookie, at };
            store.use_recovery_code(comeback, &code, Effects::none()).await.unwrap()
        }
    };
    assert!(!using(stranger, &others, &cookies[0], &old[0]).await, "somebody else's code");
    assert!(!using(person.id, &others, &cookies[0], &old[0]).await, "somebody else's session");
    assert!(!using(person.id, &print(), &cookies[0], &old[0]).await, "a session that is over");
    assert!(using(person.id, &own, &cookies[0], &old[0]).await, "nothing was spent by what was refused");
    assert!(store.session(&own).await.unwrap().is_none(), "the older cookie is worth nothing");
    let turned = store.session(&cookies[0]).await.unwrap().unwrap();
    assert_eq!((turned.person, turned.recovered_at), (person.id, Some(at)));
    assert!(!using(person.id, &cookies[0], &cookies[1], &old[0]).await, "used");
    assert_eq!(store.recovery_codes_left(person.id).await.unwrap(), 1);
    store.replace_recovery_codes(person.id, &new, Effects::none()).await.unwrap();
    assert!(!using(person.id, &cookies[0], &cookies[1], &old[1]).await, "replaced");
    assert!(using(person.id, &cookies[0], &cookies[1], &new[0]).await);
}

async fn a_pass_is_used_once_in_its_time_and_holds_other_places(store: &dyn Durable, person: &Person) {
    let vouched = other(store).await;
    let pass = |fingerprint: SecretHash| Pass {
        fingerprint,
        person: person.id,
        issued_by: vouched,
        place: "trust a".to_owned(),
        expires_at: Timestamp(100),
    };
    let (old, new) = (pass(print()), pass(print()));
    store.add_pass(&old, Effects::none()).await.unwrap();
    store.add_pass(&new, Effects::none()).await.unwrap();
    let holds = ["trust b".to_owned(), "site c".to_owned()];
    let (own, others) = (signed_in(store, person.id).await, signed_in(store, vouched).await);
    let cookie = print();
    let using = |person: PersonId, code: &SecretHash, at: i64| {
        let session = if person == vouched { others.clone() } else { own.clone() };
        let (holds, code, cookie) = (&holds, code.clone(), cookie.clone());
        async move {
            let comeback = Comeback { person, session: &session, cookie: &cookie, at: Timestamp(at) };
            store.use_pass(comeback, &code, (holds, Effects::none())).await.unwrap()
        }
    };
    assert!(!using(person.id, &old.fingerprint, 50).await, "a newer one was made");
    assert!(!using(vouched, &new.fingerprint, 50).await, "somebody else");
    assert!(!using(person.id, &new.fingerprint, 100).await, "the end is exclusive");
    assert!(store.holds_of(person.id).await.unwrap().is_empty());
    assert_eq!(store.open_pass(person.id, Timestamp(99)).await.unwrap(), Some(new.clone()));
    assert!(using(person.id, &new.fingerprint, 99).await);
    assert_eq!(store.session(&cookie).await.unwrap().unwrap().recovered_at, Some(Timestamp(99)));
    assert!(!using(person.id, &new.fingerprint, 99).await, "used");
    assert_eq!(store.holds_of(person.id).await.unwrap(), ["site c", "trust b"]);
    assert!(store.lift_hold(person.id, "trust b", Effects::none()).await.unwrap());
    assert!(!store.lift_hold(person.id, "trust b", Effects::none()).await.unwrap());
    assert_eq!(store.holds_of(person.id).await.unwrap(), ["site c"]);
}

async fn a_browser_is_known_for_one_person(store: &dyn Durable, person: &Person) {
    let (browser, stranger) = (print(), other(store).await);
    assert!(!store.browser_is_known(&browser).await.unwrap());
    for at in [1, 2] {
        store.remember_browser(person.id, &browser, (Timestamp(at), false)).await.unwrap();
        assert!(!store.browser_is_confirmed(person.id, &browser).await.unwrap());
    }
    store.remember_browser(person.id, &browser, (Timestamp(3), true)).await.unwrap();
    store.remember_browser(person.id, &browser, (Timestamp(4), false)).await.unwrap();
    assert!(store.browser_is_confirmed(person.id, &browser).await.unwrap(), "once confirmed, it stays so");
    assert!(!store.browser_is_confirmed(stranger, &browser).await.unwrap());
    assert!(store.knows_browser(person.id, &browser).await.unwrap());
    assert!(!store.knows_browser(stranger, &browser).await.unwrap());
    assert!(store.browser_is_known(&browser).await.unwrap());
    store.sign_out_everywhere(person.id, Effects::none()).await.unwrap();
    assert!(!store.knows_browser(person.id, &browser).await.unwrap());
}

async fn an_address_changes_and_comes_back(store: &dyn Durable) {
    let person = random_person();
    store.add_person(&person, Effects::none()).await.unwrap();
    let old = person.email.clone().unwrap();
    let new = EmailAddress::parse(&format!("new-{}@y.example", person.id)).unwrap();
    // The store's own clock judges aliases.
    let now = idp_domain::Clock::now(&SteppedClock::new());
    let change = |new: &EmailAddress, changed_at| AddressChange {
        person: person.id,
        old: old.clone(),
        new: new.clone(),
        undo: print(),
        changed_at,
        undone_at: None,
    };
    let taken = EmailAddress::parse(&format!("{}@x.example", other(store).await)).unwrap();
    let clash = store.change_address(&change(&taken, now), Effects::none()).await;
    assert!(matches!(clash, Err(StoreError::Conflict(_))), "somebody else's address");
    let first = change(&new, now);
    store.change_address(&first, Effects::none()).await.unwrap();
    let found = |login: String| async move { store.person_by_login(&login).await.unwrap() };
    assert_eq!(found(new.folded()).await.unwrap().email, Some(new.clone()));
    assert_eq!(found(old.folded()).await.unwrap().id, person.id, "the old one is an alias");
    assert!(store.undo_address(&first.undo, now, Effects::none()).await.unwrap());
    assert!(!store.undo_address(&first.undo, now, Effects::none()).await.unwrap(), "undone already");
    let back = found(old.folded()).await.unwrap();
    assert_eq!((back.email, back.epoch), (Some(old.clone()), person.epoch + 1));
    assert!(found(new.folded()).await.is_none());
    let long_ago = change(&new, now.plus(-ALIAS - 1));
    store.change_address(&long_ago, Effects::none()).await.unwrap();
    assert!(found(old.folded()).await.is_none(), "an alias ends");
    let heir = Person { email: Some(old.clone()), ..random_person() };
    let heir = Person { created_at: now, ..heir };
    store.add_person(&heir, Effects::none()).await.unwrap();
    assert_eq!(found(old.folded()).await.unwrap().id, heir.id, "and the address is free again");
    store.release_address(heir.id, &old, Effects::none()).await.unwrap();
    assert!(found(old.folded()).await.is_none() && store.person(heir.id).await.unwrap().unwrap().email.is_none());
}

/// Two identities of one person become one, whole or not at all, and once.
async fn a_join_happens_once_to_what_was_seen(store: &dyn Durable) {
    let (into, from) = (random_person(), random_person());
    for person in [&into, &from] {
        store.add_person(person, Effects::none()).await.unwrap();
    }
    let trust = super::trust::trust();
    store.add_trust(&trust).await.unwrap();
    let seat = |person: &Person| TrustSeat { person: person.id, trust: trust.id, role: TrustRole::Owner };
    for person in [&into, &from] {
        store.add_seat(&seat(person), Effects::none()).await.unwrap();
    }
    let (both, over, alone) = (some_site(store).await, some_site(store).await, some_site(store).await);
    let place =
        |person: &Person, site, account: &str| Membership { account: account.into(), ..membership(person, site) };
    let (mut meetings, mut seen) = (Vec::new(), Vec::new());
    for (site, meeting) in [(both, Meeting::Added), (over, Meeting::Replaced)] {
        let status = if site == over { MembershipStatus::Ended } else { MembershipStatus::Active };
        let (keep, give) = (Membership { status, ..place(&into, site, "a") }, place(&from, site, "b"));
        let give = Membership { main_contact: true, ends_at: (site == over).then_some(Timestamp(9)), ..give };
        meetings.push((keep.id, give.id, meeting));
        seen.extend([keep, give]);
    }
    seen.push(place(&from, alone, "c"));
    for place in &seen {
        store.save_membership(place, Effects::none()).await.unwrap();
    }
    let wish = DomainMove { by: (from.id, "From".into()), ..domain_move("of the one that goes", &trust) };
    store.ask_domain_move(&wish, Effects::none()).await.unwrap();
    let at = SteppedClock::new().now();
    let join = |epoch| {
        let (into, from) = ((into.id, into.epoch), (from.id, epoch));
        Join { into, from, seen: seen.clone(), meetings: meetings.clone(), at }
    };
    let mut other = seen.clone();
    other.last_mut().unwrap().status = MembershipStatus::Ended;
    let stale = Join { seen: other, ..join(from.epoch) };
    assert!(!store.join_people(&stale, Effects::none()).await.unwrap(), "a membership is not what was seen");
    assert!(!store.join_people(&join(from.epoch + 1), Effects::none()).await.unwrap(), "it changed meanwhile");
    assert_eq!(store.person(into.id).await.unwrap().unwrap().epoch, into.epoch, "and nothing happened");
    assert_eq!(store.joined_into(from.id).await.unwrap(), None);
    assert!(store.join_people(&join(from.epoch), Effects::none()).await.unwrap());
    assert!(!store.join_people(&join(from.epoch), Effects::none()).await.unwrap(), "once");
    assert_eq!(store.joined_into(from.id).await.unwrap(), Some(into.id));
    let wish = store.domain_move(trust.id, false).await.unwrap().unwrap();
    assert_eq!(wish.by.0, into.id, "nobody approves what they asked for in their other name");
    let login = from.email.as_ref().unwrap().folded();
    assert_eq!(store.person_by_login(&login).await.unwrap().map(|person| person.id), Some(into.id));
    let gone = store.person(from.id).await.unwrap().unwrap();
    assert_eq!((gone.status, gone.password, gone.email), (PersonStatus::Suspended, None, None));
    let places = store.memberships_of(into.id).await.unwrap();
    let at = |site| places.iter().find(|place| place.site == site).unwrap();
    assert!(places.len() == 3 && places.iter().all(|place| place.status == MembershipStatus::Active), "{places:?}");
    assert!(at(both).main_contact && at(over).main_contact && at(alone).account == "c", "{places:?}");
    assert_eq!((at(over).ends_at, at(over).account.as_str()), (Some(Timestamp(9)), "a"));
    let left = store.memberships_of(from.id).await.unwrap();
    assert!(left.len() == 2 && left.iter().all(|place| place.status == MembershipStatus::Ended), "{left:?}");
    let owners = store.seats_in(trust.id, TrustRole::Owner).await.unwrap();
    assert_eq!(owners.iter().map(|seat| seat.person).collect::<Vec<_>>(), [into.id]);
}

fn domain_move(id: &str, trust: &Trust) -> DomainMove {
    DomainMove {
        id: format!("{id} {}", trust.id),
        trust: trust.id,
        old: "t.example".into(),
        new: "new.example".into(),
        by: (random_person().id, String::new()),
        asked_at: Timestamp(5),
        done_at: None,
        undone_at: None,
    }
}

/// Addresses of many people move together, or none does.
async fn a_domain_moves_whole_or_not_at_all_and_once(store: &dyn Durable) {
    let trust = super::trust::trust();
    store.add_trust(&trust).await.unwrap();
    let (one, two) = (random_person(), random_person());
    for person in [&one, &two] {
        store.add_person(person, Effects::none()).await.unwrap();
    }
    let wish = |id: &str| DomainMove { by: (one.id, "One".into()), ..domain_move(id, &trust) };
    let first = wish("first");
    store.ask_domain_move(&wish("dropped"), Effects::none()).await.unwrap();
    store.ask_domain_move(&first, Effects::none()).await.unwrap();
    assert_eq!(store.domain_move(trust.id, false).await.unwrap(), Some(first.clone()), "the newer wish stands");
    assert_eq!(store.domain_move(trust.id, true).await.unwrap(), None);
    let change = |person: &Person, new: &str| AddressChange {
        person: person.id,
        old: person.email.clone().unwrap(),
        new: EmailAddress::parse(&format!("{new}{}", person.email.as_ref().unwrap())).unwrap(),
        undo: print(),
        changed_at: Timestamp(6),
        undone_at: None,
    };
    let clash = AddressChange { new: one.email.clone().unwrap(), ..change(&two, "x") };
    let at = (first.id.as_str(), Timestamp(6));
    let refused = store.do_domain_move(at, &[change(&one, "a"), clash], &[], Effects::none()).await;
    assert!(matches!(refused, Err(StoreError::Conflict(_))), "{refused:?}");
    assert_eq!(store.person(one.id).await.unwrap().unwrap().email, one.email, "nobody moved");
    let changes = [change(&one, "a"), change(&two, "b")];
    assert!(store.do_domain_move(at, &changes, &[], Effects::none()).await.unwrap());
    assert!(!store.do_domain_move(at, &changes, &[], Effects::none()).await.unwrap(), "once");
    assert_eq!(store.domain_move(trust.id, true).await.unwrap().map(|done| done.id), Some(first.id.clone()));
    assert!(!store.drop_domain_move(&first.id, Effects::none()).await.unwrap(), "it is done");
    assert_eq!(store.changes_of_move(&first.id).await.unwrap().len(), 2);
    assert!(store.undo_address(&changes[0].undo, Timestamp(7), Effects::none()).await.unwrap());
    assert_eq!(store.changes_of_move(&first.id).await.unwrap(), [changes[1].clone()]);
    assert!(store.end_domain_move(&first.id, Timestamp(8), &[], Effects::none()).await.unwrap());
    assert!(!store.end_domain_move(&first.id, Timestamp(8), &[], Effects::none()).await.unwrap());
}

//! Promises about trusts, mail and accounts elsewhere: settings, sealed codes, bounces, links, reminders.

use std::collections::BTreeMap;

use idp_domain::audit::AuditEntry;
use idp_domain::contact::{Contact, Phone, PostalAddress};
use idp_domain::key_policy::KeyRule;
use idp_domain::membership::{Membership, MembershipStatus, Source, State};
use idp_domain::person::{Person, PersonStatus};
use idp_domain::site::{Site, SiteSettings};
use idp_domain::trust::{Helpdesk, Trust, TrustDraft, TrustRole, TrustSeat, TrustSettings};
use idp_domain::{
    Language, LinkId, MembershipId, RequestId, SiteId, Slug, SteppedClock, SystemRandom, TextSize, Timestamp, TrustId,
};
use idp_store::audit::Retention;
use idp_store::bounces::Bounce;
use idp_store::day_passes::DayPass;
use idp_store::imports::Batch;
use idp_store::links::Link;
use idp_store::owner_kit::WayBack;
use idp_store::recovery::Pass;
use idp_store::reminders::Reminder;
use idp_store::requests::{AccessRequest, Answer};
use idp_store::restores::Restore;
use idp_store::upstreams::UpstreamLink;
use idp_store::{Durable, Effects, StoreError};

use super::durable::{print, random_person};

pub async fn promises(store: &dyn Durable, person: &Person) {
    settings_and_a_draft_are_kept_and_count_as_a_change(store, person).await;
    two_different_codes_open_a_kit_once(store).await;
    somebody_belongs_to_the_trusts_of_their_places(store).await;
    a_bounce_is_news_once_until_mail_arrives(store).await;
    an_account_elsewhere_is_one_persons(store, person).await;
    a_reminder_is_sent_once(store).await;
    a_language_is_kept(store, person).await;
    access_comes_back_by_another_person_once(store, person).await;
    a_request_waits_until_it_is_answered(store, person).await;
    a_day_pass_works_until_it_expires(store, person).await;
    what_was_read_stays_read(store, person).await;
    the_log_forgets_what_is_old_and_nobody_who_is_suspended(store).await;
    answers_are_counted_by_day(store).await;
    a_site_keeps_its_old_addresses_and_one_emblem(store).await;
}

pub fn trust() -> Trust {
    let id = TrustId::new(&SteppedClock::new(), &SystemRandom);
    let helpdesk = Helpdesk { email: "help@t.example".into(), phone: "01632 960100".into() };
    let settings = TrustSettings::default();
    Trust { id, name: "T".into(), domain: "t.example".into(), settings, draft: None, helpdesk }
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
    assert_eq!(store.trust(changed.id).await.unwrap().as_ref(), Some(&changed));
    store.save_helpdesk(changed.id, &Helpdesk::default(), Effects::none()).await.unwrap();
    let without = Trust { helpdesk: Helpdesk::default(), ..changed };
    assert_eq!(store.trust(without.id).await.unwrap(), Some(without), "and nothing else");
    assert!(store.sites_version().await.unwrap() > before, "gateways learn of it");
}

async fn somebody_belongs_to_the_trusts_of_their_places(store: &dyn Durable) {
    let (person, now) = (random_person(), Timestamp(1000));
    store.add_person(&person, Effects::none()).await.unwrap();
    let statuses = [
        MembershipStatus::Active,
        MembershipStatus::Paused { until: None },
        MembershipStatus::Paused { until: Some(Timestamp(999)) },
        MembershipStatus::Paused { until: Some(Timestamp(1001)) },
        MembershipStatus::Ended,
    ];
    let mut wanted = Vec::new();
    for status in statuses {
        for ends_at in [None, Some(now), Some(Timestamp(1001))] {
            let trust = trust();
            store.add_trust(&trust).await.unwrap();
            let id = site_in(store, Some(trust.id)).await;
            let place = Membership { status, ends_at, account: trust.id.to_string(), ..membership(&person, id) };
            store.save_membership(&place, Effects::none()).await.unwrap();
            if place.state(now) != State::Ended {
                wanted.push(trust.id);
            }
        }
    }
    let seat = TrustSeat { person: person.id, trust: trust().id, role: TrustRole::Helpdesk };
    store.add_trust(&Trust { id: seat.trust, ..trust() }).await.unwrap();
    store.add_seat(&seat, Effects::none()).await.unwrap();
    wanted.push(seat.trust);
    let mut found: Vec<_> = store.trusts_of(person.id, now).await.unwrap().iter().map(|trust| trust.id).collect();
    found.sort_unstable();
    wanted.sort_unstable();
    assert!(wanted.len() > 5 && wanted.len() < 14);
    assert_eq!(found, wanted, "as the domain says it");
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
    assert!(store.give_up(Some("none"), &bounce, Effects::none()).await.unwrap());
    assert!(!store.give_up(Some("none"), &bounce, Effects::none()).await.unwrap());
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

pub async fn some_site(store: &dyn Durable) -> SiteId {
    site_in(store, None).await
}

async fn site_in(store: &dyn Durable, trust: Option<TrustId>) -> SiteId {
    let id = SiteId::new(&SteppedClock::new(), &SystemRandom);
    let settings = SiteSettings {
        short_name: "Asked".into(),
        colour: "#123456".into(),
        key_rule: KeyRule::None,
        phishing_resistant_only: false,
        elevation_idle: 900,
        elevation_absolute: 3600,
        carry_over: 900,
        support_email: String::new(),
        support_phone: String::new(),
        upstream: String::new(),
        bar: true,
        mail_domain: String::new(),
        former_mail_domains: Vec::new(),
        alerts: false,
        concern_path: String::new(),
        api_path: String::new(),
        dsl_contact: String::new(),
        hide_on_blur: false,
        key_sign_in_elevates: false,
        group_keys: BTreeMap::new(),
    };
    let slug = Slug::parse(&format!("asked-{}", id.to_string().rsplit('-').next().unwrap())).unwrap();
    let site = Site { id, slug, name: "Asked".into(), trust, settings };
    store.add_site(&site, Effects::none()).await.unwrap();
    id
}

pub fn membership(person: &Person, site: SiteId) -> Membership {
    Membership {
        id: MembershipId::new(&SteppedClock::new(), &SystemRandom),
        person: person.id,
        site,
        account: "a".to_owned(),
        status: MembershipStatus::Active,
        starts_at: None,
        ends_at: None,
        source: Source::Manual,
        last_used_at: None,
        main_contact: false,
        created_at: Timestamp(1),
        grants: Vec::new(),
    }
}

/// A request that waits.
pub fn request(person: &Person, site: SiteId) -> AccessRequest {
    AccessRequest {
        id: RequestId::new(&SteppedClock::new(), &SystemRandom),
        person: person.id,
        site,
        reason: "Fridays".to_owned(),
        asked_at: Timestamp(100),
        answer: Answer::Waiting,
    }
}

async fn a_request_waits_until_it_is_answered(store: &dyn Durable, person: &Person) {
    let site = some_site(store).await;
    let (request, again) = (request(person, site), request(person, site));
    assert!(store.ask_access(&request, Effects::none()).await.unwrap());
    assert!(!store.ask_access(&again, Effects::none()).await.unwrap(), "one at a time");
    assert_eq!(store.requests_at(&[site]).await.unwrap(), std::slice::from_ref(&request));
    assert!(store.refuse_request(request.id, Timestamp(200), "No", Effects::none()).await.unwrap());
    assert!(!store.refuse_request(request.id, Timestamp(201), "Other", Effects::none()).await.unwrap());
    assert!(store.requests_at(&[site]).await.unwrap().is_empty());
    let mine = store.requests_of(person.id, Timestamp(0)).await.unwrap();
    assert_eq!(mine.first().map(|one| &one.answer), Some(&Answer::Refused("No".to_owned())));
    assert!(store.ask_access(&again, Effects::none()).await.unwrap(), "after a refusal one may ask again");
    let place = membership(person, site);
    let paused = Membership { status: MembershipStatus::Paused { until: None }, ..place.clone() };
    store.save_membership(&paused, Effects::none()).await.unwrap();
    assert_eq!(store.requests_at(&[site]).await.unwrap().len(), 1, "nothing was given");
    store.save_membership(&place, Effects::none()).await.unwrap();
    assert!(store.requests_at(&[site]).await.unwrap().is_empty(), "a membership is the answer");
    let mine = store.requests_of(person.id, Timestamp(0)).await.unwrap();
    assert!(mine.iter().any(|one| one.answer == Answer::Granted), "{mine:?}");
}

async fn a_day_pass_works_until_it_expires(store: &dyn Durable, person: &Person) {
    let pass = DayPass { fingerprint: print(), person: person.id, expires_at: Timestamp(500) };
    let batch = Batch { day_passes: vec![pass.clone()], ..Batch::default() };
    store.apply(&batch).await.unwrap();
    assert_eq!(store.day_pass(&pass.fingerprint, Timestamp(499)).await.unwrap(), Some(pass.clone()));
    assert_eq!(store.day_pass(&pass.fingerprint, Timestamp(500)).await.unwrap(), None);
    assert_eq!(store.day_pass(&print(), Timestamp(1)).await.unwrap(), None);
}

async fn answers_are_counted_by_day(store: &dyn Durable) {
    let about = trust().id.to_string();
    for (at, helpful) in [(0, true), (86_399, true), (86_400, true), (86_400, false)] {
        store.add_feedback(&about, helpful, Timestamp(at)).await.unwrap();
    }
    let since = async |at| {
        let all = store.feedback(Timestamp(at)).await.unwrap().into_iter();
        all.filter(|(of, ..)| *of == about).map(|(_, helpful, count)| (helpful, count)).collect::<Vec<_>>()
    };
    assert_eq!(since(0).await, [(true, 3), (false, 1)]);
    assert_eq!(since(86_400).await, [(true, 1), (false, 1)]);
}

async fn a_site_keeps_its_old_addresses_and_one_emblem(store: &dyn Durable) {
    let (one, two) = (some_site(store).await, some_site(store).await);
    let site = async |id| store.site(id).await.unwrap().unwrap();
    let (first, other) = (site(one).await, site(two).await);
    let new = Slug::parse(&format!("n-{}", &one.to_string()[26..])).unwrap();
    store.rename_site(&first, &new, Effects::none()).await.unwrap();
    for slug in [&first.slug, &new] {
        assert_eq!(store.site_by_slug(slug).await.unwrap().map(|site| site.id), Some(one));
    }
    for taken in [&new, &first.slug] {
        let refused = store.rename_site(&other, taken, Effects::none()).await;
        assert!(matches!(refused, Err(StoreError::Conflict(_))), "{refused:?}");
    }
    assert!(store.former_slugs().await.unwrap().contains(&(one, first.slug.clone())));
    store.rename_site(&site(one).await, &first.slug, Effects::none()).await.unwrap();
    assert!(store.former_slugs().await.unwrap().contains(&(one, new)), "and back again");
    for (png, hash) in [(vec![1], "a"), (vec![2], "b")] {
        store.save_emblem(one, Some((png.clone(), hash.to_owned())), Effects::none()).await.unwrap();
        assert_eq!(store.emblem(one).await.unwrap(), Some((png, hash.to_owned())));
    }
    assert_eq!(store.emblem_hash(one).await.unwrap().as_deref(), Some("b"));
    store.save_emblem(one, None, Effects::none()).await.unwrap();
    assert_eq!((store.emblem(one).await.unwrap(), store.emblem_hash(two).await.unwrap()), (None, None));
}

async fn what_was_read_stays_read(store: &dyn Durable, person: &Person) {
    store.read_notices(person.id, Timestamp(77)).await.unwrap();
    assert_eq!(store.notices_read_at(person.id).await.unwrap(), Timestamp(77));
    store.set_text_size(person.id, TextSize::Larger).await.unwrap();
    assert_eq!(store.person(person.id).await.unwrap().unwrap().text_size, TextSize::Larger);
    let given = Contact {
        phone: Phone::parse("01632 960123 ext 12").ok(),
        address: PostalAddress::parse("Larkmoor Primary School\n1 Moor Lane").ok(),
    };
    for contact in [given, Contact::default()] {
        store.set_contact(person.id, &contact, Effects::none()).await.unwrap();
        assert_eq!(store.person(person.id).await.unwrap().unwrap().contact, contact);
    }
}

async fn the_log_forgets_what_is_old_and_nobody_who_is_suspended(store: &dyn Durable) {
    let held = Person { status: PersonStatus::Suspended, ..random_person() };
    let usual = random_person();
    for person in [&held, &usual] {
        store.add_person(person, Effects::none()).await.unwrap();
        for (at, event) in [(10, "session.started"), (10, "key.added"), (100, "session.started")] {
            let entry = AuditEntry::new(Timestamp(at), event, "x").about(person.id);
            store.record(Effects::audit(entry)).await.unwrap();
        }
    }
    let retention = Retention { trust: None, signins_before: Timestamp(50), others_before: Timestamp(5) };
    store.forget(retention).await.unwrap();
    assert_eq!(
        store.audit_of(&[usual.id], Timestamp(0), &[], (10, 0)).await.unwrap().len(),
        3,
        "not chained yet, so kept"
    );
    while store.chain_entries(2).await.unwrap().is_some() {}
    store.forget(retention).await.unwrap();
    let kinds = store.audit_of(&[usual.id], Timestamp(0), &["key.added"], (1, 0)).await.unwrap();
    assert_eq!(kinds.first().map(|entry| entry.event.as_str()), Some("key.added"), "however many others are newer");
    let left = async |person: &Person| store.audit_of(&[person.id], Timestamp(0), &[], (10, 0)).await.unwrap().len();
    assert_eq!((left(&held).await, left(&usual).await), (3, 2), "sign-ins before 50 go, the key stays");
    store.forget(Retention { others_before: Timestamp(50), ..retention }).await.unwrap();
    assert_eq!((left(&held).await, left(&usual).await), (3, 1));
    let other = Retention { trust: Some(trust().id), signins_before: Timestamp(999), others_before: Timestamp(999) };
    store.forget(other).await.unwrap();
    assert_eq!(left(&usual).await, 1, "another trust's rule is about its own entries");
    let chained = store.chained(0, 1000).await.unwrap();
    assert!(chained.iter().any(|(_, entry)| entry.is_none()), "the link of what was forgotten stays");
    let mut before = None;
    for (link, entry) in &chained {
        assert!(link.follows(before) && entry.as_ref().is_none_or(|entry| link.holds(entry)), "{link:?}");
        before = Some(link);
    }
    assert_eq!(store.chained(chained.len().try_into().unwrap(), 5).await.unwrap(), []);
}

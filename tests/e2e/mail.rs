//! Mail over SMTP with TLS, to a server that nobody here wrote; and what happens when an address refuses it.

use idp_domain::email::EmailAddress;
use idp_domain::{Clock, Language, SecretHash};
use idp_mail::{Smtp, Worker};
use idp_store::addresses::AddressChange;
use idp_store::mails::MailKind;
use idp_store::{Effects, Mail};
use tests::System;
use tests::servers::{MailServer, mail};
use tests::system::{ADAEZE, JOSS};

const FROM: &str = "Lanyard <lanyard@id.example>";

fn worker(system: &System, smtp: Smtp) -> Worker<Smtp> {
    let context = system.demo.assembled.context.clone();
    Worker { context, deliver: smtp, origin: "https://id.example".to_owned() }
}

/// A system whose demo mailbox does not take mails away, and a mail server.
async fn with_server() -> (System, MailServer) {
    let system = System::start().await;
    system.demo.stop_mail();
    (system, mail())
}

async fn put(system: &System, to: &str) {
    let what = MailKind::SecurityCode { code: "123456".to_owned() };
    let mail = Mail {
        to: to.to_owned(),
        name: "Ada Vale".to_owned(),
        what,
        language: Language::En,
        sender: "Larkmoor".to_owned(),
        person: None,
    };
    system.demo.assembled.context.store.record(Effects::none().mail(mail)).await.unwrap();
}

#[tokio::test]
async fn mail_goes_out_over_tls_to_a_server_whose_certificate_is_known() {
    let (system, server) = with_server().await;
    put(&system, "ada@a.example").await;
    let stranger = worker(&system, Smtp::new(server.url(), FROM, None).unwrap());
    assert_eq!(stranger.run_once().await, 1);
    assert_eq!(server.mails().len(), 0, "nothing is said to a server that proves nothing");
    let store = &system.demo.assembled.context.store;
    assert_eq!(store.waiting("mail").await.unwrap(), 1, "it waits for another try");
    system.clock.advance(3600);
    let own = worker(&system, Smtp::new(server.url(), FROM, Some(&server.ca)).unwrap());
    assert_eq!(own.run_once().await, 1);
    let mails = server.mails();
    assert_eq!(mails.len(), 1);
    assert!(mails[0]["tls"] == true && mails[0]["to"][0] == "ada@a.example");
    let text = mails[0]["text"].as_str().unwrap();
    for part in ["Subject: Your security code\r\n", "multipart/alternative", "text/plain", "text/html", "Message-ID: "]
    {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    assert_eq!(store.waiting("mail").await.unwrap(), 0);
}

#[tokio::test]
async fn an_address_that_refuses_mail_is_shown_to_the_admin_until_mail_arrives() {
    let (system, server) = with_server().await;
    let (store, id) = (&system.demo.assembled.context.store, system.origin("id"));
    let person = system.person(ADAEZE).await;
    let gone = EmailAddress::parse("gone.fairbrass@larkmoor.tamberwell.example").unwrap();
    let change = AddressChange {
        person: person.id,
        old: person.email.clone().unwrap(),
        new: gone.clone(),
        undo: SecretHash("x".to_owned()),
        changed_at: system.clock.now(),
        undone_at: None,
    };
    store.change_address(&change, Effects::none()).await.unwrap();
    let smtp = || Smtp::new(server.url(), FROM, Some(&server.ca)).unwrap();
    for _ in 0..2 {
        put(&system, gone.as_str()).await;
        while worker(&system, smtp()).run_once().await > 0 {}
    }
    let told: Vec<_> = server.mails().into_iter().filter(|mail| mail["to"][0] == JOSS).collect();
    assert_eq!(told.len(), 1, "the admin is told once, not for each mail: {told:?}");
    let text = told[0]["text"].as_str().unwrap();
    assert!(text.contains("We could not deliver mail to 1 person at Larkmoor"), "{text}");
    assert_eq!(store.waiting("mail").await.unwrap(), 0, "what is refused for good is not tried for ever");
    let mut joss = system.admin(JOSS).await;
    let list = joss.open(&format!("{id}/admin/people?text=fairbrass")).await.body;
    assert!(list.contains("Emails do not arrive"), "{list}");
    let page = joss.open(&format!("{id}/admin/people/{}", person.id)).await.body;
    assert!(page.contains("Do not arrive") && page.contains("No such mailbox"), "{page}");
    store.arrived(gone.as_str()).await.unwrap();
    let list = joss.open(&format!("{id}/admin/people?text=fairbrass")).await.body;
    assert!(!list.contains("Emails do not arrive"), "{list}");
}

#[tokio::test]
async fn a_report_that_comes_back_counts_if_it_is_about_mail_of_ours() {
    let (system, server) = with_server().await;
    let (context, id) = (&system.demo.assembled.context, system.origin("id"));
    put(&system, ADAEZE).await;
    let own = worker(&system, Smtp::new(server.url(), FROM, Some(&server.ca)).unwrap());
    while own.run_once().await > 0 {}
    let sent = server.mails().into_iter().find(|mail| mail["to"][0] == ADAEZE).unwrap();
    let text = sent["text"].as_str().unwrap();
    let receipt = text.lines().find(|line| line.starts_with("X-Lanyard-Receipt: ")).unwrap().trim();
    assert!(text.contains("From: =?utf-8?b?TGFueWFyZCDigJMgTGFya21vb3I=?= <"), "the school is named: {text}");
    let report = |receipt: &str| {
        format!(
            "Content-Type: multipart/report\r\n\r\nFinal-Recipient: rfc822; {ADAEZE}\r\nAction: failed\r\n\
             Status: 5.1.1\r\nDiagnostic-Code: smtp; 550 Mailbox closed\r\n\r\nTo: {ADAEZE}\r\n{receipt}\r\n"
        )
    };
    for forged in ["", "X-Lanyard-Receipt: 0000", &receipt.replace("Receipt: ", "Receipt: x")] {
        let read = idp_mail::returned::read(context, &id, &report(forged)).await.unwrap();
        assert_eq!(read, None, "anybody can write {forged:?}");
    }
    let read = idp_mail::returned::read(context, &id, &report(receipt)).await.unwrap();
    assert_eq!(read.as_deref(), Some(ADAEZE));
    let bounces = context.store.bounces_of(&[ADAEZE.to_owned()]).await.unwrap();
    assert_eq!(bounces[0].problem, "smtp; 550 Mailbox closed");
    while own.run_once().await > 0 {}
    let told = server.mails().into_iter().filter(|mail| mail["to"][0] == JOSS).count();
    assert_eq!(told, 1, "the site's admin learns of it");
}

#[tokio::test]
async fn what_is_put_off_for_four_days_counts_as_refused() {
    let (system, server) = with_server().await;
    let store = &system.demo.assembled.context.store;
    put(&system, "later@a.example").await;
    let worker = worker(&system, Smtp::new(server.url(), FROM, Some(&server.ca)).unwrap());
    let begun = system.clock.now();
    while store.waiting("mail").await.unwrap() > 0 {
        assert!(system.clock.now().since(begun) < 5 * 24 * 3600, "it is tried for ever");
        worker.run_once().await;
        system.clock.advance(6 * 3600);
    }
    assert!(system.clock.now().since(begun) >= 4 * 24 * 3600, "it is tried for days");
    let bounces = store.bounces_of(&["later@a.example".to_owned()]).await.unwrap();
    assert!(bounces[0].problem.contains("Try again later"), "{bounces:?}");
}

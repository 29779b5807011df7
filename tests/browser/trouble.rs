//! Pages that people meet when something stands in the way: no access, a rule, a site that is down, words that were kept, a
//! flood. axe finds nothing on any of them.

use tests::system::{ADAEZE, SAMINA};

use super::accessible::{axe, faults, late_system};
use super::chromium::{Chromium, Tab};
use super::{sign_in, use_key};

async fn look(tab: &Tab, axe: &str, found: &mut Vec<String>, (css, name): (&str, &str)) {
    tab.see(css).await;
    found.extend(faults(tab, axe, name).await);
    tab.picture(&name.replace(' ', "-")).await;
}

#[tokio::test]
async fn axe_finds_nothing_on_the_pages_of_an_account_that_is_being_changed() {
    let system = late_system().await;
    let chromium = Chromium::start().await;
    let (tab, axe, mut found) = (chromium.tab().await, axe(), Vec::new());
    let id = system.origin("id");
    tab.goto(&format!("{id}/signin?next=/me/recovery-codes&key=1")).await;
    tab.click("#shared").await;
    sign_in(&tab, SAMINA, lanyard::demo::PASSWORD).await;
    use_key(&tab, &system, SAMINA).await;
    tab.click("#make button").await;
    look(&tab, &axe, &mut found, ("#codes", "recovery codes")).await;
    tab.goto(&format!("{id}/me/address")).await;
    tab.fill("#email", "samina@elsewhere.example").await;
    system.clock.advance(6 * 60);
    tab.click("#address button[type=submit]").await;
    use_key(&tab, &system, SAMINA).await;
    look(&tab, &axe, &mut found, ("#carry", "carry on")).await;
    tab.click("#carry button").await;
    look(&tab, &axe, &mut found, ("#confirm", "the code to a new address")).await;
    let code = system.mailed_code("samina@elsewhere.example").await;
    // The sixth digit sends the form.
    tab.fill("#code", &code).await;
    tab.until("location.pathname === '/me'").await;
    system.settle().await;
    let mails = system.demo.mailbox.all();
    let notice = mails.iter().find(|(_, subject, _)| subject == "Your email address is changing").unwrap();
    let undo = notice.2.lines().find(|line| line.contains("/undo-address?token=")).unwrap().to_owned();
    tab.goto(&undo).await;
    look(&tab, &axe, &mut found, ("#undo", "undo a change of address")).await;
    assert!(found.is_empty(), "{}", found.join("\n"));
    chromium.finish(tab).await;
}

#[tokio::test]
async fn axe_finds_nothing_where_a_door_stays_shut() {
    let system = late_system().await;
    let chromium = Chromium::start().await;
    let (tab, axe, mut found) = (chromium.tab().await, axe(), Vec::new());
    let larkmoor = system.origin("larkmoor");
    tab.goto(&format!("{larkmoor}/concerns")).await;
    sign_in(&tab, ADAEZE, lanyard::demo::PASSWORD).await;
    tab.see("#concern").await;
    tab.goto(&format!("{}/", system.origin("fennick"))).await;
    look(&tab, &axe, &mut found, ("main .button", "no access to a site")).await;
    tab.goto(&format!("{larkmoor}/.lanyard/elevate?return=/admin")).await;
    tab.click("#elevate button").await;
    use_key(&tab, &system, ADAEZE).await;
    tab.title_contains("You cannot open this page").await;
    look(&tab, &axe, &mut found, ("main .button", "a rule says no")).await;
    tab.goto(&format!("{larkmoor}/.lanyard/")).await;
    look(&tab, &axe, &mut found, ("main form", "the bar as a page")).await;
    tab.goto(&format!("{larkmoor}/.lanyard/held?id=nothing")).await;
    look(&tab, &axe, &mut found, ("main .button", "nothing is waiting")).await;
    // Words that outlive their session.
    tab.goto(&format!("{larkmoor}/concerns")).await;
    tab.fill("#pupil", "Ira Vale").await;
    tab.fill("#text", "Came in without a coat, for the third time this week").await;
    tab.script("document.getElementById('lanyard-bar').remove()").await;
    let person = system.person(ADAEZE).await;
    system.demo.assembled.signin.end_everywhere(&person).await.unwrap();
    system.settle().await;
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    tab.script("document.getElementById('concern').inert = false; document.querySelector('main').inert = false; document.getElementById('concern').requestSubmit()").await;
    sign_in(&tab, ADAEZE, lanyard::demo::PASSWORD).await;
    look(&tab, &axe, &mut found, ("#held", "what was typed is safe")).await;
    system.set_upstream("larkmoor", "http://127.0.0.1:9").await;
    tab.goto(&format!("{larkmoor}/")).await;
    look(&tab, &axe, &mut found, ("main .button", "a site that is down")).await;
    tab.goto(&format!("{}/", system.origin("no-such-school"))).await;
    look(&tab, &axe, &mut found, ("main", "no site at this address")).await;
    assert!(found.is_empty(), "{}", found.join("\n"));
    chromium.finish(tab).await;
}

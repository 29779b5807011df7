//! Mail that comes back: at the relay's door, or days later as a message of its own (RFC 3464). The address is remembered, and
//! the admins of the person's sites are told once.
//!
//! Anybody can write a message that looks like a report. Ours carry a receipt that only we can make, and a report counts only
//! with it.

use idp_domain::email::EmailAddress;
use idp_domain::membership::State;
use idp_store::bounces::Bounce;
use idp_store::mails::MailKind;
use idp_store::{Context, Effects, Result};

/// Header of every mail of ours, which a report repeats.
pub const RECEIPT: &str = "X-Lanyard-Receipt";
const PURPOSE: &str = "mail receipt";
/// Most characters of what the other mail server said.
const LONGEST: usize = 200;

/// The receipt of mail to an address.
pub(crate) fn receipt(context: &Context, address: &str) -> String {
    context.vault.fingerprint(PURPOSE, folded(address).as_bytes()).0
}

/// Reads a message that a mail server sent back. Answers the address that refuses mail for good, or nothing when the message
/// says no such thing about mail of ours.
pub async fn read(context: &Context, origin: &str, message: &str) -> Result<Option<String>> {
    let Some(report) = Report::of(message) else { return Ok(None) };
    let fits = report.receipts.iter().any(|given| *given == receipt(context, &report.address));
    if !fits {
        return Ok(None);
    }
    let bounce = Bounce { address: folded(&report.address), at: context.now(), problem: report.problem };
    note(context, origin, (None, false), &bounce).await?;
    Ok(Some(bounce.address))
}

/// Remembers that mail does not arrive, and tells the admins if that is news. `entry` is the mail's entry in the outbox, if it
/// is still there; `quietly` tells nobody.
pub(crate) async fn note(
    context: &Context,
    origin: &str,
    (entry, quietly): (Option<&str>, bool),
    bounce: &Bounce,
) -> Result<bool> {
    let effects = if quietly { Effects::none() } else { word_to_admins(context, origin, &bounce.address).await? };
    context.store.give_up(entry, bounce, effects).await
}

/// One mail to each admin of a site where the person works.
async fn word_to_admins(context: &Context, origin: &str, address: &str) -> Result<Effects> {
    let (store, now) = (&context.store, context.now());
    let mut effects = Effects::none();
    let Some(person) = store.person_by_login(address).await? else { return Ok(effects) };
    for place in store.memberships_of(person.id).await? {
        let Some(site) = store.site(place.site).await? else { continue };
        if place.state(now) == State::Ended {
            continue;
        }
        for admin in context.admins_of(&site).await?.into_iter().filter(|admin| admin.id != person.id) {
            let what = MailKind::Bounced {
                site: site.name.clone(),
                who: person.full_name(),
                link: format!("{origin}/admin/people/{}", person.id),
            };
            effects = effects.tell_from(&site, &admin, what);
        }
    }
    Ok(effects)
}

/// What a delivery report says.
struct Report {
    address: String,
    problem: String,
    receipts: Vec<String>,
}

impl Report {
    /// Reads the fields of a report that a delivery failed for good (RFC 3464 §2.3). A folded line goes on with a space.
    fn of(message: &str) -> Option<Self> {
        let unfolded = message.replace("\r\n", "\n").replace("\n ", " ").replace("\n\t", " ");
        let field = |name: &str| -> Vec<String> {
            let lines = unfolded.lines().filter_map(|line| line.split_once(':'));
            let named = lines.filter(|(key, _)| key.trim().eq_ignore_ascii_case(name));
            named.map(|(_, value)| value.trim().to_owned()).collect()
        };
        // `delayed` and `relayed` are no refusals, and 4.y.z is for now only (RFC 3463 §3.1).
        let failed = field("Action").first()?.eq_ignore_ascii_case("failed");
        let for_good = field("Status").first()?.starts_with("5.");
        let recipient = [field("Original-Recipient"), field("Final-Recipient")].concat().into_iter().next()?;
        let address = recipient.split_once(';').map_or(recipient.as_str(), |(_, address)| address).trim().to_owned();
        let said = [field("Diagnostic-Code"), field("Status")].concat().into_iter().next()?;
        let problem = said.chars().filter(|c| !c.is_control()).take(LONGEST).collect();
        let receipts = field(RECEIPT);
        (failed && for_good).then_some(Self { address, problem, receipts })
    }
}

/// An address as it is compared.
pub(crate) fn folded(address: &str) -> String {
    EmailAddress::parse(address).map_or_else(|_| address.to_lowercase(), |address| address.folded())
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = "Content-Type: multipart/report\r\n\r\nFinal-Recipient: rfc822; Ada@a.example\r\nAction: failed\r\n\
                          Status: 5.1.1\r\nDiagnostic-Code: smtp; 550 No such\r\n  mailbox\r\n\r\nX-Lanyard-Receipt: abc\r\n";

    #[test]
    fn a_report_of_a_failure_is_read_and_nothing_else() {
        let report = Report::of(REPORT).unwrap();
        assert_eq!((report.address.as_str(), report.problem.as_str()), ("Ada@a.example", "smtp; 550 No such  mailbox"));
        assert_eq!(report.receipts, ["abc"]);
        assert!(Report::of(&REPORT.replace("failed", "delayed")).is_none());
        assert!(Report::of(&REPORT.replace("5.1.1", "4.2.2")).is_none());
        assert!(Report::of("Subject: Out of office\r\n\r\nBack on Monday.").is_none());
    }
}

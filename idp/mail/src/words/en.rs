//! The words of each mail in English.

use idp_domain::london;
use idp_store::mails::{AccessChange, Happened, MailKind};

use super::{Words, known, words};

const NOT_ME: &str = "If this was not you, sign in and change your password, and tell your school.";

/// Minutes of a day.
const DAY: i64 = 24 * 60;

/// The words of a mail.
#[expect(clippy::too_many_lines, reason = "the one table of every mail's words, and nothing but words")]
pub(super) fn words_of(kind: &MailKind) -> Words {
    match kind {
        MailKind::Invite { site, by, link, days } => words(
            format!("Set up your sign-in for {site}"),
            &[
                &format!("{by} has given you access to {site}. One sign-in opens every school you work at."),
                &format!("The link works for {}. You create a password, and you can add a key.", counted(*days, "day")),
                "If you do not work there, ignore this email. Nothing happens until you use the link.",
            ],
            Some(("Set up your sign-in", link)),
        ),
        MailKind::InviteReminder { site, link, until } => words(
            "Reminder: set up your sign-in",
            &[
                &format!("You have access to {site}, but you have not created a password yet."),
                &format!("This link works until {until}. The one before it no longer does."),
            ],
            Some(("Set up your sign-in", link)),
        ),
        MailKind::AlsoAccess { site, link } => words(
            format!("You now also have access to {site}"),
            &["Use the same email and password as before. There is nothing to set up."],
            Some(("Go to my sites", link)),
        ),
        MailKind::PasswordLink { link, minutes } => words(
            "Your link to create or reset your password",
            &[
                &format!("Use this link to create or reset your password. It works once, for {}.", lasting(*minutes)),
                "If you did not ask for it, ignore this email. Your password stays as it is.",
            ],
            Some(("Create a password", link)),
        ),
        MailKind::PasswordChanged { happened, first, link } => words(
            if *first { "You created a password" } else { "Your password was changed" },
            &[
                &match first {
                    true => format!("A password was created for your account{}.", when(happened)),
                    false => {
                        format!("Your password was changed{}. You have been signed out everywhere.", when(happened))
                    }
                },
                "If this was not you, create a new password now and tell your school.",
            ],
            (!link.is_empty()).then_some(("This was not me", link.as_str())),
        ),
        MailKind::KeyAdded { key, happened } => words(
            "A key was added to your account",
            &[&format!("The key “{key}” was added to your account{}.", when(happened)), NOT_ME],
            None,
        ),
        MailKind::KeyChanged { key, verb, happened } => words(
            if verb == "switched on again" { "A key was switched on again" } else { "A key was removed or suspended" },
            &[&format!("The key “{key}” was {verb}{}.", when(happened)), NOT_ME],
            None,
        ),
        MailKind::KeyRenamed { from, to, happened } => words(
            "A key was renamed",
            &[&format!("The key “{from}” is called “{to}” now{}.", when(happened)), NOT_ME],
            None,
        ),
        MailKind::Joined { kept, other } => words(
            "Your sign-ins were joined",
            &[
                &format!("You joined your sign-in {other} to {kept}. All your schools and keys belong to {kept} now."),
                &format!("{other} still signs in for 90 days, with the password of {kept}."),
                NOT_ME,
            ],
            None,
        ),
        MailKind::KeyCopied { key, happened } => words(
            "A key of yours may have been copied",
            &[
                &format!("Somebody used the key “{key}”{}, and it answered like a copy of itself.", when(happened)),
                "They did not get in. Sign in with another key, remove this one, and tell your school.",
            ],
            None,
        ),
        MailKind::SecurityCode { code } => words(
            "Your security code",
            &[
                &format!("Your security code is {code}. It works once, for 15 minutes."),
                "Type it on the page that asked for it. Nobody from your school or from Lanyard will ask you for it.",
                NOT_ME,
            ],
            None,
        ),
        MailKind::ConfirmAddress { code } => words(
            "Confirm your new email address",
            &[
                &format!("Your security code is {code}. It works once, for 15 minutes."),
                "If you did not ask to use this address, ignore this email. Nothing changes.",
            ],
            None,
        ),
        MailKind::AddressChanging { new, link } => words(
            "Your email address is changing",
            &[
                &format!("From now on you sign in as {new}. This address still works for 90 days."),
                "If this was not you, undo it within 7 days. You will be signed out everywhere.",
            ],
            Some(("Undo the change", link)),
        ),
        MailKind::RecoveryUsed { who } => words(
            "A recovery code was used",
            &match who.as_str() {
                "" => ["One of your recovery codes was used to come back without a key.".to_owned(), NOT_ME.to_owned()],
                who => [
                    format!("{who} used a recovery code to come back without a key."),
                    "If they do not know about it, tell your trust office at once.".to_owned(),
                ],
            }
            .each_ref()
            .map(String::as_str),
            None,
        ),
        MailKind::PassMade { who, by } => words(
            "A temporary pass was made",
            &[
                &match who.as_str() {
                    "" => format!("{by} made a temporary pass for you, so that you can add a new key."),
                    who => format!("{by} made a temporary pass for {who}, so that they can add a new key."),
                },
                "If nobody spoke face to face or by video before, tell your trust office at once.",
            ],
            None,
        ),
        MailKind::LinkPrinted { who, by } => words(
            "A link to set a password was printed",
            &[
                &match who.as_str() {
                    "" => format!("{by} printed a link with which you create a password."),
                    who => format!("{by} printed a link with which {who} creates a password. {who} has no email."),
                },
                "If they did not ask for it, tell your trust office at once.",
            ],
            None,
        ),
        MailKind::AppAsks { app, link } => words(
            "An app asks for your answer",
            &[
                &format!("{app} asks whether it may sign you in. It waits for 5 minutes."),
                "If you did not start this yourself, refuse it there, or do nothing.",
            ],
            Some(("Look at the question", link)),
        ),
        MailKind::RecoveryMade { happened } => words(
            "New recovery codes were made",
            &[
                &format!("New recovery codes were made for your account{}.", when(happened)),
                "The codes that you had before no longer work.",
                NOT_ME,
            ],
            None,
        ),
        MailKind::PassUsed { who } => words(
            "A temporary pass was used",
            &[
                &match who.as_str() {
                    "" => "You used a temporary pass to add a new key.".to_owned(),
                    who => format!("{who} used a temporary pass to add a new key."),
                },
                "If nobody spoke face to face or by video before, tell your trust office at once.",
            ],
            None,
        ),
        MailKind::OwnerCameBack { who, trust } => words(
            format!("The recovery kit of {trust} was used"),
            &[
                &format!("Somebody at the server’s console used two codes of the recovery kit to bring {who} back."),
                "Their keys are suspended and their password is about to change. The kit is used up.",
                "If you do not know about this, ring the other owners of the trust now.",
            ],
            None,
        ),
        MailKind::Rescue { who, site, ready, link } => words(
            format!("Somebody is coming back to {site} without a key"),
            &[
                &format!("Two of our supporters have vouched for {who}, who has lost every key."),
                &format!("From {} on {who} can add a new key and manage {site} again.", london::show(*ready)),
                if link.is_empty() {
                    "If you do not know about this, tell your headteacher and ring us now."
                } else {
                    "You can let it happen at once, or stop it. If you do not know about it, stop it and ring us now."
                },
            ],
            (!link.is_empty()).then_some(("Decide about it", link.as_str())),
        ),
        MailKind::Bounced { site, who, link } => words(
            format!("We could not deliver mail to 1 person at {site}"),
            &[
                &format!(
                    "The address that we have for {who} refuses our emails. Links and security codes do not reach them."
                ),
                "Ask them for the right address. They can change it in “My account”, or you can invite them anew.",
            ],
            Some(("See what happened", link)),
        ),
        MailKind::LinkCode { code, provider, account } => words(
            "Your security code",
            &[
                &format!("Your security code is {code}. It works for 15 minutes."),
                &format!(
                    "It links the {provider} account {account} to your sign-in. Whoever has that account can then sign in as you."
                ),
                "If you did not ask for this, do not give the code to anybody. Nothing happens without it.",
            ],
            None,
        ),
        MailKind::AccountLinked { provider, account, verb } => words(
            format!("A {provider} account was {verb}"),
            &[
                &format!(
                    "The {provider} account {account} was {verb}. You can see your accounts under “Account settings”."
                ),
                "If this was not you, change your password now and tell your school.",
            ],
            None,
        ),
        MailKind::NewBrowser { happened } => words(
            "New sign-in on a browser we do not recognise",
            &[&format!("You signed in{}, where we have not seen you before.", when(happened)), NOT_ME],
            None,
        ),
        MailKind::SomebodyTried => words(
            "Someone tried to sign in as you",
            &[
                "Someone entered your email address with a wrong password again and again. They did not get in.",
                "You can sign in as usual with a passkey, or on a computer that you have used before.",
            ],
            None,
        ),
        MailKind::WrongCodes => words(
            "Someone tried to sign in as you",
            &[
                "Someone who knows your password entered a wrong security code again and again. They got no further.",
                NOT_ME,
            ],
            None,
        ),
        MailKind::AccessChanged { site, changes } => {
            let mut told: Vec<String> = changes.iter().map(changed).collect();
            told.push("If this looks wrong, talk to the school office.".to_owned());
            let told: Vec<&str> = told.iter().map(String::as_str).collect();
            words(format!("Your access at {site} has changed"), &told, None)
        }
        MailKind::AccessRestored => words(
            "You can sign in again",
            &["Your access to your schools has been given back. Your password and keys are as they were."],
            None,
        ),
        MailKind::RoleChanged { trust, who, role, given } => words(
            format!("A role in {trust} has changed"),
            &[
                &if *given {
                    format!("{who} now has the role “{role}” in {trust}.")
                } else {
                    format!("{who} no longer has the role “{role}” in {trust}.")
                },
                "If this looks wrong, ring the owners of the trust now.",
            ],
            None,
        ),
        MailKind::AccessRefused { site, reason } => words(
            format!("Your request for access to {site} was not approved"),
            &[&format!("The reason: {reason}"), "If you still need access, talk to the school office."],
            None,
        ),
        MailKind::EndsSoon { site, last_day, weekday } => words(
            format!("Your access ends on {}", if weekday.is_empty() { last_day } else { weekday }),
            &[
                &format!("{last_day} is the last day of your access to {site}."),
                "If you need it for longer, talk to the school office before then.",
            ],
            None,
        ),
        MailKind::AccessEnded { site } => words(
            "Your access has ended",
            &[&match site.as_str() {
                "" => "Your access to all your sites has ended.".to_owned(),
                site => format!("Your access to {site} has ended. Your other schools stay as they are."),
            }],
            None,
        ),
        MailKind::ApprovalNeeded { site, link } => words(
            "Approval needed: user group change",
            &[&format!("Someone at {site} has been given a user group that needs a second person to approve it.")],
            Some(("Look at the request", link)),
        ),
        MailKind::AccessAsked { site, who, reason, link } => words(
            format!("Someone asks for access to {site}"),
            &[&format!("{who} asks for access to {site}."), &format!("Their reason: {reason}")],
            Some(("Invite them", link)),
        ),
        MailKind::CheckAddress { site, who, account, link } => words(
            format!("An email address at {site} needs a check"),
            &[
                &format!("{who} says that our emails do not reach {account}."),
                "Check that it is the address that you have for them. Do not answer this email.",
            ],
            Some(("Check their address", link)),
        ),
        MailKind::SiteDown { site, since } => words(
            format!("The site of {site} is not responding"),
            &[
                &format!("The server behind the site of {site} has not answered since {}.", london::show(*since)),
                "People see a page that says so, with a concern form to print. Check the server, and ring its supplier.",
            ],
            None,
        ),
        MailKind::SupportRequest { reference, site, who, agent, from, text } => {
            let facts = [("Site: ", site), ("Signed in as: ", who), ("Browser: ", agent)];
            words(format!("Support request {reference}"), &[&format!("From: {from}"), &known(&facts), text], None)
        }
    }
}

/// One change as a sentence.
fn changed(change: &AccessChange) -> String {
    match change {
        AccessChange::Groups { from, to } if from.is_empty() => format!("Your user groups are now: {to}."),
        AccessChange::Groups { from, to } if to.is_empty() => format!("You no longer have these user groups: {from}."),
        AccessChange::Groups { from, to } => format!("Your user groups were: {from}. They are now: {to}."),
        AccessChange::Waiting(groups) if groups.is_empty() => "No user group waits for approval any more.".to_owned(),
        AccessChange::Waiting(groups) => format!("A second person has to approve: {groups}."),
        AccessChange::Starts(None) => "Your access has no start date any more.".to_owned(),
        AccessChange::Starts(Some(at)) => format!("Your access starts on {}.", london::show_date(*at)),
        AccessChange::Ends(None) => "Your access has no end date any more.".to_owned(),
        AccessChange::Ends(Some(at)) => format!("The last day of your access is {}.", london::show_last_day(*at)),
        AccessChange::Paused => "Your access is paused.".to_owned(),
        AccessChange::Active => "Your access is active again.".to_owned(),
        AccessChange::Ended => "Your access has ended.".to_owned(),
    }
}

/// `1 day`, `14 days`.
fn counted(number: i64, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

/// How long a link works: `14 days`, `60 minutes`.
fn lasting(minutes: i64) -> String {
    if minutes % DAY == 0 { counted(minutes / DAY, "day") } else { counted(minutes, "minute") }
}

/// ` on 7 September 2026 at 4:30pm, with Firefox on Windows`, as far as it is known.
fn when(happened: &Happened) -> String {
    let at = happened.at.map(|at| format!(" on {}", london::show(at))).unwrap_or_default();
    if happened.agent.is_empty() { at } else { format!("{at}, with {}", happened.agent) }
}

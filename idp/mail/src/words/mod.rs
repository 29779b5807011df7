//! The words of each mail in each language: subject, paragraphs, and at most one thing to do.

mod cy;
mod en;

use idp_domain::Language;
use idp_store::mails::MailKind;

/// A mail before it has a form.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Words {
    pub subject: String,
    pub paragraphs: Vec<String>,
    pub action: Option<(&'static str, String)>,
}

fn words(subject: impl Into<String>, paragraphs: &[&str], action: Option<(&'static str, &str)>) -> Words {
    Words {
        subject: subject.into(),
        paragraphs: paragraphs.iter().map(|text| (*text).to_owned()).collect(),
        action: action.map(|(label, link)| (label, link.to_owned())),
    }
}

/// The words of a mail in a language.
pub(crate) fn words_of(kind: &MailKind, language: Language) -> Words {
    match language {
        Language::En => en::words_of(kind),
        Language::Cy => cy::words_of(kind),
    }
}

/// How a mail addresses its reader.
pub(crate) fn greeting(name: &str, language: Language) -> String {
    match language {
        Language::En => format!("Dear {name}"),
        Language::Cy => format!("Annwyl {name}"),
    }
}

/// What stands before the address of a mail's button, for programs that show no buttons.
pub(crate) fn before_address(language: Language) -> &'static str {
    match language {
        Language::En => "Or copy this address:",
        Language::Cy => "Neu copïwch y cyfeiriad hwn:",
    }
}

/// What is known of these, a sentence each: `Site: Larkmoor.`
fn known(facts: &[(&str, &String)]) -> String {
    let known = facts.iter().filter(|(_, value)| !value.is_empty());
    known.map(|(name, value)| format!("{name}{value}.")).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use idp_domain::Timestamp;
    use idp_store::mails::{AccessChange, Happened};

    /// One of each change.
    fn changes(who: &str, key: &str) -> Vec<AccessChange> {
        vec![
            AccessChange::Groups { from: key.to_owned(), to: who.to_owned() },
            AccessChange::Groups { from: String::new(), to: who.to_owned() },
            AccessChange::Groups { from: who.to_owned(), to: String::new() },
            AccessChange::Waiting(who.to_owned()),
            AccessChange::Waiting(String::new()),
            AccessChange::Starts(Some(Timestamp(1_800_000_000))),
            AccessChange::Starts(None),
            AccessChange::Ends(Some(Timestamp(1_800_000_000))),
            AccessChange::Ends(None),
            AccessChange::Paused,
            AccessChange::Active,
            AccessChange::Ended,
        ]
    }

    /// One of each kind, with values that can be recognised.
    #[expect(clippy::too_many_lines, reason = "one of each mail, and nothing but mails")]
    fn samples() -> Vec<MailKind> {
        let text = |text: &str| text.to_owned();
        let (site, link, who, key) = (text("SITE"), text("https://l.example/x"), text("WHO"), text("KEY"));
        let (code, provider, account) = (text("123456"), text("PROVIDER"), text("ACCOUNT"));
        let happened = Happened { at: Some(Timestamp(1_800_000_000)), agent: text("AGENT") };
        vec![
            MailKind::Invite { site: site.clone(), by: who.clone(), link: link.clone(), days: 9 },
            MailKind::InviteReminder { site: site.clone(), link: link.clone(), until: text("9 May 2027") },
            MailKind::AlsoAccess { site: site.clone(), link: link.clone() },
            MailKind::PasswordLink { link: link.clone(), minutes: 77 },
            MailKind::PasswordChanged { happened: happened.clone(), first: false, link: link.clone() },
            MailKind::PasswordChanged { happened: happened.clone(), first: true, link: String::new() },
            MailKind::KeyAdded { key: key.clone(), happened: happened.clone() },
            MailKind::KeyCopied { key: key.clone(), happened: happened.clone() },
            MailKind::KeyChanged { key, verb: text("suspended"), happened: happened.clone() },
            MailKind::SecurityCode { code: code.clone() },
            MailKind::ConfirmAddress { code: code.clone() },
            MailKind::AddressChanging { new: account.clone(), link: link.clone() },
            MailKind::RecoveryUsed { who: who.clone() },
            MailKind::RecoveryUsed { who: String::new() },
            MailKind::PassUsed { who: who.clone() },
            MailKind::PassMade { who: who.clone(), by: account.clone() },
            MailKind::PassMade { who: String::new(), by: account.clone() },
            MailKind::LinkPrinted { who: who.clone(), by: account.clone() },
            MailKind::LinkPrinted { who: String::new(), by: account.clone() },
            MailKind::AppAsks { app: who.clone(), link: link.clone() },
            MailKind::RecoveryMade { happened: happened.clone() },
            MailKind::KeyRenamed { from: text("KEY"), to: who.clone(), happened: happened.clone() },
            MailKind::Joined { kept: who.clone(), other: account.clone() },
            MailKind::OwnerCameBack { who: who.clone(), trust: text("TRUST") },
            MailKind::Rescue {
                who: who.clone(),
                site: site.clone(),
                ready: Timestamp(1_800_000_000),
                link: link.clone(),
            },
            MailKind::Rescue {
                who: who.clone(),
                site: site.clone(),
                ready: Timestamp(1_800_000_000),
                link: String::new(),
            },
            MailKind::Bounced { site: site.clone(), who: who.clone(), link: link.clone() },
            MailKind::LinkCode { code, provider: provider.clone(), account: account.clone() },
            MailKind::AccountLinked { provider, account, verb: text("linked") },
            MailKind::NewBrowser { happened },
            MailKind::SomebodyTried,
            MailKind::WrongCodes,
            MailKind::AccessChanged { site: site.clone(), changes: changes(&who, &text("KEY")) },
            MailKind::AccessRestored,
            MailKind::RoleChanged { trust: text("TRUST"), who: who.clone(), role: text("KEY"), given: true },
            MailKind::RoleChanged { trust: text("TRUST"), who: who.clone(), role: text("KEY"), given: false },
            MailKind::AccessRefused { site: site.clone(), reason: who.clone() },
            MailKind::EndsSoon { site: site.clone(), last_day: text("9 May 2027"), weekday: text("Sunday") },
            MailKind::EndsSoon { site: site.clone(), last_day: text("9 May 2027"), weekday: String::new() },
            MailKind::AccessEnded { site: site.clone() },
            MailKind::ApprovalNeeded { site: site.clone(), link: link.clone() },
            MailKind::CheckAddress {
                site: site.clone(),
                who: who.clone(),
                account: text("ACCOUNT"),
                link: link.clone(),
            },
            MailKind::AccessAsked { site, who: who.clone(), reason: text("REASON"), link },
            MailKind::SiteDown { site: text("SITE"), since: Timestamp(1_800_000_000) },
            MailKind::SupportRequest {
                reference: text("REF"),
                site: text("SITE"),
                who: who.clone(),
                agent: text("AGENT"),
                from: who,
                text: text("TEXT"),
            },
        ]
    }

    #[test]
    fn every_mail_says_the_same_in_each_language() {
        for kind in samples() {
            let (english, welsh) = (words_of(&kind, Language::En), words_of(&kind, Language::Cy));
            assert_eq!(english.paragraphs.len(), welsh.paragraphs.len(), "{kind:?}");
            assert_eq!(english.action.is_some(), welsh.action.is_some(), "{kind:?}");
            let all = |words: &Words| format!("{} {} {:?}", words.subject, words.paragraphs.join(" "), words.action);
            let (english, welsh) = (all(&english), all(&welsh));
            assert_ne!(english, welsh, "{kind:?}");
            for part in ["SITE", "https://l.example/x", "WHO", "KEY", "123456", "PROVIDER", "ACCOUNT", "AGENT", "TRUST"]
            {
                assert_eq!(english.contains(part), welsh.contains(part), "{part}: {kind:?}");
            }
        }
    }

    #[test]
    fn subjects_give_no_code_away() {
        for kind in samples() {
            for language in Language::ALL {
                assert!(!words_of(&kind, language).subject.contains("123456"), "{kind:?}");
            }
        }
    }
}

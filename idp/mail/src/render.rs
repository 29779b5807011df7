//! From words to a message: plain text and simple HTML that say the same.

use askama::Template;
use idp_store::Mail;

use crate::words::{before_address, greeting, words_of};

/// A message that is ready to be sent.
#[derive(Clone, Debug)]
pub struct Rendered {
    /// Where it goes.
    pub to: String,
    /// What the sender is called.
    pub sender: String,
    /// By which a report that it did not arrive is known to be about it; empty until it is sent.
    pub receipt: String,
    /// Its subject.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// The same in HTML.
    pub html: String,
}

#[derive(Template)]
#[template(path = "mail.html")]
struct Html<'a> {
    lang: &'static str,
    /// What stands before the address of the button.
    copy: &'static str,
    subject: &'a str,
    greeting: &'a str,
    paragraphs: &'a [String],
    action: Option<(&'a str, &'a str)>,
}

/// Renders a mail. Names and texts of people are escaped in the HTML.
pub fn render(mail: &Mail) -> Rendered {
    let words = words_of(&mail.what, mail.language);
    let subject = plain(&words.subject);
    let greeting = greeting(&mail.name, mail.language);
    let action = words.action.as_ref().map(|(label, link)| (*label, link.as_str()));
    let mut text = format!("{greeting}\n\n{}\n", words.paragraphs.join("\n\n"));
    if let Some((label, link)) = action {
        text = format!("{text}\n{label}:\n{link}\n");
    }
    text.push_str("\nLanyard\n");
    let (lang, copy) = (mail.language.code(), before_address(mail.language));
    let html = Html { lang, copy, subject: &subject, greeting: &greeting, paragraphs: &words.paragraphs, action };
    let html = html.render().unwrap_or_default();
    Rendered { to: mail.to.clone(), sender: sender_of(&mail.sender), receipt: String::new(), subject, text, html }
}

/// What the sender is called who writes in the name of a site; of none, Lanyard itself.
pub(crate) fn sender_of(site: &str) -> String {
    if site.is_empty() { "Lanyard".to_owned() } else { format!("Lanyard – {}", plain(site)) }
}

/// Without the characters that would begin another line of a header.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use idp_domain::Language;
    use idp_store::mails::MailKind;

    #[test]
    fn a_20_a_name_with_markup_stays_text() {
        let what = MailKind::Invite {
            days: 14,
            site: "Larkmoor <b>".into(),
            by: "<script>x</script>".into(),
            link: "https://id.example/link?token=a&b".into(),
        };
        let mail = render(&Mail {
            to: "a@b.example".into(),
            name: "<i>\r\nBcc: c@d.example".into(),
            what,
            language: Language::En,
            sender: "Larkmoor\r\nBcc: e@f.example".into(),
            person: None,
        });
        assert_eq!(mail.sender, "Lanyard – LarkmoorBcc: e@f.example");
        assert!(!mail.html.contains("<script>") && !mail.html.contains("<i>"));
        assert!(!mail.subject.contains('\n') && !mail.subject.contains('\r'));
        assert!(mail.text.contains("https://id.example/link?token=a&b"));
    }
}

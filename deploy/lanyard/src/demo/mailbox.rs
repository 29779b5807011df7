//! `mail.lanyard.localhost`: every mail that was sent, newest first.

use std::io::Write;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use axum::Router;
use axum::extract::State;
use axum::response::Html;
use axum::routing::get;
use idp_mail::{Deliver, Rendered, Undelivered};

use super::html::{safe, simple};

/// A mailbox that keeps everything, in memory and in a file.
#[derive(Clone)]
pub struct Mailbox {
    mails: Arc<Mutex<Vec<(String, String, String)>>>,
    file: Arc<PathBuf>,
}

impl Mailbox {
    /// Opens the file; what cannot be read is left out.
    pub fn open(file: PathBuf) -> Self {
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        let mails = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        Self { mails: Arc::new(Mutex::new(mails)), file: Arc::new(file) }
    }

    /// Recipient, subject and text of all mails, oldest first.
    pub fn all(&self) -> Vec<(String, String, String)> {
        self.mails.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn router(&self) -> Router {
        Router::new().route("/", get(list)).with_state(self.clone())
    }
}

#[async_trait]
impl Deliver for Mailbox {
    async fn deliver(&self, mail: &Rendered) -> Result<(), Undelivered> {
        let later = |error: std::io::Error| Undelivered::ForNow(error.to_string());
        let kept = (mail.to.clone(), mail.subject.clone(), mail.text.clone());
        let line = serde_json::to_string(&kept).map_err(|error| Undelivered::ForNow(error.to_string()))?;
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(&*self.file).map_err(later)?;
        writeln!(file, "{line}").map_err(later)?;
        self.mails.lock().unwrap_or_else(PoisonError::into_inner).push(kept);
        Ok(())
    }
}

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:820px;margin:24px auto;padding:0 16px;color:#14232b;background:#f3f1ec}\
    h1{font-size:1.4rem}article{background:#fff;border:1px solid #d9d4c8;border-radius:10px;padding:14px 18px;margin:0 0 14px}\
    h2{font-size:1.05rem;margin:0}p{margin:.2em 0 .8em;color:#4b5b65}pre{white-space:pre-wrap;font:inherit;margin:0;overflow-wrap:anywhere}a{color:#0b5e63}\
    @media (prefers-color-scheme:dark){body{color:#edf1f0;background:#10191d}article{background:#18242a;border-color:#33444b}p{color:#a9b7bb}a{color:#58c3bd}}";

async fn list(State(mailbox): State<Mailbox>) -> Html<String> {
    let mails = mailbox.all();
    let body: Vec<String> = mails
        .iter()
        .rev()
        .map(|(to, subject, text)| {
            let linked: Vec<String> = text
                .lines()
                .map(|line| {
                    let link = line.starts_with("http://") || line.starts_with("https://");
                    if link { format!("<a href=\"{0}\">{0}</a>", safe(line)) } else { safe(line) }
                })
                .collect();
            format!(
                "<article><h2>{}</h2><p>To {}</p><pre>{}</pre></article>",
                safe(subject),
                safe(to),
                linked.join("\n")
            )
        })
        .collect();
    let none = "<p>No mail yet.</p>".to_owned();
    let body = if body.is_empty() { none } else { body.concat() };
    simple(
        "Demo mailbox",
        STYLE,
        &format!("<h1>Demo mailbox</h1><p>Every email that was sent, newest first.</p>{body}"),
    )
}

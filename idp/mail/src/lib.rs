//! Every e-mail as a value, its words, and the worker that sends the outbox.
//!
//! Subjects say nothing that may not stand on a whiteboard: no child, no content, no code. To add a mail: a variant in
//! `idp_store::mails::MailKind`, its words in each file of `words/`.

mod render;
pub mod returned;
mod smtp;
mod words;
mod worker;

pub use render::{Rendered, render};
pub use smtp::{Smtp, SmtpError};
pub use worker::{Deliver, Undelivered, Worker};

//! One question after a key was added or could not be used. The answer is counted; who gave it is not kept.

use axum::Form;
use axum::extract::State;
use axum::response::Response;
use idp_signin::throttle::within_budget;
use serde::Deserialize;

use super::attempt::own_path;
use crate::browser::Browser;
use crate::page::{Frame, Message, show};
use crate::{PageError, Web};

/// What is asked about.
const ABOUT: [&str; 2] = ["key-added", "key-failed"];
/// How many answers of one browser count in a day.
const MOST: i64 = 5;
/// In seconds.
const DAY: i64 = 24 * 3600;

#[derive(Deserialize)]
pub(crate) struct Answer {
    about: String,
    helpful: String,
    /// Where the person goes on.
    #[serde(default)]
    next: String,
}

pub(crate) async fn take(
    State(web): State<Web>,
    browser: Browser,
    Form(answer): Form<Answer>,
) -> Result<Response, PageError> {
    let helpful = match answer.helpful.as_str() {
        "yes" => true,
        "no" => false,
        _ => return Err(PageError::Incomplete),
    };
    let about = ABOUT.into_iter().find(|known| *known == answer.about).ok_or(PageError::Incomplete)?;
    let context = &web.signin.context;
    if within_budget(context, &format!("feedback:{}", browser.hash().0), MOST, DAY).await? {
        context.store.add_feedback(about, helpful, context.now()).await?;
    }
    show(&Message {
        frame: Frame::titled("Thank you"),
        paragraphs: vec!["Your answer is counted. We do not keep who gave it.".to_owned()],
        action: Some(("Carry on".to_owned(), own_path(&answer.next))),
        other: None,
    })
}

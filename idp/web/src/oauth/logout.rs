//! RP-Initiated Logout: with a true hint at once, without one after a question.

use axum::extract::{RawQuery, State};
use axum::response::Response;
use idp_oauth::params::Params;

use crate::browser::Visitor;
use crate::page::go;
use crate::signin::leave;
use crate::{PageError, Web};

pub(crate) async fn by_query(
    State(web): State<Web>,
    visitor: Visitor,
    RawQuery(raw): RawQuery,
) -> Result<Response, PageError> {
    run(&web, visitor, &raw.unwrap_or_default()).await
}

pub(crate) async fn by_form(State(web): State<Web>, visitor: Visitor, body: String) -> Result<Response, PageError> {
    run(&web, visitor, &body).await
}

async fn run(web: &Web, Visitor(visitor): Visitor, encoded: &str) -> Result<Response, PageError> {
    let params = Params::parse(encoded).unwrap_or_default();
    let logout = web.provider.logout(&params).await.map_err(|_| PageError::Unavailable)?;
    let target = logout.return_to.unwrap_or_else(|| "/signed-out".to_owned());
    let Some((session, _)) = visitor else { return Ok(go(&target)) };
    if logout.sid.as_deref() == Some(session.sid.as_str()) {
        return leave(web, &session, &target).await;
    }
    Ok(go("/signout"))
}

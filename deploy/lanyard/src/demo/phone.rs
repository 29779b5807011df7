//! `phone.lanyard.localhost`: a stand-in for an authenticator app, with the live codes of the demonstration's people.

use axum::Router;
use axum::extract::State;
use axum::response::Html;
use axum::routing::get;
use idp_domain::key::KeyKind;
use idp_signin::factors::soft_key::{SEAL, totp};
use idp_store::Context;

use super::html::{safe, simple};
use super::people::{PEOPLE, TRY};

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:460px;margin:0 auto;padding:20px 16px;color:#edf1f0;background:#10191d}\
    h1{font-size:1.3rem}li{list-style:none;background:#18242a;border-radius:12px;padding:12px 16px;margin:0 0 10px}ul{padding:0}\
    b{font:700 1.7rem/1.2 ui-monospace,monospace;letter-spacing:.12em;color:#58c3bd;display:block}p{color:#a9b7bb}";

pub(super) fn router(context: Context) -> Router {
    Router::new().route("/", get(codes)).with_state(context)
}

async fn codes(State(context): State<Context>) -> Html<String> {
    let now = context.now();
    let seconds = u64::try_from(now.0).unwrap_or(0);
    let mut list = String::new();
    let tried = |row: &&super::people::PersonRow| !TRY.iter().any(|(login, _)| *login == row.email);
    let mut rows: Vec<_> = PEOPLE.iter().collect();
    // Those whom the start of the demonstration names come first.
    rows.sort_by_key(tried);
    for row in rows {
        let Ok(Some(person)) = context.store.person_by_login(&row.email.to_lowercase()).await else { continue };
        for key in context.store.keys_of(person.id).await.unwrap_or_default() {
            let secret = (key.kind == KeyKind::Soft).then(|| context.vault.open(SEAL, &key.material)).flatten();
            if let Some(totp) = secret.and_then(|secret| totp(&secret, "demo")) {
                let code = totp.generate(seconds).to_string();
                let used = key.last_step >= i64::try_from(seconds / 30).unwrap_or(0);
                let note = if used { " · used, wait for the next" } else { "" };
                list.push_str(&format!(
                    "<li id=\"{}\">{} · {}<b>{} {}</b>{note}</li>",
                    safe(row.email),
                    safe(&person.full_name()),
                    safe(&key.name),
                    code.get(..3).unwrap_or_default(),
                    code.get(3..).unwrap_or_default()
                ));
            }
        }
    }
    let left = 30 - seconds % 30;
    simple(
        "Demo phone",
        STYLE,
        &format!(
            "<h1>Demo phone</h1><p>These codes work for {left} more seconds. In real life each person has their own phone.</p>\
             <ul>{list}</ul><script>setTimeout(() => location.reload(), {left} * 1000)</script>"
        ),
    )
}

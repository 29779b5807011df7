//! The bar's actions as a plain page, for people without JavaScript.

use http::{Response, StatusCode};

use crate::page::{escape, raw};
use crate::registry::Site;
use crate::session::Live;
use crate::words::{t, t1};
use crate::{Body, Inner};

pub(super) fn page(inner: &Inner, site: &Site, session: Option<&Live>) -> Response<Body> {
    let entry = &site.entry;
    let words = |english: &str| escape(&t(english));
    let button = |action: &str, class: &str, label: &str| {
        format!("<form method=\"post\" action=\"/.lanyard/{action}\"><button{class}>{}</button></form>", words(label))
    };
    let mut main = format!("<h1>{}</h1>", escape(&entry.name));
    match session {
        None => main.push_str(&format!(
            "<p>{}</p><p><a class=\"button\" href=\"/\">{}</a></p>",
            words("You are not signed in here."),
            words("Sign in")
        )),
        Some(live) => {
            let elevated = live.is_elevated(inner.ports.clock.now());
            let level = if elevated { "Signed in as {0}, elevated access." } else { "Signed in as {0}, base access." };
            main.push_str(&format!("<p>{}</p>", escape(&t1(level, &live.record.name))));
            if elevated {
                main.push_str(&button("drop", "", "Drop to base access"));
            } else if live.record.may_elevate {
                main.push_str(&button("elevate", "", "Elevate your access"));
            }
            main.push_str(&button("signout", " class=\"quiet\"", "Sign out"));
        }
    }
    let (email, phone) = (escape(&entry.support_email), escape(&entry.support_phone));
    main.push_str(&format!(
        "<p><a href=\"/\">{}</a></p><p><a href=\"/.lanyard/switch\">{}</a></p>\
         <p>{} <a href=\"mailto:{email}\">{email}</a>, {phone}</p>",
        words("Back to the site"),
        words("Switch site"),
        words("Contact support:"),
    ));
    raw(StatusCode::OK, &entry.name, &entry.colour, &main)
}

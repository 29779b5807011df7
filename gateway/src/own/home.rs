//! The bar's actions as a plain page, for people without JavaScript.

use http::{Response, StatusCode};

use crate::page::{escape, raw};
use crate::registry::Site;
use crate::session::Live;
use crate::{Body, Inner};

pub(super) fn page(inner: &Inner, site: &Site, session: Option<&Live>) -> Response<Body> {
    let entry = &site.entry;
    let mut main = format!("<h1>{}</h1>", escape(&entry.name));
    match session {
        None => main.push_str("<p>You are not signed in here.</p><p><a class=\"button\" href=\"/\">Sign in</a></p>"),
        Some(live) => {
            let elevated = live.is_elevated(inner.ports.clock.now());
            let level = if elevated { "elevated" } else { "base" };
            main.push_str(&format!("<p>Signed in as {}, {level} access.</p>", escape(&live.record.name)));
            if elevated {
                main.push_str(
                    "<form method=\"post\" action=\"/.lanyard/drop\"><button>Drop to base access</button></form>",
                );
            } else if live.record.may_elevate {
                main.push_str(
                    "<form method=\"post\" action=\"/.lanyard/elevate\"><button>Elevate your access</button></form>",
                );
            }
            main.push_str(
                "<form method=\"post\" action=\"/.lanyard/signout\"><button class=\"quiet\">Sign out</button></form>",
            );
        }
    }
    let (email, phone) = (escape(&entry.support_email), escape(&entry.support_phone));
    main.push_str(&format!(
        "<p><a href=\"/\">Back to the site</a></p><p><a href=\"/.lanyard/switch\">Switch site</a></p>\
         <p>Contact support: <a href=\"mailto:{email}\">{email}</a>, {phone}</p>"
    ));
    raw(StatusCode::OK, &entry.name, &entry.colour, &main)
}

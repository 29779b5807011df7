//! Day passes: letting somebody in who covers today, with a card to print.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use idp_directory::DirectoryError;
use idp_directory::day_passes::DayPassWish;
use idp_domain::{Slug, london};
use idp_signin::account::soft_key::qr_svg;

use super::wanted::Fields;
use super::{Admin, refused};
use crate::page::{Fault, Frame, form_head, grouped, show, show_with, shown};
use crate::{PageError, Web};

#[derive(Template)]
#[template(path = "admin_day_pass.html")]
struct Page {
    frame: Frame,
    tab: &'static str,
    sites: Vec<(String, String)>,
    typed: DayPassWish,
    faults: Vec<Fault>,
}

impl Page {
    fn is_site(&self, slug: &str) -> bool {
        self.typed.site.as_ref().is_some_and(|site| site.as_str() == slug)
    }
}

#[derive(Template)]
#[template(path = "admin_day_pass_made.html")]
struct Made {
    frame: Frame,
    tab: &'static str,
    name: String,
    site: String,
    code: String,
    address: String,
    qr: String,
    until: String,
    person: String,
}

pub(crate) async fn show_form(admin: Admin) -> Result<Response, PageError> {
    page(&admin, DayPassWish::default(), vec![])
}

fn page(admin: &Admin, typed: DayPassWish, faults: Vec<Fault>) -> Result<Response, PageError> {
    let (status, title) = form_head("Make a day pass", &faults);
    let sites = admin.asker.sites.iter().map(|seen| (seen.site.slug.to_string(), seen.site.name.clone())).collect();
    show_with(status, &Page { frame: admin.frame(&title), tab: "day-pass", sites, typed, faults })
}

pub(crate) async fn make(State(web): State<Web>, admin: Admin, body: String) -> Result<Response, PageError> {
    let fields = Fields::read(&body);
    let text = |name: &str| fields.one(name).to_owned();
    let wish = DayPassWish {
        site: Slug::parse(fields.one("site")).ok(),
        first_name: text("first_name"),
        last_name: text("last_name"),
        agency: text("agency"),
        contact: text("contact"),
        class: text("class"),
    };
    let made = match web.directory.make_day_pass(&admin.asker, &wish).await {
        Ok(made) => made,
        Err(DirectoryError::Faults(faults)) => return page(&admin, wish, shown(faults)),
        Err(other) => return Err(refused(other, "/admin/day-pass")),
    };
    let address = format!("{}/pass", web.signin.origin);
    show(&Made {
        frame: admin.frame("Day pass"),
        tab: "day-pass",
        name: made.person.full_name(),
        site: made.site.name,
        code: grouped(&made.code, 4),
        qr: qr_svg(&format!("{address}#{}", made.code)).unwrap_or_default(),
        address,
        until: london::show(made.until),
        person: made.person.id.to_string(),
    })
}

//! The pages of the school site.

use axum::response::Html;

use super::Staff;
use super::pupils::Record;
use crate::demo::data::SITES;
use crate::demo::html::{page, safe};

const STYLE: &str = include_str!("school.css");

fn shell(staff: &Staff, title: &str, main: &str) -> Html<String> {
    let name = SITES.iter().find(|site| site.slug == staff.site()).map_or("", |site| site.name);
    let admin = if staff.groups.iter().any(|group| group == "site-admin" || group == "office") {
        "<a href=\"/admin\">Admin area</a>"
    } else {
        ""
    };
    page(
        &format!("{title} – Harbour at {name}"),
        STYLE,
        &format!(
            "<header><div><strong>Harbour</strong><span>{}</span></div><nav aria-label=\"Harbour\"><a href=\"/\">Home</a><a \
             href=\"/concerns\">Record a concern</a><a href=\"/records\">Records</a>{admin}</nav></header><main>{main}</main>\
             <footer>Harbour is an invented product for this demonstration. No real child or school is in it.</footer>",
            safe(name)
        ),
    )
}

pub(super) fn home(staff: &Staff, own: &[(String, String)]) -> Html<String> {
    let list: String = own
        .iter()
        .rev()
        .map(|(pupil, text)| format!("<li><strong>{}</strong><span>{}</span></li>", safe(pupil), safe(text)))
        .collect();
    let list = if list.is_empty() {
        "<p class=\"soft\">Nothing yet today.</p>".to_owned()
    } else {
        format!("<ul class=\"list\">{list}</ul>")
    };
    shell(
        staff,
        "Home",
        &format!(
            "<h1>Good morning, {}</h1><div class=\"cards\"><a class=\"card main\" id=\"record\" href=\"/concerns\"><b>Record a \
             concern</b><span>Takes two minutes. The DSL is told at once.</span></a><a class=\"card\" id=\"read\" \
             href=\"/records\"><b>Records</b><span>Needs elevated access.</span></a></div><h2>What you recorded</h2>{list}",
            safe(staff.name.split_whitespace().next().unwrap_or("colleague"))
        ),
    )
}

pub(super) fn not_found(staff: &Staff) -> Html<String> {
    let main =
        "<h1>Page not found</h1><p>Check the address, or start from the home page.</p><p><a href=\"/\">Home</a></p>";
    shell(staff, "Page not found", main)
}

pub(super) fn concern(staff: &Staff, pupil: &str, text: &str) -> Html<String> {
    let again = if pupil.is_empty() && text.is_empty() {
        ""
    } else {
        "<p class=\"error\" role=\"alert\">Enter a name and what you saw or heard.</p>"
    };
    shell(
        staff,
        "Record a concern",
        &format!(
            "<h1>Record a concern</h1>{again}<form method=\"post\" action=\"/concerns\" id=\"concern\"><label for=\"pupil\">Pupil\
             </label><input id=\"pupil\" name=\"pupil\" value=\"{}\"><label for=\"text\">What you saw or heard</label><textarea \
             id=\"text\" name=\"text\" rows=\"7\">{}</textarea><button type=\"submit\">Save the concern</button></form>",
            safe(pupil),
            safe(text)
        ),
    )
}

pub(super) fn records(staff: &Staff, seen: &[Record]) -> Html<String> {
    let rows: String = seen
        .iter()
        .map(|record| {
            format!(
                "<tr><td><a href=\"/records/{}\">{}</a></td><td>{}</td><td>{}</td></tr>",
                record.id,
                safe(&record.pupil),
                safe(&record.class_name),
                record.category
            )
        })
        .collect();
    let body = if rows.is_empty() {
        "<p>You have no class yet. Ask the school office to add yours.</p>".to_owned()
    } else {
        format!(
            "<table><thead><tr><th>Pupil</th><th>Class</th><th>Category</th></tr></thead><tbody>{rows}</tbody></table>"
        )
    };
    shell(staff, "Records", &format!("<h1>Records</h1>{body}"))
}

pub(super) fn record(staff: &Staff, record: &Record) -> Html<String> {
    shell(
        staff,
        "Record",
        &format!(
            "<p class=\"soft\">{} · {}</p><h1>{}</h1><p id=\"note\">{}</p><p><a href=\"/records\">All records of your classes</a></p>",
            safe(&record.class_name),
            record.category,
            safe(&record.pupil),
            record.note
        ),
    )
}

pub(super) fn not_your_class(staff: &Staff, class: &str) -> Html<String> {
    shell(
        staff,
        "Not your class",
        &format!(
            "<h1>This record is not in your classes</h1><p>It belongs to {}. If you need it, talk to the DSL.</p><p><a \
             href=\"/records\">Records of your classes</a></p>",
            safe(class)
        ),
    )
}

pub(super) fn admin(staff: &Staff, classes: &[String]) -> Html<String> {
    let chips: String = classes.iter().map(|name| format!("<li>{}</li>", safe(name))).collect();
    shell(
        staff,
        "Admin area",
        &format!(
            "<h1>Admin area</h1><p>Settings of this site. People are managed in Lanyard.</p><h2>Classes</h2><ul class=\"chips\">{chips}</ul>"
        ),
    )
}

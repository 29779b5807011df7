//! No page is forgotten: each is looked at in Chromium, with axe-core, and each form of people is sent by a test that
//! has no scripts.

use super::words::{literals, pages};
use super::{files, root};

/// Routes that answer a GET with no page of their own: programs, files, or a way on.
const NO_PAGES: [&str; 21] = [
    "/.well-known/openid-configuration",
    "/.well-known/ssf-configuration",
    "/ssf/stream",
    "/ssf/status",
    "/jwks",
    "/userinfo",
    "/authorize",
    "/authorize/resume",
    "/logout",
    "/start",
    "/session",
    "/health/live",
    "/health/ready",
    "/gateway/v1/sites",
    "/signin/upstream/callback",
    "/static/keys.js",
    "/static/lanyard.css",
    "/static/session.js",
    "/static/switcher.js",
    "/static/told.js",
    "/static/sites/{file}",
];

/// Pages that are reached by doing something, with the name under which that is looked at.
const REACHED: [(&str, &str); 12] = [
    ("/signin/key", "use your key"),
    ("/signin/browser", "confirm this browser"),
    ("/link", "a link"),
    ("/consent", "agreement"),
    ("/me/join/other", "two identities, both proven"),
    ("/carry-on", "carry on"),
    ("/undo-address", "undo a change of address"),
    ("/rescue", "a rescue"),
    ("/admin/import/{import}", "an import"),
    ("/developers/apps/{app}", "an app"),
    ("/developers/apps/{app}/check", "a redirect address, checked"),
    ("/switcher", "the list of schools"),
];

fn routes_with(method: &str) -> Vec<String> {
    let mut found = Vec::new();
    for path in pages(&["idp/web/src"], "rs") {
        let code = std::fs::read_to_string(&path).unwrap();
        for route in code.split(".route(").skip(1) {
            let (name, rest) = route.split_once(',').unwrap();
            let handlers = rest.split(".route(").next().unwrap().split(";\n").next().unwrap();
            if handlers.contains(&format!("{method}(")) {
                found.extend(literals(name));
            }
        }
    }
    found
}

/// Whether a literal is an address of a route; `{x}` stands for one part.
fn is_of(route: &str, literal: &str) -> bool {
    let path = literal.split('?').next().unwrap().trim_start_matches("{id}").trim_start_matches("{}");
    let (mut wanted, mut given) = (route.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(wanted), Some(given)) if wanted == given || (wanted.starts_with('{') && !given.is_empty()) => {}
            _ => return false,
        }
    }
}

fn literals_of(folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    files(&root().join(folder), ".rs", &mut found);
    found.iter().flat_map(|path| literals(&std::fs::read_to_string(path).unwrap())).collect()
}

#[test]
fn every_page_is_looked_at_in_a_browser() {
    let looked_at = literals_of("tests/browser");
    let routes = routes_with("get");
    assert!(routes.len() > 70, "{routes:?}");
    let missing: Vec<_> = routes
        .iter()
        .filter(|route| !NO_PAGES.contains(&route.as_str()))
        .filter(|route| match REACHED.iter().find(|(reached, _)| reached == route) {
            Some((_, name)) => !looked_at.iter().any(|literal| literal == name),
            None => !looked_at.iter().any(|literal| is_of(route, literal)),
        })
        .collect();
    assert!(missing.is_empty(), "no browser test looks at {missing:#?}");
    let known = |route: &&str| routes.iter().any(|known| known == route);
    let over: Vec<_> = NO_PAGES.into_iter().chain(REACHED.map(|(route, _)| route)).filter(|one| !known(one)).collect();
    assert!(over.is_empty(), "no such routes: {over:?}");
}

/// The value of an attribute in the head of a tag; what a template fills in stands for anything.
fn attribute<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.split_once(&format!(" {name}=\""))?.1.split('"').next()
}

#[test]
fn every_form_of_people_is_sent_by_a_test_that_has_no_scripts() {
    let mut sent = Vec::new();
    for folder in ["tests/e2e", "tests/attacks", "tests/faults", "tests/harness"] {
        let mut found = Vec::new();
        files(&root().join(folder), ".rs", &mut found);
        for path in found {
            let code = std::fs::read_to_string(&path).unwrap();
            sent.extend(
                code.split("fill(")
                    .skip(1)
                    .filter_map(|call| literals(call.get(..200.min(call.len()))?).into_iter().next()),
            );
        }
    }
    let mut missing = Vec::new();
    let mut all = 0;
    for path in pages(&["idp/web/templates"], "html") {
        let name = path.file_name().unwrap().to_str().unwrap();
        // The answer to an app goes to the app; the forms of the console are sent by tests that put their names together.
        if name == "form_post.html" || name.starts_with("admin_") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        for form in text.split("<form").skip(1) {
            let head = form.split("novalidate").next().unwrap().split('\n').next().unwrap();
            let (id, action) = (attribute(head, "id"), attribute(head, "action").unwrap_or_default());
            all += 1;
            let named = |sent: &str| {
                id.is_some_and(|id| id == sent || id.split_once("{{").is_some_and(|(id, _)| sent.starts_with(id)))
            };
            let fits = |sent: &String| named(sent) || (sent.len() > 1 && action.ends_with(sent.as_str()));
            if !sent.iter().any(fits) {
                missing.push(format!("{name}: {action} {}", id.unwrap_or("")));
            }
        }
    }
    assert!(all > 50, "{all}");
    assert!(missing.is_empty(), "no test sends {missing:#?}");
}

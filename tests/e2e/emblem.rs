//! A school's emblem: given by its admin, shown where its name is, public as its name is.

use http::Method;
use tests::system::{JOSS, SAMINA};
use tests::{Browser, Page, System};

/// A red square of 32 by 32 pixels.
fn square() -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, 32, 32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&[200, 30, 40].repeat(32 * 32)).unwrap();
    writer.finish().unwrap();
    out
}

/// Sends a file as the form of the settings does.
async fn sent(system: &System, browser: &mut Browser, slug: &str, file: &[u8]) -> Page {
    let id = system.origin("id");
    let form = browser.open(&format!("{id}/admin/sites/larkmoor")).await;
    let whose =
        form.body.split("name=\"whose\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
    let mut body = format!(
        "--cut\r\nContent-Disposition: form-data; name=\"whose\"\r\n\r\n{whose}\r\n--cut\r\nContent-Disposition: form-data; \
         name=\"emblem\"; filename=\"x.png\"\r\nContent-Type: image/png\r\n\r\n"
    )
    .into_bytes();
    body.extend(file);
    body.extend(b"\r\n--cut--\r\n");
    let headers = [("content-type", "multipart/form-data; boundary=cut"), ("accept", "text/html"), ("origin", &id)];
    browser.send_bytes(Method::POST, &format!("{id}/admin/sites/{slug}/emblem"), body, &headers).await
}

#[tokio::test]
async fn an_emblem_is_shown_where_the_schools_name_is() {
    let system = System::start().await;
    let id = system.origin("id");
    let mut joss = system.admin(JOSS).await;
    let css = async || system.browser().open(&format!("{id}/static/sites/larkmoor.css")).await.body;
    assert!(!css().await.contains(".png"));
    let kept = sent(&system, &mut joss, "larkmoor", &square()).await;
    assert_eq!((kept.status, kept.location()), (303, "/admin/sites/larkmoor"), "{}", kept.body);
    let css = css().await;
    let address = css.split("url(").nth(1).unwrap().split(')').next().unwrap().to_owned();
    let picture = system.browser().open(&format!("{id}{address}")).await;
    assert_eq!((picture.status, picture.header("content-type")), (200, "image/png"));
    assert_eq!(picture.header("x-content-type-options"), "nosniff");
    let page = system.browser().open(&format!("{}/", system.origin("larkmoor"))).await;
    assert!(
        page.body.contains("/static/sites/larkmoor.css") && page.body.contains("class=\"emblem\""),
        "{}",
        page.body
    );
    let page = joss.open(&format!("{id}/admin/sites/larkmoor")).await;
    joss.fill(&page, "emblem-gone", &[]).await;
    assert_eq!(system.browser().open(&format!("{id}{address}")).await.status, 404);
}

#[tokio::test]
async fn b_13_only_pictures_and_only_of_ones_own_school() {
    let system = System::start().await;
    let mut joss = system.admin(JOSS).await;
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>";
    for (file, words) in [(svg.as_slice(), "must be a PNG picture"), (b"", "Choose a picture")] {
        let page = sent(&system, &mut joss, "larkmoor", file).await;
        assert!(page.status == 422 && page.body.contains(words), "{words}: {} {}", page.status, page.body);
    }
    assert_eq!(sent(&system, &mut joss, "quillbrook", &square()).await.status, 404, "another school");
    let mut samina = system.admin(SAMINA).await;
    let refused = sent(&system, &mut samina, "larkmoor", &square()).await;
    assert!(refused.status == 404 || refused.status == 403, "{}", refused.status);
    let none = system.browser().open(&format!("{}/static/sites/larkmoor.png", system.origin("id"))).await;
    assert_eq!(none.status, 404, "nothing was kept");
}

//! F-01 for the ways back: a password by a mailed link, a temporary pass, new recovery codes.

use tests::Browser;
use tests::system::{CALLUM, JOSS, SAMINA};

use super::writes::{Owner, at_each_write, build, database_of, killed_at, printed};
use super::{NEW, PASSWORD, Victim, arrived, code, mails, sign_in, until};

#[tokio::test]
async fn f_01_a_password_is_set_by_a_link_at_no_write_by_half() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    build(folder);
    let (mut now, mut next) = (PASSWORD.to_owned(), NEW.to_owned());
    at_each_write("a password by link", Victim::start(folder).await, async |victim, writes| {
        sqlx::query("DELETE FROM failures").execute(&mut database_of(folder).await).await.unwrap();
        let links = || mails(folder, SAMINA).into_iter().filter(|(.., text)| text.contains("/link?token=")).count();
        let before = links();
        let mut browser = victim.browser();
        let form = browser.open(&format!("{}/first-time", victim.id())).await;
        browser.fill(&form, "first-time", &[("email", SAMINA)]).await;
        until("no link", || links() > before).await;
        let mail = mails(folder, SAMINA).into_iter().rfind(|(.., text)| text.contains("/link?token=")).unwrap();
        let token = mail.2.split("/link?token=").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
        let fields = [("token", token.as_str()), ("password", next.as_str())];
        let round = killed_at((folder, SAMINA), victim, writes, (browser, "/link/password", &fields)).await;
        let (_, with_new) = sign_in(&round.victim, SAMINA, &next).await;
        let (_, with_old) = sign_in(&round.victim, SAMINA, &now).await;
        assert_ne!(arrived(&with_old), arrived(&with_new), "write {writes}: exactly one password works");
        assert!(!round.acknowledged() || arrived(&with_new), "write {writes}: what was acknowledged is lost");
        assert!(round.news || !arrived(&with_new), "write {writes}: the notice is lost");
        let page = round.victim.browser().open(&format!("{}/link?token={token}", round.victim.id())).await;
        assert_eq!(page.status == 410, arrived(&with_new), "write {writes}: the link is spent with it: {}", page.body);
        if arrived(&with_new) {
            std::mem::swap(&mut now, &mut next);
        }
        (round.victim, round.died)
    })
    .await;
}

/// A pass for Joss, made by an identity admin who has used a key.
async fn pass(victim: &Victim, callum: &mut Browser) -> String {
    let id = victim.id();
    let mut page = callum.post(&format!("{id}/admin/pass"), &[("login", JOSS), ("seen", "face")]).await;
    if !page.body.contains("id=\"code\">") {
        let asked = callum.open(&format!("{id}/signin?next=/admin/pass&key=1")).await;
        callum.fill(&asked, "key", &[("code", &code(victim, CALLUM).await)]).await;
        page = callum.post(&format!("{id}/admin/pass"), &[("login", JOSS), ("seen", "face")]).await;
    }
    page.body.split("id=\"code\">").nth(1).unwrap().split('<').next().unwrap().to_owned()
}

#[tokio::test]
async fn f_01_a_temporary_pass_is_used_at_no_write_by_half() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    build(folder);
    let victim = Victim::start(folder).await;
    let (mut callum, _) = sign_in(&victim, CALLUM, PASSWORD).await;
    at_each_write("the use of a pass", victim, async |victim, writes| {
        let pass = pass(&victim, &mut callum).await;
        let (browser, _) = sign_in(&victim, JOSS, PASSWORD).await;
        let round = killed_at((folder, JOSS), victim, writes, (browser, "/signin/lost", &[("pass", &pass)])).await;
        let (mut again, _) = sign_in(&round.victim, JOSS, PASSWORD).await;
        let page = again.post(&format!("{}/signin/lost", round.victim.id()), &[("pass", &pass)]).await;
        let works = page.body.contains("You are back");
        assert!(!(round.acknowledged() && works), "write {writes}: it worked before and after the crash");
        assert!(round.news || works, "write {writes}: whoever came back is not told");
        (round.victim, round.died)
    })
    .await;
}

#[tokio::test]
async fn f_01_recovery_codes_are_made_at_no_write_by_half() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    build(folder);
    let victim = Victim::start(folder).await;
    let mut owner = Owner::with_codes(folder, &victim).await;
    at_each_write("making recovery codes", victim, async |victim, writes| {
        let browser = owner.back(&victim).await;
        // One was used: then it shows which set there is.
        let used =
            "UPDATE recovery_codes SET used_at = 1 WHERE fingerprint = (SELECT MIN(fingerprint) FROM recovery_codes)";
        sqlx::query(used).execute(&mut database_of(folder).await).await.unwrap();
        let before = owner.codes.len() - 1;
        let made = killed_at((folder, JOSS), victim, writes, (browser.clone(), "/me/recovery-codes", &[])).await;
        let (victim, acknowledged) = (&made.victim, made.acknowledged());
        let mut browser = browser;
        let page = browser.open(&format!("{}/me/keys", victim.id())).await;
        let left = |count: usize| page.body.contains(&format!("You have {count} recovery codes left"));
        assert!(left(8) || left(before), "write {writes}: all of the old ones or all of the new: {}", page.body);
        assert!(!acknowledged || left(8), "write {writes}: what was acknowledged is lost");
        assert!(made.news || !left(8), "write {writes}: word of new codes is lost");
        // Whoever has not seen the new ones makes others.
        owner.codes = printed(&browser.post(&format!("{}/me/recovery-codes", victim.id()), &[]).await);
        assert_eq!(owner.codes.len(), 8);
        (made.victim, made.died)
    })
    .await;
}

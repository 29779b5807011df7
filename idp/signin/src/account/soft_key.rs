//! Adding a soft key: a secret that is shown once, a code that confirms it.

use idp_domain::key::KeyKind;
use idp_domain::person::Person;
use idp_domain::session::Session;
use idp_domain::{KeyId, Secret};

use super::keys::{AddFault, checked_name};
use crate::factors::soft_key::{self, SEAL};
use crate::{Refusal, SignIn, throttle};

/// What the page that adds a soft key shows. The secret is shown this once.
pub struct NewSoftKey {
    /// Names the pending key in the form.
    pub token: Secret,
    /// The secret, in base32.
    pub secret: String,
    /// QR code of the `otpauth:` address, SVG.
    pub qr: String,
}

impl SignIn {
    /// Begins adding a soft key.
    pub async fn begin_soft_key(&self, session: &Session, person: &Person) -> Result<NewSoftKey, AddFault> {
        self.require_fresh(session, person).await?;
        let mut secret = [0_u8; 20];
        self.context.random.fill(&mut secret);
        let sealed = self.context.vault.seal(SEAL, &secret);
        let token = self.keep_pending(session, KeyKind::Soft, sealed).await?;
        offered(person, token, &secret)
    }

    /// Shows a pending soft key once more after a wrong code.
    pub async fn pending_soft_key(
        &self,
        session: &Session,
        person: &Person,
        token: &str,
    ) -> Result<NewSoftKey, AddFault> {
        let pending = self.pending(session, token).await?;
        let secret = self.context.vault.open(SEAL, &pending.material).ok_or(AddFault::Expired)?;
        offered(person, Secret::presented(token), &secret)
    }

    /// Saves a soft key if the code is right. The code is used up by it, and proves the key.
    pub async fn add_soft_key(
        &self,
        session: &Session,
        person: &Person,
        form: (&str, &str, &str),
    ) -> Result<KeyId, AddFault> {
        let (token, name, code) = form;
        let name = checked_name(name)?;
        let pending = self.pending(session, token).await?;
        let counter = format!("code:{}", person.id);
        self.take_code(person, &counter).await?;
        let now = self.context.now();
        let secret = self.context.vault.open(SEAL, &pending.material).ok_or(AddFault::Expired)?;
        let Some(step) = soft_key::step_of(&secret, code, now) else {
            let drift = self.drift(person, |then| soft_key::is_of(&secret, code, then)).await?;
            return Err(drift.map_or(Refusal::Wrong, Refusal::Drift).into());
        };
        throttle::succeeded(&self.context, &counter).await?;
        if !self.context.store.short.take_attempt(&Secret::presented(token).hash()).await? {
            return Err(AddFault::Expired);
        }
        self.save_new_key((person, session), (KeyKind::Soft, name), (pending.material, step), None).await
    }
}

/// What the page shows of a pending key.
fn offered(person: &Person, token: Secret, secret: &[u8]) -> Result<NewSoftKey, AddFault> {
    let totp = soft_key::totp(secret, &person.login()).ok_or(AddFault::Expired)?;
    let url = totp.to_url().map_err(|_| AddFault::Expired)?;
    Ok(NewSoftKey { token, secret: totp.secret().to_base32(), qr: qr_svg(&url).unwrap_or_default() })
}

/// A QR code as SVG to be put into a page.
pub fn qr_svg(text: &str) -> Option<String> {
    let code = qrcode::QrCode::new(text.as_bytes()).ok()?;
    let svg = code
        .render::<qrcode::render::svg::Color<'_>>()
        .min_dimensions(200, 200)
        .dark_color(qrcode::render::svg::Color("#000"))
        .light_color(qrcode::render::svg::Color("#fff"))
        .build();
    Some(svg.split_once("?>").map_or(svg.as_str(), |(_, rest)| rest).to_owned())
}

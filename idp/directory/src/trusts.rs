//! What a trust sets for everybody who belongs to it. Stricter settings hold at once; looser ones wait for a second person.

use idp_domain::TrustId;
use idp_domain::audit::AuditEntry;
use idp_domain::trust::{Helpdesk, Trust, TrustDraft, TrustSettings};
use idp_store::{Effects, Signal};

use crate::Directory;
use crate::apps::changed_meanwhile;
use crate::asker::Asker;
use crate::error::{DirectoryError, Result, refuse_faults};

impl Directory {
    /// The trusts whose settings the asker may change.
    pub async fn trusts(&self, asker: &Asker) -> Result<Vec<Trust>> {
        let mut trusts = Vec::new();
        for id in &asker.trusts {
            trusts.extend(self.context.store.trust(*id).await?);
        }
        Ok(trusts)
    }

    /// One of them.
    pub async fn trust(&self, asker: &Asker, id: TrustId) -> Result<Trust> {
        if !asker.trusts.contains(&id) {
            return Err(DirectoryError::NotFound);
        }
        self.context.store.trust(id).await?.ok_or(DirectoryError::NotFound)
    }

    /// Saves settings. Whatever is stricter holds at once; whatever is looser waits as a draft. Answers whether something
    /// waits.
    pub async fn save_trust(&self, asker: &Asker, id: TrustId, settings: TrustSettings) -> Result<bool> {
        let trust = self.trust(asker, id).await?;
        asker.must_be_elevated()?;
        refuse_faults(settings.faults())?;
        let waits = settings.is_looser_than(trust.settings);
        let draft = waits.then(|| TrustDraft {
            settings,
            by: asker.person,
            by_name: asker.name.clone(),
            at: self.context.now(),
        });
        let verb = if waits { "asked to change" } else { "changed" };
        let sentence = format!("{} {verb} the settings of {}", asker.name, trust.name);
        let trust = Trust { settings: settings.and(trust.settings), draft, ..trust };
        self.keep_trust(asker, &trust, sentence).await?;
        Ok(waits)
    }

    /// Puts looser settings into force as they were `seen`, or drops them. Nobody approves what they asked for; anybody may
    /// drop it.
    pub async fn decide_trust(&self, asker: &Asker, id: TrustId, (approve, seen): (bool, &str)) -> Result<()> {
        let trust = self.trust(asker, id).await?;
        asker.must_be_elevated()?;
        let draft = trust.draft.clone().ok_or(DirectoryError::NotFound)?;
        if approve && draft.by == asker.person {
            return Err(DirectoryError::own_wish());
        }
        if approve && seen != seen_as(&draft) {
            return Err(changed_meanwhile());
        }
        let verb = if approve { "approved" } else { "refused" };
        let sentence = format!("{} {verb} what {} asked for at {}", asker.name, draft.by_name, trust.name);
        let settings = if approve { draft.settings } else { trust.settings };
        self.keep_trust(asker, &Trust { settings, draft: None, ..trust }, sentence).await
    }

    /// Says where the helpdesk of a trust can be reached. It opens nothing, so one person may.
    pub async fn save_helpdesk(&self, asker: &Asker, id: TrustId, helpdesk: Helpdesk) -> Result<()> {
        let trust = self.trust(asker, id).await?;
        asker.must_be_elevated()?;
        refuse_faults(helpdesk.faults())?;
        let sentence = format!("{} changed where the helpdesk of {} can be reached", asker.name, trust.name);
        let effects = self.about_trust(asker, &trust, sentence);
        Ok(self.context.store.save_helpdesk(trust.id, &helpdesk, effects).await?)
    }

    async fn keep_trust(&self, asker: &Asker, trust: &Trust, sentence: String) -> Result<()> {
        let effects = self.about_trust(asker, trust, sentence).signal(Signal::RegistryChange);
        Ok(self.context.store.save_trust(trust, effects).await?)
    }

    fn about_trust(&self, asker: &Asker, trust: &Trust, sentence: String) -> Effects {
        let entry = AuditEntry::new(self.context.now(), "trust.changed", sentence).by(asker.person);
        Effects::audit(entry.in_trust(Some(trust.id)))
    }
}

/// What an approval is about: another draft, even of the same person, is another one.
pub fn seen_as(draft: &TrustDraft) -> String {
    let (floor, numbers) = (draft.settings.key_floor.word(), draft.settings.numbers());
    format!("{} {} {floor} {numbers:?}", draft.by, draft.at.0)
}

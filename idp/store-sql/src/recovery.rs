//! Codes that are used once: printed cards, recovery codes, temporary passes; and the holds that follow a pass.

use async_trait::async_trait;
use idp_domain::key::Key;
use idp_domain::{KeyId, PersonId, SecretHash, Timestamp};
use idp_store::cards::Cards;
use idp_store::recovery::{Pass, Recovery};
use idp_store::sessions::Comeback;
use idp_store::{Effects, Result};

use crate::lane::Change;
use crate::pool::SqlStore;
use crate::proofs::{is_back, put_key};
use crate::row::{Columns, problem};

#[async_trait]
impl Cards for SqlStore {
    async fn add_card(&self, key: &Key, codes: &[SecretHash], effects: Effects) -> Result<()> {
        let mut transaction = self.begin().await?;
        put_key(&mut transaction, key, None).await?;
        is_back(&mut transaction, key.person).await?;
        for code in codes {
            sqlx::query("INSERT INTO card_codes (fingerprint, key_id) VALUES ($1, $2)")
                .bind(&code.0)
                .bind(key.id.to_string())
                .execute(&mut transaction)
                .await
                .map_err(problem)?;
        }
        self.put(&mut transaction, effects).await?;
        transaction.commit().await
    }

    async fn use_card_code(&self, person: PersonId, code: &SecretHash, now: Timestamp) -> Result<Option<KeyId>> {
        let mut transaction = self.begin().await?;
        let used = sqlx::query(
            "UPDATE card_codes SET used_at = $3 WHERE fingerprint = $1 AND used_at IS NULL AND key_id IN \
             (SELECT id FROM keys WHERE person_id = $2 AND suspended_at IS NULL) RETURNING key_id",
        )
        .bind(&code.0)
        .bind(person.to_string())
        .bind(now.0)
        .fetch_optional(&mut transaction)
        .await
        .map_err(problem)?;
        let Some(row) = used else { return Ok(None) };
        let card: KeyId = row.parsed("key_id")?;
        sqlx::query("UPDATE keys SET last_used_at = $2 WHERE id = $1")
            .bind(card.to_string())
            .bind(now.0)
            .execute(&mut transaction)
            .await
            .map_err(problem)?;
        transaction.commit().await?;
        Ok(Some(card))
    }

    async fn card_codes_left(&self, card: KeyId) -> Result<i64> {
        self.count("SELECT count(*) AS n FROM card_codes WHERE key_id = $1 AND used_at IS NULL", &card.to_string())
            .await
    }
}

/// Adds a pass; the person's older unused ones stop working.
pub(crate) async fn put_pass(transaction: &mut Change, pass: &Pass) -> Result<()> {
    sqlx::query("DELETE FROM passes WHERE person_id = $1 AND used_at IS NULL")
        .bind(pass.person.to_string())
        .execute(&mut *transaction)
        .await
        .map_err(problem)?;
    sqlx::query("INSERT INTO passes (fingerprint, person_id, issued_by, place, expires_at) VALUES ($1, $2, $3, $4, $5)")
        .bind(&pass.fingerprint.0)
        .bind(pass.person.to_string())
        .bind(pass.issued_by.to_string())
        .bind(&pass.place)
        .bind(pass.expires_at.0)
        .execute(&mut *transaction)
        .await
        .map_err(problem)
        .map(|_| ())
}

/// Uses a code up by `spend` and gives the session its new cookie; false, and nothing is to be committed, when either is
/// not to be had.
async fn come_back(
    transaction: &mut Change,
    spend: &'static str,
    comeback: Comeback<'_>,
    code: &SecretHash,
) -> Result<bool> {
    let Comeback { person, session, cookie, at } = comeback;
    let using = sqlx::query(spend).bind(&code.0).bind(person.to_string()).bind(at.0);
    if using.fetch_optional(&mut *transaction).await.map_err(problem)?.is_none() {
        return Ok(false);
    }
    let turned = sqlx::query(
        "UPDATE sessions SET hash = $2, recovered_at = $3 WHERE hash = $1 AND person_id = $4 RETURNING person_id",
    )
    .bind(&session.0)
    .bind(&cookie.0)
    .bind(at.0)
    .bind(person.to_string());
    Ok(turned.fetch_optional(&mut *transaction).await.map_err(problem)?.is_some())
}

#[async_trait]
impl Recovery for SqlStore {
    async fn replace_recovery_codes(&self, person: PersonId, codes: &[SecretHash], effects: Effects) -> Result<()> {
        let mut transaction = self.begin().await?;
        sqlx::query("DELETE FROM recovery_codes WHERE person_id = $1")
            .bind(person.to_string())
            .execute(&mut transaction)
            .await
            .map_err(problem)?;
        for code in codes {
            sqlx::query("INSERT INTO recovery_codes (fingerprint, person_id) VALUES ($1, $2)")
                .bind(&code.0)
                .bind(person.to_string())
                .execute(&mut transaction)
                .await
                .map_err(problem)?;
        }
        self.put(&mut transaction, effects).await?;
        transaction.commit().await
    }

    async fn recovery_codes_left(&self, person: PersonId) -> Result<i64> {
        let sql = "SELECT count(*) AS n FROM recovery_codes WHERE person_id = $1 AND used_at IS NULL";
        self.count(sql, &person.to_string()).await
    }

    async fn use_recovery_code(&self, comeback: Comeback<'_>, code: &SecretHash, effects: Effects) -> Result<bool> {
        let mut transaction = self.begin().await?;
        let spend = "UPDATE recovery_codes SET used_at = $3 WHERE fingerprint = $1 AND person_id = $2 AND used_at IS NULL \
                     RETURNING person_id";
        if !come_back(&mut transaction, spend, comeback, code).await? {
            return Ok(false);
        }
        self.put(&mut transaction, effects).await?;
        transaction.commit().await?;
        Ok(true)
    }

    async fn add_pass(&self, pass: &Pass, effects: Effects) -> Result<()> {
        let mut transaction = self.begin().await?;
        put_pass(&mut transaction, pass).await?;
        self.put(&mut transaction, effects).await?;
        transaction.commit().await
    }

    async fn use_pass(
        &self,
        comeback: Comeback<'_>,
        code: &SecretHash,
        (holds, effects): (&[String], Effects),
    ) -> Result<bool> {
        let mut transaction = self.begin().await?;
        let spend = "UPDATE passes SET used_at = $3 WHERE fingerprint = $1 AND person_id = $2 AND used_at IS NULL \
                     AND expires_at > $3 RETURNING person_id";
        if !come_back(&mut transaction, spend, comeback, code).await? {
            return Ok(false);
        }
        for place in holds {
            sqlx::query("INSERT INTO holds (person_id, place, since) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
                .bind(comeback.person.to_string())
                .bind(place)
                .bind(comeback.at.0)
                .execute(&mut transaction)
                .await
                .map_err(problem)?;
        }
        self.put(&mut transaction, effects).await?;
        transaction.commit().await?;
        Ok(true)
    }

    async fn open_pass(&self, person: PersonId, now: Timestamp) -> Result<Option<Pass>> {
        let row = sqlx::query("SELECT * FROM passes WHERE person_id = $1 AND used_at IS NULL AND expires_at > $2")
            .bind(person.to_string())
            .bind(now.0)
            .fetch_optional(&self.read)
            .await
            .map_err(problem)?;
        row.as_ref().map(pass).transpose()
    }

    async fn holds_of(&self, person: PersonId) -> Result<Vec<String>> {
        let rows = sqlx::query("SELECT place FROM holds WHERE person_id = $1 ORDER BY place")
            .bind(person.to_string())
            .fetch_all(&self.read)
            .await
            .map_err(problem)?;
        rows.iter().map(|row| row.text("place")).collect()
    }

    async fn lift_hold(&self, person: PersonId, place: &str, effects: Effects) -> Result<bool> {
        let statement = sqlx::query("DELETE FROM holds WHERE person_id = $1 AND place = $2 RETURNING place");
        self.settle(statement.bind(person.to_string()).bind(place.to_owned()), effects).await
    }
}

fn pass(row: &sqlx::any::AnyRow) -> Result<Pass> {
    Ok(Pass {
        fingerprint: SecretHash(row.text("fingerprint")?),
        person: row.parsed("person_id")?,
        issued_by: row.parsed("issued_by")?,
        place: row.text("place")?,
        expires_at: row.time("expires_at")?,
    })
}

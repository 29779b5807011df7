//! The sealed codes of a trust's owners.

use async_trait::async_trait;
use idp_domain::{SecretHash, Timestamp, TrustId};
use idp_store::owner_kit::{OwnerKit, WayBack};
use idp_store::{Effects, Result};

use crate::pool::SqlStore;
use crate::proofs::put_link;
use crate::recovery::put_pass;
use crate::row::{Columns, problem};

#[async_trait]
impl OwnerKit for SqlStore {
    async fn replace_owner_codes(
        &self,
        trust: TrustId,
        codes: &[SecretHash; 3],
        now: Timestamp,
        effects: Effects,
    ) -> Result<()> {
        let mut transaction = self.begin().await?;
        sqlx::query("DELETE FROM owner_codes WHERE trust_id = $1")
            .bind(trust.to_string())
            .execute(&mut transaction)
            .await
            .map_err(problem)?;
        for code in codes {
            sqlx::query("INSERT INTO owner_codes (fingerprint, trust_id, made_at) VALUES ($1, $2, $3)")
                .bind(&code.0)
                .bind(trust.to_string())
                .bind(now.0)
                .execute(&mut transaction)
                .await
                .map_err(problem)?;
        }
        self.put(&mut transaction, effects).await?;
        transaction.commit().await
    }

    async fn owner_codes_made(&self, trust: TrustId) -> Result<Option<Timestamp>> {
        sqlx::query("SELECT max(made_at) AS made_at FROM owner_codes WHERE trust_id = $1")
            .bind(trust.to_string())
            .fetch_one(&self.read)
            .await
            .map_err(problem)?
            .maybe_time("made_at")
    }

    async fn open_owner_kit(
        &self,
        trust: TrustId,
        codes: &[SecretHash; 2],
        way: &WayBack,
        effects: Effects,
    ) -> Result<bool> {
        let [first, second] = codes;
        let mut transaction = self.begin().await?;
        // Each row is taken away at most once, so the same code twice is one, and two consoles at once share no code.
        let taken = sqlx::query(
            "DELETE FROM owner_codes WHERE trust_id = $1 AND fingerprint IN ($2, $3) RETURNING fingerprint",
        )
        .bind(trust.to_string())
        .bind(&first.0)
        .bind(&second.0)
        .fetch_all(&mut transaction)
        .await
        .map_err(problem)?;
        if taken.len() != 2 {
            return Ok(false);
        }
        let person = way.link.person.to_string();
        let after = [
            ("DELETE FROM owner_codes WHERE trust_id = $1", trust.to_string()),
            ("DELETE FROM sessions WHERE person_id = $1", person.clone()),
            ("UPDATE people SET epoch = epoch + 1 WHERE id = $1", person.clone()),
        ];
        for (sql, id) in after {
            sqlx::query(sql).bind(id).execute(&mut transaction).await.map_err(problem)?;
        }
        sqlx::query("UPDATE keys SET suspended_at = $2 WHERE person_id = $1 AND suspended_at IS NULL")
            .bind(person)
            .bind(way.link.created_at.0)
            .execute(&mut transaction)
            .await
            .map_err(problem)?;
        put_link(&mut transaction, &way.link).await?;
        put_pass(&mut transaction, &way.pass).await?;
        self.put(&mut transaction, effects).await?;
        transaction.commit().await?;
        Ok(true)
    }
}

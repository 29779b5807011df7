//! Who vouches at the console, and who comes back.

use async_trait::async_trait;
use idp_domain::{PersonId, SecretHash, Timestamp};
use idp_store::recovery::Pass;
use idp_store::rescues::{Rescue, Rescues};
use idp_store::{Effects, Result};
use sqlx::any::AnyRow;

use crate::pool::SqlStore;
use crate::recovery::put_pass;
use crate::row::{Columns, problem};

#[async_trait]
impl Rescues for SqlStore {
    async fn add_supporter(&self, name: &str, code: &SecretHash, now: Timestamp) -> Result<()> {
        let mut transaction = self.begin().await?;
        sqlx::query("DELETE FROM supporters WHERE name = $1")
            .bind(name)
            .execute(&mut transaction)
            .await
            .map_err(problem)?;
        sqlx::query("INSERT INTO supporters (fingerprint, name, added_at) VALUES ($1, $2, $3)")
            .bind(&code.0)
            .bind(name)
            .bind(now.0)
            .execute(&mut transaction)
            .await
            .map_err(problem)?;
        transaction.commit().await
    }

    async fn supporters(&self, codes: &[SecretHash; 2]) -> Result<Vec<String>> {
        let [first, second] = codes;
        let rows = sqlx::query("SELECT name FROM supporters WHERE fingerprint IN ($1, $2) ORDER BY name")
            .bind(&first.0)
            .bind(&second.0)
            .fetch_all(&self.read)
            .await
            .map_err(problem)?;
        rows.iter().map(|row| row.text("name")).collect()
    }

    async fn ask_rescue(&self, rescue: &Rescue, effects: Effects) -> Result<bool> {
        let statement = sqlx::query(
            "INSERT INTO rescues (person_id, site_id, vouched_by, token, asked_at, ready_at) \
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING RETURNING person_id",
        )
        .bind(rescue.person.to_string())
        .bind(rescue.site.to_string())
        .bind(&rescue.vouched_by)
        .bind(&rescue.token.0)
        .bind(rescue.asked_at.0)
        .bind(rescue.ready_at.0);
        self.settle(statement, effects).await
    }

    async fn rescue_of(&self, person: PersonId) -> Result<Option<Rescue>> {
        let row = sqlx::query("SELECT * FROM rescues WHERE person_id = $1")
            .bind(person.to_string())
            .fetch_optional(&self.read)
            .await
            .map_err(problem)?;
        row.as_ref().map(rescue).transpose()
    }

    async fn rescue_by(&self, token: &SecretHash) -> Result<Option<Rescue>> {
        let row = sqlx::query("SELECT * FROM rescues WHERE token = $1")
            .bind(&token.0)
            .fetch_optional(&self.read)
            .await
            .map_err(problem)?;
        row.as_ref().map(rescue).transpose()
    }

    async fn hasten_rescue(&self, token: &SecretHash, now: Timestamp, effects: Effects) -> Result<bool> {
        let sql = "UPDATE rescues SET ready_at = $2 WHERE token = $1 AND ready_at > $2 RETURNING person_id";
        self.settle(sqlx::query(sql).bind(&token.0).bind(now.0), effects).await
    }

    async fn stop_rescue(&self, token: &SecretHash, effects: Effects) -> Result<bool> {
        let statement = sqlx::query("DELETE FROM rescues WHERE token = $1 RETURNING person_id").bind(&token.0);
        self.settle(statement, effects).await
    }

    async fn finish_rescue(&self, pass: &Pass, now: Timestamp, effects: Effects) -> Result<bool> {
        let mut transaction = self.begin().await?;
        let ended = sqlx::query("DELETE FROM rescues WHERE person_id = $1 AND ready_at <= $2 RETURNING person_id")
            .bind(pass.person.to_string())
            .bind(now.0)
            .fetch_optional(&mut transaction)
            .await
            .map_err(problem)?;
        if ended.is_none() {
            return Ok(false);
        }
        put_pass(&mut transaction, pass).await?;
        self.put(&mut transaction, effects).await?;
        transaction.commit().await?;
        Ok(true)
    }
}

fn rescue(row: &AnyRow) -> Result<Rescue> {
    Ok(Rescue {
        person: row.parsed("person_id")?,
        site: row.parsed("site_id")?,
        vouched_by: row.text("vouched_by")?,
        token: SecretHash(row.text("token")?),
        asked_at: row.time("asked_at")?,
        ready_at: row.time("ready_at")?,
    })
}

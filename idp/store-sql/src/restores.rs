//! Giving suspended people their access back.

use async_trait::async_trait;
use idp_domain::PersonId;
use idp_store::restores::{Restore, Restores};
use idp_store::{Effects, Result};

use crate::pool::SqlStore;
use crate::row::{Columns, problem};

#[async_trait]
impl Restores for SqlStore {
    async fn ask_restore(&self, restore: &Restore, effects: Effects) -> Result<bool> {
        let statement = sqlx::query(
            "INSERT INTO restores (person_id, asked_by, asked_name, asked_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT DO NOTHING RETURNING person_id",
        )
        .bind(restore.person.to_string())
        .bind(restore.by.to_string())
        .bind(restore.by_name.clone())
        .bind(restore.at.0);
        self.settle(statement, effects).await
    }

    async fn restore_asked(&self, person: PersonId) -> Result<Option<Restore>> {
        let row = sqlx::query("SELECT * FROM restores WHERE person_id = $1")
            .bind(person.to_string())
            .fetch_optional(&self.read)
            .await
            .map_err(problem)?;
        row.map(|row| {
            Ok(Restore {
                person: row.parsed("person_id")?,
                by: row.parsed("asked_by")?,
                by_name: row.text("asked_name")?,
                at: row.time("asked_at")?,
            })
        })
        .transpose()
    }

    async fn restore(&self, person: PersonId, by: PersonId, effects: Effects) -> Result<bool> {
        let mut transaction = self.begin().await?;
        let wish = sqlx::query("DELETE FROM restores WHERE person_id = $1 AND asked_by <> $2 RETURNING person_id")
            .bind(person.to_string())
            .bind(by.to_string())
            .fetch_optional(&mut transaction)
            .await
            .map_err(problem)?;
        if wish.is_none() {
            return Ok(false);
        }
        // One whose identity was joined to another has none to come back to.
        let sql = "UPDATE people SET status = 'active', epoch = epoch + 1 WHERE id = $1 AND status = 'suspended' RETURNING id";
        let back = sqlx::query(sql).bind(person.to_string()).fetch_optional(&mut transaction).await.map_err(problem)?;
        if back.is_none() {
            return Ok(false);
        }
        self.put(&mut transaction, effects).await?;
        transaction.commit().await?;
        Ok(true)
    }

    async fn drop_restore(&self, person: PersonId, effects: Effects) -> Result<bool> {
        let statement = sqlx::query("DELETE FROM restores WHERE person_id = $1 RETURNING person_id");
        self.settle(statement.bind(person.to_string()), effects).await
    }
}

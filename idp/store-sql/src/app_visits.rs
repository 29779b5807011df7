//! Visits to apps, and the sign-outs of which they are told.

use async_trait::async_trait;
use idp_domain::{PersonId, Timestamp};
use idp_store::app_visits::AppVisits;
use idp_store::outbox::Claimed;
use idp_store::{Effects, Outgoing, Result};

use crate::outbox::DELIVERED;
use crate::pool::SqlStore;
use crate::row::{Columns, problem};

#[async_trait]
impl AppVisits for SqlStore {
    async fn app_visited(&self, client: &str, (person, sid): (PersonId, &str), now: Timestamp) -> Result<()> {
        sqlx::query(
            "INSERT INTO app_visits (client_id, sid, person_id, visited_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (client_id, sid) DO UPDATE SET visited_at = excluded.visited_at",
        )
        .bind(client)
        .bind(sid)
        .bind(person.to_string())
        .bind(now.0)
        .execute(&self.write)
        .await
        .map_err(problem)
        .map(|_| ())
    }

    async fn apps_visited(&self, sid: &str) -> Result<Vec<String>> {
        let rows = sqlx::query("SELECT client_id FROM app_visits WHERE sid = $1 ORDER BY client_id")
            .bind(sid)
            .fetch_all(&self.read)
            .await
            .map_err(problem)?;
        rows.iter().map(|row| row.text("client_id")).collect()
    }

    async fn spread_sign_out(&self, entry: &Claimed, now: Timestamp) -> Result<()> {
        let mut transaction = self.begin().await?;
        if let Outgoing::SignOut { person, sid } = &entry.outgoing {
            let rows = sqlx::query(
                "DELETE FROM app_visits WHERE person_id = $1 AND ($2 = '' OR sid = $2) AND visited_at <= $3 \
                 RETURNING client_id, sid",
            )
            .bind(person.to_string())
            .bind(sid.clone().unwrap_or_default())
            .bind(entry.created_at.0)
            .fetch_all(&mut transaction)
            .await
            .map_err(problem)?;
            let mut effects = Effects::none();
            for row in &rows {
                let (client, sid) = (row.text("client_id")?, row.text("sid")?);
                effects.outgoing.push(Outgoing::AppSignOut { client, person: *person, sid });
            }
            self.put(&mut transaction, effects).await?;
        }
        sqlx::query(DELIVERED).bind(&entry.id).bind(now.0).execute(&mut transaction).await.map_err(problem)?;
        transaction.commit().await
    }
}

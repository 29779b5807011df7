//! Addresses at which mail does not arrive.

use async_trait::async_trait;
use idp_store::bounces::{Bounce, Bounces};
use idp_store::{Effects, Result};

use crate::pool::SqlStore;
use crate::row::{Columns, problem};

#[async_trait]
impl Bounces for SqlStore {
    async fn give_up(&self, id: Option<&str>, bounce: &Bounce, effects: Effects) -> Result<bool> {
        let mut transaction = self.begin().await?;
        sqlx::query("UPDATE outbox SET delivered_at = $2, sealed = NULL, problem = $3 WHERE id = $1")
            .bind(id)
            .bind(bounce.at.0)
            .bind(&bounce.problem)
            .execute(&mut transaction)
            .await
            .map_err(problem)?;
        let news = sqlx::query(
            "INSERT INTO bounces (address, at, problem) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING address",
        )
        .bind(&bounce.address)
        .bind(bounce.at.0)
        .bind(&bounce.problem)
        .fetch_optional(&mut transaction)
        .await
        .map_err(problem)?
        .is_some();
        if news {
            self.put(&mut transaction, effects).await?;
        }
        transaction.commit().await?;
        Ok(news)
    }

    async fn arrived(&self, address: &str) -> Result<()> {
        let statement = sqlx::query("DELETE FROM bounces WHERE address = $1").bind(address);
        statement.execute(&self.write).await.map_err(problem).map(|_| ())
    }

    async fn bounces_of(&self, addresses: &[String]) -> Result<Vec<Bounce>> {
        let rows = self.rows_in("SELECT * FROM bounces WHERE address IN ({})", addresses).await?;
        rows.iter()
            .map(|row| Ok(Bounce { address: row.text("address")?, at: row.time("at")?, problem: row.text("problem")? }))
            .collect()
    }
}

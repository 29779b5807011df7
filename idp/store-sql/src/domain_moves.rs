//! Everybody of a trust gets an address at another domain, in one transaction.

use async_trait::async_trait;
use idp_domain::site::Site;
use idp_domain::{Timestamp, TrustId};
use idp_store::addresses::AddressChange;
use idp_store::domain_moves::{DomainMove, DomainMoves};
use idp_store::{Effects, Result};
use sqlx::any::AnyRow;

use crate::account::{change_of, put_change};
use crate::places::put_site;
use crate::pool::SqlStore;
use crate::row::{Columns, problem};

#[async_trait]
impl DomainMoves for SqlStore {
    async fn ask_domain_move(&self, wish: &DomainMove, effects: Effects) -> Result<()> {
        let mut transaction = self.begin().await?;
        sqlx::query("DELETE FROM domain_moves WHERE trust_id = $1 AND done_at IS NULL")
            .bind(wish.trust.to_string())
            .execute(&mut transaction)
            .await
            .map_err(problem)?;
        sqlx::query(
            "INSERT INTO domain_moves (id, trust_id, old_domain, new_domain, asked_by, asked_name, asked_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(&wish.id)
        .bind(wish.trust.to_string())
        .bind(&wish.old)
        .bind(&wish.new)
        .bind(wish.by.0.to_string())
        .bind(&wish.by.1)
        .bind(wish.asked_at.0)
        .execute(&mut transaction)
        .await
        .map_err(problem)?;
        self.put(&mut transaction, effects).await?;
        transaction.commit().await
    }

    async fn domain_move(&self, trust: TrustId, done: bool) -> Result<Option<DomainMove>> {
        let sql = match done {
            true => {
                "SELECT * FROM domain_moves WHERE trust_id = $1 AND done_at IS NOT NULL ORDER BY done_at DESC LIMIT 1"
            }
            false => {
                "SELECT * FROM domain_moves WHERE trust_id = $1 AND done_at IS NULL ORDER BY asked_at DESC LIMIT 1"
            }
        };
        let row = sqlx::query(sql).bind(trust.to_string()).fetch_optional(&self.read).await.map_err(problem)?;
        row.as_ref().map(domain_move).transpose()
    }

    async fn drop_domain_move(&self, id: &str, effects: Effects) -> Result<bool> {
        let statement = sqlx::query("DELETE FROM domain_moves WHERE id = $1 AND done_at IS NULL RETURNING id");
        self.settle(statement.bind(id.to_owned()), effects).await
    }

    async fn do_domain_move(
        &self,
        (id, at): (&str, Timestamp),
        changes: &[AddressChange],
        sites: &[Site],
        effects: Effects,
    ) -> Result<bool> {
        let mut transaction = self.begin().await?;
        let ours = sqlx::query("UPDATE domain_moves SET done_at = $2 WHERE id = $1 AND done_at IS NULL RETURNING id")
            .bind(id)
            .bind(at.0)
            .fetch_optional(&mut transaction)
            .await
            .map_err(problem)?;
        if ours.is_none() {
            return Ok(false);
        }
        for change in changes {
            put_change(&mut transaction, self.new_id(), change, Some(id)).await?;
        }
        for site in sites {
            put_site(&mut transaction, site).await?;
        }
        self.put(&mut transaction, effects).await?;
        transaction.commit().await?;
        Ok(true)
    }

    async fn changes_of_move(&self, id: &str) -> Result<Vec<AddressChange>> {
        let rows =
            sqlx::query("SELECT * FROM address_changes WHERE domain_move = $1 AND undone_at IS NULL ORDER BY id")
                .bind(id)
                .fetch_all(&self.read)
                .await
                .map_err(problem)?;
        rows.iter().map(change_of).collect()
    }

    async fn end_domain_move(&self, id: &str, at: Timestamp, sites: &[Site], effects: Effects) -> Result<bool> {
        let mut transaction = self.begin().await?;
        let ours = sqlx::query(
            "UPDATE domain_moves SET undone_at = $2 WHERE id = $1 AND done_at IS NOT NULL AND undone_at IS NULL RETURNING id",
        )
        .bind(id)
        .bind(at.0)
        .fetch_optional(&mut transaction)
        .await
        .map_err(problem)?;
        if ours.is_none() {
            return Ok(false);
        }
        for site in sites {
            put_site(&mut transaction, site).await?;
        }
        self.put(&mut transaction, effects).await?;
        transaction.commit().await?;
        Ok(true)
    }
}

fn domain_move(row: &AnyRow) -> Result<DomainMove> {
    Ok(DomainMove {
        id: row.text("id")?,
        trust: row.parsed("trust_id")?,
        old: row.text("old_domain")?,
        new: row.text("new_domain")?,
        by: (row.parsed("asked_by")?, row.text("asked_name")?),
        asked_at: row.time("asked_at")?,
        done_at: row.maybe_time("done_at")?,
        undone_at: row.maybe_time("undone_at")?,
    })
}

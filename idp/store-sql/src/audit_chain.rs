//! The chain over the audit log.

use async_trait::async_trait;
use idp_domain::audit_chain::{Head, Link, Logged};
use idp_store::Result;
use idp_store::audit_chain::{AuditChain, Chained};
use sqlx::any::AnyRow;

use crate::outbox::entry;
use crate::pool::SqlStore;
use crate::row::{Columns, problem};

const HOUR: i64 = 3600;

#[async_trait]
impl AuditChain for SqlStore {
    async fn chain_entries(&self, limit: i64) -> Result<Option<Link>> {
        let mut transaction = self.begin().await?;
        let newest = sqlx::query("SELECT * FROM audit_chain ORDER BY seq DESC LIMIT 1")
            .fetch_optional(&mut transaction)
            .await
            .map_err(problem)?;
        let mut newest = newest.as_ref().map(link).transpose()?;
        let rows = sqlx::query("SELECT * FROM audit WHERE seq IS NULL ORDER BY id LIMIT $1")
            .bind(limit)
            .fetch_all(&mut transaction)
            .await
            .map_err(problem)?;
        for row in &rows {
            let logged = logged(row)?;
            let link = Link::after(newest.as_ref(), &logged);
            let ours = sqlx::query(
                "INSERT INTO audit_chain (seq, at, digest, link, signin) VALUES ($1, $2, $3, $4, $5) \
                 ON CONFLICT DO NOTHING RETURNING seq",
            )
            .bind(link.seq)
            .bind(link.at.0)
            .bind(&link.digest)
            .bind(&link.link)
            .bind(i64::from(link.signin))
            .fetch_optional(&mut transaction)
            .await
            .map_err(problem)?;
            if ours.is_none() {
                // Another node chains; what it leaves waits for the next round.
                return Ok(None);
            }
            sqlx::query("UPDATE audit SET seq = $2 WHERE id = $1")
                .bind(&logged.id)
                .bind(link.seq)
                .execute(&mut transaction)
                .await
                .map_err(problem)?;
            newest = Some(link);
        }
        transaction.commit().await?;
        Ok(newest.filter(|_| !rows.is_empty()))
    }

    async fn chained(&self, after: i64, limit: i64) -> Result<Vec<Chained>> {
        let rows = sqlx::query("SELECT * FROM audit_chain WHERE seq > $1 ORDER BY seq LIMIT $2")
            .bind(after)
            .bind(limit)
            .fetch_all(&self.read)
            .await
            .map_err(problem)?;
        let links = rows.iter().map(link).collect::<Result<Vec<_>>>()?;
        let until = links.last().map_or(after, |link| link.seq);
        let rows = sqlx::query("SELECT * FROM audit WHERE seq > $1 AND seq <= $2 ORDER BY seq")
            .bind(after)
            .bind(until)
            .fetch_all(&self.read)
            .await
            .map_err(problem)?;
        let mut kept = Vec::with_capacity(rows.len());
        for row in &rows {
            kept.push((row.int("seq")?, logged(row)?));
        }
        let mut kept = kept.into_iter().peekable();
        Ok(links
            .into_iter()
            .map(|link| (kept.next_if(|(seq, _)| *seq == link.seq).map(|(_, own)| own), link))
            .map(|(own, link)| (link, own))
            .collect())
    }

    async fn newest_link(&self) -> Result<Option<Link>> {
        let newest =
            sqlx::query("SELECT * FROM audit_chain ORDER BY seq DESC LIMIT 1").fetch_optional(&self.read).await;
        newest.map_err(problem)?.as_ref().map(link).transpose()
    }

    async fn add_head(&self, head: &Head) -> Result<()> {
        let mut transaction = self.begin().await?;
        sqlx::query("DELETE FROM audit_heads WHERE at / $2 = $1 / $2 AND seq < $3")
            .bind(head.at.0)
            .bind(HOUR)
            .bind(head.seq)
            .execute(&mut transaction)
            .await
            .map_err(problem)?;
        sqlx::query("INSERT INTO audit_heads (seq, at, signed) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
            .bind(head.seq)
            .bind(head.at.0)
            .bind(&head.signed)
            .execute(&mut transaction)
            .await
            .map_err(problem)?;
        transaction.commit().await
    }

    async fn heads(&self, from: i64) -> Result<Vec<Head>> {
        let rows = sqlx::query("SELECT * FROM audit_heads WHERE seq >= $1 ORDER BY seq")
            .bind(from)
            .fetch_all(&self.read)
            .await
            .map_err(problem)?;
        rows.iter()
            .map(|row| Ok(Head { seq: row.int("seq")?, at: row.time("at")?, signed: row.text("signed")? }))
            .collect()
    }
}

fn link(row: &AnyRow) -> Result<Link> {
    Ok(Link {
        seq: row.int("seq")?,
        at: row.time("at")?,
        signin: row.int("signin")? == 1,
        digest: row.text("digest")?,
        link: row.text("link")?,
    })
}

fn logged(row: &AnyRow) -> Result<Logged> {
    Ok(Logged { id: row.text("id")?, entry: entry(row)? })
}

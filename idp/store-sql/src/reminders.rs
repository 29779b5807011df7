//! What somebody was reminded of.

use async_trait::async_trait;
use idp_domain::Timestamp;
use idp_domain::membership::Membership;
use idp_store::links::Link;
use idp_store::reminders::{Reminder, Reminders};
use idp_store::{Effects, Result};

use crate::pool::SqlStore;
use crate::proofs::{link, put_link};
use crate::row::{Columns, placeholders, problem};

#[async_trait]
impl Reminders for SqlStore {
    async fn open_invites(&self, before: Timestamp, now: Timestamp, limit: i64) -> Result<Vec<Link>> {
        let rows = sqlx::query(
            "SELECT * FROM links WHERE invite = 1 AND spent_at IS NULL AND replaced_at IS NULL AND created_at <= $1 \
             AND expires_at > $2 ORDER BY id LIMIT $3",
        )
        .bind(before.0)
        .bind(now.0)
        .bind(limit)
        .fetch_all(&self.read)
        .await
        .map_err(problem)?;
        rows.iter().map(link).collect()
    }

    async fn ending(
        &self,
        kind: &str,
        (from, until): (Timestamp, Timestamp),
        (now, made_before): (Timestamp, Timestamp),
        limit: i64,
    ) -> Result<Vec<Membership>> {
        let rows = sqlx::query(
            "SELECT id FROM memberships m WHERE status = 'active' AND ends_at > $1 AND ends_at <= $2 AND created_at <= $3 \
             AND (starts_at IS NULL OR starts_at <= $4) AND NOT EXISTS (SELECT 1 FROM reminders r WHERE r.kind = $5 \
             AND r.subject = m.id AND r.about = m.ends_at) ORDER BY ends_at LIMIT $6",
        )
        .bind(from.0)
        .bind(until.0)
        .bind(made_before.0)
        .bind(now.0)
        .bind(kind)
        .bind(limit)
        .fetch_all(&self.read)
        .await
        .map_err(problem)?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let ids = rows.iter().map(|row| row.text("id")).collect::<Result<Vec<_>>>()?;
        self.memberships_where(&format!("m.id IN ({})", placeholders(1, ids.len())), &ids).await
    }

    async fn reminded(&self, reminder: &Reminder) -> Result<bool> {
        let row = sqlx::query("SELECT sent_at FROM reminders WHERE kind = $1 AND subject = $2 AND about = $3")
            .bind(reminder.kind)
            .bind(&reminder.subject)
            .bind(reminder.about.0)
            .fetch_optional(&self.read)
            .await
            .map_err(problem)?;
        Ok(row.is_some())
    }

    async fn remind(
        &self,
        reminder: &Reminder,
        now: Timestamp,
        (link, effects): (Option<&Link>, Effects),
    ) -> Result<bool> {
        let mut transaction = self.begin().await?;
        let first = sqlx::query(
            "INSERT INTO reminders (kind, subject, about, sent_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING \
             RETURNING kind",
        )
        .bind(reminder.kind)
        .bind(&reminder.subject)
        .bind(reminder.about.0)
        .bind(now.0)
        .fetch_optional(&mut transaction)
        .await
        .map_err(problem)?;
        if first.is_none() {
            return Ok(false);
        }
        if let Some(link) = link {
            put_link(&mut transaction, link).await?;
        }
        self.put(&mut transaction, effects).await?;
        transaction.commit().await?;
        Ok(true)
    }
}

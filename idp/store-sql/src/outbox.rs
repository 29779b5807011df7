//! Effects of a change, the outbox and the audit log.

use async_trait::async_trait;
use idp_domain::audit::AuditEntry;
use idp_domain::id::uuid_v7;
use idp_domain::{PersonId, Timestamp};
use idp_store::audit::{Audit, AuditQuery, Retention};
use idp_store::outbox::{Claimed, Outbox};
use idp_store::{Effects, Outgoing, Result, StreamEvent};
use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

use crate::lane::Change;
use crate::pool::SqlStore;
use crate::row::{Columns, corrupt, placeholders, problem};

/// Seconds until an entry that could not be read is looked at again.
const UNREADABLE: i64 = 3600;
const SEAL: &str = "outbox";
const ENQUEUE: &str = "INSERT INTO outbox (id, topic, sealed, due_at, tries, problem, created_at) \
                       VALUES ($1, $2, $3, $4, 0, '', $4)";
/// For an entry whose name says what it is: it may be there already.
const ENQUEUE_ONCE: &str = "INSERT INTO outbox (id, topic, sealed, due_at, tries, problem, created_at) \
                            VALUES ($1, $2, $3, $4, 0, '', $4) ON CONFLICT (id) DO NOTHING";
/// What was delivered is forgotten; a receipt stays.
pub(crate) const DELIVERED: &str = "UPDATE outbox SET delivered_at = $2, sealed = NULL, problem = '' WHERE id = $1";

impl SqlStore {
    /// Writes what follows from a change into its transaction.
    pub(crate) async fn put(&self, transaction: &mut Change, effects: Effects) -> Result<()> {
        let now = self.clock.now().0;
        for outgoing in effects.outgoing {
            self.enqueue(transaction, ENQUEUE, (&self.new_id(), now), &outgoing).await?;
        }
        for entry in effects.audit {
            sqlx::query(
                "INSERT INTO audit (id, at, event, actor_id, subject_id, site_id, trust_id, sentence) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            )
            .bind(self.new_id())
            .bind(entry.at.0)
            .bind(entry.event)
            .bind(entry.actor.map(|id| id.to_string()))
            .bind(entry.subject.map(|id| id.to_string()))
            .bind(entry.site.map(|id| id.to_string()))
            .bind(entry.trust.map(|id| id.to_string()))
            .bind(entry.sentence)
            .execute(&mut *transaction)
            .await
            .map_err(problem)?;
        }
        Ok(())
    }

    /// Puts one entry in, by one of the two statements for that.
    async fn enqueue(
        &self,
        transaction: &mut Change,
        statement: &'static str,
        (id, at): (&str, i64),
        outgoing: &Outgoing,
    ) -> Result<()> {
        sqlx::query(statement)
            .bind(id)
            .bind(outgoing.topic().into_owned())
            .bind(self.vault.seal(SEAL, &serde_json::to_vec(outgoing).map_err(corrupt)?))
            .bind(at)
            .execute(&mut *transaction)
            .await
            .map_err(problem)
            .map(|_| ())
    }

    pub(crate) fn new_id(&self) -> String {
        uuid_v7(&*self.clock, &*self.random).to_string()
    }

    fn claimed(&self, row: &AnyRow) -> Result<Claimed> {
        let plain =
            self.vault.open(SEAL, &row.bytes("sealed")?).ok_or_else(|| corrupt("outbox entry does not open"))?;
        Ok(Claimed {
            id: row.text("id")?,
            outgoing: serde_json::from_slice(&plain).map_err(corrupt)?,
            tries: row.int("tries")?,
            created_at: row.time("created_at")?,
        })
    }
}

#[async_trait]
impl Outbox for SqlStore {
    async fn record(&self, effects: Effects) -> Result<()> {
        let mut transaction = self.begin().await?;
        self.put(&mut transaction, effects).await?;
        transaction.commit().await
    }

    async fn claim(&self, topic: &str, now: Timestamp, lease: i64, limit: i64) -> Result<Vec<Claimed>> {
        // The inner condition is repeated outside: of two claimers that chose the same row, one finds it moved on.
        let rows = sqlx::query(
            "UPDATE outbox SET due_at = $2 + $3, tries = tries + 1 WHERE delivered_at IS NULL AND due_at <= $2 AND id IN \
             (SELECT id FROM outbox WHERE topic = $1 AND delivered_at IS NULL AND due_at <= $2 ORDER BY id LIMIT $4) \
             RETURNING id, sealed, tries, created_at",
        )
        .bind(topic)
        .bind(now.0)
        .bind(lease)
        .bind(limit)
        .fetch_all(&self.write)
        .await
        .map_err(problem)?;
        let mut claimed = Vec::new();
        for row in &rows {
            match self.claimed(row) {
                Ok(entry) => claimed.push(entry),
                // It does not hold up its neighbours, and waits for a version that can read it.
                Err(error) => self.postpone(&row.text("id")?, now.plus(UNREADABLE), &error.to_string()).await?,
            }
        }
        claimed.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(claimed)
    }

    async fn delivered(&self, id: &str, now: Timestamp) -> Result<()> {
        sqlx::query(DELIVERED).bind(id).bind(now.0).execute(&self.write).await.map_err(problem).map(|_| ())
    }

    async fn postpone(&self, id: &str, due: Timestamp, reason: &str) -> Result<()> {
        sqlx::query("UPDATE outbox SET due_at = $2, problem = $3 WHERE id = $1 AND delivered_at IS NULL")
            .bind(id)
            .bind(due.0)
            .bind(reason)
            .execute(&self.write)
            .await
            .map_err(problem)
            .map(|_| ())
    }

    async fn spread_signal(&self, entry: &Claimed, apps: &[(String, bool)]) -> Result<()> {
        let Outgoing::Signal(signal) = &entry.outgoing else { return Ok(()) };
        let mut transaction = self.begin().await?;
        for (client, push) in apps {
            let event = StreamEvent::Signal(signal.clone());
            let outgoing = Outgoing::StreamEvent { client: client.clone(), event, push: *push };
            let id = format!("{}.{client}", entry.id);
            self.enqueue(&mut transaction, ENQUEUE_ONCE, (&id, entry.created_at.0), &outgoing).await?;
        }
        transaction.commit().await
    }

    async fn streamed(&self, client: &str, limit: i64) -> Result<Vec<Claimed>> {
        let rows = sqlx::query(
            "SELECT id, sealed, tries, created_at FROM outbox WHERE topic = $1 AND delivered_at IS NULL ORDER BY id LIMIT $2",
        )
        .bind(Outgoing::asked_for(client))
        .bind(limit)
        .fetch_all(&self.read)
        .await
        .map_err(problem)?;
        rows.iter().map(|row| self.claimed(row)).collect()
    }

    async fn acknowledge(&self, client: &str, ids: &[String], now: Timestamp) -> Result<()> {
        let statement = format!("{DELIVERED} AND topic = $3 AND delivered_at IS NULL");
        let mut transaction = self.begin().await?;
        for id in ids {
            sqlx::query(AssertSqlSafe(statement.as_str()))
                .bind(id)
                .bind(now.0)
                .bind(Outgoing::asked_for(client))
                .execute(&mut transaction)
                .await
                .map_err(problem)?;
        }
        transaction.commit().await
    }

    async fn drop_stream(&self, client: &str) -> Result<()> {
        sqlx::query("DELETE FROM outbox WHERE topic = $1 AND delivered_at IS NULL")
            .bind(Outgoing::asked_for(client))
            .execute(&self.write)
            .await
            .map_err(problem)
            .map(|_| ())
    }

    async fn oldest_waiting(&self, topic: &str) -> Result<Option<Timestamp>> {
        sqlx::query("SELECT MIN(created_at) AS oldest FROM outbox WHERE topic = $1 AND delivered_at IS NULL")
            .bind(topic)
            .fetch_one(&self.read)
            .await
            .map_err(problem)?
            .maybe_time("oldest")
    }

    async fn waiting(&self, topic: &str) -> Result<i64> {
        sqlx::query("SELECT COUNT(*) AS waiting FROM outbox WHERE topic = $1 AND delivered_at IS NULL")
            .bind(topic)
            .fetch_one(&self.read)
            .await
            .map_err(problem)?
            .int("waiting")
    }
}

#[async_trait]
impl Audit for SqlStore {
    async fn audit(&self, query: &AuditQuery) -> Result<Vec<AuditEntry>> {
        let sql = format!(
            "SELECT * FROM audit WHERE (site_id IN ({}) OR (site_id IS NULL AND trust_id = $1)) \
             AND ($2 = '' OR subject_id = $2) AND ($3 = '' OR substr(event, 1, length($3)) = $3) ORDER BY id DESC LIMIT $4",
            if query.sites.is_empty() { "NULL".to_owned() } else { placeholders(5, query.sites.len()) }
        );
        let mut statement = sqlx::query(AssertSqlSafe(sql))
            .bind(query.trust.map(|id| id.to_string()).unwrap_or_default())
            .bind(query.subject.map(|id| id.to_string()).unwrap_or_default())
            .bind(&query.event)
            .bind(query.limit);
        for site in &query.sites {
            statement = statement.bind(site.to_string());
        }
        let rows = statement.fetch_all(&self.read).await.map_err(problem)?;
        rows.iter().map(entry).collect()
    }

    async fn forget(&self, retention: Retention) -> Result<u64> {
        let signin = "(substr(event, 1, 8) IN ('session.', 'browser.') OR event = 'site.opened')";
        let sql = format!(
            "DELETE FROM audit WHERE seq IS NOT NULL AND coalesce(trust_id, '') = $1 AND (({signin} AND at < $2) OR (NOT {signin} AND at < $3)) \
             AND NOT EXISTS (SELECT 1 FROM people p WHERE p.status = 'suspended' \
             AND (p.id = audit.subject_id OR p.id = audit.actor_id))"
        );
        let gone = sqlx::query(AssertSqlSafe(sql))
            .bind(retention.trust.map(|id| id.to_string()).unwrap_or_default())
            .bind(retention.signins_before.0)
            .bind(retention.others_before.0)
            .execute(&self.write)
            .await;
        Ok(gone.map_err(problem)?.rows_affected())
    }

    async fn audit_of(
        &self,
        people: &[PersonId],
        since: Timestamp,
        kinds: &[&str],
        (limit, skip): (i64, i64),
    ) -> Result<Vec<AuditEntry>> {
        if people.is_empty() {
            return Ok(Vec::new());
        }
        let whose = placeholders(4, people.len());
        let wanted = match kinds.len() {
            0 => String::new(),
            many => format!("AND event IN ({})", placeholders(4 + people.len(), many)),
        };
        let sql = format!(
            "SELECT * FROM audit WHERE subject_id IN ({whose}) AND at >= $1 {wanted} ORDER BY id DESC LIMIT $2 OFFSET $3"
        );
        let mut statement = sqlx::query(AssertSqlSafe(sql)).bind(since.0).bind(limit).bind(skip);
        for person in people {
            statement = statement.bind(person.to_string());
        }
        for kind in kinds {
            statement = statement.bind((*kind).to_owned());
        }
        statement.fetch_all(&self.read).await.map_err(problem)?.iter().map(entry).collect()
    }
}

pub(crate) fn entry(row: &AnyRow) -> Result<AuditEntry> {
    Ok(AuditEntry {
        at: row.time("at")?,
        event: row.text("event")?,
        actor: row.maybe_parsed("actor_id")?,
        subject: row.maybe_parsed("subject_id")?,
        site: row.maybe_parsed("site_id")?,
        trust: row.maybe_parsed("trust_id")?,
        sentence: row.text("sentence")?,
    })
}

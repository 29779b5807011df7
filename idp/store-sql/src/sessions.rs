//! Signed-in browsers at the provider.

use async_trait::async_trait;
use idp_domain::key::KeyKind;
use idp_domain::session::{KeyProof, Limits, Method, Session};
use idp_domain::{PersonId, SecretHash, Timestamp};
use idp_store::sessions::Sessions;
use idp_store::{Effects, Result};
use sqlx::any::AnyRow;

use crate::lane::Change;
use crate::pool::SqlStore;
use crate::protocol::end_families;
use crate::row::{Columns, problem};

#[async_trait]
impl Sessions for SqlStore {
    async fn add_session(&self, session: &Session, effects: Effects) -> Result<bool> {
        let mut transaction = self.begin().await?;
        if let Some(proof) = &session.key_proof
            && !still_works(&mut transaction, proof).await?
        {
            return Ok(false);
        }
        sqlx::query(
            "INSERT INTO sessions (hash, sid, person_id, epoch, created_at, seen_at, auth_time, key_kind, key_at, key_place, shared, \
             method, recovered_at, agent, absolute_s, idle_s, key_home, key_id, confirmed) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)",
        )
        .bind(&session.hash.0)
        .bind(&session.sid)
        .bind(session.person.to_string())
        .bind(session.epoch)
        .bind(session.created_at.0)
        .bind(session.seen_at.0)
        .bind(session.auth_time.0)
        .bind(session.key_proof.as_ref().map(|proof| proof.kind.as_str()))
        .bind(session.key_proof.as_ref().map(|proof| proof.at.0))
        .bind(session.key_proof.as_ref().map(|proof| proof.place.clone()))
        .bind(i64::from(session.shared))
        .bind(session.method.as_str())
        .bind(session.recovered_at.map(|at| at.0))
        .bind(session.agent.clone())
        .bind(session.limits.absolute)
        .bind(session.limits.idle)
        .bind(session.key_proof.as_ref().map(|proof| proof.home.clone()))
        .bind(session.key_proof.as_ref().and_then(|proof| proof.key).map(|key| key.to_string()))
        .bind(i64::from(session.confirmed))
        .execute(&mut transaction)
        .await
        .map_err(problem)?;
        self.put(&mut transaction, effects).await?;
        transaction.commit().await?;
        Ok(true)
    }

    async fn session(&self, hash: &SecretHash) -> Result<Option<Session>> {
        let row = sqlx::query("SELECT * FROM sessions WHERE hash = $1")
            .bind(&hash.0)
            .fetch_optional(&self.read)
            .await
            .map_err(problem)?;
        row.as_ref().map(session).transpose()
    }

    async fn touch_session(&self, hash: &SecretHash, now: Timestamp) -> Result<()> {
        sqlx::query("UPDATE sessions SET seen_at = $2 WHERE hash = $1 AND seen_at < $2")
            .bind(&hash.0)
            .bind(now.0)
            .execute(&self.write)
            .await
            .map_err(problem)
            .map(|_| ())
    }

    async fn touch_sids(&self, uses: &[(String, Timestamp)]) -> Result<()> {
        let mut transaction = self.begin().await?;
        for (sid, at) in uses {
            sqlx::query("UPDATE sessions SET seen_at = $2 WHERE sid = $1 AND seen_at < $2")
                .bind(sid)
                .bind(at.0)
                .execute(&mut transaction)
                .await
                .map_err(problem)?;
        }
        transaction.commit().await
    }

    async fn rotate_session(&self, old: &SecretHash, new: &SecretHash, proof: &KeyProof) -> Result<bool> {
        let mut transaction = self.begin().await?;
        if !still_works(&mut transaction, proof).await? {
            return Ok(false);
        }
        let row = sqlx::query(
            "UPDATE sessions SET hash = $2, key_kind = $3, key_at = $4, key_place = $5, key_home = $6, key_id = $7 \
             WHERE hash = $1 RETURNING sid",
        )
        .bind(&old.0)
        .bind(&new.0)
        .bind(proof.kind.as_str())
        .bind(proof.at.0)
        .bind(proof.place.clone())
        .bind(proof.home.clone())
        .bind(proof.key.map(|key| key.to_string()))
        .fetch_optional(&mut transaction)
        .await
        .map_err(problem)?;
        transaction.commit().await?;
        Ok(row.is_some())
    }

    async fn end_session_by_sid(&self, person: PersonId, sid: &str, now: Timestamp, effects: Effects) -> Result<bool> {
        let mut transaction = self.begin().await?;
        let gone = sqlx::query("DELETE FROM sessions WHERE person_id = $1 AND sid = $2 RETURNING sid")
            .bind(person.to_string())
            .bind(sid)
            .fetch_optional(&mut transaction)
            .await
            .map_err(problem)?;
        if gone.is_none() {
            return Ok(false);
        }
        end_families(&mut transaction, person, ("sid", sid), now).await?;
        self.put(&mut transaction, effects).await?;
        transaction.commit().await?;
        Ok(true)
    }

    async fn end_session(&self, session: &Session, now: Timestamp, effects: Effects) -> Result<()> {
        if session.shared {
            return self.end_session_by_sid(session.person, &session.sid, now, effects).await.map(|_| ());
        }
        let statement = sqlx::query("DELETE FROM sessions WHERE hash = $1 RETURNING sid").bind(&session.hash.0);
        self.settle(statement, effects).await.map(|_| ())
    }

    async fn end_sessions_of(&self, person: PersonId, effects: Effects) -> Result<()> {
        let statement = sqlx::query("DELETE FROM sessions WHERE person_id = $1").bind(person.to_string());
        self.carry(statement, effects).await
    }

    async fn sessions_of(&self, person: PersonId) -> Result<Vec<Session>> {
        let rows = sqlx::query("SELECT * FROM sessions WHERE person_id = $1 ORDER BY created_at DESC")
            .bind(person.to_string())
            .fetch_all(&self.read)
            .await
            .map_err(problem)?;
        rows.iter().map(session).collect()
    }
}

/// Whether the key of a proof still proves anything. Its row is written, and so held until the transaction ends: whoever
/// suspends the key meanwhile waits, and then sees the session that rests on it.
async fn still_works(transaction: &mut Change, proof: &KeyProof) -> Result<bool> {
    let Some(key) = proof.key else { return Ok(true) };
    let held = sqlx::query("UPDATE keys SET last_used_at = $2 WHERE id = $1 AND suspended_at IS NULL RETURNING id")
        .bind(key.to_string())
        .bind(proof.at.0)
        .fetch_optional(&mut *transaction)
        .await
        .map_err(problem)?;
    Ok(held.is_some())
}

fn session(row: &AnyRow) -> Result<Session> {
    let kind = row.maybe_text("key_kind")?.and_then(|text| KeyKind::parse(&text));
    let place = row.maybe_text("key_place")?.unwrap_or_default();
    let home = row.maybe_text("key_home")?.unwrap_or_default();
    let key = row.maybe_parsed("key_id")?;
    Ok(Session {
        hash: SecretHash(row.text("hash")?),
        sid: row.text("sid")?,
        person: row.parsed("person_id")?,
        epoch: row.int("epoch")?,
        created_at: row.time("created_at")?,
        seen_at: row.time("seen_at")?,
        auth_time: row.time("auth_time")?,
        key_proof: kind.zip(row.maybe_time("key_at")?).map(|(kind, at)| KeyProof { kind, key, at, place, home }),
        shared: row.flag("shared")?,
        method: Method::parse(&row.text("method")?),
        confirmed: row.flag("confirmed")?,
        recovered_at: row.maybe_time("recovered_at")?,
        agent: row.text("agent")?,
        limits: Limits { absolute: row.int("absolute_s")?, idle: row.int("idle_s")? },
    })
}

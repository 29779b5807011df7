//! Keys, mailed links and signed-in browsers.

use async_trait::async_trait;
use idp_domain::key::{Key, KeyKind};
use idp_domain::person::PasswordHash;
use idp_domain::{KeyId, PersonId, SecretHash, Timestamp};
use idp_store::keys::Keys;
use idp_store::links::{Link, Links};
use idp_store::{Effects, Result};
use sqlx::any::AnyRow;

use crate::lane::Change;
use crate::people::new_epoch;
use crate::pool::SqlStore;
use crate::row::{Columns, corrupt, problem};

#[async_trait]
impl Keys for SqlStore {
    async fn add_key(&self, key: &Key, credential_id: Option<&str>, effects: Effects) -> Result<()> {
        let mut transaction = self.begin().await?;
        put_key(&mut transaction, key, credential_id).await?;
        is_back(&mut transaction, key.person).await?;
        self.put(&mut transaction, effects).await?;
        transaction.commit().await
    }

    async fn keys_of(&self, person: PersonId) -> Result<Vec<Key>> {
        let rows = sqlx::query(
            "SELECT k.*, CASE WHEN k.kind = 'card' AND NOT EXISTS (SELECT 1 FROM card_codes c WHERE c.key_id = k.id \
             AND c.used_at IS NULL) THEN 1 ELSE 0 END AS spent FROM keys k WHERE k.person_id = $1 ORDER BY k.id",
        )
        .bind(person.to_string())
        .fetch_all(&self.read)
        .await
        .map_err(problem)?;
        rows.iter().map(key).collect()
    }

    async fn working_keys_of(&self, people: &[PersonId]) -> Result<Vec<(PersonId, KeyKind)>> {
        let ids: Vec<String> = people.iter().map(ToString::to_string).collect();
        let sql = "SELECT DISTINCT k.person_id, k.kind FROM keys k WHERE k.suspended_at IS NULL AND (k.kind <> 'card' OR EXISTS \
                   (SELECT 1 FROM card_codes c WHERE c.key_id = k.id AND c.used_at IS NULL)) AND k.person_id IN ({})";
        let mut found = Vec::new();
        for row in self.rows_in(sql, &ids).await? {
            // A kind that a newer node knows counts for nothing here.
            if let Some(kind) = KeyKind::parse(&row.text("kind")?) {
                found.push((row.parsed("person_id")?, kind));
            }
        }
        Ok(found)
    }

    async fn use_step(&self, id: KeyId, step: i64, now: Timestamp) -> Result<bool> {
        let row = sqlx::query(
            "UPDATE keys SET last_step = $2, last_used_at = $3 \
             WHERE id = $1 AND last_step < $2 AND suspended_at IS NULL RETURNING id",
        )
        .bind(id.to_string())
        .bind(step)
        .bind(now.0)
        .fetch_optional(&self.write)
        .await
        .map_err(problem)?;
        Ok(row.is_some())
    }

    async fn save_key_use(&self, id: KeyId, material: &[u8], now: Timestamp) -> Result<()> {
        sqlx::query("UPDATE keys SET material = $2, last_used_at = $3 WHERE id = $1")
            .bind(id.to_string())
            .bind(material.to_vec())
            .bind(now.0)
            .execute(&self.write)
            .await
            .map_err(problem)
            .map(|_| ())
    }

    async fn remove_key(&self, person: PersonId, id: KeyId, effects: Effects) -> Result<bool> {
        let mut transaction = self.begin().await?;
        // Two removals come one after the other: each holds the person's row.
        sqlx::query("UPDATE people SET epoch = epoch WHERE id = $1")
            .bind(person.to_string())
            .execute(&mut transaction)
            .await
            .map_err(problem)?;
        let gone = sqlx::query(
            "DELETE FROM keys WHERE id = $1 AND person_id = $2 AND EXISTS (SELECT 1 FROM keys k WHERE k.person_id = $2 \
             AND k.id <> $1 AND k.suspended_at IS NULL AND (k.kind <> 'card' OR EXISTS (SELECT 1 FROM card_codes c \
             WHERE c.key_id = k.id AND c.used_at IS NULL))) RETURNING id",
        )
        .bind(id.to_string())
        .bind(person.to_string())
        .fetch_optional(&mut transaction)
        .await
        .map_err(problem)?;
        if gone.is_none() {
            return Ok(false);
        }
        forget_proofs(&mut transaction, person, id).await?;
        self.put(&mut transaction, effects).await?;
        transaction.commit().await?;
        Ok(true)
    }

    async fn suspend_key(
        &self,
        person: PersonId,
        id: KeyId,
        since: Option<Timestamp>,
        effects: Effects,
    ) -> Result<bool> {
        let mut transaction = self.begin().await?;
        let changed = sqlx::query(
            "UPDATE keys SET suspended_at = $3 WHERE id = $1 AND person_id = $2 \
             AND (CASE WHEN suspended_at IS NULL THEN 0 ELSE 1 END) <> $4 RETURNING id",
        )
        .bind(id.to_string())
        .bind(person.to_string())
        .bind(since.map(|at| at.0))
        .bind(i64::from(since.is_some()))
        .fetch_optional(&mut transaction)
        .await
        .map_err(problem)?;
        if changed.is_none() {
            return Ok(false);
        }
        if since.is_some() {
            forget_proofs(&mut transaction, person, id).await?;
        }
        self.put(&mut transaction, effects).await?;
        transaction.commit().await?;
        Ok(true)
    }

    async fn rename_key(&self, person: PersonId, id: KeyId, name: &str, effects: Effects) -> Result<bool> {
        let statement = sqlx::query("UPDATE keys SET name = $3 WHERE id = $1 AND person_id = $2 RETURNING id")
            .bind(id.to_string())
            .bind(person.to_string())
            .bind(name.to_owned());
        self.settle(statement, effects).await
    }
}

/// Inserts a key.
pub(crate) async fn put_key(transaction: &mut Change, key: &Key, credential_id: Option<&str>) -> Result<()> {
    sqlx::query(
        "INSERT INTO keys (id, person_id, kind, name, credential_id, material, last_step, created_at, last_used_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(key.id.to_string())
    .bind(key.person.to_string())
    .bind(key.kind.as_str())
    .bind(key.name.clone())
    .bind(credential_id.map(str::to_owned))
    .bind(key.material.clone())
    .bind(key.last_step)
    .bind(key.created_at.0)
    .bind(key.last_used_at.map(|t| t.0))
    .execute(&mut *transaction)
    .await
    .map_err(problem)
    .map(|_| ())
}

/// What a key proved counts no more, in any browser; what another key of its owner proved does.
async fn forget_proofs(transaction: &mut Change, person: PersonId, key: KeyId) -> Result<()> {
    sqlx::query(
        "UPDATE sessions SET key_kind = NULL, key_at = NULL, key_place = NULL, key_home = NULL, key_id = NULL \
         WHERE person_id = $1 AND (key_id IS NULL OR key_id = $2)",
    )
    .bind(person.to_string())
    .bind(key.to_string())
    .execute(&mut *transaction)
    .await
    .map_err(problem)
    .map(|_| ())
}

/// Whoever came back without a key has one now: what they may do for having come back is over.
pub(crate) async fn is_back(transaction: &mut Change, person: PersonId) -> Result<()> {
    sqlx::query("UPDATE sessions SET recovered_at = NULL WHERE person_id = $1")
        .bind(person.to_string())
        .execute(&mut *transaction)
        .await
        .map_err(problem)
        .map(|_| ())
}

fn key(row: &AnyRow) -> Result<Key> {
    Ok(Key {
        id: row.parsed("id")?,
        person: row.parsed("person_id")?,
        kind: KeyKind::parse(&row.text("kind")?).ok_or_else(|| corrupt("kind"))?,
        name: row.text("name")?,
        material: row.bytes("material")?,
        last_step: row.int("last_step")?,
        created_at: row.time("created_at")?,
        last_used_at: row.maybe_time("last_used_at")?,
        suspended_at: row.maybe_time("suspended_at")?,
        // A number that SQLite makes up has a type of its own.
        spent: row.int("spent")? == 1,
    })
}

/// Inserts a link and marks the person's older ones as replaced.
pub(crate) async fn put_link(transaction: &mut Change, link: &Link) -> Result<()> {
    sqlx::query("UPDATE links SET replaced_at = $2 WHERE person_id = $1 AND spent_at IS NULL AND replaced_at IS NULL")
        .bind(link.person.to_string())
        .bind(link.created_at.0)
        .execute(&mut *transaction)
        .await
        .map_err(problem)?;
    sqlx::query(
        "INSERT INTO links (id, hash, person_id, invite, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(link.id.to_string())
    .bind(&link.hash.0)
    .bind(link.person.to_string())
    .bind(i64::from(link.invite))
    .bind(link.created_at.0)
    .bind(link.expires_at.0)
    .execute(&mut *transaction)
    .await
    .map_err(problem)?;
    Ok(())
}

#[async_trait]
impl Links for SqlStore {
    async fn add_link(&self, link: &Link, effects: Effects) -> Result<()> {
        let mut transaction = self.begin().await?;
        put_link(&mut transaction, link).await?;
        self.put(&mut transaction, effects).await?;
        transaction.commit().await
    }

    async fn link(&self, hash: &SecretHash) -> Result<Option<Link>> {
        let row = sqlx::query("SELECT * FROM links WHERE hash = $1")
            .bind(&hash.0)
            .fetch_optional(&self.read)
            .await
            .map_err(problem)?;
        row.as_ref().map(link).transpose()
    }

    async fn open_link_of(&self, person: PersonId, now: Timestamp) -> Result<Option<Link>> {
        let row = sqlx::query(
            "SELECT * FROM links WHERE person_id = $1 AND spent_at IS NULL AND replaced_at IS NULL AND expires_at > $2 \
             ORDER BY id DESC LIMIT 1",
        )
        .bind(person.to_string())
        .bind(now.0)
        .fetch_optional(&self.read)
        .await
        .map_err(problem)?;
        row.as_ref().map(link).transpose()
    }

    async fn spend_link(
        &self,
        hash: &SecretHash,
        password: &PasswordHash,
        now: Timestamp,
        effects: Effects,
    ) -> Result<Option<i64>> {
        let mut transaction = self.begin().await?;
        let spent = sqlx::query(
            "UPDATE links SET spent_at = $2 WHERE hash = $1 AND spent_at IS NULL AND replaced_at IS NULL AND expires_at > $2 \
             RETURNING person_id",
        )
        .bind(&hash.0)
        .bind(now.0)
        .fetch_optional(&mut transaction)
        .await
        .map_err(problem)?;
        let Some(row) = spent else { return Ok(None) };
        let person = row.text("person_id")?;
        let statement = sqlx::query("UPDATE people SET password = $2, epoch = epoch + 1 WHERE id = $1 RETURNING epoch")
            .bind(person)
            .bind(&password.0);
        let epoch = new_epoch(&mut transaction, statement).await?;
        self.put(&mut transaction, effects).await?;
        transaction.commit().await?;
        Ok(Some(epoch))
    }
}

pub(crate) fn link(row: &AnyRow) -> Result<Link> {
    Ok(Link {
        id: row.parsed("id")?,
        hash: SecretHash(row.text("hash")?),
        person: row.parsed("person_id")?,
        invite: row.flag("invite")?,
        created_at: row.time("created_at")?,
        expires_at: row.time("expires_at")?,
        spent_at: row.maybe_time("spent_at")?,
        replaced_at: row.maybe_time("replaced_at")?,
    })
}

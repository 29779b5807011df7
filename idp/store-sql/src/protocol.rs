//! Clients, consents, tokens, signing keys and replay guards.

use async_trait::async_trait;
use idp_domain::client::Client;
use idp_domain::{PersonId, SecretHash, Timestamp};
use idp_store::clients::Clients;
use idp_store::consents::{Consent, Consents};
use idp_store::replay::Replay;
use idp_store::signing_keys::{SigningKeys, StoredSigningKey};
use idp_store::tokens::{Rotation, Token, Tokens};
use idp_store::{Effects, Result};
use sqlx::any::AnyRow;
use sqlx::{Any, AssertSqlSafe, Executor};

use crate::lane::Change;
use crate::pool::SqlStore;
use crate::row::{Columns, problem, to_json};

#[async_trait]
impl Clients for SqlStore {
    async fn save_client(&self, client: &Client, effects: Effects) -> Result<()> {
        let statement = sqlx::query(
            "INSERT INTO clients (id, name, body) VALUES ($1, $2, $3) \
             ON CONFLICT (id) DO UPDATE SET name = excluded.name, body = excluded.body",
        )
        .bind(&client.id)
        .bind(&client.name)
        .bind(to_json(client)?);
        let kept = self.carry(statement, effects).await;
        self.known.forget();
        kept
    }

    async fn change_client(&self, seen: &Client, client: &Client, effects: Effects) -> Result<bool> {
        let row = sqlx::query("SELECT body FROM clients WHERE id = $1")
            .bind(&seen.id)
            .fetch_optional(&self.write)
            .await
            .map_err(problem)?;
        let Some(row) = row.filter(|row| row.json::<Client>("body").is_ok_and(|now| now == *seen)) else {
            return Ok(false);
        };
        // The text as it is stored is what is compared: an older version wrote the same client in other words.
        let statement = sqlx::query("UPDATE clients SET name = $2, body = $3 WHERE id = $1 AND body = $4 RETURNING id")
            .bind(&client.id)
            .bind(&client.name)
            .bind(to_json(client)?)
            .bind(row.text("body")?);
        let kept = self.settle(statement, effects).await;
        self.known.forget();
        kept
    }

    async fn client(&self, id: &str) -> Result<Option<Client>> {
        let now = self.clock.now();
        let mark = match self.known.look(id, now) {
            Ok(client) => return Ok(Some(client)),
            Err(mark) => mark,
        };
        let row = sqlx::query("SELECT body FROM clients WHERE id = $1")
            .bind(id)
            .fetch_optional(&self.read)
            .await
            .map_err(problem)?;
        let client: Option<Client> = row.map(|row| row.json("body")).transpose()?;
        if let Some(client) = &client {
            self.known.keep(client, now, mark);
        }
        Ok(client)
    }

    async fn clients(&self) -> Result<Vec<Client>> {
        let rows =
            sqlx::query("SELECT body FROM clients ORDER BY name").fetch_all(&self.read).await.map_err(problem)?;
        rows.iter().map(|row| row.json("body")).collect()
    }
}

#[async_trait]
impl Consents for SqlStore {
    async fn consent(&self, person: PersonId, client: &str) -> Result<Option<String>> {
        let row = sqlx::query("SELECT scopes FROM consents WHERE person_id = $1 AND client_id = $2")
            .bind(person.to_string())
            .bind(client)
            .fetch_optional(&self.read)
            .await
            .map_err(problem)?;
        row.map(|row| row.text("scopes")).transpose()
    }

    async fn consents_of(&self, person: PersonId) -> Result<Vec<Consent>> {
        let rows = sqlx::query("SELECT * FROM consents WHERE person_id = $1 ORDER BY given_at DESC")
            .bind(person.to_string())
            .fetch_all(&self.read)
            .await
            .map_err(problem)?;
        rows.iter()
            .map(|row| {
                let (client, scopes) = (row.text("client_id")?, row.text("scopes")?);
                Ok(Consent { client, scopes, given_at: row.time("given_at")? })
            })
            .collect()
    }

    async fn consented_to(&self, client: &str) -> Result<Vec<PersonId>> {
        let rows = sqlx::query("SELECT person_id FROM consents WHERE client_id = $1")
            .bind(client)
            .fetch_all(&self.read)
            .await
            .map_err(problem)?;
        rows.iter().map(|row| row.parsed("person_id")).collect()
    }

    async fn withdraw_consent(&self, person: PersonId, client: &str, now: Timestamp, effects: Effects) -> Result<bool> {
        let mut transaction = self.begin().await?;
        let gone = sqlx::query("DELETE FROM consents WHERE person_id = $1 AND client_id = $2 RETURNING client_id")
            .bind(person.to_string())
            .bind(client)
            .fetch_optional(&mut transaction)
            .await
            .map_err(problem)?;
        if gone.is_none() {
            return Ok(false);
        }
        end_families(&mut transaction, person, ("client_id", client), now).await?;
        self.put(&mut transaction, effects).await?;
        transaction.commit().await?;
        Ok(true)
    }

    async fn save_consent(&self, person: PersonId, client: &str, scopes: &str, now: Timestamp) -> Result<()> {
        sqlx::query(
            "INSERT INTO consents (person_id, client_id, scopes, given_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (person_id, client_id) DO UPDATE SET scopes = excluded.scopes, given_at = excluded.given_at",
        )
        .bind(person.to_string())
        .bind(client)
        .bind(scopes)
        .bind(now.0)
        .execute(&self.write)
        .await
        .map_err(problem)
        .map(|_| ())
    }
}

/// Inserts a token unless its family has ended; the check and the insert are one statement.
async fn put_token<'c>(
    where_to: impl Executor<'c, Database = Any>,
    (sql, token): (&'static str, &Token),
) -> Result<bool> {
    let row = sqlx::query(sql)
        .bind(&token.hash.0)
        .bind(&token.family)
        .bind(to_json(&token.facts)?)
        .bind(token.expires_at.0)
        .bind(token.facts.person.map(|person| person.to_string()))
        .bind(token.facts.client_id.clone())
        .bind(token.facts.sid.clone())
        .fetch_optional(where_to)
        .await
        .map_err(problem)?;
    Ok(row.is_some())
}

const PUT_ACCESS: &str = "INSERT INTO access_tokens (hash, family, facts, expires_at, person_id, client_id, sid) \
     SELECT $1, $2, $3, $4, $5, $6, $7 \
     WHERE NOT EXISTS (SELECT 1 FROM ended_families WHERE family = $2) RETURNING hash";
const PUT_REFRESH: &str = "INSERT INTO refresh_tokens (hash, family, facts, expires_at, person_id, client_id, sid, generation) \
     SELECT $1, $2, $3, $4, $5, $6, $7, coalesce((SELECT max(generation) FROM refresh_tokens WHERE family = $2), 0) + 1 \
     WHERE NOT EXISTS (SELECT 1 FROM ended_families WHERE family = $2) RETURNING hash";
/// Voids the newest token of a family, if nobody has come with any that was issued after this generation.
const VOID_LATER: &str = "UPDATE refresh_tokens SET used_at = $3 WHERE family = $1 AND generation > $2 AND used_at IS NULL \
     AND NOT EXISTS (SELECT 1 FROM refresh_tokens later WHERE later.family = $1 AND later.generation > $2 \
     AND later.presented = 1) RETURNING generation";
const END_FAMILY: &str = "INSERT INTO ended_families (family, ended_at) VALUES ($1, $2) ON CONFLICT DO NOTHING";

/// Ends every family of a person's tokens with this value in a column, `client_id` or `sid`.
pub(crate) async fn end_families(
    transaction: &mut Change,
    person: PersonId,
    (column, value): (&'static str, &str),
    now: Timestamp,
) -> Result<()> {
    let of = |table: &str| format!("SELECT family FROM {table} WHERE person_id = $1 AND {column} = $2");
    let sql = format!(
        "INSERT INTO ended_families (family, ended_at) SELECT family, $3 FROM ({} UNION {}) mine WHERE true \
         ON CONFLICT DO NOTHING",
        of("access_tokens"),
        of("refresh_tokens")
    );
    sqlx::query(AssertSqlSafe(sql))
        .bind(person.to_string())
        .bind(value.to_owned())
        .bind(now.0)
        .execute(&mut *transaction)
        .await
        .map_err(problem)
        .map(|_| ())
}

fn token(row: &AnyRow) -> Result<Token> {
    Ok(Token {
        hash: SecretHash(row.text("hash")?),
        family: row.text("family")?,
        facts: row.json("facts")?,
        expires_at: row.time("expires_at")?,
    })
}

impl SqlStore {
    async fn live_token(&self, sql: &'static str, (hash, now): (&SecretHash, Timestamp)) -> Result<Option<Token>> {
        let row = sqlx::query(sql).bind(&hash.0).bind(now.0).fetch_optional(&self.read).await.map_err(problem)?;
        row.as_ref().map(token).transpose()
    }
}

#[async_trait]
impl Tokens for SqlStore {
    async fn add_tokens(&self, access: &Token, refresh: Option<&Token>) -> Result<bool> {
        let Some(refresh) = refresh else { return put_token(&self.write, (PUT_ACCESS, access)).await };
        let mut transaction = self.begin().await?;
        let alive = put_token(&mut transaction, (PUT_ACCESS, access)).await?
            && put_token(&mut transaction, (PUT_REFRESH, refresh)).await?;
        if alive {
            transaction.commit().await?;
        }
        Ok(alive)
    }

    async fn access_token(&self, hash: &SecretHash, now: Timestamp) -> Result<Option<Token>> {
        self.live_token(
            "SELECT * FROM access_tokens t WHERE hash = $1 AND expires_at > $2 \
             AND NOT EXISTS (SELECT 1 FROM ended_families e WHERE e.family = t.family)",
            (hash, now),
        )
        .await
    }

    async fn refresh_token(&self, hash: &SecretHash, now: Timestamp) -> Result<Option<Token>> {
        self.live_token(
            "SELECT * FROM refresh_tokens t WHERE hash = $1 AND expires_at > $2 \
             AND NOT EXISTS (SELECT 1 FROM ended_families e WHERE e.family = t.family)",
            (hash, now),
        )
        .await
    }

    async fn unused_refresh_token(&self, hash: &SecretHash, now: Timestamp) -> Result<Option<Token>> {
        self.live_token(
            "SELECT * FROM refresh_tokens t WHERE hash = $1 AND expires_at > $2 AND used_at IS NULL \
             AND NOT EXISTS (SELECT 1 FROM ended_families e WHERE e.family = t.family)",
            (hash, now),
        )
        .await
    }

    async fn rotate(
        &self,
        old: &SecretHash,
        (access, refresh): (&Token, &Token),
        forgiving: bool,
        now: Timestamp,
    ) -> Result<Rotation> {
        let mut transaction = self.begin().await?;
        let used = sqlx::query(
            "UPDATE refresh_tokens SET used_at = $2, presented = 1 \
             WHERE hash = $1 AND used_at IS NULL AND expires_at > $2 RETURNING family",
        )
        .bind(&old.0)
        .bind(now.0)
        .fetch_optional(&mut transaction)
        .await
        .map_err(problem)?;
        if used.is_none() {
            // Its row is held from here on, so that of two that come at once one waits for the other.
            let before = sqlx::query(
                "UPDATE refresh_tokens SET presented = 1 WHERE hash = $1 AND used_at IS NOT NULL AND expires_at > $2 \
                 RETURNING family, generation",
            )
            .bind(&old.0)
            .bind(now.0)
            .fetch_optional(&mut transaction)
            .await
            .map_err(problem)?;
            let Some(before) = before else { return Ok(Rotation::Unknown) };
            let family = before.text("family")?;
            let voided = sqlx::query(VOID_LATER)
                .bind(&family)
                .bind(before.int("generation")?)
                .bind(now.0)
                .fetch_all(&mut transaction)
                .await
                .map_err(problem)?;
            if !forgiving || voided.is_empty() {
                sqlx::query(END_FAMILY).bind(family).bind(now.0).execute(&mut transaction).await.map_err(problem)?;
                transaction.commit().await?;
                return Ok(Rotation::Reused);
            }
        }
        let alive = put_token(&mut transaction, (PUT_ACCESS, access)).await?
            && put_token(&mut transaction, (PUT_REFRESH, refresh)).await?;
        transaction.commit().await?;
        Ok(if alive { Rotation::Rotated } else { Rotation::Unknown })
    }

    async fn end_access(&self, hash: &SecretHash) -> Result<()> {
        let statement = sqlx::query("DELETE FROM access_tokens WHERE hash = $1").bind(&hash.0);
        statement.execute(&self.write).await.map_err(problem).map(|_| ())
    }

    async fn end_family(&self, family: &str, now: Timestamp) -> Result<()> {
        sqlx::query(END_FAMILY).bind(family).bind(now.0).execute(&self.write).await.map_err(problem).map(|_| ())
    }
}

#[async_trait]
impl SigningKeys for SqlStore {
    async fn signing_keys(&self) -> Result<Vec<StoredSigningKey>> {
        let rows = sqlx::query("SELECT * FROM signing_keys ORDER BY created_at DESC, kid")
            .fetch_all(&self.read)
            .await
            .map_err(problem)?;
        rows.iter()
            .map(|row| {
                Ok(StoredSigningKey {
                    kid: row.text("kid")?,
                    alg: row.text("alg")?,
                    sealed: row.bytes("sealed")?,
                    created_at: row.time("created_at")?,
                })
            })
            .collect()
    }

    async fn add_signing_key(&self, key: &StoredSigningKey, unless_after: Timestamp) -> Result<Vec<StoredSigningKey>> {
        sqlx::query(
            "INSERT INTO signing_keys (kid, alg, sealed, created_at) SELECT $1, $2, $3, $4 \
             WHERE NOT EXISTS (SELECT 1 FROM signing_keys WHERE alg = $2 AND created_at > $5)",
        )
        .bind(&key.kid)
        .bind(&key.alg)
        .bind(key.sealed.clone())
        .bind(key.created_at.0)
        .bind(unless_after.0)
        .execute(&self.write)
        .await
        .map_err(problem)?;
        self.signing_keys().await
    }

    async fn remove_signing_key(&self, kid: &str) -> Result<bool> {
        let row = sqlx::query("DELETE FROM signing_keys WHERE kid = $1 RETURNING kid")
            .bind(kid)
            .fetch_optional(&self.write)
            .await
            .map_err(problem)?;
        Ok(row.is_some())
    }
}

#[async_trait]
impl Replay for SqlStore {
    async fn first_use(&self, kind: &str, id: &str, expires_at: Timestamp) -> Result<bool> {
        let row = sqlx::query(
            "INSERT INTO replay (kind, id, expires_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING id",
        )
        .bind(kind)
        .bind(id)
        .bind(expires_at.0)
        .fetch_optional(&self.write)
        .await
        .map_err(problem)?;
        Ok(row.is_some())
    }
}

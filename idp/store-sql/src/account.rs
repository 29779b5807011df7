//! What belongs to a person's account: browsers they are known in, and the addresses by which they sign in.

use async_trait::async_trait;
use idp_domain::contact::Contact;
use idp_domain::email::EmailAddress;
use idp_domain::person::fold_name;
use idp_domain::{PersonId, SecretHash, Timestamp};
use idp_store::addresses::{ALIAS, AddressChange, Addresses};
use idp_store::browsers::Browsers;
use idp_store::{Effects, Result, StoreError};
use sqlx::any::AnyRow;

use crate::lane::Change;
use crate::people::new_epoch;
use crate::pool::SqlStore;
use crate::row::{Columns, corrupt, problem};

#[async_trait]
impl Browsers for SqlStore {
    async fn knows_browser(&self, person: PersonId, browser: &SecretHash) -> Result<bool> {
        let row = sqlx::query("SELECT seen_at FROM known_browsers WHERE person_id = $1 AND browser = $2")
            .bind(person.to_string())
            .bind(&browser.0)
            .fetch_optional(&self.read)
            .await
            .map_err(problem)?;
        Ok(row.is_some())
    }

    async fn browser_is_confirmed(&self, person: PersonId, browser: &SecretHash) -> Result<bool> {
        let sql = "SELECT seen_at FROM known_browsers WHERE person_id = $1 AND browser = $2 AND confirmed = 1";
        let row = sqlx::query(sql).bind(person.to_string()).bind(&browser.0).fetch_optional(&self.read).await;
        Ok(row.map_err(problem)?.is_some())
    }

    async fn browser_is_known(&self, browser: &SecretHash) -> Result<bool> {
        Ok(self.count("SELECT count(*) AS n FROM known_browsers WHERE browser = $1", &browser.0).await? > 0)
    }

    async fn remember_browser(
        &self,
        person: PersonId,
        browser: &SecretHash,
        (now, confirmed): (Timestamp, bool),
    ) -> Result<()> {
        sqlx::query(
            "INSERT INTO known_browsers (person_id, browser, seen_at, confirmed) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (person_id, browser) DO UPDATE SET seen_at = $3, \
             confirmed = CASE WHEN known_browsers.confirmed = 1 THEN 1 ELSE $4 END",
        )
        .bind(person.to_string())
        .bind(&browser.0)
        .bind(now.0)
        .bind(i64::from(confirmed))
        .execute(&self.write)
        .await
        .map_err(problem)
        .map(|_| ())
    }
}

#[async_trait]
impl Addresses for SqlStore {
    async fn change_address(&self, change: &AddressChange, effects: Effects) -> Result<()> {
        let mut transaction = self.begin().await?;
        put_change(&mut transaction, self.new_id(), change, None).await?;
        self.put(&mut transaction, effects).await?;
        transaction.commit().await
    }

    async fn address_change(&self, undo: &SecretHash) -> Result<Option<AddressChange>> {
        let row = sqlx::query("SELECT * FROM address_changes WHERE undo_hash = $1")
            .bind(&undo.0)
            .fetch_optional(&self.read)
            .await
            .map_err(problem)?;
        row.as_ref().map(change_of).transpose()
    }

    async fn undo_address(&self, undo: &SecretHash, now: Timestamp, effects: Effects) -> Result<bool> {
        let Some(change) = self.address_change(undo).await? else { return Ok(false) };
        let mut transaction = self.begin().await?;
        let undone = sqlx::query(
            "UPDATE address_changes SET undone_at = $2 WHERE undo_hash = $1 AND undone_at IS NULL AND new_address = \
             (SELECT email FROM people WHERE id = person_id) RETURNING id",
        )
        .bind(&undo.0)
        .bind(now.0)
        .fetch_optional(&mut transaction)
        .await
        .map_err(problem)?;
        if undone.is_none() {
            return Ok(false);
        }
        sqlx::query("DELETE FROM logins WHERE login = $1 AND person_id = $2")
            .bind(change.new.folded())
            .bind(change.person.to_string())
            .execute(&mut transaction)
            .await
            .map_err(problem)?;
        take_login(&mut transaction, change.person, &change.old).await?;
        set_email(&mut transaction, change.person, &change.old).await?;
        close_links(&mut transaction, change.person, now).await?;
        let statement = sqlx::query("UPDATE people SET epoch = epoch + 1 WHERE id = $1 RETURNING epoch")
            .bind(change.person.to_string());
        new_epoch(&mut transaction, statement).await?;
        self.put(&mut transaction, effects).await?;
        transaction.commit().await?;
        Ok(true)
    }

    async fn rename_person(&self, id: PersonId, first: &str, last: &str, effects: Effects) -> Result<()> {
        let statement = sqlx::query(
            "UPDATE people SET first_name = $2, last_name = $3, folded_name = $4 WHERE id = $1 RETURNING id",
        )
        .bind(id.to_string())
        .bind(first.to_owned())
        .bind(last.to_owned())
        .bind(fold_name(&format!("{first} {last}")));
        self.settle(statement, effects).await.map(|_| ())
    }

    async fn set_contact(&self, id: PersonId, contact: &Contact, effects: Effects) -> Result<()> {
        let statement = sqlx::query("UPDATE people SET phone = $2, address = $3 WHERE id = $1 RETURNING id")
            .bind(id.to_string())
            .bind(contact.phone.as_ref().map(|phone| phone.as_str().to_owned()))
            .bind(contact.address.as_ref().map(|address| address.as_str().to_owned()));
        self.settle(statement, effects).await.map(|_| ())
    }

    async fn aliases_of(&self, id: PersonId, now: Timestamp) -> Result<Vec<(String, Timestamp)>> {
        let rows = sqlx::query(
            "SELECT login, alias_until FROM logins WHERE person_id = $1 AND alias_until > $2 ORDER BY login",
        )
        .bind(id.to_string())
        .bind(now.0)
        .fetch_all(&self.read)
        .await
        .map_err(problem)?;
        rows.iter().map(|row| Ok((row.text("login")?, row.time("alias_until")?))).collect()
    }

    async fn release_address(&self, id: PersonId, address: &EmailAddress, effects: Effects) -> Result<()> {
        let mut transaction = self.begin().await?;
        sqlx::query("DELETE FROM logins WHERE login = $1 AND person_id = $2")
            .bind(address.folded())
            .bind(id.to_string())
            .execute(&mut transaction)
            .await
            .map_err(problem)?;
        sqlx::query("UPDATE people SET email = NULL WHERE id = $1 AND lower(email) = $2")
            .bind(id.to_string())
            .bind(address.folded())
            .execute(&mut transaction)
            .await
            .map_err(problem)?;
        self.put(&mut transaction, effects).await?;
        transaction.commit().await
    }
}

/// Changes an address within a transaction, on its own or as part of a move of a whole domain.
pub(crate) async fn put_change(
    transaction: &mut Change,
    id: String,
    change: &AddressChange,
    domain_move: Option<&str>,
) -> Result<()> {
    take_login(transaction, change.person, &change.new).await?;
    sqlx::query("UPDATE logins SET alias_until = $3 WHERE login = $1 AND person_id = $2")
        .bind(change.old.folded())
        .bind(change.person.to_string())
        .bind(change.changed_at.plus(ALIAS).0)
        .execute(&mut *transaction)
        .await
        .map_err(problem)?;
    let moved = sqlx::query("UPDATE people SET email = $2 WHERE id = $1 AND lower(email) = $3 RETURNING id")
        .bind(change.person.to_string())
        .bind(change.new.as_str().to_owned())
        .bind(change.old.folded())
        .fetch_optional(&mut *transaction)
        .await
        .map_err(problem)?;
    if moved.is_none() {
        return Err(StoreError::Conflict(change.old.folded()));
    }
    sqlx::query(
        "INSERT INTO address_changes (id, person_id, old_address, new_address, undo_hash, changed_at, domain_move) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(id)
    .bind(change.person.to_string())
    .bind(change.old.as_str().to_owned())
    .bind(change.new.as_str().to_owned())
    .bind(&change.undo.0)
    .bind(change.changed_at.0)
    .bind(domain_move.map(str::to_owned))
    .execute(&mut *transaction)
    .await
    .map_err(problem)?;
    close_links(transaction, change.person, change.changed_at).await
}

pub(crate) fn change_of(row: &AnyRow) -> Result<AddressChange> {
    let address = |column: &str| EmailAddress::parse(&row.text(column)?).map_err(corrupt);
    Ok(AddressChange {
        person: row.parsed("person_id")?,
        old: address("old_address")?,
        new: address("new_address")?,
        undo: SecretHash(row.text("undo_hash")?),
        changed_at: row.time("changed_at")?,
        undone_at: row.maybe_time("undone_at")?,
    })
}

/// Makes an address a person's own: theirs already, perhaps as an alias, or nobody's.
async fn take_login(transaction: &mut Change, person: PersonId, address: &EmailAddress) -> Result<()> {
    let row = sqlx::query(
        "INSERT INTO logins (login, person_id) VALUES ($1, $2) ON CONFLICT (login) DO UPDATE SET alias_until = NULL \
         WHERE logins.person_id = $2 RETURNING login",
    )
    .bind(address.folded())
    .bind(person.to_string())
    .fetch_optional(&mut *transaction)
    .await
    .map_err(problem)?;
    row.map(|_| ()).ok_or_else(|| StoreError::Conflict(address.folded()))
}

async fn set_email(transaction: &mut Change, id: PersonId, address: &EmailAddress) -> Result<()> {
    sqlx::query("UPDATE people SET email = $2 WHERE id = $1")
        .bind(id.to_string())
        .bind(address.as_str().to_owned())
        .execute(&mut *transaction)
        .await
        .map_err(problem)
        .map(|_| ())
}

/// Links that were mailed to another address stop working.
pub(crate) async fn close_links(transaction: &mut Change, id: PersonId, now: Timestamp) -> Result<()> {
    sqlx::query("UPDATE links SET replaced_at = $2 WHERE person_id = $1 AND spent_at IS NULL AND replaced_at IS NULL")
        .bind(id.to_string())
        .bind(now.0)
        .execute(&mut *transaction)
        .await
        .map_err(problem)
        .map(|_| ())
}

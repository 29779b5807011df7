//! People, the addresses by which they sign in, and trusts with their seats.

use async_trait::async_trait;
use idp_domain::contact::{Contact, Phone, PostalAddress};
use idp_domain::email::EmailAddress;
use idp_domain::person::{PasswordHash, Person, PersonStatus, fold_name};
use idp_domain::trust::{Helpdesk, Trust, TrustRole, TrustSeat};
use idp_domain::{Language, PersonId, TextSize, Timestamp, TrustId};
use idp_store::people::{People, PeopleQuery};
use idp_store::trusts::Trusts;
use idp_store::{Effects, Result, StoreError};
use sqlx::any::AnyRow;
use sqlx::{Any, AssertSqlSafe};

use crate::lane::Change;
use crate::places::count_version;
use crate::pool::SqlStore;
use crate::row::{Columns, corrupt, placeholders, problem, to_json};

fn person(row: &AnyRow) -> Result<Person> {
    let email = row.maybe_text("email")?;
    Ok(Person {
        id: row.parsed("id")?,
        first_name: row.text("first_name")?,
        last_name: row.text("last_name")?,
        email: email.map(|text| EmailAddress::parse(&text)).transpose().map_err(corrupt)?,
        username: row.maybe_text("username")?,
        password: row.maybe_text("password")?.map(PasswordHash),
        status: PersonStatus::parse(&row.text("status")?),
        epoch: row.int("epoch")?,
        created_at: row.time("created_at")?,
        language: Language::parse(&row.text("language")?).unwrap_or_default(),
        text_size: TextSize::parse(&row.text("text_size")?).unwrap_or_default(),
        contact: Contact {
            phone: row.maybe_text("phone")?.map(|text| Phone::parse(&text)).transpose().map_err(corrupt)?,
            address: row.maybe_text("address")?.map(|text| PostalAddress::parse(&text)).transpose().map_err(corrupt)?,
        },
    })
}

/// The new epoch of the one row that an `UPDATE … RETURNING epoch` changed.
pub(crate) async fn new_epoch(
    transaction: &mut Change,
    statement: sqlx::query::Query<'_, Any, <Any as sqlx::Database>::Arguments>,
) -> Result<i64> {
    let row = statement.fetch_optional(&mut *transaction).await.map_err(problem)?;
    row.ok_or_else(|| corrupt("the person is gone"))?.int("epoch")
}

/// Inserts a person with the addresses by which they sign in.
pub(crate) async fn put_person(transaction: &mut Change, person: &Person) -> Result<()> {
    put_row(transaction, person).await?;
    let logins = person.email.as_ref().map(EmailAddress::folded).into_iter().chain(person.username.clone());
    for login in logins {
        sqlx::query("DELETE FROM logins WHERE login = $1 AND alias_until <= $2")
            .bind(&login)
            .bind(person.created_at.0)
            .execute(&mut *transaction)
            .await
            .map_err(problem)?;
        sqlx::query("INSERT INTO logins (login, person_id) VALUES ($1, $2)")
            .bind(&login)
            .bind(person.id.to_string())
            .execute(&mut *transaction)
            .await
            .map_err(|error| match problem(error) {
                StoreError::Conflict(_) => StoreError::Conflict(login.clone()),
                other => other,
            })?;
    }
    Ok(())
}

/// Inserts a person alone, who signs in by no name.
pub(crate) async fn put_row(transaction: &mut Change, person: &Person) -> Result<()> {
    sqlx::query(
        "INSERT INTO people (id, first_name, last_name, folded_name, email, username, password, status, epoch, created_at, \
         language, text_size, phone, address) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
    )
    .bind(person.id.to_string())
    .bind(&person.first_name)
    .bind(&person.last_name)
    .bind(fold_name(&person.full_name()))
    .bind(person.email.as_ref().map(|email| email.as_str().to_owned()))
    .bind(person.username.clone())
    .bind(person.password.as_ref().map(|hash| hash.0.clone()))
    .bind(person.status.as_str())
    .bind(person.epoch)
    .bind(person.created_at.0)
    .bind(person.language.code())
    .bind(person.text_size.as_str())
    .bind(person.contact.phone.as_ref().map(|phone| phone.as_str().to_owned()))
    .bind(person.contact.address.as_ref().map(|address| address.as_str().to_owned()))
    .execute(&mut *transaction)
    .await
    .map_err(problem)
    .map(|_| ())
}
impl SqlStore {
    /// Sets one word of a person.
    async fn set_word(&self, sql: &'static str, id: PersonId, word: &'static str) -> Result<()> {
        let statement = sqlx::query(sql).bind(id.to_string()).bind(word);
        statement.execute(&self.write).await.map_err(problem).map(|_| ())
    }
}

#[async_trait]
impl People for SqlStore {
    async fn person(&self, id: PersonId) -> Result<Option<Person>> {
        let row = sqlx::query("SELECT * FROM people WHERE id = $1")
            .bind(id.to_string())
            .fetch_optional(&self.read)
            .await
            .map_err(problem)?;
        row.as_ref().map(person).transpose()
    }

    async fn person_by_login(&self, login: &str) -> Result<Option<Person>> {
        let row = sqlx::query(
            "SELECT p.* FROM logins l JOIN people p ON p.id = l.person_id \
             WHERE l.login = $1 AND (l.alias_until IS NULL OR l.alias_until > $2)",
        )
        .bind(login)
        .bind(self.clock.now().0)
        .fetch_optional(&self.read)
        .await
        .map_err(problem)?;
        row.as_ref().map(person).transpose()
    }

    async fn add_person(&self, person: &Person, effects: Effects) -> Result<()> {
        let mut transaction = self.begin().await?;
        put_person(&mut transaction, person).await?;
        self.put(&mut transaction, effects).await?;
        transaction.commit().await
    }

    async fn set_status(&self, id: PersonId, status: PersonStatus, effects: Effects) -> Result<i64> {
        let mut transaction = self.begin().await?;
        let statement = sqlx::query("UPDATE people SET status = $2, epoch = epoch + 1 WHERE id = $1 RETURNING epoch")
            .bind(id.to_string())
            .bind(status.as_str());
        let epoch = new_epoch(&mut transaction, statement).await?;
        self.put(&mut transaction, effects).await?;
        transaction.commit().await?;
        Ok(epoch)
    }

    async fn sign_out_everywhere(&self, id: PersonId, effects: Effects) -> Result<()> {
        let mut transaction = self.begin().await?;
        for sql in
            ["UPDATE people SET epoch = epoch + 1 WHERE id = $1", "DELETE FROM known_browsers WHERE person_id = $1"]
        {
            sqlx::query(sql).bind(id.to_string()).execute(&mut transaction).await.map_err(problem)?;
        }
        self.put(&mut transaction, effects).await?;
        transaction.commit().await
    }

    async fn set_language(&self, id: PersonId, language: Language) -> Result<()> {
        self.set_word("UPDATE people SET language = $2 WHERE id = $1", id, language.code()).await
    }

    async fn set_text_size(&self, id: PersonId, size: TextSize) -> Result<()> {
        self.set_word("UPDATE people SET text_size = $2 WHERE id = $1", id, size.as_str()).await
    }

    async fn set_password(
        &self,
        (id, epoch): (PersonId, i64),
        hash: &PasswordHash,
        effects: Effects,
    ) -> Result<Option<i64>> {
        let mut transaction = self.begin().await?;
        let changed = sqlx::query(
            "UPDATE people SET password = $2, epoch = epoch + 1 WHERE id = $1 AND epoch = $3 RETURNING epoch",
        )
        .bind(id.to_string())
        .bind(&hash.0)
        .bind(epoch)
        .fetch_optional(&mut transaction)
        .await
        .map_err(problem)?;
        let Some(row) = changed else { return Ok(None) };
        self.put(&mut transaction, effects).await?;
        transaction.commit().await?;
        row.int("epoch").map(Some)
    }

    async fn rehash_password(&self, id: PersonId, old: Option<&PasswordHash>, hash: &PasswordHash) -> Result<()> {
        sqlx::query("UPDATE people SET password = $2 WHERE id = $1 AND coalesce(password, '') = $3")
            .bind(id.to_string())
            .bind(&hash.0)
            .bind(old.map(|old| old.0.clone()).unwrap_or_default())
            .execute(&self.write)
            .await
            .map_err(problem)
            .map(|_| ())
    }

    async fn people(&self, query: &PeopleQuery) -> Result<Vec<Person>> {
        if query.sites.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT p.* FROM people p WHERE ($1 = '' OR p.folded_name LIKE $2 ESCAPE '!' OR lower(coalesce(p.email, '')) LIKE $2 ESCAPE '!') \
             AND EXISTS (SELECT 1 FROM memberships m WHERE m.person_id = p.id AND m.site_id IN ({}) AND ($3 = '' OR EXISTS \
             (SELECT 1 FROM grants g WHERE g.membership_id = m.id AND g.group_id = $3))) ORDER BY p.last_name, p.first_name, p.id LIMIT $4",
            placeholders(5, query.sites.len())
        );
        let escaped = query.text.replace('!', "!!").replace('%', "!%").replace('_', "!_");
        let mut statement = sqlx::query(AssertSqlSafe(sql))
            .bind(&query.text)
            .bind(format!("%{escaped}%"))
            .bind(&query.group)
            .bind(query.limit);
        for site in &query.sites {
            statement = statement.bind(site.to_string());
        }
        let rows = statement.fetch_all(&self.read).await.map_err(problem)?;
        rows.iter().map(person).collect()
    }

    async fn people_named(&self, folded_name: &str) -> Result<Vec<Person>> {
        let rows = sqlx::query("SELECT * FROM people WHERE folded_name = $1 ORDER BY id")
            .bind(folded_name)
            .fetch_all(&self.read)
            .await
            .map_err(problem)?;
        rows.iter().map(person).collect()
    }
}

fn trust(row: &AnyRow) -> Result<Trust> {
    Ok(Trust {
        id: row.parsed("id")?,
        name: row.text("name")?,
        domain: row.text("domain")?,
        settings: row.json("settings")?,
        draft: row.maybe_json("draft")?,
        helpdesk: row.json("helpdesk")?,
    })
}

fn seat(row: &AnyRow) -> Result<TrustSeat> {
    let role = TrustRole::parse(&row.text("role")?).ok_or_else(|| corrupt("role"))?;
    Ok(TrustSeat { person: row.parsed("person_id")?, trust: row.parsed("trust_id")?, role })
}

#[async_trait]
impl Trusts for SqlStore {
    async fn add_trust(&self, trust: &Trust) -> Result<()> {
        sqlx::query("INSERT INTO trusts (id, name, domain, settings, helpdesk) VALUES ($1, $2, $3, $4, $5)")
            .bind(trust.id.to_string())
            .bind(&trust.name)
            .bind(&trust.domain)
            .bind(to_json(&trust.settings)?)
            .bind(to_json(&trust.helpdesk)?)
            .execute(&self.write)
            .await
            .map_err(problem)
            .map(|_| ())
    }

    async fn save_trust(&self, trust: &Trust, effects: Effects) -> Result<()> {
        let mut transaction = self.begin().await?;
        sqlx::query("UPDATE trusts SET settings = $2, draft = $3 WHERE id = $1")
            .bind(trust.id.to_string())
            .bind(to_json(&trust.settings)?)
            .bind(trust.draft.as_ref().map(to_json).transpose()?)
            .execute(&mut transaction)
            .await
            .map_err(problem)?;
        count_version(&mut transaction).await?;
        self.put(&mut transaction, effects).await?;
        transaction.commit().await
    }

    async fn save_helpdesk(&self, trust: TrustId, helpdesk: &Helpdesk, effects: Effects) -> Result<()> {
        let statement = sqlx::query("UPDATE trusts SET helpdesk = $2 WHERE id = $1");
        self.carry(statement.bind(trust.to_string()).bind(to_json(helpdesk)?), effects).await
    }

    async fn trust(&self, id: TrustId) -> Result<Option<Trust>> {
        let row = sqlx::query("SELECT * FROM trusts WHERE id = $1")
            .bind(id.to_string())
            .fetch_optional(&self.read)
            .await
            .map_err(problem)?;
        row.as_ref().map(trust).transpose()
    }

    async fn trusts_of(&self, person: PersonId, now: Timestamp) -> Result<Vec<Trust>> {
        // Which memberships have not ended is said in the domain (`Membership::state`); one query says the same here, for
        // it is asked at every sign-in.
        let rows = sqlx::query(
            "SELECT * FROM trusts WHERE id IN (SELECT trust_id FROM seats WHERE person_id = $1 \
             UNION SELECT s.trust_id FROM memberships m JOIN sites s ON s.id = m.site_id WHERE m.person_id = $1 \
             AND m.status <> 'ended' AND (m.ends_at IS NULL OR m.ends_at > $2 \
             OR (m.status = 'paused' AND (m.paused_until IS NULL OR m.paused_until > $2))))",
        )
        .bind(person.to_string())
        .bind(now.0)
        .fetch_all(&self.read)
        .await
        .map_err(problem)?;
        rows.iter().map(trust).collect()
    }

    async fn trusts(&self) -> Result<Vec<Trust>> {
        let rows = sqlx::query("SELECT * FROM trusts ORDER BY name").fetch_all(&self.read).await.map_err(problem)?;
        rows.iter().map(trust).collect()
    }

    async fn add_seat(&self, seat: &TrustSeat, effects: Effects) -> Result<()> {
        let statement =
            sqlx::query("INSERT INTO seats (person_id, trust_id, role) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
                .bind(seat.person.to_string())
                .bind(seat.trust.to_string())
                .bind(seat.role.as_str());
        self.carry(statement, effects).await
    }

    async fn remove_seat(&self, seat: &TrustSeat, effects: Effects) -> Result<bool> {
        let mut transaction = self.begin().await?;
        let (person, trust) = (seat.person.to_string(), seat.trust.to_string());
        // Two owners who remove each other come one after the other: each holds the row of the trust.
        sqlx::query("UPDATE trusts SET name = name WHERE id = $1")
            .bind(&trust)
            .execute(&mut transaction)
            .await
            .map_err(problem)?;
        let gone = sqlx::query(
            "DELETE FROM seats WHERE person_id = $1 AND trust_id = $2 AND role = $3 AND ($3 <> 'owner' OR EXISTS \
             (SELECT 1 FROM seats other JOIN people p ON p.id = other.person_id WHERE other.trust_id = $2 \
             AND other.role = 'owner' AND other.person_id <> $1 AND p.status = 'active')) RETURNING person_id",
        )
        .bind(&person)
        .bind(&trust)
        .bind(seat.role.as_str())
        .fetch_optional(&mut transaction)
        .await
        .map_err(problem)?;
        if gone.is_none() {
            return Ok(false);
        }
        self.put(&mut transaction, effects).await?;
        transaction.commit().await?;
        Ok(true)
    }

    async fn seats_of(&self, person: PersonId) -> Result<Vec<TrustSeat>> {
        let rows = sqlx::query("SELECT * FROM seats WHERE person_id = $1")
            .bind(person.to_string())
            .fetch_all(&self.read)
            .await
            .map_err(problem)?;
        rows.iter().map(seat).collect()
    }

    async fn seats_in(&self, trust: TrustId, role: TrustRole) -> Result<Vec<TrustSeat>> {
        let rows = sqlx::query("SELECT * FROM seats WHERE trust_id = $1 AND role = $2 ORDER BY person_id")
            .bind(trust.to_string())
            .bind(role.as_str())
            .fetch_all(&self.read)
            .await
            .map_err(problem)?;
        rows.iter().map(seat).collect()
    }
}

//! Memberships with their grants, approvals, and uploaded spreadsheets.

use std::collections::HashMap;

use async_trait::async_trait;
use idp_domain::membership::{Grant, Membership, MembershipStatus, Source};
use idp_domain::{GrantId, ImportId, MembershipId, PersonId, SiteId, Timestamp};
use idp_store::approvals::Approvals;
use idp_store::imports::{Batch, Imports, StoredImport};
use idp_store::memberships::Memberships;
use idp_store::{Effects, Result};
use sqlx::any::AnyRow;
use sqlx::{Any, AssertSqlSafe};

use crate::lane::Change;
use crate::people::put_person;
use crate::pool::SqlStore;
use crate::proofs::put_link;
use crate::requests::{grant_requests, put_day_pass};
use crate::row::{Columns, corrupt, placeholders, problem, to_json};

fn membership(row: &AnyRow) -> Result<Membership> {
    let status = match row.text("status")?.as_str() {
        "active" => MembershipStatus::Active,
        "paused" => MembershipStatus::Paused { until: row.maybe_time("paused_until")? },
        "ended" => MembershipStatus::Ended,
        other => return Err(corrupt(other)),
    };
    let source = match row.text("source")?.as_str() {
        "import" => Source::Import,
        "pass" => Source::Pass,
        _ => Source::Manual,
    };
    Ok(Membership {
        id: row.parsed("id")?,
        person: row.parsed("person_id")?,
        site: row.parsed("site_id")?,
        account: row.text("account")?,
        status,
        starts_at: row.maybe_time("starts_at")?,
        ends_at: row.maybe_time("ends_at")?,
        source,
        last_used_at: row.maybe_time("last_used_at")?,
        main_contact: row.flag("main_contact")?,
        created_at: row.time("created_at")?,
        grants: Vec::new(),
    })
}

fn grant(row: &AnyRow) -> Result<Grant> {
    Ok(Grant {
        id: row.parsed("id")?,
        group: row.text("group_id")?,
        scope: row.json("scope")?,
        pending: row.flag("pending")?,
        granted_by: row.maybe_parsed("granted_by")?,
        approved_by: row.maybe_parsed("approved_by")?,
    })
}

pub(crate) fn status_columns(status: MembershipStatus) -> (&'static str, Option<Timestamp>) {
    match status {
        MembershipStatus::Active => ("active", None),
        MembershipStatus::Paused { until } => ("paused", until),
        MembershipStatus::Ended => ("ended", None),
    }
}

impl SqlStore {
    /// Reads memberships by a condition on `m` with bound texts, and their grants in one more query.
    pub(crate) async fn memberships_where(&self, condition: &str, values: &[String]) -> Result<Vec<Membership>> {
        let bind = |sql: String| {
            let mut statement = sqlx::query(AssertSqlSafe(sql));
            for value in values {
                statement = statement.bind(value.clone());
            }
            statement
        };
        let rows = bind(format!("SELECT m.* FROM memberships m WHERE {condition} ORDER BY m.id"))
            .fetch_all(&self.read)
            .await
            .map_err(problem)?;
        let mut found = rows.iter().map(membership).collect::<Result<Vec<_>>>()?;
        let rows = bind(format!(
            "SELECT g.* FROM grants g JOIN memberships m ON m.id = g.membership_id WHERE {condition} ORDER BY g.id"
        ))
        .fetch_all(&self.read)
        .await
        .map_err(problem)?;
        let mut grants: HashMap<MembershipId, Vec<Grant>> = HashMap::new();
        for row in &rows {
            grants.entry(row.parsed("membership_id")?).or_default().push(grant(row)?);
        }
        for membership in &mut found {
            membership.grants = grants.remove(&membership.id).unwrap_or_default();
        }
        Ok(found)
    }

    async fn put_membership(&self, transaction: &mut Change, membership: &Membership) -> Result<()> {
        let (status, paused_until) = status_columns(membership.status);
        sqlx::query(
            "INSERT INTO memberships (id, person_id, site_id, account, status, paused_until, starts_at, ends_at, source, \
             main_contact, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (id) DO UPDATE SET \
             account = excluded.account, status = excluded.status, paused_until = excluded.paused_until, \
             starts_at = excluded.starts_at, ends_at = excluded.ends_at, main_contact = excluded.main_contact",
        )
        .bind(membership.id.to_string())
        .bind(membership.person.to_string())
        .bind(membership.site.to_string())
        .bind(&membership.account)
        .bind(status)
        .bind(paused_until.map(|t| t.0))
        .bind(membership.starts_at.map(|t| t.0))
        .bind(membership.ends_at.map(|t| t.0))
        .bind(membership.source.as_str())
        .bind(i64::from(membership.main_contact))
        .bind(membership.created_at.0)
        .execute(&mut *transaction)
        .await
        .map_err(problem)?;
        if membership.status == MembershipStatus::Active {
            grant_requests(transaction, membership, self.clock.now()).await?;
        }
        sqlx::query("DELETE FROM grants WHERE membership_id = $1")
            .bind(membership.id.to_string())
            .execute(&mut *transaction)
            .await
            .map_err(problem)?;
        for grant in &membership.grants {
            self.put_grant(transaction, membership.id, grant).await?;
        }
        Ok(())
    }

    async fn put_grant(&self, transaction: &mut Change, membership: MembershipId, grant: &Grant) -> Result<()> {
        sqlx::query(
            "INSERT INTO grants (id, membership_id, group_id, scope, pending, granted_by, approved_by) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(grant.id.to_string())
        .bind(membership.to_string())
        .bind(&grant.group)
        .bind(to_json(&grant.scope)?)
        .bind(i64::from(grant.pending))
        .bind(grant.granted_by.map(|id| id.to_string()))
        .bind(grant.approved_by.map(|id| id.to_string()))
        .execute(&mut *transaction)
        .await
        .map_err(problem)
        .map(|_| ())
    }
}

#[async_trait]
impl Memberships for SqlStore {
    async fn save_membership(&self, membership: &Membership, effects: Effects) -> Result<()> {
        let mut transaction = self.begin().await?;
        self.put_membership(&mut transaction, membership).await?;
        self.put(&mut transaction, effects).await?;
        transaction.commit().await
    }

    async fn membership(&self, id: MembershipId) -> Result<Option<Membership>> {
        Ok(self.memberships_where("m.id = $1", &[id.to_string()]).await?.pop())
    }

    async fn memberships_of(&self, person: PersonId) -> Result<Vec<Membership>> {
        self.memberships_where("m.person_id = $1", &[person.to_string()]).await
    }

    async fn memberships_among(&self, people: &[PersonId], sites: &[SiteId]) -> Result<Vec<Membership>> {
        if people.is_empty() || sites.is_empty() {
            return Ok(Vec::new());
        }
        let condition = format!(
            "m.person_id IN ({}) AND m.site_id IN ({})",
            placeholders(1, people.len()),
            placeholders(1 + people.len(), sites.len())
        );
        let values: Vec<String> =
            people.iter().map(ToString::to_string).chain(sites.iter().map(ToString::to_string)).collect();
        self.memberships_where(&condition, &values).await
    }

    async fn membership_at(&self, person: PersonId, site: SiteId) -> Result<Option<Membership>> {
        let values = [person.to_string(), site.to_string()];
        Ok(self.memberships_where("m.person_id = $1 AND m.site_id = $2", &values).await?.pop())
    }

    async fn visit(&self, id: MembershipId, sid: &str, now: Timestamp, effects: Effects) -> Result<()> {
        let mut transaction = self.begin().await?;
        sqlx::query("UPDATE memberships SET last_used_at = $2 WHERE id = $1")
            .bind(id.to_string())
            .bind(now.0)
            .execute(&mut transaction)
            .await
            .map_err(problem)?;
        sqlx::query(
            "INSERT INTO visits (sid, site_id, visited_at) SELECT $1, site_id, $2 FROM memberships WHERE id = $3 \
             ON CONFLICT (sid, site_id) DO UPDATE SET visited_at = excluded.visited_at",
        )
        .bind(sid)
        .bind(now.0)
        .bind(id.to_string())
        .execute(&mut transaction)
        .await
        .map_err(problem)?;
        self.put(&mut transaction, effects).await?;
        transaction.commit().await
    }

    async fn visits_of(&self, sids: &[String]) -> Result<Vec<(String, SiteId)>> {
        let sql = "SELECT sid, site_id FROM visits WHERE sid IN ({}) ORDER BY visited_at DESC";
        let rows = self.rows_in(sql, sids).await?;
        rows.iter().map(|row| Ok((row.text("sid")?, row.parsed("site_id")?))).collect()
    }

    async fn end_visit(&self, sid: &str, site: SiteId, effects: Effects) -> Result<bool> {
        let statement = sqlx::query("DELETE FROM visits WHERE sid = $1 AND site_id = $2 RETURNING sid")
            .bind(sid)
            .bind(site.to_string());
        self.settle(statement, effects).await
    }

    async fn memberships_at(&self, site: SiteId) -> Result<Vec<Membership>> {
        self.memberships_where("m.site_id = $1", &[site.to_string()]).await
    }
}

#[async_trait]
impl Approvals for SqlStore {
    async fn waiting_at(&self, sites: &[SiteId]) -> Result<Vec<(MembershipId, GrantId)>> {
        let sites: Vec<String> = sites.iter().map(SiteId::to_string).collect();
        let sql = "SELECT g.id, g.membership_id FROM grants g JOIN memberships m ON m.id = g.membership_id \
                   WHERE g.pending = 1 AND m.status <> 'ended' AND m.site_id IN ({}) ORDER BY g.id";
        let rows = self.rows_in(sql, &sites).await?;
        rows.iter().map(|row| Ok((row.parsed("membership_id")?, row.parsed("id")?))).collect()
    }

    async fn approve(&self, grant: GrantId, by: PersonId, effects: Effects) -> Result<bool> {
        let sql = "UPDATE grants SET pending = 0, approved_by = $2 WHERE id = $1 AND pending = 1 \
                   AND (granted_by IS NULL OR granted_by <> $2) RETURNING id";
        self.settle(sqlx::query(sql).bind(grant.to_string()).bind(by.to_string()), effects).await
    }

    async fn refuse(&self, grant: GrantId, effects: Effects) -> Result<bool> {
        let sql = "DELETE FROM grants WHERE id = $1 AND pending = 1 RETURNING id";
        self.settle(sqlx::query(sql).bind(grant.to_string()), effects).await
    }
}

impl SqlStore {
    /// Runs a statement that changes one row or none, and lets the effects follow only if it changed one.
    pub(crate) async fn settle(
        &self,
        statement: sqlx::query::Query<'_, Any, <Any as sqlx::Database>::Arguments>,
        effects: Effects,
    ) -> Result<bool> {
        let mut transaction = self.begin().await?;
        let changed = statement.fetch_optional(&mut transaction).await.map_err(problem)?.is_some();
        if changed {
            self.put(&mut transaction, effects).await?;
        }
        transaction.commit().await?;
        Ok(changed)
    }

    /// Runs a statement, and lets the effects follow whatever it changed.
    pub(crate) async fn carry(
        &self,
        statement: sqlx::query::Query<'_, Any, <Any as sqlx::Database>::Arguments>,
        effects: Effects,
    ) -> Result<()> {
        let mut transaction = self.begin().await?;
        statement.execute(&mut transaction).await.map_err(problem)?;
        self.put(&mut transaction, effects).await?;
        transaction.commit().await
    }

    /// The rows of a statement that holds `IN ({})`, for these values; none for no values.
    pub(crate) async fn rows_in(&self, sql: &str, values: &[String]) -> Result<Vec<AnyRow>> {
        if values.is_empty() {
            return Ok(Vec::new());
        }
        let mut statement = sqlx::query(AssertSqlSafe(sql.replace("{}", &placeholders(1, values.len()))));
        for value in values {
            statement = statement.bind(value);
        }
        statement.fetch_all(&self.read).await.map_err(problem)
    }

    /// The number `n` of a statement that counts what belongs to one identifier.
    pub(crate) async fn count(&self, sql: &'static str, id: &str) -> Result<i64> {
        sqlx::query(sql).bind(id.to_owned()).fetch_one(&self.read).await.map_err(problem)?.int("n")
    }
}

#[async_trait]
impl Imports for SqlStore {
    async fn save_import(&self, import: &StoredImport) -> Result<()> {
        let mut transaction = self.begin().await?;
        put_import(&mut transaction, import).await?;
        transaction.commit().await
    }

    async fn latest_applied(&self, by: PersonId) -> Result<Option<StoredImport>> {
        let row = sqlx::query(
            "SELECT * FROM imports WHERE by_id = $1 AND applied_at IS NOT NULL ORDER BY applied_at DESC, id DESC LIMIT 1",
        )
        .bind(by.to_string())
        .fetch_optional(&self.read)
        .await
        .map_err(problem)?;
        row.as_ref().map(import).transpose()
    }

    async fn apply(&self, batch: &Batch) -> Result<()> {
        let mut transaction = self.begin().await?;
        for person in &batch.people {
            put_person(&mut transaction, person).await?;
        }
        for membership in &batch.memberships {
            self.put_membership(&mut transaction, membership).await?;
        }
        for link in &batch.links {
            put_link(&mut transaction, link).await?;
        }
        for pass in &batch.day_passes {
            put_day_pass(&mut transaction, pass).await?;
        }
        if let Some(import) = &batch.import {
            put_import(&mut transaction, import).await?;
        }
        self.put(&mut transaction, batch.effects.clone()).await?;
        transaction.commit().await
    }

    async fn import(&self, id: ImportId) -> Result<Option<StoredImport>> {
        let row = sqlx::query("SELECT * FROM imports WHERE id = $1")
            .bind(id.to_string())
            .fetch_optional(&self.read)
            .await
            .map_err(problem)?;
        row.as_ref().map(import).transpose()
    }
}

fn import(row: &AnyRow) -> Result<StoredImport> {
    Ok(StoredImport {
        id: row.parsed("id")?,
        by: row.parsed("by_id")?,
        file: row.text("file")?,
        body: row.text("body")?,
        applied_at: row.maybe_time("applied_at")?,
        created_at: row.time("created_at")?,
    })
}

async fn put_import(transaction: &mut Change, import: &StoredImport) -> Result<()> {
    sqlx::query(
        "INSERT INTO imports (id, by_id, file, body, applied_at, created_at) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (id) DO UPDATE SET body = excluded.body, applied_at = excluded.applied_at",
    )
    .bind(import.id.to_string())
    .bind(import.by.to_string())
    .bind(&import.file)
    .bind(&import.body)
    .bind(import.applied_at.map(|t| t.0))
    .bind(import.created_at.0)
    .execute(&mut *transaction)
    .await
    .map_err(problem)
    .map(|_| ())
}

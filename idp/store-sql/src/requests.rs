//! People who ask for access, day passes, and until when people have read what happened.

use async_trait::async_trait;
use idp_domain::membership::Membership;
use idp_domain::{PersonId, RequestId, SecretHash, SiteId, Timestamp};
use idp_store::day_passes::{DayPass, DayPasses};
use idp_store::notices::Notices;
use idp_store::requests::{AccessRequest, Answer, Requests};
use idp_store::{Effects, Result};
use sqlx::any::AnyRow;

use crate::lane::Change;
use crate::pool::SqlStore;
use crate::row::{Columns, corrupt, problem};

fn request(row: &AnyRow) -> Result<AccessRequest> {
    let answer = match (row.maybe_time("answered_at")?, row.maybe_text("refused_why")?) {
        (None, _) => Answer::Waiting,
        (Some(_), None) => Answer::Granted,
        (Some(_), Some(why)) => Answer::Refused(why),
    };
    Ok(AccessRequest {
        id: row.parsed("id")?,
        person: row.parsed("person_id")?,
        site: row.parsed("site_id")?,
        reason: row.text("reason")?,
        asked_at: row.time("asked_at")?,
        answer,
    })
}

#[async_trait]
impl Requests for SqlStore {
    async fn ask_access(&self, request: &AccessRequest, effects: Effects) -> Result<bool> {
        let statement = sqlx::query(
            "INSERT INTO access_requests (id, person_id, site_id, reason, asked_at) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT DO NOTHING RETURNING id",
        )
        .bind(request.id.to_string())
        .bind(request.person.to_string())
        .bind(request.site.to_string())
        .bind(request.reason.clone())
        .bind(request.asked_at.0);
        self.settle(statement, effects).await
    }

    async fn requests_at(&self, sites: &[SiteId]) -> Result<Vec<AccessRequest>> {
        let sites: Vec<String> = sites.iter().map(SiteId::to_string).collect();
        let sql = "SELECT * FROM access_requests WHERE answered_at IS NULL AND site_id IN ({}) ORDER BY id";
        self.rows_in(sql, &sites).await?.iter().map(request).collect()
    }

    async fn requests_of(&self, person: PersonId, since: Timestamp) -> Result<Vec<AccessRequest>> {
        let rows =
            sqlx::query("SELECT * FROM access_requests WHERE person_id = $1 AND asked_at >= $2 ORDER BY id DESC")
                .bind(person.to_string())
                .bind(since.0)
                .fetch_all(&self.read)
                .await
                .map_err(problem)?;
        rows.iter().map(request).collect()
    }

    async fn refuse_request(&self, id: RequestId, now: Timestamp, why: &str, effects: Effects) -> Result<bool> {
        let statement = sqlx::query(
            "UPDATE access_requests SET answered_at = $2, refused_why = $3 WHERE id = $1 AND answered_at IS NULL \
             RETURNING id",
        )
        .bind(id.to_string())
        .bind(now.0)
        .bind(why.to_owned());
        self.settle(statement, effects).await
    }
}

/// A membership answers whoever asked for one.
pub(crate) async fn grant_requests(transaction: &mut Change, membership: &Membership, now: Timestamp) -> Result<()> {
    sqlx::query(
        "UPDATE access_requests SET answered_at = $3 WHERE person_id = $1 AND site_id = $2 AND answered_at IS NULL",
    )
    .bind(membership.person.to_string())
    .bind(membership.site.to_string())
    .bind(now.0)
    .execute(&mut *transaction)
    .await
    .map_err(problem)
    .map(|_| ())
}

/// Adds a day pass.
pub(crate) async fn put_day_pass(transaction: &mut Change, pass: &DayPass) -> Result<()> {
    sqlx::query("INSERT INTO day_passes (fingerprint, person_id, expires_at) VALUES ($1, $2, $3)")
        .bind(pass.fingerprint.0.clone())
        .bind(pass.person.to_string())
        .bind(pass.expires_at.0)
        .execute(&mut *transaction)
        .await
        .map_err(problem)
        .map(|_| ())
}

#[async_trait]
impl DayPasses for SqlStore {
    async fn day_pass(&self, fingerprint: &SecretHash, now: Timestamp) -> Result<Option<DayPass>> {
        let row = sqlx::query("SELECT * FROM day_passes WHERE fingerprint = $1 AND expires_at > $2")
            .bind(&fingerprint.0)
            .bind(now.0)
            .fetch_optional(&self.read)
            .await
            .map_err(problem)?;
        row.map(|row| {
            Ok(DayPass {
                fingerprint: fingerprint.clone(),
                person: row.parsed("person_id")?,
                expires_at: row.time("expires_at")?,
            })
        })
        .transpose()
    }
}

#[async_trait]
impl Notices for SqlStore {
    async fn notices_read_at(&self, person: PersonId) -> Result<Timestamp> {
        let row = sqlx::query("SELECT notices_read_at FROM people WHERE id = $1")
            .bind(person.to_string())
            .fetch_optional(&self.read)
            .await
            .map_err(problem)?;
        row.ok_or_else(|| corrupt("the person is gone"))?.time("notices_read_at")
    }

    async fn read_notices(&self, person: PersonId, now: Timestamp) -> Result<()> {
        sqlx::query("UPDATE people SET notices_read_at = $2 WHERE id = $1")
            .bind(person.to_string())
            .bind(now.0)
            .execute(&self.write)
            .await
            .map_err(problem)
            .map(|_| ())
    }
}

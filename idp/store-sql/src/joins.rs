//! Two identities of one person that become one, in one transaction.

use async_trait::async_trait;
use idp_domain::PersonId;
use idp_store::addresses::ALIAS;
use idp_store::joins::{Join, Joins, Meeting};
use idp_store::{Effects, Result};

use crate::access::status_columns;
use crate::account::close_links;
use crate::lane::Change;
use crate::pool::SqlStore;
use crate::row::{Columns, problem};

/// What the one that stays ($1) takes over from the one that goes ($2). Where both have the same, one is enough. A person who
/// asked in the one name must not answer in the other: whoever is named in a wish is named anew.
const TAKEN_OVER: [&str; 21] = [
    "UPDATE memberships SET person_id = $1 WHERE person_id = $2 \
     AND site_id NOT IN (SELECT site_id FROM memberships WHERE person_id = $1)",
    "INSERT INTO seats (person_id, trust_id, role) SELECT $1, trust_id, role FROM seats WHERE person_id = $2 \
     ON CONFLICT DO NOTHING",
    "DELETE FROM seats WHERE person_id = $2 AND $1 <> $2",
    "INSERT INTO holds (person_id, place, since) SELECT $1, place, since FROM holds WHERE person_id = $2 \
     ON CONFLICT DO NOTHING",
    "DELETE FROM holds WHERE person_id = $2 AND $1 <> $2",
    "UPDATE keys SET name = substr(name, 1, 37) || ' 2' WHERE person_id = $2 \
     AND name IN (SELECT name FROM keys WHERE person_id = $1)",
    "UPDATE keys SET person_id = $1 WHERE person_id = $2",
    "UPDATE upstream_links SET person_id = $1 WHERE person_id = $2",
    "UPDATE logins SET person_id = $1 WHERE person_id = $2",
    "DELETE FROM access_requests WHERE person_id = $2 AND answered_at IS NULL AND site_id IN \
     (SELECT site_id FROM access_requests WHERE person_id = $1 AND answered_at IS NULL)",
    "UPDATE access_requests SET person_id = $1 WHERE person_id = $2",
    "UPDATE grants SET granted_by = $1 WHERE granted_by = $2",
    "UPDATE grants SET approved_by = $1 WHERE approved_by = $2",
    "UPDATE restores SET asked_by = $1 WHERE asked_by = $2",
    "UPDATE domain_moves SET asked_by = $1 WHERE asked_by = $2",
    "UPDATE imports SET by_id = $1 WHERE by_id = $2",
    "UPDATE passes SET issued_by = $1 WHERE issued_by = $2",
    "UPDATE trusts SET draft = replace(draft, $2, $1) WHERE draft IS NOT NULL",
    "UPDATE clients SET body = replace(body, $2, $1)",
    "DELETE FROM recovery_codes WHERE person_id = $2 AND $1 <> $2",
    "DELETE FROM known_browsers WHERE person_id = $2 AND $1 <> $2",
];

#[async_trait]
impl Joins for SqlStore {
    async fn join_people(&self, join: &Join, effects: Effects) -> Result<bool> {
        let ((into, into_epoch), (from, from_epoch)) = (join.into, join.from);
        let mut transaction = self.begin().await?;
        let stays = sqlx::query(
            "UPDATE people SET epoch = epoch + 1 WHERE id = $1 AND epoch = $2 AND status = 'active' RETURNING id",
        )
        .bind(into.to_string())
        .bind(into_epoch)
        .fetch_optional(&mut transaction)
        .await
        .map_err(problem)?;
        let goes = sqlx::query(
            "UPDATE people SET status = 'joined', joined_into = $3, epoch = epoch + 1, email = NULL, username = NULL, \
             password = NULL WHERE id = $1 AND epoch = $2 AND status = 'active' RETURNING id",
        )
        .bind(from.to_string())
        .bind(from_epoch)
        .bind(into.to_string())
        .fetch_optional(&mut transaction)
        .await
        .map_err(problem)?;
        if stays.is_none() || goes.is_none() {
            return Ok(false);
        }
        if !self.are_as_seen(&mut transaction, join).await? {
            return Ok(false);
        }
        for (keep, give, meeting) in &join.meetings {
            for sql in at_one_site(*meeting).iter().copied() {
                sqlx::query(sql)
                    .bind(keep.to_string())
                    .bind(give.to_string())
                    .execute(&mut transaction)
                    .await
                    .map_err(problem)?;
            }
        }
        sqlx::query("UPDATE logins SET alias_until = $2 WHERE person_id = $1 AND alias_until IS NULL")
            .bind(from.to_string())
            .bind(join.at.plus(ALIAS).0)
            .execute(&mut transaction)
            .await
            .map_err(problem)?;
        close_links(&mut transaction, from, join.at).await?;
        for sql in TAKEN_OVER {
            sqlx::query(sql)
                .bind(into.to_string())
                .bind(from.to_string())
                .execute(&mut transaction)
                .await
                .map_err(problem)?;
        }
        self.put(&mut transaction, effects).await?;
        transaction.commit().await?;
        // Apps name the people who made them.
        self.known.forget();
        Ok(true)
    }

    async fn joined_into(&self, id: PersonId) -> Result<Option<PersonId>> {
        let row = sqlx::query("SELECT joined_into FROM people WHERE id = $1")
            .bind(id.to_string())
            .fetch_optional(&self.read)
            .await
            .map_err(problem)?;
        row.map(|row| row.maybe_parsed("joined_into")).transpose().map(Option::flatten)
    }
}

impl SqlStore {
    /// Whether the memberships of both are what was looked at.
    async fn are_as_seen(&self, transaction: &mut Change, join: &Join) -> Result<bool> {
        let rows = sqlx::query(
            "SELECT id, status, paused_until, starts_at, ends_at FROM memberships WHERE person_id = $1 OR person_id = $2",
        )
        .bind(join.into.0.to_string())
        .bind(join.from.0.to_string())
        .fetch_all(&mut *transaction)
        .await
        .map_err(problem)?;
        let mut now = Vec::new();
        for row in &rows {
            let until = row.maybe_time("paused_until")?;
            now.push((
                row.text("id")?,
                row.text("status")?,
                until,
                row.maybe_time("starts_at")?,
                row.maybe_time("ends_at")?,
            ));
        }
        let mut seen: Vec<_> = join
            .seen
            .iter()
            .map(|place| {
                let (status, until) = status_columns(place.status);
                (place.id.to_string(), status.to_owned(), until, place.starts_at, place.ends_at)
            })
            .collect();
        now.sort();
        seen.sort();
        Ok(now == seen)
    }
}

/// What happens to the membership that stays ($1) and the one that goes ($2).
fn at_one_site(meeting: Meeting) -> &'static [&'static str] {
    match meeting {
        Meeting::Added => &[
            "UPDATE grants SET membership_id = $1 WHERE membership_id = $2",
            "UPDATE memberships SET main_contact = 1 WHERE id = $1 \
             AND EXISTS (SELECT 1 FROM memberships m WHERE m.id = $2 AND m.main_contact = 1)",
            "UPDATE memberships SET status = 'ended', main_contact = 0 WHERE id = $2 AND $1 <> $2",
        ],
        Meeting::Replaced => &[
            "DELETE FROM grants WHERE membership_id = $1 AND $1 <> $2",
            "UPDATE grants SET membership_id = $1 WHERE membership_id = $2",
            "UPDATE memberships SET status = (SELECT m.status FROM memberships m WHERE m.id = $2), \
             paused_until = (SELECT m.paused_until FROM memberships m WHERE m.id = $2), \
             starts_at = (SELECT m.starts_at FROM memberships m WHERE m.id = $2), \
             ends_at = (SELECT m.ends_at FROM memberships m WHERE m.id = $2), \
             source = (SELECT m.source FROM memberships m WHERE m.id = $2), \
             main_contact = (SELECT m.main_contact FROM memberships m WHERE m.id = $2) WHERE id = $1",
            "UPDATE memberships SET status = 'ended', main_contact = 0 WHERE id = $2 AND $1 <> $2",
        ],
    }
}

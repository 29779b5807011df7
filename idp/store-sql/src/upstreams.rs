//! Accounts elsewhere with which somebody signs in here.

use async_trait::async_trait;
use idp_domain::PersonId;
use idp_store::upstreams::{UpstreamLink, Upstreams};
use idp_store::{Effects, Result};

use crate::pool::SqlStore;
use crate::row::{Columns, problem};

#[async_trait]
impl Upstreams for SqlStore {
    async fn link_upstream(&self, link: &UpstreamLink, effects: Effects) -> Result<()> {
        let statement = sqlx::query(
            "INSERT INTO upstream_links (issuer, subject, person_id, provider, account, linked_at) \
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(&link.issuer)
        .bind(&link.subject)
        .bind(link.person.to_string())
        .bind(&link.provider)
        .bind(&link.account)
        .bind(link.linked_at.0);
        self.carry(statement, effects).await
    }

    async fn upstream_person(&self, issuer: &str, subject: &str) -> Result<Option<PersonId>> {
        let row = sqlx::query("SELECT person_id FROM upstream_links WHERE issuer = $1 AND subject = $2")
            .bind(issuer)
            .bind(subject)
            .fetch_optional(&self.read)
            .await
            .map_err(problem)?;
        row.map(|row| row.parsed("person_id")).transpose()
    }

    async fn upstream_links_of(&self, person: PersonId) -> Result<Vec<UpstreamLink>> {
        let rows = sqlx::query("SELECT * FROM upstream_links WHERE person_id = $1 ORDER BY linked_at, issuer")
            .bind(person.to_string())
            .fetch_all(&self.read)
            .await
            .map_err(problem)?;
        rows.iter()
            .map(|row| {
                Ok(UpstreamLink {
                    issuer: row.text("issuer")?,
                    subject: row.text("subject")?,
                    person: row.parsed("person_id")?,
                    provider: row.text("provider")?,
                    account: row.text("account")?,
                    linked_at: row.time("linked_at")?,
                })
            })
            .collect()
    }

    async fn unlink_upstream(&self, link: &UpstreamLink, effects: Effects) -> Result<bool> {
        let statement = sqlx::query(
            "DELETE FROM upstream_links WHERE issuer = $1 AND subject = $2 AND person_id = $3 RETURNING person_id",
        );
        let statement = statement.bind(link.issuer.clone()).bind(link.subject.clone()).bind(link.person.to_string());
        self.settle(statement, effects).await
    }
}

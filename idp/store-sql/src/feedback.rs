//! Answers to one question, counted by day.

use async_trait::async_trait;
use idp_domain::Timestamp;
use idp_store::Result;
use idp_store::feedback::Feedback;

use crate::pool::SqlStore;
use crate::row::{Columns, problem};

/// Seconds of a day.
const DAY: i64 = 24 * 3600;

#[async_trait]
impl Feedback for SqlStore {
    async fn add_feedback(&self, about: &str, helpful: bool, at: Timestamp) -> Result<()> {
        sqlx::query(
            "INSERT INTO feedback (day, about, helpful, answers) VALUES ($1, $2, $3, 1) \
             ON CONFLICT (day, about, helpful) DO UPDATE SET answers = feedback.answers + 1",
        )
        .bind(at.0 / DAY)
        .bind(about)
        .bind(i64::from(helpful))
        .execute(&self.write)
        .await
        .map_err(problem)
        .map(|_| ())
    }

    async fn feedback(&self, since: Timestamp) -> Result<Vec<(String, bool, i64)>> {
        // A sum of whole numbers is none in PostgreSQL.
        let rows = sqlx::query(
            "SELECT about, helpful, CAST(SUM(answers) AS BIGINT) AS answers FROM feedback WHERE day >= $1 \
             GROUP BY about, helpful ORDER BY about, helpful DESC",
        )
        .bind(since.0 / DAY)
        .fetch_all(&self.read)
        .await
        .map_err(problem)?;
        rows.iter().map(|row| Ok((row.text("about")?, row.int("helpful")? == 1, row.int("answers")?))).collect()
    }
}

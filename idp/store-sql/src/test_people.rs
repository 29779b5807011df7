//! Invented people of a trust.

use async_trait::async_trait;
use idp_domain::person::Person;
use idp_domain::{PersonId, TrustId};
use idp_store::Result;
use idp_store::test_people::TestPeople;

use crate::people::put_row;
use crate::pool::SqlStore;
use crate::row::{Columns, problem};

#[async_trait]
impl TestPeople for SqlStore {
    async fn keep_test_person(&self, trust: TrustId, persona: &str, person: &Person) -> Result<PersonId> {
        let mut transaction = self.begin().await?;
        let known = sqlx::query("SELECT person_id FROM test_people WHERE trust_id = $1 AND persona = $2")
            .bind(trust.to_string())
            .bind(persona.to_owned())
            .fetch_optional(&mut transaction)
            .await
            .map_err(problem)?;
        if let Some(row) = known {
            return row.parsed("person_id");
        }
        put_row(&mut transaction, person).await?;
        // Of two that come at once the second one fails whole, and finds it the next time.
        sqlx::query("INSERT INTO test_people (trust_id, persona, person_id) VALUES ($1, $2, $3)")
            .bind(trust.to_string())
            .bind(persona.to_owned())
            .bind(person.id.to_string())
            .execute(&mut transaction)
            .await
            .map_err(problem)?;
        transaction.commit().await?;
        Ok(person.id)
    }

    async fn test_people(&self, trust: TrustId) -> Result<Vec<PersonId>> {
        let rows = sqlx::query("SELECT person_id FROM test_people WHERE trust_id = $1 ORDER BY persona")
            .bind(trust.to_string())
            .fetch_all(&self.read)
            .await
            .map_err(problem)?;
        rows.iter().map(|row| row.parsed("person_id")).collect()
    }

    async fn is_test_person(&self, trust: TrustId, person: PersonId) -> Result<bool> {
        let row = sqlx::query("SELECT persona FROM test_people WHERE trust_id = $1 AND person_id = $2")
            .bind(trust.to_string())
            .bind(person.to_string())
            .fetch_optional(&self.read)
            .await
            .map_err(problem)?;
        Ok(row.is_some())
    }
}

//! Sites and classes.

use async_trait::async_trait;
use idp_domain::site::{Class, Site};
use idp_domain::{SiteId, Slug};
use idp_store::sites::Sites;
use idp_store::{Effects, Result};
use sqlx::any::AnyRow;
use sqlx::{Any, Transaction};

use crate::pool::{SqlStore, commit};
use crate::row::{Columns, corrupt, problem, to_json};

fn site(row: &AnyRow) -> Result<Site> {
    Ok(Site {
        id: row.parsed("id")?,
        trust: row.maybe_parsed("trust_id")?,
        slug: Slug::parse(&row.text("slug")?).map_err(corrupt)?,
        name: row.text("name")?,
        settings: row.json("settings")?,
    })
}

pub(crate) async fn count_version(transaction: &mut Transaction<'static, Any>) -> Result<()> {
    sqlx::query("UPDATE versions SET value = value + 1 WHERE name = 'sites'")
        .execute(&mut **transaction)
        .await
        .map_err(problem)
        .map(|_| ())
}

#[async_trait]
impl Sites for SqlStore {
    async fn add_site(&self, site: &Site, effects: Effects) -> Result<()> {
        let mut transaction = self.begin().await?;
        sqlx::query("INSERT INTO sites (id, trust_id, slug, name, settings) VALUES ($1, $2, $3, $4, $5)")
            .bind(site.id.to_string())
            .bind(site.trust.map(|id| id.to_string()))
            .bind(site.slug.as_str())
            .bind(&site.name)
            .bind(to_json(&site.settings)?)
            .execute(&mut *transaction)
            .await
            .map_err(problem)?;
        count_version(&mut transaction).await?;
        self.put(&mut transaction, effects).await?;
        commit(transaction).await
    }

    async fn save_site(&self, site: &Site, effects: Effects) -> Result<()> {
        let mut transaction = self.begin().await?;
        sqlx::query("UPDATE sites SET name = $2, settings = $3 WHERE id = $1")
            .bind(site.id.to_string())
            .bind(&site.name)
            .bind(to_json(&site.settings)?)
            .execute(&mut *transaction)
            .await
            .map_err(problem)?;
        count_version(&mut transaction).await?;
        self.put(&mut transaction, effects).await?;
        commit(transaction).await
    }

    async fn site(&self, id: SiteId) -> Result<Option<Site>> {
        let row = sqlx::query("SELECT * FROM sites WHERE id = $1")
            .bind(id.to_string())
            .fetch_optional(&self.read)
            .await
            .map_err(problem)?;
        row.as_ref().map(site).transpose()
    }

    async fn site_by_slug(&self, slug: &Slug) -> Result<Option<Site>> {
        let row = sqlx::query("SELECT * FROM sites WHERE slug = $1")
            .bind(slug.as_str())
            .fetch_optional(&self.read)
            .await
            .map_err(problem)?;
        row.as_ref().map(site).transpose()
    }

    async fn sites(&self) -> Result<Vec<Site>> {
        let rows = sqlx::query("SELECT * FROM sites ORDER BY name").fetch_all(&self.read).await.map_err(problem)?;
        rows.iter().map(site).collect()
    }

    async fn sites_version(&self) -> Result<i64> {
        sqlx::query("SELECT value FROM versions WHERE name = 'sites'")
            .fetch_one(&self.read)
            .await
            .map_err(problem)?
            .int("value")
    }

    async fn save_class(&self, class: &Class) -> Result<()> {
        sqlx::query(
            "INSERT INTO classes (site_id, code, name, year) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (site_id, code) DO UPDATE SET name = excluded.name, year = excluded.year",
        )
        .bind(class.site.to_string())
        .bind(&class.code)
        .bind(&class.name)
        .bind(&class.year)
        .execute(&self.write)
        .await
        .map_err(problem)
        .map(|_| ())
    }

    async fn classes(&self, site: SiteId) -> Result<Vec<Class>> {
        let rows = sqlx::query("SELECT * FROM classes WHERE site_id = $1 ORDER BY year, name")
            .bind(site.to_string())
            .fetch_all(&self.read)
            .await
            .map_err(problem)?;
        rows.iter()
            .map(|row| {
                Ok(Class {
                    site: row.parsed("site_id")?,
                    code: row.text("code")?,
                    name: row.text("name")?,
                    year: row.text("year")?,
                })
            })
            .collect()
    }
}

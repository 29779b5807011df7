//! Sites and classes.

use async_trait::async_trait;
use idp_domain::site::{Class, Site};
use idp_domain::{SiteId, Slug};
use idp_store::sites::{Emblem, Sites};
use idp_store::{Effects, Result, StoreError};
use sqlx::any::AnyRow;

use crate::lane::Change;
use crate::pool::SqlStore;
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

pub(crate) async fn count_version(transaction: &mut Change) -> Result<()> {
    sqlx::query("UPDATE versions SET value = value + 1 WHERE name = 'sites'")
        .execute(&mut *transaction)
        .await
        .map_err(problem)
        .map(|_| ())
}

/// Saves name and settings within a transaction.
pub(crate) async fn put_site(transaction: &mut Change, site: &Site) -> Result<()> {
    sqlx::query("UPDATE sites SET name = $2, settings = $3 WHERE id = $1")
        .bind(site.id.to_string())
        .bind(&site.name)
        .bind(to_json(&site.settings)?)
        .execute(&mut *transaction)
        .await
        .map_err(problem)?;
    count_version(transaction).await
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
            .execute(&mut transaction)
            .await
            .map_err(problem)?;
        count_version(&mut transaction).await?;
        self.put(&mut transaction, effects).await?;
        transaction.commit().await
    }

    async fn save_site(&self, site: &Site, effects: Effects) -> Result<()> {
        let mut transaction = self.begin().await?;
        put_site(&mut transaction, site).await?;
        self.put(&mut transaction, effects).await?;
        transaction.commit().await
    }

    async fn rename_site(&self, site: &Site, slug: &Slug, effects: Effects) -> Result<()> {
        let renamed = Site { slug: slug.clone(), ..site.clone() };
        let mut transaction = self.begin().await?;
        let others = sqlx::query("SELECT slug FROM former_slugs WHERE slug = $1 AND site_id <> $2")
            .bind(slug.as_str())
            .bind(site.id.to_string())
            .fetch_optional(&mut transaction)
            .await
            .map_err(problem)?;
        if others.is_some() {
            return Err(StoreError::Conflict("that address".to_owned()));
        }
        for (sql, one, two) in [
            ("UPDATE sites SET slug = $2 WHERE id = $1", site.id.to_string(), slug.to_string()),
            ("INSERT INTO former_slugs (site_id, slug) VALUES ($1, $2)", site.id.to_string(), site.slug.to_string()),
            ("DELETE FROM former_slugs WHERE site_id = $1 AND slug = $2", site.id.to_string(), slug.to_string()),
            (
                "UPDATE holds SET place = $2 WHERE place = $1 AND person_id NOT IN (SELECT person_id FROM holds WHERE place = $2)",
                site.place(),
                renamed.place(),
            ),
            ("UPDATE sessions SET key_place = $2 WHERE key_place = $1", site.place(), renamed.place()),
            ("UPDATE sessions SET key_home = $2 WHERE key_home = $1", site.place(), renamed.place()),
            ("UPDATE passes SET place = $2 WHERE place = $1", site.place(), renamed.place()),
        ] {
            sqlx::query(sql).bind(one).bind(two).execute(&mut transaction).await.map_err(problem)?;
        }
        count_version(&mut transaction).await?;
        self.put(&mut transaction, effects).await?;
        transaction.commit().await
    }

    async fn former_slugs(&self) -> Result<Vec<(SiteId, Slug)>> {
        let rows = sqlx::query("SELECT * FROM former_slugs ORDER BY slug").fetch_all(&self.read).await;
        let of = |row: &AnyRow| Ok((row.parsed("site_id")?, Slug::parse(&row.text("slug")?).map_err(corrupt)?));
        rows.map_err(problem)?.iter().map(of).collect()
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
        let sql = "SELECT * FROM sites WHERE slug = $1 OR id = (SELECT site_id FROM former_slugs WHERE slug = $1)";
        let row = sqlx::query(sql).bind(slug.as_str()).fetch_optional(&self.read).await.map_err(problem)?;
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

    async fn save_emblem(&self, site: SiteId, emblem: Option<Emblem>, effects: Effects) -> Result<()> {
        let statement = match emblem {
            Some((png, hash)) => sqlx::query(
                "INSERT INTO emblems (site_id, png, hash) VALUES ($1, $2, $3) \
                 ON CONFLICT (site_id) DO UPDATE SET png = excluded.png, hash = excluded.hash",
            )
            .bind(site.to_string())
            .bind(png)
            .bind(hash),
            None => sqlx::query("DELETE FROM emblems WHERE site_id = $1").bind(site.to_string()),
        };
        self.carry(statement, effects).await
    }

    async fn emblem(&self, site: SiteId) -> Result<Option<Emblem>> {
        let row = sqlx::query("SELECT png, hash FROM emblems WHERE site_id = $1").bind(site.to_string());
        let row = row.fetch_optional(&self.read).await.map_err(problem)?;
        row.map(|row| Ok((row.bytes("png")?, row.text("hash")?))).transpose()
    }

    async fn emblem_hash(&self, site: SiteId) -> Result<Option<String>> {
        let row = sqlx::query("SELECT hash FROM emblems WHERE site_id = $1").bind(site.to_string());
        let row = row.fetch_optional(&self.read).await.map_err(problem)?;
        row.map(|row| row.text("hash")).transpose()
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

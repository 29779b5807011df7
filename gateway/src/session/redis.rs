//! The Redis store, for several gateways: sessions and bags with their own expiry, an index set for each person.

use std::time::Duration;

use async_trait::async_trait;
use futures_util::StreamExt;
use redis::AsyncCommands;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};

use super::store::{Listening, SessionStore, StoreAway, Stored, Told};

/// The channel by which gateways tell each other.
const TOLD: &str = "gw:told";
/// How long a connection to listen by may take.
const PATIENCE: Duration = Duration::from_millis(500);

/// Redis.
pub struct RedisStore {
    connection: ConnectionManager,
    client: redis::Client,
    clock: std::sync::Arc<dyn crate::ports::Clock>,
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
fn away(error: redis::RedisError) -> StoreAway {
    // The kind only: an error's text may hold the server's address and credentials.
    StoreAway(format!("{:?}", error.kind()))
}

fn seconds(expires_at: i64, now: i64) -> u64 {
    u64::try_from(expires_at.saturating_sub(now)).unwrap_or(0).max(1)
}

fn packed(session: &Stored) -> String {
    serde_json::json!([session.sub, session.sid, session.site, session.body, session.expires_at]).to_string()
}

fn unpacked(hash: &str, packed: &str) -> Option<Stored> {
    let (sub, sid, site, body, expires_at) = serde_json::from_str(packed).ok()?;
    Some(Stored { hash: hash.to_owned(), sub, sid, site, body, expires_at })
}

impl RedisStore {
    /// Connects.
    pub async fn open(url: &str, clock: std::sync::Arc<dyn crate::ports::Clock>) -> Result<Self, StoreAway> {
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(1)
            .set_connection_timeout(Some(Duration::from_millis(500)))
            .set_response_timeout(Some(Duration::from_millis(500)));
        let client = redis::Client::open(url).map_err(away)?;
        let connection = client.get_connection_manager_with_config(config).await.map_err(away)?;
        Ok(Self { connection, client, clock })
    }

    fn ttl(&self, expires_at: i64) -> u64 {
        seconds(expires_at, self.clock.now())
    }
}

#[async_trait]
impl SessionStore for RedisStore {
    async fn update(&self, session: &Stored) -> Result<(), StoreAway> {
        let mut command = redis::cmd("SET");
        command.arg(format!("gw:session:{}", session.hash)).arg(packed(session)).arg("XX").arg("KEEPTTL");
        command.exec_async(&mut self.connection.clone()).await.map_err(away)
    }

    async fn put(&self, session: &Stored) -> Result<(), StoreAway> {
        let mut connection = self.connection.clone();
        let packed = packed(session);
        let ttl = self.ttl(session.expires_at);
        let index = format!("gw:sub:{}", session.sub);
        let mut pipe = redis::pipe();
        pipe.atomic()
            .set_ex(format!("gw:session:{}", session.hash), packed, ttl)
            .ignore()
            .sadd(&index, format!("{} {} {}", session.hash, session.sid, session.site))
            .ignore()
            .expire(&index, 24 * 3600)
            .ignore();
        pipe.query_async::<()>(&mut connection).await.map_err(away)
    }

    async fn get(&self, hash: &str) -> Result<Option<Stored>, StoreAway> {
        let packed: Option<String> = self.connection.clone().get(format!("gw:session:{hash}")).await.map_err(away)?;
        Ok(packed.and_then(|packed| unpacked(hash, &packed)))
    }

    async fn get_all(&self, hashes: &[String]) -> Result<Vec<Option<Stored>>, StoreAway> {
        if hashes.is_empty() {
            return Ok(Vec::new());
        }
        let names: Vec<String> = hashes.iter().map(|hash| format!("gw:session:{hash}")).collect();
        let packed: Vec<Option<String>> = self.connection.clone().mget(names).await.map_err(away)?;
        let both = packed.into_iter().zip(hashes);
        Ok(both.map(|(packed, hash)| packed.and_then(|packed| unpacked(hash, &packed))).collect())
    }

    async fn all_of(&self, sub: &str) -> Result<Vec<Stored>, StoreAway> {
        let members: Vec<String> = self.connection.clone().smembers(format!("gw:sub:{sub}")).await.map_err(away)?;
        let hashes = members.iter().filter_map(|member| member.split(' ').next()).map(str::to_owned);
        Ok(self.get_all(&hashes.collect::<Vec<_>>()).await?.into_iter().flatten().collect())
    }

    async fn remove(&self, hash: &str) -> Result<(), StoreAway> {
        self.connection.clone().del::<_, ()>(format!("gw:session:{hash}")).await.map_err(away)
    }

    async fn remove_of(&self, sub: &str, sid: Option<&str>, site: Option<&str>) -> Result<(), StoreAway> {
        let mut connection = self.connection.clone();
        let index = format!("gw:sub:{sub}");
        let members: Vec<String> = connection.smembers(&index).await.map_err(away)?;
        for member in members {
            let mut parts = member.splitn(3, ' ');
            let (Some(hash), Some(its_sid), Some(its_site)) = (parts.next(), parts.next(), parts.next()) else {
                continue;
            };
            if sid.is_none_or(|sid| sid == its_sid) && site.is_none_or(|site| site == its_site) {
                connection.del::<_, ()>(format!("gw:session:{hash}")).await.map_err(away)?;
                connection.srem::<_, _, ()>(&index, &member).await.map_err(away)?;
            }
        }
        Ok(())
    }

    async fn put_bag(&self, name: &str, body: &[u8], expires_at: i64) -> Result<(), StoreAway> {
        let ttl = self.ttl(expires_at);
        self.connection.clone().set_ex::<_, _, ()>(format!("gw:bag:{name}"), body, ttl).await.map_err(away)
    }

    async fn first_bag(&self, name: &str, expires_at: i64) -> Result<bool, StoreAway> {
        let mut command = redis::cmd("SET");
        command.arg(format!("gw:bag:{name}")).arg("").arg("NX").arg("EX").arg(self.ttl(expires_at));
        let kept: Option<String> = command.query_async(&mut self.connection.clone()).await.map_err(away)?;
        Ok(kept.is_some())
    }

    async fn look_bag(&self, name: &str, _now: i64) -> Result<Option<Vec<u8>>, StoreAway> {
        self.connection.clone().get(format!("gw:bag:{name}")).await.map_err(away)
    }

    async fn take_bag(&self, name: &str, _now: i64) -> Result<Option<Vec<u8>>, StoreAway> {
        self.connection.clone().get_del(format!("gw:bag:{name}")).await.map_err(away)
    }

    async fn sweep(&self, _now: i64) -> Result<(), StoreAway> {
        Ok(())
    }

    fn is_shared(&self) -> bool {
        true
    }

    async fn tell(&self, from: &str, told: &Told) -> Result<(), StoreAway> {
        let told = serde_json::to_string(&(from, told)).map_err(|error| StoreAway(error.to_string()))?;
        self.connection.clone().publish::<_, _, ()>(TOLD, told).await.map_err(away)
    }

    async fn listen(&self) -> Result<Listening, StoreAway> {
        let connecting = async {
            let mut pubsub = self.client.get_async_pubsub().await?;
            pubsub.subscribe(TOLD).await?;
            Ok(pubsub)
        };
        let connected = tokio::time::timeout(PATIENCE, connecting).await;
        let pubsub = connected.map_err(|_| StoreAway("no connection in time".to_owned()))?.map_err(away)?;
        let told = |message: redis::Msg| async move { serde_json::from_slice(message.get_payload_bytes()).ok() };
        Ok(Box::pin(pubsub.into_on_message().filter_map(told)))
    }
}

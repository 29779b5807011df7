//! The gateway's sessions, embedded and on Redis.

use std::sync::Arc;

use gateway::session::{Embedded, RedisStore, SessionStore, Stored};

struct Now;

impl gateway::ports::Clock for Now {
    fn now(&self) -> i64 {
        0
    }
}

#[tokio::test]
async fn the_embedded_store_keeps_every_promise() {
    let folder = tempfile::tempdir().unwrap();
    promises(&Embedded::open(&folder.path().join("x.db")).await.unwrap()).await;
}

#[tokio::test]
async fn redis_keeps_every_promise() {
    let server = tests::servers::redis();
    promises(&RedisStore::open(&server.url, Arc::new(Now)).await.unwrap()).await;
}

async fn promises(store: &dyn SessionStore) {
    let session = |hash: &str, sid: &str, site: &str| Stored {
        hash: hash.into(),
        sub: "sub".into(),
        sid: sid.into(),
        site: site.into(),
        body: "{}".into(),
        expires_at: 1000,
    };
    let all = [session("a", "1", "larkmoor"), session("b", "1", "quillbrook"), session("c", "2", "larkmoor")];
    for one in &all {
        store.put(one).await.unwrap();
        assert_eq!(store.get(&one.hash).await.unwrap().as_ref(), Some(one));
    }
    let left = async || {
        let mut left = Vec::new();
        for hash in ["a", "b", "c"] {
            left.extend(store.get(hash).await.unwrap().map(|one| one.hash));
        }
        left.concat()
    };
    store.remove_of("somebody else", None, None).await.unwrap();
    store.remove_of("sub", Some("2"), None).await.unwrap();
    assert_eq!(left().await, "ab");
    store.remove_of("sub", None, Some("quillbrook")).await.unwrap();
    assert_eq!(left().await, "a");
    store.remove_of("sub", None, None).await.unwrap();
    assert_eq!(left().await, "");
    store.put_bag("flow:1", b"x\0y", 100).await.unwrap();
    assert_eq!(store.take_bag("flow:1", 99).await.unwrap().as_deref(), Some(b"x\0y".as_slice()));
    assert_eq!(store.take_bag("flow:1", 99).await.unwrap(), None, "taken once");
    let until = idp_domain::Clock::now(&idp_domain::SystemClock).0 + 60;
    let mut firsts = Vec::new();
    for _ in 0..3 {
        firsts.push(store.first_bag("proof:1", until).await.unwrap());
    }
    assert_eq!(firsts, [true, false, false]);
}

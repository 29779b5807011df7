//! What lives for minutes, on SQL and on Redis.

use std::sync::Arc;

use idp_domain::{Secret, SecretHash, SteppedClock, SystemRandom, Timestamp};
use idp_store::ShortLived;
use idp_store::attempts::StoredAttempt;
use idp_store::codes::Redeemed;
use idp_store_redis::RedisShort;
use idp_store_sql::SqlStore;

struct NoVault;

impl idp_domain::Vault for NoVault {
    fn seal(&self, _: &str, plain: &[u8]) -> Vec<u8> {
        plain.to_vec()
    }

    fn open(&self, _: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        Some(sealed.to_vec())
    }

    fn fingerprint(&self, purpose: &str, plain: &[u8]) -> SecretHash {
        SecretHash(format!("{purpose}|{}", String::from_utf8_lossy(plain)))
    }
}

async fn sql(url: &str) -> SqlStore {
    SqlStore::open(url, Arc::new(SteppedClock::new()), Arc::new(SystemRandom), Arc::new(NoVault)).await.unwrap()
}

#[tokio::test]
async fn sqlite_keeps_every_promise() {
    let folder = tempfile::tempdir().unwrap();
    promises(&sql(&format!("sqlite:{}", folder.path().join("x.db").display())).await).await;
}

#[tokio::test]
async fn postgresql_keeps_every_promise() {
    let server = tests::servers::postgres();
    promises(&sql(&server.url).await).await;
}

#[tokio::test]
async fn redis_keeps_every_promise() {
    let server = tests::servers::redis();
    promises(&RedisShort::open(&server.url).await.unwrap()).await;
}

#[tokio::test]
async fn s_20_redis_keeps_the_newest_attempts_and_no_more() {
    let server = tests::servers::redis();
    let redis = RedisShort::open(&server.url).await.unwrap().keeping(5);
    let store: &dyn ShortLived = &redis;
    let attempt = |number: i64| StoredAttempt {
        hash: SecretHash(format!("attempt {number}")),
        version: 0,
        body: "{}".into(),
        expires_at: Timestamp(1000),
    };
    for number in 0..20 {
        store.add_attempt(&attempt(number)).await.unwrap();
    }
    assert!(store.take_attempt(&attempt(19).hash).await.unwrap());
    store.add_attempt(&attempt(20)).await.unwrap();
    let mut kept = Vec::new();
    for number in 0..21 {
        kept.extend(store.attempt(&attempt(number).hash, Timestamp(1)).await.unwrap().map(|_| number));
    }
    assert_eq!(kept, [15, 16, 17, 18, 20]);
}

async fn promises(store: &dyn ShortLived) {
    an_attempt_is_saved_by_one_tab(store).await;
    a_code_is_redeemed_once(store).await;
    failures_count_up_and_are_forgotten(store).await;
}

async fn an_attempt_is_saved_by_one_tab(store: &dyn ShortLived) {
    let hash = Secret::new(&SystemRandom).hash();
    let attempt = StoredAttempt { hash: hash.clone(), version: 0, body: "one".into(), expires_at: Timestamp(100) };
    store.add_attempt(&attempt).await.unwrap();
    assert_eq!(store.attempt(&hash, Timestamp(99)).await.unwrap().unwrap(), attempt);
    assert!(store.attempt(&hash, Timestamp(100)).await.unwrap().is_none(), "the end is exclusive");
    let changed = StoredAttempt { body: "two".into(), ..attempt };
    assert!(store.save_attempt(&changed).await.unwrap());
    assert!(!store.save_attempt(&changed).await.unwrap(), "the version has moved on");
    let now = store.attempt(&hash, Timestamp(0)).await.unwrap().unwrap();
    assert_eq!((now.version, now.body.as_str()), (1, "two"));
    assert!(store.take_attempt(&hash).await.unwrap());
    assert!(!store.take_attempt(&hash).await.unwrap());
}

async fn a_code_is_redeemed_once(store: &dyn ShortLived) {
    let hash = Secret::new(&SystemRandom).hash();
    store.add_code(&hash, "body", "family", Timestamp(100)).await.unwrap();
    assert_eq!(store.look_code(&hash, Timestamp(99)).await.unwrap().as_deref(), Some("body"));
    assert_eq!(store.redeem_code(&hash, Timestamp(100)).await.unwrap(), Redeemed::Unknown, "the end is exclusive");
    assert_eq!(store.redeem_code(&hash, Timestamp(99)).await.unwrap(), Redeemed::Fresh("body".into()));
    let replayed = Redeemed::Replayed { family: "family".into() };
    assert_eq!(store.redeem_code(&hash, Timestamp(99)).await.unwrap(), replayed);
    assert_eq!(store.redeem_code(&hash, Timestamp(500)).await.unwrap(), replayed, "remembered after it expired");
    assert!(store.look_code(&hash, Timestamp(99)).await.unwrap().is_none());
    assert_eq!(store.redeem_code(&Secret::new(&SystemRandom).hash(), Timestamp(0)).await.unwrap(), Redeemed::Unknown);
}

async fn failures_count_up_and_are_forgotten(store: &dyn ShortLived) {
    let name = Secret::new(&SystemRandom).hash().0;
    for wanted in 1..=3 {
        assert_eq!(store.count_failure(&name, Timestamp(10), 60).await.unwrap().failures, wanted);
    }
    assert_eq!(store.failures(&name).await.unwrap().failures, 3);
    let all = store.failures_of(&["nobody", &name, "nobody else"]).await.unwrap();
    let pairs: Vec<_> = all.iter().map(|count| (count.failures, count.last_at.0)).collect();
    assert_eq!(pairs, [(0, 0), (3, 10), (0, 0)], "in their order");
    assert_eq!(store.count_failure(&name, Timestamp(70), 60).await.unwrap().failures, 1, "a quiet window begins anew");
    store.clear_failures(&name).await.unwrap();
    assert_eq!(store.failures(&name).await.unwrap().failures, 0);
}

#[tokio::test]
async fn sweeping_forgives_everything_but_a_row_of_wrong_passwords() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(SteppedClock::new());
    let url = format!("sqlite:{}", folder.path().join("x.db").display());
    let store = SqlStore::open(&url, clock.clone(), Arc::new(SystemRandom), Arc::new(NoVault)).await.unwrap();
    let short: &dyn ShortLived = &store;
    let year = 365 * 24 * 3600;
    for counter in ["row:ada", "password:ada"] {
        short.count_failure(counter, idp_domain::Clock::now(&*clock), year).await.unwrap();
    }
    clock.advance(2 * 24 * 3600);
    store.sweep().await.unwrap();
    assert_eq!(short.failures("row:ada").await.unwrap().failures, 1, "one try a day is a row as well");
    assert_eq!(short.failures("password:ada").await.unwrap().failures, 0);
    clock.advance(year);
    store.sweep().await.unwrap();
    assert_eq!(short.failures("row:ada").await.unwrap().failures, 0);
}

#[tokio::test]
async fn s_20_attempts_that_nobody_finishes_are_bounded_and_the_oldest_go() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(SteppedClock::new());
    let url = format!("sqlite:{}", folder.path().join("x.db").display());
    let store = SqlStore::open(&url, clock.clone(), Arc::new(SystemRandom), Arc::new(NoVault)).await.unwrap();
    let short: &dyn ShortLived = &store;
    let now = idp_domain::Clock::now(&*clock);
    let mut hashes = Vec::new();
    for number in 0..10 {
        let hash = Secret::new(&SystemRandom).hash();
        let attempt =
            StoredAttempt { hash: hash.clone(), version: 0, body: "{}".into(), expires_at: now.plus(100 + number) };
        short.add_attempt(&attempt).await.unwrap();
        hashes.push(hash);
    }
    assert_eq!(store.keep_newest_attempts(10).await.unwrap(), 0);
    assert_eq!(store.keep_newest_attempts(4).await.unwrap(), 6);
    for (number, hash) in hashes.iter().enumerate() {
        assert_eq!(short.attempt(hash, now).await.unwrap().is_some(), number >= 6, "{number}");
    }
}

//! Connections that are kept between uses, and the transactions that every change runs in.
//!
//! sqlx's own pool asks a connection whether it still lives before and after each use. On SQLite that is four changes of thread
//! more for every statement, on PostgreSQL two round trips more. Here one is asked only after it lay idle.

use std::time::Duration;

use deadpool::Runtime;
use deadpool::managed::{Manager, Metrics, Object, Pool, PoolError, QueueMode, RecycleError, RecycleResult};
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryStreamExt};
use idp_store::Result;
use sqlx::any::{AnyQueryResult, AnyRow, AnyStatement, AnyTypeInfo};
use sqlx::{Any, AnyConnection, Connection, Describe, Either, Error, Execute, Executor, SqlStr};

use crate::row::problem;

/// A server may have closed a connection that was not used for longer than this.
const IDLE: Duration = Duration::from_secs(1);
/// Something between here and the server may have forgotten one that was not used for longer than this, and says nothing when it
/// is asked.
const FORGOTTEN: Duration = Duration::from_secs(5 * 60);
/// A connection that is older than this is replaced, so that a server that moved or grew is found.
const OLD: Duration = Duration::from_secs(30 * 60);
/// After how long a server that does not take connections yet is asked again.
const AGAIN: Duration = Duration::from_millis(50);

/// Some connections to one database.
#[derive(Clone, Debug)]
pub(crate) struct Lane(Pool<Maker>);

/// Makes connections.
pub(crate) struct Maker {
    url: String,
    /// What each new one is told first.
    first: &'static [&'static str],
}

impl std::fmt::Debug for Maker {
    /// Without the URL, which may hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Maker").finish_non_exhaustive()
    }
}

pub(crate) type Kept = Object<Maker>;

impl Manager for Maker {
    type Type = AnyConnection;
    type Error = Error;

    async fn create(&self) -> std::result::Result<AnyConnection, Error> {
        let mut connection = loop {
            match AnyConnection::connect(&self.url).await {
                Err(error) if is_not_yet(&error) => tokio::time::sleep(AGAIN).await,
                made => break made?,
            }
        };
        for statement in self.first {
            connection.execute(*statement).await?;
        }
        Ok(connection)
    }

    async fn recycle(&self, connection: &mut AnyConnection, metrics: &Metrics) -> RecycleResult<Error> {
        if metrics.last_used() > FORGOTTEN || metrics.age() > OLD {
            return Err(RecycleError::message("it is too old"));
        }
        if metrics.last_used() > IDLE {
            connection.ping().await?;
        }
        Ok(())
    }
}

/// A server that is still starting, or has as many connections as it takes: worth another try while there is patience.
fn is_not_yet(error: &Error) -> bool {
    match error {
        Error::Io(error) => error.kind() == std::io::ErrorKind::ConnectionRefused,
        // cannot_connect_now, too_many_connections (PostgreSQL, appendix A).
        Error::Database(error) => error.code().is_some_and(|code| code == "57P03" || code == "53300"),
        _ => false,
    }
}

impl Lane {
    /// Up to so many connections; whoever waits longer than `patience` for one is refused.
    pub(crate) async fn open(
        url: &str,
        first: &'static [&'static str],
        (most, patience): (usize, Duration),
    ) -> std::result::Result<Self, Error> {
        let pool = Pool::builder(Maker { url: url.to_owned(), first })
            .max_size(most)
            .queue_mode(QueueMode::Lifo)
            .wait_timeout(Some(patience))
            .create_timeout(Some(patience))
            .recycle_timeout(Some(patience))
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| Error::Configuration(error.into()))?;
        let lane = Self(pool);
        drop(lane.get().await?);
        Ok(lane)
    }

    /// A connection, which comes back by itself.
    pub(crate) async fn get(&self) -> std::result::Result<Kept, Error> {
        self.0.get().await.map_err(|error| match error {
            PoolError::Backend(error) => error,
            PoolError::Timeout(_) => Error::PoolTimedOut,
            PoolError::Closed | PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_) => Error::PoolClosed,
        })
    }

    /// Begins a transaction with these words.
    pub(crate) async fn begin(&self, words: &'static str) -> Result<Change> {
        // From here on it is taken back, whatever becomes of the task.
        let mut change = Change(Some(self.get().await.map_err(problem)?));
        change.execute(words).await.map_err(problem)?;
        Ok(change)
    }

    /// Runs a statement to its end, even where the first row is enough: SQLite commits a statement that stands alone only then,
    /// and nobody may be told before.
    async fn run<'q>(
        &self,
        query: impl Execute<'q, Any> + 'q,
    ) -> std::result::Result<Vec<Either<AnyQueryResult, AnyRow>>, Error> {
        let mut kept = self.get().await?;
        let answers = kept.fetch_many(query).try_collect().await;
        // After anything but a word of the database itself the connection may be broken.
        if matches!(&answers, Err(error) if !matches!(error, Error::Database(_))) {
            drop(Object::take(kept));
        }
        answers
    }

    /// Closes each connection. One that is in use is waited for where there is no other, else it closes as it comes back.
    pub(crate) async fn close(&self) {
        for _ in 0..self.0.status().size {
            if let Ok(kept) = self.get().await {
                // Nobody is left who could be told.
                drop(Object::take(kept).close().await);
            }
        }
        self.0.close();
    }
}

const UNASKED: &str = "only what is run can be asked for";

/// What an executor has to have and nobody here calls: asking about a statement without running it.
macro_rules! unasked {
    ($c:lifetime) => {
        fn prepare_with<'e>(
            self,
            _: SqlStr,
            _: &'e [AnyTypeInfo],
        ) -> BoxFuture<'e, std::result::Result<AnyStatement, Error>>
        where
            $c: 'e,
        {
            Box::pin(async { Err(Error::Protocol(UNASKED.to_owned())) })
        }

        fn describe<'e>(self, _: SqlStr) -> BoxFuture<'e, std::result::Result<Describe<Any>, Error>>
        where
            $c: 'e,
        {
            Box::pin(async { Err(Error::Protocol(UNASKED.to_owned())) })
        }
    };
}

impl<'c> Executor<'c> for &'c Lane {
    type Database = Any;

    fn fetch_many<'e, 'q, E>(
        self,
        query: E,
    ) -> BoxStream<'e, std::result::Result<Either<AnyQueryResult, AnyRow>, Error>>
    where
        'c: 'e,
        'q: 'e,
        E: 'q + Execute<'q, Any>,
    {
        let all = self.run(query);
        stream::once(all).map_ok(|answers| stream::iter(answers).map(Ok)).try_flatten().boxed()
    }

    fn fetch_optional<'e, 'q, E>(self, query: E) -> BoxFuture<'e, std::result::Result<Option<AnyRow>, Error>>
    where
        'c: 'e,
        'q: 'e,
        E: 'q + Execute<'q, Any>,
    {
        let all = self.run(query);
        Box::pin(async { Ok(all.await?.into_iter().find_map(Either::right)) })
    }

    unasked!('c);
}

/// A transaction: what was done in it counts from `commit` on, and not at all without it.
#[derive(Debug)]
pub(crate) struct Change(Option<Kept>);

impl Change {
    /// Ends it well.
    pub(crate) async fn commit(mut self) -> Result<()> {
        self.execute("COMMIT").await.map_err(problem)?;
        self.0 = None;
        Ok(())
    }
}

impl<'c> Executor<'c> for &'c mut Change {
    type Database = Any;

    fn fetch_many<'e, 'q, E>(
        self,
        query: E,
    ) -> BoxStream<'e, std::result::Result<Either<AnyQueryResult, AnyRow>, Error>>
    where
        'c: 'e,
        'q: 'e,
        E: 'q + Execute<'q, Any>,
    {
        match &mut self.0 {
            Some(kept) => kept.fetch_many(query),
            None => stream::once(async { Err(Error::PoolClosed) }).boxed(),
        }
    }

    fn fetch_optional<'e, 'q, E>(self, query: E) -> BoxFuture<'e, std::result::Result<Option<AnyRow>, Error>>
    where
        'c: 'e,
        'q: 'e,
        E: 'q + Execute<'q, Any>,
    {
        match &mut self.0 {
            Some(kept) => kept.fetch_optional(query),
            None => Box::pin(async { Err(Error::PoolClosed) }),
        }
    }

    unasked!('c);
}

impl Drop for Change {
    fn drop(&mut self) {
        let Some(mut kept) = self.0.take() else { return };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            drop(Object::take(kept));
            return;
        };
        runtime.spawn(async move {
            // It cannot be taken back where the connection broke, or where SQLite has ended it already because the disk is full
            // (L-04). Whichever it is, the next change begins on a new connection.
            if kept.execute("ROLLBACK").await.is_err() {
                drop(Object::take(kept));
            }
        });
    }
}

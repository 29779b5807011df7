//! Password hashing in a fixed pool of threads with kept memory and a bounded queue.

use std::sync::Mutex;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, PoisonError};

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use idp_domain::{Random, person};
use tokio::sync::oneshot;
use zeroize::{Zeroize, Zeroizing};

/// Memory for one hash, in KiB (OWASP: 19 MiB, 2 passes, 1 lane).
const MEMORY: u32 = 19_456;
const PASSES: u32 = 2;
/// A stored hash that asks for more than this is not ours.
const MOST_MEMORY: u32 = 262_144;

/// The pool.
pub struct Hasher {
    queue: SyncSender<Job>,
    random: Arc<dyn Random>,
    /// Compared against when there is no such person, so that the time is the same.
    decoy: String,
}

/// The queue is full, or the process is going down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Busy;

/// What a check says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checked {
    /// It is the password.
    Right,
    /// It is the password, but the stored hash has older parameters: hash it anew.
    RightButOld,
    /// It is not.
    Wrong,
}

enum Job {
    Hash { password: Zeroizing<Vec<u8>>, salt: [u8; 16], answer: oneshot::Sender<Option<String>> },
    Check { password: Zeroizing<Vec<u8>>, stored: String, answer: oneshot::Sender<Checked> },
}

impl Hasher {
    /// Starts `threads` workers with a queue for `waiting` more jobs.
    pub fn start(threads: usize, waiting: usize, random: Arc<dyn Random>) -> std::io::Result<Self> {
        let (queue, jobs) = sync_channel(waiting.max(1));
        let jobs = Arc::new(Mutex::new(jobs));
        for number in 0..threads.max(1) {
            let jobs = jobs.clone();
            std::thread::Builder::new().name(format!("password-{number}")).spawn(move || work(&jobs))?;
        }
        let mut salt = [0_u8; 16];
        random.fill(&mut salt);
        let mut nobody = [0_u8; 32];
        random.fill(&mut nobody);
        let decoy = Worker::default().hash(&nobody, salt).unwrap_or_default();
        Ok(Self { queue, random, decoy })
    }

    /// Hashes a new password.
    pub async fn hash(&self, password: &str) -> Result<person::PasswordHash, Busy> {
        let mut salt = [0_u8; 16];
        self.random.fill(&mut salt);
        let (answer, answered) = oneshot::channel();
        self.send(Job::Hash { password: Zeroizing::new(password.as_bytes().to_vec()), salt, answer })?;
        answered.await.ok().flatten().map(person::PasswordHash).ok_or(Busy)
    }

    /// Checks a password against a stored hash, or against a decoy that nothing matches.
    pub async fn check(&self, password: &str, stored: Option<&person::PasswordHash>) -> Result<Checked, Busy> {
        let (answer, answered) = oneshot::channel();
        let hash = stored.map_or_else(|| self.decoy.clone(), |hash| hash.0.clone());
        self.send(Job::Check { password: Zeroizing::new(password.as_bytes().to_vec()), stored: hash, answer })?;
        let checked = answered.await.map_err(|_| Busy)?;
        Ok(if stored.is_some() { checked } else { Checked::Wrong })
    }

    fn send(&self, job: Job) -> Result<(), Busy> {
        match self.queue.try_send(job) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
                metrics::counter!("lanyard_password_queue_full_total").increment(1);
                Err(Busy)
            }
        }
    }
}

fn work(jobs: &Mutex<Receiver<Job>>) {
    let mut worker = Worker::default();
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match job {
            Ok(Job::Hash { password, salt, answer }) => drop(answer.send(worker.hash(&password, salt))),
            Ok(Job::Check { password, stored, answer }) => drop(answer.send(worker.check(&password, &stored))),
            Err(_) => return,
        }
    }
}

/// One thread's kept memory.
#[derive(Default)]
struct Worker {
    blocks: Vec<Block>,
}

impl Worker {
    fn raw(&mut self, params: Params, password: &[u8], salt: &[u8], out: &mut [u8]) -> Option<()> {
        if self.blocks.len() < params.block_count() {
            self.blocks.resize(params.block_count(), Block::new());
        }
        let hashed = Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into_with_memory(
            password,
            salt,
            out,
            &mut self.blocks,
        );
        // The blocks are overwritten from the start by the next hash; wiping 19 MiB now would cost a tenth of it.
        // Only the last block, from which the hash is taken, is wiped.
        if let Some(last) = self.blocks.last_mut() {
            last.zeroize();
        }
        hashed.ok()
    }

    fn hash(&mut self, password: &[u8], salt: [u8; 16]) -> Option<String> {
        let params = Params::new(MEMORY, PASSES, 1, None).ok()?;
        let mut out = Zeroizing::new([0_u8; 32]);
        self.raw(params.clone(), password, &salt, &mut *out)?;
        let hash = PasswordHash {
            algorithm: argon2::ARGON2ID_IDENT,
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(&params).ok()?,
            salt: Some(Salt::new(&salt).ok()?),
            hash: Some(Output::new(&*out).ok()?),
        };
        Some(hash.to_string())
    }

    /// A hash that cannot be read matches nothing.
    fn check(&mut self, password: &[u8], stored: &str) -> Checked {
        self.compare(password, stored).unwrap_or(Checked::Wrong)
    }

    fn compare(&mut self, password: &[u8], stored: &str) -> Option<Checked> {
        let hash = PasswordHash::new(stored).ok()?;
        let (salt, wanted) = (hash.salt.as_ref()?, hash.hash.as_ref()?);
        let params = Params::try_from(&hash).ok()?;
        if hash.algorithm != argon2::ARGON2ID_IDENT || params.m_cost() > MOST_MEMORY {
            return None;
        }
        let old = params.m_cost() < MEMORY || (params.m_cost() == MEMORY && params.t_cost() < PASSES);
        let mut out = Zeroizing::new(vec![0_u8; wanted.len()]);
        self.raw(params.clone(), password, salt, &mut out)?;
        if Output::new(&out).ok()? != *wanted {
            // Somebody whose hash is an old one would be answered sooner than nobody is.
            if let Some(rest) = rest_of(&params) {
                self.raw(rest, password, salt, &mut out)?;
            }
            return Some(Checked::Wrong);
        }
        Some(if old { Checked::RightButOld } else { Checked::Right })
    }
}

/// What is left to do of a hash of today after one with older parameters: the work is memory times passes.
fn rest_of(done: &Params) -> Option<Params> {
    let done = u64::from(done.m_cost()) * u64::from(done.t_cost()) / u64::from(PASSES);
    let memory = MEMORY.checked_sub(u32::try_from(done).ok()?)?;
    Params::new(memory, PASSES, 1, None).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use idp_domain::SystemRandom;

    #[tokio::test]
    async fn checks_what_it_hashed_and_nothing_else() {
        let hasher = Hasher::start(1, 4, Arc::new(SystemRandom)).unwrap();
        let hash = hasher.hash("three random words").await.unwrap();
        assert!(hash.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert_eq!(hasher.check("three random words", Some(&hash)).await, Ok(Checked::Right));
        assert_eq!(hasher.check("three random words ", Some(&hash)).await, Ok(Checked::Wrong));
        assert_eq!(hasher.check("anything", None).await, Ok(Checked::Wrong));
        assert_eq!(hasher.check("x", Some(&person::PasswordHash("nonsense".into()))).await, Ok(Checked::Wrong));
    }

    #[test]
    fn a_06_an_old_hash_takes_as_much_work_as_one_of_today() {
        let work = |params: &Params| params.m_cost() * params.t_cost();
        for (memory, passes) in [(4_096, 3), (9_728, 2), (12_288, 1), (19_456, 1)] {
            let old = Params::new(memory, passes, 1, None).unwrap();
            let rest = rest_of(&old).unwrap();
            let whole = work(&old) + work(&rest);
            assert!((MEMORY * PASSES - 2..=MEMORY * PASSES + 2).contains(&whole), "{memory}, {passes}: {whole}");
        }
        assert_eq!(rest_of(&Params::new(MEMORY, PASSES, 1, None).unwrap()), None);
        assert_eq!(rest_of(&Params::new(65_536, 3, 1, None).unwrap()), None, "a stronger one has no rest");
    }

    #[tokio::test]
    async fn a_13_a_full_queue_says_so_at_once() {
        let hasher = Arc::new(Hasher::start(1, 1, Arc::new(SystemRandom)).unwrap());
        let jobs: Vec<_> = (0..8)
            .map(|_| {
                let hasher = hasher.clone();
                tokio::spawn(async move { hasher.check("x", None).await })
            })
            .collect();
        let mut busy = 0;
        for job in jobs {
            busy += usize::from(job.await.unwrap() == Err(Busy));
        }
        assert!(busy >= 5, "{busy} of 8 were refused");
    }
}

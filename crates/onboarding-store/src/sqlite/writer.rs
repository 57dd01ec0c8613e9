//! The one connection that writes, the thread it lives on, and the queue before it.
//!
//! Whoever waits while a commit reaches the disk is taken along with the next one: a group is one transaction with a
//! savepoint for each job, so sixteen waiting writers cost one flush. A job that is refused undoes its own savepoint; a
//! database failure undoes the whole group, because SQLite may have rolled back already. Nobody is answered before
//! the group is on the disk. A caller who goes away leaves its job in the queue: no transaction is cut in two.
//!
//! A job of one statement is whole without a transaction: alone it runs as it is, in a group without a savepoint.
//!
//! What need not be flushed is short: whoever asks for it while nobody writes carries it out in passing, as handing it over
//! would take longer than the job. See `desk.rs`.

use super::desk::{Desk, Manner, Shared};
use super::{BEGIN, Connection};
use crate::database::Flush;
use crate::error::{Breaking, Doing};
use crate::sql::Row;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use onboarding::ports::StoreError;
use sea_orm::Statement;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// Jobs that wait at most; beyond, callers wait for a place.
const QUEUE: usize = 1024;
/// Jobs in one transaction at most.
const GROUP: usize = 64;

pub(crate) struct Writer {
    /// `None` once closed.
    jobs: Mutex<Option<mpsc::Sender<Box<dyn Job>>>>,
    /// Answered when the thread has closed its connection.
    ended: Mutex<Option<oneshot::Receiver<()>>>,
    desk: Arc<Shared>,
    patience: Duration,
}

impl Writer {
    pub(crate) fn start(desk: Arc<Shared>, patience: Duration) -> Result<Self, StoreError> {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let (end, ended) = oneshot::channel();
        let thread = std::thread::Builder::new().name("sqlite-writer".to_owned());
        let shared = Arc::clone(&desk);
        let started = thread.spawn(move || {
            serve(&shared, queue);
            // Whoever closes the store may have gone away.
            if end.send(()).is_err() {
                tracing::debug!("nobody waited for the writer's end");
            }
        });
        started.map_err(|error| StoreError::Unavailable(format!("could not start the writing thread: {}", error.kind())))?;
        Ok(Self { jobs: Mutex::new(Some(jobs)), ended: Mutex::new(Some(ended)), desk, patience })
    }

    /// `work` waits for nothing but the database.
    pub(crate) async fn write<T, E, F>(&self, flush: Flush, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Breaking + Send + 'static,
        F: for<'t> FnOnce(&'t Connection) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let work = |db: &Connection| {
            let refused = || Err(unavailable("a step waited for something beside the database").into());
            work(db).now_or_never().unwrap_or_else(refused)
        };
        self.queue(Box::new(Order { work, flush, is_one: false, reply }), answer, flush == Flush::Later).await
    }

    /// Carries out one statement: the rows it changed.
    pub(crate) async fn change(&self, flush: Flush, statement: Statement, what: &'static str) -> Result<u64, StoreError> {
        self.one(flush, move |db| db.change(&statement).doing(what)).await
    }

    /// Carries out one statement that returns rows. It may have to sort many: never in passing.
    pub(crate) async fn returning(&self, flush: Flush, statement: Statement, what: &'static str) -> Result<Vec<Row>, StoreError> {
        let (reply, answer) = oneshot::channel();
        let work = move |db: &Connection| db.rows(&statement).doing(what);
        self.queue(Box::new(Order { work, flush, is_one: true, reply }), answer, false).await
    }

    /// `work` carries out one statement, and nothing beside it.
    async fn one<T, F>(&self, flush: Flush, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        self.queue(Box::new(Order { work, flush, is_one: true, reply }), answer, flush == Flush::Later).await
    }

    async fn queue<T, E: From<StoreError>>(
        &self,
        job: Box<dyn Job>,
        answer: oneshot::Receiver<Result<T, E>>,
        may_pass: bool,
    ) -> Result<T, E> {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(jobs) = jobs else { return Err(unavailable("the store is closed").into()) };
        let job = if may_pass { self.desk.free(job, in_passing) } else { Err(job) };
        let Err(job) = job else { return answered(answer).await };
        match jobs.send_timeout(job, self.patience).await {
            Ok(()) => {}
            Err(mpsc::error::SendTimeoutError::Timeout(_)) => return Err(unavailable("too many writes wait").into()),
            Err(mpsc::error::SendTimeoutError::Closed(_)) => return Err(unavailable("the store is closed").into()),
        }
        // Without its sender, so that closing the store waits for queued jobs and not for their callers.
        drop(jobs);
        answered(answer).await
    }

    pub(crate) async fn close(&self) {
        drop(self.jobs.lock().unwrap_or_else(PoisonError::into_inner).take());
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(ended) = ended
            && ended.await.is_err()
        {
            tracing::error!("the writer broke off");
        }
    }
}

async fn answered<T, E: From<StoreError>>(answer: oneshot::Receiver<Result<T, E>>) -> Result<T, E> {
    answer.await.unwrap_or_else(|_| Err(unavailable("the writer broke off; whether the step was taken is unknown").into()))
}

fn unavailable(why: &str) -> StoreError {
    StoreError::Unavailable(format!("could not write: {why}"))
}

/// What a job leaves behind in its savepoint.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// To be committed.
    Keep,
    /// To be undone; the others of the group go on.
    Undo,
    /// The database failed.
    Break,
}

/// Tells the caller, once the fate of the whole group is known.
type Tell = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

trait Job: Send {
    /// Whether it is one statement, which is taken whole or not at all.
    fn is_one(&self) -> bool;
    /// Whether its commit is on the disk before its caller hears of it.
    fn flush(&self) -> Flush;
    fn run(self: Box<Self>, db: &Connection) -> (Fate, Tell);
    fn refuse(self: Box<Self>, why: StoreError);
}

struct Order<T, E, F> {
    work: F,
    flush: Flush,
    is_one: bool,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<T, E, F> Job for Order<T, E, F>
where
    T: Send + 'static,
    E: From<StoreError> + Breaking + Send + 'static,
    F: FnOnce(&Connection) -> Result<T, E> + Send,
{
    fn is_one(&self) -> bool {
        self.is_one
    }

    fn flush(&self) -> Flush {
        self.flush
    }

    fn run(self: Box<Self>, db: &Connection) -> (Fate, Tell) {
        let Self { work, reply, .. } = *self;
        let found = work(db);
        let fate = match &found {
            Ok(_) => Fate::Keep,
            Err(error) if error.breaks() => Fate::Break,
            Err(_) => Fate::Undo,
        };
        let tell = move |group| {
            // A refusal stands whatever became of the group: nothing of the job was taken either way.
            let found = match (found, group) {
                (Ok(_), Err(error)) => Err(E::from(error)),
                (found, _) => found,
            };
            // A caller who went away hears nothing, and needs nothing.
            drop(reply.send(found));
        };
        (fate, Box::new(tell))
    }

    fn refuse(self: Box<Self>, why: StoreError) {
        drop(self.reply.send(Err(why.into())));
    }
}

const UNKNOWN: &str = "commit; whether the step was taken is unknown";

fn end(db: &Connection, sql: &'static str) -> Result<(), sea_orm::DbErr> {
    db.say(sql)
}

/// Rolls back whatever a failure left open. Where SQLite has done so itself there is nothing to roll back, and it says so.
fn undo(db: &Connection) {
    drop(end(db, "ROLLBACK"));
}

fn serve(desk: &Shared, mut queue: mpsc::Receiver<Box<dyn Job>>) {
    let mut group = Vec::with_capacity(GROUP);
    while queue.blocking_recv_many(&mut group, GROUP) > 0 {
        let wanted = if group.iter().any(|job| job.flush() == Flush::Now) { Manner::Flushed } else { Manner::Unflushed };
        desk.wait(|desk| match desk.turn(wanted).doing("change how commits are flushed") {
            Ok(()) => {
                if catch_unwind(AssertUnwindSafe(|| carry_out(desk.connection(), &mut group))).is_err() {
                    // Whoever waits hears that this thread broke off. Nothing is left of the group, and the next one is carried out.
                    desk.undo();
                    group.clear();
                }
            }
            Err(error) => group.drain(..).for_each(|job| job.refuse(error.clone())),
        });
    }
    if desk.close().is_err() {
        tracing::warn!("could not close the writing connection");
    }
}

/// Carries the job out if it is this one's turn at once; else it is given back, and nothing of it was begun.
fn in_passing(desk: &mut Desk, job: Box<dyn Job>) -> Result<(), Box<dyn Job>> {
    if !desk.may_pass() || desk.turn(Manner::Passing).is_err() || end(desk.connection(), BEGIN).is_err() {
        // The thread waits for another process's lock, and tells what is wrong.
        return Err(job);
    }
    let (fate, tell) = job.run(desk.connection());
    let outcome = match fate {
        Fate::Keep => end(desk.connection(), "COMMIT").doing(UNKNOWN),
        Fate::Undo => end(desk.connection(), "ROLLBACK").doing("roll back"),
        Fate::Break => Err(unavailable("the database failed")),
    };
    if outcome.is_err() {
        undo(desk.connection());
    }
    tell(outcome);
    Ok(())
}

/// One transaction for everybody who waits.
fn carry_out(db: &Connection, group: &mut Vec<Box<dyn Job>>) {
    if group.len() == 1 && group[0].is_one() {
        let (_, tell) = group.remove(0).run(db);
        return tell(Ok(()));
    }
    if let Err(error) = end(db, BEGIN).doing("begin to write") {
        return group.drain(..).for_each(|job| job.refuse(error.clone()));
    }
    let mut told = Vec::with_capacity(group.len());
    let outcome = match run_all(db, group, &mut told) {
        Ok(Fate::Keep) => end(db, "COMMIT").doing(UNKNOWN),
        Ok(Fate::Undo) => end(db, "ROLLBACK").doing("roll back"),
        Ok(Fate::Break) => Err(unavailable("the database failed in the middle of a group; nothing of it was taken")),
        Err(error) => Err(error),
    };
    if outcome.is_err() {
        undo(db);
    }
    for job in group.drain(..) {
        job.refuse(outcome.clone().err().unwrap_or_else(|| unavailable("the group ended before this step began")));
    }
    for tell in told {
        tell(outcome.clone());
    }
}

/// Runs jobs in order until all are done or one breaks the group; those that never ran stay in `group`.
fn run_all(db: &Connection, group: &mut Vec<Box<dyn Job>>, told: &mut Vec<Tell>) -> Result<Fate, StoreError> {
    if group.len() == 1 {
        // Alone, a job needs no savepoint: its fate is the transaction's.
        let job = group.remove(0);
        let (fate, tell) = job.run(db);
        told.push(tell);
        return Ok(fate);
    }
    while !group.is_empty() {
        let job = group.remove(0);
        if job.is_one() {
            let (fate, tell) = job.run(db);
            told.push(tell);
            // Without a savepoint nothing of it alone could be undone.
            if fate != Fate::Keep {
                return Ok(Fate::Break);
            }
            continue;
        }
        if let Err(error) = end(db, "SAVEPOINT job").doing("set a savepoint") {
            job.refuse(error.clone());
            return Err(error);
        }
        let (fate, tell) = job.run(db);
        told.push(tell);
        match fate {
            Fate::Keep => end(db, "RELEASE job").doing("release a savepoint")?,
            Fate::Undo => {
                end(db, "ROLLBACK TO job").doing("roll back to a savepoint")?;
                end(db, "RELEASE job").doing("release a savepoint")?;
            }
            Fate::Break => return Ok(Fate::Break),
        }
    }
    Ok(Fate::Keep)
}

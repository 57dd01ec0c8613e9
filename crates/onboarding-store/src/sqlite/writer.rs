//! The one connection that writes, and the queue before it.
//!
//! Whoever waits while a commit reaches the disk is taken along with the next one: a group is one transaction with a
//! savepoint for each job, so sixteen waiting writers cost one flush. A job that is refused undoes its own savepoint; a
//! database failure undoes the whole group, because SQLite may have rolled back already. Nobody is answered before
//! the group is on the disk. A caller who goes away leaves its job in the queue: no transaction is cut in two.
//!
//! A job of one statement is whole without a transaction: alone it runs as it is, in a group without a savepoint.

use super::{BEGIN, Connection};
use crate::batch::Batch;
use crate::error::{Breaking, Doing};
use async_trait::async_trait;
use futures_util::future::BoxFuture;
use onboarding::ports::StoreError;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};
use std::sync::Mutex;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// Jobs that wait at most; beyond, callers wait for a place.
const QUEUE: usize = 1024;
/// Jobs in one transaction at most.
const GROUP: usize = 64;

pub(crate) struct Writer {
    /// `None` once closed.
    jobs: Mutex<Option<mpsc::Sender<Box<dyn Job>>>>,
    task: Mutex<Option<JoinHandle<()>>>,
    patience: Duration,
}

impl Writer {
    pub(crate) fn start(db: Connection, patience: Duration) -> Self {
        let (jobs, queue) = mpsc::channel(QUEUE);
        Self { jobs: Mutex::new(Some(jobs)), task: Mutex::new(Some(tokio::spawn(serve(db, queue)))), patience }
    }

    pub(crate) async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Breaking + Send + 'static,
        F: for<'t> FnOnce(&'t Connection) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        self.queue(Box::new(Order { work, reply }), answer).await
    }

    /// `work` runs one statement, and nothing beside it.
    pub(crate) async fn write_one<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t Connection) -> BoxFuture<'t, Result<T, StoreError>> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        self.queue(Box::new(One { work, reply }), answer).await
    }

    pub(crate) async fn write_rows(&self, batch: Batch, what: &'static str) -> Result<bool, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.queue(Box::new(Rows { batch, what, reply }), answer).await
    }

    async fn queue<T, E: From<StoreError>>(&self, job: Box<dyn Job>, answer: oneshot::Receiver<Result<T, E>>) -> Result<T, E> {
        let jobs = self.jobs.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        let Some(jobs) = jobs else { return Err(unavailable("the store is closed").into()) };
        match jobs.send_timeout(job, self.patience).await {
            Ok(()) => {}
            Err(mpsc::error::SendTimeoutError::Timeout(_)) => return Err(unavailable("too many writes wait").into()),
            Err(mpsc::error::SendTimeoutError::Closed(_)) => return Err(unavailable("the store is closed").into()),
        }
        // Without its sender, so that closing the store waits for queued jobs and not for their callers.
        drop(jobs);
        answer.await.unwrap_or_else(|_| Err(unavailable("the writer broke off; whether the step was taken is unknown").into()))
    }

    pub(crate) async fn close(&self) {
        drop(self.jobs.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take());
        let task = self.task.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        if let Some(task) = task
            && task.await.is_err()
        {
            tracing::error!("the writer broke off");
        }
    }
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

#[async_trait]
trait Job: Send {
    /// Whether it is one statement, which is taken whole or not at all.
    fn is_one(&self) -> bool;
    /// Runs as its own transaction what can do so in fewer steps; anything else comes back untouched.
    async fn run_alone(self: Box<Self>, db: &Connection) -> Option<Box<dyn Job>>;
    async fn run(self: Box<Self>, db: &Connection) -> (Fate, Tell);
    fn refuse(self: Box<Self>, why: StoreError);
}

fn fate<T, E: Breaking>(found: &Result<T, E>) -> Fate {
    match found {
        Ok(_) => Fate::Keep,
        Err(error) if error.breaks() => Fate::Break,
        Err(_) => Fate::Undo,
    }
}

/// How the caller is told once the group's fate is known.
fn tell<T, E>(found: Result<T, E>, reply: oneshot::Sender<Result<T, E>>) -> Tell
where
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
{
    Box::new(move |group| {
        // A refusal stands whatever became of the group: nothing of the job was taken either way.
        let found = match (found, group) {
            (Ok(_), Err(error)) => Err(error.into()),
            (found, _) => found,
        };
        // A caller who went away hears nothing, and needs nothing.
        drop(reply.send(found));
    })
}

struct One<T, F> {
    work: F,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

#[async_trait]
impl<T, F> Job for One<T, F>
where
    T: Send + 'static,
    F: for<'t> FnOnce(&'t Connection) -> BoxFuture<'t, Result<T, StoreError>> + Send + 'static,
{
    fn is_one(&self) -> bool {
        true
    }

    async fn run_alone(self: Box<Self>, db: &Connection) -> Option<Box<dyn Job>> {
        let Self { work, reply } = *self;
        drop(reply.send(work(db).await));
        None
    }

    async fn run(self: Box<Self>, db: &Connection) -> (Fate, Tell) {
        let Self { work, reply } = *self;
        let found = work(db).await;
        (fate(&found), tell(found, reply))
    }

    fn refuse(self: Box<Self>, why: StoreError) {
        drop(self.reply.send(Err(why)));
    }
}

struct Order<T, E, F> {
    work: F,
    reply: oneshot::Sender<Result<T, E>>,
}

#[async_trait]
impl<T, E, F> Job for Order<T, E, F>
where
    T: Send + 'static,
    E: From<StoreError> + Breaking + Send + 'static,
    F: for<'t> FnOnce(&'t Connection) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
{
    fn is_one(&self) -> bool {
        false
    }

    async fn run_alone(self: Box<Self>, _db: &Connection) -> Option<Box<dyn Job>> {
        Some(self)
    }

    async fn run(self: Box<Self>, db: &Connection) -> (Fate, Tell) {
        let Self { work, reply } = *self;
        let found = work(db).await;
        (fate(&found), tell(found, reply))
    }

    fn refuse(self: Box<Self>, why: StoreError) {
        drop(self.reply.send(Err(why.into())));
    }
}

/// Rows that are written all or not at all.
struct Rows {
    batch: Batch,
    what: &'static str,
    reply: oneshot::Sender<Result<bool, StoreError>>,
}

#[async_trait]
impl Job for Rows {
    fn is_one(&self) -> bool {
        false
    }

    async fn run_alone(self: Box<Self>, db: &Connection) -> Option<Box<dyn Job>> {
        let Self { batch, what, reply } = *self;
        let written = batch.begin(db).await.doing(what);
        let ended = match written {
            Ok(true) => end(db, "COMMIT").await.doing(UNKNOWN).map(|()| true),
            Ok(false) => end(db, "ROLLBACK").await.doing("roll back").map(|()| false),
            Err(error) => {
                undo(db).await;
                Err(error)
            }
        };
        if ended.is_err() {
            undo(db).await;
        }
        drop(reply.send(ended));
        None
    }

    async fn run(self: Box<Self>, db: &Connection) -> (Fate, Tell) {
        let Self { batch, what, reply } = *self;
        let found = batch.run(db).await.doing(what);
        let fate = match &found {
            Ok(true) => Fate::Keep,
            Ok(false) => Fate::Undo,
            Err(_) => Fate::Break,
        };
        (fate, tell(found, reply))
    }

    fn refuse(self: Box<Self>, why: StoreError) {
        drop(self.reply.send(Err(why)));
    }
}

const UNKNOWN: &str = "commit; whether the step was taken is unknown";

async fn end(db: &Connection, sql: &str) -> Result<(), DbErr> {
    db.execute_raw(Statement::from_string(DbBackend::Sqlite, sql)).await.map(drop)
}

/// Rolls back whatever a failure left open. Where SQLite has done so itself there is nothing to roll back, and it says so.
async fn undo(db: &Connection) {
    drop(end(db, "ROLLBACK").await);
}

async fn serve(db: Connection, mut queue: mpsc::Receiver<Box<dyn Job>>) {
    let mut group = Vec::with_capacity(GROUP);
    while queue.recv_many(&mut group, GROUP).await > 0 {
        carry_out(&db, &mut group).await;
    }
    if db.close().await.is_err() {
        tracing::warn!("could not close the writing connection");
    }
}

/// One transaction for everybody who waits.
async fn carry_out(db: &Connection, group: &mut Vec<Box<dyn Job>>) {
    if group.len() == 1 {
        let left = group.remove(0).run_alone(db).await;
        group.extend(left);
    }
    if group.is_empty() {
        return;
    }
    if let Err(error) = end(db, BEGIN).await.doing("begin to write") {
        return group.drain(..).for_each(|job| job.refuse(error.clone()));
    }
    let mut told = Vec::with_capacity(group.len());
    let outcome = match run_all(db, group, &mut told).await {
        Ok(Fate::Keep) => end(db, "COMMIT").await.doing(UNKNOWN),
        Ok(Fate::Undo) => end(db, "ROLLBACK").await.doing("roll back"),
        Ok(Fate::Break) => Err(unavailable("the database failed in the middle of a group; nothing of it was taken")),
        Err(error) => Err(error),
    };
    if outcome.is_err() {
        undo(db).await;
    }
    for job in group.drain(..) {
        job.refuse(outcome.clone().err().unwrap_or_else(|| unavailable("the group ended before this step began")));
    }
    for tell in told {
        tell(outcome.clone());
    }
}

/// Runs jobs in order until all are done or one breaks the group; those that never ran stay in `group`.
async fn run_all(db: &Connection, group: &mut Vec<Box<dyn Job>>, told: &mut Vec<Tell>) -> Result<Fate, StoreError> {
    if group.len() == 1 {
        // Alone, a job needs no savepoint: its fate is the transaction's.
        let job = group.remove(0);
        let (fate, tell) = job.run(db).await;
        told.push(tell);
        return Ok(fate);
    }
    while !group.is_empty() {
        let job = group.remove(0);
        if job.is_one() {
            let (fate, tell) = job.run(db).await;
            told.push(tell);
            // Without a savepoint nothing of it alone could be undone.
            if fate != Fate::Keep {
                return Ok(Fate::Break);
            }
            continue;
        }
        if let Err(error) = end(db, "SAVEPOINT job").await.doing("set a savepoint") {
            job.refuse(error.clone());
            return Err(error);
        }
        let (fate, tell) = job.run(db).await;
        told.push(tell);
        match fate {
            Fate::Keep => end(db, "RELEASE job").await.doing("release a savepoint")?,
            Fate::Undo => end(db, "ROLLBACK TO job; RELEASE job").await.doing("roll back to a savepoint")?,
            Fate::Break => return Ok(Fate::Break),
        }
    }
    Ok(Fate::Keep)
}

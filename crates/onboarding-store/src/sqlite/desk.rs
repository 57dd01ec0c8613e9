//! The connection that writes, and who may use it: its thread for everything that is flushed, and whoever asks for something short
//! while nobody writes. Such a one never waits here for the lock or for another process, and for the disk only where the log begins
//! anew: SQLite flushes its head then, once in two thousand pages.
//!
//! It reads best as well: hardly any other connection changes the file, so that its pages stay at hand, where every reader has to
//! look anew after each commit.

use super::Connection;
use crate::sql::Row;
use rusqlite::hooks::Wal;
use sea_orm::{DbErr, Statement};
use std::cell::Cell;
use std::sync::{Mutex, PoisonError, TryLockError};
use std::time::Duration;

/// Commits in passing one after the other: after so many the thread is asked, which takes the log in where it has grown.
const PASSES: u32 = 256;
/// Pages after which the log is taken in: 4 MiB of a new file, as SQLite's own thousand of twice the length.
const LONG: i32 = 2_000;

thread_local! {
    /// Whether this thread may wait for the disk.
    static MAY_WAIT: Cell<bool> = const { Cell::new(false) };
}

/// Asked after each commit. Taking the log in flushes it and the file: only the one thread does it, whoever passes leaves it.
#[expect(clippy::unnecessary_wraps, reason = "a hook may refuse; this one never does: the commit stands already")]
pub(super) fn take_in(log: &Wal, pages: i32) -> rusqlite::Result<()> {
    if pages >= LONG && MAY_WAIT.get() && log.checkpoint().is_err() {
        // Somebody reads, or the disk is full: the commit stands either way, and the next one tries again.
        tracing::debug!(pages, "could not take the log in");
    }
    Ok(())
}

/// How the next commit is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    /// On the disk when it returns.
    Flushed,
    /// Left to the next one that is flushed, or until the log is taken in.
    Unflushed,
    /// The same, and without waiting for another process's lock.
    Passing,
}

impl Manner {
    /// In write-ahead mode SQLite flushes every commit, or leaves that to the next one that is flushed. Either way the
    /// operating system has what was committed: a process that dies takes nothing with it.
    fn flushing(self) -> &'static str {
        match self {
            Self::Flushed => "PRAGMA synchronous = FULL",
            Self::Unflushed | Self::Passing => "PRAGMA synchronous = NORMAL",
        }
    }
}

/// The connection and its present manner.
pub(super) struct Desk {
    db: Connection,
    /// `None`: unknown.
    manner: Option<Manner>,
    passes: u32,
    patience: Duration,
}

impl Desk {
    pub(super) fn connection(&self) -> &Connection {
        &self.db
    }

    pub(super) fn turn(&mut self, manner: Manner) -> Result<(), DbErr> {
        self.passes = if manner == Manner::Passing { self.passes + 1 } else { 0 };
        let before = self.manner.take();
        if before.map(Manner::flushing) != Some(manner.flushing()) {
            self.db.carry_out(manner.flushing())?;
        }
        if before.is_none_or(|before| (before == Manner::Passing) != (manner == Manner::Passing)) {
            self.db.wait_at_most(if manner == Manner::Passing { Duration::ZERO } else { self.patience })?;
        }
        self.manner = Some(manner);
        Ok(())
    }

    /// Undoes whatever somebody left open who broke off. Where there is nothing, SQLite says so.
    pub(super) fn undo(&mut self) {
        drop(self.db.say("ROLLBACK"));
        self.manner = None;
    }

    pub(super) fn may_pass(&self) -> bool {
        self.passes < PASSES
    }
}

/// The desk, for those who share it; empty once the store is closed.
pub(crate) struct Shared(Mutex<Option<Desk>>);

impl Shared {
    pub(super) fn new(db: Connection, patience: Duration) -> Self {
        db.takes_in_by(take_in);
        Self(Mutex::new(Some(Desk { db, manner: None, passes: 0, patience })))
    }

    /// For the one thread that may wait.
    pub(super) fn wait(&self, work: impl FnOnce(&mut Desk)) {
        MAY_WAIT.set(true);
        let mut broke_off = false;
        let mut desk = self.0.lock().unwrap_or_else(|broken| {
            self.0.clear_poison();
            broke_off = true;
            broken.into_inner()
        });
        if let Some(desk) = desk.as_mut() {
            if broke_off {
                desk.undo();
            }
            work(desk);
        }
    }

    /// Works if nobody else does, else gives back what it was given.
    pub(super) fn free<J>(&self, job: J, work: impl FnOnce(&mut Desk, J) -> Result<(), J>) -> Result<(), J> {
        let mut desk = match self.0.try_lock() {
            Ok(desk) => desk,
            // Somebody broke off in the middle: the thread puts that right.
            Err(TryLockError::Poisoned(_) | TryLockError::WouldBlock) => return Err(job),
        };
        match desk.as_mut() {
            Some(desk) => work(desk, job),
            None => Err(job),
        }
    }

    /// The rows of a statement that reads, if nobody writes and it takes no longer than so many thousand steps of SQLite's machine.
    pub(super) fn rows_within(&self, thousands: u32, statement: &Statement) -> Option<Result<Vec<Row>, DbErr>> {
        let mut found = None;
        let looked = self.free((), |desk, ()| {
            found = desk.db.read_within(thousands, statement).transpose();
            Ok(())
        });
        looked.ok().and(found)
    }

    pub(super) fn close(&self) -> Result<(), DbErr> {
        let desk = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        desk.map_or(Ok(()), |desk| desk.db.close())
    }
}

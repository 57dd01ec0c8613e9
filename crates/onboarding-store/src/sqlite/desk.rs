//! The connection that writes, and who may use it: its thread for everything that is flushed, and whoever asks for something short
//! while nobody writes. Such a one never waits here for the lock or for another process, and for the disk only where the log begins
//! anew: SQLite flushes its head then, once in two thousand pages.
//!
//! It reads best as well: hardly any other connection changes the file, so that its pages stay at hand, where every reader has to
//! look anew after each commit.

use super::Connection;
use crate::sql::Row;
use sea_orm::{DbErr, Statement};
use std::sync::{Mutex, PoisonError, TryLockError};
use std::time::Duration;

/// Commits in passing one after the other: after so many the thread is asked, which takes the log in where it has grown.
const PASSES: u32 = 256;

/// How the next commit is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    /// On the disk when it returns.
    Flushed,
    /// Left to the next one that is flushed, or until the log is taken in.
    Unflushed,
    /// The same, and nothing that could take long: no waiting for another process's lock, and the log is not taken in.
    Passing,
}

impl Manner {
    /// In write-ahead mode SQLite flushes every commit, or leaves that to the next one that is flushed. Either way the
    /// operating system has what was committed: a process that dies takes nothing with it.
    fn pragmas(self) -> &'static str {
        match self {
            Self::Flushed => "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 2000",
            Self::Unflushed => "PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 2000",
            Self::Passing => "PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0",
        }
    }
}

/// The connection and its present manner.
pub(super) struct Desk {
    db: Connection,
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
        if self.manner != Some(manner) {
            self.manner = None;
            self.db.carry_out(manner.pragmas())?;
            self.db.wait_at_most(if manner == Manner::Passing { Duration::ZERO } else { self.patience })?;
            self.manner = Some(manner);
        }
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
        Self(Mutex::new(Some(Desk { db, manner: None, passes: 0, patience })))
    }

    /// For the one thread that may wait.
    pub(super) fn wait(&self, work: impl FnOnce(&mut Desk)) {
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

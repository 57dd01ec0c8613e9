//! How far the database's clock is from the machine's, so that replicas agree on the time although their machines do not.
//!
//! Compared is the machine's own time, never one that a test has moved: what a test adds stays added.

use super::connection::Pool;
use crate::error::Doing;
use crate::sql::Sql;
use chrono::TimeDelta;
use onboarding::ports::{Clock, StoreError};
use sea_orm::{DbBackend, Statement};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How long a measurement holds.
const HOLDS: Duration = Duration::from_secs(10);
/// Beyond this one of the clocks is wrong, and nothing should happen by either.
const FARTHEST: TimeDelta = TimeDelta::seconds(60);

const NOW: &str = "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT) AS now";

/// The last measurement.
#[derive(Clone, Copy)]
struct Measured {
    offset: TimeDelta,
    /// When the next one is due.
    until: Instant,
}

/// The database's clock against the machine's.
pub(crate) struct Offset {
    /// `None`: not compared.
    machine: Option<Arc<dyn Clock>>,
    last: Mutex<Measured>,
}

impl Offset {
    pub(super) fn new(machine: Option<Arc<dyn Clock>>) -> Self {
        Self { machine, last: Mutex::new(Measured { offset: TimeDelta::zero(), until: Instant::now() }) }
    }

    /// What is to be added to the machine's time. Whoever finds the measurement old makes a new one, alone; if that fails,
    /// the old one goes on.
    pub(crate) async fn now(&self, pool: &Pool) -> TimeDelta {
        let old = {
            let mut last = self.last();
            let old = last.until <= Instant::now();
            if old {
                // Nobody else need measure meanwhile.
                last.until = Instant::now() + HOLDS;
            }
            old
        };
        if old && let Err(error) = self.measure(pool).await {
            tracing::warn!(%error, "could not compare the clocks, the last comparison goes on");
        }
        self.last().offset
    }

    /// Compares the clocks.
    ///
    /// # Errors
    /// If the database does not answer.
    pub(crate) async fn measure(&self, pool: &Pool) -> Result<(), StoreError> {
        const DOING: &str = "ask the database for the time";
        let before = self.machine.as_ref().map(|machine| machine.now());
        let row = pool.row(Statement::from_string(DbBackend::Postgres, NOW)).await.doing(DOING)?;
        let (Some(machine), Some(before)) = (&self.machine, before) else { return Ok(()) };
        let took = machine.now() - before;
        let shown: Option<i64> = row.map(|row| row.get("now")).transpose().doing(DOING)?;
        let shown = crate::column::moment(shown.unwrap_or_default())?;
        // Within the time that the question took nobody can tell the clocks apart.
        let offset = shown - (before + took / 2);
        let offset = if offset.abs() <= took { TimeDelta::zero() } else { offset };
        *self.last() = Measured { offset, until: Instant::now() + HOLDS };
        Ok(())
    }

    /// Compares the clocks anew.
    ///
    /// # Errors
    /// If the database does not answer, or they are too far apart.
    pub(crate) async fn judge(&self, pool: &Pool) -> Result<(), StoreError> {
        self.measure(pool).await?;
        let offset = self.last().offset;
        if offset.abs() <= FARTHEST {
            return Ok(());
        }
        let seconds = offset.num_seconds();
        Err(StoreError::Unavailable(format!("the clocks of machine and database are {seconds} s apart; one of them is wrong")))
    }

    fn last(&self) -> std::sync::MutexGuard<'_, Measured> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

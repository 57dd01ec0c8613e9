//! Master data as a file: taken in piece by piece, laid on the disk without a name, carried out after the answer, and told of.
//!
//! A file that is sent again changes nothing, so a repeat needs no recognising.

use super::TAG;
use super::shared::id;
use crate::api::{Api, problem_of};
use crate::problem::Problem;
use crate::routes::{Answer, Auth, Ctx, Route, UploadRule, call};
use bytes::BytesMut;
use poem::http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::Serialize;
use std::fs::File;
use std::io::{self, Seek as _, Write as _};
use std::time::Duration;

/// The largest file: about two million records.
const LARGEST: u64 = 256 * 1024 * 1024;
/// What is gathered before it goes to the disk, in bytes.
const PIECE: usize = 1024 * 1024;

#[derive(Serialize, JsonSchema)]
struct Begun {
    /// For `GET …/imports/{id}`.
    import: String,
}

#[derive(Serialize, JsonSchema)]
struct ImportFault {
    /// Counted from 1 without the header; 0 is the header, or the file as a whole.
    row: u64,
    /// Empty where the whole row is meant.
    column: String,
    reason: String,
}

#[derive(Serialize, JsonSchema)]
struct Import {
    /// `running`, `done` or `failed`; a failed one changed nothing.
    state: &'static str,
    /// Rows read so far.
    rows: u64,
    /// Of how many.
    of: u64,
    added: u64,
    updated: u64,
    unchanged: u64,
    /// The first faults, at most 50.
    errors: Vec<ImportFault>,
}

pub(super) fn rows() -> [Route<Api>; 2] {
    let rule = UploadRule { types: &["text/csv"], limit: LARGEST, time: Duration::from_mins(10) };
    [
        call(Method::POST, "/api/v1/{portal}/staff/records/import", Auth::Staff, "Take records over from CSV: all of them or none")
            .tag(TAG)
            .replies::<Begun>(StatusCode::ACCEPTED, "It is being read")
            .handled_upload(rule, begin),
        call(Method::GET, "/api/v1/{portal}/staff/imports/{id}", Auth::Staff, "How far an import is; told for 30 days")
            .tag(TAG)
            .replies::<Import>(StatusCode::OK, "The import")
            .handled(look),
    ]
}

async fn begin(mut ctx: Ctx<Api>) -> Result<Answer, Problem> {
    let file = laid_down(&mut ctx).await?;
    let staff = ctx.staff()?.clone();
    let engine = ctx.state.engine().clone();
    let import = engine.begin_import(&staff).await.map_err(problem_of)?;
    let runtime = tokio::runtime::Handle::current();
    // A thread of its own: reading a file waits for the disk, and the threads of the runtime wait for nobody.
    tokio::task::spawn_blocking(move || runtime.block_on(engine.run_import(&staff, import, file)));
    Answer::accepted(&Begun { import: import.0.to_string() })
}

/// The body as a file that has no name and is gone with its handle.
async fn laid_down(ctx: &mut Ctx<Api>) -> Result<File, Problem> {
    let mut upload = ctx.take_upload().ok_or_else(Problem::internal)?;
    let mut file = on_disk(tempfile::tempfile).await?;
    let mut piece = BytesMut::new();
    loop {
        let chunk = upload.next().await?;
        let ended = chunk.is_none();
        piece.extend_from_slice(&chunk.unwrap_or_default());
        if piece.len() >= PIECE || ended {
            let full = piece.split().freeze();
            file = on_disk(move || file.write_all(&full).map(|()| file)).await?;
        }
        if ended {
            return on_disk(move || file.rewind().map(|()| file)).await;
        }
    }
}

async fn on_disk<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> Result<T, Problem> {
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => {
            tracing::error!(kind = ?error.kind(), "could not lay an upload down");
            Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable").retry_after(Duration::from_mins(1)))
        }
        Err(_panicked) => Err(Problem::internal()),
    }
}

async fn look(ctx: Ctx<Api>) -> Result<Answer, Problem> {
    let note = ctx.state.engine().import_note(ctx.staff()?, id(ctx.param("id")?)?).await.map_err(problem_of)?;
    let fault = |fault: onboarding::ports::ImportFault| ImportFault { row: fault.row, column: fault.column, reason: fault.reason };
    Answer::ok(&Import {
        state: note.state.word(),
        rows: note.rows,
        of: note.of,
        added: note.report.added,
        updated: note.report.updated,
        unchanged: note.report.unchanged,
        errors: note.faults.into_iter().map(fault).collect(),
    })
}

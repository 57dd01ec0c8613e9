//! Where logs go: the standard error stream, one event a line. What is worth a line, and that no secret, address or name is in it, each crate
//! decides itself.

use crate::config::{LogFormat, LogSettings};
use std::io;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::{Layer, filter::Targets, fmt, layer::SubscriberExt, util::SubscriberInitExt};

/// What the names of all our crates begin with.
const OURS: &str = "onboarding";

/// Starts logging, once for this process.
///
/// # Errors
/// When something else has started it already.
pub(crate) fn start(settings: LogSettings) -> anyhow::Result<()> {
    // Other crates' details can hold what was sent to us or what we send: only their warnings are wanted.
    let targets = Targets::new().with_default(settings.level.min(LevelFilter::WARN)).with_target(OURS, settings.level);
    let lines = fmt::layer().with_writer(io::stderr);
    let lines = match settings.format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    tracing_subscriber::registry().with(lines.with_filter(targets)).try_init()?;
    Ok(())
}

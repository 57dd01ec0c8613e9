//! What a server starts with: portals that can be read, and whose mails can be set. Decides that every fault of them is told at once; what a fault is stands where each thing is read.

use crate::config::Settings;
use crate::fault::Faults;
use crate::portal_files::{self, Loaded};
use crate::wiring;
use onboarding_text::MailStationery;

/// The portals that the settings name, and what their mails are written on.
///
/// # Errors
/// Every fault that would leave somebody without a page, a step or a mail.
pub(crate) fn portals(settings: &Settings) -> Result<(Loaded, MailStationery), Faults> {
    let folders = portal_files::found(&settings.portals)?;
    let (loaded, mut faults) = portal_files::read(&folders);
    let stationery = wiring::stationery(&loaded, settings.server.base_url.as_str());
    let stationery = stationery.map_err(|more| faults.extend(more.iter().cloned())).ok();
    Faults::none_or(faults, stationery.map(|stationery| (loaded, stationery)))
}

/// The portals that the settings name, for commands that serve nobody.
///
/// # Errors
/// Every fault of a portal's files.
pub(crate) fn readable(settings: &Settings) -> Result<Loaded, Faults> {
    portal_files::load(&portal_files::found(&settings.portals)?)
}

//! The demo: portals and sample records out of the binary, everything it writes in one folder, plain http on loopback. A second start goes on
//! where the first one ended.
//!
//! It serves what this version serves whole; the portals themselves are data and know nothing of it.

mod sample;

use crate::config::Settings;
use crate::fault::{Fault, Faults};
use crate::portal_files::{self, Loaded, PortalFolder};
use crate::prepare::prepare;
use crate::{serve, wiring};
use anyhow::{Context as _, Result};
use onboarding::{Portal, Portals};
use onboarding_core::journey::{Approval, Journey, MembershipBy, PasswordOrigin, Start};
use std::fmt::Write as _;
use std::fs::DirBuilder;
use std::path::Path;

/// The file with a portal's sample records.
const RECORDS: &str = "records.csv";

/// Journeys whose every step this version serves: a person starts, chooses the password in the register form, and is a member by the claim
/// as soon as the address is proved. The others lead through steps that have no door yet.
fn is_served_whole(journey: &Journey) -> bool {
    journey.start == Start::Person
        && journey.approval == Approval::Nobody
        && journey.password == PasswordOrigin::AtRegistration
        && journey.membership == MembershipBy::Claim
}

/// The folders of the demo's portals, and the portals in them.
///
/// # Errors
/// A portal that [portals] only asks for, and that the binary does not have or the demo does not serve.
pub(crate) fn portals(settings: &Settings) -> Result<(Vec<PortalFolder>, Loaded), Faults> {
    let mut folders = portal_files::found(&settings.portals)?;
    let Loaded { portals, texts } = portal_files::load(&folders)?;
    let served: Vec<Portal> =
        portals.all().into_iter().filter(|portal| is_served_whole(&portal.journey)).map(|portal| Portal::clone(portal)).collect();
    let asked_in_vain = settings.portals.only.iter().flatten().find(|slug| !served.iter().any(|portal| portal.slug.as_str() == *slug));
    if let Some(slug) = asked_in_vain {
        let reason = "its journey has steps that this version does not serve yet, so the demo leaves it out";
        return Err(Fault::new(format!("portals/{slug}"), reason).into());
    }
    folders.retain(|folder| served.iter().any(|portal| portal.slug.as_str() == folder.slug()));
    Ok((folders, Loaded { portals: Portals::new(served), texts }))
}

/// Runs the demo until the process is told to stop.
///
/// # Errors
/// A folder that cannot be written, an address that is taken, or a server that ended by itself.
pub(crate) async fn run(dir: &Path, mut settings: Settings) -> Result<()> {
    make_private(dir).with_context(|| format!("could not make the folder {}", dir.display()))?;
    // Bound first: with port 0 only the listener knows where links lead.
    let listener = serve::bind(settings.server.listen).await?;
    let address = listener.local_addr().context("could not tell where the demo listens")?;
    settings.listens_on(address);
    prepare(&settings).await?;
    let (folders, loaded) = portals(&settings)?;
    let house = wiring::open(&settings, loaded).await?;
    let mut announcement = format!("listening on http://{address}\n\n");
    let base = settings.server.base_url.as_str();
    // Writing into a text cannot fail.
    let _ = writeln!(announcement, "API    {base}/api/docs\nmails  {}", settings.mail_folder.join("<portal>").join("*.eml").display());
    for folder in &folders {
        let portal = house.engine.portal(folder.slug())?;
        let records = folder.file(RECORDS).unwrap_or_default();
        sample::import(&house.engine, &portal, records).await?;
        announcement.push('\n');
        announcement.push_str(&sample::introduction(&house.engine, &portal, records, base).await?);
    }
    announcement.push_str("\nCtrl+C ends the demo; the next start goes on with the same data\n");
    serve::run(house, &settings, listener, &announcement).await
}

/// Mails with codes and the keys lie in it: nobody but its owner looks inside. A folder that is there keeps its mode.
fn make_private(dir: &Path) -> std::io::Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

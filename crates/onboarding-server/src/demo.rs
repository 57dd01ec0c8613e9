//! The demo: portals and sample records out of the binary, everything it writes in one folder, plain http on loopback. A second start goes on
//! where the first one ended.

mod lock;
mod picture;
mod post;
mod sample;

use crate::config::Settings;
use crate::fault::Faults;
use crate::portal_files::{self, Loaded, PortalFolder};
use crate::prepare::prepare;
use crate::{letters, serve, wiring};
use anyhow::{Context as _, Result};
use onboarding_http::post_office::Branch;
use onboarding_text::MailStationery;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs::DirBuilder;
use std::path::Path;
use std::sync::Arc;

/// The file with a portal's sample records.
const RECORDS: &str = "records.csv";

/// The demo's portals.
pub(crate) struct DemoPortals {
    pub(crate) loaded: Loaded,
    folders: Vec<PortalFolder>,
    stationery: MailStationery,
}

/// The portals in the binary.
///
/// # Errors
/// A portal that [portals] only asks for, and that the binary does not have; a fault in the files.
pub(crate) fn portals(settings: &Settings) -> Result<DemoPortals, Faults> {
    let folders = portal_files::found(&settings.portals)?;
    let loaded = portal_files::load(&folders)?;
    let stationery = wiring::stationery(&loaded, settings.server.base_url.as_str())?;
    Ok(DemoPortals { loaded, folders, stationery })
}

/// Runs the demo until the process is told to stop.
///
/// # Errors
/// A folder that cannot be written or that another demo uses, an address that is taken, or a server that ended by itself.
pub(crate) async fn run(dir: &Path, mut settings: Settings) -> Result<()> {
    make_private(dir).with_context(|| format!("could not make the folder {}", dir.display()))?;
    // Held to the end. Taken before the address, which two demos on one folder would mostly share: the folder is what must not be.
    let _lock = lock::take(dir)?;
    // Bound next: with port 0 only the listener knows where links lead.
    let listener = serve::bind(settings.server.listen).await?;
    let address = listener.local_addr().context("could not tell where the demo listens")?;
    settings.listens_on(address);
    let DemoPortals { loaded, folders, stationery } = portals(&settings)?;
    prepare(&settings).await?;
    let mut house = wiring::open(&settings, loaded).await?;
    let mut announcement = format!("listening on http://{address}\n\n");
    let base = settings.server.base_url.as_str();
    // Writing into a text cannot fail.
    let _ = writeln!(
        announcement,
        "API      {base}/api/docs\npost     {base}/demo\nmails    {}",
        dir.join("mail/<portal>").join("*.eml").display()
    );
    let _ = writeln!(announcement, "letters  {}", settings.letters.folder.join("<portal>").join("*.pdf").display());
    let (mut branches, mut books) = (Vec::new(), HashMap::new());
    for folder in &folders {
        let portal = house.engine.portal(folder.slug())?;
        let records = folder.file(RECORDS).unwrap_or_default();
        sample::import(&house.engine, &portal, records).await?;
        if let Some(record) = sample::addressee(&house.engine, &portal, records).await? {
            letters::introduce(&house, &settings, &portal, &record).await?;
        }
        announcement.push('\n');
        announcement.push_str(&sample::introduction(&house.engine, &portal, records, base).await?);
        books.insert(portal.slug.to_string(), records.to_owned());
        branches.push(Branch { portal });
    }
    let engine = house.engine.clone();
    let folders = post::Folders { branches, engine, records: books, mails: dir.join("mail"), letters: settings.letters.folder.clone() };
    house.post_office = Some(Arc::new(folders));
    announcement.push_str("\nCtrl+C ends the demo; the next start goes on with the same data\n");
    serve::run(house, stationery, &settings, serve::Listeners { door: listener, figures: None }, &announcement).await
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

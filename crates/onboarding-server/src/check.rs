//! Everything that would keep a server from starting, found before it is started. Reads only: it makes neither keys nor a database.

use crate::config::{DatabasePlace, Settings};
use crate::fault::{Fault, Faults};
use crate::portal_files::Loaded;
use crate::wiring;
use onboarding::Portals;
use onboarding::ports::StoreError;
use onboarding_secrets::KeyRing;
use std::fmt::Write as _;

/// Looks at keys, database, and the files that mail server and printer need.
///
/// # Errors
/// Every one that could not be used.
pub(crate) async fn installation(settings: &Settings) -> Result<(), Faults> {
    let mut faults = Vec::new();
    let (keys, database) = (&settings.key_file, &settings.database);
    // Before the first `migrate` there are neither keys nor tables, which is no fault.
    let mut in_use = keys.exists() || matches!(database, DatabasePlace::Sqlite(path) if path.exists());
    if !database.is_missing() {
        let place = database.to_string();
        match wiring::open_store(database, wiring::clock(settings)).await {
            Err(error) => faults.push(Fault::new(place, format!("{error:#}"))),
            Ok(store) => {
                let pending = async { Ok::<_, StoreError>((store.is_new().await?, store.pending().await?)) };
                match pending.await {
                    Err(error) => faults.push(Fault::new(place, error.to_string())),
                    Ok((true, _)) if !in_use => {}
                    Ok((_, pending)) => {
                        in_use = true;
                        if !pending.is_empty() {
                            let reason = format!("not migrated ({} steps are pending): run `onboarding migrate`", pending.len());
                            faults.push(Fault::new(place, reason));
                        }
                    }
                }
                store.close().await;
            }
        }
    }
    // What mails and letters need of files; nobody is spoken to.
    let outside = [crate::mailer::mailer(settings).err(), crate::letters::press(settings, wiring::clock(settings)).err()];
    faults.extend(outside.into_iter().flatten().map(|error| Fault::new("mails and letters", format!("{error:#}"))));
    if in_use && let Err(error) = KeyRing::load(keys) {
        faults.insert(0, Fault::new(keys.display().to_string(), error.to_string()));
    }
    Faults::none_or(faults, Some(()))
}

/// What was found to be good: `ok`, then a line per portal.
pub(crate) fn summary(loaded: &Loaded) -> String {
    let mut text = "ok\n".to_owned();
    let portals: &Portals = &loaded.portals;
    for portal in portals.all() {
        let languages: Vec<_> = portal.journey.languages.iter().map(|language| language.tag()).collect();
        let documents: Vec<_> = portal.documents.iter().map(|document| format!("{} {}", document.name, document.version)).collect();
        let documents = if documents.is_empty() { "no documents".to_owned() } else { documents.join(", ") };
        // Writing into a text cannot fail.
        let _ = writeln!(text, "{}: {} ({}; {documents})", portal.slug, portal.name, languages.join(" "));
    }
    text
}

//! Adapters put into ports: what every command that needs the engine starts from. Decides which adapter stands behind which port, and that no
//! command goes on with a database that is not there or not migrated.

use crate::config::{DatabasePlace, Settings};
use crate::fault::{Fault, Faults};
use crate::metrics::Metrics;
use crate::metrics::ports::CountedStore;
use crate::portal_files::Loaded;
use anyhow::{Context as _, Result, anyhow, bail};
use onboarding::ports::{Clock, Entropy, PasswordHasher, Vault};
use onboarding::{Onboarding, Portal, Ports};
use onboarding_http::post_office::PostOffice;
use onboarding_secrets::{ArgonPool, FileVault, OffsetClock, OsEntropy, SystemClock};
use onboarding_store::{SqlStore, SqliteOptions};
use onboarding_text::{Contact, FaceFault, MailFace, MailStationery, MailTheme, Texts, Zone};
use std::sync::Arc;

/// The engine with everything behind it.
pub(crate) struct House {
    pub(crate) engine: Onboarding,
    pub(crate) texts: Arc<Texts>,
    /// The store behind the ports, to be closed at the end.
    pub(crate) store: SqlStore,
    /// The hashing threads behind the port.
    pub(crate) pool: Arc<ArgonPool>,
    /// The keys behind the port.
    pub(crate) vault: Arc<FileVault>,
    /// What is counted.
    pub(crate) metrics: Arc<Metrics>,
    /// The demo's post office; no other server has one.
    pub(crate) post_office: Option<Arc<dyn PostOffice>>,
}

/// The clock of the settings.
pub(crate) fn clock(settings: &Settings) -> Arc<dyn Clock> {
    let system: Arc<dyn Clock> = Arc::new(SystemClock);
    match &settings.clock_file {
        None => system,
        Some(path) => Arc::new(OffsetClock::new(system, path)),
    }
}

/// Opens the database; makes a file if there is none.
pub(crate) async fn open_store(place: &DatabasePlace, clock: Arc<dyn Clock>) -> Result<SqlStore> {
    let opened = match place {
        DatabasePlace::Sqlite(path) => SqlStore::open(SqliteOptions::new(path), clock).await,
        DatabasePlace::Postgres(server) => {
            let mut options = server.options.clone();
            if let Some(path) = &server.password_file {
                let text = std::fs::read_to_string(path)
                    .map_err(|error| anyhow!("could not read the database's password from {}: {}", path.display(), error.kind()))?;
                // An editor ends a file with a line break; a password has none.
                options.password = Some(text.trim_end_matches(['\r', '\n']).into());
            }
            // Never the clock that a test moves: what it adds is to stay.
            options.machine = Some(Arc::new(SystemClock));
            SqlStore::open(options, clock).await
        }
    };
    opened.with_context(|| format!("could not open the database {place}"))
}

/// Opens everything of an installation that is ready to be used.
///
/// # Errors
/// Keys or a database that are missing or not migrated; too little memory for hashing.
pub(crate) async fn open(settings: &Settings, loaded: Loaded) -> Result<House> {
    if settings.database.is_missing() {
        bail!("there is no database at {}: run `onboarding migrate` first", settings.database);
    }
    if let Some(file) = &settings.clock_file {
        tracing::warn!(file = %file.display(), "the clock is moved by a file, as tests do");
    }
    let clock = clock(settings);
    let entropy: Arc<dyn Entropy> = Arc::new(OsEntropy);
    // Its start computes one hash, which takes as long as all the rest.
    let pool = {
        let (hashing, entropy) = (settings.hashing, Arc::clone(&entropy));
        tokio::task::spawn_blocking(move || ArgonPool::start(hashing, entropy))
    };
    // By the machine's own clock: a key's time is no test's affair.
    let vault = Arc::new(FileVault::open(&settings.key_file, SystemClock.now(), Arc::clone(&entropy))?);
    let store = open_store(&settings.database, Arc::clone(&clock)).await?;
    let pending = store.pending().await.with_context(|| format!("could not use the database {}", settings.database))?;
    if !pending.is_empty() {
        bail!("the database {} is not migrated ({} steps are pending): run `onboarding migrate` first", settings.database, pending.len());
    }
    let pool = pool.await.context("could not start the hashing threads")?.context("could not start the hashing threads")?;
    let (shared, pool) = (Arc::new(store.clone()), Arc::new(pool));
    let metrics = Arc::new(Metrics::default());
    let ports = Ports {
        store: Arc::new(CountedStore { store: shared.clone(), metrics: Arc::clone(&metrics) }),
        sessions: shared.clone(),
        outbox: shared.clone(),
        directory: shared.clone(),
        throttle: shared.clone(),
        backoffice: shared,
        hasher: Arc::clone(&pool) as Arc<dyn PasswordHasher>,
        vault: Arc::clone(&vault) as Arc<dyn Vault>,
        entropy,
        clock,
    };
    #[cfg(feature = "chaos")]
    let ports = crate::chaos::between(ports)?;
    let engine = Onboarding::new(ports, loaded.portals).with_retention(settings.retention);
    Ok(House { engine, texts: loaded.texts, store, pool, vault, metrics, post_office: None })
}

impl House {
    /// A portal by its slug, for commands.
    ///
    /// # Errors
    /// The slugs there are.
    pub(crate) fn called(&self, slug: &str) -> Result<Arc<Portal>> {
        self.engine.portal(slug).map_err(|_| {
            let known: Vec<_> = self.engine.portals().all().into_iter().map(|portal| portal.slug.as_str().to_owned()).collect();
            anyhow!("there is no portal `{slug}`, only {}", known.join(", "))
        })
    }
}

/// What the mails of these portals are written on, with links below `base_url`: each in its own layout where it has one.
///
/// # Errors
/// A portal that cannot write mails, and every layout that does not work.
pub(crate) fn stationery(loaded: &Loaded, base_url: &str) -> Result<MailStationery, Faults> {
    let plain = || {
        let faces = loaded.portals.all().into_iter().map(|portal| face(portal, base_url));
        let stationery = MailStationery::new(Arc::clone(&loaded.texts), faces).map_err(|fault| Faults::from(unable(loaded, &fault)))?;
        Ok::<_, Faults>(stationery.with_pages(&onboarding_http::pages::SERVED))
    };
    let mut faults = Vec::new();
    let mut stationery = plain()?;
    for layout in &loaded.layouts {
        stationery = match stationery.with_layout(&layout.portal, layout.form, &layout.source) {
            Ok(stationery) => stationery,
            Err(fault) => {
                let place = fault.line.map_or_else(|| layout.place.clone(), |line| format!("{}:{line}", layout.place));
                faults.push(Fault::new(place, fault.reason));
                // Only there to try the other layouts on.
                plain()?
            }
        };
    }
    Faults::none_or(faults, Some(stationery))
}

/// A portal that cannot write mails, told at the file that declares it.
fn unable(loaded: &Loaded, fault: &FaceFault) -> Fault {
    let (FaceFault::Twice(slug) | FaceFault::BaseUrl(slug) | FaceFault::Name(slug) | FaceFault::Contrast { portal: slug, .. }) = fault;
    Fault::new(loaded.declared(slug), fault.to_string())
}

fn face(portal: &Portal, base_url: &str) -> MailFace {
    MailFace {
        slug: portal.slug.clone(),
        name: portal.name.clone(),
        from_name: portal.sender.name.clone(),
        base_url: portal.base_url(base_url),
        from: portal.sender.from.clone(),
        reply_to: portal.sender.reply_to.clone(),
        contact: Contact {
            email: portal.support.email.clone(),
            phone: Some(portal.support.phone.clone()).filter(|phone| !phone.trim().is_empty()),
            hours: portal.support.hours.clone(),
        },
        zone: Zone::of_country(&portal.country),
        quote: portal.support.quote_number.then_some(portal.journey.number),
        theme: portal
            .look
            .map_or_else(MailTheme::default, |look| MailTheme::default().with_accent(look.brand).with_dark_accent(look.brand_dark)),
    }
}

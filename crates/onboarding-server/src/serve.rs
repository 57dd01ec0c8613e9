//! A server from its start to its end: the door, the outbox worker and the sweeper beside one another, until it is told to stop.
//!
//! Told to stop, it accepts nothing more, finishes what is in flight, and the worker leaves between two rounds. A part that ends by itself
//! ends the server with a failure: half a server would answer and never send.

use crate::config::{Server, Settings};
use crate::letters;
use crate::metrics::ports::{CountedMailer, CountedPress};
use crate::metrics::scrape::Scrape;
use crate::wiring::House;
use anyhow::{Context as _, Result, anyhow};
use onboarding::Worker;
use onboarding::ports::Clock as _;
use onboarding_http::api::Api;
use onboarding_http::edge::{self, EdgeLimits};
use onboarding_http::exposition::Exposition;
use onboarding_http::middleware::AnswerWatch;
use onboarding_secrets::{FileVault, SystemClock};
use onboarding_text::MailStationery;
use std::future::Future;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Where a server listens.
pub(crate) struct Listeners {
    /// For everybody.
    pub(crate) door: TcpListener,
    /// For a collector of figures.
    pub(crate) figures: Option<TcpListener>,
}

/// How often the key file is looked at: what a rotation waits for at least.
const KEYS_EVERY: Duration = Duration::from_secs(2);
/// How long the parts have to end once the server is told to stop; whatever started it may wait no longer than a little more.
const TIME_TO_STOP: Duration = Duration::from_secs(9);

/// Takes the address; connections wait in the kernel's queue until [`run`].
pub(crate) async fn bind(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| anyhow!("could not listen on {address}: {}", error.kind()))
}

/// Serves until the process is told to stop. `announcement` is printed once everything is ready.
///
/// # Errors
/// A part of the server that could not start, or ended by itself.
pub(crate) async fn run(
    house: House,
    stationery: MailStationery,
    settings: &Settings,
    listeners: Listeners,
    announcement: &str,
) -> Result<()> {
    let Listeners { door: listener, figures } = listeners;
    let address = listener.local_addr().context("could not tell where the server listens")?;
    let told_to_stop = signals().context("could not listen for signals")?;
    let (stop, stopping) = watch::channel(false);
    let mut parts = JoinSet::new();

    let stationery = Arc::new(stationery);
    let worker = worker(&house, Arc::clone(&stationery), settings)?;
    let mut door = door(&house, stationery, &settings.server, listener, told(stopping.clone()))?;
    parts.spawn({
        let stop = told(stopping.clone());
        async move {
            worker.run(stop).await;
            "the outbox worker"
        }
    });
    parts.spawn({
        let (engine, stop) = (house.engine.clone(), told(stopping.clone()));
        async move {
            engine.sweep(stop).await;
            "the sweeper"
        }
    });
    parts.spawn({
        let (vault, stop) = (Arc::clone(&house.vault), told(stopping.clone()));
        async move {
            follow_keys(&vault, stop).await;
            "the keys' watcher"
        }
    });
    if let Some(listener) = figures {
        let scrape = Scrape::new(Arc::clone(&house.metrics), house.engine.clone(), Arc::clone(&house.pool));
        let (page, stop) = (Exposition::new(Arc::new(scrape)), told(stopping));
        // A collector needs one connection; a few more may look.
        let limits = EdgeLimits { connections: 16, ..EdgeLimits::default() };
        parts.spawn(async move {
            edge::serve(listener, Arc::new(page), limits, stop).await;
            "the figures' door"
        });
    }
    parts.spawn(async move {
        door.as_mut().await;
        "the door"
    });

    tracing::info!(%address, portals = house.engine.portals().all().len(), "serving");
    announce(announcement)?;
    let ended_early = tokio::select! {
        () = told_to_stop => None,
        ended = parts.join_next() => ended,
    };
    tracing::info!("stopping");
    stop.send_replace(true);
    let mut failure = ended_early.map(|ended| match ended {
        Ok(part) => anyhow!("{part} ended by itself"),
        Err(_) => anyhow!("a part of the server panicked"),
    });
    let all_ended = async {
        while let Some(ended) = parts.join_next().await {
            if ended.is_err() {
                failure = failure.take().or_else(|| Some(anyhow!("a part of the server panicked")));
            }
        }
    };
    if tokio::time::timeout(TIME_TO_STOP, all_ended).await.is_err() {
        // As after a crash: what was under way is taken over by another server, or by the next start.
        tracing::warn!("cut what did not end in time");
        parts.shutdown().await;
    }
    house.store.close().await;
    failure.map_or(Ok(()), Err)
}

/// Takes over what the key file says by now, again and again. A file that cannot be read leaves the server the keys it has.
async fn follow_keys(vault: &FileVault, stop: impl Future<Output = ()>) {
    let mut stop = std::pin::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => return,
            () = tokio::time::sleep(KEYS_EVERY) => {}
        }
        match vault.refresh(SystemClock.now()) {
            Ok(false) => {}
            Ok(true) => tracing::info!(active = vault.active(), "the keys changed"),
            Err(error) => tracing::error!(%error, "could not read the keys again; those from before stay"),
        }
    }
}

/// Who carries out what commits ordered.
///
/// # Errors
/// A mail server or a printer whose files cannot be read.
pub(crate) fn worker(house: &House, stationery: Arc<MailStationery>, settings: &Settings) -> Result<Worker> {
    let press = letters::press(settings, Arc::clone(&house.engine.ports().clock))?;
    let press = CountedPress { press, metrics: Arc::clone(&house.metrics) };
    let mailer = CountedMailer { mailer: crate::mailer::mailer(settings)?, metrics: Arc::clone(&house.metrics) };
    let worker = Worker::new(house.engine.clone(), stationery, Arc::new(mailer));
    Ok(worker.with_letters(Arc::new(letters::writer(&house.texts, settings)), Arc::new(press)))
}

/// The HTTP door over the engine: the one place that knows how the application is put together.
fn door(
    house: &House,
    stationery: Arc<MailStationery>,
    server: &Server,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<std::pin::Pin<Box<dyn Future<Output = ()> + Send>>> {
    let api = Api::new(house.engine.clone()).with_previews(stationery);
    let (texts, base_url) = (Arc::clone(&house.texts), server.base_url.as_str());
    let app = onboarding_http::app::app_with(api, house.post_office.as_ref(), texts, server.proxies.clone(), base_url)?;
    let app = app.watched_by(Arc::clone(&house.metrics) as Arc<dyn AnswerWatch>);
    Ok(Box::pin(edge::serve(listener, Arc::new(app), server.limits, stop)))
}

/// The document that describes the API.
pub(crate) fn openapi() -> serde_json::Value {
    onboarding_http::app::document()
}

/// Resolves once the server is to stop.
async fn told(mut stopping: watch::Receiver<bool>) {
    // An error means that the sender is gone, and with it the server.
    drop(stopping.wait_for(|stopping| *stopping).await);
}

/// Prints at once, also into a pipe: whoever started the server waits for it.
fn announce(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).context("could not print that the server is ready")
}

/// Resolves when the process is told to stop. Signals count from this call on, not from the first poll.
#[cfg(unix)]
fn signals() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Resolves when the process is told to stop.
#[cfg(not(unix))]
fn signals() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}

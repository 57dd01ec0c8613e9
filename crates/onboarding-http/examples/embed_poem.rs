//! The engine's API and pages inside a poem server, beside a route of its own.
use onboarding::core::PortalSlug;
use onboarding::{Portal, Portals};
use onboarding_http::app::app;
use onboarding_http::edge::{EdgeLimits, client::TrustedProxies, serve};
use onboarding_testkit::Bench;
use poem::{Route, endpoint::make_sync};
use std::{error::Error, sync::Arc};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub(crate) async fn run() -> Result<String, Box<dyn Error>> {
    let slug = PortalSlug::parse("club").ok_or("no slug")?;
    let portal = Portal::parse(slug, include_str!("../../onboarding/examples/club.toml"), &|_, _| None);
    let engine = Bench::new().engine(Portals::new([portal.map_err(|faults| format!("{faults:?}"))?]));
    let own = Route::new().at("/hello", make_sync(|_| "hello"));
    let app = own.nest("/", app(engine, Arc::default(), TrustedProxies::default(), "https://club.example")?);

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = tokio::spawn(serve(listener, Arc::new(app), EdgeLimits::default(), async { drop(stopped.await) }));
    let mut client = TcpStream::connect(address).await?;
    client.write_all(b"GET /api/v1/club HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await?;
    let mut answer = String::new();
    client.read_to_string(&mut answer).await?;
    drop((client, stop));
    server.await?;
    Ok(answer)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    println!("{}", run().await?);
    Ok(())
}

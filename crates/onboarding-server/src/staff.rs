//! Clerks, named at the command line: the one way to become one. The token is printed once and kept by nobody.

use crate::wiring::House;
use anyhow::{Context as _, Result, anyhow};
use onboarding::Error;
use secrecy::ExposeSecret as _;

/// Names a clerk; what is printed hands over the token.
///
/// # Errors
/// An unknown portal, or what is no address.
pub(crate) async fn add(house: &House, portal: &str, email: &str) -> Result<String> {
    let portal = house.called(portal)?;
    let prepared = house.engine.prepare_clerk(portal.slug.as_str(), email).await.map_err(|error| match error {
        Error::Input(_) => anyhow!("that is no e-mail address"),
        other => anyhow::Error::new(other),
    });
    let prepared = prepared.context("could not name the clerk")?;
    let told = if prepared.reset { "the clerk begins anew: password and sessions have ended" } else { "the clerk is named" };
    let until = prepared.expires_at.format("%Y-%m-%d %H:%M UTC");
    Ok(format!("{}: {told}\none-use token, good until {until}:\n{}\n", portal.slug, prepared.token.expose_secret()))
}

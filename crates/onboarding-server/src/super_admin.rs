//! Names a record's super admin: an invitation from the operator. Whom it may be is the engine's to decide; here it is told in one line.

use crate::wiring::House;
use anyhow::{Result, anyhow};
use onboarding::Error;
use onboarding_core::registration::Refusal;

/// Invites, and tells that it did.
///
/// # Errors
/// In one line what is wrong with portal, number or address.
pub(crate) async fn invite(house: &House, portal: &str, number: &str, email: &str) -> Result<String> {
    let slug = &house.called(portal)?.slug;
    let invited = house.engine.name_super_admin(portal, None, number, email).await;
    let invited = invited.map_err(|error| match error {
        Error::NotFound => anyhow!("there is no open record {number} at {slug}"),
        Error::Input(faults) => match faults.first().map(|fault| (fault.field.as_str(), fault.code)) {
            Some(("email", "already_member")) => anyhow!("{email} belongs to record {number} already"),
            Some(("email", _)) => anyhow!("{email} is no e-mail address"),
            Some(_) | None => anyhow!("{number} is no number of a record"),
        },
        Error::Registration(Refusal::NotInThisJourney) => anyhow!("at {slug} nobody decides on others: it has no super admins"),
        Error::Throttled { until, .. } => anyhow!("{email} was invited too often today; the next invitation may leave at {until}"),
        other => anyhow::Error::new(other).context(format!("could not invite {email}")),
    })?;
    Ok(format!("{slug}: invited {email} as super admin of record {number}; invitation {}\n", invited.id))
}

//! Which journeys this version serves whole: a person starts, chooses the password in the register form, and is a member by the claim as soon
//! as the address is proved. The others lead through steps that have no door yet, and a person who began one would be stuck in it. Says which
//! steps those are; what becomes of such a portal is decided where portals are chosen.

use crate::fault::Fault;
use crate::portal_files::{Declared, Loaded};
use onboarding_core::journey::declaration::line_of;
use onboarding_core::journey::{Approval, Journey, MembershipBy, PasswordOrigin, Start};
use toml::de::DeTable;

/// A step that has no door yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Provisioning,
    Approval,
    SetUp,
    MailedPassword,
    PostedPin,
}

impl Step {
    fn told(self) -> &'static str {
        match self {
            Self::Provisioning => "provisioning by the company",
            Self::Approval => "approval",
            Self::SetUp => "a password chosen after it",
            Self::MailedPassword => "a mailed password",
            Self::PostedPin => "a posted PIN",
        }
    }
}

/// The steps of a journey that are not served, each once, with the setting that asks for it.
fn missing(journey: &Journey) -> Vec<(Step, &'static str)> {
    let start = match journey.start {
        Start::Person => None,
        Start::Company => Some(Step::Provisioning),
    };
    let approval = match journey.approval {
        Approval::Nobody => None,
        Approval::SuperAdmin | Approval::Clerk => Some(Step::Approval),
    };
    let password = match journey.password {
        PasswordOrigin::AtRegistration => None,
        PasswordOrigin::AtCompletion => Some(Step::SetUp),
        PasswordOrigin::Mailed | PasswordOrigin::Initial => Some(Step::MailedPassword),
    };
    let membership = match journey.membership {
        MembershipBy::Claim => None,
        MembershipBy::Approval => Some(Step::Approval),
        MembershipBy::Record => Some(Step::Provisioning),
        MembershipBy::PostedPin => Some(Step::PostedPin),
    };
    let asked = [(start, "start"), (approval, "approval"), (password, "password"), (membership, "membership")];
    let mut missing: Vec<(Step, &'static str)> = Vec::new();
    for (step, setting) in asked.into_iter().filter_map(|(step, setting)| Some((step?, setting))) {
        if !missing.iter().any(|(told, _)| *told == step) {
            missing.push((step, setting));
        }
    }
    missing
}

/// Whether every step of a journey is served.
pub(crate) fn is_served_whole(journey: &Journey) -> bool {
    missing(journey).is_empty()
}

/// The names of the steps that are not served; `None` for a journey that is served whole.
pub(crate) fn told(journey: &Journey) -> Option<String> {
    let names: Vec<_> = missing(journey).into_iter().map(|(step, _)| step.told()).collect();
    let (last, others) = names.split_last()?;
    Some(if others.is_empty() { (*last).to_owned() } else { format!("{} and {last}", others.join(", ")) })
}

/// A fault for each portal whose journey is not served whole, at the first setting that asks for more.
pub(crate) fn faults(loaded: &Loaded) -> Vec<Fault> {
    let portals = loaded.portals.all();
    let unserved = portals.into_iter().filter_map(|portal| {
        let (steps, (_, setting)) = (told(&portal.journey)?, missing(&portal.journey).first().copied()?);
        let declared = loaded.declared(&portal.slug);
        let reason =
            format!("its journey has steps that this version does not serve yet: {steps}; leave it out by naming others in [portals] only");
        Some(Fault::in_line(&declared.place, line(declared, setting), reason))
    });
    unserved.collect()
}

/// The line of a setting of the journey. All of those asked for here must be written, so without one the file would not have been read.
fn line(declared: &Declared, setting: &str) -> usize {
    let at = DeTable::parse(&declared.text).ok().and_then(|document| {
        let journey = document.get_ref().get("journey")?.get_ref().get(setting)?;
        Some(journey.span().start)
    });
    line_of(&declared.text, at.unwrap_or(0))
}

#[cfg(test)]
mod tests;

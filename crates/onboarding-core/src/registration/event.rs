//! What can have happened to a registration, and what that makes of it. No rules stand here.

use super::approve::Decider;
use super::complete::NewPassword;
use super::state::{
    AwaitingApproval, AwaitingCompletion, AwaitingEmail, Closure, DeciderWord, Dossier, ExpiredAt, Mailed, ProvedEmail, Registration,
    Secrets, Stage, Standing,
};
use crate::audit::{AuditEntry, Audited};
use crate::consent::ConsentGiven;
use crate::journey::EmailProof;
use crate::{AccountId, DeliveryId, EmailAddress, Expiring, PersonName, Personal};
use chrono::{DateTime, Utc};

/// What happened. Personal data stands behind [`Personal`]; the audit keeps none of it.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the fields are those of the states they make")]
pub enum Event {
    /// Somebody applied.
    Applied { dossier: Box<Dossier>, standing: Standing, secrets: Secrets, delivery: DeliveryId, at: DateTime<Utc> },
    /// Somebody was invited.
    Invited { dossier: Box<Dossier>, link: Expiring, delivery: DeliveryId, at: DateTime<Utc> },
    /// A new code and link replaced the old ones.
    Resent { standing: Standing, secrets: Secrets, delivery: DeliveryId, at: DateTime<Utc> },
    /// The address was corrected; a new code and link replaced the old ones.
    AddressCorrected { email: Personal<EmailAddress>, standing: Standing, secrets: Secrets, delivery: DeliveryId, at: DateTime<Utc> },
    /// A wrong code was counted.
    CodeRejected,
    /// The address was proved.
    EmailProved { by: EmailProof, at: DateTime<Utc> },
    /// Somebody must say yes.
    ApprovalRequested { with_clerks: bool, at: DateTime<Utc> },
    /// The super admins were reminded.
    ApproversReminded,
    /// The clerks decide from now on.
    PassedToClerks,
    /// Somebody said yes.
    Approved { by: Decider, at: DateTime<Utc> },
    /// Something is missing; a link leads to it.
    CompletionOpened { link: Expiring, delivery: DeliveryId, by: DeciderWord, at: DateTime<Utc> },
    /// A new completion link replaced the old one.
    LinkRenewed { link: Expiring, delivery: DeliveryId },
    /// Names were given.
    Named { first_name: Option<Personal<PersonName>>, last_name: Option<Personal<PersonName>> },
    /// Consents were decided on.
    Consented { given: Vec<ConsentGiven> },
    /// A password was chosen.
    PasswordChosen { password: NewPassword },
    /// Became an account or a membership.
    Activated { account: AccountId, at: DateTime<Utc> },
    /// Somebody said no.
    Rejected { by: Decider, reason: Option<Personal<String>>, at: DateTime<Utc> },
    /// Time ran out.
    Expired { stage: ExpiredAt, at: DateTime<Utc> },
    /// Ended otherwise.
    Closed { why: Closure, at: DateTime<Utc> },
}

/// The state after an event. Total: an event that fits no state changes nothing.
pub fn evolve(state: Option<Registration>, event: &Event) -> Option<Registration> {
    let mailed = |delivery: DeliveryId| Some(Mailed { delivery });
    let begun = |dossier: &Dossier, delivery: DeliveryId| Dossier { mail: mailed(delivery), ..dossier.clone() };
    match event {
        Event::Applied { dossier, standing, secrets, delivery, at } => {
            let stage = AwaitingEmail { standing: *standing, secrets: *secrets, mailed_at: *at, wrong_codes: 0 };
            return Some(Registration::new(begun(dossier, *delivery), Stage::AwaitingEmail(stage)));
        }
        Event::Invited { dossier, link, delivery, at } => {
            let dossier = Dossier { completion: Some(link.digest), ..begun(dossier, *delivery) };
            return Some(Registration::new(
                dossier,
                Stage::AwaitingCompletion(AwaitingCompletion { link: *link, since: *at, decided_by: None }),
            ));
        }
        _ => {}
    }
    let Registration { mut dossier, mut stage } = state?;
    let leave = |dossier: &mut Dossier, stage: &Stage| {
        if let Stage::AwaitingEmail(left) = stage {
            dossier.spent = Some(left.secrets);
        }
    };
    match event {
        Event::Applied { .. } | Event::Invited { .. } => {}
        Event::Resent { standing, secrets, delivery, at } => {
            dossier.mail = mailed(*delivery);
            if let Stage::AwaitingEmail(waiting) = &mut stage {
                *waiting = AwaitingEmail { standing: *standing, secrets: *secrets, mailed_at: *at, wrong_codes: waiting.wrong_codes };
            }
        }
        Event::AddressCorrected { email, standing, secrets, delivery, at } => {
            dossier.mail = mailed(*delivery);
            dossier.email = email.clone();
            dossier.revision += 1;
            if let Stage::AwaitingEmail(waiting) = &mut stage {
                *waiting = AwaitingEmail { standing: *standing, secrets: *secrets, mailed_at: *at, wrong_codes: waiting.wrong_codes };
            }
        }
        Event::CodeRejected => {
            if let Stage::AwaitingEmail(waiting) = &mut stage {
                waiting.wrong_codes += 1;
            }
        }
        Event::EmailProved { by, at } => {
            leave(&mut dossier, &stage);
            dossier.proved = Some(ProvedEmail { by: *by, at: *at });
        }
        Event::ApprovalRequested { with_clerks, at } => {
            stage = Stage::AwaitingApproval(AwaitingApproval { since: *at, reminded: false, with_clerks: *with_clerks });
        }
        Event::ApproversReminded => {
            if let Stage::AwaitingApproval(waiting) = &mut stage {
                waiting.reminded = true;
            }
        }
        Event::PassedToClerks => {
            if let Stage::AwaitingApproval(waiting) = &mut stage {
                waiting.reminded = true;
                waiting.with_clerks = true;
            }
        }
        Event::Approved { .. } => {}
        Event::CompletionOpened { link, delivery, by, at } => {
            dossier.mail = mailed(*delivery);
            dossier.completion = Some(link.digest);
            stage = Stage::AwaitingCompletion(AwaitingCompletion { link: *link, since: *at, decided_by: Some(*by) });
        }
        Event::LinkRenewed { link, delivery } => {
            dossier.mail = mailed(*delivery);
            dossier.completion = Some(link.digest);
            if let Stage::AwaitingCompletion(waiting) = &mut stage {
                waiting.link = *link;
            }
        }
        Event::Named { first_name, last_name } => {
            dossier.revision += 1;
            if let Some(name) = first_name {
                dossier.applicant.0.first_name = Some(name.0.clone());
            }
            if let Some(name) = last_name {
                dossier.applicant.0.last_name = Some(name.0.clone());
            }
        }
        Event::Consented { given } => given.iter().for_each(|decision| dossier.consents.record(decision.clone())),
        Event::PasswordChosen { password } => dossier.password = Some(password.clone()),
        Event::Activated { account, at } => {
            leave(&mut dossier, &stage);
            // The account has it now; a second copy would only be a second thing to lose.
            dossier.password = None;
            stage = Stage::Active { account: *account, at: *at };
        }
        Event::Rejected { by, reason, at } => {
            dossier.password = None;
            stage = Stage::Rejected { reason: reason.clone(), by: by.into(), at: *at };
        }
        Event::Expired { stage: ran_out, at } => {
            leave(&mut dossier, &stage);
            dossier.password = None;
            stage = Stage::Expired { stage: *ran_out, at: *at };
        }
        Event::Closed { why, at } => {
            leave(&mut dossier, &stage);
            dossier.password = None;
            stage = Stage::Closed { why: *why, at: *at };
        }
    }
    Some(Registration::new(dossier, stage))
}

impl Audited for Event {
    fn audit(&self) -> AuditEntry {
        let entry = AuditEntry::new;
        match self {
            Self::Applied { standing, .. } => {
                entry("registration.applied").with("standing", if *standing == Standing::Shadow { "shadow" } else { "genuine" })
            }
            Self::Invited { .. } => entry("registration.invited"),
            Self::Resent { delivery, .. } => entry("registration.resent").with("delivery", delivery),
            Self::AddressCorrected { delivery, .. } => entry("registration.address_corrected").with("delivery", delivery),
            Self::CodeRejected => entry("registration.code_rejected"),
            Self::EmailProved { by, .. } => entry("registration.email_proved").with("by", by.word()),
            Self::ApprovalRequested { with_clerks, .. } => entry("registration.approval_requested").with("with_clerks", with_clerks),
            Self::ApproversReminded => entry("registration.approvers_reminded"),
            Self::PassedToClerks => entry("registration.passed_to_clerks"),
            Self::Approved { by, .. } => entry("registration.approved").with("by", DeciderWord::from(by).word()),
            Self::CompletionOpened { delivery, .. } => entry("registration.completion_opened").with("delivery", delivery),
            Self::LinkRenewed { delivery, .. } => entry("registration.link_renewed").with("delivery", delivery),
            Self::Named { .. } => entry("registration.named"),
            Self::Consented { given } => {
                let documents: Vec<_> = given.iter().map(|decision| decision.shown.document.as_str()).collect();
                entry("registration.consented").with("documents", documents.join(","))
            }
            Self::PasswordChosen { .. } => entry("registration.password_chosen"),
            Self::Activated { account, .. } => entry("registration.activated").with("account", account),
            Self::Rejected { by, .. } => entry("registration.rejected").with("by", DeciderWord::from(by).word()),
            Self::Expired { stage, .. } => entry("registration.expired").with(
                "stage",
                match stage {
                    ExpiredAt::Proof => "proof",
                    ExpiredAt::Approval => "approval",
                    ExpiredAt::Completion => "completion",
                },
            ),
            Self::Closed { why, .. } => entry("registration.closed").with("why", why.word()),
        }
    }
}

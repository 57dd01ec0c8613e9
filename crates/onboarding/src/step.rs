//! One step: the decisions of several aggregates, gathered into one commit.
//!
//! The driver's loop is always the same (load → gather facts → decide → fold → commit); what differs is which decisions
//! a story makes, and in which order.

use crate::ports::{Actor, Commit, Delivery, DeliveryKind, OutboxChange, TokenEntry, Version, Versioned, Write};
use crate::sealing::{self, Payload};
use crate::{Aggregate, Onboarding, Portal};
use chrono::{DateTime, Utc};
use onboarding_core::{
    Decision, DeliveryId, Digest, Effect, Journey, Language, Mail, MailTemplate, Ref,
    account::{self, Account},
    audit::Audited,
    clerk::{self, Clerk},
    consent::ConsentGiven,
    membership::{self, LetterFate, Membership},
    registration::{self, Mailed, Registration},
    roster::{self, Roster},
};
use std::sync::Arc;

/// An aggregate as the step sees it: three functions of the core.
pub(crate) trait Decides: Sized + Clone + PartialEq + Into<Aggregate> + TryFrom<Aggregate> {
    type Command;
    type Event: Audited;
    type Reply;
    type Refusal;

    fn decide(
        state: Option<&Self>,
        command: Self::Command,
        journey: &Journey,
        now: DateTime<Utc>,
    ) -> Result<Decision<Self::Event, Self::Reply>, Self::Refusal>;
    fn evolve(state: Option<Self>, event: &Self::Event) -> Option<Self>;
    fn reference(&self) -> Ref;

    /// The decisions on documents that an event proves.
    fn proofs(_event: &Self::Event) -> Vec<ConsentGiven> {
        Vec::new()
    }

    /// The delivery that would hand over a secret which died between these two states.
    fn overtaken(_before: &Self, _after: &Self) -> Option<DeliveryId> {
        None
    }
}

macro_rules! decides {
    ($($state:ident in $module:ident as $kind:ident $(, proofs $proofs:expr)? $(, overtaken $overtaken:expr)?;)*) => {$(
        impl Decides for $state {
            type Command = $module::Command;
            type Event = $module::Event;
            type Reply = $module::Reply;
            type Refusal = $module::Refusal;

            fn decide(state: Option<&Self>, command: Self::Command, journey: &Journey, now: DateTime<Utc>) -> Result<Decision<Self::Event, Self::Reply>, Self::Refusal> {
                $module::decide(state, command, journey, now)
            }

            fn evolve(state: Option<Self>, event: &Self::Event) -> Option<Self> {
                $module::evolve(state, event)
            }

            fn reference(&self) -> Ref {
                Ref::$kind(self.id())
            }

            $(fn proofs(event: &Self::Event) -> Vec<ConsentGiven> {
                $proofs(event)
            })?

            $(fn overtaken(before: &Self, after: &Self) -> Option<DeliveryId> {
                $overtaken(before, after)
            })?
        }
    )*};
}

decides! {
    Registration in registration as Registration, proofs |event: &registration::Event| match event {
        registration::Event::Applied { dossier, .. } => dossier.consents.0.values().cloned().collect(),
        registration::Event::Consented { given } => given.clone(),
        _ => Vec::new(),
    };
    Account in account as Account, proofs |event: &account::Event| match event {
        account::Event::Opened { account } => account.consents().0.values().cloned().collect(),
        account::Event::Consented { given } => given.clone(),
        _ => Vec::new(),
    };
    Membership in membership as Membership, overtaken |before: &Membership, after: &Membership| {
        let waits = before.pin().filter(|pin| pin.fate == LetterFate::Queued)?;
        after.pin().is_none_or(|pin| pin.delivery != waits.delivery).then_some(waits.delivery)
    };
    Roster in roster as Roster;
    Clerk in clerk as Clerk;
}

/// A step under way.
pub(crate) struct Step {
    engine: Onboarding,
    portal: Arc<Portal>,
    /// Now, for every decision of the step.
    pub(crate) now: DateTime<Utc>,
    /// What will be committed.
    pub(crate) commit: Commit,
}

impl Step {
    pub(crate) fn new(engine: Onboarding, portal: Arc<Portal>, actor: Actor, now: DateTime<Utc>) -> Self {
        let commit = Commit::new(now, portal.slug.clone(), actor);
        Self { engine, portal, now, commit }
    }

    /// Decides, folds, and adds what follows to the commit. The state is written only if it changed: a failed sign-in
    /// leaves a trace, and does not race with its owner. A second decision of the same aggregate takes [`Step::then`] as
    /// its state, and is written with the first.
    pub(crate) fn decide<A: Decides>(
        &mut self,
        before: Option<&Versioned<A>>,
        command: A::Command,
    ) -> Result<(Option<A>, A::Reply), A::Refusal> {
        let state = before.map(|before| &before.value);
        let decision = A::decide(state, command, &self.portal.journey, self.now)?;
        let after = decision.events.iter().fold(state.cloned(), A::evolve);
        let owner = after.as_ref().or(state).map(Decides::reference);
        if let Some(owner) = owner {
            for event in &decision.events {
                self.commit.events.push((owner, event.audit()));
                self.commit.consents.extend(A::proofs(event).into_iter().map(|given| (owner, given)));
            }
            for effect in decision.effects {
                self.effect(owner, effect);
            }
        }
        self.commit.claims.extend(decision.claims);
        if let (Some(before), Some(after)) = (state, &after) {
            self.commit.outbox.extend(A::overtaken(before, after).map(|id| OutboxChange::Withdraw { id }));
        }
        if let (Some(after), true) = (&after, after.as_ref() != state) {
            let expected = before.map_or(Version(0), |before| before.version);
            let (aggregate, what) = (after.clone().into(), after.reference());
            match self.commit.writes.iter_mut().find(|write| write.aggregate.reference() == what) {
                Some(write) => write.aggregate = aggregate,
                None => self.commit.writes.push(Write { aggregate, expected }),
            }
        }
        Ok((after, decision.reply))
    }

    /// Whose portal.
    pub(crate) fn portal(&self) -> &Portal {
        &self.portal
    }

    /// What an aggregate is after a decision of this step, for the next one.
    pub(crate) fn then<A: Decides>(before: Option<&Versioned<A>>, after: Option<A>) -> Option<Versioned<A>> {
        let version = before.map_or(Version(0), |before| before.version);
        after.or_else(|| before.map(|before| before.value.clone())).map(|value| Versioned { value, version })
    }

    /// A token that leads to this aggregate.
    pub(crate) fn token(&mut self, digest: Digest, owner: Ref) {
        self.commit.tokens.push(TokenEntry { digest, owner });
    }

    /// A mail that still waits is of no use any more: its secret was replaced in this step.
    pub(crate) fn withdraw_mail_of(&mut self, registration: &Registration) {
        if let Some(Mailed { delivery }) = registration.dossier().mail {
            self.commit.outbox.push(OutboxChange::Withdraw { id: delivery });
        }
    }

    /// Puts an order into the outbox.
    pub(crate) fn effect(&mut self, owner: Ref, effect: Effect) {
        match effect {
            Effect::SendMail(mail) => self.mail(owner, mail),
            Effect::TellClerks(template, params) => {
                let id = self.engine.delivery(self.now);
                let mail = Mail {
                    id,
                    template,
                    to: self.portal.support.email.clone(),
                    language: self.portal.journey.default_language(),
                    params,
                    not_after: None,
                    after: None,
                };
                self.mail(owner, mail);
            }
            // Written only once a clerk lets it go, with another PIN; until then a row that looks like any other letter's.
            Effect::PrintPinLetter(order) if order.held => self.decoy_letter(owner, order.id, order.language, order.valid_until),
            Effect::PrintPinLetter(order) => {
                let sealed = sealing::seal(&*self.engine.ports.vault, order.id, &Payload::Letter(order.clone()));
                self.enqueue_letter(owner, order.id, order.language, order.valid_until, sealed);
            }
        }
    }

    /// The row of a letter that is never written: for a number that nobody has, and while a letter is held.
    pub(crate) fn decoy_letter(&mut self, owner: Ref, id: DeliveryId, language: Language, valid_until: DateTime<Utc>) {
        let sealed = sealing::seal(&*self.engine.ports.vault, id, &Payload::Decoy);
        self.enqueue_letter(owner, id, language, valid_until, sealed);
    }

    fn enqueue_letter(&mut self, owner: Ref, id: DeliveryId, language: Language, valid_until: DateTime<Utc>, sealed: crate::ports::Sealed) {
        self.commit.outbox.push(OutboxChange::Enqueue(Delivery {
            id,
            portal: self.portal.slug.clone(),
            owner,
            kind: DeliveryKind::Letter,
            template: "pin-letter".to_owned(),
            language,
            not_before: self.now,
            not_after: Some(valid_until),
            after: None,
            priority: 0,
            message_id: id.to_string(),
            sealed,
        }));
    }

    pub(crate) fn mail(&mut self, owner: Ref, mail: Mail) {
        let sealed = sealing::seal(&*self.engine.ports.vault, mail.id, &Payload::Mail { to: mail.to, params: mail.params });
        self.enqueue(owner, mail.id, mail.template, mail.language, mail.not_after, mail.after, sealed);
    }

    /// A row like any other that is never sent: who watches the database's size or our time learns nothing.
    pub(crate) fn decoy(&mut self, owner: Ref, id: DeliveryId, template: MailTemplate) {
        let sealed = sealing::seal(&*self.engine.ports.vault, id, &Payload::Decoy);
        let not_after = Some(self.now + onboarding_core::policy::RESET_LIFE);
        self.enqueue(owner, id, template, self.portal.journey.default_language(), not_after, None, sealed);
    }

    #[expect(clippy::too_many_arguments, reason = "a delivery names everything it needs")]
    fn enqueue(
        &mut self,
        owner: Ref,
        id: DeliveryId,
        template: MailTemplate,
        language: Language,
        not_after: Option<DateTime<Utc>>,
        after: Option<DeliveryId>,
        sealed: crate::ports::Sealed,
    ) {
        self.commit.outbox.push(OutboxChange::Enqueue(Delivery {
            id,
            portal: self.portal.slug.clone(),
            owner,
            kind: DeliveryKind::Mail,
            template: template.word().to_owned(),
            language,
            not_before: self.now,
            not_after,
            after,
            priority: priority(template),
            message_id: format!("{id}@{}", self.portal.sender.from.domain()),
            sealed,
        }));
    }
}

/// What somebody waits for at the screen goes ahead of bulk.
fn priority(template: MailTemplate) -> i16 {
    match template {
        MailTemplate::PasswordReset
        | MailTemplate::ActivationCode
        | MailTemplate::ConfirmLink
        | MailTemplate::NewEmailConfirm
        // Goes out instead of one of those: a later turn would tell whoever watches a registration's mail that the address has an account.
        | MailTemplate::AccountExists => 10,
        MailTemplate::GeneratedPassword => 9,
        MailTemplate::CustomerNumber | MailTemplate::InitialPassword => 0,
        MailTemplate::RecordTaken
        | MailTemplate::ApprovalWanted
        | MailTemplate::ApprovalReminder
        | MailTemplate::ClerkApproval
        | MailTemplate::ClerkReminder
        | MailTemplate::Approved
        | MailTemplate::ApprovedActive
        | MailTemplate::CompletionReminder
        | MailTemplate::Rejected
        | MailTemplate::ExpiredApproval
        | MailTemplate::ExpiredCompletion
        | MailTemplate::Linked
        | MailTemplate::Unlinked
        | MailTemplate::PasswordChanged
        | MailTemplate::Invitation
        | MailTemplate::InvitationExisting
        | MailTemplate::InvitationAccepted
        | MailTemplate::StaffInvitation
        | MailTemplate::RoleChanged
        | MailTemplate::MemberSuspended
        | MailTemplate::MemberRemoved
        | MailTemplate::AccountSuspended
        | MailTemplate::AccountUnsuspended
        | MailTemplate::AccountClosed
        | MailTemplate::MarketingConfirm
        | MailTemplate::EmailChanged
        | MailTemplate::EmailChangeRequested
        | MailTemplate::GuessingAlarm
        | MailTemplate::MailParked
        | MailTemplate::BarrierReported => 5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_that_stands_in_for_another_waits_no_longer_than_it() {
        let told = priority(MailTemplate::AccountExists);
        for instead_of in [MailTemplate::ActivationCode, MailTemplate::ConfirmLink, MailTemplate::NewEmailConfirm] {
            assert_eq!(told, priority(instead_of));
        }
    }
}

//! Journeys read from TOML: the `[journey]` table of a portal's file, and where in the file each part stands.

use super::{
    AccountsPerRecord, AfterFirstPassword, AfterReset, Approval, ClaimRule, ConsentKind, ConsentRule, ConsentStage, Draft, EmailProof,
    FieldName, FieldRule, Journey, LoginWith, MembershipBy, MustMatch, NumberName, Part, PasswordOrigin, SessionRule, Start,
};
use crate::password::{CharacterKind, PasswordPolicy};
use crate::{Language, PortalSlug, policy};
use chrono::TimeDelta;
use serde::Deserialize;
use std::ops::Range;
use toml::Spanned;

/// A refusal that points into the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclarationFault {
    /// The line, counted from 1.
    pub line: usize,
    /// Why, as one English sentence for the operator.
    pub reason: String,
}

/// The `[journey]` table.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "each field is documented at the same name of `Journey`")]
pub struct Declaration {
    pub start: Spanned<Start>,
    #[serde(default = "yes")]
    pub registration_open: bool,
    pub number: Spanned<NumberName>,
    pub claim: Option<Spanned<ClaimDeclaration>>,
    #[serde(default)]
    pub fields: Vec<Spanned<FieldDeclaration>>,
    #[serde(default)]
    pub consents: Vec<Spanned<ConsentDeclaration>>,
    #[serde(default)]
    pub email_proof: Option<Spanned<Vec<EmailProof>>>,
    pub approval: Spanned<Approval>,
    pub password: Spanned<PasswordOrigin>,
    pub login_with: Spanned<LoginWith>,
    pub membership: Spanned<MembershipBy>,
    pub accounts_per_record: Spanned<AccountsPerRecord>,
    pub after_first_password: Option<Spanned<AfterFirstPassword>>,
    pub after_reset: Option<Spanned<AfterReset>>,
    pub password_policy: Option<Spanned<PolicyDeclaration>>,
    pub sessions: Option<Spanned<SessionDeclaration>>,
}

/// `[journey.claim]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "see `ClaimRule`")]
pub struct ClaimDeclaration {
    pub must_match: Vec<MustMatch>,
}

/// `[[journey.fields]]`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "see `FieldRule`")]
pub struct FieldDeclaration {
    pub name: FieldName,
    #[serde(default = "yes")]
    pub required: bool,
}

/// `[[journey.consents]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "see `ConsentRule`")]
pub struct ConsentDeclaration {
    pub document: String,
    pub kind: ConsentKind,
    pub stage: ConsentStage,
    pub required: bool,
}

/// `[journey.password_policy]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "see `PasswordPolicy`")]
pub struct PolicyDeclaration {
    pub min_length: Option<u32>,
    pub min_length_privileged: Option<u32>,
    pub max_length: Option<u32>,
    #[serde(default)]
    pub require: Vec<CharacterKind>,
}

/// `[journey.sessions]`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "see `SessionRule`; minutes, hours and days")]
pub struct SessionDeclaration {
    pub bearer_idle_days: Option<u32>,
    pub page_idle_minutes: Option<u32>,
    pub page_at_most_hours: Option<u32>,
}

fn yes() -> bool {
    true
}

/// The line of a byte offset, counted from 1.
pub fn line_of(text: &str, offset: usize) -> usize {
    text.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count() + 1
}

impl Declaration {
    /// Compiles the table into a journey. `text` is the whole file, for line numbers.
    pub fn compile(self, portal: PortalSlug, languages: Vec<Language>, text: &str) -> Result<Journey, Vec<DeclarationFault>> {
        let mut places = self.places();
        // The languages stand outside this table, at the file's own level.
        places.extend(text.find("\nlanguages").map(|before| (Part::Languages, before + 1..before + 1)));
        self.draft(portal, languages).compile().map_err(|faults| {
            faults
                .into_iter()
                .map(|fault| {
                    let of_part = || places.iter().filter(|(part, _)| *part == fault.part);
                    let span = of_part().nth(fault.entry.unwrap_or(0)).map_or(0..0, |(_, span)| span.clone());
                    DeclarationFault { line: line_of(text, span.start), reason: fault.reason }
                })
                .collect()
        })
    }

    fn places(&self) -> Vec<(Part, Range<usize>)> {
        let mut places = vec![
            (Part::Start, self.start.span()),
            (Part::Approval, self.approval.span()),
            (Part::Password, self.password.span()),
            (Part::LoginWith, self.login_with.span()),
            (Part::Membership, self.membership.span()),
            (Part::AccountsPerRecord, self.accounts_per_record.span()),
        ];
        let mut at = |part, span: Option<Range<usize>>| places.extend(span.map(|span| (part, span)));
        at(Part::Claim, self.claim.as_ref().map(Spanned::span));
        self.fields.iter().for_each(|field| at(Part::Fields, Some(field.span())));
        self.consents.iter().for_each(|consent| at(Part::Consents, Some(consent.span())));
        at(Part::EmailProof, self.email_proof.as_ref().map(Spanned::span).or(Some(self.start.span())));
        at(Part::PasswordPolicy, self.password_policy.as_ref().map(Spanned::span));
        at(Part::AfterFirstPassword, self.after_first_password.as_ref().map(Spanned::span));
        at(Part::Sessions, self.sessions.as_ref().map(Spanned::span));
        places
    }

    fn draft(self, portal: PortalSlug, languages: Vec<Language>) -> Draft {
        let number = self.number.into_inner();
        let start = self.start.into_inner();
        let defaults = PasswordPolicy::default();
        let policy = self.password_policy.map(Spanned::into_inner);
        let sessions = self.sessions.map(Spanned::into_inner);
        let password = self.password.into_inner();
        // Only what was written is refused: a default follows what it depends on.
        let by_default = if password == PasswordOrigin::Initial { AfterFirstPassword::SignInAgain } else { AfterFirstPassword::Continue };
        Draft {
            portal,
            languages,
            start,
            registration_open: self.registration_open,
            claim: self.claim.map(|claim| ClaimRule { number, must_match: claim.into_inner().must_match }),
            number,
            fields: self
                .fields
                .into_iter()
                .map(Spanned::into_inner)
                .map(|field| FieldRule { name: field.name, required: field.required })
                .collect(),
            consents: self
                .consents
                .into_iter()
                .map(Spanned::into_inner)
                .map(|consent| ConsentRule {
                    document: consent.document,
                    kind: consent.kind,
                    stage: consent.stage,
                    required: consent.required,
                })
                .collect(),
            email_proof: self.email_proof.map(Spanned::into_inner).unwrap_or_default(),
            approval: self.approval.into_inner(),
            password,
            login_with: self.login_with.into_inner(),
            membership: self.membership.into_inner(),
            accounts_per_record: self.accounts_per_record.into_inner(),
            password_policy: policy.map_or(defaults.clone(), |policy| PasswordPolicy {
                min_length: policy.min_length.unwrap_or(defaults.min_length),
                min_length_privileged: policy.min_length_privileged.unwrap_or(defaults.min_length_privileged),
                max_length: policy.max_length.unwrap_or(defaults.max_length),
                require: policy.require,
            }),
            after_first_password: self.after_first_password.map_or(by_default, Spanned::into_inner),
            after_reset: self.after_reset.map_or(AfterReset::SignIn, Spanned::into_inner),
            sessions: SessionRule {
                bearer_idle: sessions
                    .and_then(|rule| rule.bearer_idle_days)
                    .map_or(policy::BEARER_IDLE, |days| TimeDelta::days(days.into())),
                page_idle: sessions
                    .and_then(|rule| rule.page_idle_minutes)
                    .map_or(policy::PAGE_IDLE, |minutes| TimeDelta::minutes(minutes.into())),
                page_at_most: sessions
                    .and_then(|rule| rule.page_at_most_hours)
                    .map_or(policy::PAGE_AT_MOST, |hours| TimeDelta::hours(hours.into())),
            },
        }
    }
}

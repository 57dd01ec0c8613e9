//! From a draft to a journey: which combinations can work, and why the others cannot.

use super::{
    AccountsPerRecord, AfterFirstPassword, AfterReset, Approval, ClaimRule, ConsentKind, ConsentRule, ConsentStage, EmailProof, FieldRule,
    Journey, LoginWith, MembershipBy, NumberName, PasswordOrigin, SessionRule, Start,
};
use crate::{Language, PortalSlug, password::PasswordPolicy};
use chrono::TimeDelta;
use std::fmt;

/// A part of a declaration, so that a refusal can point at its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// `languages`.
    Languages,
    /// `start`.
    Start,
    /// `[journey.claim]`.
    Claim,
    /// `[[journey.fields]]`.
    Fields,
    /// `[[journey.consents]]`.
    Consents,
    /// `email_proof`.
    EmailProof,
    /// `approval`.
    Approval,
    /// `password`.
    Password,
    /// `login_with`.
    LoginWith,
    /// `membership`.
    Membership,
    /// `accounts_per_record`.
    AccountsPerRecord,
    /// `[journey.password_policy]`.
    PasswordPolicy,
    /// `after_first_password`.
    AfterFirstPassword,
    /// `[journey.sessions]`.
    Sessions,
}

/// A combination that cannot work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JourneyFault {
    /// Where.
    pub part: Part,
    /// Which entry, counted from 0, where the part is a list and one entry is to blame.
    pub entry: Option<usize>,
    /// Why, as one English sentence for the operator.
    pub reason: String,
}

impl fmt::Display for JourneyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for JourneyFault {}

/// A journey as declared: anything can be written here, only [`Draft::compile`] makes it one that works.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is documented at the same name of `Journey`")]
pub struct Draft {
    pub portal: PortalSlug,
    pub languages: Vec<Language>,
    pub start: Start,
    pub registration_open: bool,
    pub claim: Option<ClaimRule>,
    pub number: NumberName,
    pub fields: Vec<FieldRule>,
    pub consents: Vec<ConsentRule>,
    pub email_proof: Vec<EmailProof>,
    pub approval: Approval,
    pub password: PasswordOrigin,
    pub login_with: LoginWith,
    pub membership: MembershipBy,
    pub accounts_per_record: AccountsPerRecord,
    pub password_policy: PasswordPolicy,
    pub after_first_password: AfterFirstPassword,
    pub after_reset: AfterReset,
    pub sessions: SessionRule,
}

impl Draft {
    /// Checks the combination and makes the journey, or tells everything that cannot work.
    pub fn compile(self) -> Result<Journey, Vec<JourneyFault>> {
        let faults = self.faults();
        if !faults.is_empty() {
            return Err(faults);
        }
        Ok(Journey {
            portal: self.portal,
            languages: self.languages,
            start: self.start,
            registration_open: self.registration_open && self.start == Start::Person,
            claim: self.claim,
            number: self.number,
            fields: self.fields,
            consents: self.consents,
            email_proof: self.email_proof,
            approval: self.approval,
            password: self.password,
            login_with: self.login_with,
            membership: self.membership,
            accounts_per_record: self.accounts_per_record,
            password_policy: self.password_policy,
            after_first_password: self.after_first_password,
            after_reset: self.after_reset,
            sessions: self.sessions,
        })
    }

    fn faults(&self) -> Vec<JourneyFault> {
        let mut faults = Vec::new();
        let mut refuse = |when: bool, part: Part, reason: &str| {
            if when {
                faults.push(JourneyFault { part, entry: None, reason: reason.to_owned() });
            }
        };
        let by_person = self.start == Start::Person;
        let by_company = self.start == Start::Company;
        let decided = self.approval != Approval::Nobody;

        refuse(self.languages.is_empty(), Part::Languages, "a portal speaks at least one language");
        refuse(repeats(&self.languages), Part::Languages, "a language stands twice");

        if let Some(claim) = &self.claim {
            refuse(claim.must_match.is_empty(), Part::Claim, "a number alone is no proof: name what must match beside it");
            refuse(repeats(&claim.must_match), Part::Claim, "a value to match stands twice");
            refuse(by_company, Part::Claim, "where the company starts nobody claims a record");
        }
        refuse(by_person && self.email_proof.is_empty(), Part::EmailProof, "a person's address must be proved by `code`, `link` or both");
        refuse(by_company && !self.email_proof.is_empty(), Part::EmailProof, "where the company starts the address is the record's own");
        refuse(repeats(&self.email_proof), Part::EmailProof, "a proof stands twice");

        refuse(decided && self.claim.is_none(), Part::Approval, "an approval needs a claim: without a record nobody is entitled to decide");
        refuse(decided && by_company, Part::Approval, "where the company starts there is nothing to approve");

        match self.password {
            PasswordOrigin::AtRegistration => {
                refuse(by_company, Part::Password, "`at_registration` needs a register form, and the company starts here");
            }
            PasswordOrigin::AtCompletion => {
                refuse(!decided, Part::Password, "`at_completion` needs an approval: the set-up begins with its mail");
            }
            PasswordOrigin::Mailed => {
                refuse(
                    self.email_proof.is_empty(),
                    Part::Password,
                    "a password is mailed only to a proved address: `email_proof` is empty",
                );
            }
            PasswordOrigin::Initial => refuse(by_person, Part::Password, "`initial` passwords are for accounts that the company starts"),
        }
        refuse(
            by_company && self.password != PasswordOrigin::Initial,
            Part::Password,
            "where the company starts the password is `initial`",
        );

        match self.membership {
            MembershipBy::Claim => {
                refuse(self.claim.is_none(), Part::Membership, "`claim` needs a claim");
                refuse(decided, Part::Membership, "where somebody approves, membership comes by `approval`");
            }
            MembershipBy::Approval => refuse(!decided, Part::Membership, "`approval` needs somebody who approves"),
            MembershipBy::Record => refuse(by_person, Part::Membership, "`record` is for accounts that the company starts"),
            MembershipBy::PostedPin => refuse(decided, Part::Membership, "where somebody approves, membership comes by `approval`"),
        }
        refuse(
            by_company && self.membership != MembershipBy::Record,
            Part::Membership,
            "where the company starts, membership comes by `record`",
        );

        if self.login_with == LoginWith::RecordNumber {
            let owned = matches!(self.membership, MembershipBy::Claim | MembershipBy::Record);
            refuse(!owned, Part::LoginWith, "signing in with the record's number needs the record from the start");
            refuse(
                self.accounts_per_record == AccountsPerRecord::Many,
                Part::LoginWith,
                "signing in with the record's number needs one account per record",
            );
        }
        refuse(
            by_company && self.accounts_per_record == AccountsPerRecord::Many,
            Part::AccountsPerRecord,
            "a record is provisioned once: one account per record",
        );
        refuse(
            decided && self.accounts_per_record == AccountsPerRecord::One,
            Part::AccountsPerRecord,
            "where colleagues are approved a record has many accounts",
        );
        let sign_in_again = self.after_first_password == AfterFirstPassword::SignInAgain;
        refuse(
            sign_in_again && self.password != PasswordOrigin::Initial,
            Part::AfterFirstPassword,
            "`sign_in_again` is for initial passwords",
        );

        refuse(by_company && !self.fields.is_empty(), Part::Fields, "where the company starts there is no form");

        let policy = &self.password_policy;
        refuse(policy.min_length < 8, Part::PasswordPolicy, "fewer than 8 characters protect nobody (NIST SP 800-63B-4)");
        refuse(policy.min_length > 64, Part::PasswordPolicy, "more than 64 characters as a minimum keep people out");
        refuse(policy.min_length_privileged < policy.min_length, Part::PasswordPolicy, "the privileged minimum is below the common one");
        refuse(!(64..=1024).contains(&policy.max_length), Part::PasswordPolicy, "the maximum is 64 to 1024 characters");
        refuse(repeats(&policy.require), Part::PasswordPolicy, "a kind of character stands twice");

        let within = |span: TimeDelta, least: TimeDelta, most: TimeDelta| span >= least && span <= most;
        let rule = &self.sessions;
        refuse(
            !within(rule.bearer_idle, TimeDelta::minutes(5), TimeDelta::days(90)),
            Part::Sessions,
            "bearer sessions live 5 minutes to 90 days unused",
        );
        refuse(
            !within(rule.page_idle, TimeDelta::minutes(5), TimeDelta::hours(12)),
            Part::Sessions,
            "page sessions live 5 minutes to 12 hours unused",
        );
        refuse(
            !within(rule.page_at_most, rule.page_idle, TimeDelta::hours(24)),
            Part::Sessions,
            "page sessions end within 24 hours, and not before they idle out",
        );
        for (entry, field) in self.fields.iter().enumerate() {
            if self.fields[..entry].iter().any(|other| other.name == field.name) {
                faults.push(JourneyFault { part: Part::Fields, entry: Some(entry), reason: "a field stands twice".to_owned() });
            }
        }
        for (entry, rule) in self.consents.iter().enumerate() {
            faults.extend(self.consent_faults(entry, rule));
        }
        faults
    }

    fn consent_faults(&self, entry: usize, rule: &ConsentRule) -> Vec<JourneyFault> {
        let mut faults = Vec::new();
        let mut refuse = |when: bool, reason: &str| {
            if when {
                faults.push(JourneyFault { part: Part::Consents, entry: Some(entry), reason: reason.to_owned() });
            }
        };
        let named = (1..=32).contains(&rule.document.len()) && rule.document.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        refuse(self.consents[..entry].iter().any(|other| other.document == rule.document), "a document stands twice");
        refuse(!named, "a document's name is 1 to 32 of a–z and _");
        refuse(
            rule.stage == ConsentStage::Completion && self.approval == Approval::Nobody,
            "a consent at `completion` needs an approval: the set-up begins with its mail",
        );
        refuse(self.start == Start::Company, "where the company starts there is no form to consent in");
        refuse(rule.kind == ConsentKind::Consent && rule.required, "a `consent` is free: required documents are `agreement` or `notice`");
        faults
    }
}

fn repeats<T: PartialEq>(items: &[T]) -> bool {
    items.iter().enumerate().any(|(at, item)| items[..at].contains(item))
}

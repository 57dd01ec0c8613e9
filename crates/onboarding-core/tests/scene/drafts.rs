//! Journeys at random: mostly sensible choices, then now and then one that may not fit. What compiles is a journey that
//! nobody has thought of.

use onboarding_core::journey::{
    AccountsPerRecord, AfterFirstPassword, AfterReset, Approval, ClaimRule, ConsentKind, ConsentRule, ConsentStage, Draft, EmailProof,
    FieldName, FieldRule, LoginWith, MembershipBy, MustMatch, NumberName, PasswordOrigin, SessionRule, Start,
};
use onboarding_core::password::{CharacterKind, PasswordPolicy};
use onboarding_core::{Language, PortalSlug, policy};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

fn of<T: Copy + std::fmt::Debug + 'static>(all: &'static [T]) -> impl Strategy<Value = T> {
    select(all)
}

fn consents(decided: bool) -> impl Strategy<Value = Vec<ConsentRule>> {
    let rule = (of(ConsentKind::ALL), any::<bool>(), any::<bool>()).prop_map(move |(kind, late, required)| ConsentRule {
        document: String::new(),
        kind,
        stage: if late && decided { ConsentStage::Completion } else { ConsentStage::Registration },
        required: required && kind != ConsentKind::Consent,
    });
    prop::collection::vec(rule, 0..4).prop_map(|mut rules| {
        for (rule, name) in rules.iter_mut().zip(["terms", "privacy", "marketing"]) {
            name.clone_into(&mut rule.document);
        }
        rules
    })
}

/// Where a person starts: choices that go together.
fn by_person() -> impl Strategy<Value = Draft> {
    let base = (
        of(Approval::ALL),
        any::<bool>(),
        subsequence(MustMatch::ALL.to_vec(), 1..=2),
        subsequence(FieldName::ALL.to_vec(), 0..=3),
        subsequence(EmailProof::ALL.to_vec(), 1..=2),
        of(&[PasswordOrigin::AtRegistration, PasswordOrigin::AtCompletion, PasswordOrigin::Mailed]),
        of(AccountsPerRecord::ALL),
        any::<(bool, bool)>(),
    );
    base.prop_flat_map(|(approval, claims, must_match, fields, email_proof, password, accounts, (required, by_number))| {
        let decided = approval != Approval::Nobody;
        consents(decided).prop_map(move |consents| {
            let claims = claims || decided;
            let one = !decided && (accounts == AccountsPerRecord::One || (by_number && claims));
            Draft {
                portal: PortalSlug::parse("random").unwrap(),
                languages: vec![Language::De, Language::Fr],
                start: Start::Person,
                registration_open: true,
                claim: claims.then(|| ClaimRule { number: NumberName::CustomerNumber, must_match: must_match.clone() }),
                number: NumberName::CustomerNumber,
                fields: fields.iter().map(|name| FieldRule { name: *name, required }).collect(),
                consents,
                email_proof: email_proof.clone(),
                approval,
                password: if password == PasswordOrigin::AtCompletion && !decided { PasswordOrigin::Mailed } else { password },
                login_with: if by_number && one && claims { LoginWith::RecordNumber } else { LoginWith::Email },
                membership: match (decided, claims) {
                    (true, _) => MembershipBy::Approval,
                    (false, true) => MembershipBy::Claim,
                    (false, false) => MembershipBy::PostedPin,
                },
                accounts_per_record: if one { AccountsPerRecord::One } else { AccountsPerRecord::Many },
                password_policy: PasswordPolicy::default(),
                after_first_password: AfterFirstPassword::Continue,
                after_reset: AfterReset::SignIn,
                sessions: SessionRule {
                    bearer_idle: policy::BEARER_IDLE,
                    page_idle: policy::PAGE_IDLE,
                    page_at_most: policy::PAGE_AT_MOST,
                },
            }
        })
    })
}

/// Where the company starts there is little to choose.
fn by_company() -> impl Strategy<Value = Draft> {
    (by_person(), of(AfterFirstPassword::ALL), of(LoginWith::ALL), subsequence(CharacterKind::ALL.to_vec(), 0..=4)).prop_map(
        |(draft, after_first_password, login_with, require)| Draft {
            start: Start::Company,
            claim: None,
            fields: Vec::new(),
            consents: Vec::new(),
            email_proof: Vec::new(),
            approval: Approval::Nobody,
            password: PasswordOrigin::Initial,
            login_with,
            membership: MembershipBy::Record,
            accounts_per_record: AccountsPerRecord::One,
            after_first_password,
            password_policy: PasswordPolicy { require, ..PasswordPolicy::default() },
            ..draft
        },
    )
}

/// One choice taken from anywhere.
#[derive(Clone, Debug)]
enum Slip {
    None,
    Start(Start),
    Approval(Approval),
    Password(PasswordOrigin),
    Login(LoginWith),
    Membership(MembershipBy),
    Accounts(AccountsPerRecord),
    NoClaim,
    NoProof,
    Required,
    MinLength(u32),
    AfterFirst(AfterFirstPassword),
}

fn slip() -> impl Strategy<Value = Slip> {
    prop_oneof![
        6 => Just(Slip::None),
        1 => of(Start::ALL).prop_map(Slip::Start),
        1 => of(Approval::ALL).prop_map(Slip::Approval),
        1 => of(PasswordOrigin::ALL).prop_map(Slip::Password),
        1 => of(LoginWith::ALL).prop_map(Slip::Login),
        1 => of(MembershipBy::ALL).prop_map(Slip::Membership),
        1 => of(AccountsPerRecord::ALL).prop_map(Slip::Accounts),
        1 => Just(Slip::NoClaim),
        1 => Just(Slip::NoProof),
        1 => Just(Slip::Required),
        1 => (0..80_u32).prop_map(Slip::MinLength),
        1 => of(AfterFirstPassword::ALL).prop_map(Slip::AfterFirst),
    ]
}

/// Any draft: about every second one compiles.
pub(crate) fn draft() -> impl Strategy<Value = Draft> {
    (prop_oneof![4 => by_person().boxed(), 1 => by_company().boxed()], slip()).prop_map(|(mut draft, slip)| {
        match slip {
            Slip::None => {}
            Slip::Start(start) => draft.start = start,
            Slip::Approval(approval) => draft.approval = approval,
            Slip::Password(password) => draft.password = password,
            Slip::Login(login) => draft.login_with = login,
            Slip::Membership(membership) => draft.membership = membership,
            Slip::Accounts(accounts) => draft.accounts_per_record = accounts,
            Slip::NoClaim => draft.claim = None,
            Slip::NoProof => draft.email_proof.clear(),
            Slip::Required => draft.consents.iter_mut().for_each(|rule| rule.required = true),
            Slip::MinLength(min) => draft.password_policy.min_length = min,
            Slip::AfterFirst(after) => draft.after_first_password = after,
        }
        draft
    })
}

//! Declarations: the four portals compile to what their journeys say, and a journey that cannot work is refused with the
//! line and the reason.
#![allow(clippy::unwrap_used, reason = "what cannot be unwrapped in a test is its failure")]

#[path = "scene/scene.rs"]
mod scene;

use onboarding_core::journey::declaration::{Declaration, DeclarationFault};
use onboarding_core::journey::{
    AccountsPerRecord, AfterFirstPassword, AfterReset, Approval, ConsentKind, ConsentStage, EmailProof, FieldName, LoginWith, MembershipBy,
    MustMatch, NumberName, PasswordOrigin, Start,
};
use onboarding_core::password::CharacterKind;
use onboarding_core::{Journey, Language, PortalSlug, policy};
use scene::*;
use serde::Deserialize;

#[derive(Deserialize)]
struct File {
    journey: Declaration,
}

fn compile(text: &str) -> Result<Journey, Vec<DeclarationFault>> {
    let file: File = toml::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    file.journey.compile(PortalSlug::parse("sample").unwrap(), vec![Language::De, Language::Fr], text)
}

const PERSON: &str = r#"# A person starts.
name = "Sample"

[journey]
start = "person"
number = "customer_number"
email_proof = ["link"]
approval = "super_admin"
password = "at_completion"
login_with = "email"
membership = "approval"
accounts_per_record = "many"

[journey.claim]
must_match = ["postal_code"]

[[journey.fields]]
name = "first_name"

[[journey.consents]]
document = "privacy"
kind = "notice"
stage = "registration"
required = true

[[journey.consents]]
document = "terms"
kind = "agreement"
stage = "completion"
required = true
"#;

const ALONE: &str = r#"# Nobody approves.
[journey]
start = "person"
number = "business_number"
email_proof = ["code", "link"]
approval = "nobody"
password = "mailed"
login_with = "email"
membership = "posted_pin"
accounts_per_record = "many"

[[journey.fields]]
name = "last_name"
"#;

const COMPANY: &str = r#"# The company starts.
[journey]
start = "company"
number = "customer_number"
approval = "nobody"
password = "initial"
login_with = "record_number"
membership = "record"
accounts_per_record = "one"
"#;

/// A declaration, what is changed in it, where the refusal points, and a part of the reason.
struct Bad {
    base: &'static str,
    from: &'static str,
    to: &'static str,
    /// The beginning of the line that is blamed.
    at: &'static str,
    reason: &'static str,
}

const fn bad(base: &'static str, from: &'static str, to: &'static str, at: &'static str, reason: &'static str) -> Bad {
    Bad { base, from, to, at, reason }
}

const CLAIM: &str = "[journey.claim]\nmust_match = [\"postal_code\"]\n";

/// Every refusal of a combination, each once.
const TABLE: &[Bad] = &[
    bad(PERSON, "[\"postal_code\"]", "[]", "[journey.claim]", "a number alone is no proof"),
    bad(PERSON, "[\"postal_code\"]", "[\"postal_code\", \"postal_code\"]", "[journey.claim]", "a value to match stands twice"),
    bad(
        COMPANY,
        "accounts_per_record = \"one\"\n",
        "accounts_per_record = \"one\"\n[journey.claim]\nmust_match = [\"last_name\"]\n",
        "[journey.claim]",
        "nobody claims a record",
    ),
    bad(PERSON, "[\"link\"]", "[]", "email_proof", "must be proved"),
    bad(ALONE, "email_proof = [\"code\", \"link\"]\n", "", "start", "must be proved"),
    bad(COMPANY, "approval =", "email_proof = [\"link\"]\napproval =", "email_proof", "the address is the record's own"),
    bad(ALONE, "[\"code\", \"link\"]", "[\"link\", \"link\"]", "email_proof", "a proof stands twice"),
    bad(PERSON, CLAIM, "", "approval", "an approval needs a claim"),
    bad(COMPANY, "approval = \"nobody\"", "approval = \"clerk\"", "approval", "there is nothing to approve"),
    bad(COMPANY, "password = \"initial\"", "password = \"at_registration\"", "password", "needs a register form"),
    bad(ALONE, "\"mailed\"", "\"at_completion\"", "password", "needs an approval"),
    bad(COMPANY, "password = \"initial\"", "password = \"mailed\"", "password", "only to a proved address"),
    bad(ALONE, "\"mailed\"", "\"initial\"", "password", "for accounts that the company starts"),
    bad(ALONE, "\"posted_pin\"", "\"claim\"", "membership", "`claim` needs a claim"),
    bad(PERSON, "membership = \"approval\"", "membership = \"claim\"", "membership", "membership comes by `approval`"),
    bad(ALONE, "\"posted_pin\"", "\"approval\"", "membership", "needs somebody who approves"),
    bad(ALONE, "\"posted_pin\"", "\"record\"", "membership", "for accounts that the company starts"),
    bad(PERSON, "membership = \"approval\"", "membership = \"posted_pin\"", "membership", "membership comes by `approval`"),
    bad(COMPANY, "membership = \"record\"", "membership = \"posted_pin\"", "membership", "membership comes by `record`"),
    bad(ALONE, "login_with = \"email\"", "login_with = \"record_number\"", "login_with", "needs the record from the start"),
    bad(COMPANY, "\"one\"", "\"many\"", "login_with", "needs one account per record"),
    bad(COMPANY, "\"one\"", "\"many\"", "accounts_per_record", "a record is provisioned once"),
    bad(PERSON, "\"many\"", "\"one\"", "accounts_per_record", "a record has many accounts"),
    bad(ALONE, "\"many\"\n", "\"many\"\nafter_first_password = \"sign_in_again\"\n", "after_first_password", "for initial passwords"),
    bad(COMPANY, "\"one\"\n", "\"one\"\n[[journey.fields]]\nname = \"last_name\"\n", "[[journey.fields]]", "there is no form"),
    bad(
        ALONE,
        "[[journey.fields]]",
        "[journey.password_policy]\nmin_length = 7\n\n[[journey.fields]]",
        "[journey.password_policy]",
        "fewer than 8",
    ),
    bad(
        ALONE,
        "[[journey.fields]]",
        "[journey.password_policy]\nmin_length = 65\n\n[[journey.fields]]",
        "[journey.password_policy]",
        "keep people out",
    ),
    bad(
        ALONE,
        "[[journey.fields]]",
        "[journey.password_policy]\nmin_length = 16\n\n[[journey.fields]]",
        "[journey.password_policy]",
        "below the common one",
    ),
    bad(
        ALONE,
        "[[journey.fields]]",
        "[journey.password_policy]\nmax_length = 63\n\n[[journey.fields]]",
        "[journey.password_policy]",
        "64 to 1024",
    ),
    bad(
        ALONE,
        "[[journey.fields]]",
        "[journey.password_policy]\nmax_length = 1025\n\n[[journey.fields]]",
        "[journey.password_policy]",
        "64 to 1024",
    ),
    bad(
        ALONE,
        "[[journey.fields]]",
        "[journey.password_policy]\nrequire = [\"digit\", \"digit\"]\n\n[[journey.fields]]",
        "[journey.password_policy]",
        "stands twice",
    ),
    bad(
        ALONE,
        "[[journey.fields]]",
        "[journey.sessions]\nbearer_idle_days = 91\n\n[[journey.fields]]",
        "[journey.sessions]",
        "90 days unused",
    ),
    bad(
        ALONE,
        "[[journey.fields]]",
        "[journey.sessions]\npage_idle_minutes = 4\n\n[[journey.fields]]",
        "[journey.sessions]",
        "12 hours unused",
    ),
    bad(
        ALONE,
        "[[journey.fields]]",
        "[journey.sessions]\npage_at_most_hours = 25\n\n[[journey.fields]]",
        "[journey.sessions]",
        "within 24 hours",
    ),
];

fn line_beginning(text: &str, with: &str) -> usize {
    1 + text.lines().position(|line| line.starts_with(with)).unwrap_or_else(|| panic!("no line begins with {with}:\n{text}"))
}

#[test]
fn what_cannot_work_is_refused_with_line_and_reason() {
    for (at, row) in TABLE.iter().enumerate() {
        assert!(row.base.contains(row.from), "row {at} changes nothing");
        let text = row.base.replacen(row.from, row.to, 1);
        let faults = compile(&text).expect_err(row.reason);
        let expected = line_beginning(&text, row.at);
        let found = faults.iter().any(|fault| fault.line == expected && fault.reason.contains(row.reason));
        assert!(found, "row {at}: expected line {expected}, {:?}, in {faults:?}", row.reason);
        assert!(faults.iter().all(|fault| fault.line > 1), "row {at}: a refusal points nowhere: {faults:?}");
    }
}

/// Added below the partners' own two documents: the refusal points at the third entry, not at the first.
const THIRD: &[(&str, &str, &str, &str, &str)] = &[
    ("terms", "agreement", "registration", "true", "a document stands twice"),
    ("Terms-2", "agreement", "registration", "true", "1 to 32 of a–z and _"),
    ("", "agreement", "registration", "true", "1 to 32 of a–z and _"),
    ("marketing", "consent", "completion", "true", "a `consent` is free"),
];

#[test]
fn a_bad_entry_of_a_list_is_blamed_itself() {
    for (document, kind, stage, required, reason) in THIRD {
        let text = format!(
            "{PERSON}\n[[journey.consents]]\ndocument = \"{document}\"\nkind = \"{kind}\"\nstage = \"{stage}\"\nrequired = {required}\n"
        );
        let third = 1 + text.lines().enumerate().filter(|(_, line)| *line == "[[journey.consents]]").nth(2).unwrap().0;
        let faults = compile(&text).expect_err(reason);
        assert_eq!(faults.iter().map(|fault| fault.line).collect::<Vec<_>>(), [third], "{faults:?}");
        assert!(faults[0].reason.contains(reason), "{faults:?}");
    }
    let text = format!("{ALONE}\n[[journey.fields]]\nname = \"last_name\"\n");
    let second = 1 + text.lines().enumerate().filter(|(_, line)| *line == "[[journey.fields]]").nth(1).unwrap().0;
    assert_eq!(compile(&text), Err(vec![DeclarationFault { line: second, reason: "a field stands twice".to_owned() }]));
}

#[test]
fn a_consent_at_completion_needs_a_completion() {
    let consent =
        |stage| format!("[[journey.consents]]\ndocument = \"terms\"\nkind = \"agreement\"\nstage = \"{stage}\"\nrequired = true\n");
    assert!(compile(&format!("{ALONE}\n{}", consent("registration"))).is_ok());
    let faults = compile(&format!("{ALONE}\n{}", consent("completion"))).unwrap_err();
    assert!(faults[0].reason.contains("needs an approval"), "{faults:?}");
    let faults = compile(&format!("{COMPANY}\n{}", consent("registration"))).unwrap_err();
    assert!(faults[0].reason.contains("no form to consent in"), "{faults:?}");
}

#[test]
fn every_fault_is_told_at_once() {
    let text = PERSON.replace("\"super_admin\"", "\"nobody\"");
    let faults = compile(&text).unwrap_err();
    let lines: Vec<usize> = faults.iter().map(|fault| fault.line).collect();
    let terms = 1 + text.lines().enumerate().filter(|(_, line)| *line == "[[journey.consents]]").nth(1).unwrap().0;
    assert_eq!(lines, [line_beginning(&text, "password"), line_beginning(&text, "membership"), terms], "{faults:?}");
}

#[test]
fn languages_are_blamed_where_they_stand() {
    let text = format!("# A portal.\nname = \"x\"\nlanguages = []\n{ALONE}");
    for (languages, reason) in [(vec![], "at least one language"), (vec![Language::De, Language::De], "stands twice")] {
        let file: File = toml::from_str(&text).unwrap();
        let faults = file.journey.compile(PortalSlug::parse("sample").unwrap(), languages, &text).unwrap_err();
        assert_eq!(faults.len(), 1);
        assert!(faults[0].line == 3 && faults[0].reason.contains(reason), "{faults:?}");
    }
}

#[test]
fn unknown_words_and_missing_ones_are_refused_with_their_line() {
    for (from, to, line, word) in [
        ("approval = \"super_admin\"", "approval = \"boss\"", "approval", "boss"),
        ("[\"link\"]", "[\"fax\"]", "email_proof", "fax"),
        ("name = \"first_name\"", "name = \"shoe_size\"", "name = \"shoe_size\"", "shoe_size"),
        ("accounts_per_record", "accounts_per_recrod", "accounts_per_recrod", "accounts_per_recrod"),
        ("login_with = \"email\"\n", "", "[journey]", "login_with"),
        ("required = true", "required = \"yes\"", "required = \"yes\"", "yes"),
    ] {
        let text = PERSON.replacen(from, to, 1);
        let Err(error) = toml::from_str::<File>(&text) else { panic!("{to} is accepted") };
        let at = 1 + text[..error.span().unwrap().start].matches('\n').count();
        assert_eq!(at, line_beginning(&text, line), "{error}");
        assert!(error.to_string().contains(word), "{error}");
    }
}

#[test]
fn what_is_not_written_has_a_default() {
    let journey = compile(ALONE).unwrap();
    assert!(journey.registration_open && journey.field(FieldName::LastName).unwrap().required);
    assert_eq!((journey.after_first_password, journey.after_reset), (AfterFirstPassword::Continue, AfterReset::SignIn));
    assert_eq!(
        (journey.password_policy.min_length, journey.password_policy.min_length_privileged, journey.password_policy.max_length),
        (12, 15, 128)
    );
    assert_eq!(
        (journey.sessions.bearer_idle, journey.sessions.page_idle, journey.sessions.page_at_most),
        (days(30), minutes(30), hours(12))
    );
    let journey = compile(COMPANY).unwrap();
    assert_eq!(journey.after_first_password, AfterFirstPassword::SignInAgain);
    assert!(!journey.registration_open, "there is no form to be open");
    let closed = ALONE.replacen("start =", "registration_open = false\nstart =", 1);
    assert!(!compile(&closed).unwrap().registration_open);
}

#[test]
fn the_four_portals_are_what_their_journeys_say() {
    let [housing, partner, customer, chamber] = PORTALS.map(journey_of);
    assert!([&housing, &partner, &chamber].iter().all(|journey| journey.start == Start::Person && journey.login_with == LoginWith::Email));
    assert_eq!((customer.start, customer.login_with), (Start::Company, LoginWith::RecordNumber));
    let claim = |journey: &Journey| journey.claim.clone().map(|claim| (claim.number, claim.must_match));
    assert_eq!(claim(&housing), Some((NumberName::RegistrationNumber, vec![MustMatch::LastName])));
    assert_eq!(claim(&partner), Some((NumberName::CustomerNumber, vec![MustMatch::PostalCode])));
    assert_eq!((claim(&customer), claim(&chamber)), (None, None));
    assert_eq!(housing.email_proof, [EmailProof::Code, EmailProof::Link]);
    assert_eq!(
        (partner.email_proof.as_slice(), chamber.email_proof.as_slice()),
        ([EmailProof::Link].as_slice(), [EmailProof::Link].as_slice())
    );
    assert_eq!(
        [&housing, &partner, &customer, &chamber].map(|journey| journey.approval),
        [Approval::Nobody, Approval::SuperAdmin, Approval::Nobody, Approval::Nobody]
    );
    let passwords = [PasswordOrigin::AtRegistration, PasswordOrigin::AtCompletion, PasswordOrigin::Initial, PasswordOrigin::Mailed];
    assert_eq!([&housing, &partner, &customer, &chamber].map(|journey| journey.password), passwords);
    let memberships = [MembershipBy::Claim, MembershipBy::Approval, MembershipBy::Record, MembershipBy::PostedPin];
    assert_eq!([&housing, &partner, &customer, &chamber].map(|journey| journey.membership), memberships);
    let per_record = [AccountsPerRecord::One, AccountsPerRecord::Many, AccountsPerRecord::One, AccountsPerRecord::Many];
    assert_eq!([&housing, &partner, &customer, &chamber].map(|journey| journey.accounts_per_record), per_record);
    assert_eq!((customer.after_first_password, customer.after_reset), (AfterFirstPassword::SignInAgain, AfterReset::SignedIn));
    assert_eq!((customer.password_policy.min_length, customer.password_policy.require.as_slice()), (8, CharacterKind::ALL.as_slice()));
    assert_eq!((customer.languages[0], customer.languages.len()), (Language::De, 4));
    for name in [FieldName::FirstName, FieldName::LastName, FieldName::BirthDate] {
        assert!(chamber.field(name).unwrap().required);
    }
    let consent = |journey: &Journey, document: &str| journey.consent(document).map(|rule| (rule.kind, rule.stage, rule.required)).unwrap();
    for document in ["terms", "privacy", "edelivery"] {
        let (_, stage, required) = consent(&housing, document);
        assert_eq!((stage, required), (ConsentStage::Registration, true));
    }
    assert_eq!(consent(&housing, "edelivery").0, ConsentKind::Agreement);
    assert_eq!(consent(&partner, "marketing"), (ConsentKind::Consent, ConsentStage::Registration, false));
    assert_eq!(consent(&partner, "terms").1, ConsentStage::Completion);
    assert_eq!(consent(&chamber, "privacy"), (ConsentKind::Notice, ConsentStage::Registration, true));
    assert!([&housing, &customer, &chamber].iter().all(|journey| !journey.invites()) && partner.invites());
    assert!(customer.sessions.page_idle == policy::PAGE_IDLE && customer.consents.is_empty());
}

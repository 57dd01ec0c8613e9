//! What people type, before it is known to be anything: parsed once, with every fault told at once.

use crate::Portal;
use chrono::NaiveDate;
use onboarding_core::{
    EmailAddress, Journey, Language, PersonName, PostalCode, RecordNumber,
    consent::{ConsentFault, ConsentInput},
    email::EmailFault,
    journey::{FieldName, MustMatch},
    name::NameFault,
    password::{self, PasswordFault, Privilege},
    record::{NumberFault, SecondValue},
    registration::{Applicant, InputFault},
};
use secrecy::{ExposeSecret, SecretString};

/// A field to mend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The field's path in JSON, such as `claim.number` or `consents.terms`.
    pub field: String,
    /// A stable word.
    pub code: &'static str,
    /// What the message names, by placeholder.
    pub args: Vec<(&'static str, String)>,
}

impl FieldError {
    /// A fault without arguments.
    pub fn new(field: impl Into<String>, code: &'static str) -> Self {
        Self { field: field.into(), code, args: Vec::new() }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.args.push((name, value.to_string()));
        self
    }
}

/// A claim as typed.
#[derive(Clone, Debug, Default)]
pub struct ClaimForm {
    /// The number.
    pub number: Option<String>,
    /// The last name.
    pub last_name: Option<String>,
    /// The postal code.
    pub postal_code: Option<String>,
    /// A sealed claim from the page before, instead of the three.
    pub token: Option<String>,
}

/// The register form as typed.
#[derive(Clone, Debug, Default)]
pub struct RegistrationForm {
    /// The claim.
    pub claim: Option<ClaimForm>,
    /// The address.
    pub email: String,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// Birth date, `YYYY-MM-DD`.
    pub birth_date: Option<String>,
    /// The password.
    pub password: Option<SecretString>,
    /// Decisions on documents.
    pub consents: Vec<ConsentInput>,
    /// The language, BCP 47.
    pub language: Option<String>,
}

/// A claim, parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypedClaim {
    /// The number.
    pub number: RecordNumber,
    /// What must match beside it.
    pub values: Vec<SecondValue>,
}

impl TypedClaim {
    /// The last name that opens it: the person's own.
    fn last_name(&self) -> Option<&PersonName> {
        self.values.iter().find_map(|value| match value {
            SecondValue::LastName(name) => Some(name),
            SecondValue::PostalCode(_) => None,
        })
    }
}

/// The register form, parsed.
#[derive(Clone, Debug)]
pub(crate) struct ParsedRegistration {
    pub(crate) email: EmailAddress,
    pub(crate) applicant: Applicant,
    pub(crate) language: Option<Language>,
    pub(crate) password: Option<SecretString>,
}

/// An address as typed.
pub fn email(field: &str, text: &str) -> Result<EmailAddress, FieldError> {
    EmailAddress::parse(text).map_err(|fault| {
        FieldError::new(
            field,
            match fault {
                EmailFault::Empty => "required",
                EmailFault::Format => "format",
            },
        )
    })
}

/// A name as typed.
pub fn name(field: &str, text: &str) -> Result<PersonName, FieldError> {
    PersonName::parse(text).map_err(|fault| match fault {
        NameFault::Empty => FieldError::new(field, "required"),
        NameFault::TooLong => FieldError::new(field, "too_long").with("max", PersonName::MAX_CHARS),
        NameFault::Characters => FieldError::new(field, "characters"),
    })
}

/// A number as typed.
pub fn number(field: &str, text: &str) -> Result<RecordNumber, FieldError> {
    RecordNumber::parse(text).map_err(|fault| FieldError::new(field, number_fault(fault)))
}

fn number_fault(fault: NumberFault) -> &'static str {
    match fault {
        NumberFault::Empty => "required",
        NumberFault::Format => "format",
    }
}

/// A new password as typed, checked against the portal's policy. The result is in canonical form.
pub fn new_password(
    field: &str,
    typed: &SecretString,
    portal: &Portal,
    privilege: Privilege,
    context: &[&str],
) -> Result<SecretString, Vec<FieldError>> {
    // Counted before anything is done to it: a megabyte is refused without being normalised.
    let policy = &portal.journey.password_policy;
    if typed.expose_secret().len() > policy.max_length as usize * 4 {
        return Err(vec![FieldError::new(field, "too_long").with("max", policy.max_length)]);
    }
    let canonical = SecretString::from(password::canonical(typed.expose_secret()));
    match policy.check(canonical.expose_secret(), privilege, context) {
        Ok(()) => Ok(canonical),
        Err(faults) => Err(faults.into_iter().map(|fault| password_fault(field, fault)).collect()),
    }
}

/// Sentences that go into a mail: in one paragraph, whatever breaks they were typed with.
pub(crate) fn sentences(field: &str, typed: &str, longest: usize) -> Result<String, FieldError> {
    let text = typed.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.is_empty() {
        return Err(FieldError::new(field, "required"));
    }
    if text.chars().count() > longest {
        return Err(FieldError::new(field, "too_long").with("max", longest));
    }
    if text.chars().any(char::is_control) {
        return Err(FieldError::new(field, "characters"));
    }
    Ok(text)
}

/// The highest of the portal's minimums that a password in canonical form meets: whoever gains a role later keeps a password that is long
/// enough for it.
pub(crate) fn minimum_met(portal: &Portal, password: &SecretString) -> u32 {
    let policy = &portal.journey.password_policy;
    let long = policy.min_for(Privilege::Privileged);
    let chars = u32::try_from(password.expose_secret().chars().count()).unwrap_or(u32::MAX);
    if chars >= long { long } else { policy.min_for(Privilege::Common) }
}

fn password_fault(field: &str, fault: PasswordFault) -> FieldError {
    match fault {
        PasswordFault::Empty => FieldError::new(field, "required"),
        PasswordFault::TooShort(min) => FieldError::new(field, "too_short").with("min", min),
        PasswordFault::TooLong(max) => FieldError::new(field, "too_long").with("max", max),
        PasswordFault::Missing(kinds) => {
            let kinds: Vec<_> = kinds.into_iter().map(password::CharacterKind::word).collect();
            FieldError::new(field, "criteria").with("missing", kinds.join(","))
        }
        PasswordFault::Common => FieldError::new(field, "common"),
        PasswordFault::Personal => FieldError::new(field, "personal"),
    }
}

/// A name beside a sealed claim must be the one within it, unless the form has a last name of its own.
pub(crate) fn beside(journey: &Journey, sealed: &TypedClaim, last_name: Option<&str>) -> Option<FieldError> {
    let (within, beside) = (sealed.last_name()?, last_name?);
    let same = PersonName::parse(beside).is_ok_and(|beside| beside == *within);
    (!same && journey.field(FieldName::LastName).is_none()).then(|| FieldError::new("last_name", "unexpected"))
}

/// Reads a claim by the journey's rule. `last_name` may stand beside the claim as well as within it.
pub(crate) fn claim(journey: &Journey, form: Option<&ClaimForm>, last_name: Option<&str>) -> Result<Option<TypedClaim>, Vec<FieldError>> {
    let Some(rule) = &journey.claim else {
        return if form.is_some() { Err(vec![FieldError::new("claim", "unexpected")]) } else { Ok(None) };
    };
    let Some(form) = form else { return Err(vec![FieldError::new("claim", "required")]) };
    let mut faults = Vec::new();
    // Two names of one person: which of them was matched must not be a question.
    if let (Some(within), Some(beside)) = (&form.last_name, last_name)
        && within.trim() != beside.trim()
        && journey.field(FieldName::LastName).is_none()
    {
        faults.push(FieldError::new("last_name", "unexpected"));
    }
    let mut keep = |read: Result<SecondValue, FieldError>| match read {
        Ok(value) => Some(value),
        Err(fault) => {
            faults.push(fault);
            None
        }
    };
    let mut values = Vec::new();
    for must in &rule.must_match {
        let (field, text) = match must {
            MustMatch::LastName => ("claim.last_name", form.last_name.as_deref().or(last_name)),
            MustMatch::PostalCode => ("claim.postal_code", form.postal_code.as_deref()),
        };
        let read = match (must, text) {
            (_, None) => Err(FieldError::new(field, "required")),
            (MustMatch::LastName, Some(text)) => name(field, text).map(SecondValue::LastName),
            (MustMatch::PostalCode, Some(text)) => {
                PostalCode::parse(text).map(SecondValue::PostalCode).map_err(|fault| FieldError::new(field, number_fault(fault)))
            }
        };
        values.extend(keep(read));
    }
    for (must, field, given) in [
        (MustMatch::LastName, "claim.last_name", form.last_name.is_some()),
        (MustMatch::PostalCode, "claim.postal_code", form.postal_code.is_some()),
    ] {
        if given && !rule.must_match.contains(&must) {
            faults.push(FieldError::new(field, "unexpected"));
        }
    }
    let typed = match &form.number {
        None => Err(FieldError::new("claim.number", "required")),
        Some(text) => number("claim.number", text),
    };
    match typed {
        Ok(number) if faults.is_empty() => Ok(Some(TypedClaim { number, values })),
        Ok(_) => Err(faults),
        Err(fault) => {
            faults.push(fault);
            Err(faults)
        }
    }
}

/// Reads the register form but its claim. What a sealed claim holds stands for what is typed otherwise.
pub(crate) fn registration(
    portal: &Portal,
    form: &RegistrationForm,
    sealed: Option<&TypedClaim>,
) -> Result<ParsedRegistration, Vec<FieldError>> {
    let mut faults = Vec::new();
    let typed_name = |field: &str, text: Option<&String>, faults: &mut Vec<FieldError>| {
        text.and_then(|text| name(field, text).map_err(|fault| faults.push(fault)).ok())
    };
    let address = email("email", &form.email).map_err(|fault| faults.push(fault)).ok();
    let first_name = typed_name("first_name", form.first_name.as_ref(), &mut faults);
    // A last name that opens the claim is the person's own.
    let claimed = form.claim.as_ref().and_then(|claim| claim.last_name.as_ref());
    let last_name = match (&form.last_name, claimed) {
        (Some(_), _) => typed_name("last_name", form.last_name.as_ref(), &mut faults),
        (None, Some(claimed)) => PersonName::parse(claimed).ok(),
        (None, None) => sealed.and_then(TypedClaim::last_name).cloned(),
    };
    let birth_date = form.birth_date.as_deref().and_then(|text| {
        NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d").map_err(|_| faults.push(FieldError::new("birth_date", "format"))).ok()
    });
    let language = match form.language.as_deref() {
        None => None,
        Some(tag) => {
            let spoken = Language::from_tag(tag).filter(|language| portal.journey.languages.contains(language));
            if spoken.is_none() {
                faults.push(FieldError::new("language", "unknown"));
            }
            spoken
        }
    };
    let typed = form.claim.as_ref().and_then(|claim| claim.number.as_deref());
    let number = typed.or(sealed.map(|sealed| sealed.number.as_str()));
    let context: Vec<&str> = [
        first_name.as_ref().map(PersonName::as_str),
        last_name.as_ref().map(PersonName::as_str),
        number,
        address.as_ref().map(EmailAddress::as_str),
    ]
    .into_iter()
    .flatten()
    .collect();
    let password = match &form.password {
        None => None,
        Some(typed) => match new_password("password", typed, portal, Privilege::Common, &context) {
            Ok(password) => Some(password),
            Err(refused) => {
                faults.extend(refused);
                None
            }
        },
    };
    match address {
        Some(email) if faults.is_empty() => {
            Ok(ParsedRegistration { email, applicant: Applicant { first_name, last_name, birth_date }, language, password })
        }
        _ => Err(faults),
    }
}

/// The core's faults as fields.
pub(crate) fn input_faults(faults: Vec<InputFault>) -> Vec<FieldError> {
    faults
        .into_iter()
        .map(|fault| match fault {
            InputFault::Required(field) => FieldError::new(field, "required"),
            InputFault::Unexpected(field) => FieldError::new(field, "unexpected"),
            InputFault::BirthDate => FieldError::new("birth_date", "not_real"),
            InputFault::Consent(ConsentFault::Unknown(document)) => FieldError::new(format!("consents.{document}"), "unknown"),
            InputFault::Consent(ConsentFault::Outdated(document)) => FieldError::new(format!("consents.{document}"), "version_outdated"),
            InputFault::Consent(ConsentFault::Required(document)) => FieldError::new(format!("consents.{document}"), "required"),
            InputFault::Consent(ConsentFault::Repeated(document)) => FieldError::new(format!("consents.{document}"), "repeated"),
        })
        .collect()
}

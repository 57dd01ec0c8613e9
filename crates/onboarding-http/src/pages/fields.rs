//! The fields of forms and the sentences of their faults, from a portal's declaration alone.

use super::blocks::{Criterion, Date, Field, Line, Part, Password, Tick};
use super::view::Wrong;
use super::{Pages, Posted, Visit};
use crate::problem::Problem;
use onboarding::Portal;
use onboarding::forms::FieldError;
use onboarding_core::Language;
use onboarding_core::journey::{ConsentKind, ConsentRule, FieldName, FieldRule, MustMatch, NumberName};
use onboarding_core::password::CharacterKind;
use onboarding_text::Arg;

/// The words of a number, as keys are built from them.
pub(crate) fn number_word(number: NumberName) -> &'static str {
    match number {
        NumberName::RegistrationNumber => "registrationNumber",
        NumberName::CustomerNumber => "customerNumber",
        NumberName::BusinessNumber => "businessNumber",
    }
}

impl Pages {
    pub(super) fn typed(visit: &Visit, name: &str) -> String {
        visit.typed(name).unwrap_or_default().to_owned()
    }

    /// The number that the company knows somebody by, with a word on where it stands.
    pub(super) fn number_field(&self, visit: &Visit, name: &'static str, number: NumberName, hint: Option<&str>) -> Result<Field, Problem> {
        let hint = match (hint, &visit.portal.number_example) {
            (None, _) => None,
            // Without an example there is nothing to compare with; the label says enough.
            (Some(key), example) if example.is_some() || !self.texts.placeholders(key).is_some_and(|names| names.contains("example")) => {
                let example = example.as_deref().unwrap_or_default();
                Some(self.text(&visit.portal, visit.language, key, &[("example", example.into())])?)
            }
            (Some(_), _) => None,
        };
        let label = self.text(&visit.portal, visit.language, &format!("field-{}", number_word(number)), &[])?;
        let value = visit.typed(name).map(str::to_owned).or_else(|| visit.number.clone()).unwrap_or_default();
        let autocomplete = if name == "login" { "username" } else { "off" };
        Ok(Field::Line(Line {
            name,
            label,
            hint,
            value,
            kind: "text",
            autocomplete,
            capitals: true,
            code: true,
            width: "long",
            ..Line::default()
        }))
    }

    /// What must fit beside the number.
    pub(super) fn second_field(&self, visit: &Visit, must: MustMatch) -> Result<Field, Problem> {
        let text = |key: &str| self.text(&visit.portal, visit.language, key, &[]);
        Ok(Field::Line(match must {
            MustMatch::LastName => {
                let from_letter = visit.portal.journey.number == NumberName::RegistrationNumber;
                Line {
                    name: "last_name",
                    label: text("field-lastName")?,
                    hint: if from_letter { Some(text("hint-lastName-letter")?) } else { None },
                    value: Self::typed(visit, "last_name"),
                    kind: "text",
                    autocomplete: "family-name",
                    ..Line::default()
                }
            }
            MustMatch::PostalCode => Line {
                name: "postal_code",
                label: text("field-postcode")?,
                value: Self::typed(visit, "postal_code"),
                kind: "text",
                autocomplete: "postal-code",
                width: "middle",
                ..Line::default()
            },
        }))
    }

    /// The address that is proved.
    pub(super) fn email_field(&self, visit: &Visit, hint: Option<&str>, value: Option<&str>) -> Result<Field, Problem> {
        let text = |key: &str| self.text(&visit.portal, visit.language, key, &[]);
        let typed = visit.typed("email").or(value);
        Ok(Field::Line(Line {
            name: "email",
            label: text("field-email")?,
            hint: hint.map(text).transpose()?,
            value: typed.unwrap_or_default().to_owned(),
            kind: "email",
            autocomplete: "email",
            ..Line::default()
        }))
    }

    /// A field of the person.
    pub(super) fn person_field(&self, visit: &Visit, rule: FieldRule) -> Result<Field, Problem> {
        let text = |key: &str| self.text(&visit.portal, visit.language, key, &[]);
        match rule.name {
            FieldName::FirstName => self.first_name_field(visit, visit.language, None, !rule.required),
            FieldName::LastName => self.last_name_field(visit, visit.language, None, !rule.required),
            FieldName::BirthDate => {
                let part = |name, key, autocomplete, width| -> Result<Part, Problem> {
                    Ok(Part { name, label: text(key)?, value: Self::typed(visit, name), autocomplete, width })
                };
                Ok(Field::Date(Date {
                    name: "birth_date",
                    label: text("field-birthDate")?,
                    hint: Some(text("hint-birthDate")?),
                    parts: vec![
                        part("birth_date_day", "field-birthDate-day", "bday-day", "short")?,
                        part("birth_date_month", "field-birthDate-month", "bday-month", "short")?,
                        part("birth_date_year", "field-birthDate-year", "bday-year", "year")?,
                    ],
                    optional: !rule.required,
                }))
            }
        }
    }

    /// As typed, or as known.
    pub(super) fn first_name_field(
        &self,
        visit: &Visit,
        language: Language,
        known: Option<&str>,
        optional: bool,
    ) -> Result<Field, Problem> {
        let label = self.text(&visit.portal, language, "field-firstName", &[])?;
        let value = visit.typed("first_name").or(known).unwrap_or_default().to_owned();
        Ok(name_line("first_name", label, value, "given-name", optional))
    }

    /// As typed, or as known.
    pub(super) fn last_name_field(&self, visit: &Visit, language: Language, known: Option<&str>, optional: bool) -> Result<Field, Problem> {
        let label = self.text(&visit.portal, language, "field-lastName", &[])?;
        let value = visit.typed("last_name").or(known).unwrap_or_default().to_owned();
        Ok(name_line("last_name", label, value, "family-name", optional))
    }

    /// A password that is known, or a new one with what it must be.
    pub(super) fn password_field(
        &self,
        portal: &Portal,
        language: Language,
        name: &'static str,
        key: &str,
        new: Option<u32>,
    ) -> Result<Field, Problem> {
        let text = |key: &str| self.text(portal, language, key, &[]);
        let label = text(key)?;
        let named = |key: &str| self.text(portal, language, key, &[("field", label.as_str().into())]);
        Ok(Field::Password(Password {
            name,
            autocomplete: if new.is_some() || name == "repeat" { "new-password" } else { "current-password" },
            criteria: new.map(|min| self.criteria(portal, language, min)).transpose()?.unwrap_or_default(),
            show: named("aria-showField")?,
            hide: named("aria-hideField")?,
            label,
        }))
    }

    /// What a new password must be.
    pub(super) fn criteria(&self, portal: &Portal, language: Language, min: u32) -> Result<Vec<Criterion>, Problem> {
        let text = |key: &str| self.text(portal, language, key, &[]);
        let least = self.text(portal, language, "pw-minLength", &[("min", min.into())])?;
        let mut criteria = vec![Criterion { text: least, rule: Some(format!("min:{min}")) }];
        for kind in &portal.journey.password_policy.require {
            criteria.push(Criterion { text: text(kind_key(*kind))?, rule: Some(kind.word().to_owned()) });
        }
        for key in ["pw-notCommon", "pw-notPersonal"] {
            criteria.push(Criterion { text: text(key)?, rule: None });
        }
        Ok(criteria)
    }

    /// A box for one document, never ticked beforehand.
    pub(super) fn tick(&self, portal: &Portal, language: Language, rule: &ConsentRule, required: bool) -> Result<Tick, Problem> {
        let document = rule.document.as_str();
        let found = portal.document(document).ok_or_else(Problem::internal)?;
        let title = found.in_language(language, portal.journey.default_language()).1.title.clone();
        let known = |key: &str| self.texts.placeholders(key).is_some();
        let (own, own_link) = (format!("consent-{document}"), format!("consent-{document}-link"));
        let label = if known(&own) && known(&own_link) {
            let named = self.text(portal, language, &own_link, &[])?;
            self.text(portal, language, &own, &[("link", named.as_str().into())])?
        } else {
            self.text(portal, language, "consent-other", &[("link", title.as_str().into())])?
        };
        Ok(Tick {
            name: format!("consent_{document}"),
            version: found.version.clone(),
            label,
            href: format!("/{}/documents/{document}?lang={language}", portal.slug),
            link: format!("{title}, {} {}", found.version, self.text(portal, language, "common-newTab", &[])?),
            required: required && rule.kind != ConsentKind::Consent,
        })
    }

    /// Every fault of a form at its field.
    pub(super) fn faults(&self, portal: &Portal, language: Language, faults: &[FieldError]) -> Result<Vec<Wrong>, Problem> {
        faults.iter().map(|fault| Ok(Wrong::at(input_name(&fault.field), self.fault(portal, language, fault)?))).collect()
    }

    /// One sentence that says what to do.
    fn fault(&self, portal: &Portal, language: Language, fault: &FieldError) -> Result<String, Problem> {
        let text = |key: &str| self.text(portal, language, key, &[]);
        let arg = |name: &str| fault.args.iter().find(|(key, _)| *key == name).map_or("", |(_, value)| value.as_str());
        if let Some(document) = fault.field.strip_prefix("consents.") {
            if fault.code == "version_outdated" {
                return text("fault-version_outdated");
            }
            let own = format!("err-{document}");
            if self.texts.placeholders(&own).is_some() {
                return text(&own);
            }
            let title =
                portal.document(document).map(|found| found.in_language(language, portal.journey.default_language()).1.title.clone());
            let title = title.unwrap_or_else(|| document.to_owned());
            return self.text(portal, language, "err-consent", &[("document", title.as_str().into())]);
        }
        let field = input_name(&fault.field);
        match (field.as_str(), fault.code) {
            ("number" | "login", "required") => text(&format!("err-{}-empty", number_word(portal.journey.number))),
            ("last_name", "required") => text("err-lastName-empty"),
            ("first_name", "required") => text("err-firstName-empty"),
            ("postal_code", "required") => text("err-postcode-empty"),
            ("email", "required") => text("err-email-empty"),
            ("email", "format") => text("err-email-format"),
            ("email", "same_email") => text("err-email-same"),
            ("birth_date", "required") => text("err-birthDate-empty"),
            ("birth_date", _) => text("err-birthDate-real"),
            ("password" | "new", code) => self.password_fault(portal, language, code, &arg),
            ("current", "required") => text("err-password-previous-empty"),
            ("current", _) => text("err-password-previous"),
            (_, "too_long") => self.text(portal, language, "fault-too_long", &[("max", arg("max").into())]),
            (_, code) => text(&format!("fault-{code}")),
        }
    }

    fn password_fault<'a>(
        &self,
        portal: &Portal,
        language: Language,
        code: &str,
        arg: &dyn Fn(&str) -> &'a str,
    ) -> Result<String, Problem> {
        let with = |key: &str, name: &'static str| {
            let value: Arg<'_> = arg(name).into();
            self.text(portal, language, key, &[(name, value)])
        };
        match code {
            "too_short" => with("err-password-short", "min"),
            "too_long" => with("err-password-long", "max"),
            "common" => self.text(portal, language, "err-password-common", &[]),
            "personal" => self.text(portal, language, "err-password-personal", &[]),
            "same_password" => self.text(portal, language, "err-password-same", &[]),
            "criteria" => {
                let kinds = CharacterKind::ALL.into_iter().filter(|kind| arg("missing").split(',').any(|word| word == kind.word()));
                let missing = kinds.map(|kind| self.text(portal, language, kind_key(kind), &[])).collect::<Result<Vec<_>, _>>()?;
                self.text(portal, language, "err-password-criteria", &[("missing", missing.join(", ").as_str().into())])
            }
            _ => self.text(portal, language, "err-password-new-empty", &[]),
        }
    }
}

/// The input that a field of the JSON body is on a page.
pub(super) fn input_name(field: &str) -> String {
    match field.split_once('.') {
        Some(("consents", document)) => format!("consent_{document}"),
        Some(("claim", "token")) => "number".to_owned(),
        Some(("claim", name)) => name.to_owned(),
        Some(_) | None if field == "claim" => "number".to_owned(),
        Some(_) | None => field.to_owned(),
    }
}

/// `YYYY-MM-DD` from three parts as typed; `None` if all are empty.
pub(super) fn birth_date(posted: &Posted) -> Option<String> {
    let part = |name| posted.text(name).trim().to_owned();
    let (day, month, year) = (part("birth_date_day"), part("birth_date_month"), part("birth_date_year"));
    if day.is_empty() && month.is_empty() && year.is_empty() {
        return None;
    }
    let two = |text: String| if text.len() == 1 { format!("0{text}") } else { text };
    Some(format!("{year}-{}-{}", two(month), two(day)))
}

fn name_line(name: &'static str, label: String, value: String, autocomplete: &'static str, optional: bool) -> Field {
    Field::Line(Line { name, label, value, kind: "text", autocomplete, optional, ..Line::default() })
}

fn kind_key(kind: CharacterKind) -> &'static str {
    match kind {
        CharacterKind::Upper => "pw-upper",
        CharacterKind::Lower => "pw-lower",
        CharacterKind::Digit => "pw-digit",
        CharacterKind::Symbol => "pw-special",
    }
}

//! What a portal asks and shows: enough for an app to build the form.

use super::Api;
use crate::problem::Problem;
use crate::routes::{Answer, Auth, Ctx, Route, call};
use onboarding::Portal;
use onboarding_core::Language;
use onboarding_core::journey::PasswordOrigin;
use poem::http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Serialize, JsonSchema)]
struct PortalEntry {
    slug: String,
    name: String,
    /// BCP 47; the first is the portal's own.
    languages: Vec<String>,
}

#[derive(Serialize, JsonSchema)]
struct PortalDescription {
    slug: String,
    name: String,
    languages: Vec<String>,
    /// ISO 3166-1 alpha-2.
    country: String,
    support: Support,
    /// `email` or `record_number`.
    login_with: String,
    registration: Registration,
    password_policy: PasswordPolicy,
    /// `claim`, `approval`, `record` or `posted_pin`.
    membership: String,
}

#[derive(Serialize, JsonSchema)]
struct Support {
    email: String,
    phone: String,
    /// By language.
    hours: BTreeMap<String, String>,
}

#[derive(Serialize, JsonSchema)]
struct Registration {
    open: bool,
    claim: Option<Claim>,
    fields: Vec<Field>,
    consents: Vec<Consent>,
    /// `code`, `link` or both.
    email_proof: Vec<String>,
    /// `nobody`, `super_admin` or `clerk`.
    approval: String,
    /// `at_registration`, `at_completion`, `mailed` or `initial`.
    password: String,
}

#[derive(Serialize, JsonSchema)]
struct Claim {
    /// What the number is called: `registration_number`, `customer_number` or `business_number`.
    number: String,
    /// `last_name`, `postal_code`.
    must_match: Vec<String>,
}

#[derive(Serialize, JsonSchema)]
struct Field {
    name: String,
    required: bool,
}

#[derive(Serialize, JsonSchema)]
struct Consent {
    document: String,
    /// `agreement`, `notice` or `consent`.
    kind: String,
    /// `registration` or `completion`.
    stage: String,
    required: bool,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct PasswordPolicy {
    /// Shortest, in characters.
    min_length: u32,
    /// Longest, in characters.
    max_length: u32,
    /// Of `upper`, `lower`, `digit`, `symbol`.
    require: Vec<String>,
}

#[derive(Serialize, JsonSchema)]
#[expect(clippy::struct_field_names, reason = "the contract's field is called `document`")]
struct Document {
    document: String,
    version: String,
    title: String,
    /// Where to read it.
    url: String,
    /// SHA-256 of the text, 64 hexadecimal digits.
    sha256: String,
    languages: Vec<String>,
}

pub(super) fn rows() -> [Route<Api>; 4] {
    [
        call(Method::GET, "/api/v1/portals", Auth::Public, "The portals of this installation")
            .tag("Portals")
            .replies::<Vec<PortalEntry>>(StatusCode::OK, "By slug")
            .handled(list),
        call(Method::GET, "/api/v1/{portal}", Auth::Public, "What a portal asks, enough to build its form")
            .tag("Portals")
            .replies::<PortalDescription>(StatusCode::OK, "The portal")
            .handled(describe),
        call(Method::GET, "/api/v1/{portal}/documents", Auth::Public, "The documents in their current version, in the asked language")
            .tag("Portals")
            .replies::<Vec<Document>>(StatusCode::OK, "In the portal's order")
            .handled(documents),
        call(Method::GET, "/api/v1/{portal}/documents/{document}", Auth::Public, "The text of a document, in the asked language")
            .tag("Portals")
            .query::<DocumentQuery>()
            .replies_with(StatusCode::OK, "Markdown; its SHA-256 is the one listed", "text/markdown; charset=utf-8")
            .handled(document),
    ]
}

#[derive(Deserialize, JsonSchema)]
struct DocumentQuery {
    /// BCP 47, for links of pages; otherwise that of `Accept-Language`.
    lang: Option<String>,
}

impl PasswordPolicy {
    pub(super) fn of(portal: &Portal, min_length: u32) -> Self {
        let policy = &portal.journey.password_policy;
        Self { min_length, max_length: policy.max_length, require: policy.require.iter().map(|kind| kind.word().to_owned()).collect() }
    }
}

fn tags(portal: &Portal) -> Vec<String> {
    portal.journey.languages.iter().map(|language| language.tag().to_owned()).collect()
}

async fn list(ctx: Ctx<Api>) -> Result<Answer, Problem> {
    let entries: Vec<_> = ctx
        .state
        .engine()
        .portals()
        .all()
        .into_iter()
        .map(|portal| PortalEntry { slug: portal.slug.to_string(), name: portal.name.clone(), languages: tags(portal) })
        .collect();
    Answer::ok(&entries)
}

async fn describe(ctx: Ctx<Api>) -> Result<Answer, Problem> {
    let portal = ctx.portal_of()?;
    let journey = &portal.journey;
    let mut fields: Vec<_> =
        journey.fields.iter().map(|field| Field { name: field.name.word().to_owned(), required: field.required }).collect();
    if journey.registration_open {
        fields.push(Field { name: "email".to_owned(), required: true });
    }
    if journey.password == PasswordOrigin::AtRegistration {
        fields.push(Field { name: "password".to_owned(), required: true });
    }
    Answer::ok(&PortalDescription {
        slug: portal.slug.to_string(),
        name: portal.name.clone(),
        languages: tags(&portal),
        country: portal.country.clone(),
        support: Support {
            email: portal.support.email.as_str().to_owned(),
            phone: portal.support.phone.clone(),
            hours: portal.support.hours.iter().map(|(language, text)| (language.tag().to_owned(), text.clone())).collect(),
        },
        login_with: journey.login_with.word().to_owned(),
        registration: Registration {
            open: journey.registration_open,
            claim: journey.claim.as_ref().map(|claim| Claim {
                number: claim.number.word().to_owned(),
                must_match: claim.must_match.iter().map(|must| must.word().to_owned()).collect(),
            }),
            fields,
            consents: journey
                .consents
                .iter()
                .map(|rule| Consent {
                    document: rule.document.clone(),
                    kind: rule.kind.word().to_owned(),
                    stage: rule.stage.word().to_owned(),
                    required: rule.required,
                })
                .collect(),
            email_proof: journey.email_proof.iter().map(|proof| proof.word().to_owned()).collect(),
            approval: journey.approval.word().to_owned(),
            password: journey.password.word().to_owned(),
        },
        password_policy: PasswordPolicy::of(&portal, journey.password_policy.min_length),
        membership: journey.membership.word().to_owned(),
    })
}

async fn documents(ctx: Ctx<Api>) -> Result<Answer, Problem> {
    let portal = ctx.portal_of()?;
    let own = portal.journey.default_language();
    let list: Vec<_> = portal
        .documents
        .iter()
        .map(|document| {
            let (_, text) = document.in_language(ctx.head.language, own);
            Document {
                document: document.name.clone(),
                version: document.version.clone(),
                title: text.title.clone(),
                url: format!("/api/v1/{}/documents/{}", portal.slug, document.name),
                sha256: onboarding::portal::hex(&text.sha256),
                languages: document.texts.keys().map(|language| language.tag().to_owned()).collect(),
            }
        })
        .collect();
    Answer::ok(&list)
}

async fn document(ctx: Ctx<Api>) -> Result<Answer, Problem> {
    let portal = ctx.portal_of()?;
    let document = portal.document(ctx.param("document")?).ok_or_else(Problem::not_found)?;
    let asked = ctx.query::<DocumentQuery>()?.lang;
    let asked = asked.as_deref().and_then(Language::from_tag).unwrap_or(ctx.head.language);
    let (_, text) = document.in_language(asked, portal.journey.default_language());
    Ok(Answer::bytes(StatusCode::OK, "text/markdown; charset=utf-8", text.text.clone().into_bytes()))
}

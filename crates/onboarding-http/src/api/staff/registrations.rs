//! Registrations as clerks see them, the mail that is sent again, and the audit trail.

use super::TAG;
use super::shared::{AuditEntry, ConsentProof, Record, id};
use crate::api::moment::Moment;
use crate::api::{Api, problem_of};
use crate::problem::Problem;
use crate::routes::{Answer, Auth, Ctx, Route, call};
use onboarding::stories::{AuditQuery, ClerkRegistration, RegistrationQuery};
use onboarding_core::{RecordNumber, RegistrationId};
use poem::http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    /// Searched for in address, names and number; every character means itself. At most 100.
    q: Option<String>,
    /// Only this state.
    state: Option<String>,
    /// Made then or later: `YYYY-MM-DD` or RFC 3339.
    from: Option<String>,
    /// Made until the end of that day, or before that time.
    to: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AuditListQuery {
    /// Kind and id, such as `account:<id>`.
    subject: Option<String>,
    /// `clerk:<id>`, `account:<id>`, `operator`, `system` or `anonymous`.
    actor: Option<String>,
    /// How the kind begins, such as `account.`.
    kind: Option<String>,
    /// `YYYY-MM-DD` or RFC 3339.
    from: Option<String>,
    /// Until the end of that day, or before that time.
    to: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "StaffApproveBody")]
struct ApproveBody {
    /// The registration's `version` as it was shown.
    version: u32,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "StaffRejectBody")]
struct RejectBody {
    /// The registration's `version` as it was shown.
    version: u32,
    /// For the applicant; at most 500 characters.
    reason: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct StaffDecision {
    /// The registration's present state.
    state: String,
}

#[derive(Serialize, JsonSchema)]
struct StaffRegistration {
    id: String,
    state: String,
    /// What a decision must name.
    version: u32,
    email: String,
    first_name: Option<String>,
    last_name: Option<String>,
    /// The claimed record's number, without blanks and dashes.
    record: Option<String>,
    /// The role an invitation is for.
    invited_as: Option<&'static str>,
    created_at: Moment,
    /// What became of the latest mail: `queued`, `sent`, `failed`.
    mail: &'static str,
}

#[derive(Serialize, JsonSchema)]
struct StaffRegistrations {
    /// Newest first, at most 50.
    registrations: Vec<StaffRegistration>,
    /// There only where there is more.
    next_cursor: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct StaffRegistrationDetails {
    #[serde(flatten)]
    registration: StaffRegistration,
    /// `YYYY-MM-DD`.
    birth_date: Option<String>,
    language: String,
    expires_at: Option<Moment>,
    resend_at: Option<Moment>,
    decided_by: Option<String>,
    reason: Option<String>,
    /// The claimed record as the books have it now.
    master_data: Option<Record>,
    consents: Vec<ConsentProof>,
    history: Vec<AuditEntry>,
}

#[derive(Serialize, JsonSchema)]
struct AuditTrail {
    /// Newest first, at most 50.
    entries: Vec<AuditEntry>,
    /// There only where there is more.
    next_cursor: Option<String>,
}

pub(super) fn rows() -> [Route<Api>; 6] {
    [
        call(Method::GET, "/api/v1/{portal}/staff/registrations", Auth::Staff, "Registrations, newest first")
            .tag(TAG)
            .query::<ListQuery>()
            .replies::<StaffRegistrations>(StatusCode::OK, "A page")
            .handled(list),
        call(Method::GET, "/api/v1/{portal}/staff/registrations/{id}", Auth::Staff, "One registration beside the master data")
            .tag(TAG)
            .replies::<StaffRegistrationDetails>(StatusCode::OK, "The registration")
            .handled(look),
        call(Method::POST, "/api/v1/{portal}/staff/registrations/{id}/approve", Auth::Staff, "Let somebody in, as shown")
            .tag(TAG)
            .replies::<StaffDecision>(StatusCode::OK, "Approved")
            .refuses(StatusCode::FORBIDDEN, &["forbidden"])
            .refuses(StatusCode::CONFLICT, &["already_decided", "not_in_this_state"])
            .handled_json(approve),
        call(Method::POST, "/api/v1/{portal}/staff/registrations/{id}/reject", Auth::Staff, "Turn somebody away, as shown")
            .tag(TAG)
            .replies::<StaffDecision>(StatusCode::OK, "Rejected")
            .refuses(StatusCode::FORBIDDEN, &["forbidden"])
            .refuses(StatusCode::CONFLICT, &["already_decided", "not_in_this_state"])
            .handled_json(reject),
        call(Method::POST, "/api/v1/{portal}/staff/registrations/{id}/resend", Auth::Staff, "Send its mail again; older links are void")
            .tag(TAG)
            .replies_empty(StatusCode::ACCEPTED, "On its way")
            .refuses(StatusCode::CONFLICT, &["not_in_this_state"])
            .refuses(StatusCode::TOO_MANY_REQUESTS, &["too_many_requests"])
            .handled(resend),
        call(Method::GET, "/api/v1/{portal}/staff/audit", Auth::Staff, "What happened, newest first")
            .tag(TAG)
            .query::<AuditListQuery>()
            .replies::<AuditTrail>(StatusCode::OK, "A page")
            .handled(audit),
    ]
}

fn row(seen: &ClerkRegistration) -> StaffRegistration {
    let dossier = seen.registration.dossier();
    let name = |name: &Option<onboarding_core::PersonName>| name.as_ref().map(|name| name.as_str().to_owned());
    StaffRegistration {
        id: seen.id().to_string(),
        state: seen.state.clone(),
        version: seen.version(),
        email: dossier.email.as_str().to_owned(),
        first_name: name(&dossier.applicant.first_name),
        last_name: name(&dossier.applicant.last_name),
        record: seen.registration.record().map(RecordNumber::as_str).map(str::to_owned),
        invited_as: seen.invited_as().map(onboarding_core::Role::word),
        created_at: dossier.created_at.into(),
        mail: seen.mail.word(),
    }
}

async fn list(ctx: Ctx<Api>) -> Result<Answer, Problem> {
    let ListQuery { q, state, from, to, cursor } = ctx.query()?;
    let query = RegistrationQuery { q, state, from, to, cursor };
    let page = ctx.state.engine().staff_registrations(ctx.staff()?, &query).await.map_err(problem_of)?;
    Answer::ok(&StaffRegistrations { registrations: page.rows.iter().map(row).collect(), next_cursor: page.next })
}

async fn look(ctx: Ctx<Api>) -> Result<Answer, Problem> {
    let id = RegistrationId(id(ctx.param("id")?)?);
    let seen = ctx.state.engine().staff_registration(ctx.staff()?, id).await.map_err(problem_of)?;
    let dossier = seen.registration.dossier();
    Answer::ok(&StaffRegistrationDetails {
        registration: row(&seen),
        birth_date: dossier.applicant.birth_date.map(|date| date.to_string()),
        language: dossier.language.tag().to_owned(),
        expires_at: seen.view.expires_at.map(Moment::from),
        resend_at: seen.view.resend_at.map(Moment::from),
        decided_by: seen.view.decided_by.clone(),
        reason: seen.view.reason.clone(),
        master_data: seen.record.map(Record::from),
        consents: seen.consents.into_iter().map(ConsentProof::from).collect(),
        history: seen.history.into_iter().map(AuditEntry::from).collect(),
    })
}

async fn approve(ctx: Ctx<Api>, body: ApproveBody) -> Result<Answer, Problem> {
    let (staff, id) = (ctx.staff()?, RegistrationId(id(ctx.param("id")?)?));
    let caller = ctx.repeatable("POST staff/registrations/approve");
    let engine = ctx.state.engine();
    let decided = engine.approve_as_clerk(&caller, ctx.portal(), staff.id().0, id, body.version).await.map_err(problem_of)?;
    Answer::ok(&StaffDecision { state: decided.state })
}

async fn reject(ctx: Ctx<Api>, body: RejectBody) -> Result<Answer, Problem> {
    let (staff, id) = (ctx.staff()?, RegistrationId(id(ctx.param("id")?)?));
    let reason = body.reason.as_deref();
    let caller = ctx.repeatable("POST staff/registrations/reject");
    let engine = ctx.state.engine();
    let decided = engine.reject_as_clerk(&caller, ctx.portal(), staff.id().0, id, body.version, reason).await.map_err(problem_of)?;
    Answer::ok(&StaffDecision { state: decided.state })
}

async fn resend(ctx: Ctx<Api>) -> Result<Answer, Problem> {
    let id = RegistrationId(id(ctx.param("id")?)?);
    let caller = ctx.repeatable("POST staff/registrations/resend");
    ctx.state.engine().resend_as_clerk(ctx.staff()?, &caller, id).await.map_err(problem_of)?;
    Ok(Answer::empty(StatusCode::ACCEPTED))
}

async fn audit(ctx: Ctx<Api>) -> Result<Answer, Problem> {
    let AuditListQuery { subject, actor, kind, from, to, cursor } = ctx.query()?;
    let query = AuditQuery { subject, actor, kind, from, to, cursor };
    let page = ctx.state.engine().staff_audit(ctx.staff()?, &query).await.map_err(problem_of)?;
    Answer::ok(&AuditTrail { entries: page.rows.into_iter().map(AuditEntry::from).collect(), next_cursor: page.next })
}

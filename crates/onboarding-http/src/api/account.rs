//! A person's own account: profile, password, address, consents, sessions, export, closing.

use super::moment::Moment;
use super::registrations::TokenBody;
use super::{Admitted, Api, problem_of};
use crate::json::SecretText;
use crate::problem::Problem;
use crate::routes::{Answer, Auth, Ctx, Route, call};
use onboarding::Onboarding;
use onboarding::stories::{AccountView, Amendment, ConsentView, MembershipView, PasswordChanged};
use onboarding_core::{SessionId, Uuid};
use poem::http::{HeaderName, Method, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AmendBody {
    language: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PasswordBody {
    current: SecretText,
    new: SecretText,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct EmailBody {
    email: String,
    password: SecretText,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ConsentBody {
    /// The version that was shown.
    version: String,
    granted: bool,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CloseBody {
    password: SecretText,
}

#[derive(Serialize, JsonSchema)]
struct Account {
    id: String,
    email: String,
    /// An address that waits for its proof.
    pending_email: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    language: String,
    opened_at: Moment,
    last_sign_in: Option<Moment>,
}

#[derive(Serialize, JsonSchema)]
struct Consent {
    document: String,
    version: String,
    language: String,
    /// SHA-256 of the text that was shown, 64 hexadecimal digits.
    sha256: String,
    granted: bool,
    at: Moment,
    /// Whether this is the latest decision, on the current version.
    current: bool,
}

#[derive(Serialize, JsonSchema)]
struct Device {
    id: String,
    current: bool,
    /// `bearer` or `page`.
    kind: String,
    opened_at: Moment,
    last_seen: Moment,
    expires_at: Moment,
}

#[derive(Serialize, JsonSchema)]
struct Membership {
    id: String,
    record: String,
    name: String,
    role: String,
}

/// A membership, in whatever state.
#[derive(Serialize, JsonSchema)]
struct HeldMembership {
    #[serde(flatten)]
    membership: Membership,
    /// `requested`, `active`, `suspended` or `ended`.
    state: &'static str,
    since: Moment,
}

/// The registration that the account came from.
#[derive(Serialize, JsonSchema)]
struct HeldRegistration {
    id: String,
    /// What was typed; null once it is no longer kept.
    typed: Option<Typed>,
    history: Vec<HistoryEntry>,
}

#[derive(Serialize, JsonSchema)]
struct Typed {
    email: String,
    first_name: Option<String>,
    last_name: Option<String>,
    /// `YYYY-MM-DD`.
    birth_date: Option<String>,
    /// The claimed record's number.
    record: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct HistoryEntry {
    at: Moment,
    /// What happened, in the past tense.
    kind: String,
}

#[derive(Serialize, JsonSchema)]
struct Export {
    exported_at: Moment,
    account: Account,
    /// `YYYY-MM-DD`.
    birth_date: Option<String>,
    /// Ended ones too.
    memberships: Vec<HeldMembership>,
    registration: Option<HeldRegistration>,
    consents: Vec<Consent>,
    sessions: Vec<Device>,
    history: Vec<HistoryEntry>,
}

pub(super) fn rows() -> [Route<Api>; 11] {
    const TAG: &str = "Account";
    const THROTTLED: &[&str] = &["too_many_requests"];
    [
        call(Method::GET, "/api/v1/{portal}/account", Auth::Session, "The account")
            .tag(TAG)
            .replies::<Account>(StatusCode::OK, "The account")
            .handled(look),
        call(
            Method::PATCH,
            "/api/v1/{portal}/account",
            Auth::RestrictedSession,
            "Change name or language; the language also before anything else is open",
        )
        .tag(TAG)
        .replies::<Account>(StatusCode::OK, "The account")
        .handled_json(amend),
        call(Method::PUT, "/api/v1/{portal}/account/password", Auth::RestrictedSession, "Change the password; every other session ends")
            .tag(TAG)
            .replies_empty(StatusCode::NO_CONTENT, "Changed; `X-Session-Token` carries the renewed session, where it goes on")
            .refuses(StatusCode::UNPROCESSABLE_ENTITY, &["wrong_password"])
            .refuses(StatusCode::TOO_MANY_REQUESTS, THROTTLED)
            .refuses(StatusCode::SERVICE_UNAVAILABLE, &["busy"])
            .handled_json(change_password),
        call(
            Method::PUT,
            "/api/v1/{portal}/account/email",
            Auth::Session,
            "Ask for another address; answered alike for one that has an account",
        )
        .tag(TAG)
        .replies_empty(StatusCode::ACCEPTED, "Effective when the new address is confirmed")
        .refuses(StatusCode::UNPROCESSABLE_ENTITY, &["wrong_password"])
        .refuses(StatusCode::TOO_MANY_REQUESTS, THROTTLED)
        .handled_json(request_email),
        call(Method::POST, "/api/v1/{portal}/account/email/confirm", Auth::Public, "Confirm the new address by the mailed link")
            .tag(TAG)
            .replies_empty(StatusCode::NO_CONTENT, "In effect")
            .refuses(StatusCode::NOT_FOUND, &["token_unknown"])
            .refuses(StatusCode::GONE, &["token_expired", "token_superseded"])
            .refuses(StatusCode::CONFLICT, &["email_taken"])
            .handled_json(confirm_email),
        call(Method::GET, "/api/v1/{portal}/account/consents", Auth::SessionBeforeDocuments, "Every decision on a document, oldest first")
            .tag(TAG)
            .replies::<Vec<Consent>>(StatusCode::OK, "Append-only")
            .handled(consents),
        call(Method::PUT, "/api/v1/{portal}/account/consents/{document}", Auth::SessionBeforeDocuments, "Decide on a document")
            .tag(TAG)
            .replies::<Vec<Consent>>(StatusCode::OK, "Every decision, oldest first")
            .refuses(StatusCode::CONFLICT, &["version_outdated", "document_required"])
            .handled_json(decide_consent),
        call(Method::GET, "/api/v1/{portal}/account/sessions", Auth::Session, "The living sessions, newest first")
            .tag(TAG)
            .replies::<Vec<Device>>(StatusCode::OK, "One per device")
            .handled(sessions),
        call(Method::DELETE, "/api/v1/{portal}/account/sessions/{id}", Auth::Session, "End one session")
            .tag(TAG)
            .replies_empty(StatusCode::NO_CONTENT, "Ended")
            .handled(end_session),
        call(Method::GET, "/api/v1/{portal}/account/export", Auth::SessionBeforeDocuments, "Everything held about the account")
            .tag(TAG)
            .replies::<Export>(StatusCode::OK, "As JSON")
            .handled(export),
        call(Method::POST, "/api/v1/{portal}/account/close", Auth::SessionBeforeDocuments, "Close the account for good")
            .tag(TAG)
            .ends_session()
            .replies_empty(StatusCode::NO_CONTENT, "Closed; every session has ended")
            .refuses(StatusCode::UNPROCESSABLE_ENTITY, &["wrong_password"])
            .refuses(StatusCode::TOO_MANY_REQUESTS, THROTTLED)
            .handled_json(close),
    ]
}

fn account(view: AccountView) -> Account {
    Account {
        id: view.id.to_string(),
        email: view.email,
        pending_email: view.pending_email,
        first_name: view.first_name,
        last_name: view.last_name,
        language: view.language.tag().to_owned(),
        opened_at: view.opened_at.into(),
        last_sign_in: view.last_sign_in.map(Moment::from),
    }
}

fn consent(view: ConsentView) -> Consent {
    Consent {
        document: view.document,
        version: view.version,
        language: view.language.tag().to_owned(),
        sha256: view.sha256,
        granted: view.granted,
        at: view.at.into(),
        current: view.current,
    }
}

fn membership(view: MembershipView) -> Membership {
    Membership { id: view.id.to_string(), record: view.record, name: view.name, role: view.role.word().to_owned() }
}

fn line(entry: onboarding::stories::HistoryEntry) -> HistoryEntry {
    HistoryEntry { at: entry.at.into(), kind: entry.kind }
}

fn device(entry: onboarding::stories::SessionListEntry) -> Device {
    Device {
        id: entry.id.to_string(),
        current: entry.current,
        kind: entry.kind,
        opened_at: entry.opened_at.into(),
        last_seen: entry.last_seen.into(),
        expires_at: entry.expires_at.into(),
    }
}

async fn look(ctx: Ctx<Api>) -> Result<Answer, Problem> {
    Answer::ok(&account(Onboarding::account_view(ctx.session()?)))
}

async fn amend(ctx: Ctx<Api>, body: AmendBody) -> Result<Answer, Problem> {
    let amendment = Amendment { first_name: body.first_name, last_name: body.last_name, language: body.language };
    Answer::ok(&account(ctx.state.engine().amend(ctx.session()?, &amendment).await.map_err(problem_of)?))
}

async fn change_password(ctx: Ctx<Api>, body: PasswordBody) -> Result<Answer, Problem> {
    let (current, new) = (body.current.into_secret(), body.new.into_secret());
    match ctx.state.engine().change_password(&ctx.once(), ctx.session()?, &current, &new).await.map_err(problem_of)? {
        PasswordChanged::Renewed(signed_in) => {
            Answer::no_content().secret_header(HeaderName::from_static("x-session-token"), &signed_in.token)
        }
        PasswordChanged::SignInAgain => Ok(Answer::no_content()),
    }
}

async fn request_email(ctx: Ctx<Api>, body: EmailBody) -> Result<Answer, Problem> {
    let password = body.password.into_secret();
    ctx.state.engine().request_email(&ctx.once(), ctx.session()?, &body.email, &password).await.map_err(problem_of)?;
    Ok(Answer::empty(StatusCode::ACCEPTED))
}

async fn confirm_email(ctx: Ctx<Api>, body: TokenBody) -> Result<Answer, Problem> {
    let caller = ctx.repeatable("POST account/email/confirm");
    ctx.state.engine().confirm_email(ctx.portal(), &caller, &body.token.into_secret()).await.map_err(problem_of)?;
    Ok(Answer::no_content())
}

async fn all_consents(ctx: &Ctx<Api>) -> Result<Answer, Problem> {
    let consents = ctx.state.engine().consents(ctx.session()?).await.map_err(problem_of)?;
    Answer::ok(&consents.into_iter().map(consent).collect::<Vec<_>>())
}

async fn consents(ctx: Ctx<Api>) -> Result<Answer, Problem> {
    all_consents(&ctx).await
}

async fn decide_consent(ctx: Ctx<Api>, body: ConsentBody) -> Result<Answer, Problem> {
    let (session, language) = (ctx.session()?, ctx.head.language);
    let document = ctx.param("document")?;
    ctx.state.engine().decide_consent(session, language, document, &body.version, body.granted).await.map_err(problem_of)?;
    all_consents(&ctx).await
}

async fn sessions(ctx: Ctx<Api>) -> Result<Answer, Problem> {
    let sessions = ctx.state.engine().sessions(ctx.session()?).await.map_err(problem_of)?;
    Answer::ok(&sessions.into_iter().map(device).collect::<Vec<_>>())
}

async fn end_session(ctx: Ctx<Api>) -> Result<Answer, Problem> {
    let id = Uuid::try_parse(ctx.param("id")?).map_err(|_| Problem::not_found())?;
    ctx.state.engine().end_session(ctx.session()?, SessionId(id)).await.map_err(problem_of)?;
    Ok(Answer::no_content())
}

async fn export(ctx: Ctx<Api>) -> Result<Answer, Problem> {
    let export = ctx.state.engine().export(ctx.session()?).await.map_err(problem_of)?;
    Answer::ok(&exported(export))
}

/// As it is told: the page's file says the same.
pub(crate) fn exported(export: onboarding::stories::Export) -> impl Serialize {
    Export {
        exported_at: export.exported_at.into(),
        account: account(export.account),
        birth_date: export.birth_date.map(|date| date.to_string()),
        memberships: export
            .memberships
            .into_iter()
            .map(|held| HeldMembership { membership: membership(held.view), state: held.state, since: held.since.into() })
            .collect(),
        registration: export.registration.map(|held| HeldRegistration {
            id: held.id.to_string(),
            typed: held.typed.map(|typed| Typed {
                email: typed.email,
                first_name: typed.first_name,
                last_name: typed.last_name,
                birth_date: typed.birth_date.map(|date| date.to_string()),
                record: typed.record,
            }),
            history: held.history.into_iter().map(line).collect(),
        }),
        consents: export.consents.into_iter().map(consent).collect(),
        sessions: export.sessions.into_iter().map(device).collect(),
        history: export.history.into_iter().map(line).collect(),
    }
}

async fn close(ctx: Ctx<Api>, body: CloseBody) -> Result<Answer, Problem> {
    let (engine, caller) = (ctx.state.engine(), ctx.repeatable("POST account/close"));
    match &ctx.caller {
        Admitted::Session(session) => engine.close_account(&caller, session, &body.password.into_secret()).await,
        Admitted::Ended | Admitted::Anyone | Admitted::Clerk(_) => engine.closed_before(ctx.portal(), &caller).await,
    }
    .map_err(problem_of)?;
    Ok(Answer::no_content())
}

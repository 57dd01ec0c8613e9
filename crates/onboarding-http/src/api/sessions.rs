//! Signing in and out, the session's own view, forgotten passwords.

use super::moment::Moment;
use super::{Api, portals::PasswordPolicy, problem_of};
use crate::json::SecretText;
use crate::problem::Problem;
use crate::routes::{Answer, Auth, Ctx, Route, call};
use onboarding::ports::SessionKind;
use onboarding::stories::{MembershipView, SignedIn};
use poem::http::{Method, StatusCode};
use schemars::JsonSchema;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SignInBody {
    /// What the portal's `login_with` says.
    login: String,
    password: SecretText,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ResetBody {
    login: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ResetConfirmBody {
    token: SecretText,
    new: SecretText,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Session {
    /// The bearer token. Told once.
    token: String,
    expires_at: Moment,
    /// Nothing but changing the password is open.
    must_change_password: bool,
    /// Documents to agree to before anything else.
    must_accept: Vec<String>,
    /// `basic` or `member`.
    access: &'static str,
}

#[derive(Serialize, JsonSchema)]
struct SessionState {
    account: Account,
    access: &'static str,
    must_change_password: bool,
    must_accept: Vec<String>,
    memberships: Vec<Membership>,
    expires_at: Moment,
    password_policy: PasswordPolicy,
}

#[derive(Serialize, JsonSchema)]
struct Account {
    id: String,
    email: String,
    first_name: Option<String>,
    last_name: Option<String>,
    language: String,
}

#[derive(Serialize, JsonSchema)]
struct Membership {
    id: String,
    /// The record's number as the company writes it.
    record: String,
    /// The record's name.
    name: String,
    /// `member` or `super_admin`.
    role: String,
}

#[derive(Serialize, JsonSchema)]
struct ResetDone {
    /// There only where the portal signs in at once.
    #[serde(flatten)]
    session: Option<Session>,
}

pub(super) fn rows() -> [Route<Api>; 5] {
    const TAG: &str = "Sessions";
    [
        call(Method::POST, "/api/v1/{portal}/sessions", Auth::Public, "Sign in")
            .tag(TAG)
            .replies::<Session>(StatusCode::CREATED, "Signed in")
            .refuses(StatusCode::UNAUTHORIZED, &["sign_in_failed"])
            .refuses(StatusCode::FORBIDDEN, &["account_suspended", "initial_password_expired"])
            .refuses(StatusCode::TOO_MANY_REQUESTS, &["too_many_requests"])
            .refuses(StatusCode::SERVICE_UNAVAILABLE, &["busy"])
            .handled_json(sign_in),
        call(Method::GET, "/api/v1/{portal}/session", Auth::RestrictedSession, "Who is signed in, and what is open")
            .tag(TAG)
            .replies::<SessionState>(StatusCode::OK, "The session")
            .handled(look),
        call(Method::DELETE, "/api/v1/{portal}/session", Auth::RestrictedSession, "Sign out")
            .tag(TAG)
            .replies_empty(StatusCode::NO_CONTENT, "Signed out")
            .handled(sign_out),
        call(
            Method::POST,
            "/api/v1/{portal}/password-resets",
            Auth::Public,
            "Ask for a link to a new password; answered alike in every case",
        )
        .tag(TAG)
        .replies_empty(StatusCode::ACCEPTED, "If there is such an account, a mail is on its way")
        .refuses(StatusCode::TOO_MANY_REQUESTS, &["too_many_requests"])
        .handled_json(request_reset),
        call(
            Method::POST,
            "/api/v1/{portal}/password-resets/confirm",
            Auth::Public,
            "Set a new password by the mailed link; every session ends",
        )
        .tag(TAG)
        .replies::<ResetDone>(StatusCode::OK, "Set; with a session where the portal signs in at once")
        .refuses(StatusCode::NOT_FOUND, &["token_unknown"])
        .refuses(StatusCode::GONE, &["token_expired", "token_superseded", "token_used"])
        .refuses(StatusCode::SERVICE_UNAVAILABLE, &["busy"])
        .handled_json(confirm_reset),
    ]
}

pub(super) fn access(member: bool) -> &'static str {
    if member { "member" } else { "basic" }
}

impl Session {
    pub(super) fn of(signed_in: &SignedIn) -> Self {
        Self {
            token: signed_in.token.expose_secret().to_owned(),
            expires_at: signed_in.expires_at.into(),
            must_change_password: signed_in.must_change_password,
            must_accept: signed_in.must_accept.clone(),
            access: access(signed_in.member),
        }
    }
}

fn membership(view: &MembershipView) -> Membership {
    Membership { id: view.id.to_string(), record: view.record.clone(), name: view.name.clone(), role: view.role.word().to_owned() }
}

async fn sign_in(ctx: Ctx<Api>, body: SignInBody) -> Result<Answer, Problem> {
    let password = body.password.into_secret();
    let signed_in =
        ctx.state.engine().sign_in(ctx.portal(), &ctx.once(), SessionKind::Bearer, &body.login, &password).await.map_err(problem_of)?;
    Answer::created(&Session::of(&signed_in))
}

async fn look(ctx: Ctx<Api>) -> Result<Answer, Problem> {
    let session = ctx.session()?;
    let account = &session.facts.account.value;
    let person = account.person();
    Answer::ok(&SessionState {
        account: Account {
            id: account.id().to_string(),
            email: account.email().as_str().to_owned(),
            first_name: person.first_name.as_ref().map(|name| name.as_str().to_owned()),
            last_name: person.last_name.as_ref().map(|name| name.as_str().to_owned()),
            language: account.language().tag().to_owned(),
        },
        access: access(session.member),
        must_change_password: session.access.must_change_password,
        must_accept: session.access.must_accept.clone(),
        memberships: session.memberships.iter().map(membership).collect(),
        expires_at: session.facts.session.expires_at().into(),
        password_policy: PasswordPolicy::of(&session.portal, session.portal.journey.password_policy.min_for(account.privilege())),
    })
}

async fn sign_out(ctx: Ctx<Api>) -> Result<Answer, Problem> {
    ctx.state.engine().sign_out(ctx.session()?).await.map_err(problem_of)?;
    Ok(Answer::no_content())
}

async fn request_reset(ctx: Ctx<Api>, body: ResetBody) -> Result<Answer, Problem> {
    ctx.state.engine().request_reset(ctx.portal(), &ctx.repeatable("POST password-resets"), &body.login).await.map_err(problem_of)?;
    Ok(Answer::empty(StatusCode::ACCEPTED))
}

async fn confirm_reset(ctx: Ctx<Api>, body: ResetConfirmBody) -> Result<Answer, Problem> {
    let (token, new) = (body.token.into_secret(), body.new.into_secret());
    let done = ctx.state.engine().confirm_reset(ctx.portal(), SessionKind::Bearer, &token, &new).await.map_err(problem_of)?;
    Answer::ok(&ResetDone { session: done.signed_in.as_ref().map(Session::of) })
}

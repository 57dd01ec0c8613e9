//! The clerks' doors: set-up, signing in and out; their lists and decisions stand below, one chapter a file.
//!
//! Calls that answer tokens or PINs recognise no repeat: a stored reply would hold the secret.

mod accounts;
mod imports;
mod letters;
mod outgoing;
mod records;
mod registrations;
mod shared;

use super::moment::Moment;
use super::{Api, problem_of};
use crate::json::SecretText;
use crate::problem::Problem;
use crate::routes::{Answer, Auth, Ctx, Route, call};
use onboarding::stories::StaffSignedIn;
use poem::http::{Method, StatusCode};
use schemars::JsonSchema;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};

/// The chapter of the document.
const TAG: &str = "Clerks";

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SetupBody {
    /// The one-use token that the operator handed over.
    token: SecretText,
    password: SecretText,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SignInBody {
    /// The clerk's address.
    login: String,
    password: SecretText,
    /// Of a second factor; there is none yet, and a code is refused.
    code: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct StaffSession {
    /// The bearer token. Told once; it opens the clerks' calls and nothing else.
    token: String,
    expires_at: Moment,
    clerk: String,
}

#[derive(Serialize, JsonSchema)]
struct ClerkIdentity {
    id: String,
    email: String,
}

#[derive(Serialize, JsonSchema)]
struct StaffSessionState {
    clerk: ClerkIdentity,
    expires_at: Moment,
}

pub(super) fn rows() -> impl Iterator<Item = Route<Api>> {
    doors()
        .into_iter()
        .chain(registrations::rows())
        .chain(accounts::rows())
        .chain(records::rows())
        .chain(imports::rows())
        .chain(letters::rows())
        .chain(outgoing::rows())
}

fn doors() -> [Route<Api>; 4] {
    [
        call(Method::POST, "/api/v1/{portal}/staff/setup", Auth::Public, "Use a clerk's one-use token: set the password")
            .tag(TAG)
            .replies::<StaffSession>(StatusCode::CREATED, "Set up, and signed in")
            .refuses(StatusCode::NOT_FOUND, &["token_unknown"])
            .refuses(StatusCode::GONE, &["token_expired", "token_superseded", "token_used"])
            .refuses(StatusCode::SERVICE_UNAVAILABLE, &["busy"])
            .handled_json(set_up),
        call(Method::POST, "/api/v1/{portal}/staff/sessions", Auth::Public, "Sign a clerk in")
            .tag(TAG)
            .replies::<StaffSession>(StatusCode::CREATED, "Signed in")
            .refuses(StatusCode::UNAUTHORIZED, &["sign_in_failed"])
            .refuses(StatusCode::TOO_MANY_REQUESTS, &["too_many_requests"])
            .refuses(StatusCode::SERVICE_UNAVAILABLE, &["busy"])
            .handled_json(sign_in),
        call(Method::GET, "/api/v1/{portal}/staff/session", Auth::Staff, "Which clerk is signed in")
            .tag(TAG)
            .replies::<StaffSessionState>(StatusCode::OK, "The session")
            .handled(look),
        call(Method::DELETE, "/api/v1/{portal}/staff/session", Auth::Staff, "Sign a clerk out")
            .tag(TAG)
            .replies_empty(StatusCode::NO_CONTENT, "Signed out")
            .handled(sign_out),
    ]
}

fn opened(signed_in: &StaffSignedIn) -> Result<Answer, Problem> {
    Answer::created(&StaffSession {
        token: signed_in.token.expose_secret().to_owned(),
        expires_at: signed_in.expires_at.into(),
        clerk: signed_in.id.to_string(),
    })
}

async fn set_up(ctx: Ctx<Api>, body: SetupBody) -> Result<Answer, Problem> {
    let (token, password) = (body.token.into_secret(), body.password.into_secret());
    opened(&ctx.state.engine().set_up_clerk(ctx.portal(), &token, &password).await.map_err(problem_of)?)
}

async fn sign_in(ctx: Ctx<Api>, body: SignInBody) -> Result<Answer, Problem> {
    let password = body.password.into_secret();
    let engine = ctx.state.engine();
    let signed_in = engine.sign_in_clerk(ctx.portal(), &ctx.once(), &body.login, &password, body.code.as_deref()).await;
    opened(&signed_in.map_err(problem_of)?)
}

async fn look(ctx: Ctx<Api>) -> Result<Answer, Problem> {
    let staff = ctx.staff()?;
    Answer::ok(&StaffSessionState {
        clerk: ClerkIdentity { id: staff.id().to_string(), email: staff.email().as_str().to_owned() },
        expires_at: staff.facts.session.expires_at().into(),
    })
}

async fn sign_out(ctx: Ctx<Api>) -> Result<Answer, Problem> {
    ctx.state.engine().sign_out_clerk(ctx.staff()?).await.map_err(problem_of)?;
    Ok(Answer::no_content())
}

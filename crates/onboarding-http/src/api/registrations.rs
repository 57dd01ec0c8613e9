//! From the form to an account: apply, look, resend, correct, confirm, deny, renew.

use super::moment::Moment;
use super::{Api, problem_of};
use crate::json::SecretText;
use crate::problem::Problem;
use crate::routes::{Answer, Auth, Ctx, Route, call};
use onboarding::forms::{ClaimForm, RegistrationForm};
use onboarding::stories::RegistrationView;
use onboarding_core::consent::ConsentInput;
use poem::http::{Method, StatusCode};
use schemars::JsonSchema;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

/// A record's number with what must match beside it, or the token of a claim that matched before.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ClaimBody {
    number: Option<String>,
    last_name: Option<String>,
    postal_code: Option<String>,
    /// From `POST …/claims`, instead of the three.
    token: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ConsentBody {
    document: String,
    /// The version that was shown.
    version: String,
    granted: bool,
}

pub(super) fn consents_of(given: Vec<ConsentBody>) -> Vec<ConsentInput> {
    let read = |consent: ConsentBody| ConsentInput { document: consent.document, version: consent.version, granted: consent.granted };
    given.into_iter().map(read).collect()
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("required" = ["email"]))]
struct ApplyBody {
    claim: Option<ClaimBody>,
    /// Missing and empty are one: told together with every other field.
    #[serde(default)]
    email: String,
    first_name: Option<String>,
    last_name: Option<String>,
    /// `YYYY-MM-DD`.
    birth_date: Option<String>,
    password: Option<SecretText>,
    #[serde(default)]
    consents: Vec<ConsentBody>,
    /// BCP 47; otherwise that of `Accept-Language`.
    language: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ClaimCheck {
    number: String,
    last_name: Option<String>,
    postal_code: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct EmailBody {
    email: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CodeBody {
    /// As mailed; blanks, dashes and case make no difference.
    code: SecretText,
}

/// The token of a mailed link.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TokenBody {
    pub(super) token: SecretText,
}

#[derive(Serialize, JsonSchema)]
struct Applied {
    /// The registration's handle. Keep it: it resends, corrects the address and takes the code.
    registration: String,
    state: String,
    email_proof: Vec<String>,
    expires_at: Moment,
    resend_at: Moment,
}

#[derive(Serialize, JsonSchema)]
struct Claimed {
    /// Sealed; may stand as `claim: {token}` in a registration.
    claim: String,
    expires_at: Moment,
}

#[derive(Serialize, JsonSchema)]
struct Registration {
    state: String,
    expires_at: Option<Moment>,
    resend_at: Option<Moment>,
    attempts_left: Option<u32>,
    /// `queued`, `sent` or `failed`.
    mail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct Resent {
    resend_at: Option<Moment>,
    attempts_left: Option<u32>,
}

#[derive(Serialize, JsonSchema)]
struct State {
    state: String,
}

pub(super) fn rows() -> [Route<Api>; 9] {
    const TAG: &str = "Registration";
    const DEAD: &[&str] = &["token_expired", "token_superseded", "token_used"];
    [
        call(Method::POST, "/api/v1/{portal}/registrations", Auth::Public, "Register")
            .tag(TAG)
            .replies::<Applied>(StatusCode::ACCEPTED, "A mail is on its way; the same for an address that has an account")
            .refuses(StatusCode::UNPROCESSABLE_ENTITY, &["claim_mismatch"])
            .refuses(StatusCode::FORBIDDEN, &["registration_closed"])
            .refuses(StatusCode::TOO_MANY_REQUESTS, &["too_many_requests"])
            .refuses(StatusCode::SERVICE_UNAVAILABLE, &["busy"])
            .handled_json(apply),
        call(Method::POST, "/api/v1/{portal}/claims", Auth::Public, "Check a claim before the form")
            .tag(TAG)
            .replies::<Claimed>(StatusCode::OK, "It matches")
            .refuses(StatusCode::UNPROCESSABLE_ENTITY, &["claim_mismatch"])
            .refuses(StatusCode::TOO_MANY_REQUESTS, &["too_many_requests"])
            .handled_json(claim),
        call(Method::GET, "/api/v1/{portal}/registrations/{handle}", Auth::Public, "Where a registration stands")
            .tag(TAG)
            .replies::<Registration>(StatusCode::OK, "The registration")
            .handled(look),
        call(
            Method::POST,
            "/api/v1/{portal}/registrations/{handle}/resend",
            Auth::Public,
            "Send the mail again; the older code and link are void",
        )
        .tag(TAG)
        .replies::<Resent>(StatusCode::ACCEPTED, "A new mail is on its way")
        .refuses(StatusCode::TOO_MANY_REQUESTS, &["too_many_requests"])
        .refuses(StatusCode::CONFLICT, &["not_in_this_state"])
        .refuses(StatusCode::GONE, &["code_used_up"])
        .handled(resend),
        call(Method::PUT, "/api/v1/{portal}/registrations/{handle}/email", Auth::Public, "Correct a mistyped address, before its proof")
            .tag(TAG)
            .replies::<Resent>(StatusCode::ACCEPTED, "A new mail is on its way")
            .refuses(StatusCode::TOO_MANY_REQUESTS, &["too_many_requests"])
            .refuses(StatusCode::CONFLICT, &["not_in_this_state"])
            .refuses(StatusCode::GONE, &["code_used_up"])
            .handled_json(correct),
        call(Method::POST, "/api/v1/{portal}/registrations/{handle}/confirm", Auth::Public, "Prove the address by the mailed code")
            .tag(TAG)
            .replies::<State>(StatusCode::OK, "Proved")
            .refuses(StatusCode::UNPROCESSABLE_ENTITY, &["code_wrong"])
            .refuses(StatusCode::GONE, &["code_expired", "code_used_up"])
            .refuses(StatusCode::CONFLICT, &["not_in_this_state", "email_taken", "record_taken"])
            .handled_json(confirm_code),
        call(
            Method::POST,
            "/api/v1/{portal}/confirmations",
            Auth::Public,
            "Prove the address by the mailed link; a repeat is answered with the present state",
        )
        .tag(TAG)
        .replies::<State>(StatusCode::OK, "Proved, now or before")
        .refuses(StatusCode::NOT_FOUND, &["token_unknown"])
        .refuses(StatusCode::GONE, DEAD)
        .refuses(StatusCode::CONFLICT, &["not_in_this_state", "email_taken", "record_taken"])
        .handled_json(confirm_link),
        call(Method::POST, "/api/v1/{portal}/confirmations/deny", Auth::Public, "“That wasn't me”: the registration is closed")
            .tag(TAG)
            .replies::<State>(StatusCode::OK, "Closed")
            .refuses(StatusCode::NOT_FOUND, &["token_unknown"])
            .refuses(StatusCode::GONE, DEAD)
            .handled_json(deny),
        call(Method::POST, "/api/v1/{portal}/links/renew", Auth::Public, "Renew an expired link; answered alike in every case")
            .tag(TAG)
            .replies_empty(StatusCode::ACCEPTED, "If there is something to renew, a mail is on its way")
            .refuses(StatusCode::TOO_MANY_REQUESTS, &["too_many_requests"])
            .handled_json(renew),
    ]
}

fn handle(ctx: &Ctx<Api>) -> Result<SecretString, Problem> {
    Ok(SecretString::from(ctx.param("handle")?))
}

async fn apply(ctx: Ctx<Api>, body: ApplyBody) -> Result<Answer, Problem> {
    let caller = ctx.repeatable("POST registrations");
    let form = RegistrationForm {
        claim: body.claim.map(|claim| ClaimForm {
            number: claim.number,
            last_name: claim.last_name,
            postal_code: claim.postal_code,
            token: claim.token,
        }),
        email: body.email,
        first_name: body.first_name,
        last_name: body.last_name,
        birth_date: body.birth_date,
        password: body.password.map(SecretText::into_secret),
        consents: consents_of(body.consents),
        language: body.language,
    };
    let applied = ctx.state.engine().apply(ctx.portal(), &caller, &form).await.map_err(problem_of)?;
    Answer::accepted(&Applied {
        registration: applied.registration,
        state: applied.state,
        email_proof: applied.email_proof.iter().map(|proof| proof.word().to_owned()).collect(),
        expires_at: applied.expires_at.into(),
        resend_at: applied.resend_at.into(),
    })
}

async fn claim(ctx: Ctx<Api>, body: ClaimCheck) -> Result<Answer, Problem> {
    let form = ClaimForm { number: Some(body.number), last_name: body.last_name, postal_code: body.postal_code, token: None };
    let ticket = ctx.state.engine().claim(ctx.portal(), &ctx.repeatable("POST claims"), &form).await.map_err(problem_of)?;
    Answer::ok(&Claimed { claim: ticket.claim.expose_secret().to_owned(), expires_at: ticket.expires_at.into() })
}

async fn look(ctx: Ctx<Api>) -> Result<Answer, Problem> {
    let view = ctx.state.engine().registration(ctx.portal(), &handle(&ctx)?).await.map_err(problem_of)?;
    Answer::ok(&Registration {
        state: view.state,
        expires_at: view.expires_at.map(Moment::from),
        resend_at: view.resend_at.map(Moment::from),
        attempts_left: view.attempts_left,
        mail: view.mail,
        decided_by: view.decided_by,
        reason: view.reason,
    })
}

fn resent(view: &RegistrationView) -> Result<Answer, Problem> {
    Answer::accepted(&Resent { resend_at: view.resend_at.map(Moment::from), attempts_left: view.attempts_left })
}

async fn resend(ctx: Ctx<Api>) -> Result<Answer, Problem> {
    let caller = ctx.repeatable("POST registrations/resend");
    resent(&ctx.state.engine().resend(ctx.portal(), &caller, &handle(&ctx)?).await.map_err(problem_of)?)
}

async fn correct(ctx: Ctx<Api>, body: EmailBody) -> Result<Answer, Problem> {
    let view = ctx.state.engine().correct_address(ctx.portal(), &ctx.once(), &handle(&ctx)?, &body.email).await.map_err(problem_of)?;
    resent(&view)
}

async fn confirm_code(ctx: Ctx<Api>, body: CodeBody) -> Result<Answer, Problem> {
    let caller = ctx.repeatable("POST registrations/confirm");
    let code = body.code.into_secret();
    let confirmed =
        ctx.state.engine().confirm_code(ctx.portal(), &caller, &handle(&ctx)?, code.expose_secret()).await.map_err(problem_of)?;
    Answer::ok(&State { state: confirmed.state })
}

async fn confirm_link(ctx: Ctx<Api>, body: TokenBody) -> Result<Answer, Problem> {
    let caller = ctx.repeatable("POST confirmations");
    let confirmed = ctx.state.engine().confirm_link(ctx.portal(), &caller, &body.token.into_secret()).await.map_err(problem_of)?;
    Answer::ok(&State { state: confirmed.state })
}

async fn deny(ctx: Ctx<Api>, body: TokenBody) -> Result<Answer, Problem> {
    let caller = ctx.repeatable("POST confirmations/deny");
    let confirmed = ctx.state.engine().deny(ctx.portal(), &caller, &body.token.into_secret()).await.map_err(problem_of)?;
    Answer::ok(&State { state: confirmed.state })
}

async fn renew(ctx: Ctx<Api>, body: TokenBody) -> Result<Answer, Problem> {
    let caller = ctx.repeatable("POST links/renew");
    ctx.state.engine().renew_link(ctx.portal(), &caller, &body.token.into_secret()).await.map_err(problem_of)?;
    Ok(Answer::empty(StatusCode::ACCEPTED))
}

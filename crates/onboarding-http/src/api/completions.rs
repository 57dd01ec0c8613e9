//! The set-up behind an approval or invitation, in parts.

use super::registrations::{ConsentBody, consents_of};
use super::{Api, portals::PasswordPolicy, problem_of};
use crate::json::SecretText;
use crate::problem::Problem;
use crate::routes::{Answer, Auth, Ctx, Route, call};
use onboarding::ports::SessionKind;
use onboarding::stories::{CompletionForm, Needs};
use poem::http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CompleteBody {
    /// From the link of the approval's or invitation's mail.
    token: SecretText,
    #[serde(default)]
    consents: Vec<ConsentBody>,
    password: Option<SecretText>,
    first_name: Option<String>,
    last_name: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct Completed {
    state: String,
    /// `sign_in`, `consent:<document>`, `first_name`, `last_name`, `password`.
    missing: Vec<String>,
    /// What the password of the role to come must be like.
    password_policy: PasswordPolicy,
}

pub(super) fn rows() -> [Route<Api>; 1] {
    [call(
        Method::POST,
        "/api/v1/{portal}/completions",
        Auth::Public,
        "Set up what was approved, or accept an invitation; may be called in parts. An account that is there already sends its bearer token",
    )
    .tag("Registration")
    .replies::<Completed>(StatusCode::OK, "Taken note of; `active` once nothing is missing")
    .refuses(StatusCode::UNAUTHORIZED, &["sign_in_required"])
    .refuses(StatusCode::FORBIDDEN, &["forbidden", "password_change_required"])
    .refuses(StatusCode::NOT_FOUND, &["token_unknown"])
    .refuses(StatusCode::GONE, &["token_expired", "token_superseded", "token_used"])
    .refuses(StatusCode::CONFLICT, &["not_in_this_state", "record_taken"])
    .refuses(StatusCode::SERVICE_UNAVAILABLE, &["busy"])
    .handled_json(complete)]
}

async fn complete(ctx: Ctx<Api>, body: CompleteBody) -> Result<Answer, Problem> {
    let engine = ctx.state.engine();
    let session = match &ctx.head.bearer {
        // Documents may wait to be agreed to: this call may bring just that.
        Some(bearer) => {
            let session = engine.session(ctx.portal(), bearer, Needs::Password).await.map_err(problem_of)?;
            if session.facts.session.kind != SessionKind::Bearer {
                return Err(Problem::unauthorized("sign_in_required"));
            }
            Some(session)
        }
        None => None,
    };
    let form = CompletionForm {
        first_name: body.first_name,
        last_name: body.last_name,
        consents: consents_of(body.consents),
        password: body.password.map(SecretText::into_secret),
    };
    let caller = ctx.repeatable("POST completions");
    let completed = engine.complete(ctx.portal(), &caller, &body.token.into_secret(), &form, session.as_ref()).await.map_err(problem_of)?;
    let portal = ctx.portal_of()?;
    let password_policy = PasswordPolicy::of(&portal, completed.min_length.unwrap_or(portal.journey.password_policy.min_length_privileged));
    Answer::ok(&Completed { state: completed.state, missing: completed.missing, password_policy })
}

//! Belonging to a business: a PIN by letter, joining with it, one's own memberships, leaving.

use super::moment::Moment;
use super::{Api, problem_of};
use crate::json::SecretText;
use crate::problem::Problem;
use crate::routes::{Answer, Auth, Ctx, Route, call};
use onboarding::Onboarding;
use onboarding::stories::PinLetterView;
use onboarding_core::{MembershipId, Uuid};
use poem::http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct LetterBody {
    /// The business's number; blanks and dashes make no difference, leading zeros do.
    number: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RedeemBody {
    number: String,
    /// As printed; blanks, dashes and case make no difference.
    pin: SecretText,
}

#[derive(Serialize, JsonSchema)]
struct PinLetter {
    requested_at: Moment,
    /// The last moment of the PIN.
    valid_until: Moment,
    /// When the account may ask for another.
    next_at: Option<Moment>,
}

#[derive(Serialize, JsonSchema)]
struct Linked {
    membership: String,
    /// Always: every session of the account has ended.
    signed_out: bool,
}

#[derive(Serialize, JsonSchema)]
struct OwnMembership {
    id: String,
    /// The record's number as the company writes it.
    record: String,
    name: String,
    /// `member` or `super_admin`.
    role: String,
}

pub(super) fn rows() -> [Route<Api>; 5] {
    const TAG: &str = "Memberships";
    const THROTTLED: &[&str] = &["too_many_requests"];
    [
        call(
            Method::POST,
            "/api/v1/{portal}/account/pin-letters",
            Auth::Session,
            "Ask for a PIN by letter, to the address in the books; answered alike whether the number exists",
        )
        .tag(TAG)
        .replies::<PinLetter>(StatusCode::ACCEPTED, "If the number is right, a letter is on its way")
        .refuses(StatusCode::CONFLICT, &["already_member"])
        .refuses(StatusCode::FORBIDDEN, &["not_acceptable_here"])
        .refuses(StatusCode::TOO_MANY_REQUESTS, THROTTLED)
        .handled_json(request),
        call(Method::GET, "/api/v1/{portal}/account/pin-letters", Auth::Session, "The letters asked for in the last 30 days")
            .tag(TAG)
            .replies::<Vec<PinLetter>>(StatusCode::OK, "Oldest first")
            .refuses(StatusCode::FORBIDDEN, &["not_acceptable_here"])
            .handled(letters),
        call(Method::GET, "/api/v1/{portal}/account/memberships", Auth::Session, "The account's active memberships")
            .tag(TAG)
            .replies::<Vec<OwnMembership>>(StatusCode::OK, "Oldest first")
            .handled(list),
        call(Method::POST, "/api/v1/{portal}/account/memberships", Auth::Session, "Join a business by its PIN; every session ends")
            .tag(TAG)
            .replies::<Linked>(StatusCode::OK, "Linked; sign in again")
            .refuses(StatusCode::UNPROCESSABLE_ENTITY, &["pin_mismatch"])
            .refuses(StatusCode::GONE, &["pin_expired", "pin_used_up"])
            .refuses(StatusCode::CONFLICT, &["already_member"])
            .refuses(StatusCode::FORBIDDEN, &["not_acceptable_here"])
            .refuses(StatusCode::TOO_MANY_REQUESTS, THROTTLED)
            .handled_json(redeem),
        call(Method::DELETE, "/api/v1/{portal}/account/memberships/{id}", Auth::Session, "Leave")
            .tag(TAG)
            .replies_empty(StatusCode::NO_CONTENT, "Left")
            .refuses(StatusCode::CONFLICT, &["last_super_admin"])
            .refuses(StatusCode::FORBIDDEN, &["not_acceptable_here"])
            .handled(leave),
    ]
}

fn letter(view: PinLetterView) -> PinLetter {
    PinLetter { requested_at: view.requested_at.into(), valid_until: view.valid_until.into(), next_at: view.next_at.map(Moment::from) }
}

async fn request(ctx: Ctx<Api>, body: LetterBody) -> Result<Answer, Problem> {
    let caller = ctx.repeatable("POST account/pin-letters");
    let view = ctx.state.engine().request_pin_letter(&caller, ctx.session()?, &body.number).await.map_err(problem_of)?;
    Answer::accepted(&letter(view))
}

async fn letters(ctx: Ctx<Api>) -> Result<Answer, Problem> {
    let views = Onboarding::pin_letters(ctx.session()?).map_err(problem_of)?;
    Answer::ok(&views.into_iter().map(letter).collect::<Vec<_>>())
}

async fn list(ctx: Ctx<Api>) -> Result<Answer, Problem> {
    let own = ctx.session()?.memberships.iter();
    let own = own.map(|view| OwnMembership {
        id: view.id.to_string(),
        record: view.record.clone(),
        name: view.name.clone(),
        role: view.role.word().to_owned(),
    });
    Answer::ok(&own.collect::<Vec<_>>())
}

async fn redeem(ctx: Ctx<Api>, body: RedeemBody) -> Result<Answer, Problem> {
    let caller = ctx.repeatable("POST account/memberships");
    let pin = body.pin.into_secret();
    let linked = ctx.state.engine().redeem_pin(&caller, ctx.session()?, &body.number, &pin).await.map_err(problem_of)?;
    Answer::ok(&Linked { membership: linked.membership.to_string(), signed_out: true })
}

async fn leave(ctx: Ctx<Api>) -> Result<Answer, Problem> {
    let id = Uuid::try_parse(ctx.param("id")?).map_err(|_| Problem::not_found())?;
    ctx.state.engine().leave(ctx.session()?, MembershipId(id)).await.map_err(problem_of)?;
    Ok(Answer::no_content())
}

//! PIN letters in the clerks' hands, and the PINs of the yearly notice. No PIN is shown but once, in the file of a batch.

use super::TAG;
use super::shared::id;
use crate::api::moment::Moment;
use crate::api::{Api, problem_of};
use crate::problem::Problem;
use crate::routes::{Answer, Auth, Ctx, Route, call};
use onboarding::csv;
use onboarding::stories::LetterView;
use onboarding_core::DeliveryId;
use poem::http::{HeaderValue, Method, StatusCode, header};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "LettersQuery")]
struct ListQuery {
    /// Only this state: `held`, `queued`, `printed`, `posted`, `returned`, `parked`.
    state: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct BatchBody {
    /// At most 10,000; each must be in the books.
    numbers: Vec<String>,
    /// The last day of the PINs, `YYYY-MM-DD`; at most 400 days away. Without it a year.
    valid_until: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct Letter {
    id: String,
    /// `held`, `queued`, `printed`, `posted`, `returned` or `parked`.
    state: String,
    /// The record's number as the company writes it.
    record: String,
    name: String,
    /// Whose request it is.
    account: String,
    requested_at: Moment,
    /// The last moment of the PIN.
    valid_until: Moment,
}

#[derive(Serialize, JsonSchema)]
struct Letters {
    /// Newest first, at most 50.
    letters: Vec<Letter>,
    /// There only where there is more.
    next_cursor: Option<String>,
}

pub(super) fn rows() -> [Route<Api>; 7] {
    const GONE: &[&str] = &["not_in_this_state"];
    [
        call(Method::GET, "/api/v1/{portal}/staff/letters", Auth::Staff, "Letters whose PIN still counts, newest first")
            .tag(TAG)
            .query::<ListQuery>()
            .replies::<Letters>(StatusCode::OK, "A page")
            .handled(list),
        call(Method::POST, "/api/v1/{portal}/staff/letters/{id}/posted", Auth::Staff, "It went to the post")
            .tag(TAG)
            .replies::<Letter>(StatusCode::OK, "The letter as it stands now")
            .refuses(StatusCode::CONFLICT, GONE)
            .handled(posted),
        call(Method::POST, "/api/v1/{portal}/staff/letters/{id}/returned", Auth::Staff, "It came back")
            .tag(TAG)
            .replies::<Letter>(StatusCode::OK, "The letter as it stands now")
            .refuses(StatusCode::CONFLICT, GONE)
            .handled(returned),
        call(
            Method::POST,
            "/api/v1/{portal}/staff/letters/{id}/reissue",
            Auth::Staff,
            "Write it again with another PIN; the older one is void",
        )
        .tag(TAG)
        .replies::<Letter>(StatusCode::OK, "The letter as it stands now")
        .refuses(StatusCode::CONFLICT, GONE)
        .handled(reissue),
        call(Method::POST, "/api/v1/{portal}/staff/letters/{id}/release", Auth::Staff, "Let a held letter go, with a fresh PIN and date")
            .tag(TAG)
            .replies::<Letter>(StatusCode::OK, "The letter as it stands now")
            .refuses(StatusCode::CONFLICT, GONE)
            .handled(release),
        call(Method::POST, "/api/v1/{portal}/staff/letters/{id}/refuse", Auth::Staff, "Keep a held letter back for good")
            .tag(TAG)
            .replies_empty(StatusCode::NO_CONTENT, "It does not go out")
            .refuses(StatusCode::CONFLICT, &["not_in_this_state"])
            .handled(refuse),
        call(Method::POST, "/api/v1/{portal}/staff/pin-batches", Auth::Staff, "PINs for the yearly notice, told this once")
            .tag(TAG)
            .replies_with(StatusCode::OK, "`number,name,pin,valid_until`", "text/csv; charset=utf-8")
            .refuses(StatusCode::FORBIDDEN, &["not_acceptable_here"])
            .handled_json(batch),
    ]
}

fn letter(view: LetterView) -> Letter {
    Letter {
        id: view.id.to_string(),
        state: view.state,
        record: view.record,
        name: view.name,
        account: view.account.to_string(),
        requested_at: view.requested_at.into(),
        valid_until: view.valid_until.into(),
    }
}

async fn list(ctx: Ctx<Api>) -> Result<Answer, Problem> {
    let ListQuery { state, cursor } = ctx.query()?;
    let page = ctx.state.engine().staff_letters(ctx.staff()?, state.as_deref(), cursor.as_deref()).await.map_err(problem_of)?;
    Answer::ok(&Letters { letters: page.rows.into_iter().map(letter).collect(), next_cursor: page.next })
}

fn which(ctx: &Ctx<Api>) -> Result<DeliveryId, Problem> {
    Ok(DeliveryId(id(ctx.param("id")?)?))
}

async fn posted(ctx: Ctx<Api>) -> Result<Answer, Problem> {
    let caller = ctx.repeatable("POST staff/letters/posted");
    Answer::ok(&letter(ctx.state.engine().letter_posted(&caller, ctx.staff()?, which(&ctx)?).await.map_err(problem_of)?))
}

async fn returned(ctx: Ctx<Api>) -> Result<Answer, Problem> {
    let caller = ctx.repeatable("POST staff/letters/returned");
    Answer::ok(&letter(ctx.state.engine().letter_returned(&caller, ctx.staff()?, which(&ctx)?).await.map_err(problem_of)?))
}

async fn reissue(ctx: Ctx<Api>) -> Result<Answer, Problem> {
    let caller = ctx.repeatable("POST staff/letters/reissue");
    Answer::ok(&letter(ctx.state.engine().reissue_letter(&caller, ctx.staff()?, which(&ctx)?).await.map_err(problem_of)?))
}

async fn release(ctx: Ctx<Api>) -> Result<Answer, Problem> {
    let caller = ctx.repeatable("POST staff/letters/release");
    Answer::ok(&letter(ctx.state.engine().release_letter(&caller, ctx.staff()?, which(&ctx)?).await.map_err(problem_of)?))
}

async fn refuse(ctx: Ctx<Api>) -> Result<Answer, Problem> {
    let caller = ctx.repeatable("POST staff/letters/refuse");
    ctx.state.engine().refuse_letter(&caller, ctx.staff()?, which(&ctx)?).await.map_err(problem_of)?;
    Ok(Answer::no_content())
}

async fn batch(ctx: Ctx<Api>, body: BatchBody) -> Result<Answer, Problem> {
    let staff = ctx.staff()?;
    let issued = ctx
        .state
        .engine()
        .issue_notices(ctx.portal(), staff.actor(), &body.numbers, body.valid_until.as_deref())
        .await
        .map_err(problem_of)?;
    let saved = HeaderValue::from_static("attachment; filename=\"pins.csv\"");
    Ok(Answer::bytes(StatusCode::OK, "text/csv; charset=utf-8", csv::notices(&issued).into_bytes())
        .header(header::CONTENT_DISPOSITION, saved))
}

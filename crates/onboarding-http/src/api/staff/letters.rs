//! PIN letters in the clerks' hands, and the PINs of the yearly notices: told once, as a file.
//!
//! A batch answers PINs and recognises no repeat; what is done to a letter is refused by the letter's own state when it comes again.

use super::TAG;
use super::shared::id;
use crate::api::moment::Moment;
use crate::api::{Api, problem_of};
use crate::problem::Problem;
use crate::routes::{Answer, Auth, Ctx, Route, call};
use chrono::{NaiveDate, NaiveTime, TimeDelta};
use onboarding::csv::csv_row;
use onboarding::stories::LetterView;
use onboarding_core::DeliveryId;
use poem::http::{HeaderValue, Method, StatusCode, header};
use schemars::JsonSchema;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "LettersQuery")]
struct ListQuery {
    /// `held`, `queued`, `printed`, `posted`, `returned` or `parked`.
    state: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct BatchBody {
    /// The records' numbers: each of them gets a PIN, or none does.
    numbers: Vec<String>,
    /// The last day of the PINs, `YYYY-MM-DD`; at most 400 days away.
    valid_until: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct Letter {
    id: String,
    /// `held`, `queued`, `printed`, `posted`, `returned` or `parked`.
    state: &'static str,
    /// The record's number as the company writes it.
    record: String,
    /// The record's name.
    name: String,
    /// Whose request it is.
    account: String,
    requested_at: Moment,
    /// The last moment of its PIN.
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
        call(Method::GET, "/api/v1/{portal}/staff/letters", Auth::Staff, "PIN letters whose PIN still lives, newest first")
            .tag(TAG)
            .query::<ListQuery>()
            .replies::<Letters>(StatusCode::OK, "A page")
            .handled(list),
        call(Method::POST, "/api/v1/{portal}/staff/letters/{id}/posted", Auth::Staff, "The letter was handed to the post")
            .tag(TAG)
            .replies::<Letter>(StatusCode::OK, "The letter")
            .refuses(StatusCode::CONFLICT, GONE)
            .handled(posted),
        call(Method::POST, "/api/v1/{portal}/staff/letters/{id}/returned", Auth::Staff, "The letter came back")
            .tag(TAG)
            .replies::<Letter>(StatusCode::OK, "The letter")
            .refuses(StatusCode::CONFLICT, GONE)
            .handled(returned),
        call(
            Method::POST,
            "/api/v1/{portal}/staff/letters/{id}/reissue",
            Auth::Staff,
            "Another letter with another PIN; the old PIN is void",
        )
        .tag(TAG)
        .replies::<Letter>(StatusCode::OK, "The new letter")
        .refuses(StatusCode::CONFLICT, GONE)
        .handled(reissue),
        call(
            Method::POST,
            "/api/v1/{portal}/staff/letters/{id}/release",
            Auth::Staff,
            "Let a held letter go out, with a fresh PIN and date",
        )
        .tag(TAG)
        .replies::<Letter>(StatusCode::OK, "The letter")
        .refuses(StatusCode::CONFLICT, GONE)
        .handled(release),
        call(Method::POST, "/api/v1/{portal}/staff/letters/{id}/refuse", Auth::Staff, "Keep a held letter back for good")
            .tag(TAG)
            .replies_empty(StatusCode::NO_CONTENT, "It does not go out")
            .refuses(StatusCode::CONFLICT, GONE)
            .handled(refuse),
        call(
            Method::POST,
            "/api/v1/{portal}/staff/pin-batches",
            Auth::Staff,
            "PINs for the yearly notices: told once; older ones are void",
        )
        .tag(TAG)
        .replies_with(StatusCode::OK, "`number,name,pin,valid_until`, a row each", "text/csv")
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

fn letter_id(ctx: &Ctx<Api>) -> Result<DeliveryId, Problem> {
    Ok(DeliveryId(id(ctx.param("id")?)?))
}

async fn list(ctx: Ctx<Api>) -> Result<Answer, Problem> {
    let ListQuery { state, cursor } = ctx.query()?;
    let page = ctx.state.engine().staff_letters(ctx.staff()?, state.as_deref(), cursor.as_deref()).await.map_err(problem_of)?;
    Answer::ok(&Letters { letters: page.rows.into_iter().map(letter).collect(), next_cursor: page.next })
}

async fn posted(ctx: Ctx<Api>) -> Result<Answer, Problem> {
    Answer::ok(&letter(ctx.state.engine().letter_posted(ctx.staff()?, letter_id(&ctx)?).await.map_err(problem_of)?))
}

async fn returned(ctx: Ctx<Api>) -> Result<Answer, Problem> {
    Answer::ok(&letter(ctx.state.engine().letter_returned(ctx.staff()?, letter_id(&ctx)?).await.map_err(problem_of)?))
}

async fn reissue(ctx: Ctx<Api>) -> Result<Answer, Problem> {
    Answer::ok(&letter(ctx.state.engine().reissue_letter(ctx.staff()?, letter_id(&ctx)?).await.map_err(problem_of)?))
}

async fn release(ctx: Ctx<Api>) -> Result<Answer, Problem> {
    Answer::ok(&letter(ctx.state.engine().release_letter(ctx.staff()?, letter_id(&ctx)?).await.map_err(problem_of)?))
}

async fn refuse(ctx: Ctx<Api>) -> Result<Answer, Problem> {
    ctx.state.engine().refuse_letter(ctx.staff()?, letter_id(&ctx)?).await.map_err(problem_of)?;
    Ok(Answer::no_content())
}

async fn batch(ctx: Ctx<Api>, body: BatchBody) -> Result<Answer, Problem> {
    let staff = ctx.staff()?;
    // The whole of the day that is named.
    let end = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc() + TimeDelta::days(1) - TimeDelta::microseconds(1);
    let valid_until = match body.valid_until.as_deref().map(|text| NaiveDate::parse_from_str(text, "%Y-%m-%d")) {
        None => None,
        // Far beyond what is allowed, and within what can be reckoned with.
        Some(Ok(day)) if day < NaiveDate::MAX - TimeDelta::days(2) => Some(end(day)),
        Some(_) => return Err(Problem::invalid(vec![]).field("valid_until", "format")),
    };
    let issued = ctx.state.engine().issue_notices(ctx.portal(), staff.actor(), &body.numbers, valid_until).await.map_err(problem_of)?;
    let mut file = csv_row(["number", "name", "pin", "valid_until"]);
    for notice in &issued {
        let day = notice.valid_until.format("%Y-%m-%d").to_string();
        file.push_str(&csv_row([notice.number.as_str(), &notice.name, notice.pin.expose_secret(), &day]));
    }
    let saved = HeaderValue::from_static("attachment; filename=\"pins.csv\"");
    Ok(Answer::bytes(StatusCode::OK, "text/csv; charset=utf-8", file.into_bytes()).header(header::CONTENT_DISPOSITION, saved))
}

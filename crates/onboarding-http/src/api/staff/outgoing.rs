//! Mails and letters on their way, and the overview. No recipient and no parameter is shown.

use super::TAG;
use super::shared::id;
use crate::api::moment::Moment;
use crate::api::{Api, problem_of};
use crate::problem::Problem;
use crate::routes::{Answer, Auth, Ctx, Route, call};
use onboarding::ports::Counted;
use onboarding::stories::DeliveryView;
use onboarding_core::{DeliveryId, Language, MailTemplate};
use poem::http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "OutboxQuery")]
struct ListQuery {
    /// Only this state: `queued`, `sent`, `failed`, `parked`, `expired`.
    state: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A mail or letter: nothing of what stands in it, and nobody it goes to.
#[derive(Serialize, JsonSchema)]
struct Delivery {
    id: String,
    /// `mail` or `letter`.
    kind: String,
    /// Which text, by its word.
    template: String,
    language: String,
    /// `queued`, `sent`, `failed`, `parked` or `expired`.
    state: String,
    attempts: u32,
    /// What the last attempt came to, a code.
    reason: Option<String>,
    /// Kind and id of what ordered it, such as `account:<id>`.
    owner: String,
    created_at: Moment,
    settled_at: Option<Moment>,
}

#[derive(Serialize, JsonSchema)]
struct Deliveries {
    /// Newest first, at most 50.
    deliveries: Vec<Delivery>,
    /// There only where there is more.
    next_cursor: Option<String>,
}

/// How many are in a state.
#[derive(Serialize, JsonSchema)]
struct Waiting {
    state: String,
    count: u64,
    /// When the oldest was made.
    oldest_at: Moment,
}

/// How many mails or letters are in a state.
#[derive(Serialize, JsonSchema)]
struct WaitingDelivery {
    /// `mail` or `letter`.
    kind: &'static str,
    /// `queued`, `parked` or `failed`.
    state: String,
    count: u64,
    /// When the oldest was ordered.
    oldest_at: Moment,
}

/// Requests for approval by how long ago they were made.
#[derive(Serialize, JsonSchema)]
struct ApprovalAges {
    within_a_day: u64,
    within_three_days: u64,
    within_seven_days: u64,
    older: u64,
}

/// What waits; a state that nothing is in is left out.
#[derive(Serialize, JsonSchema)]
struct Overview {
    /// `awaiting_email`, `awaiting_approval`, `awaiting_completion`.
    registrations: Vec<Waiting>,
    approvals: ApprovalAges,
    /// Letters whose PIN still counts.
    letters: Vec<Waiting>,
    deliveries: Vec<WaitingDelivery>,
}

/// What a mail of its kind looks like: stand-ins where it has a name, a code, a link or a number.
#[derive(Serialize, JsonSchema)]
struct Preview {
    template: String,
    language: String,
    subject: String,
    text: String,
}

pub(super) fn rows() -> [Route<Api>; 4] {
    [
        call(
            Method::GET,
            "/api/v1/{portal}/staff/outbox/{id}/preview",
            Auth::Staff,
            "What a mail of this kind looks like, without what stands in it; letters have none",
        )
        .tag(TAG)
        .replies::<Preview>(StatusCode::OK, "The text with stand-ins")
        .handled(preview),
        call(Method::GET, "/api/v1/{portal}/staff/outbox", Auth::Staff, "Mails and letters, newest first; nothing of what stands in them")
            .tag(TAG)
            .query::<ListQuery>()
            .replies::<Deliveries>(StatusCode::OK, "A page")
            .handled(list),
        call(
            Method::POST,
            "/api/v1/{portal}/staff/outbox/{id}/retry",
            Auth::Staff,
            "Send a parked one again, if what it carries still opens something",
        )
        .tag(TAG)
        .replies::<Delivery>(StatusCode::OK, "It waits for its turn")
        .refuses(StatusCode::CONFLICT, &["not_in_this_state", "secret_expired", "secret_replaced"])
        .handled(retry),
        call(Method::GET, "/api/v1/{portal}/staff/overview", Auth::Staff, "What waits, counted")
            .tag(TAG)
            .replies::<Overview>(StatusCode::OK, "The counts")
            .handled(overview),
    ]
}

fn delivery(view: DeliveryView) -> Delivery {
    Delivery {
        id: view.id.to_string(),
        kind: view.kind,
        template: view.template,
        language: view.language,
        state: view.state,
        attempts: view.attempts,
        reason: view.reason,
        owner: view.owner,
        created_at: view.created_at.into(),
        settled_at: view.settled_at.map(Into::into),
    }
}

fn waiting(counted: Vec<Counted>) -> Vec<Waiting> {
    counted.into_iter().map(|Counted { state, count, oldest }| Waiting { state, count, oldest_at: oldest.into() }).collect()
}

async fn list(ctx: Ctx<Api>) -> Result<Answer, Problem> {
    let ListQuery { state, cursor } = ctx.query()?;
    let page = ctx.state.engine().staff_outbox(ctx.staff()?, state.as_deref(), cursor.as_deref()).await.map_err(problem_of)?;
    Answer::ok(&Deliveries { deliveries: page.rows.into_iter().map(delivery).collect(), next_cursor: page.next })
}

async fn preview(ctx: Ctx<Api>) -> Result<Answer, Problem> {
    let which = DeliveryId(id(ctx.param("id")?)?);
    let staff = ctx.staff()?;
    let seen = ctx.state.engine().staff_delivery(staff, which).await.map_err(problem_of)?;
    let (template, language) = MailTemplate::of(&seen.template).zip(Language::from_tag(&seen.language)).ok_or_else(Problem::not_found)?;
    let stationery = ctx.state.stationery.as_ref().ok_or_else(Problem::not_found)?;
    let preview = stationery.preview(&staff.portal.slug, template, language).map_err(|error| {
        tracing::error!(template = template.word(), %error, "could not write a preview");
        Problem::internal()
    })?;
    Answer::ok(&Preview { template: seen.template, language: seen.language, subject: preview.subject, text: preview.text })
}

async fn retry(ctx: Ctx<Api>) -> Result<Answer, Problem> {
    let caller = ctx.repeatable("POST staff/outbox/retry");
    let which = DeliveryId(id(ctx.param("id")?)?);
    Answer::ok(&delivery(ctx.state.engine().retry_delivery(&caller, ctx.staff()?, which).await.map_err(problem_of)?))
}

async fn overview(ctx: Ctx<Api>) -> Result<Answer, Problem> {
    let seen = ctx.state.engine().staff_overview(ctx.staff()?).await.map_err(problem_of)?;
    let deliveries = seen.deliveries.into_iter().map(|(kind, Counted { state, count, oldest })| WaitingDelivery {
        kind: kind.word(),
        state,
        count,
        oldest_at: oldest.into(),
    });
    Answer::ok(&Overview {
        registrations: waiting(seen.registrations),
        approvals: ApprovalAges {
            within_a_day: seen.approvals.within_a_day,
            within_three_days: seen.approvals.within_three_days,
            within_seven_days: seen.approvals.within_seven_days,
            older: seen.approvals.older,
        },
        letters: waiting(seen.letters),
        deliveries: deliveries.collect(),
    })
}

//! One record of the master data: read, and written as a whole.

use super::TAG;
use super::shared::Record;
use crate::api::{Api, problem_of};
use crate::problem::Problem;
use crate::routes::{Answer, Auth, Ctx, Route, call};
use onboarding::stories::{RecordForm, RecordView};
use poem::http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A record as a whole: what is left out is empty.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RecordBody {
    /// As the company writes it; it must be the path's, blanks and dashes aside.
    number: Option<String>,
    name: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    street: Option<String>,
    postal_code: Option<String>,
    city: Option<String>,
    /// ISO 3166-1 alpha-2.
    country: Option<String>,
    email: Option<String>,
    language: Option<String>,
    /// `open` or `closed`; a closed record keeps its row and opens nothing.
    status: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SuperAdminBody {
    email: String,
}

#[derive(Serialize, JsonSchema)]
struct SuperAdminInvited {
    /// The registration that the invitation is.
    invitation: String,
}

#[derive(Serialize, JsonSchema)]
struct ProvisionedAccount {
    account: String,
}

#[derive(Serialize, JsonSchema)]
struct VersionedRecord {
    #[serde(flatten)]
    record: Record,
    /// How often it changed, from 1.
    version: u64,
}

pub(super) fn rows() -> [Route<Api>; 4] {
    const PATH: &str = "/api/v1/{portal}/staff/records/{number}";
    [
        call(Method::GET, PATH, Auth::Staff, "A record of the master data")
            .tag(TAG)
            .replies::<VersionedRecord>(StatusCode::OK, "The record")
            .handled(look),
        call(Method::PUT, PATH, Auth::Staff, "Add a record, or replace it as a whole")
            .tag(TAG)
            .replies::<VersionedRecord>(StatusCode::OK, "Replaced, or the same already")
            .replies::<VersionedRecord>(StatusCode::CREATED, "Added")
            .handled_json(put),
        call(
            Method::PUT,
            "/api/v1/{portal}/staff/records/{number}/super-admins",
            Auth::Staff,
            "Invite a super admin: adds to those the record has, replaces none",
        )
        .tag(TAG)
        .replies::<SuperAdminInvited>(StatusCode::ACCEPTED, "The invitation is on its way")
        .refuses(StatusCode::FORBIDDEN, &["not_acceptable_here"])
        .refuses(StatusCode::TOO_MANY_REQUESTS, &["too_many_requests"])
        .handled_json(invite),
        call(
            Method::POST,
            "/api/v1/{portal}/staff/records/{number}/provision",
            Auth::Staff,
            "Open the record's account: its number by one mail, the initial password by another",
        )
        .tag(TAG)
        .replies::<ProvisionedAccount>(StatusCode::ACCEPTED, "Two mails are on their way, one after the other")
        .refuses(StatusCode::CONFLICT, &["already_provisioned"])
        .refuses(StatusCode::FORBIDDEN, &["not_acceptable_here"])
        .refuses(StatusCode::SERVICE_UNAVAILABLE, &["busy"])
        .handled(provision),
    ]
}

fn told(view: RecordView) -> Result<Answer, Problem> {
    let status = if view.added { StatusCode::CREATED } else { StatusCode::OK };
    Answer::json(status, &VersionedRecord { record: view.record.into(), version: view.version.0 })
}

async fn look(ctx: Ctx<Api>) -> Result<Answer, Problem> {
    told(ctx.state.engine().staff_record(ctx.staff()?, ctx.param("number")?).await.map_err(problem_of)?)
}

async fn invite(ctx: Ctx<Api>, body: SuperAdminBody) -> Result<Answer, Problem> {
    let (staff, number) = (ctx.staff()?, ctx.param("number")?);
    let invited = ctx.state.engine().name_super_admin(ctx.portal(), Some(staff.id().0), number, &body.email).await.map_err(problem_of)?;
    Answer::accepted(&SuperAdminInvited { invitation: invited.id.to_string() })
}

async fn put(ctx: Ctx<Api>, body: RecordBody) -> Result<Answer, Problem> {
    let form = RecordForm {
        number: body.number,
        name: body.name,
        first_name: body.first_name,
        last_name: body.last_name,
        street: body.street,
        postal_code: body.postal_code,
        city: body.city,
        country: body.country,
        email: body.email,
        language: body.language,
        status: body.status,
    };
    told(ctx.state.engine().put_record(ctx.staff()?, ctx.param("number")?, &form).await.map_err(problem_of)?)
}

async fn provision(ctx: Ctx<Api>) -> Result<Answer, Problem> {
    let caller = ctx.repeatable("POST staff/records/provision");
    let (actor, number) = (ctx.staff()?.actor(), ctx.param("number")?);
    let provisioned = ctx.state.engine().provision(&caller, ctx.portal(), actor, number).await.map_err(problem_of)?;
    Answer::accepted(&ProvisionedAccount { account: provisioned.account.to_string() })
}

//! A record's super admin: the own team, its requests, invitations and members.

use super::moment::Moment;
use super::{Api, problem_of};
use crate::problem::Problem;
use crate::routes::{Answer, Auth, Ctx, Route, call};
use onboarding::stories::{InvitationForm, MemberChange, TeamInvitation, TeamMember, TeamRecord, TeamRequest};
use onboarding_core::{MembershipId, RegistrationId, Role, Uuid};
use poem::http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ApproveBody {
    /// The request's `version` as it was shown.
    version: u32,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RejectBody {
    /// The request's `version` as it was shown.
    version: u32,
    /// For the applicant; at most 500 characters.
    reason: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct InviteBody {
    /// The record's number.
    record: String,
    email: String,
    first_name: Option<String>,
    last_name: Option<String>,
    /// `member` or `super_admin`.
    role: String,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum RoleWord {
    Member,
    SuperAdmin,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct MemberBody {
    role: Option<RoleWord>,
    suspended: Option<bool>,
}

#[derive(Serialize, JsonSchema)]
struct Team {
    records: Vec<Record>,
    members: Vec<Member>,
    requests: Vec<Request>,
    invitations: Vec<Invitation>,
}

#[derive(Serialize, JsonSchema)]
struct Record {
    /// As the company writes it.
    number: String,
    name: String,
}

#[derive(Serialize, JsonSchema)]
struct Member {
    id: String,
    record: String,
    email: String,
    first_name: Option<String>,
    last_name: Option<String>,
    /// `member` or `super_admin`.
    role: &'static str,
    suspended: bool,
}

#[derive(Serialize, JsonSchema)]
struct Request {
    id: String,
    /// Goes back with the decision: what is approved is what was shown.
    version: u32,
    record: String,
    email: String,
    first_name: Option<String>,
    last_name: Option<String>,
    requested_at: Moment,
}

#[derive(Serialize, JsonSchema)]
struct Invitation {
    id: String,
    record: String,
    email: String,
    role: &'static str,
    expires_at: Option<Moment>,
}

#[derive(Serialize, JsonSchema)]
struct State {
    state: String,
}

#[derive(Serialize, JsonSchema)]
struct Invited {
    id: String,
}

pub(super) fn rows() -> [Route<Api>; 8] {
    const TAG: &str = "Team";
    [
        call(Method::GET, "/api/v1/{portal}/team", Auth::SuperAdmin, "The team of every record at which the caller is super admin")
            .tag(TAG)
            .replies::<Team>(StatusCode::OK, "The team")
            .handled(team),
        call(Method::POST, "/api/v1/{portal}/team/requests/{id}/approve", Auth::SuperAdmin, "Let somebody in, as shown")
            .tag(TAG)
            .replies::<State>(StatusCode::OK, "Approved")
            .refuses(StatusCode::FORBIDDEN, &["own_request"])
            .refuses(StatusCode::CONFLICT, &["already_decided"])
            .handled_json(approve),
        call(Method::POST, "/api/v1/{portal}/team/requests/{id}/reject", Auth::SuperAdmin, "Let somebody not in")
            .tag(TAG)
            .replies::<State>(StatusCode::OK, "Rejected")
            .refuses(StatusCode::FORBIDDEN, &["own_request"])
            .refuses(StatusCode::CONFLICT, &["already_decided"])
            .handled_json(reject),
        call(
            Method::POST,
            "/api/v1/{portal}/team/invitations",
            Auth::SuperAdmin,
            "Invite somebody; answered alike for an address with an account",
        )
        .tag(TAG)
        .replies::<Invited>(StatusCode::ACCEPTED, "A mail is on its way")
        .refuses(StatusCode::TOO_MANY_REQUESTS, &["too_many_requests"])
        .handled_json(invite),
        call(Method::DELETE, "/api/v1/{portal}/team/invitations/{id}", Auth::SuperAdmin, "Take an invitation back")
            .tag(TAG)
            .replies_empty(StatusCode::NO_CONTENT, "Its link is dead")
            .refuses(StatusCode::CONFLICT, &["not_in_this_state"])
            .handled(revoke),
        call(Method::POST, "/api/v1/{portal}/team/invitations/{id}/resend", Auth::SuperAdmin, "Send an invitation again, with a new link")
            .tag(TAG)
            .replies_empty(StatusCode::ACCEPTED, "A mail is on its way; the older link is void")
            .refuses(StatusCode::CONFLICT, &["not_in_this_state"])
            .refuses(StatusCode::TOO_MANY_REQUESTS, &["too_many_requests"])
            .handled(resend),
        call(Method::PATCH, "/api/v1/{portal}/team/members/{id}", Auth::SuperAdmin, "Another role; suspend, or lift it")
            .tag(TAG)
            .replies::<Member>(StatusCode::OK, "The member")
            .refuses(StatusCode::CONFLICT, &["last_super_admin", "not_in_this_state"])
            .handled_json(change),
        call(Method::DELETE, "/api/v1/{portal}/team/members/{id}", Auth::SuperAdmin, "Remove a member, or leave")
            .tag(TAG)
            .replies_empty(StatusCode::NO_CONTENT, "Removed; the account itself goes on")
            .refuses(StatusCode::CONFLICT, &["last_super_admin"])
            .handled(remove),
    ]
}

fn id(ctx: &Ctx<Api>) -> Result<Uuid, Problem> {
    Uuid::try_parse(ctx.param("id")?).map_err(|_| Problem::not_found())
}

fn member(view: TeamMember) -> Member {
    Member {
        id: view.id.to_string(),
        record: view.record,
        email: view.email,
        first_name: view.first_name,
        last_name: view.last_name,
        role: view.role.word(),
        suspended: view.suspended,
    }
}

fn request(view: TeamRequest) -> Request {
    Request {
        id: view.id.to_string(),
        version: view.version,
        record: view.record,
        email: view.email,
        first_name: view.first_name,
        last_name: view.last_name,
        requested_at: view.requested_at.into(),
    }
}

fn invitation(view: TeamInvitation) -> Invitation {
    Invitation {
        id: view.id.to_string(),
        record: view.record,
        email: view.email,
        role: view.role.word(),
        expires_at: view.expires_at.map(Moment::from),
    }
}

async fn team(ctx: Ctx<Api>) -> Result<Answer, Problem> {
    let team = ctx.state.engine().team(ctx.session()?).await.map_err(problem_of)?;
    Answer::ok(&Team {
        records: team.records.into_iter().map(|TeamRecord { number, name }| Record { number, name }).collect(),
        members: team.members.into_iter().map(member).collect(),
        requests: team.requests.into_iter().map(request).collect(),
        invitations: team.invitations.into_iter().map(invitation).collect(),
    })
}

async fn approve(ctx: Ctx<Api>, body: ApproveBody) -> Result<Answer, Problem> {
    let (caller, id) = (ctx.repeatable("POST team/requests/approve"), RegistrationId(id(&ctx)?));
    let decided = ctx.state.engine().approve(&caller, ctx.session()?, id, body.version).await.map_err(problem_of)?;
    Answer::ok(&State { state: decided.state })
}

async fn reject(ctx: Ctx<Api>, body: RejectBody) -> Result<Answer, Problem> {
    let (caller, id) = (ctx.repeatable("POST team/requests/reject"), RegistrationId(id(&ctx)?));
    let engine = ctx.state.engine();
    let decided = engine.reject(&caller, ctx.session()?, id, body.version, body.reason.as_deref()).await.map_err(problem_of)?;
    Answer::ok(&State { state: decided.state })
}

async fn invite(ctx: Ctx<Api>, body: InviteBody) -> Result<Answer, Problem> {
    let caller = ctx.repeatable("POST team/invitations");
    let InviteBody { record, email, first_name, last_name, role } = body;
    let form = InvitationForm { record, email, first_name, last_name, role };
    let invited = ctx.state.engine().invite(&caller, ctx.session()?, &form).await.map_err(problem_of)?;
    Answer::accepted(&Invited { id: invited.id.to_string() })
}

async fn revoke(ctx: Ctx<Api>) -> Result<Answer, Problem> {
    ctx.state.engine().revoke_invitation(ctx.session()?, RegistrationId(id(&ctx)?)).await.map_err(problem_of)?;
    Ok(Answer::no_content())
}

async fn resend(ctx: Ctx<Api>) -> Result<Answer, Problem> {
    let caller = ctx.repeatable("POST team/invitations/resend");
    ctx.state.engine().resend_invitation(&caller, ctx.session()?, RegistrationId(id(&ctx)?)).await.map_err(problem_of)?;
    Ok(Answer::empty(StatusCode::ACCEPTED))
}

async fn change(ctx: Ctx<Api>, body: MemberBody) -> Result<Answer, Problem> {
    let role = body.role.map(|role| match role {
        RoleWord::Member => Role::Member,
        RoleWord::SuperAdmin => Role::SuperAdmin,
    });
    let change = MemberChange { role, suspended: body.suspended };
    let changed = ctx.state.engine().change_member(ctx.session()?, MembershipId(id(&ctx)?), change).await.map_err(problem_of)?;
    Answer::ok(&member(changed))
}

async fn remove(ctx: Ctx<Api>) -> Result<Answer, Problem> {
    ctx.state.engine().remove_member(ctx.session()?, MembershipId(id(&ctx)?)).await.map_err(problem_of)?;
    Ok(Answer::no_content())
}

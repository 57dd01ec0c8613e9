//! Accounts as clerks see them, and their suspension.

use super::TAG;
use super::shared::{AuditEntry, ConsentProof, id};
use crate::api::moment::Moment;
use crate::api::{Api, problem_of};
use crate::problem::Problem;
use crate::routes::{Answer, Auth, Ctx, Route, call};
use onboarding::stories::ClerkAccount;
use onboarding_core::{AccountId, RecordNumber};
use poem::http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AccountsQuery")]
struct ListQuery {
    /// Searched for in address, names and number; every character means itself. At most 100.
    q: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SuspendBody {
    suspended: bool,
}

#[derive(Serialize, JsonSchema)]
struct StaffAccount {
    id: String,
    /// `active`, `suspended` or `closed`.
    state: &'static str,
    email: String,
    first_name: Option<String>,
    last_name: Option<String>,
    /// The record whose number signs in, or whose one account this is, without blanks and dashes.
    record: Option<String>,
    language: String,
    opened_at: Moment,
    last_sign_in: Option<Moment>,
}

#[derive(Serialize, JsonSchema)]
struct StaffAccounts {
    /// Newest first, at most 50.
    accounts: Vec<StaffAccount>,
    /// There only where there is more.
    next_cursor: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct StaffMembership {
    id: String,
    /// The record's number as the company writes it.
    record: String,
    /// The record's name.
    name: String,
    /// `member` or `super_admin`.
    role: &'static str,
    /// `requested`, `active`, `suspended` or `ended`.
    state: &'static str,
}

#[derive(Serialize, JsonSchema)]
struct StaffAccountDetails {
    #[serde(flatten)]
    account: StaffAccount,
    /// An address that waits for its proof.
    pending_email: Option<String>,
    /// `own`, `generated` or `initial`.
    credential: &'static str,
    memberships: Vec<StaffMembership>,
    consents: Vec<ConsentProof>,
    history: Vec<AuditEntry>,
}

pub(super) fn rows() -> [Route<Api>; 4] {
    [
        call(Method::GET, "/api/v1/{portal}/staff/accounts", Auth::Staff, "Accounts, newest first")
            .tag(TAG)
            .query::<ListQuery>()
            .replies::<StaffAccounts>(StatusCode::OK, "A page")
            .handled(list),
        call(Method::GET, "/api/v1/{portal}/staff/accounts/{id}", Auth::Staff, "One account")
            .tag(TAG)
            .replies::<StaffAccountDetails>(StatusCode::OK, "The account")
            .handled(look),
        call(Method::PATCH, "/api/v1/{portal}/staff/accounts/{id}", Auth::Staff, "Suspend an account, or lift it; sessions end at once")
            .tag(TAG)
            .replies::<StaffAccountDetails>(StatusCode::OK, "The account")
            .refuses(StatusCode::CONFLICT, &["not_in_this_state"])
            .handled_json(suspend),
        call(
            Method::POST,
            "/api/v1/{portal}/staff/accounts/{id}/initial-password",
            Auth::Staff,
            "Mail another initial password; the former one and every session are dead",
        )
        .tag(TAG)
        .replies_empty(StatusCode::ACCEPTED, "On its way")
        .refuses(StatusCode::CONFLICT, &["not_in_this_state"])
        .refuses(StatusCode::FORBIDDEN, &["not_acceptable_here"])
        .refuses(StatusCode::SERVICE_UNAVAILABLE, &["busy"])
        .handled(initial_password),
    ]
}

fn row(seen: &ClerkAccount) -> StaffAccount {
    let (account, person) = (&seen.account, seen.account.person());
    let name = |name: &Option<onboarding_core::PersonName>| name.as_ref().map(|name| name.as_str().to_owned());
    StaffAccount {
        id: account.id().to_string(),
        state: account.word(),
        email: account.email().as_str().to_owned(),
        first_name: name(&person.first_name),
        last_name: name(&person.last_name),
        record: account.record().map(RecordNumber::as_str).map(str::to_owned),
        language: account.language().tag().to_owned(),
        opened_at: account.opened_at().into(),
        last_sign_in: account.last_sign_in().map(Moment::from),
    }
}

fn details(seen: ClerkAccount) -> Result<Answer, Problem> {
    let membership = |fact: &onboarding::ports::MembershipFact| {
        let membership = &fact.membership.value;
        StaffMembership {
            id: membership.id().to_string(),
            record: fact.written.clone(),
            name: fact.name.clone(),
            role: membership.role().word(),
            state: membership.word(),
        }
    };
    Answer::ok(&StaffAccountDetails {
        account: row(&seen),
        pending_email: seen.account.new_email().map(|pending| pending.email.as_str().to_owned()),
        credential: seen.account.credential().word(),
        memberships: seen.memberships.iter().map(membership).collect(),
        consents: seen.consents.into_iter().map(ConsentProof::from).collect(),
        history: seen.history.into_iter().map(AuditEntry::from).collect(),
    })
}

async fn list(ctx: Ctx<Api>) -> Result<Answer, Problem> {
    let ListQuery { q, cursor } = ctx.query()?;
    let page = ctx.state.engine().staff_accounts(ctx.staff()?, q.as_deref(), cursor.as_deref()).await.map_err(problem_of)?;
    Answer::ok(&StaffAccounts { accounts: page.rows.iter().map(row).collect(), next_cursor: page.next })
}

async fn look(ctx: Ctx<Api>) -> Result<Answer, Problem> {
    let id = AccountId(id(ctx.param("id")?)?);
    details(ctx.state.engine().staff_account(ctx.staff()?, id).await.map_err(problem_of)?)
}

async fn suspend(ctx: Ctx<Api>, body: SuspendBody) -> Result<Answer, Problem> {
    let id = AccountId(id(ctx.param("id")?)?);
    details(ctx.state.engine().suspend_account(ctx.staff()?, id, body.suspended).await.map_err(problem_of)?)
}

async fn initial_password(ctx: Ctx<Api>) -> Result<Answer, Problem> {
    let id = AccountId(id(ctx.param("id")?)?);
    let caller = ctx.repeatable("POST staff/accounts/initial-password");
    ctx.state.engine().reissue_initial_password(&caller, ctx.staff()?, id).await.map_err(problem_of)?;
    Ok(Answer::empty(StatusCode::ACCEPTED))
}

//! Every page below a portal: its path, who may see it, what its forms carry, and what answers.

use super::{Pages, Turn, Visit};
use crate::problem::Problem;
use futures_util::future::BoxFuture;
use onboarding::stories::Needs;

/// Who may see a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Door {
    /// Anybody.
    Open,
    /// Whoever is signed in, and owes nothing that comes before it.
    SignedIn(Needs),
}

type Answering = for<'a> fn(&'a Pages, &'a Visit) -> BoxFuture<'a, Result<Turn, Problem>>;

/// A page.
pub(super) struct Row {
    pub(super) path: &'static str,
    pub(super) door: Door,
    /// What its forms carry beside what every form does; `consent_` stands for a box at each document.
    pub(super) names: &'static [&'static str],
    pub(super) answer: Answering,
}

const fn row(path: &'static str, door: Door, names: &'static [&'static str], answer: Answering) -> Row {
    Row { path, door, names, answer }
}

const REGISTER: &[&str] = &[
    "number",
    "last_name",
    "postal_code",
    "email",
    "email_seen",
    "first_name",
    "birth_date_day",
    "birth_date_month",
    "birth_date_year",
    "password",
    "consent_",
];
/// Of the pages behind mailed links.
pub(super) const LINKED: &[&str] = &["token", "decision", "new", "repeat", "first_name", "last_name", "password", "consent_"];

/// Every page below a portal.
pub(super) const ROWS: [Row; 44] = [
    row("/:portal/", Door::Open, &[], |pages, visit| Box::pin(std::future::ready(pages.start(visit)))),
    row("/:portal/register", Door::Open, REGISTER, |pages, visit| Box::pin(pages.register(visit))),
    row("/:portal/register/details", Door::Open, REGISTER, |pages, visit| Box::pin(pages.details(visit))),
    row("/:portal/register/sent", Door::Open, &["code"], |pages, visit| Box::pin(pages.sent(visit))),
    row("/:portal/register/resend", Door::Open, &[], |pages, visit| Box::pin(pages.resend(visit))),
    row("/:portal/register/email", Door::Open, &["email", "email_seen"], |pages, visit| Box::pin(pages.correct(visit))),
    row("/:portal/register/done", Door::Open, &[], |pages, visit| Box::pin(std::future::ready(pages.registered(visit)))),
    row("/:portal/register/pending", Door::Open, &[], |pages, visit| Box::pin(pages.pending(visit))),
    row("/:portal/confirm", Door::Open, LINKED, |pages, visit| Box::pin(pages.confirm(visit))),
    row("/:portal/setup", Door::Open, LINKED, |pages, visit| Box::pin(pages.setup(visit))),
    row("/:portal/setup/:part", Door::Open, &["first_name", "last_name", "password", "consent_"], |pages, visit| {
        Box::pin(pages.setup_step(visit))
    }),
    row("/:portal/invite", Door::Open, LINKED, |pages, visit| Box::pin(pages.setup(visit))),
    row("/:portal/login", Door::Open, &["login", "password", "return_to"], |pages, visit| Box::pin(pages.login(visit))),
    row("/:portal/logout", Door::Open, &[], |pages, visit| Box::pin(pages.logout(visit))),
    row("/:portal/password/first", Door::SignedIn(Needs::Nothing), &["current", "new", "repeat"], |pages, visit| {
        Box::pin(pages.change_password(visit))
    }),
    row("/:portal/password/forgot", Door::Open, &["login"], |pages, visit| Box::pin(pages.forgot(visit))),
    row("/:portal/password/reset", Door::Open, LINKED, |pages, visit| Box::pin(pages.reset(visit))),
    row("/:portal/account/email/confirm", Door::Open, LINKED, |pages, visit| Box::pin(pages.confirm_email(visit))),
    row("/:portal/password/forgot/sent", Door::Open, &[], |pages, visit| Box::pin(pages.asked_for_reset(visit))),
    row("/:portal/session/extend", Door::SignedIn(Needs::Nothing), &["return_to"], |_, visit| {
        Box::pin(std::future::ready(Ok(Pages::extend(visit))))
    }),
    row("/:portal/app", Door::Open, &[], |pages, visit| Box::pin(std::future::ready(pages.app(visit)))),
    row("/:portal/help", Door::Open, &[], |pages, visit| Box::pin(std::future::ready(pages.help(visit)))),
    row("/:portal/accessibility", Door::Open, &[], |pages, visit| Box::pin(std::future::ready(pages.accessibility(visit)))),
    row("/:portal/accessibility/report", Door::Open, &["text", "email"], |pages, visit| Box::pin(pages.report(visit))),
    row("/:portal/account", Door::SignedIn(Needs::Everything), &[], |pages, visit| Box::pin(std::future::ready(pages.account(visit)))),
    row("/:portal/account/profile", Door::SignedIn(Needs::Everything), &["first_name", "last_name", "language"], |pages, visit| {
        Box::pin(pages.profile(visit))
    }),
    row("/:portal/account/email", Door::SignedIn(Needs::Everything), &["email", "password"], |pages, visit| {
        Box::pin(pages.change_email(visit))
    }),
    row("/:portal/account/password", Door::SignedIn(Needs::Everything), &["current", "new", "repeat"], |pages, visit| {
        Box::pin(pages.change_password(visit))
    }),
    row("/:portal/account/consents", Door::SignedIn(Needs::Everything), &["decision", "consent_"], |pages, visit| {
        Box::pin(pages.consents(visit))
    }),
    row("/:portal/account/sessions", Door::SignedIn(Needs::Everything), &["decision", "session"], |pages, visit| {
        Box::pin(pages.devices(visit))
    }),
    row("/:portal/account/export", Door::SignedIn(Needs::Password), &["password"], |pages, visit| Box::pin(pages.export(visit))),
    row("/:portal/account/close", Door::SignedIn(Needs::Password), &["password"], |pages, visit| Box::pin(pages.close(visit))),
    row("/:portal/account/leave/:part", Door::SignedIn(Needs::Everything), &[], |pages, visit| Box::pin(pages.leave(visit))),
    row("/:portal/documents/:part", Door::Open, &[], |pages, visit| Box::pin(std::future::ready(pages.document(visit)))),
    row("/:portal/documents/accept", Door::SignedIn(Needs::Password), &["consent_"], |pages, visit| Box::pin(pages.accept(visit))),
    row("/:portal/area", Door::SignedIn(Needs::Everything), &[], |pages, visit| Box::pin(std::future::ready(pages.area(visit)))),
    row("/:portal/business", Door::SignedIn(Needs::Everything), &[], |pages, visit| Box::pin(std::future::ready(pages.business(visit)))),
    row("/:portal/business/pin", Door::SignedIn(Needs::Everything), &["number"], |pages, visit| Box::pin(pages.pin(visit))),
    row("/:portal/business/link", Door::SignedIn(Needs::Everything), &["number", "pin"], |pages, visit| Box::pin(pages.link(visit))),
    row("/:portal/team", Door::SignedIn(Needs::Everything), &[], |pages, visit| Box::pin(pages.team(visit))),
    row("/:portal/team/requests/:part", Door::SignedIn(Needs::Everything), &["version", "reason", "decision"], |pages, visit| {
        Box::pin(pages.request(visit))
    }),
    row(
        "/:portal/team/invite",
        Door::SignedIn(Needs::Everything),
        &["record", "email", "first_name", "last_name", "role"],
        |pages, visit| Box::pin(pages.invite_member(visit)),
    ),
    row("/:portal/team/invitations/:part", Door::SignedIn(Needs::Everything), &["decision"], |pages, visit| {
        Box::pin(pages.invitation(visit))
    }),
    row("/:portal/team/members/:part", Door::SignedIn(Needs::Everything), &["decision"], |pages, visit| Box::pin(pages.member(visit))),
];

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
    "first_name",
    "birth_date_day",
    "birth_date_month",
    "birth_date_year",
    "password",
    "consent_",
];
/// Of the pages behind mailed links.
pub(super) const LINKED: &[&str] = &["token", "decision", "new", "first_name", "last_name", "password", "consent_"];

/// Every page below a portal.
pub(super) const ROWS: [Row; 20] = [
    row("/:portal/", Door::Open, &[], |pages, visit| Box::pin(std::future::ready(pages.start(visit)))),
    row("/:portal/register", Door::Open, REGISTER, |pages, visit| Box::pin(pages.register(visit))),
    row("/:portal/register/details", Door::Open, REGISTER, |pages, visit| Box::pin(pages.details(visit))),
    row("/:portal/register/sent", Door::Open, &["code"], |pages, visit| Box::pin(pages.sent(visit))),
    row("/:portal/register/resend", Door::Open, &[], |pages, visit| Box::pin(pages.resend(visit))),
    row("/:portal/register/email", Door::Open, &["email"], |pages, visit| Box::pin(pages.correct(visit))),
    row("/:portal/register/done", Door::Open, &[], |pages, visit| Box::pin(std::future::ready(pages.registered(visit)))),
    row("/:portal/register/pending", Door::Open, &[], |pages, visit| Box::pin(pages.pending(visit))),
    row("/:portal/confirm", Door::Open, LINKED, |pages, visit| Box::pin(pages.confirm(visit))),
    row("/:portal/setup", Door::Open, LINKED, |pages, visit| Box::pin(pages.setup(visit))),
    row("/:portal/invite", Door::Open, LINKED, |pages, visit| Box::pin(pages.setup(visit))),
    row("/:portal/login", Door::Open, &["login", "password", "return_to"], |pages, visit| Box::pin(pages.login(visit))),
    row("/:portal/logout", Door::Open, &[], |pages, visit| Box::pin(pages.logout(visit))),
    row("/:portal/password/first", Door::SignedIn(Needs::Nothing), &["current", "new", "repeat"], |pages, visit| {
        Box::pin(pages.change_password(visit))
    }),
    row("/:portal/password/forgot", Door::Open, &["login"], |pages, visit| Box::pin(pages.forgot(visit))),
    row("/:portal/password/reset", Door::Open, LINKED, |pages, visit| Box::pin(pages.reset(visit))),
    row("/:portal/account/email/confirm", Door::Open, LINKED, |pages, visit| Box::pin(pages.confirm_email(visit))),
    row("/:portal/documents/:document", Door::Open, &[], |pages, visit| Box::pin(std::future::ready(pages.document(visit)))),
    row("/:portal/documents/accept", Door::SignedIn(Needs::Password), &["consent_"], |pages, visit| Box::pin(pages.accept(visit))),
    row("/:portal/area", Door::SignedIn(Needs::Everything), &[], |pages, visit| Box::pin(std::future::ready(pages.area(visit)))),
];

//! Every page there is, as a table: where it stands, who looks at it, and what is sent to see it refuse. A new page is one line here.

/// One page in one state.
pub(crate) struct Sight {
    /// What its pictures are called.
    pub(crate) name: &'static str,
    /// With the portal, and with what the scene fills in: `{name}`.
    pub(crate) path: &'static str,
    /// Who looks: an actor of the scene; nobody in particular where empty.
    pub(crate) who: &'static str,
    /// What is filled in and pressed there, to be refused.
    pub(crate) wrong: Option<Wrong>,
    /// The status of the answer.
    pub(crate) status: u16,
}

/// What a form is sent with to be refused.
#[derive(Clone, Copy)]
pub(crate) struct Wrong {
    pub(crate) fields: &'static [(&'static str, &'static str)],
    pub(crate) button: Option<&'static str>,
}

const fn sight(name: &'static str, path: &'static str, who: &'static str) -> Sight {
    Sight { name, path, who, wrong: None, status: 200 }
}

impl Sight {
    /// The same page after its form was refused.
    const fn refusing(self, fields: &'static [(&'static str, &'static str)]) -> Self {
        Self { wrong: Some(Wrong { fields, button: None }), status: 422, ..self }
    }

    /// The same page after a decision was refused.
    const fn refusing_to(self, button: &'static str, status: u16) -> Self {
        Self { wrong: Some(Wrong { fields: &[], button: Some(button) }), status, ..self }
    }

    const fn answers(self, status: u16) -> Self {
        Self { status, ..self }
    }
}

/// Rows that are no page: what is sent to them leads elsewhere.
pub(crate) const NO_PAGES: [&str; 2] = ["/:portal/register/resend", "/:portal/session/extend"];

/// Letter, code and link, one account a record.
pub(crate) const HOUSING: &[Sight] = &[
    sight("start", "/housing/", ""),
    sight("register", "/housing/register?n=K7M4-9QXT-2HBP", ""),
    sight("register-wrong", "/housing/register", "").refusing(&[("number", ""), ("email", "jana@"), ("password", "kurz")]),
    sight("sent", "/housing/register/sent", "applicant"),
    sight("sent-wrong", "/housing/register/sent", "applicant").refusing(&[("code", "")]),
    sight("sent-again", "/housing/register/sent?done=resent", "applicant"),
    sight("address", "/housing/register/email", "applicant"),
    sight("address-wrong", "/housing/register/email", "applicant").refusing(&[("email", "jana@")]),
    sight("done", "/housing/register/done", ""),
    sight("confirm", "/housing/confirm?t={link}", ""),
    sight("confirm-used", "/housing/confirm?t={used}", ""),
    sight("confirm-expired", "/housing/confirm?t={expired}", "").answers(410),
    sight("confirm-unknown", "/housing/confirm?t=nobodys", "").answers(404),
    sight("login", "/housing/login", ""),
    sight("login-wrong", "/housing/login", "").refusing(&[("login", ""), ("password", "")]),
    sight("login-first", "/housing/login?return_to=/housing/area", ""),
    sight("signed-out", "/housing/login?done=signed_out", ""),
    sight("forgot", "/housing/password/forgot", ""),
    sight("forgot-wrong", "/housing/password/forgot", "").refusing(&[("login", "")]),
    sight("reset", "/housing/password/reset?t={reset}", ""),
    sight("reset-wrong", "/housing/password/reset?t={reset}", "").refusing(&[("new", "kurz")]),
    sight("new-address", "/housing/account/email/confirm?t={address}", ""),
    sight("document", "/housing/documents/terms", ""),
    sight("forgot-sent", "/housing/password/forgot/sent", ""),
    sight("help", "/housing/help", ""),
    sight("accessibility", "/housing/accessibility", ""),
    sight("report", "/housing/accessibility/report", ""),
    sight("report-wrong", "/housing/accessibility/report", "").refusing(&[("text", ""), ("email", "jana@")]),
    sight("app", "/housing/app", ""),
    sight("area", "/housing/area", "tenant"),
    sight("logout", "/housing/logout", "tenant"),
    sight("account", "/housing/account", "tenant"),
    sight("account-saved", "/housing/account?done=saved", "tenant"),
    sight("profile", "/housing/account/profile", "tenant"),
    sight("profile-wrong", "/housing/account/profile", "tenant").refusing(&[("last_name", "")]),
    sight("email", "/housing/account/email", "tenant"),
    sight("email-wrong", "/housing/account/email", "tenant").refusing(&[("email", "jana@"), ("password", "")]),
    sight("password", "/housing/account/password", "tenant"),
    sight("password-wrong", "/housing/account/password", "tenant").refusing(&[("current", ""), ("new", "kurz"), ("repeat", "lang")]),
    sight("consents", "/housing/account/consents", "tenant"),
    sight("sessions", "/housing/account/sessions", "tenant"),
    sight("export", "/housing/account/export", "tenant"),
    sight("export-wrong", "/housing/account/export", "tenant").refusing(&[("password", "")]),
    sight("close", "/housing/account/close", "tenant"),
    sight("close-wrong", "/housing/account/close", "tenant").refusing(&[("password", "")]),
    sight("not-found", "/housing/documents/none", "").answers(404),
    sight("unknown", "/housing/none", "").answers(404),
];

/// The same portal after its terms have changed.
pub(crate) const RENEWED: &[Sight] =
    &[sight("accept", "/housing/documents/accept", "tenant"), sight("accept-wrong", "/housing/documents/accept", "tenant").refusing(&[])];

/// Claim, details, link, a colleague's approval, set-up in parts.
pub(crate) const PARTNER: &[Sight] = &[
    sight("start", "/partner/", ""),
    sight("register", "/partner/register", ""),
    sight("register-wrong", "/partner/register", "").refusing(&[("number", ""), ("postal_code", ""), ("email", "")]),
    sight("details", "/partner/register/details", "claimant"),
    sight("details-wrong", "/partner/register/details", "claimant").refusing(&[("first_name", ""), ("last_name", "")]),
    sight("sent", "/partner/register/sent", "applicant"),
    sight("confirm", "/partner/confirm?t={link}", ""),
    sight("pending", "/partner/register/pending", "waiting"),
    sight("rejected", "/partner/register/pending", "rejected"),
    sight("setup", "/partner/setup?t={setup}", ""),
    sight("setup-document", "/partner/setup/terms", "approved"),
    sight("setup-password", "/partner/setup/password", "nearly"),
    sight("setup-password-wrong", "/partner/setup/password", "nearly").refusing(&[("password", "kurz")]),
    sight("invite", "/partner/invite?t={invite}", ""),
    sight("invite-wrong", "/partner/invite?t={invite}", "").refusing(&[("first_name", ""), ("last_name", "")]),
    sight("login", "/partner/login", ""),
    sight("area", "/partner/area", "chief"),
    sight("team", "/partner/team", "chief"),
    sight("request", "/partner/team/requests/{request}", "chief"),
    sight("team-invite", "/partner/team/invite", "chief"),
    sight("team-invite-wrong", "/partner/team/invite", "chief").refusing(&[("email", "nobody@")]),
    sight("invitation", "/partner/team/invitations/{invitation}", "chief"),
    sight("member", "/partner/team/members/{member}", "chief"),
    sight("member-last", "/partner/team/members/{member}", "chief").refusing_to("member", 409),
    sight("consents", "/partner/account/consents", "chief"),
    sight("consents-wrong", "/partner/account/consents", "chief").refusing_to("give:marketing", 422),
    sight("leave", "/partner/account/leave/{membership}", "chief"),
    sight("document", "/partner/documents/marketing", ""),
];

/// The company opens the accounts; the first password is replaced.
pub(crate) const CUSTOMER: &[Sight] = &[
    sight("start", "/customer/", ""),
    sight("register", "/customer/register", ""),
    sight("login", "/customer/login", ""),
    sight("login-wrong", "/customer/login", "").refusing(&[("login", ""), ("password", "")]),
    sight("first", "/customer/password/first", "newcomer"),
    sight("first-wrong", "/customer/password/first", "newcomer").refusing(&[("current", ""), ("new", "kurz"), ("repeat", "")]),
    sight("forgot", "/customer/password/forgot", ""),
    sight("forgot-wrong", "/customer/password/forgot", "").refusing(&[("login", "")]),
    sight("reset", "/customer/password/reset?t={reset}", ""),
    sight("area", "/customer/area", "customer"),
];

/// Anybody registers; a PIN by post links a business.
pub(crate) const CHAMBER: &[Sight] = &[
    sight("start", "/chamber/", ""),
    sight("register", "/chamber/register", ""),
    sight("register-wrong", "/chamber/register", "").refusing(&[("first_name", ""), ("birth_date_day", "31"), ("birth_date_month", "2")]),
    sight("sent", "/chamber/register/sent", "applicant"),
    sight("confirm", "/chamber/confirm?t={link}", ""),
    sight("login", "/chamber/login", ""),
    sight("area", "/chamber/area", "craftsman"),
    sight("area-member", "/chamber/area", "member"),
    sight("business", "/chamber/business", "craftsman"),
    sight("business-waiting", "/chamber/business?done=requested", "waiting"),
    sight("business-member", "/chamber/business", "member"),
    sight("pin", "/chamber/business/pin", "craftsman"),
    sight("pin-wrong", "/chamber/business/pin", "craftsman").refusing(&[("number", "")]),
    sight("link", "/chamber/business/link", "craftsman"),
    sight("link-wrong", "/chamber/business/link", "craftsman").refusing(&[("number", ""), ("pin", "2222")]),
];

/// All of them.
pub(crate) const ALL: [&[Sight]; 5] = [HOUSING, RENEWED, PARTNER, CUSTOMER, CHAMBER];

/// The rows that no sight shows.
pub(crate) fn left_out(rows: &[String]) -> Vec<&String> {
    let seen: Vec<_> = ALL.iter().flat_map(|sights| sights.iter()).filter_map(|sight| row_of(sight, rows)).collect();
    rows.iter().filter(|row| !NO_PAGES.contains(&row.as_str()) && !seen.contains(row)).collect()
}

/// The row that answers at a sight's path: the one with the most words of its own.
fn row_of<'r>(sight: &Sight, rows: &'r [String]) -> Option<&'r String> {
    let path: Vec<_> = sight.path.split('?').next().unwrap_or_default().split('/').collect();
    let words = |row: &&String| row.split('/').filter(|word| !word.starts_with(':')).count();
    let answers = |row: &&String| {
        let row: Vec<_> = row.split('/').collect();
        row.len() == path.len() && row.iter().zip(&path).all(|(word, own)| word.starts_with(':') || word == own)
    };
    rows.iter().filter(answers).max_by_key(words)
}

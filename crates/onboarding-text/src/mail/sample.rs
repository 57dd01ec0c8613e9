//! A specimen of every mail: for clerks' previews, and to try an operator's layout before anybody gets a mail in it.

use chrono::{DateTime, Utc};
use onboarding::ports::MailOrder;
use onboarding_core::{EmailAddress, Language, MailTemplate, Page, Param, PortalSlug, Role};

/// Stands where a code or password would.
const BLACKED: &str = "████-████";
/// Stands where a token would.
const TOKEN: &str = "preview";

/// An order with every parameter that any mail knows, and nobody's data.
pub(super) fn order(portal: &PortalSlug, template: MailTemplate, language: Language) -> MailOrder {
    let date = DateTime::<Utc>::UNIX_EPOCH;
    let links = [Page::Confirm, Page::Setup, Page::Invite, Page::PasswordReset, Page::ConfirmNewEmail];
    let pages = [Page::Login, Page::PasswordForgot, Page::Team, Page::Staff];
    let mut params = vec![
        Param::Code(BLACKED.into()),
        Param::Password(BLACKED.into()),
        Param::RecordNumber(BLACKED.to_owned()),
        Param::Company("…".to_owned()),
        Param::Business("…".to_owned()),
        Param::Email("…".to_owned()),
        Param::Reason("…".to_owned()),
        Param::Role(Role::Member),
        Param::Days(30),
        Param::Count(10),
        Param::At(date),
        Param::ValidUntil(date),
    ];
    params.extend(links.map(|page| Param::Link(page, TOKEN.into())));
    params.extend(pages.map(Param::PageLink));
    let to = EmailAddress::parse("name@portal.example").expect("a plain address");
    MailOrder { portal: portal.clone(), template, language, to, params, message_id: "preview@portal.example".to_owned(), date }
}

/// Whether outside programs can still read a specimen: a secret alone on its line, a link at the end of its own.
pub(super) fn readable(template: MailTemplate, text: &str, html: &str) -> Result<(), String> {
    let word = template.word();
    let link = format!("?t={TOKEN}");
    if text.contains(BLACKED) && !text.lines().any(|line| line == BLACKED) {
        return Err(format!("the layout of the mail {word} does not leave a code alone on its line"));
    }
    if text.contains(&link) && !text.lines().any(|line| line.starts_with("http") && line.ends_with(&link) && !line.contains(' ')) {
        return Err(format!("the layout of the mail {word} does not leave a link alone on its line"));
    }
    if text.contains(&link) != html.contains(&link) || text.contains(BLACKED) != html.contains(BLACKED) {
        return Err(format!("text and HTML of the mail {word} do not show the same code and link"));
    }
    Ok(())
}

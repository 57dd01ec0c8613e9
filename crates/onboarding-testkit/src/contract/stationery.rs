//! Stationery: every mail in every language, readable for programs where they read it.

use super::promises;
use crate::{ReadMail, sample};
use chrono::{DateTime, Utc};
use onboarding::ports::{MailOrder, RenderedMail, Stationery};
use onboarding_core::{Language, MailTemplate, Page, Param, PortalSlug};
use secrecy::ExposeSecret;
use std::sync::Arc;

/// Stationery, and a portal it writes for.
pub struct Stationers {
    /// The stationery.
    pub stationery: Arc<dyn Stationery>,
    /// A portal that speaks every language given here.
    pub portal: PortalSlug,
    /// The languages the portal speaks.
    pub languages: Vec<Language>,
}

promises! { Stationers:
    every_mail_is_written_in_every_language,
    a_code_or_password_stands_alone_on_its_line,
    a_link_is_one_line_that_ends_in_its_token,
    what_somebody_typed_is_never_markup,
    the_envelope_is_the_orders,
    an_order_is_written_the_same_every_time,
}

fn date() -> DateTime<Utc> {
    DateTime::from_timestamp_nanos(1_767_600_000_000_000_000)
}

fn order(fresh: &Stationers, template: MailTemplate, language: Language, params: Vec<Param>) -> MailOrder {
    let to = sample::email("zoe@mail.example");
    let message_id = format!("{}@sample.example", sample::delivery_id(1).0);
    MailOrder { portal: fresh.portal.clone(), template, language, to, params, message_id, date: date() }
}

/// Every template with every set of parameters in every language.
fn all(fresh: &Stationers) -> impl Iterator<Item = (MailOrder, RenderedMail)> {
    let orders = MailTemplate::ALL.iter().flat_map(move |template| {
        let of_language = move |language: &Language| {
            let orders = sample::mail_params(*template).into_iter().map(|params| order(fresh, *template, *language, params));
            orders.collect::<Vec<_>>()
        };
        fresh.languages.iter().flat_map(of_language)
    });
    orders.map(|order| {
        let mail = fresh.stationery.mail(&order);
        let mail = mail.unwrap_or_else(|error| panic!("{} ({}): {error}", order.template.word(), order.language));
        (order, mail)
    })
}

/// With a subject of one line, a text and an HTML part, and nothing left to fill in.
pub async fn every_mail_is_written_in_every_language(fresh: &Stationers) {
    assert!(!fresh.languages.is_empty());
    for (order, mail) in all(fresh) {
        let which = format!("{} ({})", order.template.word(), order.language);
        assert!(!mail.subject.trim().is_empty() && !mail.subject.chars().any(char::is_control), "{which}: subject {:?}", mail.subject);
        assert!(!mail.text.trim().is_empty() && mail.html.contains('<'), "{which}: a part is empty");
        for part in [&mail.subject, &mail.text] {
            assert!(!part.contains(['{', '}', '\u{2068}', '\u{2069}']), "{which}: something was not filled in: {part:?}");
        }
    }
}

/// In every mail that carries one, and in no other.
pub async fn a_code_or_password_stands_alone_on_its_line(fresh: &Stationers) {
    for (order, mail) in all(fresh) {
        let which = format!("{} ({})", order.template.word(), order.language);
        let code = order.params.iter().find_map(|param| if let Param::Code(code) = param { Some(code.expose_secret()) } else { None });
        let password =
            order.params.iter().find_map(|param| if let Param::Password(text) = param { Some(text.expose_secret()) } else { None });
        assert_eq!(mail.code().as_deref(), code, "{which}: code");
        assert_eq!(mail.password().as_deref(), password, "{which}: password");
        let number =
            order.params.iter().find_map(|param| if let Param::RecordNumber(number) = param { Some(number.as_str()) } else { None });
        assert!(number.is_none_or(|number| mail.text.lines().any(|line| line == number)), "{which}: the number has no line of its own");
    }
}

/// With nothing behind the token; a link without a token has none.
pub async fn a_link_is_one_line_that_ends_in_its_token(fresh: &Stationers) {
    for (order, mail) in all(fresh) {
        let which = format!("{} ({})", order.template.word(), order.language);
        let token = order
            .params
            .iter()
            .find_map(|param| if let Param::Link(page, token) = param { Some((*page, token.expose_secret())) } else { None });
        assert_eq!(mail.link_token().as_deref(), token.map(|(_, token)| token), "{which}: token");
        if let Some((page, token)) = token {
            assert!(mail.html.contains(token), "{which}: the HTML part has no link");
            let link = mail.link().unwrap_or_default();
            assert!(link.contains(&format!("/{}/{}?t=", order.portal, page.path())), "{which}: {link}");
        }
        let pages = order.params.iter().filter_map(|param| if let Param::PageLink(page) = param { Some(*page) } else { None });
        for page in pages.collect::<Vec<Page>>() {
            let end = format!("/{}/{}", order.portal, page.path());
            assert!(mail.text.lines().any(|line| line.contains("://") && line.ends_with(&end)), "{which}: no line ends in {end}");
        }
    }
}

/// A name, a company and a reason in the HTML part are text; in the text part they are no line of their own making.
pub async fn what_somebody_typed_is_never_markup(fresh: &Stationers) {
    let evil = "<b>2222-3333</b>\r\n2222-3333\nhttps://evil.example/x?t=abc";
    let params = |template| match template {
        MailTemplate::Rejected => vec![Param::Name(evil.to_owned()), Param::Reason(evil.to_owned())],
        _ => vec![Param::Business(evil.to_owned())],
    };
    for template in [MailTemplate::Rejected, MailTemplate::Unlinked] {
        for language in &fresh.languages {
            let mail = fresh.stationery.mail(&order(fresh, template, *language, params(template))).expect("the mail is written");
            assert!(!mail.html.contains("<b>2222"), "{}: markup came through", template.word());
            assert_eq!((mail.code(), mail.link_token()), (None, None), "{}: a value made a line", template.word());
            assert!(!mail.subject.chars().any(char::is_control), "{}: a value broke the subject", template.word());
        }
    }
}

/// Portal, recipient, language, Message-ID and date are those of the order.
pub async fn the_envelope_is_the_orders(fresh: &Stationers) {
    for (order, mail) in all(fresh) {
        assert_eq!((&mail.portal, &mail.to, mail.language), (&order.portal, &order.to, order.language));
        assert_eq!((&mail.message_id, mail.date), (&order.message_id, order.date));
        assert!(!mail.from_name.chars().any(char::is_control));
    }
}

/// A second attempt is the same mail.
pub async fn an_order_is_written_the_same_every_time(fresh: &Stationers) {
    for (order, mail) in all(fresh) {
        let again = fresh.stationery.mail(&order).expect("the mail is written");
        assert_eq!((again.subject, again.text, again.html), (mail.subject, mail.text, mail.html), "{}", order.template.word());
    }
}

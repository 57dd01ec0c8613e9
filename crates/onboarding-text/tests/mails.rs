//! What readers and outside programs find in mails.

use chrono::{DateTime, Utc};
use onboarding::ports::{MailOrder, RenderedMail, Stationery, StationeryError};
use onboarding_core::Colour;
use onboarding_core::journey::NumberName;
use onboarding_core::{EmailAddress, Language, MailTemplate, Page, Param, PortalSlug, Role};
use onboarding_text::{Contact, FaceFault, MailFace, MailForm, MailStationery, MailTheme, Texts, Zone};
use std::collections::BTreeMap;
use std::sync::Arc;

const TOKEN: &str = "9f_Zq-1bVfJ2cYt0aWm3eR5uX8sK7dLpQnH4gT6oIi0";

fn harbour() -> PortalSlug {
    PortalSlug::parse("harbour").expect("a slug")
}

fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).expect("an address")
}

fn face() -> MailFace {
    MailFace {
        slug: harbour(),
        name: "Hafenportal Muster".to_owned(),
        from_name: "Hafen Muster".to_owned(),
        base_url: "https://portal.example.org".to_owned(),
        from: address("portal@hafen.example"),
        reply_to: Some(address("hilfe@hafen.example")),
        contact: Contact {
            email: address("hilfe@hafen.example"),
            phone: Some("01234 56789".to_owned()),
            hours: BTreeMap::from([(Language::De, "Mo–Fr 8–17 Uhr".to_owned()), (Language::En, "Mon–Fri 8 am–5 pm".to_owned())]),
        },
        zone: Zone::CentralEurope,
        quote: Some(NumberName::CustomerNumber),
        theme: MailTheme::default(),
    }
}

fn stationery() -> MailStationery {
    MailStationery::new(Arc::new(Texts::new()), [face()]).expect("a face that can send")
}

fn moment() -> DateTime<Utc> {
    "2026-11-22T14:20:00Z".parse().expect("a moment")
}

fn order(template: MailTemplate, language: Language, params: Vec<Param>) -> MailOrder {
    MailOrder {
        portal: harbour(),
        template,
        language,
        to: address("kim@beispiel.example"),
        params,
        message_id: "01J@hafen.example".to_owned(),
        date: moment(),
    }
}

fn link(page: Page) -> Param {
    Param::Link(page, TOKEN.into())
}

fn until() -> Param {
    Param::ValidUntil(moment())
}

fn name() -> Param {
    Param::Name("Ada Beispiel".to_owned())
}

fn company() -> Param {
    Param::Company("Müller & Söhne AG".to_owned())
}

/// The least that the order of each template carries.
fn params(template: MailTemplate) -> Vec<Param> {
    use MailTemplate as T;
    match template {
        T::ActivationCode => vec![Param::Code("7KQ4-M2XH".into()), link(Page::Confirm), until()],
        T::ConfirmLink => vec![link(Page::Confirm), until()],
        T::AccountExists => vec![Param::PageLink(Page::Login), Param::PageLink(Page::PasswordForgot)],
        T::ApprovalWanted | T::ApprovalReminder => vec![name(), company(), Param::PageLink(Page::Team)],
        T::ClerkApproval | T::ClerkReminder | T::StaffInvitation => vec![Param::PageLink(Page::Staff)],
        T::Approved => vec![name(), link(Page::Setup), until()],
        T::CompletionReminder => vec![link(Page::Setup), until()],
        T::ExpiredApproval | T::ExpiredCompletion => vec![Param::Days(30)],
        T::CustomerNumber => vec![Param::RecordNumber("0012345".to_owned()), Param::PageLink(Page::Login)],
        T::InitialPassword => vec![Param::Password("7KQ4M2XHBCDFGH".into()), Param::PageLink(Page::Login)],
        T::GeneratedPassword => vec![Param::Password("7KQ4M2XHBCDFGH".into()), until(), Param::PageLink(Page::Login)],
        T::ApprovedActive => vec![name(), Param::PageLink(Page::Login)],
        T::Linked => vec![Param::Business("Bäckerei D’Angelo".to_owned()), Param::PageLink(Page::Login)],
        T::Unlinked => vec![Param::Business("Bäckerei D’Angelo".to_owned())],
        T::PasswordReset => vec![link(Page::PasswordReset), until()],
        T::PasswordChanged | T::AccountSuspended | T::AccountUnsuspended | T::AccountClosed | T::EmailChangeRequested => {
            vec![Param::At(moment())]
        }
        T::Invitation | T::InvitationExisting => vec![company(), link(Page::Invite), until()],
        T::InvitationAccepted => vec![name(), Param::Email("neu@beispiel.example".to_owned()), company()],
        T::RoleChanged => vec![company(), Param::Role(Role::SuperAdmin)],
        T::MemberSuspended | T::MemberRemoved => vec![company()],
        T::MarketingConfirm => vec![link(Page::Confirm)],
        T::EmailChanged => vec![Param::Email("neu@beispiel.example".to_owned())],
        T::NewEmailConfirm => vec![link(Page::ConfirmNewEmail), until()],
        T::GuessingAlarm => vec![Param::Count(10)],
        T::BarrierReported => {
            vec![Param::Reason("Der Fokus ist nicht zu sehen.".to_owned()), Param::Email("leser@beispiel.example".to_owned())]
        }
        T::Rejected | T::RecordTaken | T::MailParked => Vec::new(),
    }
}

fn write(template: MailTemplate, language: Language) -> RenderedMail {
    stationery().mail(&order(template, language, params(template))).unwrap_or_else(|fault| panic!("{language}: {fault}"))
}

fn every(mut check: impl FnMut(MailTemplate, Language, &RenderedMail)) {
    let stationery = stationery();
    for template in MailTemplate::ALL.iter().copied() {
        for language in Language::ALL {
            let mail = stationery.mail(&order(template, language, params(template))).unwrap_or_else(|fault| panic!("{language}: {fault}"));
            check(template, language, &mail);
        }
    }
}

fn alone(mail: &RenderedMail, text: &str) -> bool {
    mail.text.lines().filter(|line| *line == text).count() == 1
}

#[test]
fn every_mail_is_written_in_every_language_from_the_least_its_order_carries() {
    every(|template, language, mail| {
        let place = format!("{} in {language}", template.word());
        assert!(!mail.subject.contains(['\n', '\r']) && mail.subject.chars().count() <= 100, "{place}: {}", mail.subject);
        for part in [&mail.subject, &mail.text, &mail.html] {
            assert!(!part.contains("{ $") && !part.contains("{$") && !part.contains("{{") && !part.contains("{%"), "{place}: {part}");
            assert!(!part.contains("none") || part == &mail.html, "{place}: {part}");
        }
        assert!(mail.html.contains(&format!("<html lang=\"{language}\"")), "{place}");
        assert!(mail.text.lines().all(|line| line.len() < 900 && line == line.trim()), "{place}: {}", mail.text);
        assert!(!mail.text.contains("\n\n\n") && !mail.text.starts_with('\n') && mail.text.ends_with('\n'), "{place}: {:?}", mail.text);
        assert_eq!(mail.language, language);
        assert_eq!((mail.from_name.as_str(), mail.from.as_str()), ("Hafen Muster", "portal@hafen.example"));
        assert_eq!(mail.reply_to.as_ref().map(EmailAddress::as_str), Some("hilfe@hafen.example"));
        assert_eq!(mail.message_id, "01J@hafen.example");
    });
}

#[test]
fn subjects_tell_occasions_apart() {
    // Three pairs share a subject by intention: both expiries, both invitations, and both approvals.
    for language in Language::ALL {
        let mut subjects: Vec<String> = MailTemplate::ALL.iter().map(|template| write(*template, language).subject).collect();
        subjects.sort();
        subjects.dedup();
        assert_eq!(subjects.len(), MailTemplate::ALL.len() - 3, "{language}");
    }
}

#[test]
fn text_and_html_say_the_same() {
    every(|template, language, mail| {
        let plain = unescape(&mail.html);
        for line in mail.text.lines().filter(|line| !line.is_empty()) {
            assert!(plain.contains(line), "{} in {language}: the HTML lacks {line:?}", template.word());
        }
    });
}

fn unescape(html: &str) -> String {
    html.replace("&#x27;", "'")
        .replace("&#x2f;", "/")
        .replace("&quot;", "\"")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}

#[test]
fn a_code_a_password_and_a_number_stand_alone_on_their_lines() {
    for language in Language::ALL {
        assert!(alone(&write(MailTemplate::ActivationCode, language), "7KQ4-M2XH"));
        assert!(alone(&write(MailTemplate::InitialPassword, language), "7KQ4M2XHBCDFGH"));
        assert!(alone(&write(MailTemplate::GeneratedPassword, language), "7KQ4M2XHBCDFGH"));
        assert!(alone(&write(MailTemplate::CustomerNumber, language), "0012345"));
    }
}

#[test]
fn a_link_is_one_line_that_ends_with_its_token() {
    let mut links = 0;
    every(|template, language, mail| {
        let ordered = params(template).into_iter().find_map(|param| if let Param::Link(page, _) = param { Some(page) } else { None });
        if let Some(page) = ordered {
            let address = format!("https://portal.example.org/harbour/{}?t={TOKEN}", page.path());
            assert!(alone(mail, &address), "{} in {language}: {}", template.word(), mail.text);
            // On the button and once more to copy.
            assert_eq!(mail.html.matches(&format!("href=\"{address}\"")).count(), 2, "{} in {language}", template.word());
            links += 1;
        } else {
            assert!(!mail.text.contains("?t=") && !mail.html.contains("?t="), "{} in {language}", template.word());
        }
    });
    assert_eq!(links, 9 * 4);
}

#[test]
fn links_lead_nowhere_but_to_the_portal() {
    every(|template, language, mail| {
        for part in [&mail.text, &mail.html] {
            for (at, _) in part.match_indices("://") {
                let from = part[..at].rfind(|c: char| !c.is_ascii_alphabetic()).map_or(0, |before| before + 1);
                assert!(part[from..].starts_with("https://portal.example.org/harbour/"), "{} in {language}", template.word());
            }
        }
        for word in ["<script", "<img", "<link", "url(", "@import"] {
            assert!(!mail.html.contains(word), "{} in {language} loads something: {word}", template.word());
        }
    });
}

#[test]
fn pages_without_a_token_are_linked_by_their_path() {
    let mail = write(MailTemplate::AccountExists, Language::De);
    assert!(alone(&mail, "https://portal.example.org/harbour/login"));
    assert!(alone(&mail, "https://portal.example.org/harbour/password/forgot"));
}

#[test]
fn what_expires_says_when_in_the_readers_form() {
    for template in [MailTemplate::ActivationCode, MailTemplate::ConfirmLink, MailTemplate::GeneratedPassword, MailTemplate::PasswordReset]
    {
        assert!(alone(&write(template, Language::De), "Gültig bis 22.11.2026 um 15:20 Uhr."));
        assert!(alone(&write(template, Language::En), "Valid until 22 November 2026 at 15:20."));
        assert!(alone(&write(template, Language::Fr), "Valable jusqu’au 22 novembre 2026 à 15\u{a0}h\u{a0}20."));
        assert!(alone(&write(template, Language::It), "Scadenza: 22 novembre 2026 alle ore 15:20."));
    }
}

#[test]
fn an_initial_password_says_how_long_it_lives_whether_or_not_the_moment_is_known() {
    assert!(alone(&write(MailTemplate::InitialPassword, Language::De), "Gültig 14 Tage ab dem Versand dieser E-Mail."));
    let known = vec![Param::Password("7KQ4M2XHBCDFGH".into()), until()];
    let mail = stationery().mail(&order(MailTemplate::InitialPassword, Language::De, known)).unwrap();
    assert!(alone(&mail, "Gültig bis 22.11.2026 um 15:20 Uhr."));
}

#[test]
fn a_person_is_greeted_by_name_only_where_the_order_names_it() {
    let greeting =
        |template, params| stationery().mail(&order(template, Language::De, params)).unwrap().text.lines().next().unwrap().to_owned();
    assert_eq!(greeting(MailTemplate::Rejected, vec![name()]), "Guten Tag Ada Beispiel");
    assert_eq!(greeting(MailTemplate::Rejected, vec![]), "Guten Tag");
}

#[test]
fn a_mail_to_an_unproven_address_carries_nothing_that_anybody_typed() {
    use MailTemplate as T;
    let typed = "Hello www.evil.example";
    for template in [T::ActivationCode, T::ConfirmLink, T::Invitation, T::InvitationExisting, T::NewEmailConfirm, T::MarketingConfirm] {
        for language in Language::ALL {
            let mut params = params(template);
            params.extend([Param::Name(typed.to_owned()), Param::Email(typed.to_owned()), Param::Reason(typed.to_owned())]);
            let mail = stationery().mail(&order(template, language, params)).unwrap();
            for part in [&mail.subject, &mail.text, &mail.html] {
                assert!(!part.contains("evil"), "{} in {language}: {part}", template.word());
            }
        }
    }
}

#[test]
fn a_name_with_markup_is_shown_as_text() {
    let name = Param::Name("<img src=x onerror=alert(1)> \"Ada\" & 'Kim'".to_owned());
    let mail =
        stationery().mail(&order(MailTemplate::Rejected, Language::En, vec![name, Param::Reason("</p><a href=//x>".to_owned())])).unwrap();
    assert!(!mail.html.contains("<img") && !mail.html.contains("<a href=//x"), "{}", mail.html);
    assert!(mail.html.contains("&lt;img src=x onerror=alert(1)&gt; &quot;Ada&quot; &amp; &#x27;Kim&#x27;"), "{}", mail.html);
    assert!(mail.text.contains("<img src=x onerror=alert(1)> \"Ada\" & 'Kim'"), "the text part is no HTML");
}

#[test]
fn a_line_break_in_a_parameter_begins_no_line_and_no_header() {
    let evil = "Firma\r\nBcc: x@evil.example\r\n.\r\n7KQ4-M2XH\u{2028}\u{202e}X\0";
    let mail = stationery().mail(&order(MailTemplate::MemberRemoved, Language::De, vec![Param::Company(evil.to_owned())])).unwrap();
    assert_eq!(mail.subject, "Ihr Zugang für Firma Bcc: x@evil.example . 7KQ4-M2XH X wurde entfernt");
    assert!(!mail.text.lines().any(|line| line.starts_with("Bcc") || line == "." || line == "7KQ4-M2XH"), "{}", mail.text);
    assert!(!mail.html.contains('\0') && !mail.html.contains('\u{202e}'));
}

#[test]
fn a_rejection_says_its_reason_where_there_is_one() {
    let text = |params| stationery().mail(&order(MailTemplate::Rejected, Language::De, params)).unwrap().text;
    assert!(text(vec![Param::Reason("Unbekannte Person".to_owned())]).contains("Grund: Unbekannte Person"));
    assert!(!text(vec![]).contains("Grund:"));
}

#[test]
fn every_mail_ends_with_the_contact_and_asks_people_for_their_number() {
    use MailTemplate as T;
    every(|template, language, mail| {
        let ending: Vec<&str> = mail.text.lines().rev().take(3).collect();
        assert!(ending.iter().any(|line| line.contains("hilfe@hafen.example · ") && line.contains("01234\u{a0}56789")), "{ending:?}");
        let clerks = matches!(
            template,
            T::ClerkApproval | T::ClerkReminder | T::GuessingAlarm | T::MailParked | T::BarrierReported | T::StaffInvitation
        );
        let asks = Texts::new().text(None, language, "help-quote-customerNumber", &[]).unwrap();
        assert_eq!(ending[0] == asks, !clerks, "{} in {language}: {ending:?}", template.word());
    });
    let mut face = face();
    face.quote = None;
    let quiet = MailStationery::new(Arc::new(Texts::new()), [face]).unwrap();
    let mail = quiet.mail(&order(T::Rejected, Language::De, Vec::new())).unwrap();
    assert_eq!(mail.text.lines().last(), Some("Mo–Fr 8–17 Uhr"));
}

#[test]
fn the_number_and_the_password_never_share_a_mail() {
    let both = vec![Param::RecordNumber("0012345".to_owned()), Param::Password("7KQ4M2XHBCDFGH".into()), until()];
    let first = stationery().mail(&order(MailTemplate::CustomerNumber, Language::De, both.clone())).unwrap();
    let second = stationery().mail(&order(MailTemplate::InitialPassword, Language::De, both)).unwrap();
    assert!(first.text.contains("0012345") && !first.text.contains("7KQ4M2XHBCDFGH") && !first.html.contains("7KQ4M2XHBCDFGH"));
    assert!(second.text.contains("7KQ4M2XHBCDFGH") && !second.text.contains("0012345") && !second.html.contains("0012345"));
}

#[test]
fn an_order_that_lacks_what_the_mail_needs_is_a_fault() {
    let fault = |template, params| stationery().mail(&order(template, Language::De, params)).err().unwrap();
    let reason = |fault| if let StationeryError::Text { reason, .. } = fault { reason } else { panic!("{fault}") };
    assert_eq!(reason(fault(MailTemplate::ActivationCode, vec![until()])), "the order of the mail activation-code lacks a code");
    assert_eq!(reason(fault(MailTemplate::ConfirmLink, vec![until()])), "the order of the mail confirm-link lacks a link");
    assert_eq!(
        reason(fault(MailTemplate::PasswordReset, vec![link(Page::Setup), until()])),
        "the order of the mail password-reset lacks a link"
    );
    assert!(reason(fault(MailTemplate::MemberRemoved, vec![])).contains("company"));
    assert!(reason(fault(MailTemplate::ConfirmLink, vec![Param::Link(Page::Confirm, "a\"b c".into()), until()])).contains("token"));
    let mut elsewhere = order(MailTemplate::Rejected, Language::De, Vec::new());
    elsewhere.portal = PortalSlug::parse("meadow").unwrap();
    assert_eq!(stationery().mail(&elsewhere).err(), Some(StationeryError::UnknownPortal(elsewhere.portal)));
}

#[test]
fn a_portals_own_words_reach_its_mails_on_one_line() {
    let texts = Texts::new().with_overrides(&harbour(), Language::De, "mail-rejected-subject = { $portal } \n    sagt nein\n").unwrap();
    let stationery = MailStationery::new(Arc::new(texts), [face()]).unwrap();
    let mail = stationery.mail(&order(MailTemplate::Rejected, Language::De, Vec::new())).unwrap();
    assert_eq!(mail.subject, "Hafenportal Muster sagt nein");
}

#[test]
fn a_portal_may_have_its_own_layout() {
    let layout = "<html lang=\"{{ language }}\"><body>{% for block in blocks %}<p>{% if block.kind == 'link' %}<a href=\"{{ block.url }}\">{{ block.label }}</a>{% else %}{{ block.text }}{% endif %}</p>{% endfor %}</body></html>";
    let own = stationery().with_layout(&harbour(), MailForm::Html, layout).unwrap();
    let mail = own.mail(&order(MailTemplate::Rejected, Language::En, vec![Param::Name("<b>".to_owned())])).unwrap();
    assert!(mail.html.starts_with("<html lang=\"en\"><body><p>Hello &lt;b&gt;,</p>"), "{}", mail.html);
}

#[test]
fn a_layout_that_cannot_work_is_refused_with_its_line() {
    let refused = |form, source: &str| stationery().with_layout(&harbour(), form, source).err().unwrap();
    assert_eq!(refused(MailForm::Html, "<p>\n{% for %}").line, Some(2));
    let unknown = refused(MailForm::Html, "<html>\n\n<p>{{ sender }}</p>");
    assert_eq!(unknown.line, Some(3));
    assert!(unknown.reason.contains("undefined"), "{unknown}");
    assert!(
        refused(
            MailForm::Text,
            "{% for block in blocks %}{% if block.kind == 'link' %}{{ block.url }}{% else %}{{ block.text }}{% endif %} {% endfor %}"
        )
        .reason
        .contains("alone on its line")
    );
    assert!(refused(MailForm::Html, "<p>Nichts</p>").reason.contains("do not show the same"));
    let nowhere = stationery().with_layout(&PortalSlug::parse("meadow").unwrap(), MailForm::Text, "x").err().unwrap();
    assert_eq!(nowhere.reason, "no portal is called meadow");
}

#[test]
fn a_face_that_cannot_send_is_refused() {
    let refused = |change: fn(&mut MailFace)| {
        let mut face = face();
        change(&mut face);
        MailStationery::new(Arc::new(Texts::new()), [face]).err()
    };
    for address in [
        "portal.example.org",
        "ftp://portal.example.org",
        "https://",
        "https:///x",
        "https://a b",
        "https://a\"b",
        "https://a?b=c",
        "javascript:x",
    ] {
        let mut face = face();
        address.clone_into(&mut face.base_url);
        assert_eq!(MailStationery::new(Arc::new(Texts::new()), [face]).err(), Some(FaceFault::BaseUrl(harbour())), "{address}");
    }
    assert_eq!(refused(|face| face.name = "A\nB".to_owned()), Some(FaceFault::Name(harbour())));
    let pale = refused(|face| face.theme = MailTheme::default().with_accent(Colour::parse("#ffd54f").unwrap()));
    assert_eq!(pale, Some(FaceFault::Contrast { portal: harbour(), pair: "accent on ground" }));
    assert_eq!(MailStationery::new(Arc::new(Texts::new()), [face(), face()]).err(), Some(FaceFault::Twice(harbour())));
}

#[test]
fn the_base_address_may_have_a_port_a_path_and_a_slash_too_many() {
    let mut face = face();
    "http://127.0.0.1:8080/onboarding/".clone_into(&mut face.base_url);
    let stationery = MailStationery::new(Arc::new(Texts::new()), [face]).unwrap();
    let mail = stationery.mail(&order(MailTemplate::AccountExists, Language::De, params(MailTemplate::AccountExists))).unwrap();
    assert!(alone(&mail, "http://127.0.0.1:8080/onboarding/harbour/login"), "{}", mail.text);
}

#[test]
fn a_preview_shows_every_template_without_anybodys_data() {
    for template in MailTemplate::ALL.iter().copied() {
        for language in Language::ALL {
            let preview = stationery().preview(&harbour(), template, language).unwrap();
            assert!(!preview.subject.is_empty() && preview.html.contains("</html>"));
            assert!(!preview.text.contains("beispiel.example"), "{}", preview.text);
        }
    }
    let code = stationery().preview(&harbour(), MailTemplate::ActivationCode, Language::De).unwrap();
    assert!(code.text.contains("\n████-████\n"));
}

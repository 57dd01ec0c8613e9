//! The pages that are read: the list of portals, one portal's guide and post, a mail, a letter; in the reader's language and with the
//! portals' look. What a page may do and who may see it is decided before.

use super::reading::{codes, links, pieces, pins};
use super::steps::{self, Place};
use super::{Asked, Branch, Detail, Letter, Mail, POLICY, PostOffice, Sample, Sheet, answer, unread};
use crate::language;
use crate::pages::{Jar, Purpose, STYLES_AT, number_word, own_name};
use crate::problem::Problem;
use chrono::{DateTime, Utc};
use minijinja::{Environment, UndefinedBehavior, Value, context};
use onboarding_core::{Language, PortalSlug};
use onboarding_text::{Arg, Texts, Zone, moments};
use poem::Response;
use poem::http::{HeaderValue, header};
use std::sync::Arc;

const TEMPLATE: &str = include_str!("../../templates/post_office.html");
/// What stands for the post office where a portal's slug names a cookie; no portal may be called so.
const OWN: &str = "demo";

/// What every page needs.
pub(super) struct Desk {
    pub(super) office: Arc<dyn PostOffice>,
    pub(super) texts: Arc<Texts>,
    pub(super) jar: Jar,
}

/// Who reads a page, and of what portal.
struct Reader<'a> {
    desk: &'a Desk,
    branch: Option<&'a Branch>,
    language: Language,
    /// A choice made just now, to be kept.
    kept: Vec<HeaderValue>,
}

impl Desk {
    pub(super) fn index(&self, asked: &Asked) -> Result<Response, Problem> {
        let reader = self.reader(asked, None);
        let mut branches = Vec::new();
        for branch in self.office.branches() {
            let of = Reader { desk: self, branch: Some(branch), language: reader.language, kept: Vec::new() };
            let mails = self.office.mails(branch).map_err(|error| unread(&error))?.len();
            let letters = self.office.letters(branch).map_err(|error| unread(&error))?.len();
            branches.push(context! {
                slug => branch.slug(),
                name => branch.portal.name.clone(),
                story => of.story()?,
                counts => reader.text("demo-counts", &[("mails", mails.into()), ("letters", letters.into())])?,
                href => format!("/demo/{}?lang={}", branch.slug(), reader.language),
                portal => of.portal_page(""),
            });
        }
        let title = reader.text("demo-title", &[])?;
        reader.page(&title, "index", context! { branches })
    }

    pub(super) fn branch(&self, asked: &Asked) -> Result<Response, Problem> {
        let branch = self.branch_of(asked)?;
        let reader = self.reader(asked, Some(branch));
        let sample = self.office.sample(branch).map_err(|error| unread(&error))?;
        let mails = self.office.mails(branch).map_err(|error| unread(&error))?;
        let mails = mails.iter().map(|mail| reader.mail(mail)).collect::<Result<Vec<_>, _>>()?;
        let letters = self.office.letters(branch).map_err(|error| unread(&error))?;
        let letters = letters.iter().map(|letter| self.letter_card(&reader, branch, letter)).collect::<Result<Vec<_>, _>>()?;
        let steps = reader.steps(branch)?;
        let rows = sample.map(|sample| reader.details(&sample)).transpose()?;
        let posts = !letters.is_empty() || steps::steps(&branch.portal.journey).iter().any(|step| step.at == Place::Letters);
        let shown = context! { story => reader.story()?, rows, steps, mails, posts, letters, portal => reader.portal_page("") };
        reader.page(&branch.portal.name, "branch", shown)
    }

    pub(super) fn mail(&self, asked: &Asked) -> Result<Response, Problem> {
        let branch = self.branch_of(asked)?;
        let reader = self.reader(asked, Some(branch));
        let mail = self.mail_of(branch, asked)?;
        let pieces: Vec<_> = pieces(&mail.text).into_iter().map(|(text, href)| context! { text, href }).collect();
        let shown = reader.mail(&mail)?;
        let title = reader.subject(&mail)?;
        let html = format!("/demo/{}/mails/{}/html", branch.slug(), mail.name);
        reader.page(
            &title,
            "mail",
            context! { mail => shown, codes => owned(codes(&mail.text)), links => owned(links(&mail.text)), pieces, html },
        )
    }

    pub(super) fn letter(&self, asked: &Asked) -> Result<Response, Problem> {
        let branch = self.branch_of(asked)?;
        let reader = self.reader(asked, Some(branch));
        let pdf = self.letter_of(branch, asked)?;
        let listed = self.office.letters(branch).map_err(|error| unread(&error))?;
        let letter = listed.into_iter().find(|letter| letter.name == asked.name).ok_or_else(Problem::not_found)?;
        let sheets = self.office.sheets(pdf);
        let total = sheets.len();
        let pins = owned(sheets.iter().flat_map(|sheet| pins(&sheet.text)));
        let pages = (1..).zip(&sheets).map(|(number, sheet): (usize, &Sheet)| {
            let name = reader.text("common-page", &[("n", number.into()), ("total", total.into())])?;
            Ok(context! { name, src => format!("/demo/{}/letters/{}/pages/{number}", branch.slug(), letter.name), text => sheet.text.clone() })
        });
        let pages = pages.collect::<Result<Vec<_>, Problem>>()?;
        let title = reader.letter_title(&letter)?;
        let pdf = format!("/demo/{}/letters/{}", branch.slug(), letter.name);
        reader.page(&title, "letter", context! { pages, codes => pins, pdf })
    }

    pub(super) fn branch_of(&self, asked: &Asked) -> Result<&Branch, Problem> {
        self.office.branches().iter().find(|branch| branch.slug() == asked.portal).ok_or_else(Problem::not_found)
    }

    pub(super) fn mail_of(&self, branch: &Branch, asked: &Asked) -> Result<Mail, Problem> {
        self.office.mail(branch, &asked.name).map_err(|error| unread(&error))?.ok_or_else(Problem::not_found)
    }

    pub(super) fn letter_of(&self, branch: &Branch, asked: &Asked) -> Result<Vec<u8>, Problem> {
        self.office.letter(branch, &asked.name).map_err(|error| unread(&error))?.ok_or_else(Problem::not_found)
    }

    fn letter_card(&self, reader: &Reader<'_>, branch: &Branch, letter: &Letter) -> Result<Value, Problem> {
        let pdf = self.office.letter(branch, &letter.name).map_err(|error| unread(&error))?;
        let below = format!("/demo/{}/letters/{}", branch.slug(), letter.name);
        // A file that is gone since it was listed has no picture either.
        let picture = pdf.is_some_and(|pdf| !self.office.sheets(pdf).is_empty()).then(|| format!("{below}/pages/1"));
        Ok(context! { title => reader.letter_title(letter)?, read => format!("{below}/read"), picture, pdf => below })
    }

    /// `?lang=`, then what was chosen on the portal's pages, then what was chosen here, then what the browser says.
    fn reader<'a>(&'a self, asked: &Asked, branch: Option<&'a Branch>) -> Reader<'a> {
        let wish = &asked.language;
        let kept = |slug: &str| self.jar.get(&wish.headers, Purpose::Language, slug).and_then(|tag| Language::from_tag(&tag));
        let chosen = wish.asked.or_else(|| branch.and_then(|branch| kept(branch.slug()))).or_else(|| kept(OWN));
        let language = chosen.unwrap_or_else(|| language::of_request(&wish.headers, &Language::ALL));
        let mut cookies = Vec::new();
        if let Some(language) = wish.asked {
            cookies.push(self.jar.set(Purpose::Language, OWN, language.tag()));
            // The portal's own pages go on in it, if they speak it.
            if let Some(branch) = branch.filter(|branch| branch.portal.journey.languages.contains(&language)) {
                cookies.push(self.jar.set(Purpose::Language, branch.slug(), language.tag()));
            }
        }
        Reader { desk: self, branch, language, kept: cookies }
    }
}

impl Reader<'_> {
    fn text(&self, key: &str, args: &[(&str, Arg<'_>)]) -> Result<String, Problem> {
        let slug: Option<&PortalSlug> = self.branch.map(|branch| &branch.portal.slug);
        self.desk.texts.text(slug, self.language, key, args).map_err(|fault| {
            tracing::error!(key, %fault, "could not word a page of the demo");
            Problem::internal()
        })
    }

    fn moment(&self, sent: Option<DateTime<Utc>>) -> String {
        let zone = self.branch.map_or(Zone::Utc, |branch| Zone::of_country(&branch.portal.country));
        sent.map(|sent| moments::datetime(self.language, zone, sent)).unwrap_or_default()
    }

    /// A page of the portal, in the reader's language if it speaks that.
    fn portal_page(&self, below: &str) -> Option<String> {
        let portal = &self.branch?.portal;
        let spoken = portal.journey.languages.contains(&self.language);
        Some(format!("/{}/{below}{}", portal.slug, if spoken { format!("?lang={}", self.language) } else { String::new() }))
    }

    fn story(&self) -> Result<String, Problem> {
        let Some(branch) = self.branch else { return Ok(String::new()) };
        self.text(&format!("demo-story-{}", steps::story(&branch.portal.journey)), &[])
    }

    fn steps(&self, branch: &Branch) -> Result<Vec<Value>, Problem> {
        let steps = steps::steps(&branch.portal.journey).into_iter().map(|step| {
            let href = match step.at {
                Place::Mails => "#mails".to_owned(),
                Place::Letters => "#letters".to_owned(),
                Place::Page(below) => self.portal_page(below).unwrap_or_default(),
            };
            let (title, how) = (format!("demo-step-{}", step.word), format!("demo-step-{}-how", step.word));
            Ok(context! { title => self.text(&title, &[])?, how => self.text(&how, &[])?, href })
        });
        steps.collect()
    }

    fn details(&self, sample: &Sample) -> Result<Vec<Value>, Problem> {
        let rows = sample.details.iter().map(|(detail, value)| {
            let number = self.branch.map_or("", |branch| number_word(branch.portal.journey.number));
            let key = match detail {
                Detail::Company => "field-company".to_owned(),
                Detail::Name => "demo-name".to_owned(),
                Detail::Number => format!("field-{number}"),
                Detail::LastName => "field-lastName".to_owned(),
                Detail::PostalCode => "field-postcode".to_owned(),
                Detail::Mailbox => "field-email".to_owned(),
                Detail::SuperAdmin => "demo-superAdmin".to_owned(),
                Detail::AnyMailbox => "demo-anyMailbox".to_owned(),
            };
            Ok(context! { name => self.text(&key, &[])?, value })
        });
        rows.collect()
    }

    fn mail(&self, mail: &Mail) -> Result<Value, Problem> {
        let href = self.branch.map(|branch| format!("/demo/{}/mails/{}", branch.slug(), mail.name));
        let (from, to, sent) = (mail.from.clone(), mail.to.clone(), self.moment(mail.sent));
        Ok(context! { href, from, to, sent, subject => self.subject(mail)? })
    }

    fn subject(&self, mail: &Mail) -> Result<String, Problem> {
        if mail.subject.is_empty() { self.text("demo-noSubject", &[]) } else { Ok(mail.subject.clone()) }
    }

    fn letter_title(&self, letter: &Letter) -> Result<String, Problem> {
        self.text("demo-letter", &[("datetime", Arg::Text(&self.moment(Some(letter.sent))))])
    }

    /// Writes a page of one kind.
    fn page(&self, title: &str, kind: &str, shown: Value) -> Result<Response, Problem> {
        let mut words = std::collections::BTreeMap::new();
        for key in WORDS {
            words.insert(*key, self.text(&format!("demo-{key}"), &[])?);
        }
        let common = context! { skip => self.text("common-skip", &[])?, language => self.text("common-language", &[])? };
        let languages: Vec<_> = Language::ALL
            .iter()
            .map(|one| context! { tag => one.tag(), name => own_name(*one), href => format!("?lang={}", one.tag()) })
            .collect();
        let home = self.branch.map(|branch| context! { name => branch.portal.name.clone(), href => format!("/demo/{}", branch.slug()) });
        let frame = context! {
            title, kind, words, common, languages, home, lang => self.language.tag(), styles => STYLES_AT, ..shown
        };
        let written = || {
            let mut templates = Environment::new();
            templates.set_undefined_behavior(UndefinedBehavior::Strict);
            templates.add_template("post_office.html", TEMPLATE)?;
            templates.get_template("post_office.html")?.render(frame)
        };
        let page: Result<String, minijinja::Error> = written();
        let page = page.map_err(|error| {
            tracing::error!(%error, "could not write a page of the demo");
            Problem::internal()
        })?;
        let mut response = answer(page, "text/html; charset=utf-8", POLICY);
        response.headers_mut().insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(self.language.tag()));
        for cookie in &self.kept {
            response.headers_mut().append(header::SET_COOKIE, cookie.clone());
        }
        Ok(response)
    }
}

fn owned<'a>(found: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    found.into_iter().map(str::to_owned).collect()
}

/// The texts that the template takes by their names, behind `demo-`.
const WORDS: &[&str] = &[
    "title",
    "intro",
    "api",
    "guide",
    "openPortal",
    "where",
    "sample",
    "sampleUse",
    "noSample",
    "steps",
    "mails",
    "letters",
    "noMails",
    "noLetters",
    "reload",
    "newest",
    "subject",
    "to",
    "from",
    "time",
    "code",
    "copy",
    "follow",
    "asText",
    "asHtml",
    "htmlAlone",
    "pdf",
    "picture",
    "noPicture",
    "start",
];

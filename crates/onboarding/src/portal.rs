//! A portal: a journey with a name, an address, people to call and documents to agree to. All of it is data.
//!
//! Files are read by whoever embeds the engine; here their text is parsed, and refused with line and reason.

mod letters;
mod look;

pub use letters::{LetterDispatch, LetterLayout, LetterSettings};
pub use look::{Look, Site, logo_fault};

use letters::LettersTable;
use look::{LookTable, SiteTable, is_example};
use onboarding_core::{
    EmailAddress, Journey, Language, PortalSlug,
    consent::DocumentVersion,
    journey::declaration::{Declaration, DeclarationFault, line_of},
};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// A document in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentText {
    /// Its title: the first line, without `# `.
    pub title: String,
    /// The whole text, Markdown.
    pub text: String,
    /// SHA-256 of the text, 32 bytes.
    pub sha256: [u8; 32],
}

/// Bytes in hexadecimal, as digests are shown.
pub fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// A document in its current version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Its name, as in the journey's consents.
    pub name: String,
    /// Its version, 1 to 20 characters.
    pub version: String,
    /// The text by language; the portal's own language is always there.
    pub texts: BTreeMap<Language, DocumentText>,
}

impl Document {
    /// The text in this language, or in the portal's own.
    ///
    /// # Panics
    /// Never for a document of a [`Portal`]: one without the portal's own language is refused.
    pub fn in_language(&self, language: Language, own: Language) -> (Language, &DocumentText) {
        match self.texts.get(&language) {
            Some(text) => (language, text),
            None => (own, self.texts.get(&own).expect("a document without the portal's own language is refused")),
        }
    }
}

/// Whom people call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Support {
    /// Address.
    pub email: EmailAddress,
    /// Phone, as printed.
    pub phone: String,
    /// Hours by language.
    pub hours: BTreeMap<Language, String>,
    /// Whether people are asked to quote their number.
    pub quote_number: bool,
}

/// Who writes the mails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    /// Address.
    pub from: EmailAddress,
    /// Display name.
    pub name: String,
    /// Where answers go, if elsewhere.
    pub reply_to: Option<EmailAddress>,
}

/// A portal.
#[derive(Clone, Debug)]
pub struct Portal {
    /// Its slug.
    pub slug: PortalSlug,
    /// Its name, a proper name without an article.
    pub name: String,
    /// ISO 3166-1 alpha-2; chooses words such as the one for a postal code.
    pub country: String,
    /// Whom people call.
    pub support: Support,
    /// Who writes the mails.
    pub sender: Sender,
    /// How it sends letters.
    pub letters: LetterSettings,
    /// Its journey.
    pub journey: Journey,
    /// The documents in the order in which they are asked for.
    pub documents: Vec<Document>,
    /// Its own colours; the built-in ones without.
    pub look: Option<Look>,
    /// Its logo, SVG; its name alone without.
    pub logo: Option<String>,
    /// Where it is reached.
    pub site: Site,
    /// A number as its letters and invoices write one, for hints; an invented one.
    pub number_example: Option<String>,
}

/// A portal file that cannot work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct PortalFault {
    /// The line, counted from 1.
    pub line: usize,
    /// Why.
    pub reason: String,
}

impl From<DeclarationFault> for PortalFault {
    fn from(fault: DeclarationFault) -> Self {
        Self { line: fault.line, reason: fault.reason }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: toml::Spanned<String>,
    languages: toml::Spanned<Vec<Language>>,
    country: toml::Spanned<String>,
    support: SupportTable,
    mail: MailTable,
    letters: Option<LettersTable>,
    look: Option<LookTable>,
    site: Option<SiteTable>,
    number_example: Option<toml::Spanned<String>>,
    #[serde(default)]
    documents: toml::map::Map<String, toml::Value>,
    journey: Declaration,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SupportTable {
    email: toml::Spanned<String>,
    phone: String,
    #[serde(default)]
    hours: BTreeMap<Language, String>,
    #[serde(default)]
    quote_number: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MailTable {
    from: toml::Spanned<String>,
    from_name: toml::Spanned<String>,
    reply_to: Option<toml::Spanned<String>>,
}

/// The text of a document's file, for one name and language; `None` where there is no such file.
pub type DocumentSource<'a> = dyn Fn(&str, Language) -> Option<DocumentText> + 'a;

impl Portal {
    /// Parses a portal's file. `documents` gives the text of each document.
    ///
    /// # Errors
    /// Every fault with its line. A retry does not help; the operator must mend the file.
    pub fn parse(slug: PortalSlug, text: &str, documents: &DocumentSource<'_>) -> Result<Self, Vec<PortalFault>> {
        let at = |offset: usize, reason: String| PortalFault { line: line_of(text, offset), reason };
        let file: File = toml::from_str(text)
            .map_err(|error| vec![at(error.span().map_or(0, |span| span.start), error.message().replace('\n', " "))])?;
        let mut faults = Vec::new();
        let mut address = |spanned: &toml::Spanned<String>| {
            let address = EmailAddress::parse(spanned.get_ref()).ok();
            if address.is_none() {
                faults.push(at(spanned.span().start, "this is no e-mail address".to_owned()));
            }
            address
        };
        let support_email = address(&file.support.email);
        let from = address(&file.mail.from);
        let reply_to = file.mail.reply_to.as_ref().map(&mut address);
        if file.name.get_ref().trim().is_empty() || file.name.get_ref().chars().any(char::is_control) {
            faults.push(at(file.name.span().start, "a portal's name is one line of text".to_owned()));
        }
        if file.mail.from_name.get_ref().chars().any(char::is_control) {
            faults.push(at(file.mail.from_name.span().start, "a sender's name is one line of text".to_owned()));
        }
        let country = file.country.get_ref();
        if country.len() != 2 || !country.bytes().all(|b| b.is_ascii_uppercase()) {
            faults.push(at(file.country.span().start, "a country is two capital letters (ISO 3166-1)".to_owned()));
        }
        let letters = match file.letters {
            None => LetterSettings::of(file.name.get_ref(), country),
            Some(table) => table.settings(file.name.get_ref(), country, &at).unwrap_or_else(|refused| {
                faults.extend(refused);
                LetterSettings::of(file.name.get_ref(), country)
            }),
        };
        let look = file.look.and_then(|table| table.look(&at).map_err(|refused| faults.extend(refused)).ok());
        let site = file.site.map_or_else(|| Ok(Site::default()), |table| table.site(&at)).unwrap_or_else(|refused| {
            faults.extend(refused);
            Site::default()
        });
        if let Some(example) = file.number_example.as_ref().filter(|example| !is_example(example.get_ref())) {
            faults.push(at(example.span().start, "an example of a number is one line of 1 to 40 characters".to_owned()));
        }
        let languages_at = file.languages.span().start;
        let languages = file.languages.into_inner();
        let own = languages.first().copied();
        let mut found = Vec::new();
        for (name, version) in &file.documents {
            // The map keeps no places; the name at the beginning of a line is the place.
            let offset = text.find(&format!("\n{name} =")).map_or(languages_at, |offset| offset + 1);
            let Some(version) = version.as_str().filter(|version| (1..=20).contains(&version.len())) else {
                faults.push(at(offset, format!("the version of {name} is a text of 1 to 20 characters")));
                continue;
            };
            let texts: BTreeMap<_, _> = languages.iter().filter_map(|language| Some((*language, documents(name, *language)?))).collect();
            for language in &languages {
                if !texts.contains_key(language) {
                    faults.push(at(offset, format!("the document {name} has no text in {language}: documents/{name}.{language}.md")));
                }
            }
            found.push(Document { name: name.clone(), version: version.to_owned(), texts });
        }
        let journey_at = text.find("[journey]").unwrap_or(0);
        let journey = match file.journey.compile(slug.clone(), languages, text) {
            Ok(journey) => {
                for rule in &journey.consents {
                    if !found.iter().any(|document| document.name == rule.document) {
                        faults.push(at(journey_at, format!("the journey asks for {}, and [documents] does not name it", rule.document)));
                    }
                }
                Some(journey)
            }
            Err(refused) => {
                faults.extend(refused.into_iter().map(PortalFault::from));
                None
            }
        };
        match (journey, support_email, from, own) {
            (Some(journey), Some(email), Some(from), Some(_)) if faults.is_empty() => {
                // In the order in which they are asked for; the file's own order is not kept by its parser.
                found.sort_by_key(|document| journey.consents.iter().position(|rule| rule.document == document.name));
                Ok(Self {
                    slug,
                    name: file.name.into_inner(),
                    country: file.country.into_inner(),
                    support: Support {
                        email,
                        phone: file.support.phone,
                        hours: file.support.hours,
                        quote_number: file.support.quote_number,
                    },
                    sender: Sender { from, name: file.mail.from_name.into_inner(), reply_to: reply_to.flatten() },
                    letters,
                    journey,
                    documents: found,
                    look,
                    logo: None,
                    site,
                    number_example: file.number_example.map(toml::Spanned::into_inner),
                })
            }
            _ => Err(faults),
        }
    }

    /// The address below which its pages are: its own host's, or the installation's.
    pub fn base_url(&self, installation: &str) -> String {
        self.site.host.as_ref().map_or_else(|| installation.trim_end_matches('/').to_owned(), |host| format!("https://{host}"))
    }

    /// The current version of every document, as shown in this language.
    pub fn shown(&self, language: Language) -> Vec<DocumentVersion> {
        let own = self.journey.default_language();
        self.documents
            .iter()
            .map(|document| {
                let (language, text) = document.in_language(language, own);
                DocumentVersion { document: document.name.clone(), version: document.version.clone(), language, sha256: text.sha256 }
            })
            .collect()
    }

    /// One document.
    pub fn document(&self, name: &str) -> Option<&Document> {
        self.documents.iter().find(|document| document.name == name)
    }
}

/// The portals of one installation, in the order of their slugs.
#[derive(Clone, Debug, Default)]
pub struct Portals(Arc<HashMap<PortalSlug, Arc<Portal>>>);

impl Portals {
    /// Gathers portals; a slug that stands twice keeps the last.
    pub fn new(portals: impl IntoIterator<Item = Portal>) -> Self {
        Self(Arc::new(portals.into_iter().map(|portal| (portal.slug.clone(), Arc::new(portal))).collect()))
    }

    /// One portal.
    pub fn get(&self, slug: &PortalSlug) -> Option<&Arc<Portal>> {
        self.0.get(slug)
    }

    /// All portals, by slug.
    pub fn all(&self) -> Vec<&Arc<Portal>> {
        let mut all: Vec<_> = self.0.values().collect();
        all.sort_by(|a, b| a.slug.cmp(&b.slug));
        all
    }
}

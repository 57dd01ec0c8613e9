//! The texts themselves: looked up by key, filled, never guessed. A missing text or placeholder is a fault, not a blank.
//!
//! Leaves out which language a person reads and where a text stands.

mod embedded;
mod placeholders;

use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};
use fluent_syntax::ast::Entry;
use onboarding_core::{Language, PortalSlug};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;

type Bundle = FluentBundle<Arc<FluentResource>>;

/// What fills a placeholder.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Arg<'a> {
    /// A text, taken as it is.
    Text(&'a str),
    /// A whole number; a text may choose its plural by it.
    Number(u64),
}

impl<'a> From<&'a str> for Arg<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for Arg<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

impl From<u64> for Arg<'_> {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<u32> for Arg<'_> {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<usize> for Arg<'_> {
    fn from(number: usize) -> Self {
        Self::Number(number as u64)
    }
}

/// What is wrong with a text, for the operator: never with personal data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct TextFault {
    /// The line in the operator's file, counted from 1; `None` for a fault outside of files.
    pub line: Option<usize>,
    /// What is wrong.
    pub reason: String,
}

impl TextFault {
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        Self { line: None, reason: reason.into() }
    }

    fn at(source: &str, offset: usize, reason: impl Into<String>) -> Self {
        let line = source.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1;
        Self { line: Some(line), reason: reason.into() }
    }
}

impl fmt::Display for TextFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.reason),
            None => f.write_str(&self.reason),
        }
    }
}

/// An error of the JSON API in a person's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What happened, in a few words.
    pub title: String,
    /// What to do about it.
    pub detail: String,
}

/// What a portal says otherwise.
#[derive(Default)]
struct Own {
    /// ISO 3166-1 alpha-2, lower case as in keys; empty while unknown.
    country: String,
    /// The country's variants, by the keys that they stand in for: few.
    variants: BTreeMap<String, String>,
    wording: BTreeMap<Language, Arc<FluentResource>>,
    bundles: BTreeMap<Language, Bundle>,
}

/// All texts in all languages, with each portal's own wording laid over them.
pub struct Texts {
    base: BTreeMap<Language, Vec<Arc<FluentResource>>>,
    bundles: BTreeMap<Language, Bundle>,
    portals: HashMap<PortalSlug, Own>,
    placeholders: BTreeMap<String, BTreeSet<String>>,
}

impl Default for Texts {
    fn default() -> Self {
        Self::new()
    }
}

impl Texts {
    /// The texts compiled in.
    ///
    /// # Panics
    /// Never in a build whose tests pass: they parse every text.
    pub fn new() -> Self {
        let base: BTreeMap<_, Vec<_>> = Language::ALL
            .into_iter()
            .map(|language| {
                let parse =
                    |source: &&str| Arc::new(FluentResource::try_new((*source).to_owned()).expect("a test parses every embedded text"));
                (language, embedded::sources(language).iter().map(parse).collect())
            })
            .collect();
        let bundles = base.iter().map(|(language, resources)| (*language, bundle(*language, resources, None, ""))).collect();
        let placeholders = base[&Language::De].iter().flat_map(|resource| messages(resource)).collect();
        Self { base, bundles, portals: HashMap::new(), placeholders }
    }

    /// Says where a portal is: its texts are then the country's variants (`field-postcode-ch` for `field-postcode`), and Swiss
    /// German is spelt without `ß`. Names and other arguments stay as they are.
    #[must_use]
    pub fn with_country(mut self, portal: &PortalSlug, country: &str) -> Self {
        let own = self.portals.entry(portal.clone()).or_default();
        own.country = country.to_ascii_lowercase();
        let ending = format!("-{}", own.country);
        let variants = self.placeholders.keys().filter_map(|variant| Some((variant.strip_suffix(&ending)?.to_owned(), variant.clone())));
        own.variants = variants.collect();
        own.bundles = own_bundles(&self.base, own);
        self
    }

    /// Lays a portal's own wording in one language over the texts; called again, it replaces what it laid before.
    ///
    /// # Errors
    /// A key that no text has, a key given twice, a placeholder lost or invented, or no Fluent at all: with the line.
    pub fn with_overrides(mut self, portal: &PortalSlug, language: Language, source: &str) -> Result<Self, TextFault> {
        let resource = self.checked(source)?;
        let trial = bundle(language, &self.base[&language], Some(&resource), "");
        for entry in resource.entries() {
            if let Entry::Message(message) = entry {
                // Only a trial finds a reference to a term or message that is not there, or one that runs in a circle.
                self.trial(&trial, message.id.name)
                    .map_err(|reason| TextFault::at(resource.source(), offset(&resource, message.id.name), reason))?;
            }
        }
        let own = self.portals.entry(portal.clone()).or_default();
        own.wording.insert(language, resource);
        own.bundles = own_bundles(&self.base, own);
        Ok(self)
    }

    /// A text, filled.
    ///
    /// # Errors
    /// An unknown key, or a placeholder that the arguments leave open. A retry does not help.
    pub fn text(&self, portal: Option<&PortalSlug>, language: Language, key: &str, args: &[(&str, Arg<'_>)]) -> Result<String, TextFault> {
        let own = portal.and_then(|portal| self.portals.get(portal));
        let bundle = own.and_then(|own| own.bundles.get(&language)).unwrap_or(&self.bundles[&language]);
        let key = own.and_then(|own| own.variants.get(key)).map_or(key, String::as_str);
        format(bundle, key, args).map_err(TextFault::new)
    }

    /// Title and detail of an error of the JSON API.
    ///
    /// # Errors
    /// A code that has no texts.
    pub fn problem(&self, portal: Option<&PortalSlug>, language: Language, code: &str) -> Result<Problem, TextFault> {
        let part = |part| self.text(portal, language, &format!("problem-{code}-{part}"), &[]);
        Ok(Problem { title: part("title")?, detail: part("detail")? })
    }

    /// Every key, in order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.placeholders.keys().map(String::as_str)
    }

    /// Whether there is such a text.
    pub fn has(&self, key: &str) -> bool {
        self.placeholders.contains_key(key)
    }

    /// The names of a text's placeholders; `None` for an unknown key.
    pub fn placeholders(&self, key: &str) -> Option<&BTreeSet<String>> {
        self.placeholders.get(key)
    }

    /// An operator's file whose keys and placeholders are known.
    fn checked(&self, source: &str) -> Result<Arc<FluentResource>, TextFault> {
        let source = source.strip_prefix('\u{feff}').unwrap_or(source);
        let resource = FluentResource::try_new(source.to_owned()).map_err(|(resource, errors)| {
            let first = errors.first();
            let reason = first.map_or_else(|| "no Fluent".to_owned(), |error| format!("no Fluent: {}", error.kind));
            TextFault::at(resource.source(), first.map_or(0, |error| error.pos.start), reason)
        })?;
        let mut seen = BTreeSet::new();
        for entry in resource.entries() {
            let Entry::Message(message) = entry else { continue };
            let key = message.id.name;
            let fault = |reason: String| Err(TextFault::at(resource.source(), offset(&resource, key), reason));
            let Some(wanted) = self.placeholders.get(key) else { return fault(format!("no text is called `{key}`")) };
            let Some(value) = &message.value else { return fault(format!("the text `{key}` is empty")) };
            if !message.attributes.is_empty() {
                return fault(format!("the text `{key}` has attributes, which nothing reads"));
            }
            if !seen.insert(key) {
                return fault(format!("the text `{key}` is given twice"));
            }
            let given = placeholders::of(value);
            if let Some(lost) = wanted.difference(&given).next() {
                return fault(format!("the text `{key}` has lost the placeholder {{ ${lost} }}"));
            }
            if let Some(invented) = given.difference(wanted).next() {
                return fault(format!("the text `{key}` has an unknown placeholder {{ ${invented} }}"));
            }
        }
        Ok(Arc::new(resource))
    }

    /// Fills a text with something, to see that it can be filled.
    fn trial(&self, bundle: &Bundle, key: &str) -> Result<(), String> {
        let args: Vec<_> = self.placeholders[key].iter().map(|name| (name.as_str(), Arg::Number(1))).collect();
        format(bundle, key, &args).map(|_| ())
    }
}

fn own_bundles(base: &BTreeMap<Language, Vec<Arc<FluentResource>>>, own: &Own) -> BTreeMap<Language, Bundle> {
    let differs = |language: &Language| own.wording.contains_key(language) || spelling(*language, &own.country).is_some();
    base.iter()
        .filter(|(language, _)| differs(language))
        .map(|(language, resources)| (*language, bundle(*language, resources, own.wording.get(language), &own.country)))
        .collect()
}

fn bundle(language: Language, resources: &[Arc<FluentResource>], wording: Option<&Arc<FluentResource>>, country: &str) -> Bundle {
    let tag = language.tag().parse().expect("a language's tag is BCP 47");
    let mut bundle = Bundle::new_concurrent(vec![tag]);
    // The marks would stand in mails, letters and form values, where programs read codes and links.
    bundle.set_use_isolating(false);
    bundle.set_transform(spelling(language, country));
    for resource in resources {
        bundle.add_resource(Arc::clone(resource)).expect("a test finds a key given twice");
    }
    if let Some(wording) = wording {
        bundle.add_resource_overriding(Arc::clone(wording));
    }
    bundle
}

/// How a country spells a language otherwise; applied to our words only, never to an argument.
fn spelling(language: Language, country: &str) -> Option<fn(&str) -> Cow<'_, str>> {
    fn without_eszett(text: &str) -> Cow<'_, str> {
        if text.contains('ß') { Cow::Owned(text.replace('ß', "ss")) } else { Cow::Borrowed(text) }
    }
    matches!((language, country), (Language::De, "ch" | "li")).then_some(without_eszett)
}

/// The keys of a resource with their placeholders.
fn messages(resource: &FluentResource) -> impl Iterator<Item = (String, BTreeSet<String>)> {
    resource.entries().filter_map(|entry| match entry {
        Entry::Message(message) => Some((message.id.name.to_owned(), message.value.as_ref().map(placeholders::of).unwrap_or_default())),
        Entry::Term(_) | Entry::Comment(_) | Entry::GroupComment(_) | Entry::ResourceComment(_) | Entry::Junk { .. } => None,
    })
}

/// Where in its resource a key stands: the parser hands out slices of the source.
fn offset(resource: &FluentResource, key: &str) -> usize {
    key.as_ptr().addr().saturating_sub(resource.source().as_ptr().addr())
}

fn format(bundle: &Bundle, key: &str, args: &[(&str, Arg<'_>)]) -> Result<String, String> {
    let pattern = bundle.get_message(key).and_then(|message| message.value()).ok_or_else(|| format!("no text is called `{key}`"))?;
    let mut filled = FluentArgs::with_capacity(args.len());
    for (name, arg) in args {
        filled.set(
            *name,
            match arg {
                Arg::Text(text) => FluentValue::from(*text),
                Arg::Number(number) => FluentValue::from(*number),
            },
        );
    }
    let mut errors = Vec::new();
    let text = bundle.format_pattern(pattern, Some(&filled), &mut errors);
    match errors.first() {
        None => Ok(text.into_owned()),
        Some(error) => Err(format!("could not fill the text `{key}`: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn all(language: Language) -> BTreeMap<String, BTreeSet<String>> {
        let mut all = BTreeMap::new();
        for source in embedded::sources(language) {
            let resource = FluentResource::try_new((*source).to_owned()).unwrap_or_else(|(_, errors)| panic!("{language}: {errors:?}"));
            for (key, names) in messages(&resource) {
                assert!(all.insert(key.clone(), names).is_none(), "{language}: {key} is given twice");
            }
        }
        all
    }

    #[test]
    fn every_language_has_the_same_keys_with_the_same_placeholders() {
        let german = all(Language::De);
        for language in [Language::Fr, Language::It, Language::En] {
            let other = all(language);
            let lost: Vec<_> = german.keys().filter(|key| !other.contains_key(*key)).collect();
            let invented: Vec<_> = other.keys().filter(|key| !german.contains_key(*key)).collect();
            assert!(lost.is_empty() && invented.is_empty(), "{language} lacks {lost:?} and alone has {invented:?}");
            for (key, names) in &german {
                assert_eq!(&other[key], names, "{language}: {key}");
            }
        }
    }

    #[test]
    fn no_file_lies_unread_beside_the_others() {
        for language in Language::ALL {
            let folder = format!("{}/locales/{language}", env!("CARGO_MANIFEST_DIR"));
            let mut found: Vec<String> =
                std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
            found.sort();
            let mut read: Vec<String> = embedded::FILES.iter().map(|file| format!("{file}.ftl")).collect();
            read.sort();
            assert_eq!(found, read, "{folder}");
        }
    }
}

//! `/{p}/documents/{document}`: what people agree to, to read and print; `/{p}/documents/accept`: a new version, before anything else.

use super::blocks::{Block, Button, Field, Way};
use super::view::{View, Wrong};
use super::whole::whole;
use super::{Form, Pages, Turn, Visit, problem_of};
use crate::problem::Problem;
use onboarding::Error;
use onboarding_core::account::Refusal;
use pulldown_cmark::{Event, Parser, Tag, TagEnd, html};

impl Pages {
    pub(super) fn document(&self, visit: &Visit) -> Result<Turn, Problem> {
        let portal = &visit.portal;
        let found = visit.part.as_deref().and_then(|name| portal.document(name)).ok_or_else(Problem::not_found)?;
        let (language, text) = found.in_language(visit.language, portal.journey.default_language());
        let version = self.text(portal, language, "document-edition", &[("version", found.version.as_str().into())])?;
        let view = View::new(text.title.clone()).with(Block::Quiet { text: version });
        let home = self.text(portal, visit.language, "common-home", &[])?;
        let view = view.with(Block::Document { html: written(&text.text) });
        let view = view.with(Block::Print { text: self.text(portal, visit.language, "common-print", &[])? });
        let view = view.with(Block::Link { href: format!("/{}/", portal.slug), text: home });
        Ok(View { language: Some(language), ..view }.into())
    }

    /// A document's text as a part of another page, where the portal has it.
    pub(super) fn written_in(visit: &Visit, language: onboarding_core::Language, name: &str) -> Option<Block> {
        let found = visit.portal.document(name)?;
        let (_, text) = found.in_language(language, visit.portal.journey.default_language());
        Some(Block::Document { html: written(&text.text) })
    }

    /// Documents that have a new version: each is decided on here; nothing else is open before.
    pub(super) async fn accept(&self, visit: &Visit) -> Result<Turn, Problem> {
        let (portal, language) = (&visit.portal, visit.language);
        let text = |key: &str| self.text(portal, language, key, &[]);
        let session = visit.session.as_ref().ok_or_else(|| Problem::unauthorized("sign_in_required"))?;
        let owed = &session.access.must_accept;
        if owed.is_empty() {
            return Ok(Turn::go("area"));
        }
        let mut fields = Vec::new();
        for document in owed {
            let rule = portal.journey.consent(document).ok_or_else(Problem::internal)?;
            fields.push(Field::Tick(self.tick(portal, language, rule, true)?));
        }
        let view = View::new(text("accept-title")?).says(text("accept-body")?).asks(Form {
            action: Self::here(visit, "documents/accept"),
            hidden: self.carried(visit),
            fields,
            buttons: vec![Button::new(text("common-continue")?)],
        });
        // Whoever does not agree has these ways left.
        let way = |to: &str, key: &str| -> Result<Way, Problem> {
            Ok(Way { href: format!("/{}/account/{to}", portal.slug), text: text(key)?, note: None })
        };
        let ways = vec![way("export", "account-export")?, way("close", "account-delete")?];
        let view = view.with(Block::Quiet { text: text("accept-decline-info")? }).with(Block::Links { items: ways });
        let Some(posted) = &visit.posted else { return Ok(view.into()) };
        let ticked = posted.ticked();
        let missing: Vec<_> = owed.iter().filter(|document| !ticked.iter().any(|given| given.document == **document)).collect();
        if !missing.is_empty() {
            let faults: Vec<_> =
                missing.iter().map(|document| onboarding::forms::FieldError::new(format!("consents.{document}"), "required")).collect();
            return Ok(view.wrong(self.faults(portal, language, &faults)?).into());
        }
        for given in ticked.iter().filter(|given| owed.contains(&given.document)) {
            match self.api.engine().decide_consent(session, language, &given.document, &given.version, true).await {
                Ok(()) => {}
                Err(Error::Account(Refusal::VersionOutdated)) => {
                    return Ok(view.wrong(vec![Wrong::here(text("fault-version_outdated")?)]).into());
                }
                Err(error) => return Err(problem_of(error)),
            }
        }
        Ok(Turn::go(format!("area?done=accepted&lang={language}")))
    }
}

/// A document's HTML, without its title, which the page has already. HTML in the text is shown, not obeyed.
fn written(markdown: &str) -> String {
    let body = markdown.strip_prefix("# ").and_then(|rest| rest.split_once('\n')).map_or(markdown, |(_, body)| body);
    let mut pictures = 0_u32;
    let events = Parser::new(body).map(|event| {
        match &event {
            Event::Start(Tag::Image { .. }) => pictures += 1,
            Event::End(TagEnd::Image) => pictures = pictures.saturating_sub(1),
            _ => {}
        }
        match event {
            // What a picture is called stands in an attribute.
            Event::Html(text) | Event::InlineHtml(text) | Event::Text(text) if pictures == 0 => Event::InlineHtml(whole(&text).into()),
            Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
            other => other,
        }
    });
    let mut out = String::new();
    html::push_html(&mut out, events);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_written_without_its_title_and_its_markup_is_text() {
        let html = written("# Terms\n\n## One\n\nA <script>alert(1)</script> *word*.\n\n- first\n- second\n");
        assert!(
            !html.contains("<h1>") && html.contains("<h2>One</h2>") && html.contains("<em>word</em>") && html.contains("<li>first</li>")
        );
        assert!(html.contains("&lt;script&gt;") && !html.contains("<script>"), "{html}");
    }

    #[test]
    fn a_document_keeps_short_words_whole_outside_the_names_of_pictures() {
        let html = written("# Terms\n\nAn E-Mail & more.\n\n![An E-Mail](/a.png)\n");
        assert!(html.contains("An <span class=\"whole\">E-Mail</span> &amp; more."), "{html}");
        assert!(html.contains("alt=\"An E-Mail\""), "{html}");
    }
}

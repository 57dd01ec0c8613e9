//! Mails in the portal's dress: the words of [`Texts`], one outline per occasion, one layout for text and one for HTML.
//!
//! Both parts are set from the same blocks, so they cannot say different things. Leaves out the headers (the mailer's) and
//! when a mail leaves (the outbox's).

mod blocks;
mod face;
mod layout;
mod outline;
mod sample;
mod theme;

pub use face::{Contact, FaceFault, MailFace};
pub use layout::MailForm;
pub use theme::{MailTheme, Scheme};

use crate::texts::{TextFault, Texts};
use layout::Layouts;
use onboarding::ports::{MailOrder, RenderedMail, Stationery, StationeryError};
use onboarding_core::{Language, MailTemplate, Page, Param, PortalSlug};
use std::collections::HashMap;
use std::sync::Arc;

fn unknown(portal: &PortalSlug) -> TextFault {
    TextFault::new(format!("no portal is called {portal}"))
}

/// What a clerk sees of a template: stand-ins where a mail has parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailPreview {
    /// The subject.
    pub subject: String,
    /// The text part.
    pub text: String,
    /// The HTML part, a whole document.
    pub html: String,
}

/// Writes every portal's mails.
pub struct MailStationery {
    texts: Arc<Texts>,
    faces: HashMap<PortalSlug, MailFace>,
    layouts: Layouts,
    /// The pages that are served; `None`: all there are.
    pages: Option<Vec<Page>>,
}

impl MailStationery {
    /// Stationery for these portals.
    ///
    /// # Errors
    /// A portal given twice, an address that links cannot be built on, colours that cannot be read.
    pub fn new(texts: Arc<Texts>, faces: impl IntoIterator<Item = MailFace>) -> Result<Self, FaceFault> {
        let mut by_slug = HashMap::new();
        for face in faces {
            let face = face.checked()?;
            if let Some(twice) = by_slug.insert(face.slug.clone(), face) {
                return Err(FaceFault::Twice(twice.slug));
            }
        }
        let layouts = Layouts::new(by_slug.values());
        Ok(Self { texts, faces: by_slug, layouts, pages: None })
    }

    /// Names the pages that are served: a mail offers no way to any other. A link with a token is not left out.
    #[must_use]
    pub fn with_pages(mut self, pages: &[Page]) -> Self {
        self.pages = Some(pages.to_vec());
        self
    }

    /// Gives a portal's mails a layout of its own (`minijinja`, strict): the variables are those of the built-in one.
    ///
    /// # Errors
    /// An unknown portal, a template that does not compile or render, or one that breaks what outside programs read:
    /// a code alone on its line, a link that ends its line.
    pub fn with_layout(mut self, portal: &PortalSlug, form: MailForm, source: &str) -> Result<Self, TextFault> {
        let face = self.faces.get(portal).ok_or_else(|| unknown(portal))?;
        self.layouts.replace(portal, form, source)?;
        for template in MailTemplate::ALL.iter().copied() {
            let sheet = blocks::fill(&self.texts, face, &sample::order(portal, template, Language::De)).map_err(TextFault::new)?;
            let (text, html) = self.layouts.render(face, &sheet)?;
            sample::readable(template, &text, &html).map_err(TextFault::new)?;
        }
        Ok(self)
    }

    /// What a template looks like, without anybody's data.
    ///
    /// # Errors
    /// An unknown portal or a broken text.
    pub fn preview(&self, portal: &PortalSlug, template: MailTemplate, language: Language) -> Result<MailPreview, StationeryError> {
        let mail = self.mail(&sample::order(portal, template, language))?;
        Ok(MailPreview { subject: mail.subject, text: mail.text, html: mail.html })
    }

    fn write(&self, order: &MailOrder) -> Result<RenderedMail, String> {
        let face = self.faces.get(&order.portal).ok_or_else(|| unknown(&order.portal).reason)?;
        let leads = |param: &Param| match (param, &self.pages) {
            (Param::PageLink(page), Some(served)) => served.contains(page),
            (_, _) => true,
        };
        let params = order.params.iter().filter(|param| leads(param)).cloned().collect();
        let sheet = blocks::fill(&self.texts, face, &MailOrder { params, ..order.clone() })?;
        let (text, html) = self.layouts.render(face, &sheet).map_err(|fault| fault.to_string())?;
        Ok(RenderedMail {
            portal: order.portal.clone(),
            from_name: face.from_name.clone(),
            from: face.from.clone(),
            reply_to: face.reply_to.clone(),
            to: order.to.clone(),
            subject: sheet.subject,
            text,
            html,
            language: order.language,
            message_id: order.message_id.clone(),
            date: order.date,
        })
    }
}

impl Stationery for MailStationery {
    fn mail(&self, order: &MailOrder) -> Result<RenderedMail, StationeryError> {
        if !self.faces.contains_key(&order.portal) {
            return Err(StationeryError::UnknownPortal(order.portal.clone()));
        }
        self.write(order).map_err(|reason| StationeryError::Text { template: order.template.word(), reason })
    }
}

//! Setting a filled mail as text and as HTML. Strict: a variable that is not there is a fault, not a blank.

use super::blocks::{Block, Sheet};
use super::face::MailFace;
use super::theme::Scheme;
use super::unknown;
use crate::texts::TextFault;
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior, Value, context};
use onboarding_core::PortalSlug;
use std::collections::HashMap;

/// The two forms of a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailForm {
    /// `text/plain`.
    Text,
    /// `text/html`.
    Html,
}

impl MailForm {
    /// The file name; its ending decides whether values are escaped.
    fn file(self) -> &'static str {
        match self {
            Self::Text => "layout.txt",
            Self::Html => "layout.html",
        }
    }
}

/// What all mails of a portal have in common, made once.
struct Dress {
    light: Value,
    dark: Value,
    /// The names of its layouts.
    text: String,
    html: String,
}

/// The built-in layouts and those of portals that have their own.
pub(super) struct Layouts {
    environment: Environment<'static>,
    dresses: HashMap<PortalSlug, Dress>,
}

impl Layouts {
    /// The built-in layouts, for these portals.
    pub(super) fn new<'f>(faces: impl IntoIterator<Item = &'f MailFace>) -> Self {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build();
        environment.set_syntax(syntax.expect("the default delimiters do not clash"));
        let sources = [
            (MailForm::Text, include_str!("../../templates/mail/layout.txt")),
            (MailForm::Html, include_str!("../../templates/mail/layout.html")),
        ];
        for (form, source) in sources {
            environment.add_template(form.file(), source).expect("a test compiles the built-in layouts");
        }
        let dress = |face: &MailFace| Dress {
            light: colours(&face.theme.light),
            dark: colours(&face.theme.dark),
            text: MailForm::Text.file().to_owned(),
            html: MailForm::Html.file().to_owned(),
        };
        Self { environment, dresses: faces.into_iter().map(|face| (face.slug.clone(), dress(face))).collect() }
    }

    /// Gives a portal a layout of its own.
    pub(super) fn replace(&mut self, portal: &PortalSlug, form: MailForm, source: &str) -> Result<(), TextFault> {
        let dress = self.dresses.get_mut(portal).ok_or_else(|| unknown(portal))?;
        let name = format!("{portal}/{}", form.file());
        self.environment.add_template_owned(name.clone(), source.to_owned()).map_err(|error| fault(&error))?;
        match form {
            MailForm::Text => dress.text = name,
            MailForm::Html => dress.html = name,
        }
        Ok(())
    }

    /// The text part and the HTML part.
    pub(super) fn render(&self, face: &MailFace, sheet: &Sheet) -> Result<(String, String), TextFault> {
        let dress = self.dresses.get(&face.slug).ok_or_else(|| unknown(&face.slug))?;
        let values = values(face, dress, sheet);
        let set = |name| {
            let layout = self.environment.get_template(name).map_err(|error| fault(&error))?;
            layout.render(values.clone()).map_err(|error| fault(&error))
        };
        Ok((set(&dress.text)?, set(&dress.html)?))
    }
}

fn fault(error: &minijinja::Error) -> TextFault {
    // The detail names the template's own words, never a value.
    let detail = error.detail().map(|detail| format!(": {detail}")).unwrap_or_default();
    TextFault { line: error.line(), reason: format!("could not set the mail: {}{detail}", error.kind()) }
}

fn colours(scheme: &Scheme) -> Value {
    context! {
        ground => scheme.ground.to_string(),
        ink => scheme.ink.to_string(),
        panel => scheme.panel.to_string(),
        accent => scheme.accent.to_string(),
        on_accent => scheme.on_accent.to_string(),
    }
}

fn values(face: &MailFace, dress: &Dress, sheet: &Sheet) -> Value {
    context! {
        language => sheet.language.tag(),
        portal => face.name.as_str(),
        subject => sheet.subject.as_str(),
        preheader => sheet.preheader.as_str(),
        blocks => sheet.blocks.iter().map(block).collect::<Vec<_>>(),
        notes => sheet.notes.iter().map(Value::from).collect::<Vec<_>>(),
        closing => sheet.closing.as_str(),
        signature => sheet.signature.as_str(),
        foot => sheet.foot.iter().map(Value::from).collect::<Vec<_>>(),
        copy_link => sheet.copy_link.as_str(),
        light => dress.light.clone(),
        dark => dress.dark.clone(),
    }
}

fn block(block: &Block) -> Value {
    match block {
        Block::Paragraph(text) => context! { kind => "paragraph", text => text.as_str() },
        Block::Secret(text) => context! { kind => "secret", text => text.as_str() },
        Block::Link { lead, label, url, token } => context! {
            kind => "link",
            lead => lead.as_deref(),
            label => label.as_str(),
            // The face has checked every character; escaping would only turn each slash into an entity.
            url => Value::from_safe_string(url.clone()),
            token => *token,
        },
    }
}

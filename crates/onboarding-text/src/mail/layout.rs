//! Setting a filled mail as text and as HTML. Strict: a variable that is not there is a fault, not a blank.

use super::blocks::{Block, Sheet};
use super::face::MailFace;
use crate::texts::TextFault;
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior, Value, context};
use onboarding_core::PortalSlug;

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

/// The built-in layouts and those of portals that have their own.
pub(super) struct Layouts(Environment<'static>);

impl Layouts {
    pub(super) fn new() -> Self {
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
        Self(environment)
    }

    pub(super) fn replace(&mut self, portal: &PortalSlug, form: MailForm, source: &str) -> Result<(), TextFault> {
        self.0.add_template_owned(own(portal, form), source.to_owned()).map_err(|error| fault(&error))
    }

    /// The text part and the HTML part.
    pub(super) fn render(&self, face: &MailFace, sheet: &Sheet) -> Result<(String, String), TextFault> {
        let values = values(face, sheet);
        let set = |form| {
            let own = self.0.get_template(&own(&face.slug, form));
            let layout = own.or_else(|_| self.0.get_template(form.file())).map_err(|error| fault(&error))?;
            layout.render(values.clone()).map_err(|error| fault(&error))
        };
        Ok((set(MailForm::Text)?, set(MailForm::Html)?))
    }
}

fn own(portal: &PortalSlug, form: MailForm) -> String {
    format!("{portal}/{}", form.file())
}

fn fault(error: &minijinja::Error) -> TextFault {
    // The detail names the template's own words, never a value.
    let detail = error.detail().map(|detail| format!(": {detail}")).unwrap_or_default();
    TextFault { line: error.line(), reason: format!("could not set the mail: {}{detail}", error.kind()) }
}

fn values(face: &MailFace, sheet: &Sheet) -> Value {
    let scheme = |scheme: &super::theme::Scheme| {
        context! {
            ground => scheme.ground.to_string(),
            ink => scheme.ink.to_string(),
            panel => scheme.panel.to_string(),
            accent => scheme.accent.to_string(),
            on_accent => scheme.on_accent.to_string(),
        }
    };
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
        light => scheme(&face.theme.light),
        dark => scheme(&face.theme.dark),
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

//! The building blocks of pages: what a page may consist of, and nothing about how it looks.

use serde::Serialize;
use std::borrow::Cow;

/// A part of a page.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Block {
    Text {
        text: String,
    },
    Quiet {
        text: String,
    },
    Heading {
        text: String,
    },
    Link {
        href: String,
        text: String,
    },
    Button {
        href: String,
        text: String,
        quiet: bool,
    },
    /// Prints the page; shown where a script can.
    Print {
        text: String,
    },
    Links {
        items: Vec<Way>,
    },
    /// What is to be done, in order.
    Steps {
        items: Vec<String>,
    },
    /// Several sentences, one beside the other.
    Points {
        items: Vec<String>,
    },
    Rows {
        rows: Vec<Row>,
    },
    Warning {
        text: String,
    },
    /// Words in another language than the page's.
    Spoken {
        lang: &'static str,
        title: Option<String>,
        text: String,
        link: String,
    },
    /// HTML that we made ourselves.
    Document {
        html: String,
    },
    Form(Form),
}

/// A link with a word about it.
#[derive(Serialize)]
pub(crate) struct Way {
    pub(crate) href: String,
    pub(crate) text: String,
    pub(crate) note: Option<String>,
}

/// A line of a summary.
#[derive(Serialize)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) href: Option<String>,
    pub(crate) change: String,
}

/// A form.
#[derive(Serialize, Default)]
pub(crate) struct Form {
    pub(crate) action: String,
    pub(crate) hidden: Vec<(Cow<'static, str>, String)>,
    pub(crate) fields: Vec<Field>,
    pub(crate) buttons: Vec<Button>,
}

/// A button that sends its form.
#[derive(Serialize)]
pub(crate) struct Button {
    pub(crate) name: Option<&'static str>,
    pub(crate) value: String,
    pub(crate) text: String,
    /// What it is about, where several on a page say the same: for those who hear the page.
    pub(crate) about: Option<String>,
    /// A class: ``, `second`, `danger`.
    pub(crate) look: &'static str,
}

impl Block {
    pub(super) fn fields(&self) -> &[Field] {
        match self {
            Self::Form(form) => &form.fields,
            Self::Text { .. }
            | Self::Quiet { .. }
            | Self::Heading { .. }
            | Self::Link { .. }
            | Self::Button { .. }
            | Self::Print { .. }
            | Self::Links { .. }
            | Self::Points { .. }
            | Self::Steps { .. }
            | Self::Rows { .. }
            | Self::Warning { .. }
            | Self::Spoken { .. }
            | Self::Document { .. } => &[],
        }
    }
}

impl Field {
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Line(line) | Self::Sentences(line) => line.name,
            Self::Password(password) => password.name,
            Self::Date(date) => date.name,
            Self::Tick(tick) => &tick.name,
            Self::Choice(choice) => choice.name,
            Self::Fixed { name, .. } => name,
            Self::Heading { .. } => "",
        }
    }
}

impl Button {
    pub(crate) fn new(text: String) -> Self {
        Self { name: None, value: String::new(), text, about: None, look: "" }
    }

    /// One of several: tells which was pressed.
    pub(crate) fn decides(text: String, value: impl Into<String>) -> Self {
        Self { name: Some("decision"), value: value.into(), ..Self::new(text) }
    }

    /// What it is about, in words that are heard and not seen.
    pub(crate) fn about(self, about: String) -> Self {
        Self { about: Some(about), ..self }
    }

    pub(crate) fn look(self, look: &'static str) -> Self {
        Self { look, ..self }
    }
}

/// Something to fill in.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Field {
    Line(Line),
    /// Several sentences rather than a few words.
    Sentences(Line),
    Password(Password),
    Date(Date),
    Tick(Tick),
    /// Shown, not to be changed; for password managers as well.
    Fixed {
        name: &'static str,
        label: String,
        value: String,
        autocomplete: &'static str,
    },
    Heading {
        label: String,
    },
    Choice(Choice),
}

/// A line of text.
#[derive(Serialize, Default)]
pub(crate) struct Line {
    pub(crate) name: &'static str,
    pub(crate) label: String,
    pub(crate) hint: Option<String>,
    pub(crate) value: String,
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    pub(crate) autocomplete: &'static str,
    pub(crate) inputmode: Option<&'static str>,
    pub(crate) capitals: bool,
    pub(crate) code: bool,
    /// A class: ``, `short`, `middle`, `long`.
    pub(crate) width: &'static str,
    pub(crate) optional: bool,
}

/// A password.
#[derive(Serialize, Default)]
pub(crate) struct Password {
    pub(crate) name: &'static str,
    pub(crate) label: String,
    pub(crate) autocomplete: &'static str,
    /// What a new one must be; empty for one that is known.
    pub(crate) criteria: Vec<Criterion>,
    pub(crate) show: String,
    pub(crate) hide: String,
}

/// What a new password must be; some can be checked while it is typed.
#[derive(Serialize)]
pub(crate) struct Criterion {
    pub(crate) text: String,
    pub(crate) rule: Option<String>,
}

/// A date in three parts.
#[derive(Serialize)]
pub(crate) struct Date {
    pub(crate) name: &'static str,
    pub(crate) label: String,
    pub(crate) hint: Option<String>,
    pub(crate) parts: Vec<Part>,
    pub(crate) optional: bool,
}

/// Day, month or year.
#[derive(Serialize)]
pub(crate) struct Part {
    pub(crate) name: &'static str,
    pub(crate) label: String,
    pub(crate) value: String,
    pub(crate) autocomplete: &'static str,
    pub(crate) width: &'static str,
}

/// One of several.
#[derive(Serialize)]
pub(crate) struct Choice {
    pub(crate) name: &'static str,
    pub(crate) label: String,
    pub(crate) hint: Option<String>,
    /// Values with their labels.
    pub(crate) options: Vec<(String, String)>,
    /// What was chosen before; none beforehand.
    pub(crate) chosen: String,
}

/// A box to tick, with the document it is about.
#[derive(Serialize)]
pub(crate) struct Tick {
    pub(crate) name: String,
    /// The version that is shown, and agreed to by ticking.
    pub(crate) version: String,
    pub(crate) label: String,
    pub(crate) href: String,
    pub(crate) link: String,
    pub(crate) required: bool,
}

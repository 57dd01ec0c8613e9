//! The `[letters]` table of a portal's file: who sends, which window the envelope has, how long handling takes, and what
//! counts as dispatched. How a letter looks is left to whoever writes it.

use super::PortalFault;
use onboarding_core::policy;
use serde::Deserialize;
use toml::Spanned;

/// Most days that handling may add.
const HANDLING_AT_MOST: i64 = 14;
/// Most lines of the sender, and most characters of one and of all together: more leave no room for the address in the
/// smallest window.
const SENDER_LINES: usize = 5;
const SENDER_LINE: usize = 60;
const SENDER_ALL: usize = 160;
/// Longest address of the app: what still makes a code that every phone reads.
const APP_URL: usize = 200;

/// Which envelope a letter is for: where its window shows the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LetterLayout {
    /// DIN 5008 form B: Germany, Austria.
    Din,
    /// Switzerland, window on the left.
    ChLeft,
    /// Switzerland, window on the right.
    ChRight,
    /// France, window on the right.
    Fr,
    /// Italy, window on the right.
    It,
}

impl LetterLayout {
    /// Every layout.
    pub const ALL: [Self; 5] = [Self::Din, Self::ChLeft, Self::ChRight, Self::Fr, Self::It];

    /// The usual one of a country (ISO 3166-1 alpha-2); DIN where none is known.
    pub fn of_country(country: &str) -> Self {
        match country {
            "CH" | "LI" => Self::ChLeft,
            "FR" | "MC" => Self::Fr,
            "IT" | "SM" | "VA" => Self::It,
            _ => Self::Din,
        }
    }

    /// A stable word: `din`, `ch-left`, `ch-right`, `fr`, `it`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Din => "din",
            Self::ChLeft => "ch-left",
            Self::ChRight => "ch-right",
            Self::Fr => "fr",
            Self::It => "it",
        }
    }
}

/// When a letter counts as on its way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LetterDispatch {
    /// When it lies in the spool.
    #[default]
    WhenSpooled,
    /// When a clerk says that it was posted.
    WhenPosted,
}

/// How a portal sends letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LetterSettings {
    /// Letterhead and return line: 1 to 5 lines of at most 60 characters, 160 in all.
    pub sender: Vec<String>,
    /// The envelope.
    pub layout: LetterLayout,
    /// Days for printing and posting, added to the life of a PIN. 0 to 14.
    pub handling_days: u32,
    /// When a letter counts as on its way.
    pub dispatch: LetterDispatch,
    /// Where the portal's app is found, for a code on the registration letter: `https`, at most 200 characters.
    pub app_url: Option<String>,
}

impl LetterSettings {
    /// What holds for a portal without the table: its name as the sender, its country's envelope.
    pub fn of(name: &str, country: &str) -> Self {
        Self {
            sender: vec![name.to_owned()],
            layout: LetterLayout::of_country(country),
            handling_days: u32::try_from(policy::PIN_HANDLING.num_days()).unwrap_or_default(),
            dispatch: LetterDispatch::default(),
            app_url: None,
        }
    }
}

/// The table as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LettersTable {
    sender: Option<Spanned<Vec<String>>>,
    layout: Option<LetterLayout>,
    handling_days: Option<Spanned<i64>>,
    #[serde(default)]
    dispatch: LetterDispatch,
    app_url: Option<Spanned<String>>,
}

impl LettersTable {
    /// The settings, each within its bounds; `at` makes a fault of a place and a reason.
    pub(super) fn settings(
        self,
        name: &str,
        country: &str,
        at: &dyn Fn(usize, String) -> PortalFault,
    ) -> Result<LetterSettings, Vec<PortalFault>> {
        let mut faults = Vec::new();
        let mut settings = LetterSettings::of(name, country);
        settings.dispatch = self.dispatch;
        settings.layout = self.layout.unwrap_or(settings.layout);
        if let Some(sender) = self.sender {
            if let Some(reason) = sender_fault(sender.get_ref()) {
                faults.push(at(sender.span().start, reason));
            }
            settings.sender = sender.into_inner();
        }
        if let Some(days) = self.handling_days {
            let fitting = (0..=HANDLING_AT_MOST).contains(days.get_ref()).then(|| u32::try_from(*days.get_ref()).ok()).flatten();
            match fitting {
                Some(days) => settings.handling_days = days,
                None => faults.push(at(days.span().start, format!("handling_days is a number of days from 0 to {HANDLING_AT_MOST}"))),
            }
        }
        if let Some(url) = self.app_url {
            if !is_https(url.get_ref()) {
                let reason = format!("app_url is an address that begins with https://, without blanks, of at most {APP_URL} characters");
                faults.push(at(url.span().start, reason));
            }
            settings.app_url = Some(url.into_inner());
        }
        if faults.is_empty() { Ok(settings) } else { Err(faults) }
    }
}

fn sender_fault(lines: &[String]) -> Option<String> {
    let all: usize = lines.iter().map(|line| line.chars().count()).sum();
    let fits = (1..=SENDER_LINES).contains(&lines.len()) && all <= SENDER_ALL;
    let each =
        lines.iter().all(|line| !line.trim().is_empty() && line.chars().count() <= SENDER_LINE && !line.chars().any(char::is_control));
    (!fits || !each).then(|| format!("sender has 1 to {SENDER_LINES} lines of 1 to {SENDER_LINE} characters, {SENDER_ALL} in all"))
}

fn is_https(url: &str) -> bool {
    let host = url.strip_prefix("https://").map(|rest| rest.split(['/', '?', '#']).next().unwrap_or_default());
    host.is_some_and(|host| !host.is_empty()) && url.len() <= APP_URL && url.bytes().all(|byte| byte.is_ascii_graphic())
}

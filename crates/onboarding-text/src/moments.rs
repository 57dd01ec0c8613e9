//! Dates and times as a reader of each language writes them, in the portal's time zone.
//!
//! Two zones are enough: where the rule of the European Union holds, and UTC. The rule is three lines; a zone database
//! would be the largest dependency of this crate.

use chrono::{DateTime, Datelike, Duration, NaiveDate, NaiveDateTime, Timelike, Utc};
use onboarding_core::Language;

/// Where a portal's clocks stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zone {
    /// UTC+1, in summer UTC+2: Berlin, Vienna, Zurich, Paris, Rome.
    CentralEurope,
    /// UTC.
    Utc,
}

/// IANA names of zones whose clocks have shown the same since 1996.
const CENTRAL_EUROPE: [&str; 14] = [
    "Europe/Amsterdam",
    "Europe/Berlin",
    "Europe/Brussels",
    "Europe/Copenhagen",
    "Europe/Luxembourg",
    "Europe/Madrid",
    "Europe/Paris",
    "Europe/Prague",
    "Europe/Rome",
    "Europe/Stockholm",
    "Europe/Vaduz",
    "Europe/Vienna",
    "Europe/Warsaw",
    "Europe/Zurich",
];

impl Zone {
    /// Where a country's clocks stand (ISO 3166-1 alpha-2); UTC for countries in other zones, which is at least said.
    pub fn of_country(country: &str) -> Self {
        const CENTRAL_EUROPE: [&str; 14] = ["AT", "BE", "CH", "CZ", "DE", "DK", "FR", "IT", "LI", "LU", "NL", "PL", "SE", "SK"];
        if CENTRAL_EUROPE.contains(&country) { Self::CentralEurope } else { Self::Utc }
    }

    /// Reads an IANA name (`Europe/Zurich`, `UTC`); `None` for a zone not known here.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "UTC" | "Etc/UTC" => Some(Self::Utc),
            name => CENTRAL_EUROPE.contains(&name).then_some(Self::CentralEurope),
        }
    }

    /// The wall clock at a moment.
    ///
    /// # Source
    /// Directive 2000/84/EC: summer time from the last Sunday of March to the last Sunday of October, both at 01:00 UTC.
    pub fn local(self, at: DateTime<Utc>) -> NaiveDateTime {
        let utc = at.naive_utc();
        match self {
            Self::Utc => utc,
            Self::CentralEurope => {
                let turn = |month| last_sunday(utc.year(), month).and_hms_opt(1, 0, 0);
                let summer = turn(3).is_some_and(|begins| begins <= utc) && turn(10).is_some_and(|ends| utc < ends);
                utc + Duration::hours(if summer { 2 } else { 1 })
            }
        }
    }
}

/// The last Sunday of a month with 31 days.
fn last_sunday(year: i32, month: u32) -> NaiveDate {
    let last = NaiveDate::from_ymd_opt(year, month, 31).expect("March and October have 31 days in every year chrono knows");
    last - Duration::days(i64::from(last.weekday().num_days_from_sunday()))
}

/// A moment with date and time: `22.11.2026 um 15:20 Uhr`, `22 November 2026 at 15:20`.
pub fn datetime(language: Language, zone: Zone, at: DateTime<Utc>) -> String {
    let local = zone.local(at);
    let (date, time) = (day(language, local.date()), clock(language, local));
    match language {
        Language::De => format!("{date} um {time} Uhr"),
        Language::Fr => format!("{date} à {time}"),
        Language::It => format!("{date} alle ore {time}"),
        Language::En => format!("{date} at {time}"),
    }
}

/// The date of a moment: `22.11.2026`, `22 novembre 2026`.
pub fn date(language: Language, zone: Zone, at: DateTime<Utc>) -> String {
    day(language, zone.local(at).date())
}

/// The time of a moment to the minute: `15:20`; French `15 h 20`. The texts add `Uhr`.
pub fn time(language: Language, zone: Zone, at: DateTime<Utc>) -> String {
    clock(language, zone.local(at))
}

/// A day of the calendar.
pub fn day(language: Language, date: NaiveDate) -> String {
    let (day, month, year) = (date.day(), date.month(), date.year());
    let word = |months: [&'static str; 12]| months[date.month0() as usize];
    match language {
        Language::De => format!("{day:02}.{month:02}.{year}"),
        Language::En => format!("{day} {} {year}", word(ENGLISH)),
        Language::Fr if day == 1 => format!("1er {} {year}", word(FRENCH)),
        Language::Fr => format!("{day} {} {year}", word(FRENCH)),
        Language::It if day == 1 => format!("1º {} {year}", word(ITALIAN)),
        Language::It => format!("{day} {} {year}", word(ITALIAN)),
    }
}

fn clock(language: Language, local: NaiveDateTime) -> String {
    let (hour, minute) = (local.hour(), local.minute());
    match language {
        // Blanks that do not break: the time stays in one piece at the end of a line.
        Language::Fr => format!("{hour}\u{a0}h\u{a0}{minute:02}"),
        Language::De | Language::It | Language::En => format!("{hour:02}:{minute:02}"),
    }
}

const ENGLISH: [&str; 12] =
    ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
const FRENCH: [&str; 12] =
    ["janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"];
const ITALIAN: [&str; 12] =
    ["gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto", "settembre", "ottobre", "novembre", "dicembre"];

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_moment_reads_by_the_readers_custom() {
        let moment = at("2026-11-22T14:20:00Z");
        let read = |language| datetime(language, Zone::CentralEurope, moment);
        assert_eq!(read(Language::De), "22.11.2026 um 15:20 Uhr");
        assert_eq!(read(Language::En), "22 November 2026 at 15:20");
        assert_eq!(read(Language::Fr), "22 novembre 2026 à 15\u{a0}h\u{a0}20");
        assert_eq!(read(Language::It), "22 novembre 2026 alle ore 15:20");
        assert_eq!(datetime(Language::De, Zone::Utc, moment), "22.11.2026 um 14:20 Uhr");
    }

    #[test]
    fn the_first_of_a_month_is_an_ordinal_in_french_and_italian() {
        let first = NaiveDate::from_ymd_opt(2026, 8, 1).unwrap();
        assert_eq!(day(Language::Fr, first), "1er août 2026");
        assert_eq!(day(Language::It, first), "1º agosto 2026");
        assert_eq!(day(Language::De, first), "01.08.2026");
        assert_eq!(day(Language::En, first), "1 August 2026");
    }

    #[test]
    fn summer_time_begins_and_ends_at_one_utc_on_the_last_sunday() {
        let shown = |text| time(Language::De, Zone::CentralEurope, at(text));
        // 2026: 29 March and 25 October; 2024: 31 March is itself a Sunday.
        assert_eq!(shown("2026-03-29T00:59:59Z"), "01:59");
        assert_eq!(shown("2026-03-29T01:00:00Z"), "03:00");
        assert_eq!(shown("2026-10-25T00:59:59Z"), "02:59");
        assert_eq!(shown("2026-10-25T01:00:00Z"), "02:00");
        assert_eq!(shown("2024-03-31T01:00:00Z"), "03:00");
        assert_eq!(shown("2026-07-01T12:00:00Z"), "14:00");
        assert_eq!(shown("2026-01-01T12:00:00Z"), "13:00");
    }

    #[test]
    fn the_date_is_that_of_the_wall_clock() {
        assert_eq!(date(Language::De, Zone::CentralEurope, at("2026-12-31T23:30:00Z")), "01.01.2027");
        assert_eq!(date(Language::De, Zone::Utc, at("2026-12-31T23:30:00Z")), "31.12.2026");
    }

    #[test]
    fn zones_are_read_by_their_names() {
        assert_eq!(Zone::named("Europe/Zurich"), Some(Zone::CentralEurope));
        assert_eq!(Zone::named("UTC"), Some(Zone::Utc));
        assert_eq!(Zone::named("Europe/London"), None);
    }
}

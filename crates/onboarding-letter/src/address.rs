//! What stands in the window, line by line in postal order. Decides which parts of a record are an address and when the
//! country is named; where the lines stand is left to the letter.

use crate::LetterFault;
use onboarding::Portal;
use onboarding_core::{Language, Record};

/// Names of countries in German, French, Italian and English, from the Unicode CLDR.
const COUNTRIES: &str = include_str!("../assets/countries.tsv");

/// The lines of a record's address. `attention` stands below the name, where the letter is for one person there.
///
/// # Errors
/// A part that no letter arrives without, or a country that is none.
pub(crate) fn lines(portal: &Portal, record: &Record, attention: &[String]) -> Result<Vec<String>, LetterFault> {
    let person = person(record);
    let foreign = !record.country.is_empty() && record.country != portal.country;
    let mut lines: Vec<String> = Vec::new();
    lines.extend((!record.name.is_empty()).then(|| record.name.clone()));
    // A letter to a business names the person who asked instead of the one in its books.
    if attention.is_empty() || record.name.is_empty() {
        lines.extend((!person.is_empty()).then_some(person));
    }
    if lines.is_empty() {
        return Err(LetterFault::Missing("name"));
    }
    lines.extend(attention.iter().cloned());
    lines.extend((!record.street.is_empty()).then(|| record.street.clone()));
    if record.city.is_empty() {
        return Err(LetterFault::Missing("town"));
    }
    // Some countries have no postal codes; the portal's own does.
    if record.postal_code.is_empty() && !foreign {
        return Err(LetterFault::Missing("postal code"));
    }
    lines.extend(place(&record.postal_code, &record.city, if foreign { &record.country } else { &portal.country }));
    if foreign {
        lines.push(country(&record.country, portal.journey.default_language())?);
    }
    Ok(lines)
}

/// What a letter calls the business, or the person where there is none.
pub(crate) fn called(record: &Record) -> String {
    if record.name.is_empty() { person(record) } else { record.name.clone() }
}

fn person(record: &Record) -> String {
    let parts: Vec<_> = [record.first_name.as_str(), record.last_name.as_str()].into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(" ")
}

/// Postal code and town in the order of the country. Source: Universal Postal Union, addressing systems.
fn place(code: &str, city: &str, country: &str) -> Vec<String> {
    if code.is_empty() {
        return vec![city.to_owned()];
    }
    match country {
        "GB" | "GG" | "IM" | "JE" | "IE" => vec![city.to_owned(), code.to_owned()],
        "AU" | "CA" | "IN" | "NZ" | "SG" | "US" => vec![format!("{city} {code}")],
        _ => vec![format!("{code} {city}")],
    }
}

/// A country in capitals, in the language of where the letter is posted: the carrier there reads it first.
fn country(code: &str, language: Language) -> Result<String, LetterFault> {
    let column = match language {
        Language::De => 1,
        Language::Fr => 2,
        Language::It => 3,
        Language::En => 4,
    };
    let row = COUNTRIES.lines().find(|row| row.split('\t').next() == Some(code)).ok_or(LetterFault::Country)?;
    row.split('\t').nth(column).map(str::to_uppercase).ok_or(LetterFault::Country)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_country_has_a_name_in_every_language() {
        assert!(COUNTRIES.lines().count() > 240);
        for row in COUNTRIES.lines() {
            let code = row.split('\t').next().unwrap();
            for language in Language::ALL {
                assert!(!country(code, language).unwrap().is_empty(), "{code} {language}");
            }
        }
        assert_eq!(country("AT", Language::De).unwrap(), "ÖSTERREICH");
        assert_eq!(country("QQ", Language::De), Err(LetterFault::Country));
    }

    #[test]
    fn the_place_follows_the_custom_of_its_country() {
        assert_eq!(place("51147", "Köln", "DE"), ["51147 Köln"]);
        assert_eq!(place("SW1A 1AA", "London", "GB"), ["London", "SW1A 1AA"]);
        assert_eq!(place("10001", "New York NY", "US"), ["New York NY 10001"]);
        assert_eq!(place("", "Hongkong", "HK"), ["Hongkong"]);
    }
}

//! Which language an answer speaks: the best match of `Accept-Language` among those that a portal speaks.
//!
//! Leaves out the page's own order of choices (`?lang=`, cookie, account), which comes before; a program has only its header.

use onboarding_core::Language;
use poem::http::{HeaderMap, header};

/// More entries than a browser sends; what follows is not read.
const MOST_ENTRIES: usize = 32;

/// The language for a request, from its headers. See [`negotiate`].
pub fn of_request(headers: &HeaderMap, spoken: &[Language]) -> Language {
    let wishes: Vec<&str> = headers.get_all(header::ACCEPT_LANGUAGE).iter().filter_map(|value| value.to_str().ok()).collect();
    negotiate(&wishes.join(","), spoken)
}

/// The language that an address asks for: its first `lang=`, as every page's links to its other languages write it.
pub fn asked(query: &str) -> Option<Language> {
    query.split('&').find_map(|pair| pair.strip_prefix("lang=")).and_then(Language::from_tag)
}

/// The spoken language with the highest weight; the first spoken one when nothing fits. Region and script are ignored.
pub fn negotiate(accept_language: &str, spoken: &[Language]) -> Language {
    let wishes: Vec<(&str, u16)> = accept_language.split(',').take(MOST_ENTRIES).filter_map(wish).collect();
    let mut best: Option<(Language, u16)> = None;
    for (tag, weight) in &wishes {
        let fitting = if *tag == "*" {
            // "Anything else": the first language that has no entry of its own.
            spoken.iter().copied().find(|language| !wishes.iter().any(|(named, _)| Language::from_tag(named) == Some(*language)))
        } else {
            Language::from_tag(tag).filter(|language| spoken.contains(language))
        };
        if let Some(language) = fitting
            && *weight > best.map_or(0, |(_, weight)| weight)
        {
            best = Some((language, *weight));
        }
    }
    best.map(|(language, _)| language).or_else(|| spoken.first().copied()).unwrap_or(Language::En)
}

/// One entry as (tag, weight in thousandths); `None` when its weight can't be read.
fn wish(entry: &str) -> Option<(&str, u16)> {
    let mut parts = entry.split(';').map(str::trim);
    let tag = parts.next().filter(|tag| !tag.is_empty())?;
    match parts.next() {
        None => Some((tag, 1000)),
        Some(weight) => Some((tag, thousandths(weight.strip_prefix("q=").or_else(|| weight.strip_prefix("Q="))?)?)),
    }
}

/// RFC 9110: `0` or `1` with at most three decimals.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    if decimals.len() > 3 || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let fraction: u16 = format!("{decimals:0<3}").parse().ok()?;
    match whole {
        "0" => Some(fraction),
        "1" if fraction == 0 => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Language::{De, En, Fr, It};

    #[test]
    fn the_highest_weight_among_the_spoken_languages_wins() {
        let all = [De, Fr, It, En];
        for (header, expected) in [
            ("", De),
            ("fr", Fr),
            ("fr-CH, de;q=0.9", Fr),
            ("en;q=0.3, it;q=0.8, de;q=0.5", It),
            ("en;q=0.5,it;q=0.5", En),
            ("es, pt;q=0.9", De),
            ("es, *;q=0.5", De),
            ("de;q=0, *;q=0.5", Fr),
            ("de;q=0", De),
            ("it;q=2, en;q=0.1", En),
            ("it;q=0.1234, en;q=0.1", En),
            ("it;q=nan,en ; q=0.1", En),
            (";;;,,,q=", De),
        ] {
            assert_eq!(negotiate(header, &all), expected, "{header}");
        }
    }

    #[test]
    fn an_address_asks_for_a_language_that_there_is() {
        assert_eq!(asked("t=abc&lang=it&lang=de"), Some(It));
        for other in ["", "lang=", "lang=xx", "slang=it", "t=lang"] {
            assert_eq!(asked(other), None, "{other}");
        }
    }

    #[test]
    fn a_language_that_the_portal_does_not_speak_is_not_answered() {
        assert_eq!(negotiate("it, fr;q=0.5", &[De, Fr]), Fr);
        assert_eq!(negotiate("it", &[Fr, De]), Fr);
    }
}

//! The window: every line of an address within it, in postal order, for each envelope.

use crate::desk::{Paper, chamber, letters, order, record};
use onboarding::LetterWriter;
use onboarding::portal::LetterLayout;
use onboarding_core::{Language, Personal, Record};
use onboarding_letter::{FOLDS, Window};

/// The words in the window, line by line, from the address zone alone.
fn shown(paper: &Paper, layout: LetterLayout) -> Vec<String> {
    let window = Window::of(layout);
    let mut lines: Vec<(f32, String)> = Vec::new();
    for word in paper.words() {
        let inside = word.left >= window.x
            && word.top >= window.y
            && word.right <= window.x + window.width
            && word.bottom <= window.y + window.height;
        if !inside {
            continue;
        }
        match lines.iter_mut().find(|(bottom, _)| (*bottom - word.bottom).abs() < 0.3) {
            Some((_, line)) => *line = format!("{line} {}", word.text),
            None => lines.push((word.bottom, word.text)),
        }
    }
    lines.sort_by(|a, b| a.0.total_cmp(&b.0));
    lines.into_iter().map(|(_, line)| line).collect()
}

/// The address alone: what follows the return line.
fn address(paper: &Paper, layout: LetterLayout, first: &str) -> Vec<String> {
    let lines = shown(paper, layout);
    let at = lines.iter().position(|line| line.starts_with(first)).unwrap_or_else(|| panic!("no {first} in {lines:?}"));
    lines[at..].to_vec()
}

#[test]
fn every_line_of_the_address_stands_in_the_window_of_each_envelope() {
    for layout in LetterLayout::ALL {
        let paper = Paper::pin(&chamber(layout), &record(), &order(Language::De));
        let lines = address(&paper, layout, "Malerbetrieb");
        let joined = lines.join("\n").replace("Vertraulich\nKim", "Vertraulich – Kim");
        assert_eq!(
            joined, "Malerbetrieb Köster GmbH\nPersönlich / Vertraulich – Kim Beispiel\nGutenbergstraße 5\n65189 Wiesbaden",
            "{layout:?}"
        );
        // Nothing else stands where the window would show it, and nothing of the address beside it.
        let window = Window::of(layout);
        let crossing = paper.words().into_iter().filter(|word| {
            let apart = word.right <= window.x
                || word.left >= window.x + window.width
                || word.bottom <= window.y
                || word.top >= window.y + window.height;
            let within = word.left >= window.x
                && word.right <= window.x + window.width
                && word.top >= window.y
                && word.bottom <= window.y + window.height;
            !apart && !within
        });
        assert_eq!(crossing.map(|word| word.text).collect::<Vec<_>>(), Vec::<String>::new(), "{layout:?}");
    }
}

#[test]
fn the_pin_stands_below_the_first_fold_and_above_the_second() {
    for layout in LetterLayout::ALL {
        let paper = Paper::pin(&chamber(layout), &record(), &order(Language::Fr));
        for group in ["7KQ4", "M2XH", "9BTR"] {
            let words: Vec<_> = paper.words().into_iter().filter(|word| word.text == group).collect();
            assert_eq!(words.len(), 1, "{layout:?} {group}");
            assert!(words[0].top > FOLDS[0] && words[0].bottom < FOLDS[1], "{layout:?} {} {}", words[0].top, words[0].bottom);
        }
    }
}

#[test]
fn a_foreign_address_ends_with_the_country_in_capitals() {
    let mut away = record();
    (away.country, away.postal_code, away.city, away.street) = ("AT".into(), "1010".into(), "Wien".into(), "Kärntner Straße 1".into());
    let paper = Paper::pin(&chamber(LetterLayout::Din), &away, &order(Language::En));
    let lines = address(&paper, LetterLayout::Din, "Malerbetrieb");
    assert_eq!(lines[lines.len() - 2..], ["1010 Wien", "ÖSTERREICH"]);
    let mut portal = chamber(LetterLayout::ChRight);
    portal.country = "AT".to_owned();
    let lines = address(&Paper::pin(&portal, &away, &order(Language::De)), LetterLayout::ChRight, "Malerbetrieb");
    assert_eq!(lines.last().unwrap(), "1010 Wien");
    away.country = "GB".to_owned();
    (away.postal_code, away.city) = ("SW1A 1AA".into(), "London".into());
    let lines = address(&Paper::pin(&portal, &away, &order(Language::De)), LetterLayout::ChRight, "Malerbetrieb");
    assert_eq!(lines[lines.len() - 3..], ["London", "SW1A 1AA", "VEREINIGTES KÖNIGREICH"]);
}

#[test]
fn a_name_that_looks_like_markup_is_text() {
    let mut hostile = record();
    hostile.name = "<img src=x onerror=alert(1)> & \"Söhne\"".to_owned();
    let paper = Paper::pin(&chamber(LetterLayout::Din), &hostile, &order(Language::De));
    assert_eq!(address(&paper, LetterLayout::Din, "<img")[0], hostile.name);
    assert!(paper.text().replace('\n', " ").contains(&hostile.name), "{}", paper.text());
}

fn long() -> Record {
    let mut long = record();
    long.country = "AT".into();
    "Bundesverband der Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamten und ihrer Angehörigen e. V."
        .clone_into(&mut long.name);
    "Straße der Deutsch-Französischen Freundschaft und der Vereinten Nationen 128 b, Hinterhaus".clone_into(&mut long.street);
    long
}

#[test]
fn long_names_break_and_shrink_and_stay_in_the_window() {
    for layout in LetterLayout::ALL {
        let mut wanted = order(Language::It);
        let times = if layout == LetterLayout::Din { 4 } else { 1 };
        wanted.requester = Personal(format!("{}Anna {}Schmidt", "Lena-".repeat(times), "Brzęczyszczykiewicz-".repeat(times)));
        let paper = Paper::pin(&chamber(layout), &long(), &wanted);
        let lines = address(&paper, layout, "Bundesverband").concat().replace(' ', "");
        for part in [&long().name, &long().street, &wanted.requester.0, &long().city] {
            assert!(lines.contains(&part.replace(' ', "")), "{layout:?} {lines}");
        }
    }
}

#[test]
fn an_address_that_fits_at_no_size_is_refused_and_not_cut() {
    let mut endless = long();
    endless.name = "Überlandwerk ".repeat(15);
    endless.street = "Am langen Weg ".repeat(14);
    endless.city = "Neustadt an der Wupper ".repeat(8);
    let refused = letters().pin_letter(&chamber(LetterLayout::ChLeft), &endless, &order(Language::De)).unwrap_err();
    assert_eq!(refused, "the address does not fit into the window");
}

#[test]
fn an_address_nobody_could_deliver_to_is_refused() {
    let mut nowhere = record();
    nowhere.city = String::new();
    let portal = chamber(LetterLayout::Din);
    assert_eq!(letters().pin_letter(&portal, &nowhere, &order(Language::De)).unwrap_err(), "the record has no town");
    let mut nobody = record();
    (nobody.name, nobody.first_name, nobody.last_name) = Default::default();
    assert_eq!(letters().pin_letter(&portal, &nobody, &order(Language::De)).unwrap_err(), "the record has no name");
}

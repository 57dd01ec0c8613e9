//! What a letter says, in four languages, and what must not be in it.

use crate::desk::{BASE, PIN, Paper, chamber, letters, order, portal, record, tool, wordy};
use onboarding::LetterWriter;
use onboarding::portal::LetterLayout;
use onboarding_core::Language;
use onboarding_testkit::sample;

#[test]
fn a_pin_letter_reads_right_in_four_languages() {
    let expected = [
        (
            Language::De,
            "Ihre PIN für Kundenportal Handwerkskammer Rheinau",
            "Am 25.11.2026 hat Kim Beispiel eine PIN angefordert",
            "Die PIN gilt bis 19.12.2026",
        ),
        (
            Language::Fr,
            "Votre code PIN pour Kundenportal Handwerkskammer Rheinau",
            "Le 25 novembre 2026, Kim Beispiel a demandé",
            "valable jusqu’au 19 décembre 2026",
        ),
        (
            Language::It,
            "Il suo PIN per Kundenportal Handwerkskammer Rheinau",
            "In data 25 novembre 2026, Kim Beispiel ha richiesto",
            "Il PIN scade in data 19 dicembre 2026",
        ),
        (
            Language::En,
            "Your PIN for Kundenportal Handwerkskammer Rheinau",
            "On 25 November 2026, Kim Beispiel requested",
            "The PIN is valid until 19 December 2026",
        ),
    ];
    for (language, subject, asked, valid) in expected {
        let paper = Paper::pin(&chamber(LetterLayout::Din), &record(), &order(language));
        let text = paper.text().replace('\n', " ");
        for part in [subject, asked, valid, "0, 1, A, E, I, L, O, U", "+49 611 5550 400", "0001842", "https://portal.example/chamber/login"]
        {
            assert!(text.contains(part), "{language}: no {part} in {text}");
        }
        // Three groups with one blank between them, alone on their line.
        assert!(paper.raw_lines().contains(&PIN.replace('-', " ")), "{:?}", paper.raw_lines());
        assert!(paper.text().lines().any(|line| line == PIN.replace('-', " ")), "{}", paper.text());
    }
}

#[test]
fn the_address_and_the_pin_read_line_by_line_whatever_the_tool() {
    let paper = Paper::pin(&chamber(LetterLayout::Din), &record(), &order(Language::De));
    let wanted = ["Malerbetrieb Köster GmbH", "Persönlich / Vertraulich – Kim Beispiel", "Gutenbergstraße 5", "65189 Wiesbaden"];
    for mode in [&[][..], &["-raw"], &["-layout"]] {
        let file = paper.file();
        let text = tool("pdftotext", &[mode, &[file.to_str().unwrap(), "-"]].concat());
        let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        assert!(lines.windows(4).any(|four| four == wanted), "{mode:?} {lines:#?}");
    }
}

#[test]
fn a_letter_issued_anew_says_so() {
    let mut anew = order(Language::En);
    anew.reissued = true;
    let text = Paper::pin(&chamber(LetterLayout::Din), &record(), &anew).text();
    assert!(text.contains("we issued a new PIN for Kim Beispiel"), "{text}");
}

#[test]
fn the_code_leads_to_the_link_page_and_knows_no_pin() {
    for layout in LetterLayout::ALL {
        let paper = Paper::pin(&chamber(layout), &record(), &order(Language::De));
        assert_eq!(paper.codes(), [format!("{BASE}/chamber/business/link")], "{layout:?}");
    }
}

#[test]
fn a_registration_letter_has_the_number_in_groups_and_two_codes() {
    let mut portal = portal("housing");
    portal.letters.app_url = Some("https://app.lindenhof.example/get?from=letter".to_owned());
    let mut tenant = sample::sample_record("K7M4-9QXT-2HBP");
    tenant.name = String::new();
    for (language, next) in [
        (Language::De, "Danach senden wir Ihnen eine E-Mail"),
        (Language::Fr, "Nous vous enverrons ensuite un e-mail"),
        (Language::It, "Poi le invieremo un’e-mail"),
        (Language::En, "We will then send you an email"),
    ] {
        let letter = letters().registration_letter(&portal, &tenant, language, "2026-11-25T09:00:00Z".parse().unwrap()).unwrap();
        let paper = Paper::of(&letter);
        let text = paper.text();
        assert_eq!(text.lines().filter(|line| *line == "K7M4-9QXT-2HBP").count(), 2, "{text}");
        assert!(text.replace('\n', " ").contains(next), "{text}");
        assert!(text.contains("Erika Mustermann\nHeidestraße 17\n51147 Köln"), "{text}");
        assert_eq!(
            paper.codes(),
            ["https://app.lindenhof.example/get?from=letter", "https://portal.example/housing/register?n=K7M49QXT2HBP"]
        );
    }
    portal.letters.app_url = None;
    let letter = letters().registration_letter(&portal, &tenant, Language::De, "2026-11-25T09:00:00Z".parse().unwrap()).unwrap();
    assert_eq!(Paper::of(&letter).codes().len(), 1);
}

#[test]
fn all_fonts_are_embedded_and_the_page_is_tagged() {
    let paper = Paper::pin(&chamber(LetterLayout::Din), &record(), &order(Language::Fr));
    let file = paper.file();
    let fonts = tool("pdffonts", &[file.to_str().unwrap()]);
    let rows: Vec<Vec<&str>> = fonts.lines().skip(2).map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows.len(), 3, "{fonts}");
    // The columns emb, sub and uni before the object's two numbers.
    assert!(rows.iter().all(|row| row[row.len() - 5..row.len() - 2] == ["yes", "yes", "yes"]), "{fonts}");
    let info = tool("pdfinfo", &[file.to_str().unwrap()]);
    let has = |name: &str, value: &str| info.lines().any(|line| line.starts_with(name) && line.contains(value));
    assert!(has("Title:", "Votre code PIN pour Kundenportal Handwerkskammer Rheinau"), "{info}");
    assert!(has("Tagged:", "yes") && has("Pages:", "1") && has("Page size:", "A4"), "{info}");
    assert!(has("PDF subtype:", "PDF/UA-1") || tool("pdfinfo", &["-meta", file.to_str().unwrap()]).contains("pdfuaid"), "{info}");
    let tree = tool("pdfinfo", &["-struct-text", file.to_str().unwrap()]);
    for tag in ["H1", "P (block)", "Figure", "LI", "Lbl", "LBody"] {
        assert!(tree.contains(tag), "{tag} in {tree}");
    }
    let pdf = std::fs::read(&file).unwrap();
    let holds = |needle: &[u8]| pdf.windows(needle.len()).any(|window| window == needle);
    assert!(holds(b"/Lang") && holds(b"/Alt"), "no language or no words for a picture");
}

#[test]
fn the_same_order_gives_the_same_bytes() {
    let write = || letters().pin_letter(&chamber(LetterLayout::Fr), &record(), &order(Language::It)).unwrap().pdf;
    assert!(write() == write());
}

#[test]
fn a_character_without_a_glyph_is_a_fault_and_never_a_box() {
    let mut far = record();
    far.name = "東京 GmbH".to_owned();
    let refused = letters().pin_letter(&chamber(LetterLayout::Din), &far, &order(Language::De)).unwrap_err();
    assert_eq!(refused, "no font has a glyph for U+6771");
    far.name = "A\u{202e}B".to_owned();
    let refused = letters().pin_letter(&chamber(LetterLayout::Din), &far, &order(Language::De)).unwrap_err();
    assert_eq!(refused, "the text has a control, direction or invisible character, U+202E");
}

#[test]
fn names_of_many_peoples_are_printed_as_they_are() {
    for person in sample::odd_records().into_iter().filter(|record| !record.city.is_empty()) {
        let paper = Paper::pin(&chamber(LetterLayout::Din), &person, &order(Language::De));
        let text = paper.text().replace('\n', " ");
        assert!(
            text.contains(&person.last_name) || text.replace([' ', '-'], "").contains(&person.last_name.replace([' ', '-'], "")),
            "{text}"
        );
    }
}

#[test]
fn a_long_text_shrinks_onto_its_page_and_an_endless_one_is_refused() {
    let (portal, wanted) = (chamber(LetterLayout::Din), order(Language::De));
    let paper = Paper::of(&wordy(4, BASE).pin_letter(&portal, &record(), &wanted).unwrap());
    assert!(paper.words().iter().all(|word| word.bottom < 292.0 && word.right < 200.0));
    let last = "Rufen Sie uns an: +49 611 5550 400.";
    assert!(paper.text().replace('\n', " ").contains(last), "{}", paper.text());
    let refused = wordy(40, BASE).pin_letter(&portal, &record(), &wanted).unwrap_err();
    assert_eq!(refused, "the letter does not fit onto its page");
}

#[test]
fn a_link_too_long_for_a_code_is_refused() {
    let base = format!("{BASE}/{}", "very-long/".repeat(60));
    let refused = wordy(1, &base).pin_letter(&chamber(LetterLayout::Din), &record(), &order(Language::De)).unwrap_err();
    assert_eq!(refused, "a link is too long for a code");
}

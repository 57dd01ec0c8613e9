//! Letters with registration numbers from the command line: the whole list or nothing, each number once.

use crate::harness::Installation;
use std::path::Path;

const RECORDS: &str = "number,name,first_name,last_name,street,postal_code,city,country,email,language,status\n\
    K7M4-9QXT-2HBP,,Jana,Müller-Lüdenscheidt,Am Lindenhof 3,10999,Berlin,DE,,de,open\n\
    BTTX-MKCD-6ZGW,,Seán,O’Neill,Am Lindenhof 5,10999,Berlin,DE,,en,open\n\
    27HK-TK9R-FCGM,,Ayşe,Yılmaz,Am Lindenhof 5,10999,Berlin,,,,closed\n\
    PM9R-GSQ3-3RGX,,文,王,Am Lindenhof 5,10999,Berlin,,,,open\n";

fn with_records() -> Installation {
    let installation = Installation::new();
    assert_eq!(installation.run(&["migrate"]).code, 0);
    installation.write("people.csv", RECORDS);
    assert_eq!(installation.run(&["records", "import", "housing", "people.csv"]).code, 0);
    installation
}

fn letters(installation: &Installation) -> Vec<String> {
    let is_letter = |file: &String| file.starts_with("letters/") && Path::new(file).extension().is_some_and(|kind| kind == "pdf");
    installation.files().into_iter().filter(is_letter).collect()
}

const PRINT: [&str; 5] = ["letters", "registration", "housing", "--numbers", "numbers.txt"];

#[test]
fn each_number_of_a_list_is_printed_once_however_often_it_is_asked_for() {
    let installation = with_records();
    installation.write("numbers.txt", "k7m4 9qxt 2hbp\r\n\r\n");
    let said = installation.run(&PRINT);
    assert_eq!((said.code, said.err.as_str()), (0, ""));
    assert!(said.out.starts_with("housing: 1 letters laid into ") && said.out.ends_with(", 0 were there before\n"), "{said:?}");
    let first = letters(&installation);
    assert_eq!(first.len(), 1);
    let pdf = std::fs::read(installation.path(&first[0])).unwrap();
    assert!(pdf.starts_with(b"%PDF-1."));

    installation.write("numbers.txt", "K7M4-9QXT-2HBP\nBTTX-MKCD-6ZGW\n");
    let said = installation.run(&PRINT);
    assert!(said.out.starts_with("housing: 1 letters ") && said.out.ends_with(", 1 were there before\n"), "{said:?}");
    assert_eq!(letters(&installation).len(), 2);
    assert_eq!(std::fs::read(installation.path(&first[0])).unwrap(), pdf);
    let manifest = std::fs::read_to_string(installation.path("letters/housing/manifest.jsonl")).unwrap();
    assert_eq!(manifest.lines().count(), 2, "{manifest}");
    assert!(!manifest.contains("K7M4") && !manifest.contains("Jana"), "{manifest}");
}

#[test]
fn a_list_with_a_fault_prints_nothing_and_tells_every_line() {
    let installation = with_records();
    installation.write("numbers.txt", "K7M4-9QXT-2HBP\n27HK-TK9R-FCGM\nnobody's\nABCD\nPM9R-GSQ3-3RGX\nk7m49qxt2hbp\n");
    let said = installation.run(&PRINT);
    let expected = "error: numbers.txt:2: the record is closed\n\
        error: numbers.txt:3: this is no number: letters, digits, blanks and dashes, at most 40\n\
        error: numbers.txt:4: no record has this number\n\
        error: numbers.txt:5: no font has a glyph for U+6587\n\
        error: numbers.txt:6: this number stands in line 1 already\n";
    assert_eq!((said.code, said.out.as_str(), said.err.as_str()), (1, "", expected));
    assert_eq!(letters(&installation), Vec::<String>::new());
    installation.write("numbers.txt", "\n");
    assert_eq!(installation.run(&PRINT).err, "error: numbers.txt has no number in it\n");
}

#[test]
fn a_portal_where_nobody_registers_with_a_last_name_has_no_such_letter() {
    let installation = with_records();
    installation.spoil("onboarding.toml", "only = [\"housing\"]", "only = [\"housing\", \"chamber\"]");
    installation.write("numbers.txt", "0001842\n");
    let said = installation.run(&["letters", "registration", "chamber", "--numbers", "numbers.txt"]);
    let expected = "error: chamber has no letters with registration numbers: nobody registers there with a number and a last name\n";
    assert_eq!((said.code, said.err.as_str()), (1, expected));
    let said = installation.run(&["letters", "registration", "harbour", "--numbers", "numbers.txt"]);
    assert_eq!((said.code, said.err.as_str()), (1, "error: there is no portal `harbour`, only chamber, housing\n"));
}

#[test]
fn check_finds_a_sender_that_no_letter_can_print() {
    let installation = with_records();
    installation.spoil("portals/housing/portal.toml", "\"Wohnungsgesellschaft Lindenhof\"", "\"林登霍夫\"");
    let said = installation.run(&["check"]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.err.contains("housing/portal.toml: no letter can be written in de: no font has a glyph for U+6797\n"), "{said:?}");
}

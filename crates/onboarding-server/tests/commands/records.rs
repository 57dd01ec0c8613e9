//! Master data from a file: all of it or nothing.

use crate::harness::Installation;
use std::fmt::Write as _;

const HEADER: &str = "number,name,first_name,last_name,street,postal_code,city,country,email,language,status\n";

fn migrated() -> Installation {
    let installation = Installation::new();
    assert_eq!(installation.run(&["migrate"]).code, 0);
    installation
}

#[test]
fn a_file_is_taken_over_and_a_second_time_changes_nothing() {
    let installation = migrated();
    let import = ["records", "import", "housing", "portals/housing/records.csv"];
    let first = installation.run(&import);
    assert_eq!((first.code, first.err.as_str()), (0, ""), "{first:?}");
    let rows = std::fs::read_to_string(installation.path(import[3])).unwrap().lines().count() - 1;
    assert_eq!(first.out, format!("housing: {rows} added, 0 updated, 0 unchanged\n"));
    assert_eq!(installation.run(&import).out, format!("housing: 0 added, 0 updated, {rows} unchanged\n"));
}

#[test]
fn a_bad_row_is_told_with_row_column_and_reason_and_nothing_is_taken_over() {
    let installation = migrated();
    let good = "A-1,,Ada,Adler,,10999,Berlin,DE,,de,open\n";
    installation.write("bad.csv", &format!("{HEADER}{good}A-2,,Bea,Berg,,10999,Berlin,DE,nowhere,de,open\n"));
    let said = installation.run(&["records", "import", "housing", "bad.csv"]);
    assert_eq!((said.code, said.out.as_str()), (1, ""));
    assert_eq!(said.err, "error: bad.csv: row 2, column email: is no e-mail address; nothing was taken over\n");
    installation.write("good.csv", &format!("{HEADER}{good}"));
    assert_eq!(installation.run(&["records", "import", "housing", "good.csv"]).out, "housing: 1 added, 0 updated, 0 unchanged\n");
}

#[test]
fn a_number_that_stands_twice_is_told_with_both_rows() {
    let installation = migrated();
    installation.write("twice.csv", &format!("{HEADER}A-1,,Ada,Adler,,,,,,,\nA-2,,Bea,Berg,,,,,,,\na1,,Cem,Can,,,,,,,\n"));
    let said = installation.run(&["records", "import", "housing", "twice.csv"]);
    assert_eq!(said.err, "error: twice.csv: row 3, column number: this number stands in row 1 already; nothing was taken over\n");
}

#[test]
fn a_long_import_tells_its_progress_in_lines_where_there_is_no_terminal() {
    let installation = migrated();
    let mut text = HEADER.to_owned();
    for row in 0..100_000 {
        writeln!(text, "B-{row},,,Name,,,,,,,").unwrap();
    }
    installation.write("long.csv", &text);
    let said = installation.run(&["records", "import", "housing", "long.csv"]);
    assert_eq!((said.code, said.err.as_str()), (0, "100000 rows read\n"));
}

#[test]
fn what_is_not_there_is_told_by_name() {
    let installation = migrated();
    let said = installation.run(&["records", "import", "harbour", "portals/housing/records.csv"]);
    assert_eq!((said.code, said.err.as_str()), (1, "error: there is no portal `harbour`, only housing\n"));
    let said = installation.run(&["records", "import", "housing", "nowhere.csv"]);
    assert_eq!((said.code, said.err.as_str()), (1, "error: could not read nowhere.csv: entity not found\n"));
    let said = installation.run(&["records", "import", "housing", "portals"]);
    assert_eq!((said.code, said.err.lines().count()), (1, 1), "{said:?}");
    let said = Installation::new().run(&["records", "import", "housing", "portals/housing/records.csv"]);
    assert_eq!((said.code, said.err.as_str()), (1, "error: there is no database at onboarding.db: run `onboarding migrate` first\n"));
}

#[test]
fn records_are_brought_in_before_their_journey_is_served() {
    let installation = migrated();
    let import = ["records", "import", "partner", "portals/partner/records.csv"];
    let said = installation.run_with(&import, &[("ONBOARDING_PORTALS__ONLY", "partner")]);
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{said:?}");
    assert!(said.out.starts_with("partner: "), "{said:?}");
}

//! Master data by a clerk: one record at a time, or a file that is taken over whole or not at all.

use crate::scene::{GARDEN, Scene};
use onboarding::Error;
use onboarding::core::Ref;
use onboarding::ports::{ImportState, Store};
use onboarding::stories::{RecordForm, StaffView};
use std::io::Cursor;

const HEADER: &str = "number,name,first_name,last_name,street,postal_code,city,country,email,language,status\n";

async fn imported(scene: &Scene, staff: &StaffView, file: impl Into<Vec<u8>>) -> onboarding::ports::ImportNote {
    let id = scene.engine.begin_import(staff).await.unwrap();
    assert_eq!(scene.engine.import_note(staff, id.0).await.unwrap().state, ImportState::Running);
    scene.engine.run_import(staff, id, Cursor::new(file.into())).await;
    scene.engine.import_note(staff, id.0).await.unwrap()
}

fn row(number: &str, last_name: &str, postal_code: &str, email: &str) -> String {
    format!("{number},,Ada,{last_name},Weg 1,{postal_code},Berlin,DE,{email},de,\n")
}

#[tokio::test]
async fn a_good_file_is_taken_over_and_told_with_its_numbers() {
    let scene = Scene::new().await;
    let staff = scene.clerk(GARDEN, "amt@garden.example").await;
    let rows: String = (0..6_001).map(|n| row(&format!("N-{n:05}"), "Lovelace", "10999", "")).collect();
    let note = imported(&scene, &staff, format!("{HEADER}{rows}")).await;
    assert_eq!((note.state, note.rows, note.of, note.report.added, note.faults.len()), (ImportState::Done, 6_001, 6_001, 6_001, 0));
    let note = imported(&scene, &staff, format!("{HEADER}{rows}")).await;
    assert_eq!((note.report.added, note.report.unchanged), (0, 6_001));
    let history = scene.bench.store.history(Ref::Clerk(staff.id())).await.unwrap();
    assert_eq!(history.iter().filter(|row| row.kind == "records.imported").count(), 2);
}

#[tokio::test]
async fn a_file_with_faults_changes_nothing_and_tells_the_first_fifty() {
    let scene = Scene::new().await;
    let staff = scene.clerk(GARDEN, "amt@garden.example").await;
    let mut file = format!("{HEADER}{}", row("N-1", "Lovelace", "10999", ""));
    file.extend((0..60).map(|n| row(&format!("M-{n}"), "Lovelace", "10999", "no address")));
    file.push_str("N-2,too,few\n");
    let note = imported(&scene, &staff, file).await;
    assert_eq!((note.state, note.faults.len(), note.rows), (ImportState::Failed, 50, 0));
    assert_eq!((note.faults[0].row, note.faults[0].column.as_str()), (2, "email"));
    assert!(note.faults.iter().all(|fault| !fault.reason.contains("no address")), "a fault quotes nobody");
    assert_eq!(scene.engine.staff_record(&staff, "N-1").await.map(drop), Err(Error::NotFound));
}

#[tokio::test]
async fn latin_1_duplicates_and_strange_headers_refuse_the_whole_file() {
    let scene = Scene::new().await;
    let staff = scene.clerk(GARDEN, "amt@garden.example").await;
    let duplicate = format!("{HEADER}{}{}", row("N-1", "Lovelace", "10999", ""), row("n 1", "Hopper", "10999", ""));
    let mut latin = format!("{HEADER}{}", row("N-1", "Lovelace", "10999", "")).into_bytes();
    latin.extend(b"N-2,,Ada,M\xfcller,Weg 1,10999,Berlin,DE,,de,\n");
    for (file, row, column) in [
        (duplicate.into_bytes(), 2, "number"),
        (latin, 2, "last_name"),
        (HEADER.replace("email", "e_mail").into_bytes(), 0, ""),
        (Vec::new(), 0, ""),
        (b"\x00\xff\xfe".to_vec(), 0, ""),
    ] {
        let note = imported(&scene, &staff, file).await;
        assert_eq!(note.state, ImportState::Failed);
        assert_eq!((note.faults[0].row, note.faults[0].column.as_str()), (row, column), "{:?}", note.faults);
        assert_eq!(scene.engine.staff_record(&staff, "N-1").await.map(drop), Err(Error::NotFound));
    }
}

#[tokio::test]
async fn formulas_stay_text_and_a_missing_postal_code_is_allowed_and_matches_nothing() {
    let scene = Scene::new().await;
    let staff = scene.clerk(GARDEN, "amt@garden.example").await;
    let note = imported(&scene, &staff, format!("{HEADER}{}", row("N-1", "=1+1", "", ""))).await;
    assert_eq!(note.state, ImportState::Done);
    let seen = scene.engine.staff_record(&staff, "N-1").await.unwrap().record;
    assert_eq!((seen.last_name.as_str(), seen.postal_code.as_str()), ("=1+1", ""));
    assert!(!seen.matches(&[]));
}

#[tokio::test]
async fn an_import_of_another_portal_or_without_an_end_is_told_as_such() {
    let scene = Scene::new().await;
    let staff = scene.clerk(GARDEN, "amt@garden.example").await;
    let elsewhere = scene.clerk(crate::scene::GUILD, "amt@guild.example").await;
    let id = scene.engine.begin_import(&staff).await.unwrap();
    assert_eq!(scene.engine.import_note(&elsewhere, id.0).await.map(drop), Err(Error::NotFound));
    scene.bench.clock.advance(chrono::TimeDelta::minutes(20));
    let later = StaffView { now: scene.now(), ..staff };
    let note = scene.engine.import_note(&later, id.0).await.unwrap();
    assert_eq!((note.state, note.faults.len()), (ImportState::Failed, 1));
}

#[tokio::test]
async fn a_record_is_written_as_a_whole_and_gets_a_version() {
    let scene = Scene::new().await;
    let staff = scene.clerk(GARDEN, "amt@garden.example").await;
    let text = |text: &str| Some(text.to_owned());
    let form = RecordForm { last_name: text("Lovelace"), city: text("London"), email: text("ada@mail.example"), ..RecordForm::default() };
    let seen = scene.engine.put_record(&staff, "N-00 1", &form).await.unwrap();
    assert_eq!((seen.added, seen.version.0, seen.record.written.as_str()), (true, 1, "N-00 1"));
    let seen = scene.engine.put_record(&staff, "N-00 1", &form).await.unwrap();
    assert_eq!((seen.added, seen.version.0), (false, 1), "the same again is no change");
    let closed = RecordForm { status: text("closed"), number: text("n-001"), ..form };
    let seen = scene.engine.put_record(&staff, "N001", &closed).await.unwrap();
    assert_eq!((seen.added, seen.version.0, seen.record.written.as_str()), (false, 2, "n-001"));
    let kept = scene.engine.staff_record(&staff, "N001").await.unwrap();
    assert_eq!((kept.record.city.as_str(), kept.record.status), ("London", onboarding::core::record::RecordStatus::Closed));
    let kinds: Vec<_> = scene.bench.store.history(Ref::Record(kept.record.id)).await.unwrap().into_iter().map(|row| row.kind).collect();
    assert_eq!(kinds, ["record.added", "record.changed"]);
}

#[tokio::test]
async fn a_record_that_cannot_be_is_told_field_by_field() {
    let scene = Scene::new().await;
    let staff = scene.clerk(GARDEN, "amt@garden.example").await;
    let text = |text: &str| Some(text.to_owned());
    let form = RecordForm {
        number: text("N-2"),
        first_name: text("Zo\u{202e}ë"),
        street: text(&"x".repeat(201)),
        country: text("Germany"),
        ..RecordForm::default()
    };
    let Err(Error::Input(faults)) = scene.engine.put_record(&staff, "N-1", &form).await.map(drop) else { panic!("it was taken") };
    let told: Vec<_> = faults.iter().map(|fault| (fault.field.as_str(), fault.code)).collect();
    assert_eq!(told, [("first_name", "characters"), ("street", "characters"), ("number", "invalid"), ("country", "format")]);
    assert_eq!(scene.engine.put_record(&staff, "", &RecordForm::default()).await.map(drop), Err(Error::NotFound));
}

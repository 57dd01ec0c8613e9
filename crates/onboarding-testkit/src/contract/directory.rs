//! Directory: the books, by normalised number within a portal, taken over as a whole or not at all.

use super::{Stores, promises};
use crate::sample;
use onboarding::ports::{DirectoryError, ImportFault, ImportId, ImportNote, ImportReport, ImportState, Version, Versioned};
use onboarding_core::policy::Retention;
use onboarding_core::record::RecordStatus;
use onboarding_core::{PortalSlug, Record, RecordId};

promises! { Stores:
    a_record_is_found_by_number_and_id,
    a_number_is_found_in_every_spelling,
    a_number_holds_within_its_portal,
    odd_records_come_back_as_they_were,
    nothing_staged_is_visible_before_the_merge,
    what_is_discarded_never_comes,
    imports_do_not_mix,
    a_duplicate_refuses_the_whole_import,
    an_unchanged_record_keeps_its_version,
    a_changed_record_keeps_its_id,
    a_record_closes_and_opens_again,
    what_an_import_leaves_out_stays,
    an_import_comes_in_chunks,
    what_is_noted_of_an_import_is_told_within_its_portal,
    notes_of_imports_are_purged,
}

fn import(n: u64) -> ImportId {
    ImportId(sample::uuid(9, n))
}

async fn find(fresh: &Stores, portal: &PortalSlug, number: &str) -> Option<Versioned<Record>> {
    fresh.directory.find(portal, &sample::number(number)).await.unwrap()
}

fn report(added: u64, updated: u64, unchanged: u64) -> ImportReport {
    ImportReport { added, updated, unchanged }
}

/// With everything in it, and version 1.
pub async fn a_record_is_found_by_number_and_id(fresh: &Stores) {
    let record = sample::sample_record("K-001 742");
    assert_eq!(fresh.import(1, &sample::portal(), vec![record.clone()]).await, report(1, 0, 0));
    let expected = Some(Versioned { value: record.clone(), version: Version(1) });
    assert_eq!(find(fresh, &sample::portal(), "K-001 742").await, expected);
    assert_eq!(fresh.directory.by_id(record.id).await.unwrap(), expected);
    assert_eq!(find(fresh, &sample::portal(), "K-001 743").await, None);
    assert_eq!(fresh.directory.by_id(RecordId(sample::uuid(7, 99))).await.unwrap(), None);
}

/// Blanks, dashes and case make no difference; leading zeros do.
pub async fn a_number_is_found_in_every_spelling(fresh: &Stores) {
    fresh.import(1, &sample::portal(), vec![sample::sample_record("k-001 742")]).await;
    for spelling in ["K001742", "k 001 742", "K–001–742"] {
        let found = find(fresh, &sample::portal(), spelling).await.expect("another spelling of the same number");
        assert_eq!(found.value.written, "k-001 742");
    }
    assert_eq!(find(fresh, &sample::portal(), "K1742").await, None);
}

/// Two portals, two books.
pub async fn a_number_holds_within_its_portal(fresh: &Stores) {
    let here = sample::sample_record("K-1");
    let there = Record { id: RecordId(sample::uuid(8, 1)), city: "Wien".to_owned(), ..here.clone() };
    fresh.import(1, &sample::portal(), vec![here.clone()]).await;
    assert_eq!(find(fresh, &sample::neighbour(), "K-1").await, None);
    assert_eq!(fresh.import(2, &sample::neighbour(), vec![there.clone()]).await, report(1, 0, 0));
    assert_eq!(find(fresh, &sample::portal(), "K-1").await.map(|found| found.value), Some(here));
    assert_eq!(find(fresh, &sample::neighbour(), "K-1").await.map(|found| found.value), Some(there));
}

/// Letter by letter: nothing is trimmed, composed or cut.
pub async fn odd_records_come_back_as_they_were(fresh: &Stores) {
    let records = sample::odd_records();
    fresh.import(1, &sample::portal(), records.clone()).await;
    for record in records {
        let found = fresh.directory.find(&sample::portal(), &record.number).await.unwrap().expect("it was imported");
        assert_eq!(found.value, record);
        assert_eq!((found.value.last_name, found.value.written), (record.last_name, record.written));
    }
}

/// Neither new records nor changes of known ones.
pub async fn nothing_staged_is_visible_before_the_merge(fresh: &Stores) {
    let known = sample::sample_record("K-1");
    fresh.import(1, &sample::portal(), vec![known.clone()]).await;
    let rows = vec![Record { city: "Bonn".to_owned(), ..known.clone() }, sample::sample_record("K-2")];
    fresh.directory.stage(import(2), &sample::portal(), 1, rows).await.unwrap();
    assert_eq!(find(fresh, &sample::portal(), "K-1").await, Some(Versioned { value: known, version: Version(1) }));
    assert_eq!(find(fresh, &sample::portal(), "K-2").await, None);
    assert_eq!(fresh.directory.by_id(sample::sample_record("K-2").id).await.unwrap(), None);
    assert_eq!(fresh.directory.merge(import(2), &sample::portal()).await.unwrap(), report(1, 1, 0));
    assert_eq!(find(fresh, &sample::portal(), "K-1").await.map(|found| found.value.city), Some("Bonn".to_owned()));
    assert!(find(fresh, &sample::portal(), "K-2").await.is_some());
}

/// Not even when it is merged afterwards.
pub async fn what_is_discarded_never_comes(fresh: &Stores) {
    fresh.directory.stage(import(1), &sample::portal(), 1, vec![sample::sample_record("K-1")]).await.unwrap();
    fresh.directory.discard(import(1)).await.unwrap();
    fresh.directory.discard(import(7)).await.expect("what was never laid aside can be thrown away");
    assert_eq!(fresh.directory.merge(import(1), &sample::portal()).await.unwrap(), report(0, 0, 0));
    assert_eq!(find(fresh, &sample::portal(), "K-1").await, None);
}

/// Two at the same time: each takes over its own rows, at its own portal, and the same number may stand in both.
pub async fn imports_do_not_mix(fresh: &Stores) {
    let at = |number: &str, city: &str| Record { city: city.to_owned(), ..sample::sample_record(number) };
    fresh.directory.stage(import(1), &sample::portal(), 1, vec![at("K-1", "Bonn"), at("K-2", "Bonn")]).await.unwrap();
    fresh.directory.stage(import(2), &sample::portal(), 1, vec![at("K-1", "Wien")]).await.unwrap();
    assert_eq!(fresh.directory.merge(import(2), &sample::portal()).await.unwrap(), report(1, 0, 0));
    assert_eq!(find(fresh, &sample::portal(), "K-2").await, None);
    assert_eq!(fresh.directory.merge(import(1), &sample::portal()).await.unwrap(), report(1, 1, 0));
    assert_eq!(find(fresh, &sample::portal(), "K-1").await.map(|found| found.value.city), Some("Bonn".to_owned()));
    assert_eq!(
        fresh.directory.merge(import(1), &sample::portal()).await.unwrap(),
        report(0, 0, 0),
        "a second merge has nothing to take over"
    );
    fresh.directory.stage(import(3), &sample::portal(), 1, vec![at("K-3", "Bonn")]).await.unwrap();
    assert_eq!(fresh.directory.merge(import(3), &sample::neighbour()).await.unwrap(), report(0, 0, 0), "another portal's rows");
    assert_eq!((find(fresh, &sample::neighbour(), "K-3").await, find(fresh, &sample::portal(), "K-3").await), (None, None));
}

/// Another spelling is the same number, another chunk the same import; both rows are named, and nothing is taken over.
pub async fn a_duplicate_refuses_the_whole_import(fresh: &Stores) {
    let known = sample::sample_record("K-1");
    fresh.import(1, &sample::portal(), vec![known.clone()]).await;
    let chunks = [
        (1, vec![Record { city: "Bonn".to_owned(), ..known.clone() }, sample::sample_record("K-00 17"), sample::sample_record("K-3")]),
        (4, vec![sample::sample_record("K-4"), sample::sample_record("k 0017")]),
    ];
    let mut refused = None;
    for (first_row, rows) in chunks {
        if let Err(error) = fresh.directory.stage(import(2), &sample::portal(), first_row, rows).await {
            refused.get_or_insert(error);
        }
    }
    // Either the second row or the merge finds it out.
    if refused.is_none() {
        refused = fresh.directory.merge(import(2), &sample::portal()).await.err();
    }
    assert!(matches!(refused, Some(DirectoryError::Duplicate { first: 2, row: 5 })), "{refused:?}");
    fresh.directory.discard(import(2)).await.unwrap();
    assert_eq!(find(fresh, &sample::portal(), "K-1").await, Some(Versioned { value: known, version: Version(1) }));
    for number in ["K-0017", "K-3", "K-4"] {
        assert_eq!(find(fresh, &sample::portal(), number).await, None, "{number}");
    }
}

/// An import of the same file makes no fact outdated.
pub async fn an_unchanged_record_keeps_its_version(fresh: &Stores) {
    let mut rows = sample::odd_records();
    rows.push(sample::sample_record("K-1"));
    let count = rows.len() as u64;
    assert_eq!(fresh.import(1, &sample::portal(), rows.clone()).await, report(count, 0, 0));
    // The next file's rows come with ids of their own.
    for (n, row) in (1..).zip(&mut rows) {
        row.id = RecordId(sample::uuid(8, n));
    }
    assert_eq!(fresh.import(2, &sample::portal(), rows).await, report(0, 0, count));
    let found = find(fresh, &sample::portal(), "K-1").await.expect("it was imported");
    assert_eq!((found.version, found.value.id), (Version(1), sample::sample_record("K-1").id));
}

/// Each value counts, how the number is written too; the version rises by one.
pub async fn a_changed_record_keeps_its_id(fresh: &Stores) {
    let record = sample::sample_record("K-1");
    fresh.import(1, &sample::portal(), vec![record.clone()]).await;
    let changes: [fn(&mut Record); 11] = [
        |row| "k 1".clone_into(&mut row.written),
        |row| "Neu".clone_into(&mut row.name),
        |row| row.first_name = String::new(),
        |row| "Neu".clone_into(&mut row.last_name),
        |row| "Neu 1".clone_into(&mut row.street),
        |row| "01067".clone_into(&mut row.postal_code),
        |row| "Neu".clone_into(&mut row.city),
        |row| "CH".clone_into(&mut row.country),
        |row| row.email = None,
        |row| row.language = None,
        |row| row.status = RecordStatus::Closed,
    ];
    let mut expected = record.clone();
    for (n, change) in (2..).zip(changes) {
        change(&mut expected);
        let row = Record { id: RecordId(sample::uuid(8, n)), ..expected.clone() };
        assert_eq!(fresh.import(n, &sample::portal(), vec![row]).await, report(0, 1, 0), "change {}", n - 1);
        assert_eq!(fresh.directory.by_id(record.id).await.unwrap(), Some(Versioned { value: expected.clone(), version: Version(n) }));
    }
}

/// A closed record is found, as closed.
pub async fn a_record_closes_and_opens_again(fresh: &Stores) {
    let record = sample::sample_record("K-1");
    let closed = Record { status: RecordStatus::Closed, ..record.clone() };
    fresh.import(1, &sample::portal(), vec![closed.clone()]).await;
    assert_eq!(find(fresh, &sample::portal(), "K-1").await, Some(Versioned { value: closed, version: Version(1) }));
    fresh.import(2, &sample::portal(), vec![record.clone()]).await;
    assert_eq!(find(fresh, &sample::portal(), "K-1").await, Some(Versioned { value: record, version: Version(2) }));
}

/// An import deletes nothing.
pub async fn what_an_import_leaves_out_stays(fresh: &Stores) {
    fresh.import(1, &sample::portal(), vec![sample::sample_record("K-1"), sample::sample_record("K-2")]).await;
    assert_eq!(fresh.import(2, &sample::portal(), vec![sample::sample_record("K-2")]).await, report(0, 0, 1));
    assert_eq!(fresh.import(3, &sample::portal(), Vec::new()).await, report(0, 0, 0));
    assert_eq!(find(fresh, &sample::portal(), "K-1").await.map(|found| found.version), Some(Version(1)));
}

/// 1,200 rows in chunks of 500: one merge, one report.
pub async fn an_import_comes_in_chunks(fresh: &Stores) {
    let rows: Vec<Record> =
        (1..=1_200).map(|n| Record { id: RecordId(sample::uuid(8, n)), ..sample::sample_record(&format!("C-{n:06}")) }).collect();
    for (first_row, chunk) in (1..).step_by(500).zip(rows.chunks(500)) {
        fresh.directory.stage(import(1), &sample::portal(), first_row, chunk.to_vec()).await.unwrap();
    }
    assert_eq!(fresh.directory.merge(import(1), &sample::portal()).await.unwrap(), report(1_200, 0, 0));
    for n in [1, 500, 501, 1_200] {
        assert!(find(fresh, &sample::portal(), &format!("C-{n:06}")).await.is_some());
    }
}

fn note(n: u64, fresh: &Stores) -> ImportNote {
    ImportNote {
        id: import(n),
        portal: sample::portal(),
        state: ImportState::Running,
        rows: 5_000,
        of: 12_000,
        report: ImportReport::default(),
        faults: Vec::new(),
        at: fresh.now(),
    }
}

/// The last note alone, as it was noted.
pub async fn what_is_noted_of_an_import_is_told_within_its_portal(fresh: &Stores) {
    let told = async |portal: PortalSlug, n| fresh.directory.noted(&portal, import(n)).await.unwrap();
    assert_eq!(told(sample::portal(), 1).await, None);
    fresh.directory.note(note(1, fresh)).await.unwrap();
    assert_eq!(told(sample::portal(), 1).await, Some(note(1, fresh)));
    let faults = vec![ImportFault { row: 7, column: "email".to_owned(), reason: "is no \"e-mail\" address".to_owned() }];
    let failed = ImportNote { state: ImportState::Failed, faults, ..note(1, fresh) };
    fresh.directory.note(failed.clone()).await.unwrap();
    assert_eq!(told(sample::portal(), 1).await, Some(failed));
    let done = ImportNote { state: ImportState::Done, rows: 12_000, report: report(3, 2, 1), ..note(2, fresh) };
    fresh.directory.note(done.clone()).await.unwrap();
    assert_eq!(told(sample::portal(), 2).await, Some(done));
    assert_eq!(told(sample::neighbour(), 1).await, None);
}

/// 30 days after the last of them.
pub async fn notes_of_imports_are_purged(fresh: &Stores) {
    fresh.directory.note(note(1, fresh)).await.unwrap();
    fresh.clock.advance(onboarding_core::policy::RETAIN_IMPORTS - chrono::TimeDelta::microseconds(1));
    fresh.store.purge(fresh.now(), &Retention::default(), 10).await.unwrap();
    assert!(fresh.directory.noted(&sample::portal(), import(1)).await.unwrap().is_some());
    fresh.clock.advance(chrono::TimeDelta::microseconds(1));
    fresh.store.purge(fresh.now(), &Retention::default(), 10).await.unwrap();
    assert_eq!(fresh.directory.noted(&sample::portal(), import(1)).await.unwrap(), None);
}

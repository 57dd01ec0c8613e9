//! From the outbox to the spool: the worker with the real writer and the real press.

use crate::desk::{PIN, Paper, chamber, letters};
use chrono::TimeDelta;
use onboarding::portal::LetterLayout;
use onboarding::ports::{
    Actor, Clock, Commit, Delivery, DeliveryKind, DeliveryStatus, Outbox, OutboxChange, OutboxFilter, RenderedLetter, Store, Vault,
};
use onboarding::{Portals, Worker};
use onboarding_core::{Language, Ref};
use onboarding_letter::SpoolPress;
use onboarding_testkit::{Bench, PlainStationery, sample};
use std::sync::Arc;

const RECORDS: &str = "number,name,first_name,last_name,street,postal_code,city,country,email,language\n\
    0001842,Malerbetrieb Köster,Sabine,Köster,Gutenbergstraße 5,65189,Wiesbaden,DE,,de\n\
    0001843,Schreinerei 文,,,Am Holzweg 3,65195,Wiesbaden,DE,,de\n";

#[tokio::test]
async fn an_ordered_letter_lies_in_the_spool_once_and_one_that_cannot_be_printed_waits_for_a_clerk() {
    let (bench, dir) = (Bench::new(), tempfile::tempdir().unwrap());
    let portal = chamber(LetterLayout::Din);
    let engine = bench.engine(Portals::new([portal.clone()]));
    engine.import_records(&portal, RECORDS.as_bytes(), |_| ()).await.unwrap();
    let press = SpoolPress::new(dir.path(), bench.clock.clone());
    let worker = Worker::new(engine.clone(), Arc::new(PlainStationery), bench.mailer.clone());
    let worker = worker.with_letters(Arc::new(letters()), Arc::new(press.clone()));
    for (n, number) in [(1, "0001842"), (2, "0001843")] {
        let (id, now) = (sample::delivery_id(n), bench.clock.now());
        let payload = format!(
            r#"{{"Letter":{{"record":"{number}","language":"de","pin":"{PIN}","requester":"Kim Beispiel","requested_at":"2026-11-25T15:20:00Z",
                "reissued":false,"valid_until":"2026-12-19T23:00:00Z","held":false}}}}"#
        );
        let mut commit = Commit::new(now, portal.slug.clone(), Actor::System);
        commit.outbox.push(OutboxChange::Enqueue(Delivery {
            id,
            portal: portal.slug.clone(),
            owner: Ref::Record(sample::record_id(&sample::number(number))),
            kind: DeliveryKind::Letter,
            template: "pin-letter".to_owned(),
            language: Language::De,
            not_before: now,
            not_after: None,
            after: None,
            priority: 0,
            message_id: id.to_string(),
            sealed: bench.vault.seal(id.0.as_bytes(), payload.as_bytes()),
        }));
        bench.store.commit(commit).await.unwrap();
    }
    for _ in 0..3 {
        worker.run_once().await.unwrap();
        bench.clock.advance(TimeDelta::minutes(1));
    }
    let rows = bench.store.list(&OutboxFilter::default(), 10).await.unwrap();
    let status = |n| rows.iter().find(|row| row.id == sample::delivery_id(n)).map(|row| (row.status, row.reason.clone())).unwrap();
    assert_eq!(status(1), (DeliveryStatus::Sent, None));
    assert_eq!(status(2), (DeliveryStatus::Parked, Some("unwritable".to_owned())));
    let files: Vec<_> = std::fs::read_dir(press.folder(&portal.slug)).unwrap().map(|entry| entry.unwrap().path()).collect();
    let pdfs: Vec<_> = files.iter().filter(|file| file.extension().is_some_and(|kind| kind == "pdf")).collect();
    assert_eq!(pdfs.len(), 1, "{files:?}");
    let letter = RenderedLetter { portal: portal.slug.clone(), pdf: std::fs::read(pdfs[0]).unwrap(), pages: 1 };
    assert!(Paper::of(&letter).raw_lines().contains(&PIN.replace('-', " ")));
}

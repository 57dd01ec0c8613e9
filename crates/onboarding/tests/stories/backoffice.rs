//! What a clerk sees: its own portal's, page by page, by what it searches and nothing else.

use crate::scene::{BJOERN, GARDEN, GUILD, Scene, ZOE, caller};
use onboarding::Error;
use onboarding::stories::{AuditQuery, RegistrationQuery};

fn searched(q: &str) -> RegistrationQuery {
    RegistrationQuery { q: Some(q.to_owned()), ..RegistrationQuery::default() }
}

#[tokio::test]
async fn a_registration_is_found_by_address_name_and_number_and_seen_beside_the_books() {
    let scene = Scene::new().await;
    let staff = scene.clerk(GARDEN, "amt@garden.example").await;
    scene.apply("zoe@mail.example", ZOE).await;
    scene.apply("bjoern@mail.example", BJOERN).await;
    for (q, expected) in [("ZOE@", 1), ("o'neill", 1), ("a 100", 1), ("A-100", 1), ("mail.example", 2), ("%", 0), ("nobody", 0)] {
        let page = scene.engine.staff_registrations(&staff, &searched(q)).await.unwrap();
        assert_eq!((page.rows.len(), page.next), (expected, None), "{q}");
    }
    let id = scene.engine.staff_registrations(&staff, &searched("zoe@")).await.unwrap().rows[0].id();
    let seen = scene.engine.staff_registration(&staff, id).await.unwrap();
    assert_eq!((seen.state.as_str(), seen.version()), ("awaiting_email", seen.registration.dossier().revision));
    assert_eq!(seen.record.map(|record| (record.written, record.last_name)), Some(("A-100".to_owned(), "O’Neill".to_owned())));
    assert_eq!(seen.consents.len(), 2);
    assert_eq!(seen.history[0].kind, "registration.applied");
}

#[tokio::test]
async fn pages_follow_one_another_and_end() {
    let scene = Scene::new().await;
    let staff = scene.clerk(GUILD, "amt@guild.example").await;
    for n in 0..120 {
        scene.bench.clock.advance(chrono::TimeDelta::seconds(1));
        scene.apply_at_guild(&format!("p{n}@mail.example")).await;
    }
    let (mut query, mut seen) = (RegistrationQuery::default(), Vec::new());
    for rows in [50, 50, 20] {
        let page = scene.engine.staff_registrations(&staff, &query).await.unwrap();
        assert_eq!((page.rows.len(), page.next.is_some()), (rows, rows == 50));
        query.cursor = page.next;
        seen.extend(page.rows.iter().map(|row| row.registration.email().as_str().to_owned()));
    }
    let newest_first: Vec<_> = (0..120).rev().map(|n| format!("p{n}@mail.example")).collect();
    assert_eq!(seen, newest_first);
}

#[tokio::test]
async fn what_cannot_be_asked_for_is_told_field_by_field() {
    let scene = Scene::new().await;
    let staff = scene.clerk(GARDEN, "amt@garden.example").await;
    let query = RegistrationQuery {
        q: Some("ß".repeat(10_000)),
        state: Some("%".to_owned()),
        from: Some("gestern".to_owned()),
        to: Some("2026-13-01".to_owned()),
        cursor: Some("' OR 1=1".to_owned()),
    };
    let Err(Error::Input(faults)) = scene.engine.staff_registrations(&staff, &query).await.map(drop) else { panic!("it was taken") };
    let told: Vec<_> = faults.iter().map(|fault| (fault.field.as_str(), fault.code)).collect();
    assert_eq!(told, [("state", "unknown"), ("q", "too_long"), ("from", "format"), ("to", "format"), ("cursor", "format")]);
    let audit = AuditQuery { subject: Some("account".to_owned()), actor: Some("a b".to_owned()), ..AuditQuery::default() };
    assert!(matches!(scene.engine.staff_audit(&staff, &audit).await, Err(Error::Input(faults)) if faults.len() == 2));
}

#[tokio::test]
async fn another_portals_people_are_not_there() {
    let scene = Scene::new().await;
    scene.apply("zoe@mail.example", ZOE).await;
    let member = scene.member_session("bjoern@mail.example", BJOERN).await;
    let here = scene.clerk(GARDEN, "amt@garden.example").await;
    let elsewhere = scene.clerk(GUILD, "amt@guild.example").await;
    let engine = &scene.engine;
    let id = engine.staff_registrations(&here, &searched("zoe@")).await.unwrap().rows[0].id();
    assert!(engine.staff_registrations(&elsewhere, &RegistrationQuery::default()).await.unwrap().rows.is_empty());
    assert!(engine.staff_accounts(&elsewhere, None, None).await.unwrap().rows.is_empty());
    assert_eq!(engine.staff_registration(&elsewhere, id).await.map(drop), Err(Error::NotFound));
    assert_eq!(engine.staff_account(&elsewhere, member.account()).await.map(drop), Err(Error::NotFound));
    assert_eq!(engine.suspend_account(&elsewhere, member.account(), true).await.map(drop), Err(Error::NotFound));
    assert_eq!(engine.resend_as_clerk(&elsewhere, &caller(), id).await, Err(Error::NotFound));
    assert_eq!(engine.staff_record(&elsewhere, "A-100").await.map(drop), Err(Error::NotFound));
    let trail = engine.staff_audit(&elsewhere, &AuditQuery::default()).await.unwrap().rows;
    assert!(trail.iter().all(|entry| entry.kind.starts_with("clerk.")), "{trail:?}");
}

#[tokio::test]
async fn the_trail_is_found_by_subject_actor_kind_and_day() {
    let scene = Scene::new().await;
    let member = scene.member_session("zoe@mail.example", ZOE).await;
    let staff = scene.clerk(GARDEN, "amt@garden.example").await;
    scene.engine.suspend_account(&staff, member.account(), true).await.unwrap();
    let asked = async |query: AuditQuery| {
        let rows = scene.engine.staff_audit(&staff, &query).await.unwrap().rows;
        rows.into_iter().map(|entry| entry.kind).collect::<Vec<_>>()
    };
    let by = Some(staff.actor().word());
    let subject = Some(format!("account:{}", member.account()));
    let today = Some(scene.now().format("%Y-%m-%d").to_string());
    assert_eq!(
        asked(AuditQuery { actor: by.clone(), kind: Some("account.".to_owned()), ..AuditQuery::default() }).await,
        ["account.suspended"]
    );
    assert_eq!(asked(AuditQuery { subject: subject.clone(), actor: by, ..AuditQuery::default() }).await, ["account.suspended"]);
    assert_eq!(
        asked(AuditQuery { subject: subject.clone(), ..AuditQuery::default() }).await,
        ["account.suspended", "account.signed_in", "account.opened"]
    );
    assert_eq!(
        asked(AuditQuery { subject: subject.clone(), from: today.clone(), to: today.clone(), ..AuditQuery::default() }).await.len(),
        3
    );
    let tomorrow = Some((scene.now() + chrono::TimeDelta::days(1)).format("%Y-%m-%d").to_string());
    assert!(asked(AuditQuery { subject, from: tomorrow, ..AuditQuery::default() }).await.is_empty());
    let whole = format!("{:?}", scene.engine.staff_audit(&staff, &AuditQuery::default()).await.unwrap().rows);
    assert!(!whole.contains("mail.example") && !whole.contains("A-100") && !whole.contains("A100"), "{whole}");
}

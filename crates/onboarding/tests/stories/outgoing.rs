//! A clerk and what is stuck on its way: what is shown of it, what goes out again, what does not, and what waits in figures.

use crate::scene::{GARDEN, GUILD, Scene, WORKS, ZOE, caller, from, guild_form, repeatable, secret};
use chrono::TimeDelta;
use onboarding::Error;
use onboarding::core::{DeliveryId, policy, retry::Refusal};
use onboarding::ports::{Actor, DeliveryKind, DeliveryStatus};
use onboarding::stories::{ApprovalAges, DeliveryView, Needs, SessionView, StaffView};
use onboarding_testkit::{MailFate, PressFate, ReadMail};

const BOOKS: &str = "number,name,first_name,last_name,street,postal_code,city,country,email,language,status\n\
    0070-01,,Urs,Zürcher,Bachweg 1,8001,Zürich,CH,kunde@mail.example,en,open\n";
const BUSINESSES: &str = "number,name,first_name,last_name,street,postal_code,city,country,email,language,status\n\
    0001842,Malerei Köster,Sabine,Köster,Malweg 1,65189,Wiesbaden,DE,,de,open\n";
const MAILBOX: &str = "kunde@mail.example";

async fn parked(scene: &Scene, staff: &StaffView) -> Vec<DeliveryView> {
    scene.engine.staff_outbox(staff, Some("parked"), None).await.unwrap().rows
}

/// Nobody knows twice what became of the next mail.
async fn park_the_next(scene: &Scene) {
    scene.bench.mailer.next(MailFate::UnknownLost, 2);
    scene.post().await;
    scene.bench.clock.advance(TimeDelta::minutes(1));
    scene.post().await;
}

async fn retry(scene: &Scene, staff: &StaffView, id: DeliveryId) -> Result<DeliveryView, Error> {
    scene.engine.retry_delivery(&caller(), staff, id).await
}

fn refused(answer: Result<DeliveryView, Error>) -> Refusal {
    match answer {
        Err(Error::Delivery(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_number_that_is_stuck_keeps_its_password_back_and_a_retry_sends_both_in_their_order() {
    let scene = Scene::new().await;
    let works = scene.engine.portal(WORKS).unwrap();
    scene.engine.import_records(&works, BOOKS.as_bytes(), |_| ()).await.unwrap();
    let staff = scene.clerk(WORKS, "clerk@works.example").await;
    scene.engine.provision(&caller(), WORKS, Actor::Operator, "0070-01").await.unwrap();
    park_the_next(&scene).await;
    scene.bench.clock.advance(TimeDelta::days(2));
    scene.post().await;
    assert!(scene.bench.mailer.to(MAILBOX).is_empty(), "neither the number nor the password");
    assert_eq!(scene.bench.mailer.last_to("info@works.example").unwrap().subject, "mail-parked", "the clerks were told");
    let stuck = parked(&scene, &staff).await;
    assert_eq!((stuck.len(), stuck[0].template.as_str(), stuck[0].reason.as_deref()), (1, "customer-number", Some("unknown_twice")));

    let again = retry(&scene, &staff, stuck[0].id).await.unwrap();
    assert_eq!((again.state.as_str(), again.attempts), ("queued", 0));
    assert_eq!(scene.templates_to(MAILBOX).await, ["customer-number", "initial-password"]);
    let password = scene.bench.mailer.last_to(MAILBOX).unwrap().password().unwrap();
    assert!(scene.sign_in(WORKS, "0070-01", &password).await.unwrap().must_change_password);
    assert_eq!(refused(retry(&scene, &staff, stuck[0].id).await), Refusal::NotInThisState("sent"));
}

#[tokio::test]
async fn a_retried_mail_shows_as_under_way_to_who_waits_for_it() {
    let scene = Scene::new().await;
    let staff = scene.clerk(GARDEN, "amt@garden.example").await;
    let applied = scene.apply("zoe@mail.example", ZOE).await;
    park_the_next(&scene).await;
    let seen = async || scene.engine.registration(GARDEN, &secret(&applied.registration)).await.unwrap().mail;
    assert_eq!(seen().await, "failed");
    let id = parked(&scene, &staff).await[0].id;
    let key = repeatable("0123456789abcdef0123456789abcdef", "{}");
    let first = scene.engine.retry_delivery(&key, &staff, id).await.unwrap();
    assert_eq!(seen().await, "queued");
    scene.post().await;
    assert_eq!(seen().await, "sent");
    assert_eq!(scene.engine.retry_delivery(&key, &staff, id).await.unwrap(), first, "a repeat is answered alike");
    assert_eq!(scene.bench.mailer.to("zoe@mail.example").len(), 1);
    let trail = scene.engine.staff_audit(&staff, &onboarding::stories::AuditQuery::default()).await.unwrap().rows;
    assert!(trail.iter().any(|row| row.kind == "delivery.retried" && row.actor.starts_with("clerk:")));
}

#[tokio::test]
async fn a_secret_that_ran_out_or_was_replaced_does_not_go_out_again() {
    let scene = Scene::new().await;
    let staff = scene.clerk(GARDEN, "amt@garden.example").await;
    let applied = scene.apply("zoe@mail.example", ZOE).await;
    park_the_next(&scene).await;
    let first = parked(&scene, &staff).await[0].id;
    scene.bench.clock.advance(TimeDelta::minutes(2));
    scene.engine.resend(GARDEN, &caller(), &secret(&applied.registration)).await.unwrap();
    assert_eq!(refused(retry(&scene, &staff, first).await), Refusal::SecretReplaced);
    assert!(scene.confirm(&applied, "zoe@mail.example").await.is_ok());

    scene.engine.request_reset(GARDEN, &caller(), "zoe@mail.example").await.unwrap();
    park_the_next(&scene).await;
    let reset = parked(&scene, &staff).await[0].id;
    scene.reset_token("zoe@mail.example").await;
    assert_eq!(refused(retry(&scene, &staff, reset).await), Refusal::SecretReplaced, "a newer link was mailed");
    scene.bench.clock.advance(policy::RESET_LIFE);
    assert_eq!(refused(retry(&scene, &staff, reset).await), Refusal::SecretExpired);
    let elsewhere = scene.clerk(GUILD, "clerk@guild.example").await;
    assert_eq!(retry(&scene, &elsewhere, reset).await.unwrap_err(), Error::NotFound);
}

#[tokio::test]
async fn a_reset_that_is_stuck_goes_out_again_while_its_link_lives() {
    let scene = Scene::new().await;
    let staff = scene.clerk(GARDEN, "amt@garden.example").await;
    scene.member("zoe@mail.example", ZOE).await;
    scene.engine.request_reset(GARDEN, &caller(), "zoe@mail.example").await.unwrap();
    park_the_next(&scene).await;
    retry(&scene, &staff, parked(&scene, &staff).await[0].id).await.unwrap();
    assert!(scene.mail_to("zoe@mail.example").await.link_token().is_some());
}

async fn member_of_guild(scene: &Scene) -> SessionView {
    let guild = scene.engine.portal(GUILD).unwrap();
    scene.engine.import_records(&guild, BUSINESSES.as_bytes(), |_| ()).await.unwrap();
    scene.engine.apply(GUILD, &caller(), &guild_form("kim@mail.example")).await.unwrap();
    let token = secret(&scene.mail_to("kim@mail.example").await.link_token().unwrap());
    scene.engine.confirm_link(GUILD, &caller(), &token).await.unwrap();
    let password = scene.mail_to("kim@mail.example").await.password().unwrap();
    let signed_in = scene.sign_in(GUILD, "kim@mail.example", &password).await.unwrap();
    scene.engine.session(GUILD, &signed_in.token, Needs::Everything).await.unwrap()
}

#[tokio::test]
async fn a_letter_goes_to_the_press_again_only_where_it_cannot_lie_there_already() {
    let scene = Scene::new().await;
    let staff = scene.clerk(GUILD, "clerk@guild.example").await;
    let kim = member_of_guild(&scene).await;
    scene.engine.request_pin_letter(&caller(), &kim, "0001842").await.unwrap();
    scene.bench.press.next(PressFate::UnknownLost, 1);
    scene.post().await;
    scene.bench.clock.advance(TimeDelta::minutes(1));
    scene.post().await;
    let stuck = parked(&scene, &staff).await;
    assert_eq!((stuck[0].kind.as_str(), stuck[0].reason.as_deref()), ("letter", Some("letter_unknown")));
    retry(&scene, &staff, stuck[0].id).await.unwrap();
    scene.post().await;
    let again = parked(&scene, &staff).await;
    assert_eq!(again.first().map(|row| row.id), Some(stuck[0].id), "the press was asked, and does not know it either");
    assert!(scene.bench.press.letters().is_empty(), "nothing is printed twice");
    scene.engine.reissue_letter(&caller(), &staff, stuck[0].id).await.unwrap();
    assert_eq!(refused(retry(&scene, &staff, stuck[0].id).await), Refusal::SecretReplaced, "its PIN is another by now");
    scene.post().await;
    assert_eq!(scene.bench.press.letters().len(), 1);
}

#[tokio::test]
async fn a_letter_of_a_suspended_account_is_not_printed() {
    let scene = Scene::new().await;
    let staff = scene.clerk(GUILD, "clerk@guild.example").await;
    let kim = member_of_guild(&scene).await;
    scene.engine.request_pin_letter(&caller(), &kim, "0001842").await.unwrap();
    let account = kim.facts.account.value.id();
    scene.engine.suspend_account(&staff, account, true).await.unwrap();
    scene.post().await;
    assert!(scene.bench.press.letters().is_empty());
    let row = scene.rows().await.into_iter().find(|row| row.kind == DeliveryKind::Letter).unwrap();
    assert_eq!((row.status, row.reason.as_deref()), (DeliveryStatus::Failed, Some("account_suspended")));
    scene.engine.suspend_account(&staff, account, false).await.unwrap();
    let letter = scene.engine.staff_letters(&staff, Some("parked"), None).await.unwrap().rows.remove(0);
    scene.engine.reissue_letter(&caller(), &staff, letter.id).await.unwrap();
    scene.post().await;
    assert_eq!(scene.bench.press.letters().len(), 1, "another one, with another PIN");
}

#[tokio::test]
async fn a_list_is_told_by_state_and_an_overview_counts_what_waits() {
    let scene = Scene::new().await;
    let staff = scene.clerk(GARDEN, "amt@garden.example").await;
    scene.apply("zoe@mail.example", ZOE).await;
    scene.engine.apply(GUILD, &from("198.51.100.0/24"), &guild_form("kim@mail.example")).await.unwrap();
    let seen = scene.engine.staff_overview(&staff).await.unwrap();
    let registrations: Vec<_> = seen.registrations.iter().map(|counted| (counted.state.as_str(), counted.count, counted.oldest)).collect();
    assert_eq!(registrations, [("awaiting_email", 1, scene.now())], "the neighbour's are not counted");
    assert_eq!(seen.approvals, ApprovalAges::default());
    let deliveries: Vec<_> = seen.deliveries.iter().map(|(kind, counted)| (kind.word(), counted.state.as_str(), counted.count)).collect();
    assert_eq!(deliveries, [("mail", "queued", 1)]);
    let Err(Error::Input(faults)) = scene.engine.staff_outbox(&staff, Some("lost"), Some("x")).await else { panic!("it was taken") };
    assert_eq!(faults.iter().map(|fault| fault.field.as_str()).collect::<Vec<_>>(), ["state", "cursor"]);
}

#[tokio::test]
async fn a_batch_of_notices_that_stops_half_way_tells_which_pins_are_void() {
    let scene = Scene::new().await;
    let guild = scene.engine.portal(GUILD).unwrap();
    let header = BUSINESSES.lines().next().unwrap();
    let numbers: Vec<String> = (1..=250).map(|n| format!("9{n:06}")).collect();
    let rows = numbers.iter().map(|number| format!("{number},Betrieb,,,Weg 1,65189,Wiesbaden,DE,,de,open\n")).collect::<Vec<_>>().concat();
    scene.engine.import_records(&guild, format!("{header}\n{rows}").as_bytes(), |_| ()).await.unwrap();
    let store = scene.bench.store.clone();
    scene.watched.after("commit", async move { store.set_down(true) });
    let stopped = scene.engine.issue_notices(GUILD, Actor::Operator, &numbers, None).await;
    scene.bench.store.set_down(false);
    let Err(Error::Partly { voided, cause }) = stopped else { panic!("it went through") };
    assert_eq!(voided, numbers[..200]);
    assert!(matches!(*cause, Error::Store(_)));
    assert_eq!(scene.engine.issue_notices(GUILD, Actor::Operator, &numbers, None).await.unwrap().len(), 250);
}

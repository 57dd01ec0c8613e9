//! Accounts that the company opens: two mails in their order, a password that must be changed, and another one where it was lost.

use crate::scene::{Scene, WORKS, caller, repeatable, secret};
use chrono::TimeDelta;
use onboarding::Error;
use onboarding::core::{AccountId, account::Refusal, policy};
use onboarding::forms::FieldError;
use onboarding::ports::{Actor, DeliveryStatus, SessionKind};
use onboarding::stories::{Needs, PasswordChanged};
use onboarding_testkit::{MailFate, ReadMail};

const OWN: &str = "Zaun#7-am-Bach";
const MAILBOX: &str = "kunde@mail.example";

const BOOKS: &str = "number,name,first_name,last_name,street,postal_code,city,country,email,language,status\n\
    0070-01,,Urs,Zürcher,Bachweg 1,8001,Zürich,CH,kunde@mail.example,en,open\n\
    0070-02,,Vreni,Zürcher,Bachweg 1,8001,Zürich,CH,kunde@mail.example,,open\n\
    0070-03,,Jo,Ohne,Bachweg 2,8001,Zürich,CH,,,open\n\
    0070-04,,Alt,Kunde,Bachweg 3,8001,Zürich,CH,alt@mail.example,,closed\n";

async fn works() -> Scene {
    let scene = Scene::new().await;
    let portal = scene.engine.portal(WORKS).unwrap();
    scene.engine.import_records(&portal, BOOKS.as_bytes(), |_| ()).await.unwrap();
    scene
}

async fn provision(scene: &Scene, number: &str) -> Result<AccountId, Error> {
    scene.engine.provision(&caller(), WORKS, Actor::Operator, number).await.map(|provisioned| provisioned.account)
}

#[tokio::test]
async fn the_number_comes_first_and_the_password_after_it_and_never_together() {
    let scene = works().await;
    provision(&scene, "007001").await.unwrap();
    scene.bench.mailer.next(MailFate::Transient(None), 1);
    scene.worker.run_once().await.unwrap();
    assert!(scene.bench.mailer.to(MAILBOX).is_empty(), "the first mail waits, and so does the second");
    scene.bench.clock.advance(TimeDelta::minutes(1));
    assert_eq!(scene.templates_to(MAILBOX).await, ["customer-number", "initial-password"]);
    let [number, password] = scene.bench.mailer.to(MAILBOX).try_into().unwrap();
    assert!(number.text.contains("0070-01") && number.password().is_none(), "{}", number.text);
    assert!(!password.text.contains("0070") && !password.text.contains("007001"), "{}", password.text);
    assert_eq!(password.password().unwrap().len(), policy::MAILED_PASSWORD_CHARS);
    assert_eq!(password.language.tag(), "en", "in the record's language");
}

#[tokio::test]
async fn an_initial_password_opens_nothing_but_its_change_and_then_one_signs_in_again() {
    let scene = works().await;
    provision(&scene, "0070-01").await.unwrap();
    let initial = scene.mail_to(MAILBOX).await.password().unwrap();
    assert_eq!(scene.sign_in(WORKS, MAILBOX, &initial).await.unwrap_err(), Error::SignInFailed, "the number signs in, not the address");
    assert_eq!(scene.sign_in(WORKS, "7001", &initial).await.unwrap_err(), Error::SignInFailed, "leading zeros count");
    let signed_in = scene.sign_in(WORKS, " 00 70-01 ", &format!(" {} ", initial.to_lowercase())).await.unwrap();
    assert!(signed_in.must_change_password && signed_in.member);
    for needs in [Needs::Password, Needs::Everything] {
        assert_eq!(scene.engine.session(WORKS, &signed_in.token, needs).await.unwrap_err(), Error::PasswordChangeRequired);
    }
    let session = scene.session(WORKS, &signed_in).await.unwrap();
    let changed = scene.engine.change_password(&caller(), &session, &secret(&initial), &secret(OWN)).await.unwrap();
    assert!(matches!(changed, PasswordChanged::SignInAgain));
    assert_eq!(scene.session(WORKS, &signed_in).await.unwrap_err(), Error::SignInRequired);
    assert_eq!(scene.sign_in(WORKS, "007001", &initial).await.unwrap_err(), Error::SignInFailed);
    let again = scene.sign_in(WORKS, "007001", OWN).await.unwrap();
    assert!(!again.must_change_password && again.member);
}

#[tokio::test]
async fn a_forgotten_password_is_reset_by_number_and_signs_in_at_once() {
    let scene = works().await;
    provision(&scene, "0070-01").await.unwrap();
    scene.post().await;
    scene.engine.request_reset(WORKS, &caller(), "0070 01").await.unwrap();
    let token = secret(&scene.mail_to(MAILBOX).await.link_token().unwrap());
    let done = scene.engine.confirm_reset(WORKS, SessionKind::Bearer, &token, &secret(OWN)).await.unwrap();
    let signed_in = done.signed_in.expect("the portal signs in at once");
    scene.engine.session(WORKS, &signed_in.token, Needs::Everything).await.unwrap();
}

#[tokio::test]
async fn a_record_is_provisioned_once_however_many_ask_at_once() {
    let scene = works().await;
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let engine = scene.engine.clone();
        asking.spawn(async move { engine.provision(&caller(), WORKS, Actor::Operator, "0070-01").await.map(|_| ()) });
    }
    let answers = asking.join_all().await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert!(answers.iter().filter_map(|answer| answer.as_ref().err()).all(|error| *error == Error::AlreadyProvisioned), "{answers:?}");
    assert_eq!(scene.templates_to(MAILBOX).await, ["customer-number", "initial-password"]);
    assert_eq!(provision(&scene, "0070-01").await.unwrap_err(), Error::AlreadyProvisioned);
}

#[tokio::test]
async fn a_repeated_call_is_answered_alike_and_opens_nothing_more() {
    let scene = works().await;
    let ask = async |key: &str, body: &str| {
        let by = repeatable(key, body);
        scene.engine.provision(&by, WORKS, Actor::Operator, "0070-01").await.map(|provisioned| provisioned.account)
    };
    let first = ask("0123456789abcdef0123456789abcdef", "{}").await.unwrap();
    assert_eq!(ask("0123456789abcdef0123456789abcdef", "{}").await.unwrap(), first);
    assert_eq!(ask("0123456789abcdef0123456789abcdef", "{ }").await.unwrap_err(), Error::IdempotencyMismatch);
    assert_eq!(ask("another-key-another-key-another-k", "{}").await.unwrap_err(), Error::AlreadyProvisioned);
}

#[tokio::test]
async fn what_cannot_be_provisioned_is_told_and_nothing_is_sent() {
    let scene = works().await;
    for (number, expected) in [
        ("0070-99", Error::NotFound),
        ("0070-04", Error::NotFound),
        ("0070-03", Error::Input(vec![FieldError::new("number", "no_email")])),
        ("no number!", Error::Input(vec![FieldError::new("number", "format")])),
    ] {
        assert_eq!(scene.engine.may_provision(WORKS, number).await.unwrap_err(), expected, "{number}");
        assert_eq!(provision(&scene, number).await.unwrap_err(), expected, "{number}");
    }
    let elsewhere = scene.engine.provision(&caller(), crate::scene::GARDEN, Actor::Operator, "A-100").await;
    assert_eq!(elsewhere.unwrap_err(), Error::Account(Refusal::NotInThisJourney));
    assert!(scene.rows().await.is_empty() && scene.bench.hasher.hashes() == 0);
}

#[tokio::test]
async fn two_customers_who_share_an_address_have_an_account_each() {
    let scene = works().await;
    let (first, second) = (provision(&scene, "0070-01").await.unwrap(), provision(&scene, "0070-02").await.unwrap());
    assert_ne!(first, second);
    scene.post().await;
    let passwords: Vec<_> = scene.bench.mailer.to(MAILBOX).iter().filter_map(ReadMail::password).collect();
    assert_eq!(passwords.len(), 2);
    let fits = async |number: &str| {
        let mut fitting = 0;
        for password in &passwords {
            fitting += usize::from(scene.sign_in(WORKS, number, password).await.is_ok());
        }
        fitting
    };
    assert_eq!((fits("0070-01").await, fits("0070-02").await), (1, 1));
    scene.engine.request_reset(WORKS, &caller(), "0070-02").await.unwrap();
    let token = secret(&scene.mail_to(MAILBOX).await.link_token().unwrap());
    scene.engine.confirm_reset(WORKS, SessionKind::Bearer, &token, &secret(OWN)).await.unwrap();
    scene.sign_in(WORKS, "0070-02", OWN).await.unwrap();
    assert_eq!(scene.sign_in(WORKS, "0070-01", OWN).await.unwrap_err(), Error::SignInFailed);
}

#[tokio::test]
async fn a_number_that_cannot_be_mailed_keeps_the_password_back_and_the_clerks_hear_of_it() {
    let scene = works().await;
    let account = provision(&scene, "0070-01").await.unwrap();
    scene.bench.mailer.next(MailFate::Permanent, 1);
    scene.post().await;
    scene.bench.clock.advance(TimeDelta::days(2));
    scene.post().await;
    assert!(scene.bench.mailer.to(MAILBOX).is_empty());
    assert_eq!(scene.bench.mailer.last_to("info@works.example").unwrap().subject, "mail-parked");
    let clerk = scene.clerk(WORKS, "clerk@works.example").await;
    scene.engine.reissue_initial_password(&caller(), &clerk, account).await.unwrap();
    assert_eq!(scene.templates_to(MAILBOX).await, ["initial-password"], "the one that was kept back is not sent as well");
    let waiting = scene.rows().await.iter().filter(|row| row.status == DeliveryStatus::Queued).count();
    assert_eq!(waiting, 0);
    let password = scene.mail_to(MAILBOX).await.password().unwrap();
    scene.sign_in(WORKS, "0070-01", &password).await.unwrap();
}

#[tokio::test]
async fn an_initial_password_dies_a_fortnight_after_its_mail_and_another_one_opens_again() {
    let scene = works().await;
    let account = provision(&scene, "0070-01").await.unwrap();
    let old = scene.mail_to(MAILBOX).await.password().unwrap();
    let early = scene.sign_in(WORKS, "0070-01", &old).await.unwrap();
    scene.bench.clock.advance(policy::MAILED_PASSWORD_LIFE);
    assert_eq!(scene.sign_in(WORKS, "0070-01", &old).await.unwrap_err(), Error::InitialPasswordExpired);
    assert_eq!(scene.sign_in(WORKS, "0070-01", "7KQ4M2XHBCDFGH").await.unwrap_err(), Error::SignInFailed, "told to nobody else");
    let clerk = scene.clerk(WORKS, "clerk@works.example").await;
    scene.engine.reissue_initial_password(&caller(), &clerk, account).await.unwrap();
    let new = scene.mail_to(MAILBOX).await.password().unwrap();
    assert_eq!(scene.sign_in(WORKS, "0070-01", &old).await.unwrap_err(), Error::SignInFailed);
    assert_eq!(scene.session(WORKS, &early).await.unwrap_err(), Error::SignInRequired);
    assert!(scene.sign_in(WORKS, "0070-01", &new).await.unwrap().must_change_password);
    let stranger = scene.clerk(crate::scene::GARDEN, "clerk@garden.example").await;
    assert_eq!(scene.engine.reissue_initial_password(&caller(), &stranger, account).await.unwrap_err(), Error::NotFound);
}

#[tokio::test]
async fn a_password_issued_again_waits_for_a_number_that_is_still_under_way() {
    let scene = works().await;
    let account = provision(&scene, "0070-01").await.unwrap();
    scene.bench.mailer.next(MailFate::Transient(None), 1);
    scene.worker.run_once().await.unwrap();
    let clerk = scene.clerk(WORKS, "clerk@works.example").await;
    for _ in 0..2 {
        scene.engine.reissue_initial_password(&caller(), &clerk, account).await.unwrap();
    }
    assert!(scene.templates_to(MAILBOX).await.is_empty(), "the mail server took no number yet");
    scene.bench.clock.advance(TimeDelta::hours(1));
    assert_eq!(scene.templates_to(MAILBOX).await, ["customer-number", "initial-password"]);
    let password = scene.mail_to(MAILBOX).await.password().unwrap();
    scene.sign_in(WORKS, "0070-01", &password).await.unwrap();
}

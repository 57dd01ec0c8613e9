//! Whoever watches answers and work learns nothing about who has an account: counted at every port.

use crate::scene::{BJOERN, GARDEN, PASSWORD, Scene, ZOE, caller, from, garden_form, handle, secret};
use crate::watched::Ledger;
use onboarding::Error;
use onboarding::core::{account::Command, policy};
use onboarding::ports::SessionKind;
use onboarding::stories::{Applied, RegistrationView};
use onboarding_testkit::{MailFate, sample};

/// A member, a suspended member and nobody.
async fn scene() -> Scene {
    let scene = Scene::new().await;
    scene
        .import(
            "number,name,first_name,last_name,street,postal_code,city,country,email,language\nA-400,,Jana,Berg,Weg 4,10999,Berlin,DE,,de\n",
        )
        .await;
    scene.member("zoe@mail.example", ZOE).await;
    let suspended = scene.member_session("jana@mail.example", ("A-400", "Berg")).await;
    scene.change_account(suspended.account(), Command::Suspend { delivery: sample::delivery_id(1) }).await;
    scene
}

const KNOWN: &str = "zoe@mail.example";
const SUSPENDED: &str = "jana@mail.example";
const UNKNOWN: &str = "nobody@mail.example";

async fn work(scene: &Scene, what: impl Future<Output = ()>) -> Ledger {
    scene.watched.take_ledger();
    what.await;
    scene.watched.take_ledger()
}

fn shown(view: &RegistrationView) -> String {
    serde_json::to_string(view).unwrap()
}

async fn apply(scene: &Scene, email: &str) -> Applied {
    scene.engine.apply(GARDEN, &caller(), &garden_form(email, BJOERN)).await.unwrap()
}

#[tokio::test]
async fn a_registration_of_a_known_address_costs_and_tells_the_same() {
    let scene = scene().await;
    let mut applied = Vec::new();
    let mut ledgers = Vec::new();
    for email in [UNKNOWN, KNOWN, SUSPENDED] {
        ledgers.push(work(&scene, async { applied.push(apply(&scene, email).await) }).await);
    }
    assert_eq!((ledgers[0]["hasher.hash"], ledgers[0]["commit.outbox"], ledgers[0]["commit.tokens"]), (1, 1, 2));
    assert!(ledgers.iter().all(|ledger| *ledger == ledgers[0]), "{ledgers:#?}");
    let answers: Vec<_> =
        applied.iter().map(|applied| (&applied.state, applied.registration.len(), applied.expires_at, applied.resend_at)).collect();
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    // What follows costs and tells the same too.
    scene.post().await;
    for step in ["look", "guess", "resend", "correct", "look again"] {
        scene.bench.clock.advance(policy::RESEND_AFTER);
        let mut told = Vec::new();
        let mut ledgers = Vec::new();
        for (applied, email) in applied.iter().zip(["nobody2@mail.example", KNOWN, SUSPENDED]) {
            let (engine, handle) = (&scene.engine, handle(applied));
            let answer = async {
                match step {
                    "guess" => format!("{:?}", engine.confirm_code(GARDEN, &caller(), &handle, "7KQ4-M2XH").await.unwrap_err()),
                    "resend" => shown(&engine.resend(GARDEN, &caller(), &handle).await.unwrap()),
                    "correct" => shown(&engine.correct_address(GARDEN, &caller(), &handle, email).await.unwrap()),
                    _ => shown(&engine.registration(GARDEN, &handle).await.unwrap()),
                }
            };
            ledgers.push(Box::pin(work(&scene, async { told.push(answer.await) })).await);
        }
        assert!(told.iter().all(|answer| *answer == told[0]), "{step}: {told:?}");
        assert!(ledgers.iter().all(|ledger| *ledger == ledgers[0]), "{step}: {ledgers:#?}");
        scene.post().await;
    }
}

#[tokio::test]
async fn a_sign_in_with_an_unknown_login_costs_and_tells_the_same() {
    let scene = scene().await;
    scene.apply("pending@mail.example", BJOERN).await;
    let mut ledgers = Vec::new();
    for login in [UNKNOWN, KNOWN, SUSPENDED, "pending@mail.example", "no login at all"] {
        let ledger = work(&scene, async {
            let refused = scene.engine.sign_in(GARDEN, &from(login), SessionKind::Bearer, login, &secret("falsch")).await;
            assert_eq!(refused.unwrap_err(), Error::SignInFailed, "{login}");
        })
        .await;
        ledgers.push((login, ledger));
    }
    assert_eq!((ledgers[0].1["hasher.verify"], ledgers[0].1["store.commit"], ledgers[0].1["commit.events"]), (1, 1, 1));
    for (login, ledger) in &ledgers {
        assert_eq!(ledger, &ledgers[0].1, "{login}");
    }
}

#[tokio::test]
async fn a_reset_of_an_unknown_login_costs_and_tells_the_same() {
    let scene = scene().await;
    let mut ledgers = Vec::new();
    for login in [UNKNOWN, KNOWN, SUSPENDED, "no login at all"] {
        let ledger = work(&scene, async { scene.engine.request_reset(GARDEN, &caller(), login).await.unwrap() }).await;
        ledgers.push((login, ledger));
    }
    let first = &ledgers[0].1;
    assert_eq!((first["commit.outbox"], first["commit.tokens"], first["commit.events"], first["commit.rows"]), (1, 1, 1, 1));
    for (login, ledger) in &ledgers {
        assert_eq!(ledger, first, "{login}");
    }
}

#[tokio::test]
async fn a_guess_at_an_unknown_number_costs_the_same() {
    let scene = scene().await;
    let mut ledgers = Vec::new();
    for number in ["A-999", "A-100", "A-200"] {
        let ledger = work(&scene, async {
            let refused = scene.engine.apply(GARDEN, &caller(), &garden_form("new@mail.example", (number, "Wrong"))).await;
            assert_eq!(refused.unwrap_err(), Error::ClaimMismatch);
        })
        .await;
        ledgers.push(ledger);
    }
    assert!(ledgers.iter().all(|ledger| *ledger == ledgers[0]), "{ledgers:#?}");
    // A right pair for a number that has its account is answered like one for a free number.
    let taken =
        work(&scene, async { drop(scene.engine.apply(GARDEN, &caller(), &garden_form("a@mail.example", ZOE)).await.unwrap()) }).await;
    let free =
        work(&scene, async { drop(scene.engine.apply(GARDEN, &caller(), &garden_form("b@mail.example", BJOERN)).await.unwrap()) }).await;
    assert_eq!(taken, free);
}

#[tokio::test]
async fn a_mail_server_that_is_down_tells_nobody_who_has_an_account() {
    for fate in [MailFate::Transient(None), MailFate::Permanent, MailFate::UnknownLost] {
        let scene = scene().await;
        scene.post().await;
        scene.bench.mailer.next(fate, 100);
        let mut applied = Vec::new();
        let mut ledgers = Vec::new();
        for email in [UNKNOWN, KNOWN] {
            ledgers.push(work(&scene, async { applied.push(apply(&scene, email).await) }).await);
            ledgers.push(work(&scene, async { scene.engine.request_reset(GARDEN, &caller(), email).await.unwrap() }).await);
            ledgers.push(
                work(&scene, async {
                    let network = from(&format!("network of {email}"));
                    let refused = scene.engine.sign_in(GARDEN, &network, SessionKind::Bearer, email, &secret("falsch")).await;
                    assert_eq!(refused.unwrap_err(), Error::SignInFailed);
                })
                .await,
            );
        }
        assert_eq!(ledgers[..3], ledgers[3..], "{fate:?}");
        let mut views = Vec::new();
        for _ in 0..4 {
            scene.post().await;
            for applied in &applied {
                views.push(shown(&scene.engine.registration(GARDEN, &handle(applied)).await.unwrap()));
            }
            let [.., one, other] = &views[..] else { panic!("two views a round") };
            assert_eq!(one, other, "{fate:?}");
            scene.bench.clock.advance(chrono::TimeDelta::minutes(1));
        }
        // The account's owner signs in without any mail.
        scene.sign_in(GARDEN, KNOWN, PASSWORD).await.unwrap();
    }
}

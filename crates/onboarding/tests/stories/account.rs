//! What an account says of itself, agrees to, ends and leaves behind.

use crate::scene::{BJOERN, GARDEN, PASSWORD, Scene, ZOE, caller, garden_form, id_of, portals_with_new_terms, secret};
use onboarding::core::consent::ConsentInput;
use onboarding::core::{Language, Ref, account::Refusal, membership, policy};
use onboarding::forms::RegistrationForm;
use onboarding::ports::{Actor, Commit, Store, Write};
use onboarding::stories::{Amendment, Needs};
use onboarding::{Aggregate, Error, Onboarding};

#[tokio::test]
async fn a_person_amends_name_and_language() {
    let scene = Scene::new().await;
    let session = scene.member_session("zoe@mail.example", ZOE).await;
    let amendment = Amendment { first_name: Some("Zoë".to_owned()), language: Some("en-GB".to_owned()), ..Amendment::default() };
    let view = scene.engine.amend(&session, &amendment).await.unwrap();
    assert_eq!((view.first_name.as_deref(), view.last_name.as_deref(), view.language), (Some("Zoë"), Some("O'Neill"), Language::En));
    let faulty = Amendment { last_name: Some("<b>".to_owned()), language: Some("fr".to_owned()), ..Amendment::default() };
    let Err(Error::Input(faults)) = scene.engine.amend(&session, &faulty).await else { panic!("accepted") };
    assert_eq!(
        faults.iter().map(|fault| (fault.field.as_str(), fault.code)).collect::<Vec<_>>(),
        [("last_name", "characters"), ("language", "unknown")]
    );
    let session = scene.session(GARDEN, &scene.signed_in("zoe@mail.example").await).await.unwrap();
    assert_eq!(Onboarding::account_view(&session).language, Language::En);
}

#[tokio::test]
async fn a_consent_is_given_and_withdrawn_and_each_decision_is_kept() {
    let scene = Scene::new().await;
    let news = ConsentInput { document: "news".to_owned(), version: "1".to_owned(), granted: true };
    let form = garden_form("zoe@mail.example", ZOE);
    let form = RegistrationForm { consents: form.consents.iter().cloned().chain([news]).collect(), ..form };
    let applied = scene.engine.apply(GARDEN, &caller(), &form).await.unwrap();
    scene.confirm(&applied, "zoe@mail.example").await.unwrap();
    let session = scene.session(GARDEN, &scene.signed_in("zoe@mail.example").await).await.unwrap();
    scene.engine.decide_consent(&session, Language::De, "news", "1", false).await.unwrap();
    let decide = async |document: &str, version: &str, granted| {
        scene.engine.decide_consent(&session, Language::De, document, version, granted).await
    };
    for (document, version, granted, why) in [
        ("terms", "2026-10", false, Refusal::DocumentRequired),
        ("privacy", "2026-10", false, Refusal::DocumentRequired),
        ("news", "2", true, Refusal::VersionOutdated),
        ("nothing", "1", true, Refusal::UnknownDocument),
    ] {
        assert_eq!(decide(document, version, granted).await.unwrap_err(), Error::Account(why), "{document}");
    }
    let session = scene.session(GARDEN, &scene.signed_in("zoe@mail.example").await).await.unwrap();
    session.may(Needs::Everything).unwrap();
    let consents = scene.engine.consents(&session).await.unwrap();
    let news: Vec<_> =
        consents.iter().filter(|consent| consent.document == "news").map(|consent| (consent.granted, consent.current)).collect();
    assert_eq!(news, [(true, false), (false, true)], "the proof of the first is kept");
    assert_eq!(consents.len(), 4);
    assert!(consents.iter().all(|consent| consent.sha256.len() == 64 && consent.language == Language::De));
}

#[tokio::test]
async fn a_new_version_of_the_terms_comes_before_everything_else() {
    let scene = Scene::new().await;
    scene.member("zoe@mail.example", ZOE).await;
    let signed_in = scene.signed_in("zoe@mail.example").await;
    let later = scene.replica_with(portals_with_new_terms());
    let blocked = later.session(GARDEN, &signed_in.token, Needs::Everything).await.unwrap_err();
    assert_eq!(blocked, Error::AcceptanceRequired(vec!["terms".to_owned()]));
    let session = later.session(GARDEN, &signed_in.token, Needs::Password).await.unwrap();
    let name = Amendment { first_name: Some("Zoë".to_owned()), ..Amendment::default() };
    assert!(matches!(later.amend(&session, &name).await, Err(Error::AcceptanceRequired(_))));
    later.amend(&session, &Amendment { language: Some("en".to_owned()), ..Amendment::default() }).await.unwrap();
    later.export(&session).await.unwrap();
    let old = later.decide_consent(&session, Language::En, "terms", "2026-10", true).await;
    assert_eq!(old.unwrap_err(), Error::Account(Refusal::VersionOutdated));
    later.decide_consent(&session, Language::En, "terms", "2027-01", true).await.unwrap();
    later.session(GARDEN, &signed_in.token, Needs::Everything).await.unwrap();
}

#[tokio::test]
async fn an_export_holds_everything_and_nobody_else_s() {
    let scene = Scene::new().await;
    scene.member("other@mail.example", BJOERN).await;
    scene.signed_in("other@mail.example").await;
    let session = scene.member_session("zoe@mail.example", ZOE).await;
    let export = scene.engine.export(&session).await.unwrap();
    assert_eq!((export.account.email.as_str(), export.exported_at), ("zoe@mail.example", scene.now()));
    let memberships: Vec<_> = export.memberships.iter().map(|held| (held.view.record.as_str(), held.state)).collect();
    assert_eq!(memberships, [("A-100", "active")]);
    let registration = export.registration.as_ref().unwrap();
    let trail: Vec<_> = registration.history.iter().map(|entry| entry.kind.as_str()).collect();
    assert_eq!((trail.first(), trail.last()), (Some(&"registration.applied"), Some(&"registration.activated")), "{trail:?}");
    assert_eq!(registration.typed.as_ref().unwrap().last_name.as_deref(), Some("O'Neill"));
    assert_eq!((export.consents.len(), export.sessions.len()), (2, 1));
    assert_eq!(export.history.iter().map(|entry| entry.kind.as_str()).collect::<Vec<_>>(), ["account.opened", "account.signed_in"]);
    let text = format!("{export:?}");
    assert!(!text.contains("other@") && !text.contains("cheap-sha256"));
}

#[tokio::test]
async fn an_export_holds_what_has_ended_and_forgets_a_registration_s_words_with_the_registration() {
    let scene = Scene::new().await;
    let session = scene.member_session("zoe@mail.example", ZOE).await;
    let membership = session.memberships[0].id;
    let found = scene.bench.store.load(Ref::Membership(membership)).await.unwrap().unwrap();
    let Aggregate::Membership(before) = found.value else { panic!("no membership") };
    let ended = membership::decide(Some(&before), membership::Command::End, &session.portal.journey, scene.now()).unwrap();
    let after = ended.events.iter().fold(Some(*before), membership::evolve).unwrap();
    let mut commit = Commit::new(scene.now(), session.portal.slug.clone(), Actor::System);
    commit.writes.push(Write { aggregate: after.into(), expected: found.version });
    scene.bench.store.commit(commit).await.unwrap();
    scene.bench.clock.advance(policy::RETAIN_REGISTRATIONS);
    scene.engine.sweep_once().await.unwrap();
    let session = scene.session(GARDEN, &scene.signed_in("zoe@mail.example").await).await.unwrap();
    let export = scene.engine.export(&session).await.unwrap();
    assert_eq!(export.memberships.iter().map(|held| held.state).collect::<Vec<_>>(), ["ended"]);
    let registration = export.registration.unwrap();
    assert!(registration.typed.is_none() && !registration.history.is_empty());
}

#[tokio::test]
async fn a_session_is_ended_by_its_account_only() {
    let scene = Scene::new().await;
    scene.member("other@mail.example", BJOERN).await;
    let foreign = scene.session(GARDEN, &scene.signed_in("other@mail.example").await).await.unwrap();
    scene.member("zoe@mail.example", ZOE).await;
    let one = scene.signed_in("zoe@mail.example").await;
    scene.bench.clock.advance(chrono::TimeDelta::seconds(1));
    let two = scene.signed_in("zoe@mail.example").await;
    let session = scene.session(GARDEN, &one).await.unwrap();
    let second = scene.session(GARDEN, &two).await.unwrap();
    assert_eq!(scene.engine.end_session(&session, id_of(&foreign)).await.unwrap_err(), Error::NotFound);
    let listed = scene.engine.sessions(&session).await.unwrap();
    assert_eq!(
        listed.iter().map(|entry| (entry.id, entry.current)).collect::<Vec<_>>(),
        [(id_of(&second), false), (id_of(&session), true)]
    );
    scene.engine.end_session(&session, id_of(&second)).await.unwrap();
    assert_eq!(scene.session(GARDEN, &two).await.unwrap_err(), Error::SignInRequired);
    let third = scene.signed_in("zoe@mail.example").await;
    let renewed = scene.engine.end_other_sessions(&session).await.unwrap();
    for dead in [&one, &third] {
        assert_eq!(scene.session(GARDEN, dead).await.unwrap_err(), Error::SignInRequired);
    }
    let session = scene.session(GARDEN, &renewed).await.unwrap();
    scene.engine.sign_out(&session).await.unwrap();
    assert_eq!(scene.session(GARDEN, &renewed).await.unwrap_err(), Error::SignInRequired);
    scene.engine.session(GARDEN, &scene.signed_in("other@mail.example").await.token, Needs::Everything).await.unwrap();
}

#[tokio::test]
async fn a_closed_account_frees_its_address_and_record_and_signs_nobody_in() {
    let scene = Scene::new().await;
    let session = scene.member_session("zoe@mail.example", ZOE).await;
    let signed_in = scene.signed_in("zoe@mail.example").await;
    let wrong = scene.engine.close_account(&caller(), &session, &secret("falsch")).await;
    assert_eq!(wrong.unwrap_err(), Error::Account(Refusal::WrongPassword));
    scene.engine.close_account(&caller(), &session, &secret(PASSWORD)).await.unwrap();
    assert_eq!(scene.session(GARDEN, &signed_in).await.unwrap_err(), Error::SignInRequired);
    assert_eq!(scene.sign_in(GARDEN, "zoe@mail.example", PASSWORD).await.unwrap_err(), Error::SignInFailed);
    assert_eq!(scene.mail_to("zoe@mail.example").await.subject, "account-closed");
    let again = scene.engine.close_account(&caller(), &session, &secret(PASSWORD)).await;
    assert_eq!(again.unwrap_err(), Error::SignInRequired);
    scene.member("zoe@mail.example", ZOE).await;
    assert!(scene.signed_in("zoe@mail.example").await.member);
}

#[tokio::test]
async fn a_stranger_s_preparations_are_worth_nothing_to_the_mailbox_s_holder() {
    let scene = Scene::new().await;
    // A stranger applies under the address first, with a password of its own, and never gets past the proof.
    let stranger = RegistrationForm { password: Some(secret("das Wort eines Fremden")), ..garden_form("zoe@mail.example", BJOERN) };
    scene.engine.apply(GARDEN, &caller(), &stranger).await.unwrap();
    scene.post().await;
    scene.member("zoe@mail.example", ZOE).await;
    assert_eq!(scene.sign_in(GARDEN, "zoe@mail.example", "das Wort eines Fremden").await.unwrap_err(), Error::SignInFailed);
    assert_eq!(scene.signed_in("zoe@mail.example").await.memberships[0].record, "A-100");
}

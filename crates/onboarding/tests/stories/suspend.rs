//! What a clerk does without deciding: suspending, lifting it, sending a mail again.

use crate::scene::{BJOERN, GARDEN, PASSWORD, Scene, ZOE, caller, garden_form, handle, repeatable, secret};
use chrono::TimeDelta;
use onboarding::Error;
use onboarding::core::{Ref, Role, account, membership, roster};
use onboarding::ports::{Actor, Commit, Relation, Store, Version, Write};
use onboarding::stories::{RegistrationQuery, SessionView};
use onboarding::{Aggregate, stories::StaffView};
use onboarding_testkit::{ReadMail, sample};

async fn scene() -> (Scene, StaffView, SessionView) {
    let scene = Scene::new().await;
    let member = scene.member_session("zoe@mail.example", ZOE).await;
    let staff = scene.clerk(GARDEN, "amt@garden.example").await;
    (scene, staff, member)
}

#[tokio::test]
async fn a_suspension_ends_every_session_at_once_and_is_told_to_the_person() {
    let (scene, staff, member) = scene().await;
    let other = scene.signed_in("zoe@mail.example").await;
    let seen = scene.engine.suspend_account(&staff, member.account(), true).await.unwrap();
    assert_eq!(seen.account.word(), "suspended");
    assert_eq!(scene.session(GARDEN, &other).await.unwrap_err(), Error::SignInRequired);
    assert_eq!(scene.sign_in(GARDEN, "zoe@mail.example", PASSWORD).await.unwrap_err(), Error::Suspended);
    assert_eq!(scene.sign_in(GARDEN, "zoe@mail.example", "ein ganz falsches Wort").await.unwrap_err(), Error::SignInFailed);
    assert_eq!(scene.templates_to("zoe@mail.example").await.last().unwrap(), "account-suspended");
    assert_eq!(
        seen.history.last().map(|entry| (entry.kind.as_str(), entry.actor.clone())),
        Some(("account.suspended", staff.actor().word()))
    );
    // Again: nothing happens, nothing is mailed.
    let mails = scene.templates_to("zoe@mail.example").await.len();
    scene.engine.suspend_account(&staff, member.account(), true).await.unwrap();
    assert_eq!(scene.templates_to("zoe@mail.example").await.len(), mails);
    scene.engine.suspend_account(&staff, member.account(), false).await.unwrap();
    assert_eq!(scene.session(GARDEN, &other).await.unwrap_err(), Error::SignInRequired, "what ended stays ended");
    scene.signed_in("zoe@mail.example").await;
}

#[tokio::test]
async fn a_suspension_overtakes_a_password_change_under_way() {
    let (scene, staff, member) = scene().await;
    let (engine, account) = (scene.replica(), member.account());
    scene.watched.after("verify", async move {
        engine.suspend_account(&staff, account, true).await.unwrap();
    });
    let changed = scene.engine.change_password(&caller(), &member, &secret(PASSWORD), &secret("noch ein Spaziergang, bei Regen")).await;
    assert!(changed.is_err());
    assert_eq!(scene.account(account).await.word(), "suspended");
}

#[tokio::test]
async fn a_closed_account_is_not_suspended() {
    let (scene, staff, member) = scene().await;
    scene.change_account(member.account(), account::Command::Close { verified: true, delivery: sample::delivery_id(9) }).await;
    for suspended in [true, false] {
        let refused = scene.engine.suspend_account(&staff, member.account(), suspended).await.map(drop);
        assert_eq!(refused, Err(account::Refusal::NotInThisState("closed").into()));
    }
}

/// Makes the member the record's only super admin.
async fn promoted(scene: &Scene, member: &SessionView) -> Ref {
    let found = scene.bench.store.related(&Relation::MembershipsOf(member.account())).await.unwrap().remove(0);
    let Aggregate::Membership(before) = found.value else { panic!("no membership") };
    let journey = scene.engine.portal(GARDEN).unwrap().journey.clone();
    let decision =
        membership::decide(Some(&before), membership::Command::ChangeRole { role: Role::SuperAdmin }, &journey, scene.now()).unwrap();
    let after = decision.events.iter().fold(Some((*before).clone()), membership::evolve).unwrap();
    let found_roster = roster::Command::Found { id: sample::roster_id(1), record: after.record().clone() };
    let founded = roster::decide(None, found_roster, &journey, scene.now()).unwrap();
    let added = roster::Event::AdminAdded { account: member.account() };
    let roster = founded.events.iter().chain([&added]).fold(None, roster::evolve).unwrap();
    let mut commit = Commit::new(scene.now(), journey.portal.clone(), Actor::Operator);
    commit.writes.push(Write { aggregate: after.into(), expected: found.version });
    commit.writes.push(Write { aggregate: roster.into(), expected: Version(0) });
    scene.bench.store.commit(commit).await.unwrap();
    Ref::Roster(sample::roster_id(1))
}

async fn admins(scene: &Scene, roster: Ref) -> usize {
    match scene.bench.store.load(roster).await.unwrap().unwrap().value {
        Aggregate::Roster(roster) => roster.admins().len(),
        other => panic!("{other:?} is no roster"),
    }
}

#[tokio::test]
async fn a_suspended_super_admin_leaves_the_roster_and_comes_back_when_it_is_lifted() {
    let (scene, staff, member) = scene().await;
    let roster = promoted(&scene, &member).await;
    scene.engine.suspend_account(&staff, member.account(), true).await.unwrap();
    assert_eq!(admins(&scene, roster).await, 0);
    assert_eq!(scene.templates_to("service@garden.example").await, ["clerk-approval"], "the record fell to the clerks");
    scene.engine.suspend_account(&staff, member.account(), false).await.unwrap();
    assert_eq!(admins(&scene, roster).await, 1);
}

#[tokio::test]
async fn what_strangers_start_keeps_no_clerk_from_helping() {
    let (scene, staff, _) = scene().await;
    for _ in 0..5 {
        scene.apply("bjoern@mail.example", BJOERN).await;
    }
    let refused = scene.engine.apply(GARDEN, &caller(), &garden_form("bjoern@mail.example", BJOERN)).await;
    assert!(matches!(refused, Err(Error::Throttled { .. })), "{refused:?}");
    let query = RegistrationQuery { q: Some("bjoern@".to_owned()), ..RegistrationQuery::default() };
    let id = scene.engine.staff_registrations(&staff, &query).await.unwrap().rows[0].id();
    scene.bench.clock.advance(TimeDelta::minutes(1));
    scene.engine.resend_as_clerk(&staff, &caller(), id).await.unwrap();
}

#[tokio::test]
async fn a_clerk_sends_a_registrations_mail_again_within_its_limits() {
    let (scene, staff, _) = scene().await;
    let applied = scene.apply("bjoern@mail.example", BJOERN).await;
    let first = scene.mail_to("bjoern@mail.example").await.code().unwrap();
    let query = RegistrationQuery { q: Some("bjoern@".to_owned()), ..RegistrationQuery::default() };
    let id = scene.engine.staff_registrations(&staff, &query).await.unwrap().rows[0].id();
    assert!(matches!(scene.engine.resend_as_clerk(&staff, &caller(), id).await, Err(Error::Throttled { .. })));
    scene.bench.clock.advance(TimeDelta::minutes(1));
    let asking = repeatable("a key of the clerk's own", "");
    for _ in 0..2 {
        scene.engine.resend_as_clerk(&staff, &asking, id).await.expect("a repeat is answered alike");
    }
    assert_eq!(scene.templates_to("bjoern@mail.example").await.len(), 2);
    let refused = scene.engine.confirm_code(GARDEN, &caller(), &handle(&applied), &first).await;
    assert!(matches!(refused, Err(Error::CodeWrong { .. })), "the older code is void");
    assert_eq!(scene.confirm(&applied, "bjoern@mail.example").await.unwrap(), "active");
    assert!(matches!(scene.engine.resend_as_clerk(&staff, &caller(), id).await, Err(Error::Registration(_))));
}

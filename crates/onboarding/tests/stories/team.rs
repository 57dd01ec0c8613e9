//! Invitations, set-ups in parts, second records, and what a super admin does with the own team.

use crate::office::{NORD, OFFICE, Office, PASSWORD, SUED, everything, granted, the_rest};
use crate::scene::{caller, secret};
use chrono::TimeDelta;
use onboarding::Error;
use onboarding::core::{MembershipId, Role, Uuid, policy, registration::Refusal};
use onboarding::stories::{CompletionForm, MemberChange, Needs};
use onboarding_testkit::ReadMail;

const PROMOTE: MemberChange = MemberChange { role: Some(Role::SuperAdmin), suspended: None };
const DEMOTE: MemberChange = MemberChange { role: Some(Role::Member), suspended: None };
const SUSPEND: MemberChange = MemberChange { role: None, suspended: Some(true) };
const LIFT: MemberChange = MemberChange { role: None, suspended: Some(false) };

// ---- Invitations ----

#[tokio::test]
async fn an_invited_person_comes_and_the_inviter_hears_of_it() {
    let office = Office::new().await;
    let boss = office.boss("boss@mail.example", NORD).await;
    office.invite(&boss, "kim@mail.example", NORD, Role::Member).await.unwrap();
    let mail = office.mail_to("kim@mail.example").await;
    assert!(mail.subject == "invitation" && mail.text.contains("company: Praxis Nord"), "{}", mail.text);
    assert!(!mail.text.contains("boss@mail.example"), "the mail names the company, not the inviter");
    assert_eq!(office.team(&boss).await.invitations.len(), 1);
    let token = secret(&mail.link_token().unwrap());
    assert_eq!(office.complete(&token, &everything()).await.unwrap().state, "active");
    let told = office.mail_to("boss@mail.example").await;
    assert!(told.subject == "invitation-accepted" && told.text.contains("email: kim@mail.example"), "{}", told.text);
    assert!(office.session("kim@mail.example").await.member);
    assert!(office.team(&boss).await.invitations.is_empty());
    assert_eq!(office.complete(&token, &everything()).await.unwrap_err(), Error::Registration(Refusal::TokenUsed));
}

#[tokio::test]
async fn a_set_up_goes_on_where_it_stopped() {
    let office = Office::new().await;
    let boss = office.boss("boss@mail.example", NORD).await;
    office.invite(&boss, "kim@mail.example", NORD, Role::Member).await.unwrap();
    let token = office.token_to("kim@mail.example").await;
    let missing = async |form: CompletionForm| office.complete(&token, &form).await.unwrap().missing;
    let all = ["consent:privacy", "consent:terms", "first_name", "last_name", "password"];
    assert_eq!(missing(CompletionForm::default()).await, all);
    assert_eq!(
        missing(CompletionForm { consents: granted(&["terms"]), ..CompletionForm::default() }).await[..2],
        ["consent:privacy", "first_name"]
    );
    office.later(TimeDelta::days(3));
    let names = CompletionForm { first_name: Some("Kim".to_owned()), last_name: Some("Kanal".to_owned()), ..CompletionForm::default() };
    assert_eq!(missing(names).await, ["consent:privacy", "password"]);
    let Err(Error::Input(faults)) =
        office.complete(&token, &CompletionForm { password: Some(secret("kurz")), ..CompletionForm::default() }).await
    else {
        panic!("a short password was taken")
    };
    assert_eq!((faults[0].field.as_str(), faults[0].code), ("password", "too_short"));
    assert_eq!(missing(CompletionForm { password: Some(secret(PASSWORD)), ..CompletionForm::default() }).await, ["consent:privacy"]);
    let view = office.engine.setup_link(OFFICE, &token, None).await.unwrap();
    assert_eq!((view.missing.len(), view.offered.as_slice(), view.company.as_str()), (1, &["news".to_owned()][..], "Praxis Nord"));
    let last = CompletionForm { consents: granted(&["privacy"]), ..CompletionForm::default() };
    assert_eq!(office.complete(&token, &last).await.unwrap().state, "active");
    assert!(office.session("kim@mail.example").await.member);
}

#[tokio::test]
async fn an_invited_super_admin_chooses_a_longer_password_at_once() {
    let office = Office::new().await;
    office.engine.name_super_admin(OFFICE, None, NORD.0, "boss@mail.example").await.unwrap();
    let token = office.token_to("boss@mail.example").await;
    assert_eq!(office.engine.setup_link(OFFICE, &token, None).await.unwrap().min_length, 15);
    let short = CompletionForm { password: Some(secret("Zwölf Gänse!")), ..everything() };
    let Err(Error::Input(faults)) = office.complete(&token, &short).await else { panic!("twelve characters were taken") };
    assert_eq!((faults[0].code, faults[0].args[0].1.as_str()), ("too_short", "15"));
    assert_eq!(office.complete(&token, &everything()).await.unwrap().state, "active");
    assert!(office.session("boss@mail.example").await.may_decide().is_ok());
}

#[tokio::test]
async fn an_account_that_is_there_signs_in_and_is_asked_only_for_what_is_missing() {
    let office = Office::new().await;
    let nord = office.boss("boss@mail.example", NORD).await;
    let sued = office.boss("other@mail.example", SUED).await;
    office.colleague(&nord, "kim@mail.example", NORD, Role::Member).await;
    let known = office.invite(&sued, "KIM@mail.example", SUED, Role::Member).await.unwrap();
    office.invite(&sued, "new@mail.example", SUED, Role::Member).await.unwrap();
    assert_eq!(office.mail_to("new@mail.example").await.subject, "invitation");
    let mail = office.mail_to("kim@mail.example").await;
    assert_eq!(mail.subject, "invitation-existing", "only the mail says so");
    assert_ne!(known.id.0, Uuid::nil());
    let token = secret(&mail.link_token().unwrap());
    let before = office.complete(&token, &everything()).await.unwrap();
    assert_eq!((before.state.as_str(), before.missing.as_slice()), ("awaiting_completion", &["sign_in".to_owned()][..]));
    let complete = async |session, form: CompletionForm| office.engine.complete(OFFICE, &caller(), &token, &form, Some(session)).await;
    let wrong = complete(&nord, CompletionForm::default()).await;
    assert_eq!(wrong.unwrap_err(), Error::Registration(Refusal::WrongAccount));
    let kim = office.session("kim@mail.example").await;
    let Err(Error::Input(faults)) = complete(&kim, everything()).await else { panic!("a password was taken") };
    assert_eq!((faults[0].field.as_str(), faults[0].code), ("password", "unexpected"));
    assert_eq!(complete(&kim, CompletionForm::default()).await.unwrap().state, "active", "it agreed to everything before");
    let kim = office.session("kim@mail.example").await;
    assert_eq!(kim.memberships.iter().map(|membership| membership.record.as_str()).collect::<Vec<_>>(), ["K-100", "K-200"]);
    assert_eq!(office.team(&sued).await.members.len(), 2);
}

#[tokio::test]
async fn an_address_that_got_its_account_meanwhile_signs_in_instead_of_making_a_second_one() {
    let office = Office::new().await;
    let nord = office.boss("boss@mail.example", NORD).await;
    let sued = office.boss("other@mail.example", SUED).await;
    office.invite(&nord, "kim@mail.example", NORD, Role::Member).await.unwrap();
    let one = office.token_to("kim@mail.example").await;
    office.invite(&sued, "kim@mail.example", SUED, Role::Member).await.unwrap();
    let two = office.token_to("kim@mail.example").await;
    assert_eq!(office.complete(&one, &everything()).await.unwrap().state, "active");
    assert_eq!(office.complete(&two, &everything()).await.unwrap().missing, ["sign_in"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_invitations_of_one_address_that_are_completed_at_once_make_one_account() {
    let office = Office::new().await;
    let nord = office.boss("boss@mail.example", NORD).await;
    let sued = office.boss("other@mail.example", SUED).await;
    let mut race = tokio::task::JoinSet::new();
    for (boss, record) in [(&nord, NORD), (&sued, SUED)] {
        office.invite(boss, "kim@mail.example", record, Role::Member).await.unwrap();
        let (engine, token) = (office.engine.clone(), office.token_to("kim@mail.example").await);
        race.spawn(async move { engine.complete(OFFICE, &caller(), &token, &everything(), None).await.unwrap() });
    }
    let answers = race.join_all().await;
    assert_eq!(answers.iter().filter(|answer| answer.state == "active").count(), 1, "{answers:?}");
    assert_eq!(answers.iter().filter(|answer| answer.missing == ["sign_in"]).count(), 1, "{answers:?}");
}

#[tokio::test]
async fn whoever_belongs_to_the_team_is_not_invited_and_a_second_invitation_replaces_the_first() {
    let office = Office::new().await;
    let boss = office.boss("boss@mail.example", NORD).await;
    let Err(Error::Input(faults)) = office.invite(&boss, "Boss@mail.example", NORD, Role::Member).await else { panic!("invited") };
    assert_eq!((faults[0].field.as_str(), faults[0].code), ("email", "already_member"));
    assert_eq!(office.invite(&boss, "kim@mail.example", SUED, Role::Member).await.unwrap_err(), Error::NotFound, "a record of others");
    office.invite(&boss, "kim@mail.example", NORD, Role::Member).await.unwrap();
    let first = office.token_to("kim@mail.example").await;
    office.invite(&boss, "kim@mail.example", NORD, Role::SuperAdmin).await.unwrap();
    assert_eq!(office.team(&boss).await.invitations.len(), 1);
    assert_eq!(office.complete(&first, &everything()).await.unwrap_err(), Error::Registration(Refusal::NotInThisState("closed")));
    let second = office.token_to("kim@mail.example").await;
    office.complete(&second, &everything()).await.unwrap();
    assert!(office.session("kim@mail.example").await.may_decide().is_ok());
}

#[tokio::test]
async fn an_invitation_is_sent_again_taken_back_and_renewed_when_its_link_has_expired() {
    let office = Office::new().await;
    let boss = office.boss("boss@mail.example", NORD).await;
    let other = office.boss("other@mail.example", SUED).await;
    let id = office.invite(&boss, "kim@mail.example", NORD, Role::Member).await.unwrap().id;
    let first = office.token_to("kim@mail.example").await;
    assert_eq!(office.engine.resend_invitation(&caller(), &other, id).await.unwrap_err(), Error::NotFound);
    assert_eq!(office.engine.revoke_invitation(&other, id).await.unwrap_err(), Error::NotFound);
    office.engine.resend_invitation(&caller(), &boss, id).await.unwrap();
    let second = office.token_to("kim@mail.example").await;
    assert_eq!(office.complete(&first, &everything()).await.unwrap_err(), Error::Registration(Refusal::TokenSuperseded));
    office.later(policy::COMPLETION_LINK_LIFE);
    assert_eq!(office.complete(&second, &everything()).await.unwrap_err(), Error::Registration(Refusal::TokenExpired));
    office.engine.renew_link(OFFICE, &caller(), &second).await.unwrap();
    let third = office.token_to("kim@mail.example").await;
    assert_eq!(office.complete(&third, &CompletionForm::default()).await.unwrap().state, "awaiting_completion");
    // An address has its share of invitations a day.
    let mut sent = 0;
    while office.engine.resend_invitation(&caller(), &boss, id).await.is_ok() {
        sent += 1;
    }
    assert!((1..=5).contains(&sent), "{sent}");
    let link = office.token_to("kim@mail.example").await;
    office.engine.revoke_invitation(&boss, id).await.unwrap();
    assert_eq!(office.engine.revoke_invitation(&boss, id).await.unwrap_err(), Error::NotFound);
    assert_eq!(office.complete(&link, &everything()).await.unwrap_err(), Error::Registration(Refusal::NotInThisState("closed")));
}

#[tokio::test]
async fn what_somebody_sent_out_ends_with_the_right_to_invite() {
    for way in ["removed", "demoted", "suspended", "left", "closed"] {
        let office = Office::new().await;
        let boss = office.boss("boss@mail.example", NORD).await;
        office.colleague(&boss, "vice@mail.example", NORD, Role::SuperAdmin).await;
        let vice = office.session("vice@mail.example").await;
        office.invite(&vice, "friend@mail.example", NORD, Role::SuperAdmin).await.unwrap();
        let friend = office.token_to("friend@mail.example").await;
        office.invite(&boss, "kim@mail.example", NORD, Role::Member).await.unwrap();
        let kim = office.token_to("kim@mail.example").await;
        let id = office.member_id(&boss, "vice@mail.example").await;
        match way {
            "removed" => office.engine.remove_member(&boss, id).await.unwrap(),
            "left" => office.engine.leave(&vice, id).await.unwrap(),
            "closed" => office.engine.close_account(&caller(), &vice, &secret(PASSWORD)).await.unwrap(),
            way => {
                let change = if way == "demoted" { DEMOTE } else { SUSPEND };
                office.engine.change_member(&boss, id, change).await.map(drop).unwrap();
            }
        }
        let gone = office.complete(&friend, &everything()).await.unwrap_err();
        assert!(matches!(gone, Error::Registration(Refusal::NotInThisState(_))), "{way}: {gone:?}");
        let open: Vec<_> = office.team(&boss).await.invitations.into_iter().map(|invitation| invitation.email).collect();
        assert_eq!(open, ["kim@mail.example"], "{way}");
        assert_eq!(office.complete(&kim, &everything()).await.unwrap().state, "active");
        // Whoever decides now may ask the same person.
        office.colleague(&boss, "friend@mail.example", NORD, Role::Member).await;
    }
}

#[tokio::test]
async fn an_invitation_opens_nothing_while_its_sender_s_account_is_suspended() {
    let office = Office::new().await;
    let boss = office.boss("boss@mail.example", NORD).await;
    office.invite(&boss, "friend@mail.example", NORD, Role::SuperAdmin).await.unwrap();
    let friend = office.token_to("friend@mail.example").await;
    let prepared = office.engine.prepare_clerk(OFFICE, "amt@office.example").await.unwrap();
    let clerk = office.engine.set_up_clerk(OFFICE, &prepared.token, &secret(PASSWORD)).await.unwrap();
    let clerk = office.engine.staff_session(OFFICE, &clerk.token).await.unwrap();
    office.engine.suspend_account(&clerk, boss.account(), true).await.unwrap();
    let refused = office.complete(&friend, &everything()).await.unwrap_err();
    assert!(matches!(refused, Error::Registration(Refusal::NotInThisState(_))), "{refused:?}");
    let shown = office.engine.setup_link(OFFICE, &friend, None).await.unwrap().refusal;
    assert!(matches!(shown, Some(Refusal::NotInThisState(_))), "{shown:?}");
    // Nor is a dead link mailed again, by whomever.
    let mails = office.templates_to("friend@mail.example").await.len();
    office.later(policy::COMPLETION_LINK_LIFE);
    office.engine.renew_link(OFFICE, &caller(), &friend).await.unwrap();
    assert_eq!(office.templates_to("friend@mail.example").await.len(), mails);
    office.engine.suspend_account(&clerk, boss.account(), false).await.unwrap();
    office.engine.renew_link(OFFICE, &caller(), &friend).await.unwrap();
    let friend = office.token_to("friend@mail.example").await;
    assert_eq!(office.complete(&friend, &everything()).await.unwrap().state, "active");
}

#[tokio::test]
async fn the_list_of_invitations_tells_no_account_by_its_spelling() {
    let office = Office::new().await;
    let boss = office.boss("boss@mail.example", NORD).await;
    office.boss("Known@mail.example", SUED).await;
    for email in ["kNOWN@mail.example", "uNKNOWN@mail.example"] {
        office.invite(&boss, email, NORD, Role::Member).await.unwrap();
    }
    let mut listed: Vec<_> = office.team(&boss).await.invitations.into_iter().map(|invitation| invitation.email).collect();
    listed.sort();
    assert_eq!(listed, ["known@mail.example", "unknown@mail.example"]);
}

#[tokio::test]
async fn an_invitation_that_nobody_takes_up_expires() {
    let office = Office::new().await;
    let boss = office.boss("boss@mail.example", NORD).await;
    office.invite(&boss, "kim@mail.example", NORD, Role::Member).await.unwrap();
    let token = office.token_to("kim@mail.example").await;
    office.forget_mails().await;
    office.later(policy::COMPLETION_EXPIRY);
    assert!(office.team(&boss).await.invitations.is_empty(), "whether or not the sweeper was there yet");
    office.engine.sweep_once().await.unwrap();
    assert_eq!(office.complete(&token, &everything()).await.unwrap_err(), Error::Registration(Refusal::TokenExpired));
    assert_eq!(office.templates_to("kim@mail.example").await, [""; 0], "an unproved address is not told");
}

#[tokio::test]
async fn a_dead_link_is_told_before_anything_is_hashed() {
    let office = Office::new().await;
    let boss = office.boss("boss@mail.example", NORD).await;
    let id = office.invite(&boss, "kim@mail.example", NORD, Role::Member).await.unwrap().id;
    let token = office.token_to("kim@mail.example").await;
    office.engine.revoke_invitation(&boss, id).await.unwrap();
    office.scene.watched.take_ledger();
    for token in [token, secret("no such token")] {
        office.complete(&token, &everything()).await.unwrap_err();
    }
    assert!(!office.scene.watched.take_ledger().contains_key("hasher.hash"));
}

#[tokio::test]
async fn a_super_admin_is_named_only_at_an_open_record_and_once() {
    let office = Office::new().await;
    let name = async |number: &str, email: &str| office.engine.name_super_admin(OFFICE, None, number, email).await;
    assert_eq!(name("K-999", "boss@mail.example").await.unwrap_err(), Error::NotFound);
    let boss = office.boss("boss@mail.example", NORD).await;
    let Err(Error::Input(faults)) = name(NORD.0, "boss@mail.example").await else { panic!("named twice") };
    assert_eq!(faults[0].code, "already_member");
    // A member may be named: the role is what somebody needs.
    office.colleague(&boss, "kim@mail.example", NORD, Role::Member).await;
    name(NORD.0, "kim@mail.example").await.unwrap();
    let token = office.token_to("kim@mail.example").await;
    let kim = office.session("kim@mail.example").await;
    let done = office.engine.complete(OFFICE, &caller(), &token, &CompletionForm::default(), Some(&kim)).await.unwrap();
    assert_eq!(done.state, "active");
    assert_eq!(kim.may_decide().unwrap_err(), Error::Registration(Refusal::NotEntitled));
    assert!(office.session("kim@mail.example").await.may_decide().is_ok());
    let closed = "number,name,first_name,last_name,street,postal_code,city,country,email,language,status\nK-200,Labor Süd,,,Kanal 2,80331,München,DE,,de,closed\n";
    office.import(OFFICE, closed).await;
    assert_eq!(name(SUED.0, "late@mail.example").await.unwrap_err(), Error::NotFound);
}

#[tokio::test]
async fn a_record_that_was_closed_ends_its_super_admin_s_rights() {
    let office = Office::new().await;
    let boss = office.boss("boss@mail.example", NORD).await;
    office.asks("robin@mail.example", NORD).await;
    let closed = "number,name,first_name,last_name,street,postal_code,city,country,email,language,status\nK-100,Praxis Nord,,,Kanal 1,20095,Hamburg,DE,,de,closed\n";
    office.import(OFFICE, closed).await;
    let signed_in = office.sign_in("boss@mail.example").await.unwrap();
    assert!(!signed_in.member);
    let session = office.engine.session(OFFICE, &signed_in.token, Needs::Everything).await.unwrap();
    assert_eq!(office.engine.team(&session).await.unwrap_err(), Error::Registration(Refusal::NotEntitled));
    drop(boss);
}

// ---- Members ----

#[tokio::test]
async fn the_last_super_admin_can_neither_leave_nor_be_demoted_nor_suspended() {
    let office = Office::new().await;
    let boss = office.boss("boss@mail.example", NORD).await;
    let id = office.member_id(&boss, "boss@mail.example").await;
    assert_eq!(office.engine.remove_member(&boss, id).await.unwrap_err(), Error::LastSuperAdmin);
    for change in [DEMOTE, SUSPEND] {
        assert_eq!(office.engine.change_member(&boss, id, change).await.unwrap_err(), Error::LastSuperAdmin);
    }
    assert!(office.session("boss@mail.example").await.may_decide().is_ok());
}

#[tokio::test]
async fn the_role_is_handed_over_by_promoting_first() {
    let office = Office::new().await;
    let boss = office.boss("boss@mail.example", NORD).await;
    office.colleague(&boss, "kim@mail.example", NORD, Role::Member).await;
    let (own, kim) = (office.member_id(&boss, "boss@mail.example").await, office.member_id(&boss, "kim@mail.example").await);
    let promoted = office.engine.change_member(&boss, kim, PROMOTE).await.unwrap();
    assert_eq!(promoted.role, Role::SuperAdmin);
    let mail = office.mail_to("kim@mail.example").await;
    assert!(mail.subject == "role-changed" && mail.text.contains("role: SuperAdmin"), "{}", mail.text);
    office.engine.change_member(&boss, own, DEMOTE).await.unwrap();
    let boss = office.session("boss@mail.example").await;
    assert_eq!(office.engine.team(&boss).await.unwrap_err(), Error::Registration(Refusal::NotEntitled));
    assert!(boss.member, "a member all the same");
    let kim = office.session("kim@mail.example").await;
    assert_eq!(office.team(&kim).await.members.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_super_admins_who_leave_at_once_one_stays() {
    for _ in 0..8 {
        let office = Office::new().await;
        let boss = office.boss("boss@mail.example", NORD).await;
        office.colleague(&boss, "vice@mail.example", NORD, Role::SuperAdmin).await;
        let vice = office.session("vice@mail.example").await;
        let (one, two) = (office.member_id(&boss, "boss@mail.example").await, office.member_id(&boss, "vice@mail.example").await);
        let mut race = tokio::task::JoinSet::new();
        for (session, id) in [(boss, one), (vice, two)] {
            let engine = office.engine.clone();
            race.spawn(async move { engine.remove_member(&session, id).await });
        }
        let answers = race.join_all().await;
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
        assert!(answers.contains(&Err(Error::LastSuperAdmin)), "{answers:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_super_admins_who_remove_each_other_one_stays() {
    for _ in 0..8 {
        let office = Office::new().await;
        let boss = office.boss("boss@mail.example", NORD).await;
        office.colleague(&boss, "vice@mail.example", NORD, Role::SuperAdmin).await;
        let vice = office.session("vice@mail.example").await;
        let (one, two) = (office.member_id(&boss, "boss@mail.example").await, office.member_id(&boss, "vice@mail.example").await);
        let mut race = tokio::task::JoinSet::new();
        for (session, id) in [(boss, two), (vice, one)] {
            let engine = office.engine.clone();
            race.spawn(async move { engine.change_member(&session, id, DEMOTE).await.map(|_| ()) });
        }
        let answers = race.join_all().await;
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
    }
}

#[tokio::test]
async fn a_suspended_member_is_shut_out_until_it_is_lifted() {
    let office = Office::new().await;
    let boss = office.boss("boss@mail.example", NORD).await;
    office.colleague(&boss, "kim@mail.example", NORD, Role::SuperAdmin).await;
    let kim = office.sign_in("kim@mail.example").await.unwrap();
    let id = office.member_id(&boss, "kim@mail.example").await;
    assert!(office.engine.change_member(&boss, id, SUSPEND).await.unwrap().suspended);
    assert_eq!(office.mail_to("kim@mail.example").await.subject, "member-suspended");
    let ended = office.engine.session(OFFICE, &kim.token, Needs::Nothing).await;
    assert_eq!(ended.unwrap_err(), Error::SignInRequired);
    let basic = office.session("kim@mail.example").await;
    assert!(!basic.member && basic.may_decide().is_err());
    let demoted = office.engine.change_member(&boss, id, DEMOTE).await;
    assert_eq!(demoted.unwrap_err(), Error::Registration(Refusal::NotInThisState("suspended")));
    // Nobody but the boss decides meanwhile.
    let own = office.member_id(&boss, "boss@mail.example").await;
    assert_eq!(office.engine.remove_member(&boss, own).await.unwrap_err(), Error::LastSuperAdmin);
    assert!(!office.engine.change_member(&boss, id, LIFT).await.unwrap().suspended);
    assert!(office.session("kim@mail.example").await.may_decide().is_ok());
    office.engine.remove_member(&boss, own).await.unwrap();
}

#[tokio::test]
async fn a_removed_member_loses_the_record_and_may_be_invited_again() {
    let office = Office::new().await;
    let boss = office.boss("boss@mail.example", NORD).await;
    office.colleague(&boss, "kim@mail.example", NORD, Role::Member).await;
    let kim = office.sign_in("kim@mail.example").await.unwrap();
    let id = office.member_id(&boss, "kim@mail.example").await;
    office.engine.remove_member(&boss, id).await.unwrap();
    assert_eq!(office.mail_to("kim@mail.example").await.subject, "member-removed");
    let session = office.engine.session(OFFICE, &kim.token, Needs::Everything).await.unwrap();
    assert!(!session.member && session.memberships.is_empty(), "the account itself goes on");
    assert_eq!(office.engine.remove_member(&boss, id).await.unwrap_err(), Error::NotFound);
    office.invite(&boss, "kim@mail.example", NORD, Role::Member).await.unwrap();
    let token = office.token_to("kim@mail.example").await;
    office.engine.complete(OFFICE, &caller(), &token, &CompletionForm::default(), Some(&session)).await.unwrap();
    assert!(office.session("kim@mail.example").await.member);
}

#[tokio::test]
async fn members_of_others_do_not_exist_and_an_account_of_two_records_keeps_its_other_role() {
    let office = Office::new().await;
    let nord = office.boss("boss@mail.example", NORD).await;
    let sued = office.boss("other@mail.example", SUED).await;
    let id = office.member_id(&nord, "boss@mail.example").await;
    for change in [PROMOTE, SUSPEND] {
        assert_eq!(office.engine.change_member(&sued, id, change).await.unwrap_err(), Error::NotFound);
    }
    assert_eq!(office.engine.remove_member(&sued, id).await.unwrap_err(), Error::NotFound);
    assert_eq!(office.engine.remove_member(&sued, MembershipId(Uuid::from_u128(7))).await.unwrap_err(), Error::NotFound);
    // The boss of one record becomes super admin of the other too, and loses only that one again.
    office.invite(&sued, "boss@mail.example", SUED, Role::SuperAdmin).await.unwrap();
    let token = office.token_to("boss@mail.example").await;
    office.engine.complete(OFFICE, &caller(), &token, &CompletionForm::default(), Some(&nord)).await.unwrap();
    let both = office.session("boss@mail.example").await;
    assert_eq!(office.team(&both).await.records.len(), 2);
    let second = office.team(&sued).await.members.iter().find(|member| member.email == "boss@mail.example").unwrap().id;
    office.engine.change_member(&sued, second, DEMOTE).await.unwrap();
    let one = office.session("boss@mail.example").await;
    assert_eq!(office.team(&one).await.records.len(), 1);
    assert!(one.facts.account.value.is_privileged(), "it decides elsewhere still");
}

// ---- Consents ----

#[tokio::test]
async fn a_free_consent_counts_from_the_proof_and_is_kept_as_one() {
    let office = Office::new().await;
    let boss = office.boss("boss@mail.example", NORD).await;
    let mut form = crate::office::form("robin@mail.example", NORD);
    form.consents = granted(&["privacy", "news"]);
    office.engine.apply(OFFICE, &caller(), &form).await.unwrap();
    let link = office.token_to("robin@mail.example").await;
    office.engine.confirm_link(OFFICE, &caller(), &link).await.unwrap();
    let request = office.request(&boss).await;
    office.approve(&boss, request.id, request.version).await.unwrap();
    let token = office.token_to("robin@mail.example").await;
    office.complete(&token, &the_rest()).await.unwrap();
    let robin = office.session("robin@mail.example").await;
    let consents = office.engine.consents(&robin).await.unwrap();
    let given: Vec<_> = consents.iter().map(|consent| (consent.document.as_str(), consent.granted)).collect();
    assert_eq!(given.len(), 3, "{given:?}");
    assert!(given.contains(&("news", true)), "{given:?}");
}

#[tokio::test]
async fn inviting_a_known_address_is_the_same_work_as_inviting_an_unknown_one() {
    let office = Office::new().await;
    let nord = office.boss("boss@mail.example", NORD).await;
    let sued = office.boss("other@mail.example", SUED).await;
    office.colleague(&nord, "kim@mail.example", NORD, Role::Member).await;
    let mut ledgers = Vec::new();
    for email in ["kim@mail.example", "new@mail.example"] {
        office.scene.watched.take_ledger();
        office.invite(&sued, email, SUED, Role::Member).await.unwrap();
        ledgers.push(office.scene.watched.take_ledger());
    }
    assert_eq!(ledgers[0], ledgers[1]);
}

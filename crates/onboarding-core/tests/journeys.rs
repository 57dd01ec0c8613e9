//! The four journeys at the level of the core: each from its beginning to its account, and each rule where it refuses.
#![allow(clippy::unwrap_used, reason = "what cannot be unwrapped in a test is its failure")]

#[path = "scene/scene.rs"]
mod scene;

use chrono::{DateTime, Utc};
use onboarding_core::account::{self, Account, NewAccount, NewCredential, PinBudget, ProvisionInput, TypedNumber};
use onboarding_core::consent::{ConsentFault, ConsentInput, Consents};
use onboarding_core::journey::{ConsentKind, EmailProof, FieldName};
use onboarding_core::membership::{self, LetterFate, LetterInput, Membership, NoticeVerdict, Place};
use onboarding_core::password::Privilege;
use onboarding_core::registration::{
    self, AddressOwner, Applicant, ApplyFacts, ApplyInput, Approver, Closure, CompleteFacts, CompletionInput, ConfirmFacts, Decider,
    Entitlement, ExistingAccount, ExpiredAt, InputFault, InviteInput, LostClaim, MailFate, Missing, Proof, Refusal, Registration, Reply,
    Stage,
};
use onboarding_core::roster::{self, NoticePin, Roster, Waiting};
use onboarding_core::{
    AccountId, Claim, ClaimChange, Effect, Journey, Language, MailTemplate, Page, Param, Personal, Presented, Ref, Role, policy,
};
use scene::*;
use secrecy::ExposeSecret;

type Ask = registration::Command;

const CODE: u64 = 100;
const LINK: u64 = 101;
const SETUP: u64 = 200;

// ---- What people and the driver do ----

fn owner() -> AddressOwner {
    AddressOwner { email: email("stored.owner@example.com"), language: Language::Fr }
}

fn form(journey: &Journey) -> ApplyInput {
    ApplyInput {
        id: registration_id(1),
        email: email("kim@example.com"),
        applicant: person(journey),
        consents: required(journey, onboarding_core::journey::ConsentStage::Registration),
        language: Some(Language::Fr),
        password: (journey.password == onboarding_core::journey::PasswordOrigin::AtRegistration).then(|| chosen(1, 12)),
    }
}

fn required(journey: &Journey, stage: onboarding_core::journey::ConsentStage) -> Vec<ConsentInput> {
    journey.consents.iter().filter(|rule| rule.required && rule.stage == stage).map(|rule| decision(&rule.document, true)).collect()
}

fn apply_with(journey: &Journey, input: ApplyInput, owner: Option<AddressOwner>) -> Ask {
    let facts = ApplyFacts { record: journey.claim.is_some().then(record), owner, documents: documents(journey, "1") };
    Ask::Apply { input: Box::new(input), facts, fresh: fresh(CODE) }
}

fn apply(journey: &Journey) -> Ask {
    apply_with(journey, form(journey), None)
}

fn approvers(n: usize) -> Vec<Approver> {
    (0..n).map(|at| Approver { email: email(&format!("boss{at}@example.com")), language: Language::It, name: Some(name("Ada")) }).collect()
}

fn confirm_with(proof: Proof, approvers: Vec<Approver>, lost: Option<LostClaim>) -> Ask {
    let deliveries = (0..approvers.len().max(1)).map(|n| delivery(500 + n as u64)).collect();
    let lost = lost.map(|claim| (claim, owner().email, owner().language));
    Ask::Confirm {
        proof,
        facts: ConfirmFacts { account: account_id(5), lost, approvers, deliveries, company: "Muster AG".to_owned(), digest: false },
    }
}

fn by_code(n: u64) -> Ask {
    confirm_with(Proof::Code(shown(n)), approvers(2), None)
}

fn by_link(n: u64) -> Ask {
    confirm_with(Proof::Link(shown(n)), approvers(2), None)
}

fn admin() -> Decider {
    Decider::SuperAdmin { account: account_id(7), email: Personal(email("boss0@example.com")), entitlement: Entitlement::Entitled }
}

fn clerk() -> Decider {
    Decider::Clerk(uuid(8))
}

fn known(journey: &Journey) -> CompleteFacts {
    CompleteFacts {
        account: account_id(5),
        existing: None,
        signed_in: None,
        documents: documents(journey, "1"),
        lost: None,
        inviter_gone: false,
    }
}

fn approve(journey: &Journey, by: Decider, shown: u32) -> Ask {
    Ask::Approve { by, shown, fresh: fresh_link(SETUP), facts: known(journey) }
}

fn reject(by: Decider, shown: u32, reason: Option<&str>) -> Ask {
    Ask::Reject { by, shown, reason: reason.map(str::to_owned), delivery: delivery(70) }
}

fn complete(token: u64, input: CompletionInput, facts: CompleteFacts) -> Ask {
    Ask::Complete { token: shown(token), input: Box::new(input), facts }
}

fn consenting(documents: &[&str]) -> CompletionInput {
    CompletionInput { consents: documents.iter().map(|document| decision(document, true)).collect(), ..CompletionInput::default() }
}

fn with_password(input: CompletionInput) -> CompletionInput {
    CompletionInput { password: Some(chosen(1, 12)), ..input }
}

fn resend(n: u64) -> Ask {
    Ask::Resend { owner: None, fresh: fresh(n) }
}

fn renew(token: u64, n: u64) -> Ask {
    Ask::RenewLink { token: shown(token), owner: None, fresh: fresh(n), link: fresh_link(n + 10) }
}

fn tick(n: usize) -> Ask {
    let deliveries = (0..n.max(1)).map(|n| delivery(600 + n as u64)).collect();
    Ask::Tick { approvers: approvers(n), deliveries, company: "Muster AG".to_owned() }
}

fn invite(journey: &Journey, has_account: bool) -> Ask {
    let input = InviteInput {
        id: registration_id(1),
        email: email("kim@example.com"),
        first_name: None,
        last_name: None,
        record: record(),
        company: "Muster AG".to_owned(),
        role: Role::SuperAdmin,
        by: None,
        language: journey.default_language(),
        has_account,
    };
    Ask::Invite { input: Box::new(input), fresh: fresh_link(SETUP) }
}

/// The account that the driver opens for an active registration.
fn account_of(registration: &Registration, credential: NewCredential) -> account::Command {
    let Stage::Active { account, .. } = registration.stage() else { panic!("{:?} opens nothing", registration.word()) };
    let dossier = registration.dossier();
    let new = NewAccount {
        id: *account,
        email: registration.email().clone(),
        person: dossier.applicant.0.clone(),
        language: dossier.language,
        record: registration.record().cloned(),
        consents: dossier.consents.clone(),
        credential,
        privileged: false,
    };
    account::Command::Open { account: Box::new(new) }
}

fn sign_in(journey: &Journey) -> account::Command {
    account::Command::SignIn { verified: true, rehashed: None, documents: documents(journey, "1") }
}

fn change_password(met: u32) -> account::Command {
    account::Command::ChangePassword { verified: true, new: chosen(9, met), same: false, delivery: delivery(90) }
}

fn open_account(journey: &Journey) -> Life<Account> {
    let mut life = Life::of(journey);
    let new = NewAccount {
        id: account_id(1),
        email: email("kim@example.com"),
        person: person(journey),
        language: Language::De,
        record: None,
        consents: Consents::default(),
        credential: NewCredential::Own(chosen(1, 12)),
        privileged: false,
    };
    life.does(account::Command::Open { account: Box::new(new) });
    life
}

fn awaiting(slug: &str) -> Life<Registration> {
    let journey = journey_of(slug);
    let mut life = Life::<Registration>::of(&journey);
    life.does(apply(&journey));
    life.later(minutes(2));
    life
}

fn awaiting_approval() -> Life<Registration> {
    let mut life = awaiting("partner");
    life.does(by_link(LINK));
    life
}

fn awaiting_completion() -> Life<Registration> {
    let mut life = awaiting_approval();
    let journey = life.journey.clone();
    life.does(approve(&journey, admin(), 1));
    life
}

fn invited() -> Life<Registration> {
    let journey = journey_of("partner");
    let mut life = Life::<Registration>::of(&journey);
    life.does(invite(&journey, false));
    life
}

fn has_link(params: &[Param], page: Page) -> bool {
    params.iter().any(|param| matches!(param, Param::Link(of, _) if *of == page))
}

fn has_code(params: &[Param]) -> bool {
    params.iter().any(|param| matches!(param, Param::Code(_)))
}

// ---- The four good ways ----

#[test]
fn a_tenant_registers_with_a_code_and_signs_in() {
    let journey = journey_of("housing");
    let mut life = Life::<Registration>::of(&journey);
    let applied = life.does(apply(&journey));
    let mail = applied.mail();
    assert_eq!((mail.template, mail.language), (MailTemplate::ActivationCode, Language::Fr));
    assert!(has_code(&mail.params) && has_link(&mail.params, Page::Confirm), "code and link stand in the same mail");
    assert_eq!(mail.not_after, Some(start() + hours(24)));
    assert!(applied.claims.is_empty(), "nothing is taken before the proof");
    assert_eq!(life.state().word(), "awaiting_email");
    assert_eq!(life.replies(by_code(CODE)), Reply::Activated);
    assert_eq!(life.state().dossier().password, None, "the account has it now");
    let mut account = Life::<Account>::of(&journey);
    let opened = account.does(account_of(life.state(), NewCredential::Own(chosen(1, 12))));
    let owner = Ref::Account(account_id(5));
    let claims = [
        ClaimChange::Take(Claim::Email(journey.portal.clone(), email("kim@example.com").key()), owner),
        ClaimChange::Take(Claim::Record(journey.portal.clone(), number()), owner),
    ];
    assert_eq!(opened.claims, claims);
    let account::Reply::SignedIn(access) = account.replies(sign_in(&journey)) else { panic!("not signed in") };
    assert_eq!((access.must_change_password, access.must_accept), (false, vec![]));
}

#[test]
fn the_link_does_what_the_code_does() {
    let mut life = awaiting("housing");
    assert_eq!(life.replies(by_link(LINK)), Reply::Activated);
    assert_eq!(life.state().dossier().proved.as_ref().unwrap().by, EmailProof::Link);
}

#[test]
fn a_partner_is_approved_and_completes() {
    let mut life = awaiting("partner");
    let journey = life.journey.clone();
    let confirmed = life.does(by_link(LINK));
    assert_eq!(confirmed.templates(), [MailTemplate::ApprovalWanted; 2], "every super admin is mailed");
    assert_eq!(life.state().word(), "awaiting_approval");
    let approved = life.does(approve(&journey, admin(), 1));
    assert_eq!(approved.reply, Reply::Missing(vec![Missing::Consent("terms".to_owned()), Missing::Password]));
    assert_eq!(approved.mail().template, MailTemplate::Approved);
    assert!(has_link(&approved.mail().params, Page::Setup));
    assert_eq!(life.replies(complete(SETUP, with_password(consenting(&["terms"])), known(&journey))), Reply::Activated);
    let Stage::Active { account, .. } = life.state().stage() else { panic!("{}", life.state().word()) };
    assert_eq!(*account, account_id(5));
}

#[test]
fn a_customer_is_provisioned_and_changes_the_initial_password() {
    let mut life = provisioned();
    let journey = life.journey.clone();
    life.does(settled());
    let account::Reply::SignedIn(access) = life.replies(sign_in(&journey)) else { panic!("not signed in") };
    assert!(access.must_change_password);
    let before = life.state().generation();
    assert_eq!(life.does(change_password(8)).mail().template, MailTemplate::PasswordChanged);
    assert_eq!(life.state().generation(), before + 1, "every session ended");
    let account::Reply::SignedIn(access) = life.replies(sign_in(&journey)) else { panic!("not signed in") };
    assert!(!access.must_change_password);
}

#[test]
fn a_craftsman_gets_a_generated_password_and_links_the_business_by_letter() {
    let mut life = awaiting("chamber");
    let journey = life.journey.clone();
    let confirmed = life.does(by_link(LINK));
    assert_eq!(confirmed.reply, Reply::Activated);
    let mut account = Life::<Account>::of(&journey);
    let generated = NewCredential::Generated { password: minted(300), hash: hash(3), delivery: delivery(301) };
    let opened = account.does(account_of(life.state(), generated));
    assert_eq!(opened.mail().template, MailTemplate::GeneratedPassword);
    assert_eq!(opened.claims.len(), 1, "the e-mail alone: many accounts may stand at a business");
    let account::Reply::SignedIn(access) = account.replies(sign_in(&journey)) else { panic!("not signed in") };
    assert!(!access.must_change_password, "it may be changed, it need not");
    account.does(account::Command::RequestLetter);
    let mut membership = Life::<Membership>::of(&journey);
    let asked = membership.does(request_pin(400, start(), false));
    assert!(matches!(&asked.effects[..], [Effect::PrintPinLetter(order)] if order.record == number()), "to the address of the master data");
    membership.later(days(3));
    let redeemed = membership.does(redeem(400, NoticeVerdict::Mismatch));
    assert_eq!((redeemed.reply.clone(), redeemed.mail().template), (membership::Reply::Done, MailTemplate::Linked));
    assert!(membership.state().is_active());
}

// ---- The register form ----

#[test]
fn the_form_takes_what_the_journey_asks_for_and_nothing_else() {
    for slug in ["housing", "partner", "chamber"] {
        let journey = journey_of(slug);
        for rule in &journey.consents {
            let mut input = form(&journey);
            input.consents.retain(|consent| consent.document != rule.document);
            let refused = Life::<Registration>::of(&journey).ask(apply_with(&journey, input, None));
            let fault = InputFault::Consent(ConsentFault::Required(rule.document.clone()));
            let asked = rule.required && rule.stage == onboarding_core::journey::ConsentStage::Registration;
            assert_eq!(refused.err(), asked.then(|| Refusal::Input(vec![fault])), "{slug} {}", rule.document);
        }
        let mut input = form(&journey);
        input.password = if input.password.is_some() { None } else { Some(chosen(1, 12)) };
        assert!(
            matches!(Life::<Registration>::of(&journey).ask(apply_with(&journey, input, None)), Err(Refusal::Input(_))),
            "{slug}: password"
        );
        let mut input = form(&journey);
        let expected = if journey.field(FieldName::BirthDate).is_some() {
            input.applicant.birth_date = None;
            InputFault::Required("birth_date")
        } else {
            input.applicant.birth_date = chrono::NaiveDate::from_ymd_opt(1987, 6, 5);
            InputFault::Unexpected("birth_date")
        };
        assert_eq!(Life::<Registration>::of(&journey).refuses(apply_with(&journey, input, None)), Refusal::Input(vec![expected]), "{slug}");
    }
}

#[test]
fn every_fault_of_the_form_is_told_at_once() {
    let journey = journey_of("chamber");
    let mut input = form(&journey);
    input.applicant = Applicant { birth_date: chrono::NaiveDate::from_ymd_opt(2026, 9, 1), ..Applicant::default() };
    input.consents = vec![ConsentInput { version: "0".to_owned(), ..decision("privacy", true) }, decision("lottery", true)];
    let expected = vec![
        InputFault::Required("first_name"),
        InputFault::Required("last_name"),
        InputFault::BirthDate,
        InputFault::Consent(ConsentFault::Outdated("privacy".to_owned())),
        InputFault::Consent(ConsentFault::Unknown("lottery".to_owned())),
    ];
    assert_eq!(Life::<Registration>::of(&journey).refuses(apply_with(&journey, input, None)), Refusal::Input(expected));
}

#[test]
fn without_a_matched_record_a_claim_is_missing() {
    let journey = journey_of("housing");
    let facts = ApplyFacts { record: None, owner: None, documents: documents(&journey, "1") };
    let command = Ask::Apply { input: Box::new(form(&journey)), facts, fresh: fresh(CODE) };
    assert_eq!(Life::<Registration>::of(&journey).refuses(command), Refusal::Input(vec![InputFault::Required("claim")]));
}

#[test]
fn a_closed_form_and_a_company_portal_take_no_applications() {
    let mut journey = journey_of("chamber");
    journey.registration_open = false;
    assert_eq!(Life::<Registration>::of(&journey).refuses(apply(&journey)), Refusal::RegistrationClosed);
    let journey = journey_of("customer");
    assert_eq!(Life::<Registration>::of(&journey).refuses(apply(&journey)), Refusal::RegistrationClosed);
}

#[test]
fn mails_to_an_unproven_address_carry_nothing_that_anybody_typed() {
    for slug in ["housing", "partner", "chamber"] {
        let journey = journey_of(slug);
        for owner in [None, Some(owner())] {
            let applied = Life::<Registration>::of(&journey).does(apply_with(&journey, form(&journey), owner));
            let typed = |param: &Param| {
                matches!(
                    param,
                    Param::Name(_) | Param::Company(_) | Param::Business(_) | Param::Email(_) | Param::RecordNumber(_) | Param::Reason(_)
                )
            };
            assert!(!applied.mail().params.iter().any(typed), "{slug}");
        }
    }
}

#[test]
fn an_unknown_language_falls_back_to_the_portals_own() {
    let mut journey = journey_of("chamber");
    journey.languages = vec![Language::De];
    let applied = Life::<Registration>::of(&journey).does(apply(&journey));
    assert_eq!(applied.mail().language, Language::De);
}

// ---- Shadows ----

#[test]
fn a_shadow_looks_like_any_other_registration() {
    let journey = journey_of("housing");
    let (mut genuine, mut shadow) = (Life::<Registration>::of(&journey), Life::<Registration>::of(&journey));
    let one = genuine.does(apply_with(&journey, form(&journey), None));
    let other = shadow.does(apply_with(&journey, form(&journey), Some(owner())));
    assert_eq!(
        (one.reply, one.effects.len(), one.events.len(), one.claims.len()),
        (other.reply, other.effects.len(), other.events.len(), other.claims.len())
    );
    let seen = |life: &Life<Registration>| {
        (life.state().word(), life.state().expires_at(), life.state().resend_at(), life.state().attempts_left())
    };
    assert_eq!(seen(&genuine), seen(&shadow));
    assert_eq!(registration::deadline(genuine.state()), registration::deadline(shadow.state()));
    for life in [&mut genuine, &mut shadow] {
        assert_eq!(life.replies(by_code(1)), Reply::CodeWrong(4));
        assert!(matches!(life.refuses(resend(110)), Refusal::TooSoon(_)));
        life.later(minutes(2));
    }
    let (one, other) = (genuine.does(resend(110)), shadow.does(Ask::Resend { owner: Some(owner()), fresh: fresh(110) }));
    assert_eq!((one.reply, one.effects.len(), one.events.len()), (other.reply, other.effects.len(), other.events.len()));
    assert_eq!(seen(&genuine), seen(&shadow));
}

#[test]
fn a_shadows_mail_goes_to_the_stored_address_of_the_owner() {
    let journey = journey_of("housing");
    let applied = Life::<Registration>::of(&journey).does(apply_with(&journey, form(&journey), Some(owner())));
    let mail = applied.mail();
    assert_eq!((mail.template, &mail.to, mail.language), (MailTemplate::AccountExists, &owner().email, Language::Fr));
    assert_eq!(secrets_in(mail), Vec::<String>::new(), "no secret leaves");
}

#[test]
fn a_shadow_cannot_be_confirmed_even_with_its_own_secrets() {
    let journey = journey_of("housing");
    let mut life = Life::<Registration>::of(&journey);
    life.does(apply_with(&journey, form(&journey), Some(owner())));
    assert_eq!(life.refuses(by_link(LINK)), Refusal::TokenUnknown);
    assert_eq!(life.refuses(Ask::Deny { token: shown(LINK) }), Refusal::TokenUnknown);
    for left in (0..5).rev() {
        assert_eq!(life.replies(by_code(CODE)), Reply::CodeWrong(left));
    }
    assert_eq!(life.refuses(by_code(CODE)), Refusal::CodeUsedUp);
    assert_eq!(life.state().word(), "awaiting_email");
}

#[test]
fn correcting_a_typo_heals_a_shadow() {
    let journey = journey_of("housing");
    let mut life = Life::<Registration>::of(&journey);
    life.does(apply_with(&journey, form(&journey), Some(owner())));
    life.later(minutes(2));
    let corrected = life.does(Ask::CorrectAddress { email: email("kimberly@example.com"), owner: None, fresh: fresh(110) });
    assert_eq!((corrected.mail().template, &corrected.mail().to), (MailTemplate::ActivationCode, &email("kimberly@example.com")));
    assert_eq!(life.refuses(by_link(LINK)), Refusal::TokenSuperseded);
    assert_eq!(life.replies(by_code(110)), Reply::Activated);
}

#[test]
fn a_typo_is_corrected_at_once_and_the_same_address_waits_like_a_resend() {
    let journey = journey_of("housing");
    let mut life = Life::<Registration>::of(&journey);
    life.does(apply_with(&journey, form(&journey), None));
    let same = life.state().email().clone();
    assert!(matches!(life.refuses(Ask::CorrectAddress { email: same, owner: None, fresh: fresh(110) }), Refusal::TooSoon(_)));
    life.does(Ask::CorrectAddress { email: email("kimberly@example.com"), owner: None, fresh: fresh(120) });
    assert_eq!(life.replies(by_code(120)), Reply::Activated);
}

#[test]
fn a_change_into_a_taken_address_makes_a_shadow() {
    let mut life = awaiting("housing");
    let corrected = life.does(Ask::CorrectAddress { email: email("taken@example.com"), owner: Some(owner()), fresh: fresh(110) });
    assert_eq!(corrected.mail().template, MailTemplate::AccountExists);
    assert_eq!(life.refuses(by_link(111)), Refusal::TokenUnknown);
    assert_eq!(life.refuses(by_link(LINK)), Refusal::TokenSuperseded, "the first address proves nothing any more");
}

#[test]
fn a_resend_computes_the_shadow_anew_in_both_directions() {
    let mut life = awaiting("housing");
    life.does(Ask::Resend { owner: Some(owner()), fresh: fresh(110) });
    assert_eq!(life.refuses(by_link(111)), Refusal::TokenUnknown);
    life.later(minutes(2));
    life.does(resend(120));
    assert_eq!(life.replies(by_link(121)), Reply::Activated);
}

// ---- Tries and times of the proof ----

#[test]
fn five_tries_survive_every_resend_and_change_of_address() {
    let mut life = awaiting("housing");
    for (n, left) in [(110, 4), (120, 3), (130, 2), (140, 1)] {
        assert_eq!(life.replies(by_code(1)), Reply::CodeWrong(left));
        if n % 20 == 0 {
            life.does(resend(n));
        } else {
            life.does(Ask::CorrectAddress { email: email(&format!("kim{n}@example.com")), owner: None, fresh: fresh(n) });
        }
        life.later(minutes(2));
    }
    assert_eq!(life.replies(by_code(1)), Reply::CodeWrong(0));
    assert_eq!(life.refuses(by_code(140)), Refusal::CodeUsedUp, "also the right code");
    life.later(days(1));
    life.does(resend(150));
    assert_eq!(life.refuses(by_code(150)), Refusal::CodeUsedUp, "also a new one");
}

#[test]
fn when_the_code_is_used_up_a_resend_goes_on_with_the_link_alone() {
    let mut life = awaiting("housing");
    for _ in 0..5 {
        life.does(by_code(1));
    }
    assert_eq!(life.state().attempts_left(), Some(0));
    let resent = life.does(resend(110));
    assert_eq!(resent.mail().template, MailTemplate::ConfirmLink);
    assert!(!has_code(&resent.mail().params) && has_link(&resent.mail().params, Page::Confirm));
    assert_eq!(life.replies(by_link(111)), Reply::Activated);
}

#[test]
fn without_a_link_a_used_up_code_ends_the_resends() {
    let mut journey = journey_of("housing");
    journey.email_proof = vec![EmailProof::Code];
    let mut life = Life::<Registration>::of(&journey);
    life.does(apply(&journey));
    for _ in 0..5 {
        life.does(by_code(1));
    }
    life.later(minutes(2));
    assert_eq!(life.refuses(resend(110)), Refusal::CodeUsedUp);
    assert_eq!(life.refuses(Ask::CorrectAddress { email: email("k@example.com"), owner: None, fresh: fresh(110) }), Refusal::CodeUsedUp);
}

#[test]
fn a_code_is_no_door_where_only_links_prove() {
    assert_eq!(awaiting("partner").refuses(by_code(CODE)), Refusal::NotInThisJourney);
}

#[test]
fn another_mail_waits_a_minute() {
    let journey = journey_of("housing");
    let mut life = Life::<Registration>::of(&journey);
    life.does(apply(&journey));
    let soonest = start() + policy::RESEND_AFTER;
    life.later(policy::RESEND_AFTER - chrono::TimeDelta::microseconds(1));
    assert_eq!(life.refuses(resend(110)), Refusal::TooSoon(soonest));
    life.now = soonest;
    life.does(resend(110));
    assert_eq!(life.replies(by_code(CODE)), Reply::CodeWrong(4), "the older code is void");
    assert_eq!(life.refuses(by_link(LINK)), Refusal::TokenSuperseded, "so is the older link");
}

#[test]
fn code_and_link_live_a_day() {
    let mut life = awaiting("housing");
    life.now = start() + hours(24) - chrono::TimeDelta::microseconds(1);
    let mut in_time = life.clone();
    assert_eq!(in_time.replies(by_code(CODE)), Reply::Activated);
    life.now = start() + hours(24);
    assert_eq!(life.refuses(by_code(CODE)), Refusal::CodeExpired);
    assert_eq!(life.refuses(by_link(LINK)), Refusal::TokenExpired);
    assert_eq!(life.refuses(Ask::Deny { token: shown(LINK) }), Refusal::TokenExpired);
    assert_eq!(life.state().attempts_left(), Some(5), "a late code is no guess");
}

#[test]
fn an_expired_link_is_renewed_and_a_living_or_foreign_one_is_not() {
    let mut life = awaiting("partner");
    assert_eq!(life.replies(renew(LINK, 110)), Reply::Repeated);
    life.later(hours(25));
    assert_eq!(life.replies(renew(1, 110)), Reply::Repeated);
    let renewed = life.does(renew(LINK, 110));
    assert_eq!((renewed.mail().template, &renewed.mail().to), (MailTemplate::ConfirmLink, &email("kim@example.com")));
    assert_eq!(life.replies(renew(LINK, 120)), Reply::Repeated, "once");
    assert_eq!(life.replies(by_link(111)), Reply::Done);
}

#[test]
fn an_unproven_registration_ends_a_week_after_its_last_mail_and_a_month_after_it_was_made() {
    let mut life = awaiting("partner");
    assert_eq!(registration::deadline(life.state()), Some(start() + days(7)));
    for n in 0..4 {
        life.later(days(6));
        life.does(resend(110 + n * 10));
    }
    assert_eq!(registration::deadline(life.state()), Some(start() + days(30)));
    life.now = start() + days(30);
    let ended = life.does(tick(1));
    assert!(ended.effects.is_empty(), "nobody proved the address: nobody is told");
    assert!(matches!(life.state().stage(), Stage::Expired { stage: ExpiredAt::Proof, .. }));
}

#[test]
fn an_old_link_is_answered_alike_before_and_after_the_sweeper() {
    let unproven = || awaiting("partner");
    let reach: [&dyn Fn() -> Life<Registration>; 3] = [&unproven, &awaiting_approval, &awaiting_completion];
    for (reach, after) in reach.into_iter().zip([8, 31, 31]) {
        let journey = journey_of("partner");
        let asks = [
            by_link(LINK),
            Ask::Deny { token: shown(LINK) },
            resend(110),
            renew(LINK, 110),
            renew(SETUP, 110),
            approve(&journey, clerk(), 1),
            reject(admin(), 1, None),
            complete(SETUP, with_password(consenting(&["terms"])), known(&journey)),
            Ask::ResendInvitation { fresh: fresh_link(300) },
            Ask::Revoke,
        ];
        for ask in asks {
            let mut unswept = reach();
            unswept.later(days(after));
            let mut swept = unswept.clone();
            swept.does(tick(1));
            assert_eq!(swept.state().word(), "expired");
            let answer =
                |life: &mut Life<Registration>| life.ask(ask.clone()).map(|step| (step.reply, step.events.len(), step.effects.len()));
            assert_eq!(answer(&mut unswept), answer(&mut swept), "{ask:?}");
        }
    }
}

// ---- Tokens ----

#[test]
fn a_second_click_does_nothing_and_is_answered_kindly() {
    let mut life = awaiting("housing");
    life.does(by_link(LINK));
    let again = life.does(by_link(LINK));
    assert_eq!((again.reply, again.events.len(), again.effects.len()), (Reply::Repeated, 0, 0));
    assert_eq!(life.replies(by_code(CODE)), Reply::Repeated);
    assert_eq!(life.refuses(by_code(1)), Refusal::NotInThisState("active"));
    assert_eq!(life.refuses(by_link(1)), Refusal::TokenSuperseded);
    let mut life = awaiting_completion();
    assert_eq!(life.replies(by_link(LINK)), Reply::Repeated, "in every later state");
}

#[test]
fn that_was_not_me_ends_the_registration_for_good() {
    let mut life = awaiting("partner");
    let denied = life.does(Ask::Deny { token: shown(LINK) });
    assert!(denied.effects.is_empty());
    assert!(matches!(life.state().stage(), Stage::Closed { why: Closure::Denied, .. }));
    assert_eq!(life.refuses(Ask::Deny { token: shown(LINK) }), Refusal::TokenUsed);
    assert_eq!(life.replies(by_link(LINK)), Reply::Repeated, "the present state is told, and nothing more happens");
    life.later(minutes(2));
    assert_eq!(life.refuses(resend(110)), Refusal::NotInThisState("closed"));
    assert_eq!(life.state().word(), "closed");
}

#[test]
fn after_the_proof_nobody_denies() {
    assert_eq!(awaiting_approval().refuses(Ask::Deny { token: shown(LINK) }), Refusal::TokenUsed);
    let mut life = awaiting("partner");
    life.later(days(7));
    life.does(tick(1));
    assert_eq!(life.refuses(Ask::Deny { token: shown(LINK) }), Refusal::TokenExpired, "nobody used it");
}

#[test]
fn a_lost_claim_closes_tells_the_owner_and_is_told_again() {
    for (claim, template) in [(LostClaim::Email, MailTemplate::AccountExists), (LostClaim::Record, MailTemplate::RecordTaken)] {
        for proof in [Proof::Code(shown(CODE)), Proof::Link(shown(LINK))] {
            let mut life = awaiting("housing");
            let lost = life.does(confirm_with(proof.clone(), Vec::new(), Some(claim)));
            assert_eq!(lost.reply, Reply::Lost(claim));
            assert_eq!((lost.mail().template, &lost.mail().to), (template, &owner().email));
            assert_eq!(life.replies(confirm_with(proof, Vec::new(), None)), Reply::Repeated, "repeated: the present state");
            assert!(matches!(life.state().stage(), Stage::Closed { why: Closure::Lost(_), .. }));
            assert_eq!(life.state().dossier().password, None);
        }
    }
    let mut life = awaiting("housing");
    life.does(confirm_with(Proof::Link(shown(LINK)), Vec::new(), Some(LostClaim::Email)));
    assert_eq!(life.refuses(by_code(1)), Refusal::NotInThisState("closed"), "a wrong code is told nothing");
}

#[test]
fn a_wrong_code_never_learns_of_a_lost_claim() {
    let mut life = awaiting("housing");
    assert_eq!(life.replies(confirm_with(Proof::Code(shown(1)), Vec::new(), Some(LostClaim::Email))), Reply::CodeWrong(4));
}

// ---- Approval ----

#[test]
fn what_is_approved_is_what_was_shown() {
    let mut life = awaiting("partner");
    life.does(Ask::CorrectAddress { email: email("kimberly@example.com"), owner: None, fresh: fresh(110) });
    life.does(by_link(111));
    let journey = life.journey.clone();
    assert_eq!(life.refuses(approve(&journey, admin(), 1)), Refusal::Outdated);
    assert_eq!(life.refuses(reject(admin(), 1, None)), Refusal::Outdated);
    let shown = life.state().dossier().revision;
    assert!(matches!(life.replies(approve(&journey, admin(), shown)), Reply::Missing(_)));
    assert_eq!(life.refuses(approve(&journey, admin(), shown)), Refusal::Outdated, "it was decided meanwhile");
}

#[test]
fn a_super_admin_of_another_record_and_the_applicant_itself_decide_nothing() {
    let mut life = awaiting_approval();
    let journey = life.journey.clone();
    let decider = |address: &str, entitlement| Decider::SuperAdmin { account: account_id(7), email: Personal(email(address)), entitlement };
    for (by, refusal) in [
        (decider("boss0@example.com", Entitlement::None), Refusal::NotEntitled),
        (decider("KIM@example.com", Entitlement::Entitled), Refusal::OwnRequest),
        (clerk(), Refusal::NotEntitled),
    ] {
        assert_eq!(life.refuses(approve(&journey, by.clone(), 1)), refusal);
        assert_eq!(life.refuses(reject(by, 1, None)), refusal);
    }
}

#[test]
fn without_a_super_admin_the_clerks_decide_from_the_start() {
    let mut life = awaiting("partner");
    let journey = life.journey.clone();
    let confirmed = life.does(confirm_with(Proof::Link(shown(LINK)), Vec::new(), None));
    assert_eq!((confirmed.to_clerks(), confirmed.templates()), (vec![MailTemplate::ClerkApproval], vec![]));
    assert!(matches!(life.replies(approve(&journey, clerk(), 1)), Reply::Missing(_)));
}

#[test]
fn when_the_last_super_admin_leaves_a_tick_passes_the_request_to_the_clerks_at_once() {
    let mut life = awaiting_approval();
    let journey = life.journey.clone();
    life.later(hours(1));
    let passed = life.does(Ask::Tick { approvers: Vec::new(), deliveries: vec![delivery(600)], company: "Muster AG".to_owned() });
    assert_eq!(passed.to_clerks(), [MailTemplate::ClerkApproval]);
    assert!(matches!(life.replies(approve(&journey, clerk(), 1)), Reply::Missing(_)));
}

#[test]
fn a_request_reminds_after_three_days_goes_to_clerks_after_seven_and_ends_after_thirty() {
    let mut life = awaiting_approval();
    let since = life.now;
    let reached = |life: &Life<Registration>| registration::deadline(life.state()).map(|due| due - since);
    assert_eq!(reached(&life), Some(days(3)));
    life.now = since + days(3) - chrono::TimeDelta::microseconds(1);
    assert_eq!(life.replies(tick(2)), Reply::Repeated);
    life.now = since + days(3);
    assert_eq!(life.does(tick(2)).templates(), [MailTemplate::ApprovalReminder; 2]);
    assert_eq!(life.replies(tick(2)), Reply::Repeated, "once");
    assert_eq!(reached(&life), Some(days(7)));
    life.now = since + days(7);
    assert_eq!(life.does(tick(2)).to_clerks(), [MailTemplate::ClerkReminder]);
    assert_eq!(reached(&life), Some(days(30)));
    life.now = since + days(30);
    let ended = life.does(tick(2));
    assert_eq!((ended.mail().template, &ended.mail().to), (MailTemplate::ExpiredApproval, &email("kim@example.com")));
    assert_eq!((life.state().word(), registration::deadline(life.state())), ("expired", None));
}

#[test]
fn the_clerks_time_comes_whether_or_not_the_sweeper_was_there() {
    let mut life = awaiting_approval();
    let journey = life.journey.clone();
    life.later(days(7));
    assert!(matches!(life.replies(approve(&journey, clerk(), 1)), Reply::Missing(_)));
}

#[test]
fn a_super_admin_may_still_decide_when_the_clerks_do() {
    let mut life = awaiting_approval();
    let journey = life.journey.clone();
    life.later(days(7));
    life.does(tick(2));
    assert!(matches!(life.replies(approve(&journey, admin(), 1)), Reply::Missing(_)));
}

#[test]
fn a_rejection_is_told_with_its_reason_where_there_is_one() {
    for (given, told) in [(Some(" not known here "), Some("not known here")), (Some("  "), None), (None, None)] {
        let mut life = awaiting_approval();
        let rejected = life.does(reject(admin(), 1, given));
        let reasons: Vec<_> = rejected
            .mail()
            .params
            .iter()
            .filter_map(|param| if let Param::Reason(text) = param { Some(text.as_str()) } else { None })
            .collect();
        assert_eq!(reasons, told.into_iter().collect::<Vec<_>>());
        assert!(matches!(life.state().stage(), Stage::Rejected { .. }));
    }
}

#[test]
fn where_nothing_is_missing_an_approval_opens_at_once() {
    let mut journey = journey_of("partner");
    journey.consents.clear();
    journey.password = onboarding_core::journey::PasswordOrigin::AtRegistration;
    let mut life = Life::<Registration>::of(&journey);
    life.does(apply(&journey));
    life.does(by_link(LINK));
    let approved = life.does(approve(&journey, admin(), 1));
    assert_eq!(approved.reply, Reply::Activated);
    assert_eq!(approved.templates(), [onboarding_core::MailTemplate::ApprovedActive], "whoever waited is told");
    // Where the password is mailed, its mail tells.
    journey.password = onboarding_core::journey::PasswordOrigin::Mailed;
    let mut life = Life::<Registration>::of(&journey);
    life.does(apply(&journey));
    life.does(by_link(LINK));
    assert_eq!(life.does(approve(&journey, admin(), 1)).effects.len(), 0);
}

// ---- Completion ----

#[test]
fn a_set_up_can_be_left_and_taken_up_again() {
    let mut life = awaiting_completion();
    let journey = life.journey.clone();
    let password = || Reply::Missing(vec![Missing::Password]);
    let nothing = Reply::Missing(vec![Missing::Consent("terms".to_owned()), Missing::Password]);
    assert_eq!(life.replies(complete(SETUP, CompletionInput::default(), known(&journey))), nothing);
    life.later(days(3));
    assert_eq!(life.replies(complete(SETUP, consenting(&["terms"]), known(&journey))), password());
    life.later(days(3));
    assert_eq!(life.replies(complete(SETUP, with_password(CompletionInput::default()), known(&journey))), Reply::Activated);
    assert!(life.state().dossier().consents.0["privacy"].granted, "the register form's decisions come along");
    assert_eq!(life.refuses(complete(SETUP, CompletionInput::default(), known(&journey))), Refusal::TokenUsed);
}

#[test]
fn a_refused_required_document_keeps_the_account_shut() {
    let mut life = awaiting_completion();
    let journey = life.journey.clone();
    let input = CompletionInput { consents: vec![decision("terms", false)], password: Some(chosen(1, 12)), ..CompletionInput::default() };
    assert_eq!(life.replies(complete(SETUP, input, known(&journey))), Reply::Missing(vec![Missing::Consent("terms".to_owned())]));
}

#[test]
fn a_document_that_changed_on_the_way_is_asked_for_again() {
    let mut life = awaiting_completion();
    let journey = life.journey.clone();
    life.does(complete(SETUP, consenting(&["terms"]), known(&journey)));
    let changed = CompleteFacts { documents: documents(&journey, "2"), ..known(&journey) };
    let missing = life.replies(complete(SETUP, with_password(CompletionInput::default()), changed));
    assert_eq!(missing, Reply::Missing(vec![Missing::Consent("terms".to_owned())]));
}

#[test]
fn what_the_form_asked_for_may_be_said_once_more_at_the_set_up() {
    let mut life = awaiting_completion();
    let journey = life.journey.clone();
    assert_eq!(life.replies(complete(SETUP, consenting(&["terms", "privacy"]), known(&journey))), Reply::Missing(vec![Missing::Password]));
    assert_eq!(life.replies(complete(SETUP, with_password(CompletionInput::default()), known(&journey))), Reply::Activated);
}

#[test]
fn completion_refuses_what_does_not_belong_there() {
    let mut life = awaiting_completion();
    let journey = life.journey.clone();
    let fault = |fault| Refusal::Input(vec![InputFault::Consent(fault)]);
    let taken_back = CompletionInput { consents: vec![decision("privacy", false)], ..CompletionInput::default() };
    assert_eq!(life.refuses(complete(SETUP, taken_back, known(&journey))), fault(ConsentFault::Required("privacy".to_owned())));
    assert_eq!(
        life.refuses(complete(SETUP, consenting(&["lottery"]), known(&journey))),
        fault(ConsentFault::Unknown("lottery".to_owned()))
    );
    assert_eq!(
        life.refuses(complete(SETUP, consenting(&["terms", "terms"]), known(&journey))),
        fault(ConsentFault::Repeated("terms".to_owned()))
    );
    let old = CompletionInput {
        consents: vec![ConsentInput { version: "0".to_owned(), ..decision("terms", true) }],
        ..CompletionInput::default()
    };
    assert_eq!(life.refuses(complete(SETUP, old, known(&journey))), fault(ConsentFault::Outdated("terms".to_owned())));
    assert_eq!(life.refuses(complete(1, CompletionInput::default(), known(&journey))), Refusal::TokenSuperseded);
}

#[test]
fn a_completion_link_lives_two_weeks_and_is_renewed_for_thirty_days() {
    let mut life = awaiting_completion();
    let journey = life.journey.clone();
    let since = life.now;
    life.now = since + days(14);
    assert_eq!(life.refuses(complete(SETUP, CompletionInput::default(), known(&journey))), Refusal::TokenExpired);
    let renewed = life.does(renew(SETUP, 300));
    assert_eq!(renewed.mail().template, MailTemplate::CompletionReminder);
    assert!(has_link(&renewed.mail().params, Page::Setup));
    assert_eq!(life.state().expires_at(), Some(since + days(28)));
    assert_eq!(life.refuses(complete(SETUP, CompletionInput::default(), known(&journey))), Refusal::TokenSuperseded);
    life.now = since + days(28);
    life.does(renew(310, 400));
    assert_eq!(life.state().expires_at(), Some(since + days(30)), "not beyond the registration's own end");
    life.now = since + days(30);
    assert_eq!(life.replies(renew(410, 500)), Reply::Repeated);
    let ended = life.does(tick(1));
    assert_eq!((ended.mail().template, life.state().word()), (MailTemplate::ExpiredCompletion, "expired"));
    assert_eq!(life.refuses(complete(410, CompletionInput::default(), known(&journey))), Refusal::TokenExpired);
}

#[test]
fn where_the_address_has_an_account_only_its_owner_goes_on() {
    let mut life = awaiting_completion();
    let journey = life.journey.clone();
    let mut consents = Consents::default();
    consents.record(given("privacy", "1", true, start()));
    let facts = |signed_in: Option<AccountId>| {
        let existing = ExistingAccount { id: account_id(40), consents: consents.clone() };
        CompleteFacts { existing: Some(existing), signed_in, ..known(&journey) }
    };
    let anonymous = life.does(complete(SETUP, consenting(&["terms"]), facts(None)));
    assert_eq!(anonymous.reply, Reply::Missing(vec![Missing::SignIn]));
    assert!(anonymous.events.is_empty(), "the link alone decides nothing for an account");
    assert_eq!(life.refuses(complete(SETUP, consenting(&["terms"]), facts(Some(account_id(41))))), Refusal::WrongAccount);
    let own = Some(account_id(40));
    assert_eq!(
        life.replies(complete(SETUP, CompletionInput::default(), facts(own))),
        Reply::Missing(vec![Missing::Consent("terms".to_owned())])
    );
    let with = complete(SETUP, with_password(consenting(&["terms"])), facts(own));
    assert_eq!(life.refuses(with), Refusal::Input(vec![InputFault::Unexpected("password")]), "never a password");
    assert_eq!(life.replies(complete(SETUP, consenting(&["terms"]), facts(own))), Reply::Activated);
    assert!(matches!(life.state().stage(), Stage::Active { account, .. } if *account == account_id(40)));
}

#[test]
fn without_its_owner_nothing_is_told_of_what_an_account_agreed_to() {
    let mut life = awaiting_approval();
    let journey = life.journey.clone();
    let existing = Some(ExistingAccount { id: account_id(40), consents: Consents::default() });
    let facts = CompleteFacts { existing, ..known(&journey) };
    let command = Ask::Approve { by: admin(), shown: 1, fresh: fresh_link(SETUP), facts };
    assert_eq!(life.replies(command), Reply::Missing(vec![Missing::SignIn]));
}

#[test]
fn what_the_account_agreed_to_is_not_asked_again() {
    let mut life = awaiting_completion();
    let journey = life.journey.clone();
    let mut consents = Consents::default();
    consents.record(given("terms", "1", true, start()));
    let existing = Some(ExistingAccount { id: account_id(40), consents });
    let facts = CompleteFacts { existing, signed_in: Some(account_id(40)), ..known(&journey) };
    assert_eq!(life.replies(complete(SETUP, CompletionInput::default(), facts)), Reply::Activated);
}

// ---- Invitations ----

#[test]
fn an_invited_person_is_asked_for_everything_the_form_would_have_asked() {
    let mut life = invited();
    let journey = life.journey.clone();
    let consent = |document: &str| Missing::Consent(document.to_owned());
    let all = vec![consent("privacy"), consent("terms"), Missing::FirstName, Missing::LastName, Missing::Password];
    assert_eq!(life.replies(complete(SETUP, CompletionInput::default(), known(&journey))), Reply::Missing(all));
    let names =
        CompletionInput { first_name: Some(name("Zoë")), last_name: Some(name("Quastenflosser")), ..consenting(&["privacy", "terms"]) };
    assert_eq!(life.replies(complete(SETUP, with_password(names), known(&journey))), Reply::Activated);
    assert_eq!(life.state().dossier().proved.as_ref().unwrap().by, EmailProof::Link, "the invitation's link proves the address");
    assert_eq!(life.state().email(), &email("kim@example.com"), "the invited address stays");
}

#[test]
fn an_invitation_names_the_company_and_nobody_else() {
    for (has_account, template) in [(false, MailTemplate::Invitation), (true, MailTemplate::InvitationExisting)] {
        let journey = journey_of("partner");
        let sent = Life::<Registration>::of(&journey).does(invite(&journey, has_account));
        assert_eq!(sent.mail().template, template);
        assert!(sent.mail().params.iter().any(|param| matches!(param, Param::Company(company) if company == "Muster AG")));
        assert!(!sent.mail().params.iter().any(|param| matches!(param, Param::Name(_))));
    }
}

#[test]
fn a_revoked_invitation_opens_nothing() {
    let mut life = invited();
    let journey = life.journey.clone();
    life.does(Ask::Revoke);
    assert!(matches!(life.state().stage(), Stage::Closed { why: Closure::Revoked, .. }));
    assert_eq!(life.refuses(complete(SETUP, CompletionInput::default(), known(&journey))), Refusal::NotInThisState("closed"));
    assert_eq!(life.refuses(Ask::ResendInvitation { fresh: fresh_link(300) }), Refusal::NotInThisState("closed"));
    assert_eq!(life.refuses(Ask::Revoke), Refusal::NotInThisState("closed"));
}

#[test]
fn an_application_is_rejected_not_revoked() {
    assert_eq!(awaiting_completion().refuses(Ask::Revoke), Refusal::NotInThisState("awaiting_completion"));
}

#[test]
fn an_invitation_sent_again_or_renewed_leads_to_its_own_page_and_voids_the_older_link() {
    let mut life = invited();
    let journey = life.journey.clone();
    let resent = life.does(Ask::ResendInvitation { fresh: fresh_link(300) });
    assert!(has_link(&resent.mail().params, Page::Invite));
    assert_eq!(life.refuses(complete(SETUP, CompletionInput::default(), known(&journey))), Refusal::TokenSuperseded);
    life.later(days(14));
    assert!(has_link(&life.does(renew(300, 400)).mail().params, Page::Invite));
    life.now = start() + days(30);
    let ended = life.does(tick(1));
    assert!(ended.effects.is_empty(), "the address was never proved");
}

#[test]
fn invitations_need_super_admins() {
    for slug in ["housing", "customer", "chamber"] {
        let journey = journey_of(slug);
        assert_eq!(Life::<Registration>::of(&journey).refuses(invite(&journey, false)), Refusal::NotInThisJourney, "{slug}");
    }
}

// ---- Provisioning and mailed passwords ----

fn provision() -> account::Command {
    let input = ProvisionInput {
        id: account_id(1),
        email: email("kim@example.com"),
        person: Applicant::default(),
        language: Language::It,
        record: number(),
        written: "K7M4-9QXT-2HBP".to_owned(),
        password: minted(1),
        hash: hash(1),
        deliveries: [delivery(1), delivery(2)],
    };
    account::Command::Provision { input: Box::new(input) }
}

fn provisioned() -> Life<Account> {
    let mut life = Life::of(&journey_of("customer"));
    life.does(provision());
    life
}

fn settled() -> account::Command {
    account::Command::Settle { delivery: delivery(2), fate: MailFate::Sent }
}

#[test]
fn provisioning_mails_the_number_first_and_the_password_after_it() {
    let mut life = Life::<Account>::of(&journey_of("customer"));
    let done = life.does(provision());
    assert_eq!(done.templates(), [MailTemplate::CustomerNumber, MailTemplate::InitialPassword]);
    let (first, second) = (done.mails()[0], done.mails()[1]);
    assert_eq!((first.after, second.after), (None, Some(first.id)));
    assert!(first.params.iter().any(|param| matches!(param, Param::RecordNumber(number) if number == "K7M4-9QXT-2HBP")));
    assert_eq!(secrets_in(first), Vec::<String>::new());
    assert!(!second.params.iter().any(|param| matches!(param, Param::RecordNumber(_))), "number and password never share a mail");
    assert_eq!(secrets_in(second), [minted(1).plain.expose_secret()]);
    let portal = life.journey.portal.clone();
    let owner = Ref::Account(account_id(1));
    let claims =
        [ClaimChange::Take(Claim::Login(portal.clone(), number()), owner), ClaimChange::Take(Claim::Record(portal, number()), owner)];
    assert_eq!(done.claims, claims, "two customers may share an e-mail");
}

#[test]
fn only_the_company_provisions() {
    for slug in ["housing", "partner", "chamber"] {
        assert_eq!(Life::<Account>::of(&journey_of(slug)).refuses(provision()), account::Refusal::NotInThisJourney, "{slug}");
    }
}

#[test]
fn an_initial_password_lives_two_weeks_from_the_mail_servers_acceptance() {
    let mut life = provisioned();
    let journey = life.journey.clone();
    life.later(days(40));
    assert!(matches!(life.replies(sign_in(&journey)), account::Reply::SignedIn(_)), "not mailed yet: not dying yet");
    let failed = account::Command::Settle { delivery: delivery(2), fate: MailFate::Failed };
    assert_eq!(life.replies(failed), account::Reply::Repeated);
    assert_eq!(
        life.replies(account::Command::Settle { delivery: delivery(1), fate: MailFate::Sent }),
        account::Reply::Repeated,
        "mail 1 carries no password"
    );
    life.does(settled());
    let accepted = life.now;
    life.later(days(1));
    assert_eq!(life.replies(settled()), account::Reply::Repeated, "a second report does not lengthen it");
    life.now = accepted + days(14) - chrono::TimeDelta::microseconds(1);
    assert!(matches!(life.replies(sign_in(&journey)), account::Reply::SignedIn(_)), "a sign-in does not end its expiry");
    life.now = accepted + days(14);
    assert_eq!(life.replies(sign_in(&journey)), account::Reply::InitialPasswordExpired);
    let wrong = account::Command::SignIn { verified: false, rehashed: None, documents: vec![] };
    assert_eq!(life.replies(wrong), account::Reply::Failed, "told only to whoever knows it");
}

#[test]
fn another_initial_password_replaces_the_first_and_kills_what_was_pending() {
    let mut life = provisioned();
    let journey = life.journey.clone();
    life.does(settled());
    life.does(account::Command::RequestReset { link: minted(300), delivery: delivery(30) });
    life.does(request_email("kimberly@example.com", 310));
    life.later(days(20));
    let generation = life.state().generation();
    let (delivery, after) = (delivery(40), Some(delivery(41)));
    let issued = life.does(account::Command::IssueInitialPassword { password: minted(320), hash: hash(4), delivery, after });
    assert_eq!((issued.mail().template, issued.mail().after), (MailTemplate::InitialPassword, after));
    assert_eq!(life.state().generation(), generation + 1);
    assert_eq!(life.state().credential().hash(), &hash(4));
    assert!(matches!(life.replies(sign_in(&journey)), account::Reply::SignedIn(_)));
    assert!(life.state().new_email().is_none());
    assert_eq!(life.state().reset_lives(&shown(300), life.now), Err(account::Refusal::TokenSuperseded));
}

fn generated() -> Life<Account> {
    let journey = journey_of("chamber");
    let mut life = Life::<Account>::of(&journey);
    let new = NewAccount {
        id: account_id(1),
        email: email("kim@example.com"),
        person: person(&journey),
        language: Language::De,
        record: None,
        consents: Consents::default(),
        credential: NewCredential::Generated { password: minted(1), hash: hash(1), delivery: delivery(2) },
        privileged: false,
    };
    life.does(account::Command::Open { account: Box::new(new) });
    life.does(settled());
    life
}

#[test]
fn a_generated_password_dies_unused_after_two_weeks() {
    let mut life = generated();
    let journey = life.journey.clone();
    life.later(days(14));
    assert_eq!(life.replies(sign_in(&journey)), account::Reply::InitialPasswordExpired);
    life.does(account::Command::RequestReset { link: minted(300), delivery: delivery(30) });
    life.does(account::Command::ConfirmReset { token: shown(300), new: chosen(9, 12), delivery: delivery(31) });
    assert!(matches!(life.replies(sign_in(&journey)), account::Reply::SignedIn(_)), "a reset helps in every state");
}

#[test]
fn the_first_sign_in_ends_the_expiry_of_a_generated_password() {
    let mut life = generated();
    let journey = life.journey.clone();
    life.later(days(13));
    life.does(sign_in(&journey));
    life.later(days(300));
    let account::Reply::SignedIn(access) = life.replies(sign_in(&journey)) else { panic!("not signed in") };
    assert!(!access.must_change_password);
    assert!(life.state().credential().is_mailed(), "it stays generated: blanks and lower case are forgiven");
    life.does(change_password(12));
    assert!(!life.state().credential().is_mailed(), "an own password is never altered");
}

// ---- Passwords and resets ----

#[test]
fn whoever_gains_the_role_below_fifteen_must_change_the_password() {
    let journey = journey_of("partner");
    for (met, must) in [(12, true), (14, true), (15, false), (20, false)] {
        let mut life = open_account(&journey);
        life.does(change_password(met));
        assert!(!life.state().access(&journey, &[]).must_change_password);
        assert_eq!(life.state().privilege(), Privilege::Common);
        life.does(account::Command::GainPrivilege);
        assert_eq!(life.state().privilege(), Privilege::Privileged);
        assert_eq!(life.state().access(&journey, &[]).must_change_password, must, "{met}");
        assert_eq!(life.replies(account::Command::GainPrivilege), account::Reply::Repeated);
    }
    let mut life = generated();
    life.does(account::Command::GainPrivilege);
    assert!(life.state().access(&journey, &[]).must_change_password, "14 characters");
}

#[test]
fn a_reset_has_one_use_and_one_hour() {
    let journey = journey_of("partner");
    let mut life = open_account(&journey);
    let asked = life.does(account::Command::RequestReset { link: minted(300), delivery: delivery(30) });
    assert_eq!((asked.mail().template, asked.mail().not_after), (MailTemplate::PasswordReset, Some(start() + hours(1))));
    life.does(account::Command::RequestReset { link: minted(310), delivery: delivery(31) });
    let confirm = |n| account::Command::ConfirmReset { token: shown(n), new: chosen(9, 12), delivery: delivery(40) };
    assert_eq!(life.refuses(confirm(300)), account::Refusal::TokenSuperseded);
    let generation = life.state().generation();
    assert_eq!(life.does(confirm(310)).mail().template, MailTemplate::PasswordChanged);
    assert_eq!(life.state().generation(), generation + 1);
    assert_eq!(life.refuses(confirm(310)), account::Refusal::TokenUsed);
    life.does(account::Command::RequestReset { link: minted(320), delivery: delivery(32) });
    life.later(hours(1));
    assert_eq!(life.refuses(confirm(320)), account::Refusal::TokenExpired);
    life.later(hours(1));
    assert_eq!(life.replies(account::Command::Tick), account::Reply::Done);
    assert_eq!(life.refuses(confirm(320)), account::Refusal::TokenExpired, "also when it was dropped");
}

#[test]
fn a_reset_dies_with_a_change_of_password_or_address() {
    let journey = journey_of("partner");
    for change in [change_password(12), account::Command::ConfirmEmail { token: shown(310), delivery: delivery(33), lost: false }] {
        let mut life = open_account(&journey);
        life.does(account::Command::RequestReset { link: minted(300), delivery: delivery(30) });
        life.does(request_email("kimberly@example.com", 310));
        life.does(change);
        let confirm = account::Command::ConfirmReset { token: shown(300), new: chosen(9, 12), delivery: delivery(40) };
        assert_eq!(life.refuses(confirm), account::Refusal::TokenSuperseded);
    }
}

#[test]
fn a_stranger_who_prepared_an_address_loses_it_with_the_owners_reset() {
    let journey = journey_of("partner");
    let mut life = open_account(&journey);
    life.does(request_email("stranger@example.com", 310));
    life.does(account::Command::RequestReset { link: minted(300), delivery: delivery(30) });
    life.does(account::Command::ConfirmReset { token: shown(300), new: chosen(9, 12), delivery: delivery(40) });
    let confirm = account::Command::ConfirmEmail { token: shown(310), delivery: delivery(33), lost: false };
    assert_eq!(life.refuses(confirm), account::Refusal::TokenSuperseded);
    assert_eq!(life.state().email(), &email("kim@example.com"));
}

// ---- Change of address ----

fn request_email(address: &str, link: u64) -> account::Command {
    account::Command::RequestEmail {
        email: email(address),
        verified: true,
        owner: None,
        link: minted(link),
        deliveries: [delivery(50), delivery(51)],
    }
}

#[test]
fn a_new_address_takes_effect_when_proved_and_the_old_one_is_told_twice() {
    let journey = journey_of("partner");
    let mut life = open_account(&journey);
    let asked = life.does(request_email("kimberly@example.com", 310));
    assert_eq!(asked.templates(), [MailTemplate::NewEmailConfirm, MailTemplate::EmailChangeRequested]);
    assert_eq!((&asked.mails()[0].to, &asked.mails()[1].to), (&email("kimberly@example.com"), &email("kim@example.com")));
    assert_eq!(life.state().email(), &email("kim@example.com"));
    let confirm = account::Command::ConfirmEmail { token: shown(310), delivery: delivery(60), lost: false };
    let changed = life.does(confirm.clone());
    assert_eq!((changed.mail().template, &changed.mail().to), (MailTemplate::EmailChanged, &email("kim@example.com")));
    let claim = |address: &str| Claim::Email(journey.portal.clone(), email(address).key());
    assert_eq!(
        changed.claims,
        [ClaimChange::Release(claim("kim@example.com")), ClaimChange::Take(claim("kimberly@example.com"), Ref::Account(account_id(1)))]
    );
    assert_eq!(life.state().email(), &email("kimberly@example.com"));
    assert_eq!(life.replies(confirm), account::Reply::Repeated);
}

#[test]
fn a_taken_address_is_told_by_mail_to_its_owner_alone() {
    let journey = journey_of("partner");
    let mut life = open_account(&journey);
    let command = account::Command::RequestEmail {
        email: email("taken@example.com"),
        verified: true,
        owner: Some(owner()),
        link: minted(310),
        deliveries: [delivery(50), delivery(51)],
    };
    let asked = life.does(command);
    assert_eq!((asked.reply.clone(), asked.mails().len()), (account::Reply::Done, 2), "answered like any other");
    assert_eq!((asked.mails()[0].template, &asked.mails()[0].to), (MailTemplate::AccountExists, &owner().email));
    assert!(asked.mails().iter().all(|mail| secrets_in(mail).is_empty()));
}

#[test]
fn a_lost_address_is_dropped() {
    let mut life = open_account(&journey_of("partner"));
    life.does(request_email("kimberly@example.com", 310));
    let lost = life.does(account::Command::ConfirmEmail { token: shown(310), delivery: delivery(60), lost: true });
    assert_eq!((lost.reply, lost.claims.len()), (account::Reply::EmailTaken, 0));
    assert!(life.state().new_email().is_none());
}

#[test]
fn pending_things_are_dropped_each_at_its_own_time() {
    let mut life = open_account(&journey_of("partner"));
    life.does(request_email("kimberly@example.com", 310));
    life.does(account::Command::RequestReset { link: minted(300), delivery: delivery(30) });
    life.now = account::deadline(life.state()).unwrap();
    assert_eq!(life.now, start() + hours(2));
    life.does(account::Command::Tick);
    let confirm = account::Command::ConfirmEmail { token: shown(310), delivery: delivery(60), lost: false };
    let mut in_time = life.clone();
    assert_eq!(in_time.replies(confirm.clone()), account::Reply::Done, "the address had another day");
    life.now = start() + hours(24);
    assert_eq!(life.refuses(confirm.clone()), account::Refusal::TokenExpired);
    life.now = account::deadline(life.state()).unwrap();
    life.does(account::Command::Tick);
    assert!(life.state().new_email().is_none(), "an address that nobody proved is not kept");
    assert_eq!(life.refuses(confirm), account::Refusal::TokenExpired);
    assert_eq!(account::deadline(life.state()), None);
}

#[test]
fn where_the_number_signs_in_a_change_of_address_moves_no_claim() {
    let mut life = provisioned();
    life.does(request_email("kimberly@example.com", 310));
    assert_eq!(life.does(account::Command::ConfirmEmail { token: shown(310), delivery: delivery(60), lost: false }).claims, []);
}

// ---- Suspension, closing ----

#[test]
fn a_suspension_is_told_only_to_whoever_knows_the_password() {
    let journey = journey_of("partner");
    let mut life = open_account(&journey);
    life.does(account::Command::Suspend { delivery: delivery(60) });
    assert_eq!(life.replies(sign_in(&journey)), account::Reply::Suspended);
    assert_eq!(life.replies(account::Command::SignIn { verified: false, rehashed: None, documents: vec![] }), account::Reply::Failed);
    let reset = life.does(account::Command::RequestReset { link: minted(300), delivery: delivery(30) });
    assert_eq!((reset.reply, reset.effects.len()), (account::Reply::Repeated, 0));
    life.does(account::Command::Unsuspend { delivery: delivery(61) });
    assert!(matches!(life.replies(sign_in(&journey)), account::Reply::SignedIn(_)));
}

#[test]
fn closing_releases_every_claim_and_the_login_is_unknown_again() {
    let mut life = provisioned();
    let journey = life.journey.clone();
    let closed = life.does(account::Command::Close { verified: true, delivery: delivery(60) });
    let portal = journey.portal.clone();
    assert_eq!(
        closed.claims,
        [ClaimChange::Release(Claim::Login(portal.clone(), number())), ClaimChange::Release(Claim::Record(portal, number()))]
    );
    assert_eq!(life.replies(sign_in(&journey)), account::Reply::Failed);
}

// ---- Consents ----

fn decide(document: &str, version: &str, granted: bool, journey: &Journey, current: &str) -> account::Command {
    account::Command::DecideConsent {
        document: document.to_owned(),
        version: version.to_owned(),
        granted,
        documents: documents(journey, current),
    }
}

#[test]
fn only_a_consent_can_be_withdrawn() {
    let mut journey = journey_of("partner");
    // An optional agreement is no consent either.
    let mut optional = journey.consents[0].clone();
    optional.document = "house_rules".to_owned();
    optional.kind = ConsentKind::Agreement;
    optional.required = false;
    journey.consents.push(optional);
    let mut life = open_account(&journey);
    for rule in journey.consents.clone() {
        if !rule.required {
            assert_eq!(life.replies(decide(&rule.document, "1", false, &journey, "1")), account::Reply::Done, "to say no is no withdrawal");
        }
        life.does(decide(&rule.document, "1", true, &journey, "1"));
        let withdrawn = life.ask(decide(&rule.document, "1", false, &journey, "1")).map(|step| step.reply);
        match rule.kind {
            ConsentKind::Consent => assert_eq!(withdrawn, Ok(account::Reply::Done), "{}", rule.document),
            ConsentKind::Agreement | ConsentKind::Notice => {
                assert_eq!(withdrawn, Err(account::Refusal::DocumentRequired), "{}", rule.document);
            }
        }
    }
    assert_eq!(life.state().access(&journey, &documents(&journey, "1")).must_accept, Vec::<String>::new(), "a withdrawal blocks nothing");
}

#[test]
fn accepting_an_outdated_version_is_refused_and_withdrawing_one_is_not() {
    let journey = journey_of("partner");
    let mut life = open_account(&journey);
    life.does(decide("marketing", "1", true, &journey, "1"));
    assert_eq!(life.refuses(decide("terms", "1", true, &journey, "2")), account::Refusal::VersionOutdated);
    assert_eq!(life.refuses(decide("marketing", "0", false, &journey, "2")), account::Refusal::VersionOutdated, "never given");
    life.does(decide("marketing", "1", false, &journey, "2"));
    let kept = &life.state().consents().0["marketing"];
    assert_eq!((kept.granted, kept.shown.version.as_str()), (false, "1"));
    assert_eq!(life.refuses(decide("lottery", "1", true, &journey, "1")), account::Refusal::UnknownDocument);
}

#[test]
fn a_new_version_of_a_required_document_asks_again_and_an_optional_one_does_not() {
    let journey = journey_of("partner");
    let mut life = open_account(&journey);
    for rule in &journey.consents {
        life.does(decide(&rule.document, "1", true, &journey, "1"));
    }
    assert_eq!(life.replies(decide("terms", "1", true, &journey, "1")), account::Reply::Repeated);
    let changed = documents(&journey, "2");
    let account::Reply::SignedIn(access) =
        life.replies(account::Command::SignIn { verified: true, rehashed: None, documents: changed.clone() })
    else {
        panic!("not signed in")
    };
    assert_eq!(access.must_accept, ["privacy", "terms"]);
    life.does(decide("privacy", "2", true, &journey, "2"));
    life.does(decide("terms", "2", true, &journey, "2"));
    assert_eq!(life.state().access(&journey, &changed).must_accept, Vec::<String>::new());
}

#[test]
fn a_registrations_older_consent_does_not_undo_a_later_withdrawal() {
    let journey = journey_of("partner");
    let mut life = open_account(&journey);
    life.later(days(5));
    life.does(decide("marketing", "1", true, &journey, "1"));
    life.does(decide("marketing", "1", false, &journey, "1"));
    let old = vec![given("marketing", "1", true, start()), given("terms", "1", true, start())];
    life.does(account::Command::AdoptConsents { given: old });
    assert!(!life.state().consents().0["marketing"].granted);
    assert!(life.state().consents().0["terms"].granted);
}

// ---- PINs ----

fn place() -> Place {
    Place { id: membership_id(1), account: account_id(1), record: record() }
}

fn letter(pin: u64, now: DateTime<Utc>, held: bool) -> LetterInput {
    LetterInput {
        pin: minted(pin),
        delivery: delivery(pin + 1),
        language: Language::De,
        requester: Personal("Nora Beispiel".to_owned()),
        reissued: false,
        valid_until: now + policy::PIN_LIFE + policy::PIN_HANDLING,
        held,
    }
}

fn request_pin(pin: u64, now: DateTime<Utc>, held: bool) -> membership::Command {
    membership::Command::RequestPin { place: place(), letter: letter(pin, now, held) }
}

fn redeem(pin: u64, notice: NoticeVerdict) -> membership::Command {
    let told = (email("kim@example.com"), Language::De);
    membership::Command::Redeem { pin: shown(pin), notice, delivery: delivery(80), told, business: "Bäckerei Muster".to_owned() }
}

fn requested() -> Life<Membership> {
    let mut life = Life::of(&journey_of("chamber"));
    life.does(request_pin(100, start(), false));
    life
}

#[test]
fn an_own_newer_letter_voids_only_the_own_pin() {
    let (mut mine, mut theirs) = (requested(), requested());
    mine.later(days(7));
    let now = mine.now;
    mine.does(request_pin(200, now, false));
    assert_eq!(mine.replies(redeem(100, NoticeVerdict::Mismatch)), membership::Reply::Mismatch);
    assert_eq!(mine.replies(redeem(200, NoticeVerdict::Mismatch)), membership::Reply::Done);
    theirs.later(days(8));
    assert_eq!(theirs.replies(redeem(200, NoticeVerdict::Mismatch)), membership::Reply::Mismatch, "another account's PIN is none");
    assert_eq!(theirs.replies(redeem(100, NoticeVerdict::Mismatch)), membership::Reply::Done);
}

#[test]
fn a_second_use_of_the_same_pin_is_refused() {
    let mut life = requested();
    life.does(redeem(100, NoticeVerdict::Mismatch));
    assert_eq!(life.refuses(redeem(100, NoticeVerdict::Mismatch)), membership::Refusal::AlreadyMember);
    life.does(membership::Command::End);
    assert_eq!(life.replies(redeem(100, NoticeVerdict::Mismatch)), membership::Reply::Mismatch, "also after leaving");
}

#[test]
fn a_pin_lives_as_long_as_its_letter_says() {
    let mut life = requested();
    let dies = start() + days(24);
    assert_eq!(membership::deadline(life.state()), Some(dies));
    life.now = dies - chrono::TimeDelta::microseconds(1);
    assert_eq!(life.clone().replies(redeem(100, NoticeVerdict::Mismatch)), membership::Reply::Done);
    life.now = dies;
    assert_eq!(life.refuses(redeem(100, NoticeVerdict::Mismatch)), membership::Refusal::PinExpired);
    life.does(membership::Command::Tick);
    assert_eq!((life.state().pin(), membership::deadline(life.state())), (None, None));
}

#[test]
fn a_held_letter_waits_for_a_clerk_however_long_and_gets_a_fresh_pin() {
    let mut life = Life::<Membership>::of(&journey_of("chamber"));
    let asked = life.does(request_pin(100, start(), true));
    assert!(matches!(&asked.effects[..], [Effect::PrintPinLetter(order)] if order.held));
    assert_eq!(life.replies(redeem(100, NoticeVerdict::Mismatch)), membership::Reply::Mismatch, "it was never printed");
    assert_eq!(membership::deadline(life.state()), None);
    life.later(days(40));
    assert_eq!(life.replies(membership::Command::Tick), membership::Reply::Repeated);
    let now = life.now;
    let released = life.does(membership::Command::ReleaseLetter { letter: letter(200, now, true) });
    assert!(matches!(&released.effects[..], [Effect::PrintPinLetter(order)] if !order.held && order.valid_until == now + days(24)));
    assert_eq!(life.replies(redeem(100, NoticeVerdict::Mismatch)), membership::Reply::Mismatch);
    assert_eq!(life.replies(redeem(200, NoticeVerdict::Mismatch)), membership::Reply::Done);
}

#[test]
fn a_refused_letter_leaves_no_pin() {
    let mut life = Life::<Membership>::of(&journey_of("chamber"));
    life.does(request_pin(100, start(), true));
    life.does(membership::Command::RefuseLetter);
    assert_eq!(life.state().pin(), None);
    assert_eq!(
        life.refuses(membership::Command::ReleaseLetter { letter: letter(200, start(), false) }),
        membership::Refusal::NotInThisState
    );
}

#[test]
fn the_letters_fate_is_noted_for_the_latest_letter_alone() {
    let mut life = requested();
    let settle = |n, fate| membership::Command::SettleLetter { delivery: delivery(n), fate };
    life.does(settle(101, LetterFate::Printed));
    assert_eq!(life.state().pin().unwrap().fate, LetterFate::Printed);
    life.later(days(7));
    let now = life.now;
    life.does(request_pin(200, now, false));
    assert_eq!(life.replies(settle(101, LetterFate::Returned)), membership::Reply::Repeated);
    assert_eq!(life.state().pin().unwrap().fate, LetterFate::Queued);
}

fn noticed() -> Life<Roster> {
    let mut life = Life::of(&journey_of("chamber"));
    life.does(roster::Command::Found { id: roster_id(1), record: number() });
    life.does(roster::Command::IssueNotice { pin: NoticePin { digest: digest(700), valid_until: start() + days(365) } });
    life
}

#[test]
fn a_notices_pin_has_one_redemption_by_whoever_comes_first() {
    let mut roster = noticed();
    let verdict = |life: &Life<Roster>, n| life.state().notice_verdict(&shown(n), life.now);
    assert_eq!((verdict(&roster, 700), verdict(&roster, 1)), (NoticeVerdict::Matches, NoticeVerdict::Mismatch));
    let mut membership = requested();
    let found = verdict(&roster, 700);
    membership.does(redeem(700, found));
    assert!(membership.state().is_active());
    roster.does(roster::Command::UseNotice);
    assert_eq!(verdict(&roster, 700), NoticeVerdict::Mismatch);
    assert_eq!(roster.refuses(roster::Command::UseNotice), roster::Refusal::NoNotice, "two at once meet here");
}

#[test]
fn a_notices_pin_links_whoever_never_asked_for_a_letter() {
    let by_notice = || membership::Command::RedeemNotice {
        place: place(),
        delivery: delivery(80),
        told: (email("kim@example.com"), Language::De),
        business: "Bäckerei Muster".to_owned(),
    };
    let mut life = Life::<Membership>::of(&journey_of("chamber"));
    let linked = life.does(by_notice());
    assert_eq!(linked.mail().template, MailTemplate::Linked);
    assert_eq!((life.state().is_active(), life.state().role()), (true, Role::Member));
    assert_eq!(life.refuses(by_notice()), membership::Refusal::AlreadyMember);
    life.does(membership::Command::ChangeRole { role: Role::SuperAdmin });
    life.does(membership::Command::End);
    life.does(by_notice());
    assert_eq!(life.state().role(), Role::Member, "what was given up does not come back with a PIN");
}

#[test]
fn a_notices_pin_dies_at_its_date_and_after_four_hundred_days_at_most() {
    let mut life = noticed();
    life.later(days(365));
    assert_eq!(life.state().notice_verdict(&shown(700), life.now), NoticeVerdict::Expired);
    assert_eq!(life.refuses(roster::Command::UseNotice), roster::Refusal::NoNotice);
    life.does(roster::Command::Tick { waiting: Waiting::default() });
    assert_eq!(roster::deadline(life.state()), None);
    let now = life.now;
    life.does(roster::Command::IssueNotice { pin: NoticePin { digest: digest(710), valid_until: now + days(4000) } });
    assert_eq!(roster::deadline(life.state()), Some(now + days(400)));
}

#[test]
fn a_newer_notice_voids_the_older_one() {
    let mut life = noticed();
    life.does(roster::Command::IssueNotice { pin: NoticePin { digest: digest(710), valid_until: start() + days(365) } });
    assert_eq!(life.state().notice_verdict(&shown(700), life.now), NoticeVerdict::Mismatch);
    assert_eq!(life.state().notice_verdict(&shown(710), life.now), NoticeVerdict::Matches);
}

fn typed(n: u64) -> TypedNumber {
    TypedNumber(shown(n))
}

fn wrong_pin(n: u64) -> account::Command {
    account::Command::RejectPin { number: digest(n) }
}

#[test]
fn five_tries_per_number_survive_new_letters() {
    let mut life = open_account(&journey_of("chamber"));
    for left in (0..5).rev() {
        assert_eq!(life.replies(wrong_pin(900)), account::Reply::Failed);
        let expected = if left == 0 { PinBudget::UsedUp } else { PinBudget::Left(left) };
        assert_eq!(life.state().pin_budget(&typed(900), life.now), expected);
        life.later(days(1));
        if left == 3 {
            life.does(account::Command::RequestLetter);
        }
    }
    assert_eq!(life.refuses(wrong_pin(900)), account::Refusal::PinUsedUp);
    assert_eq!(life.state().pin_budget(&typed(901), life.now), PinBudget::Left(5), "another number is another budget");
    life.now = start() + days(30);
    assert_eq!(life.state().pin_budget(&typed(900), life.now), PinBudget::Left(1), "each try counts for 30 days");
}

#[test]
fn an_account_tries_twenty_numbers_in_thirty_days() {
    let mut life = open_account(&journey_of("chamber"));
    for n in 0..20 {
        life.does(wrong_pin(900 + n));
        life.later(hours(1));
    }
    let until = start() + days(30);
    assert_eq!(life.state().pin_budget(&typed(999), life.now), PinBudget::TooManyNumbers(until));
    assert_eq!(life.refuses(wrong_pin(999)), account::Refusal::TooSoon(until));
    assert_eq!(life.state().pin_budget(&typed(905), life.now), PinBudget::Left(4), "the twenty may still be tried");
    life.now = until;
    assert_eq!(life.state().pin_budget(&typed(999), life.now), PinBudget::Left(5));
}

#[test]
fn a_number_forgotten_by_time_counts_as_a_new_one() {
    let mut life = open_account(&journey_of("chamber"));
    life.does(wrong_pin(900));
    life.later(days(1));
    for n in 1..20 {
        life.does(wrong_pin(900 + n));
    }
    // The first number's try is over, its entry not yet swept; a twentieth other number takes its place.
    life.now = start() + days(30);
    let mut other = life.clone();
    other.state = other.state.take().map(|state| {
        let rejected = account::Event::PinRejected { number: digest(950), at: other.now, forget_before: start() - days(1) };
        account::evolve(Some(state), &rejected).unwrap()
    });
    assert!(matches!(other.state().pin_budget(&typed(900), other.now), PinBudget::TooManyNumbers(_)));
    assert_eq!(life.state().pin_budget(&typed(900), life.now), PinBudget::Left(5));
}

#[test]
fn an_account_gets_a_letter_a_week_and_four_in_thirty_days() {
    let mut life = open_account(&journey_of("chamber"));
    life.does(account::Command::RequestLetter);
    assert_eq!(life.refuses(account::Command::RequestLetter), account::Refusal::TooSoon(start() + days(7)));
    for n in 1..4 {
        life.now = start() + days(7 * n) - chrono::TimeDelta::microseconds(1);
        assert_eq!(life.refuses(account::Command::RequestLetter), account::Refusal::TooSoon(start() + days(7 * n)));
        life.now = start() + days(7 * n);
        life.does(account::Command::RequestLetter);
    }
    life.now = start() + days(28);
    assert_eq!(life.refuses(account::Command::RequestLetter), account::Refusal::TooSoon(start() + days(30)));
    life.now = start() + days(30);
    assert_eq!(life.replies(account::Command::RequestLetter), account::Reply::Done);
}

#[test]
fn after_ten_letters_in_thirty_days_a_record_waits_for_a_clerk() {
    let mut life = noticed();
    for n in 0..10 {
        assert_eq!(life.replies(roster::Command::CountLetter), roster::Reply::Done, "{n}");
    }
    assert_eq!(life.replies(roster::Command::CountLetter), roster::Reply::Hold);
    life.later(days(30));
    assert_eq!(life.replies(roster::Command::CountLetter), roster::Reply::Done);
}

#[test]
fn already_a_member_uses_no_pin_up() {
    let mut life = requested();
    life.does(redeem(100, NoticeVerdict::Mismatch));
    for notice in [NoticeVerdict::Matches, NoticeVerdict::Mismatch, NoticeVerdict::Expired] {
        assert_eq!(life.refuses(redeem(700, notice)), membership::Refusal::AlreadyMember);
    }
    assert_eq!(life.refuses(request_pin(200, start(), false)), membership::Refusal::AlreadyMember);
    life.does(membership::Command::Suspend);
    assert_eq!(
        life.refuses(redeem(700, NoticeVerdict::Matches)),
        membership::Refusal::AlreadyMember,
        "nor is a suspended one let in by another"
    );
}

// ---- Rosters ----

#[test]
fn the_last_super_admin_stays_and_closing_the_account_always_works() {
    let mut life = Life::<Roster>::of(&journey_of("partner"));
    life.does(roster::Command::Found { id: roster_id(1), record: number() });
    for n in [1, 2] {
        life.does(roster::Command::AddAdmin { account: account_id(n) });
    }
    life.does(roster::Command::RemoveAdmin { account: account_id(1) });
    assert_eq!(life.state().entitlement(account_id(1)), Entitlement::None);
    assert_eq!(life.refuses(roster::Command::RemoveAdmin { account: account_id(2) }), roster::Refusal::LastSuperAdmin);
    let lost = life.does(roster::Command::LoseAdmin { account: account_id(2) });
    assert_eq!(lost.events.last(), Some(&roster::Event::FellToClerks));
    assert_eq!(life.state().admins(), []);
}

#[test]
fn after_five_approval_mails_a_day_the_rest_become_a_digest() {
    let mut life = noticed();
    for _ in 0..5 {
        assert_eq!(life.replies(roster::Command::CountApprovalMail), roster::Reply::Done);
    }
    assert_eq!(life.replies(roster::Command::CountApprovalMail), roster::Reply::Digest);
    assert_eq!(life.replies(roster::Command::CountApprovalMail), roster::Reply::Digest);
    let due = roster::deadline(life.state()).unwrap();
    assert_eq!(due, start() + hours(16), "when the day is over");
    life.later(hours(15));
    assert_eq!(life.replies(digest_tick(2)), roster::Reply::Repeated);
    life.later(hours(1));
    let sent = life.does(digest_tick(2));
    assert_eq!(sent.templates(), [MailTemplate::ApprovalReminder; 2], "one mail for each who decides");
    assert_eq!(life.replies(digest_tick(2)), roster::Reply::Repeated);
    assert_eq!(life.replies(roster::Command::CountApprovalMail), roster::Reply::Done);
}

#[test]
fn a_digest_of_nothing_is_not_sent() {
    let mut life = noticed();
    for _ in 0..6 {
        life.does(roster::Command::CountApprovalMail);
    }
    life.later(days(1));
    let step = life.does(digest_tick(0));
    assert_eq!((step.reply, step.mails().len()), (roster::Reply::Done, 0));
}

fn digest_tick(requests: usize) -> roster::Command {
    let (approvers, deliveries) = (approvers(2), vec![delivery(800), delivery(801)]);
    roster::Command::Tick { waiting: Waiting { requests, approvers, deliveries, company: "Muster AG".to_owned() } }
}

#[test]
fn a_proof_that_goes_into_a_digest_mails_nobody_and_waits_all_the_same() {
    let mut life = awaiting("partner");
    let Ask::Confirm { proof, mut facts } = confirm_with(Proof::Link(shown(LINK)), approvers(2), None) else { unreachable!() };
    facts.digest = true;
    let step = life.does(Ask::Confirm { proof, facts });
    assert_eq!((step.reply.clone(), step.mails().len(), step.to_clerks().len()), (Reply::Done, 0, 0));
    assert_eq!(life.state().word(), "awaiting_approval");
}

#[test]
fn gaining_and_losing_the_role_ends_what_was_opened_before() {
    let mut life = open_account(&journey_of("partner"));
    for command in [account::Command::GainPrivilege, account::Command::LosePrivilege] {
        let before = life.state().generation();
        life.does(command.clone());
        assert_eq!(life.state().generation(), before + 1, "{command:?}");
    }
    assert_eq!(life.state().privilege(), Privilege::Common);
}

// ---- Secrets ----

#[test]
fn a_secret_digested_under_an_older_key_is_still_known() {
    let mut life = awaiting("housing");
    let newer = onboarding_core::Digest { key: 2, bytes: [9; 32] };
    let proof = Proof::Link(Presented(vec![newer, digest(LINK)]));
    assert_eq!(life.replies(confirm_with(proof, Vec::new(), None)), Reply::Activated);
    let mut life = awaiting("housing");
    let other_key = onboarding_core::Digest { key: 2, ..digest(LINK) };
    assert_eq!(life.refuses(confirm_with(Proof::Link(other_key.into()), Vec::new(), None)), Refusal::TokenSuperseded);
}

//! A journey as the steps of a person with a browser, each with the page where it is taken: out of the journey's declaration, like the
//! pages themselves.

use onboarding_core::journey::{AfterFirstPassword, Approval, EmailProof, Journey, MembershipBy, MustMatch, PasswordOrigin, Start};

/// A step: the word that its texts' keys are made of, and where its link leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) word: &'static str,
    pub(super) at: Place,
}

/// Where a step is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Among the portal's mails.
    Mails,
    /// Among its letters.
    Letters,
    /// On a page of the portal, below its slug.
    Page(&'static str),
}

const fn step(word: &'static str, at: Place) -> Step {
    Step { word, at }
}

/// What kind of journey it is, for the sentence above the steps.
pub(super) fn story(journey: &Journey) -> &'static str {
    match (journey.start, journey.membership, journey.approval) {
        (Start::Company, _, _) => "company",
        (Start::Person, MembershipBy::PostedPin, _) => "pin",
        (Start::Person, _, Approval::SuperAdmin | Approval::Clerk) => "approval",
        (Start::Person, _, Approval::Nobody) if begins_with_a_letter(journey) => "letter",
        (Start::Person, _, Approval::Nobody) => "open",
    }
}

/// The steps to the end: the area, or the members' area.
pub(super) fn steps(journey: &Journey) -> Vec<Step> {
    let mut steps = Vec::new();
    match journey.start {
        Start::Company => {
            steps.push(step("twoMails", Place::Mails));
            steps.push(step("firstSignIn", Place::Page("login")));
            if journey.after_first_password == AfterFirstPassword::SignInAgain {
                steps.push(step("signInOwn", Place::Page("login")));
            }
        }
        Start::Person => {
            if journey.invites() {
                steps.push(step("invitation", Place::Mails));
            }
            if begins_with_a_letter(journey) {
                steps.push(step("letter", Place::Letters));
            }
            let register = match (&journey.claim, journey.fields.is_empty()) {
                (Some(_), true) => "registerNumber",
                (Some(_), false) => "registerClaim",
                (None, _) => "registerOpen",
            };
            steps.push(step(register, Place::Page("register")));
            steps.push(step(if journey.email_proof.contains(&EmailProof::Code) { "code" } else { "confirm" }, Place::Mails));
            match journey.approval {
                Approval::Nobody => {}
                Approval::SuperAdmin => steps.push(step("decide", Place::Page("team"))),
                Approval::Clerk => steps.push(step("clerk", Place::Mails)),
            }
            match journey.password {
                PasswordOrigin::AtRegistration | PasswordOrigin::Initial => {}
                PasswordOrigin::AtCompletion => steps.push(step("setUp", Place::Mails)),
                PasswordOrigin::Mailed => steps.push(step("password", Place::Mails)),
            }
            steps.push(step("signIn", Place::Page("login")));
        }
    }
    if journey.membership == MembershipBy::PostedPin {
        steps.push(step("askPin", Place::Page("business/pin")));
        steps.push(step("pinLetter", Place::Letters));
        steps.push(step("link", Place::Page("business/link")));
        steps.push(step("members", Place::Page("login")));
    } else {
        steps.push(step("area", Place::Page("area")));
    }
    steps
}

/// Whether the number comes by a letter that the company sends out.
fn begins_with_a_letter(journey: &Journey) -> bool {
    journey.registration_open && journey.claim.as_ref().is_some_and(|claim| claim.must_match == [MustMatch::LastName])
}

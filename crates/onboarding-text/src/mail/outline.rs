//! What every mail says, in order: one row per occasion, nothing else. How it is set is the layout's affair.

use onboarding_core::{MailTemplate, Page};

/// To whom a mail goes; decides what may stand in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reader {
    /// An address nobody has proved: no name, nothing that anybody typed. Source: CVE-2022-1274, rules.md "Texts".
    Unproven,
    /// A person with a proven address, or one the company vouches for.
    Person,
    /// The portal's own staff: not asked to quote a number.
    Clerk,
}

/// Texts that say the same with more or less: the first whose placeholders the order fills is taken.
pub(super) type Wording = &'static [&'static str];

/// A piece of a mail.
#[derive(Clone, Copy, Debug)]
pub(super) enum Piece {
    /// A paragraph.
    Say(Wording),
    /// A paragraph in smaller type, after everything else.
    Note(&'static str),
    /// The code, alone on its line.
    Code,
    /// The password, alone on its line.
    Password,
    /// The record's number, alone on its line.
    Number,
    /// The link with a token to this page.
    Link { page: Page, button: &'static str },
    /// A link to the first of these pages that the order has.
    LinkTo { pages: [Page; 2], button: &'static str },
    /// The same as `Link`, introduced by a sentence, where the order has one.
    AlsoLink { page: Page, button: &'static str, lead: &'static str },
    /// A page without a token, where the order has one.
    PageLink { page: Page, button: &'static str },
    /// Until when the code, link or password is good.
    ValidUntil,
    /// The same, where the order says so.
    AlsoValidUntil,
}

/// A mail's outline.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outline {
    pub(super) reader: Reader,
    pub(super) subject: Wording,
    /// The line that lists of mails show after the subject.
    pub(super) preheader: Wording,
    pub(super) body: &'static [Piece],
}

use Piece::{AlsoLink, AlsoValidUntil, Code, Link, LinkTo, Note, Number, PageLink, Password, Say, ValidUntil};

const fn outline(reader: Reader, subject: Wording, preheader: Wording, body: &'static [Piece]) -> Outline {
    Outline { reader, subject, preheader, body }
}

const SIGN_IN: Piece = PageLink { page: Page::Login, button: "login-submit" };
const REVIEW_AS_CLERK: Piece = PageLink { page: Page::Staff, button: "mail-approver-button" };
const OPEN_STAFF_AREA: Piece = PageLink { page: Page::Staff, button: "mail-parked-button" };
const REVIEW: Piece = PageLink { page: Page::Team, button: "mail-approver-button" };
const SET_UP: Piece = Link { page: Page::Setup, button: "mail-approved-button" };
const SET_UP_STILL: Piece = LinkTo { pages: [Page::Setup, Page::Invite], button: "mail-approved-button" };
const ACCEPT: Piece = Link { page: Page::Invite, button: "mail-invite-button" };
const NOT_YOU: Piece = Note("mail-notYou");
const NEVER_ASK: Piece = Note("mail-neverAsk");

/// The outline of a mail.
pub(super) fn of(template: MailTemplate) -> Outline {
    use MailTemplate as T;
    use Reader::{Clerk, Person, Unproven};
    match template {
        T::ActivationCode => outline(
            Unproven,
            &["mail-code-subject"],
            &["mail-code-preheader"],
            &[
                Say(&["mail-code-body"]),
                Code,
                ValidUntil,
                AlsoLink { page: Page::Confirm, button: "mail-code-button", lead: "mail-code-link" },
                NOT_YOU,
                NEVER_ASK,
            ],
        ),
        T::ConfirmLink => outline(
            Unproven,
            &["mail-confirm-subject"],
            &["mail-confirm-preheader"],
            &[Say(&["mail-confirm-body"]), Link { page: Page::Confirm, button: "btn-confirm" }, ValidUntil, NOT_YOU, NEVER_ASK],
        ),
        T::AccountExists => outline(
            Person,
            &["mail-exists-subject"],
            &["mail-exists-preheader"],
            &[
                Say(&["mail-exists-body"]),
                SIGN_IN,
                PageLink { page: Page::PasswordForgot, button: "reset-title" },
                Say(&["mail-exists-notYou"]),
                NEVER_ASK,
            ],
        ),
        T::RecordTaken => {
            outline(Person, &["mail-recordTaken-subject"], &["mail-recordTaken-preheader"], &[Say(&["mail-recordTaken-body"]), NEVER_ASK])
        }
        T::ApprovalWanted => outline(
            Person,
            &["mail-approver-neutral-subject"],
            &["mail-approver-preheader"],
            &[Say(&["mail-approver-neutral-body"]), REVIEW],
        ),
        T::ApprovalReminder => outline(
            Person,
            &["mail-approver-reminder-neutral-subject"],
            &["mail-approver-reminder-preheader", "mail-approver-reminder-neutral-preheader"],
            &[Say(&["mail-approver-reminder-neutral-body"]), REVIEW],
        ),
        T::ClerkApproval => outline(
            Clerk,
            &["mail-clerk-approval-neutral-subject"],
            &["mail-clerk-approval-neutral-preheader"],
            &[Say(&["mail-clerk-approval-neutral-body"]), OPEN_STAFF_AREA],
        ),
        T::ClerkReminder => outline(
            Clerk,
            &["mail-clerk-reminder-neutral-subject"],
            &["mail-clerk-reminder-preheader", "mail-clerk-reminder-neutral-preheader"],
            &[Say(&["mail-clerk-reminder-neutral-body"]), REVIEW_AS_CLERK],
        ),
        T::Approved => outline(
            Person,
            &["mail-approved-subject"],
            &["mail-approved-preheader"],
            &[Say(&["mail-approved-body"]), SET_UP, ValidUntil, NEVER_ASK],
        ),
        T::ApprovedActive => outline(
            Person,
            &["mail-approved-subject"],
            &["mail-approvedActive-preheader"],
            &[Say(&["mail-approvedActive-body"]), SIGN_IN, NEVER_ASK],
        ),
        T::CompletionReminder => outline(
            Person,
            &["mail-completion-reminder-subject"],
            &["mail-completion-reminder-preheader"],
            &[Say(&["mail-completion-reminder-body"]), SET_UP_STILL, NEVER_ASK],
        ),
        T::Rejected => outline(
            Person,
            &["mail-rejected-subject"],
            &["mail-rejected-preheader"],
            &[Say(&["mail-rejected-body", "mail-rejected-noReason"])],
        ),
        T::ExpiredApproval => outline(Person, &["mail-expired-subject"], &["mail-expired-preheader"], &[Say(&["mail-expired-approval"])]),
        T::ExpiredCompletion => {
            outline(Person, &["mail-expired-subject"], &["mail-expired-preheader"], &[Say(&["mail-expired-completion"])])
        }
        T::CustomerNumber => outline(
            Person,
            &["mail-customerNumber-subject"],
            &["mail-customerNumber-preheader"],
            &[Say(&["mail-customerNumber-body"]), Number, SIGN_IN, NEVER_ASK],
        ),
        T::InitialPassword => outline(
            Person,
            &["mail-initialPassword-subject"],
            &["mail-initialPassword-preheader"],
            &[Say(&["mail-initialPassword-body"]), Password, Say(&["mail-validUntil", "mail-validDays"]), SIGN_IN, NEVER_ASK],
        ),
        T::GeneratedPassword => outline(
            Person,
            &["mail-generatedPassword-subject"],
            &["mail-generatedPassword-preheader"],
            &[Say(&["mail-generatedPassword-body"]), Password, ValidUntil, SIGN_IN, NEVER_ASK],
        ),
        T::Linked => outline(
            Person,
            &["mail-linked-subject"],
            &["mail-linked-preheader"],
            &[Say(&["mail-linked-body"]), SIGN_IN, Note("mail-notYou-contact")],
        ),
        T::Unlinked => outline(Person, &["mail-unlinked-subject"], &["mail-unlinked-preheader"], &[Say(&["mail-unlinked-body"])]),
        T::PasswordReset => outline(
            Person,
            &["mail-reset-subject"],
            &["mail-reset-preheader"],
            &[Say(&["mail-reset-body"]), Link { page: Page::PasswordReset, button: "mail-reset-button" }, ValidUntil, NEVER_ASK],
        ),
        T::PasswordChanged => {
            outline(Person, &["mail-pwChanged-subject"], &["mail-pwChanged-preheader"], &[Say(&["mail-pwChanged-body"]), NEVER_ASK])
        }
        T::Invitation => outline(
            Unproven,
            &["mail-invite-subject"],
            &["mail-invite-preheader"],
            &[Say(&["mail-invite-body"]), ACCEPT, ValidUntil, NOT_YOU, NEVER_ASK],
        ),
        T::InvitationExisting => outline(
            Unproven,
            &["mail-invite-subject"],
            &["mail-invite-preheader"],
            &[Say(&["mail-invite-body"]), Say(&["mail-invite-existing"]), ACCEPT, ValidUntil, NOT_YOU, NEVER_ASK],
        ),
        T::InvitationAccepted => outline(
            Person,
            &["mail-inviteAccepted-neutral-subject"],
            &["mail-inviteAccepted-preheader"],
            &[Say(&["mail-inviteAccepted-neutral-body"])],
        ),
        T::StaffInvitation => outline(
            Clerk,
            &["mail-staffInvite-subject"],
            &["mail-staffInvite-preheader"],
            &[Say(&["mail-staffInvite-body"]), PageLink { page: Page::Staff, button: "mail-invite-button" }],
        ),
        T::RoleChanged => {
            outline(Person, &["mail-roleChanged-subject"], &["mail-roleChanged-preheader"], &[Say(&["mail-roleChanged-body"])])
        }
        T::MemberSuspended => {
            outline(Person, &["mail-memberSuspended-subject"], &["mail-memberSuspended-preheader"], &[Say(&["mail-memberSuspended-body"])])
        }
        T::MemberRemoved => {
            outline(Person, &["mail-memberRemoved-subject"], &["mail-memberRemoved-preheader"], &[Say(&["mail-memberRemoved-body"])])
        }
        T::AccountSuspended => {
            outline(Person, &["mail-suspended-subject"], &["mail-suspended-preheader"], &[Say(&["mail-suspended-body"])])
        }
        T::AccountUnsuspended => {
            outline(Person, &["mail-unsuspended-subject"], &["mail-unsuspended-preheader"], &[Say(&["mail-unsuspended-body"])])
        }
        T::AccountClosed => outline(Person, &["mail-deleted-subject"], &["mail-deleted-preheader"], &[Say(&["mail-deleted-body"])]),
        T::MarketingConfirm => outline(
            Unproven,
            &["mail-marketing-subject"],
            &["mail-marketing-preheader"],
            &[
                Say(&["mail-marketing-body"]),
                Link { page: Page::Confirm, button: "mail-marketing-button" },
                AlsoValidUntil,
                Note("mail-marketing-ignore"),
                NEVER_ASK,
            ],
        ),
        T::EmailChanged => outline(
            Person,
            &["mail-emailChanged-subject"],
            &["mail-emailChanged-preheader"],
            &[Say(&["mail-emailChanged-body"]), NEVER_ASK],
        ),
        T::NewEmailConfirm => outline(
            Unproven,
            &["mail-emailNew-subject"],
            &["mail-emailNew-preheader"],
            &[
                Say(&["mail-emailNew-body"]),
                Link { page: Page::ConfirmNewEmail, button: "btn-confirmEmail" },
                ValidUntil,
                NOT_YOU,
                NEVER_ASK,
            ],
        ),
        T::EmailChangeRequested => outline(
            Person,
            &["mail-emailRequested-subject"],
            &["mail-emailRequested-preheader"],
            &[Say(&["mail-emailRequested-body"]), NEVER_ASK],
        ),
        T::GuessingAlarm => {
            outline(Clerk, &["mail-guessing-subject"], &["mail-guessing-preheader"], &[Say(&["mail-guessing-body"]), OPEN_STAFF_AREA])
        }
        T::BarrierReported => outline(
            Clerk,
            &["mail-barrier-subject"],
            &["mail-barrier-preheader"],
            &[Say(&["mail-barrier-body"]), Say(&["mail-barrier-reply", "mail-barrier-noReply"])],
        ),
        T::MailParked => {
            outline(Clerk, &["mail-parked-subject"], &["mail-parked-preheader"], &[Say(&["mail-parked-body"]), OPEN_STAFF_AREA])
        }
    }
}

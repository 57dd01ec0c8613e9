//! What each mail is filled with, so that stationery can be tried on all of them.

use chrono::DateTime;
use onboarding_core::{MailTemplate, Page, Param, Role};
use secrecy::SecretString;

/// The sets of parameters under which a template is ordered; one, or two where something may be left out.
pub fn mail_params(template: MailTemplate) -> Vec<Vec<Param>> {
    use MailTemplate as T;
    let name = || Param::Name("Zoë O’Neill".to_owned());
    let code = || Param::Code(SecretString::from("7KQ4-M2XH"));
    let password = || Param::Password(SecretString::from("7KQ4M2XHBCDFGH"));
    let link = |page| Param::Link(page, SecretString::from("q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k"));
    let company = || Param::Company("Muster & Söhne <GmbH>".to_owned());
    let business = || Param::Business("Café «Zur Post»".to_owned());
    let until = || Param::ValidUntil(DateTime::from_timestamp_nanos(1_767_686_400_000_000_000));
    let at = || Param::At(DateTime::from_timestamp_nanos(1_767_600_000_000_000_000));
    let page = Param::PageLink;
    match template {
        T::ActivationCode => vec![vec![code(), until()], vec![code(), link(Page::Confirm), until()]],
        T::ConfirmLink => vec![vec![link(Page::Confirm), until()]],
        T::AccountExists => vec![vec![page(Page::Login), page(Page::PasswordForgot)]],
        T::RecordTaken => vec![vec![], vec![name()]],
        T::ApprovalWanted | T::ApprovalReminder => vec![vec![name(), company(), page(Page::Team)]],
        T::ClerkApproval | T::ClerkReminder | T::StaffInvitation => vec![vec![page(Page::Staff)]],
        T::Approved => vec![vec![link(Page::Setup), until()], vec![name(), link(Page::Setup), until()]],
        T::ApprovedActive => vec![vec![page(Page::Login)], vec![name(), page(Page::Login)]],
        T::CompletionReminder => vec![vec![link(Page::Setup), until()]],
        T::Rejected => vec![vec![], vec![name(), Param::Reason("Not one of ours.".to_owned())]],
        T::ExpiredApproval | T::ExpiredCompletion => vec![vec![Param::Days(30)], vec![name(), Param::Days(30)]],
        T::CustomerNumber => vec![vec![Param::RecordNumber("K-001 742".to_owned()), page(Page::Login)]],
        T::InitialPassword => vec![vec![password(), page(Page::Login)], vec![password(), until(), page(Page::Login)]],
        T::GeneratedPassword => vec![vec![password(), until(), page(Page::Login)]],
        T::Linked => vec![vec![business(), page(Page::Login)]],
        T::Unlinked => vec![vec![business()]],
        T::PasswordReset => vec![vec![link(Page::PasswordReset), until()]],
        T::Invitation | T::InvitationExisting => vec![vec![company(), link(Page::Invite), until()]],
        T::InvitationAccepted => vec![vec![name(), Param::Email("zoe@mail.example".to_owned()), company()]],
        T::RoleChanged => vec![vec![company(), Param::Role(Role::SuperAdmin)]],
        T::MemberSuspended | T::MemberRemoved => vec![vec![company()]],
        T::PasswordChanged | T::AccountSuspended | T::AccountUnsuspended | T::AccountClosed | T::EmailChangeRequested => vec![vec![at()]],
        T::MarketingConfirm => vec![vec![link(Page::Confirm)]],
        T::EmailChanged => vec![vec![Param::Email("zoe@mail.example".to_owned())]],
        T::NewEmailConfirm => vec![vec![link(Page::ConfirmNewEmail), until()]],
        T::GuessingAlarm => vec![vec![Param::Count(10)]],
        T::MailParked => vec![vec![]],
        T::BarrierReported => {
            let reason = || Param::Reason("The focus cannot be seen.".to_owned());
            vec![vec![reason()], vec![reason(), Param::Email("zoe@mail.example".to_owned())]]
        }
    }
}

//! What a use case's refusal is in HTTP: status, code, members. One table for JSON and pages.

use crate::problem::Problem;
use onboarding::Error;
use onboarding_core::{account, clerk, registration, retry};
use poem::http::StatusCode;
use std::time::Duration;

/// The problem that tells of this refusal.
pub fn problem_of(error: Error) -> Problem {
    let new = Problem::new;
    match error {
        Error::UnknownPortal | Error::NotFound => Problem::not_found(),
        Error::Input(faults) => Problem::invalid(faults),
        Error::ClaimMismatch => new(StatusCode::UNPROCESSABLE_ENTITY, "claim_mismatch"),
        Error::CodeWrong { attempts_left } => new(StatusCode::UNPROCESSABLE_ENTITY, "code_wrong").with("attempts_left", attempts_left),
        Error::AlreadyProvisioned => new(StatusCode::CONFLICT, "already_provisioned"),
        Error::AlreadyMember => new(StatusCode::CONFLICT, "already_member"),
        Error::PinMismatch { attempts_left } => new(StatusCode::UNPROCESSABLE_ENTITY, "pin_mismatch").with("attempts_left", attempts_left),
        Error::PinExpired => new(StatusCode::GONE, "pin_expired"),
        Error::Registration(refusal) => of_registration(&refusal),
        Error::Account(refusal) => of_account(&refusal),
        Error::Clerk(refusal) => of_clerk(refusal),
        Error::Partly { voided, cause } => problem_of(*cause).with("voided", voided),
        Error::Delivery(refusal) => of_delivery(refusal),
        Error::EmailTaken => new(StatusCode::CONFLICT, "email_taken"),
        Error::LastSuperAdmin => new(StatusCode::CONFLICT, "last_super_admin"),
        Error::RecordTaken => new(StatusCode::CONFLICT, "record_taken"),
        Error::SignInFailed => Problem::unauthorized("sign_in_failed"),
        Error::SignInRequired => Problem::unauthorized("sign_in_required"),
        Error::Suspended => new(StatusCode::FORBIDDEN, "account_suspended"),
        Error::InitialPasswordExpired => new(StatusCode::FORBIDDEN, "initial_password_expired"),
        Error::PasswordChangeRequired => new(StatusCode::FORBIDDEN, "password_change_required"),
        Error::AcceptanceRequired(documents) => new(StatusCode::FORBIDDEN, "acceptance_required").with("must_accept", documents),
        Error::Throttled { until, now } => Problem::too_many("too_many_requests", (until - now).to_std().unwrap_or(Duration::from_secs(1))),
        Error::Overloaded { retry_after } => new(StatusCode::SERVICE_UNAVAILABLE, "busy").retry_after(retry_after),
        Error::Contended => new(StatusCode::SERVICE_UNAVAILABLE, "busy").retry_after(Duration::from_secs(1)),
        Error::IdempotencyMismatch => new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_mismatch"),
        Error::Store(error) => {
            tracing::error!(%error, "the store failed");
            new(StatusCode::SERVICE_UNAVAILABLE, "unavailable").retry_after(Duration::from_secs(5))
        }
        Error::Internal(reason) => {
            tracing::error!(%reason, "internal fault");
            Problem::internal()
        }
    }
}

fn of_registration(refusal: &registration::Refusal) -> Problem {
    use registration::Refusal;
    let new = Problem::new;
    match refusal {
        Refusal::NotFound => Problem::not_found(),
        Refusal::TokenUnknown => new(StatusCode::NOT_FOUND, "token_unknown"),
        Refusal::TokenExpired => new(StatusCode::GONE, "token_expired"),
        Refusal::TokenSuperseded => new(StatusCode::GONE, "token_superseded"),
        Refusal::TokenUsed => new(StatusCode::GONE, "token_used"),
        Refusal::CodeExpired => new(StatusCode::GONE, "code_expired"),
        Refusal::CodeUsedUp => new(StatusCode::GONE, "code_used_up").with("attempts_left", 0),
        Refusal::NotInThisState(state) => new(StatusCode::CONFLICT, "not_in_this_state").with("state", *state),
        Refusal::RegistrationClosed => new(StatusCode::FORBIDDEN, "registration_closed"),
        Refusal::NotInThisJourney => new(StatusCode::FORBIDDEN, "not_acceptable_here"),
        Refusal::NotEntitled | Refusal::WrongAccount => Problem::forbidden(),
        Refusal::OwnRequest => new(StatusCode::FORBIDDEN, "own_request"),
        Refusal::Outdated => new(StatusCode::CONFLICT, "already_decided"),
        // The driver turns these into fields and waits; what still arrives here is a fault of ours.
        Refusal::Exists | Refusal::TooSoon(_) | Refusal::Input(_) => {
            tracing::error!(%refusal, "a refusal reached the door");
            Problem::internal()
        }
    }
}

fn of_account(refusal: &account::Refusal) -> Problem {
    use account::Refusal;
    let new = Problem::new;
    match refusal {
        Refusal::NotFound | Refusal::UnknownDocument => Problem::not_found(),
        Refusal::TokenUnknown => new(StatusCode::NOT_FOUND, "token_unknown"),
        Refusal::TokenExpired => new(StatusCode::GONE, "token_expired"),
        Refusal::TokenSuperseded => new(StatusCode::GONE, "token_superseded"),
        Refusal::TokenUsed => new(StatusCode::GONE, "token_used"),
        Refusal::NotInThisState(state) => new(StatusCode::CONFLICT, "not_in_this_state").with("state", *state),
        Refusal::WrongPassword => new(StatusCode::UNPROCESSABLE_ENTITY, "wrong_password"),
        Refusal::SamePassword => Problem::invalid(vec![]).field("new", "same_password"),
        Refusal::SameEmail => Problem::invalid(vec![]).field("email", "same_email"),
        Refusal::VersionOutdated => new(StatusCode::CONFLICT, "version_outdated"),
        Refusal::DocumentRequired => new(StatusCode::CONFLICT, "document_required"),
        Refusal::NotInThisJourney => new(StatusCode::FORBIDDEN, "not_acceptable_here"),
        Refusal::PinUsedUp => new(StatusCode::GONE, "pin_used_up"),
        Refusal::Exists | Refusal::TooSoon(_) => {
            tracing::error!(%refusal, "a refusal reached the door");
            Problem::internal()
        }
    }
}

fn of_clerk(refusal: clerk::Refusal) -> Problem {
    use clerk::Refusal;
    let new = Problem::new;
    match refusal {
        Refusal::NotFound => Problem::not_found(),
        Refusal::TokenUnknown => new(StatusCode::NOT_FOUND, "token_unknown"),
        Refusal::TokenExpired => new(StatusCode::GONE, "token_expired"),
        Refusal::TokenSuperseded => new(StatusCode::GONE, "token_superseded"),
        Refusal::TokenUsed => new(StatusCode::GONE, "token_used"),
    }
}

fn of_delivery(refusal: retry::Refusal) -> Problem {
    use retry::Refusal;
    let new = |code| Problem::new(StatusCode::CONFLICT, code);
    match refusal {
        Refusal::NotInThisState(state) => new("not_in_this_state").with("state", state),
        Refusal::SecretExpired => new("secret_expired"),
        Refusal::SecretReplaced => new("secret_replaced"),
    }
}

//! Errors as statuses: a code, a reason that programs decide by, a sentence for people, and details. What went wrong
//! inside is logged once, here, and told to nobody.

use std::{collections::HashMap, time::Duration};

use relevo_api::v1::ErrorReason;
use relevo_domain::Refusal;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt};

use crate::{
    Error,
    error::{Violation, names},
};

const DOMAIN: &str = "relevo";
const STORE_RETRY: Duration = Duration::from_secs(1);
/// When somebody who was turned away may try his luck again.
const OVERLOAD_RETRY: Duration = Duration::from_secs(1);

/// What an error comes to.
struct Answer {
    code: Code,
    reason: ErrorReason,
    message: String,
    metadata: Vec<(&'static str, String)>,
    details: ErrorDetails,
}

impl Answer {
    fn new(code: Code, reason: ErrorReason, message: impl Into<String>) -> Self {
        Self { code, reason, message: message.into(), metadata: Vec::new(), details: ErrorDetails::new() }
    }
}

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        let Answer { code, reason, message, metadata, mut details } = answer(error);
        let metadata: HashMap<String, String> =
            metadata.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        details.set_error_info(reason.as_str_name(), DOMAIN, metadata);
        Status::with_error_details(code, message, details)
    }
}

fn answer(error: Error) -> Answer {
    match error {
        Error::Refused(refusal) => refused(&refusal),
        Error::Invalid(violations) => invalid(&violations),
        Error::PageTokenInvalid => {
            let mut answer = Answer::new(
                Code::InvalidArgument,
                ErrorReason::PageTokenInvalid,
                "The page_token was not made for this list with these filters. Start again without it.",
            );
            let rule = "must be the next_page_token of this list with these filters";
            answer.details.add_bad_request_violation("page_token", rule);
            answer
        }
        Error::RequestIdReused => {
            let mut answer = Answer::new(
                Code::InvalidArgument,
                ErrorReason::RequestIdReused,
                "The request_id was used before, with other content. Make a new one for each call.",
            );
            answer.details.add_bad_request_violation("request_id", "must be new for each call");
            answer
        }
        Error::CallerUnknown(what) => Answer::new(Code::Unauthenticated, ErrorReason::CallerUnknown, what),
        error @ Error::CallerNotPermitted { .. } => {
            let message = error.to_string();
            let mut answer = Answer::new(Code::PermissionDenied, ErrorReason::CallerNotPermitted, message);
            if let Error::CallerNotPermitted { needed, .. } = error {
                answer.metadata.push(("grants", names(needed).join(",")));
            }
            answer
        }
        error @ Error::RateLimited { .. } => {
            let mut answer = Answer::new(Code::ResourceExhausted, ErrorReason::RateLimited, error.to_string());
            if let Error::RateLimited { setting, wait } = error {
                answer.metadata.push(("setting", setting.to_owned()));
                answer.details.set_retry_info(Some(wait.unsigned_abs()));
            }
            answer
        }
        Error::Overloaded => {
            let mut answer = Answer::new(Code::ResourceExhausted, ErrorReason::Overloaded, error.to_string());
            answer.details.set_retry_info(Some(OVERLOAD_RETRY));
            answer
        }
        error @ (Error::Late | Error::Store(_)) if error.is_passing() => {
            tracing::error!(%error, "a call failed");
            let mut answer = Answer::new(
                Code::Unavailable,
                ErrorReason::StoreUnavailable,
                "The database does not answer. Try again in a moment.",
            );
            answer.details.set_retry_info(Some(STORE_RETRY));
            answer
        }
        error @ (Error::Late
        | Error::Store(_)
        | Error::Answer(_)
        | Error::Random(_)
        | Error::Config(_)
        | Error::Key(_)
        | Error::Compose(_)
        | Error::TestMail(_)
        | Error::Audit(_)
        | Error::Io(..)
        | Error::Transport(_)
        | Error::Task(_)
        | Error::Demo(_)
        | Error::Preview(_)) => {
            tracing::error!(%error, "a call failed");
            Answer::new(
                Code::Internal,
                ErrorReason::Internal,
                "Relevo has a fault. Its log says more; please tell its operators.",
            )
        }
    }
}

fn invalid(violations: &[Violation]) -> Answer {
    let named: Vec<_> = violations.iter().map(|it| format!("{} {}", it.path, it.rule)).collect();
    let mut answer = Answer::new(Code::InvalidArgument, ErrorReason::FieldInvalid, format!("{}.", named.join("; ")));
    let fields = violations.iter().map(|it| FieldViolation::new(&it.path, &it.rule)).collect::<Vec<_>>();
    answer.details.set_bad_request(fields);
    answer
}

/// The reason of a refusal.
pub(super) fn reason_of(refusal: &Refusal) -> ErrorReason {
    match refusal {
        Refusal::AccountNotFound(_) => ErrorReason::AccountNotFound,
        Refusal::ServiceNotFound => ErrorReason::ServiceNotFound,
        Refusal::ChangeNotFound => ErrorReason::ChangeNotFound,
        Refusal::AccountExists(_) => ErrorReason::AccountExists,
        Refusal::AccountInUse(..) => ErrorReason::AccountInUse,
        Refusal::ServiceExists => ErrorReason::ServiceExists,
        Refusal::NothingToChange => ErrorReason::NothingToChange,
        Refusal::RolesNotPermitted(_) | Refusal::NotAParty | Refusal::NotItsToCancel => ErrorReason::RoleNotPermitted,
        Refusal::ChangeAlreadyOpen { .. } => ErrorReason::ChangeAlreadyOpen,
        Refusal::BillingOverdue(_) => ErrorReason::BillingOverdue,
        Refusal::ChangeSettled(_) => ErrorReason::ChangeSettled,
        Refusal::AlreadyDecided => ErrorReason::AlreadyDecided,
        Refusal::TokenInvalid => ErrorReason::TokenInvalid,
        Refusal::TokenSuperseded => ErrorReason::TokenSuperseded,
        Refusal::ResendLimited { .. } => ErrorReason::ResendLimited,
        Refusal::EtagMismatch => ErrorReason::EtagMismatch,
    }
}

fn refused(refusal: &Refusal) -> Answer {
    let code = match refusal {
        Refusal::NothingToChange => Code::InvalidArgument,
        Refusal::AccountNotFound(_) | Refusal::ServiceNotFound | Refusal::ChangeNotFound => Code::NotFound,
        Refusal::AccountExists(_) | Refusal::ServiceExists | Refusal::ChangeAlreadyOpen { .. } => Code::AlreadyExists,
        Refusal::RolesNotPermitted(_) | Refusal::NotAParty | Refusal::NotItsToCancel | Refusal::TokenInvalid => {
            Code::PermissionDenied
        }
        Refusal::AccountInUse(..)
        | Refusal::BillingOverdue(_)
        | Refusal::ChangeSettled(_)
        | Refusal::AlreadyDecided
        | Refusal::TokenSuperseded => Code::FailedPrecondition,
        Refusal::EtagMismatch => Code::Aborted,
        Refusal::ResendLimited { .. } => Code::ResourceExhausted,
    };
    let mut answer = Answer::new(code, reason_of(refusal), refusal.to_string());
    let message = answer.message.clone();
    match refusal {
        Refusal::AccountNotFound(account) | Refusal::AccountExists(account) => {
            let account = account.to_string();
            answer.details.set_resource_info("relevo.v1.Account", &account, "", &message);
            answer.metadata.push(("account_id", account));
        }
        Refusal::AccountInUse(account, _) => {
            answer.details.add_precondition_failure_violation("USE", account.to_string(), &message);
            answer.metadata.push(("account_id", account.to_string()));
        }
        Refusal::ServiceNotFound | Refusal::ServiceExists => {
            answer.details.set_resource_info("relevo.v1.Service", "", "", &message);
        }
        Refusal::ChangeNotFound => {
            answer.details.set_resource_info("relevo.v1.ContactChange", "", "", &message);
        }
        Refusal::ChangeAlreadyOpen { role, change_id } => {
            let change_id = change_id.to_string();
            answer.details.set_resource_info("relevo.v1.ContactChange", &change_id, "", &message);
            answer.metadata.extend([("change_id", change_id), ("role", role.name().to_uppercase())]);
        }
        Refusal::BillingOverdue(account) => {
            answer.details.add_precondition_failure_violation("BILLING", account.to_string(), &message);
            answer.metadata.push(("account_id", account.to_string()));
        }
        Refusal::ChangeSettled(state) => {
            let state = state.name().to_uppercase();
            answer.details.add_precondition_failure_violation("STATE", &state, &message);
            answer.metadata.push(("state", state));
        }
        Refusal::AlreadyDecided => {
            answer.details.add_precondition_failure_violation("DECISION", "", &message);
        }
        Refusal::TokenSuperseded => {
            answer.details.add_precondition_failure_violation("TOKEN", "", &message);
        }
        Refusal::ResendLimited { retry_after: Some(wait) } => {
            answer.details.set_retry_info(Some(wait.unsigned_abs()));
        }
        Refusal::NothingToChange
        | Refusal::RolesNotPermitted(_)
        | Refusal::NotAParty
        | Refusal::NotItsToCancel
        | Refusal::TokenInvalid
        | Refusal::ResendLimited { retry_after: None }
        | Refusal::EtagMismatch => {}
    }
    answer
}

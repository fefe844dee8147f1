//! What the ways in which a call fails come to on the page: the one place where they are told apart.

use std::time::Duration;

use axum::{
    http::{HeaderValue, StatusCode, header::RETRY_AFTER},
    response::Response,
};
use relevo_domain::{AccountId, Refusal};
use relevo_outbound::Wording;

use super::{Site, answer::Asked, view::View};
use crate::Error;

/// When somebody who was turned away, or found the database gone, may try again.
const MOMENT: Duration = Duration::from_secs(1);

/// Why something was not done.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// The code is no code of this change.
    Wrong,
    /// The code was replaced.
    Superseded,
    /// The change has ended, or the party has decided: what it comes to is to be seen.
    Decided,
    /// An account has an overdue bill.
    Overdue(AccountId),
    /// A code was sent a short time ago; another may be sent after this time, or not at all.
    Resent(Option<Duration>),
    /// It was tried too often, and may be after this time.
    Limited(Duration),
    /// There is too much to do, or the database does not answer.
    Unavailable,
    /// It is our fault.
    Fault,
}

impl Refused {
    /// What an error is to people. What went wrong inside is logged here, and told to nobody.
    pub(super) fn of(error: Error) -> Self {
        match error {
            Error::Refused(refusal) => match refusal {
                Refusal::TokenInvalid | Refusal::ChangeNotFound | Refusal::ServiceNotFound | Refusal::NotAParty => {
                    Self::Wrong
                }
                Refusal::TokenSuperseded => Self::Superseded,
                Refusal::ChangeSettled(_) | Refusal::AlreadyDecided => Self::Decided,
                Refusal::BillingOverdue(account) => Self::Overdue(account),
                Refusal::ResendLimited { retry_after } => Self::Resent(retry_after.map(|wait| wait.unsigned_abs())),
                // Of what the page does, none of these can come.
                refusal @ (Refusal::AccountNotFound(_)
                | Refusal::AccountExists(_)
                | Refusal::AccountInUse(..)
                | Refusal::ServiceExists
                | Refusal::NothingToChange
                | Refusal::RolesNotPermitted(_)
                | Refusal::NotItsToCancel
                | Refusal::ChangeAlreadyOpen { .. }
                | Refusal::EtagMismatch) => {
                    tracing::error!(error = %refusal, "the page failed");
                    Self::Fault
                }
            },
            // The form was sent before, with another answer in it.
            Error::RequestIdReused => Self::Decided,
            Error::RateLimited { wait, .. } => Self::Limited(wait.unsigned_abs()),
            Error::Overloaded => Self::Unavailable,
            error => {
                tracing::error!(%error, "the page failed");
                if error.is_passing() { Self::Unavailable } else { Self::Fault }
            }
        }
    }
}

impl Site {
    /// Says why something was not done.
    pub(super) fn refuse(&self, asked: &Asked, wording: &'static Wording, refused: &Refused) -> Response {
        let Asked { change_id, form, .. } = asked;
        let notice = |title, opening| View::notice(wording, title, opening).keeping(*change_id, form);
        let (status, view, wait) = match refused {
            Refused::Wrong => (StatusCode::FORBIDDEN, View::wrong_code(wording, *change_id, form), None),
            Refused::Superseded => (StatusCode::GONE, notice("page-superseded-title", "page-superseded-opening"), None),
            // Both are shown with what is known of the change, where anything is.
            Refused::Decided | Refused::Overdue(_) => {
                (StatusCode::CONFLICT, notice("page-superseded-title", "page-ended"), None)
            }
            Refused::Resent(Some(wait)) => {
                (StatusCode::TOO_MANY_REQUESTS, View::resend_limited(wording, *change_id, form, *wait), Some(*wait))
            }
            Refused::Resent(None) => {
                (StatusCode::CONFLICT, notice("page-resend-over-title", "page-resend-over-opening"), None)
            }
            Refused::Limited(wait) => {
                (StatusCode::TOO_MANY_REQUESTS, View::limited(wording, *change_id, form, *wait), Some(*wait))
            }
            Refused::Unavailable => {
                (StatusCode::SERVICE_UNAVAILABLE, View::unavailable(wording, *change_id, form), Some(MOMENT))
            }
            Refused::Fault => {
                (StatusCode::INTERNAL_SERVER_ERROR, notice("page-fault-title", "page-fault-opening"), None)
            }
        };
        let mut response = self.show(status, &view);
        if let Some(wait) = wait {
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        response
    }
}

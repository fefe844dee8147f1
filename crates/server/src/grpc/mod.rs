//! The API over gRPC: messages to domain values and back, errors to statuses. No rule lives here.

mod admission;
mod contact_service;
mod form;
mod page_token;
mod request_service;
mod show;
mod status;

use std::sync::Arc;

use prost::Message;
use relevo_domain::{AccountId, Refusal};

use crate::{
    Error,
    caller::Caller,
    installation::Installation,
    mutation::{Begun, Call, Mutation},
};
pub(crate) use admission::Admission;
use admission::received;
use form::Form;

/// Both services of the API.
#[derive(Debug, Clone)]
pub(crate) struct Api(pub(crate) Arc<Installation>);

impl Api {
    fn form(&self) -> Form<'_> {
        Form::new(&self.0.account_id_suffix)
    }
}

/// Makes the call of a mutation; the content is the message as it was sent.
fn call(
    caller: Arc<Caller>,
    method: &'static str,
    account_id: Option<&AccountId>,
    request_id: Option<uuid::Uuid>,
    validate_only: bool,
    message: &impl Message,
) -> Call {
    let content = if request_id.is_some() { message.encode_to_vec() } else { Vec::new() };
    Call { caller, method, account_id: account_id.cloned(), request_id, validate_only, content }
}

/// What is answered to a wrong code: that it is wrong, or, if there were too many for the account, when it is said again.
/// The right one never comes here, so that nobody is locked out by what others guess.
fn slowed(installation: &Installation, call: &Call, error: Error) -> Error {
    match (&error, &call.account_id) {
        (Error::Refused(Refusal::TokenInvalid), Some(account)) => {
            let taken = installation.limits.wrong_tokens.take(account.as_str(), installation.clock.now());
            taken.err().unwrap_or(error)
        }
        _ => error,
    }
}

/// How often a mutation begins anew that has lost against another one.
const RETRIES: usize = 5;

/// Runs a mutation, unless it was answered before. One that has lost against another, as of two that wait for each other,
/// begins anew: nothing of it was stored.
async fn mutate<R, F>(installation: &Installation, call: Call, work: F) -> Result<tonic::Response<R>, tonic::Status>
where
    R: Message + Default,
    F: AsyncFnOnce(&mut Mutation<'_>) -> Result<R, Error> + Clone,
{
    let mut tries = 0;
    loop {
        let answer = match installation.begin(&call).await {
            Ok(Begun::Answered(answer)) => Ok(answer),
            Ok(Begun::Open(mut mutation)) => {
                let outcome = work.clone()(&mut mutation).await;
                mutation.finish(outcome).await
            }
            Err(error) => Err(error),
        };
        match answer {
            Err(Error::Store(error)) if error.is_conflict() && tries < RETRIES => {
                tries += 1;
                tracing::warn!(%error, method = call.method, tries, "a call begins anew");
            }
            answer => return Ok(tonic::Response::new(answer.map_err(|error| slowed(installation, &call, error))?)),
        }
    }
}

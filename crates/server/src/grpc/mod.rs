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
use relevo_domain::AccountId;

use crate::{
    Error,
    caller::Caller,
    installation::Installation,
    mutation::{Call, Mutation},
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

/// Runs a mutation, and answers.
async fn mutate<R, F>(installation: &Installation, call: Call, work: F) -> Result<tonic::Response<R>, tonic::Status>
where
    R: Message + Default,
    F: AsyncFnOnce(&mut Mutation<'_>) -> Result<R, Error> + Clone,
{
    Ok(tonic::Response::new(installation.mutate(&call, work).await?))
}

//! A call that changes things, from its transaction to its answer.
//!
//! Every mutation runs alike: a call repeated under its `request_id` is answered as the first time; the rule decides in
//! a transaction; with `validate_only` that transaction is rolled back; a success is remembered with its answer in the
//! transaction that made it; a refusal is committed only where it leaves something behind.

use std::sync::Arc;

use jiff::Timestamp;
use prost::Message;
use relevo_domain::{AccountId, Effects, Nonce, Policy, Refusal};
use relevo_persistence::{Author, RequestKey, Tx};
use uuid::Uuid;

use crate::{Error, caller::Caller, installation::Installation};

/// How often a mutation begins anew that has lost against another one.
const RETRIES: usize = 5;

const PROOF_OF_CONTENT: &str = "request content";

/// What a mutation is asked under, beside its own fields.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) caller: Arc<Caller>,
    pub(crate) method: &'static str,
    pub(crate) account_id: Option<AccountId>,
    pub(crate) request_id: Option<Uuid>,
    pub(crate) validate_only: bool,
    /// The whole message as it was sent: what a repeated call must repeat.
    pub(crate) content: Vec<u8>,
}

/// A mutation that has begun, or the answer that it was given before.
enum Begun<'a, R> {
    Open(Mutation<'a>),
    Answered(R),
}

/// A call that changes things, in its transaction.
pub(crate) struct Mutation<'a> {
    pub(crate) installation: &'a Installation,
    pub(crate) tx: Tx,
    pub(crate) now: Timestamp,
    caller: Arc<Caller>,
    validate_only: bool,
    /// What it has claimed, to be answered alike when it is repeated.
    claimed: Option<RequestKey>,
    leaves_something: bool,
}

impl Installation {
    /// Runs a mutation, unless it was answered before. One that has lost against another, as of two that wait for each
    /// other, begins anew: nothing of it was stored.
    pub(crate) async fn mutate<R, F>(&self, call: &Call, work: F) -> Result<R, Error>
    where
        R: Message + Default,
        F: AsyncFnOnce(&mut Mutation<'_>) -> Result<R, Error> + Clone,
    {
        let mut tries = 0;
        loop {
            let answer = match self.begin(call).await {
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
                answer => return answer.map_err(|error| self.slowed(call, error)),
            }
        }
    }

    /// What is answered to a wrong code: that it is wrong, or, if there were too many for the account, when it is said
    /// again. The right one never comes here, so that nobody is locked out by what others guess.
    fn slowed(&self, call: &Call, error: Error) -> Error {
        match (&error, &call.account_id) {
            (Error::Refused(Refusal::TokenInvalid), Some(account)) => {
                let taken = self.limits.wrong_tokens.take(account.as_str(), self.clock.now());
                taken.err().unwrap_or(error)
            }
            _ => error,
        }
    }

    /// Opens the transaction of a mutation, unless the call was answered before.
    async fn begin<R: Message + Default>(&self, call: &Call) -> Result<Begun<'_, R>, Error> {
        let tx = self.store.write().await?;
        let mut claimed = None;
        if let Some(request_id) = call.request_id.filter(|_| !call.validate_only) {
            let Call { method, account_id, content, .. } = call;
            let (caller, account_id) = (call.caller.name.clone(), account_id.clone());
            let key = RequestKey { caller, method, account_id, request_id };
            let proof = self.keyring.proof(PROOF_OF_CONTENT, &[content]);
            if let Some((proof, answer)) = tx.claim_request(&key, &proof, self.clock.now()).await? {
                tx.roll_back().await?;
                return if self.keyring.proves(PROOF_OF_CONTENT, &[content], &proof) {
                    Ok(Begun::Answered(R::decode(answer.as_slice())?))
                } else {
                    Err(Error::RequestIdReused)
                };
            }
            claimed = Some(key);
        }
        Ok(Begun::Open(Mutation {
            installation: self,
            tx,
            // Not before: what a call has waited for happened before it.
            now: self.clock.now(),
            caller: call.caller.clone(),
            validate_only: call.validate_only,
            claimed,
            leaves_something: false,
        }))
    }
}

impl Mutation<'_> {
    /// What the company decides about changes.
    pub(crate) fn policy(&self) -> &Policy {
        &self.installation.policy
    }

    /// Whether nothing of this call is to stay.
    pub(crate) fn validates_only(&self) -> bool {
        self.validate_only
    }

    /// Says that what is stored stays, even if a rule refuses the call.
    pub(crate) fn leave(&mut self) {
        self.leaves_something = true;
    }

    /// An id for something new.
    pub(crate) fn new_id(&self) -> Uuid {
        self.installation.ids.of(self.now)
    }

    /// Random bytes for a token.
    pub(crate) fn nonce(&self) -> Result<Nonce, Error> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)?;
        Ok(Nonce(bytes))
    }

    /// Stores what must follow from a decision, in the name of the caller: the last thing that a mutation stores.
    pub(crate) async fn push(&self, effects: &Effects) -> Result<(), Error> {
        let author = Author { name: &self.caller.name, keyring: &self.installation.keyring };
        Ok(self.tx.push(effects, author, self.now).await?)
    }

    /// Ends the transaction as the outcome wants it, and wakes the courier.
    async fn finish<R: Message>(self, outcome: Result<R, Error>) -> Result<R, Error> {
        let stays = match &outcome {
            Ok(_) => true,
            Err(Error::Refused(_)) => self.leaves_something,
            // Half of what was to be done may be stored by then.
            Err(_) => false,
        };
        if self.validate_only || !stays {
            self.tx.roll_back().await?;
            return outcome;
        }
        match (&outcome, &self.claimed) {
            (Ok(answer), Some(key)) => self.tx.remember_answer(key, answer.encode_to_vec()).await?,
            // Only successes are remembered: what is in the way now may not be when the call is repeated.
            (Err(_), Some(key)) => self.tx.release_request(key).await?,
            (_, None) => {}
        }
        self.tx.commit().await?;
        self.installation.courier.wake();
        outcome
    }
}

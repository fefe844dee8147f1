//! Sends what is due.
//!
//! The courier has lanes, all alike, each with a conversation of its own, so that a recipient whose mail takes long holds
//! up no other; and each recipient is sent one mail at a time, so that he does not hold all of them. A lane leases one mail, reads what it is made from, sends it, and records what became of it in the
//! transaction that leases the next; no transaction is open while it talks to a relay. A mail that carries a token is
//! sent as long as the token is good and no longer; a notice is tried for [`NOTICE_LIFETIME`]. A relay that is out of
//! order pauses the sending on all lanes and is held against no mail. Delivery is at least once: twice only after a
//! crash, a reply lost after the final dot, or a database that is away for longer than a lease, and then with the same
//! Message-ID and token.

mod order;
mod turns;

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use relevo_domain::{Effects, Keyring, Mail, MailKind, Token};
use relevo_persistence::{Attempt, Author, DeliveryState, DueMail, Error, Lease, MailMaterial, Store, Tx, in_time};
use tokio::{sync::Notify, time::MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use crate::{
    message::{ComposeError, Facts, Message, Sender, compose},
    reply::{without_addresses, without_code},
    transport::{Session, Transport, Verdict},
};
use order::{LONGEST_PAUSE, Order};
use turns::{Turn, Turns};

/// Who is written into the history for what became of mails.
const COURIER: &str = "courier";

/// How long a mail that carries no token is tried.
pub const NOTICE_LIFETIME: SignedDuration = SignedDuration::from_hours(7 * 24);

/// How long before it is no longer worth it a mail that is put off is tried once more.
const LAST_TRY: SignedDuration = SignedDuration::from_mins(10);

/// How long a mail is held before another may send it, unless the hold is renewed: how long the mails in hand of a
/// process that dies wait for the next one.
const LEASE: SignedDuration = SignedDuration::from_secs(30);
const RENEWAL: Duration = Duration::from_secs(10);
/// How long a mail waits that could not be read as the database was busy.
const PASSING_PAUSE: SignedDuration = SignedDuration::from_secs(5);
/// How often what became of a mail is stored again when the process is to stop, or the database refuses it.
const RECORD_RETRIES: u32 = 10;
/// Shorter than the poll: when a database comes back, what was sent is stored before others look for what is due.
const RECORD_PAUSE: Duration = Duration::from_millis(200);
/// How often what other processes queued and what becomes due is looked for, spread by a fifth to either side.
const POLL: Duration = Duration::from_millis(800);

/// How long to wait before a mail is tried again: at first, and at the longest. It doubles with each attempt, and is
/// spread by a fifth to either side.
#[derive(Debug, Clone, Copy)]
pub struct Retry {
    /// After the first attempt.
    pub first: SignedDuration,
    /// At the longest.
    pub longest: SignedDuration,
}

/// Sends what is due.
#[derive(Debug)]
pub struct Courier {
    store: Store,
    keyring: Keyring,
    sender: Sender,
    transport: Transport,
    retry: Retry,
    wake: Notify,
    order: Mutex<Order>,
    turns: Turns,
}

/// A mail that was made.
struct Made {
    message: Message,
    /// The token that it carries.
    token: Option<Token>,
    /// When it is tried for the last time, unless it was put off after that.
    last_time: Timestamp,
}

/// Why a mail cannot be made.
#[derive(Debug, thiserror::Error)]
enum Unsendable {
    #[error("the key of its token is not configured")]
    KeyMissing,
    #[error(transparent)]
    Compose(#[from] ComposeError),
    #[error(transparent)]
    Store(#[from] Error),
}

impl Unsendable {
    fn is_passing(&self) -> bool {
        matches!(self, Unsendable::Store(error) if error.is_passing())
    }
}

impl Courier {
    /// A courier who takes mails from a store to a transport.
    pub fn new(store: Store, keyring: Keyring, sender: Sender, transport: Transport, retry: Retry) -> Self {
        Self {
            store,
            keyring,
            sender,
            transport,
            retry,
            wake: Notify::new(),
            order: Mutex::default(),
            turns: Turns::default(),
        }
    }

    /// Says that there may be a mail to send.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// Sends what is due, as it becomes due, until it is told to stop; the mails in hand are finished first.
    pub async fn run(&self, clock: impl Fn() -> Timestamp, stop: &CancellationToken) {
        let mut lanes = Vec::new();
        lanes.resize_with(self.transport.lanes(), || self.lane(&clock, stop));
        join_all(lanes).await;
    }

    async fn lane(&self, clock: &impl Fn() -> Timestamp, stop: &CancellationToken) {
        let mut session = self.transport.session();
        while !stop.is_cancelled() {
            if let Err(error) = self.deliver(&mut session, clock, stop).await {
                tracing::error!(%error, "the outbox cannot be read or written");
            }
            session.rest().await;
            // The jitter keeps lanes and processes apart.
            let poll = POLL.mul_f64(jitter());
            tokio::select! {
                () = self.wake.notified() => {}
                () = tokio::time::sleep(poll) => {}
                () = stop.cancelled() => {}
            }
        }
        session.close().await;
    }

    /// Sends everything that is due at this moment, one mail after the other. Says how many mails were tried.
    pub async fn deliver_due(&self, clock: &impl Fn() -> Timestamp, stop: &CancellationToken) -> Result<usize, Error> {
        let mut session = self.transport.session();
        let tried = self.deliver(&mut session, clock, stop).await;
        session.close().await;
        tried
    }

    async fn deliver(
        &self,
        session: &mut Session,
        clock: &impl Fn() -> Timestamp,
        stop: &CancellationToken,
    ) -> Result<usize, Error> {
        let look = async { self.store.read().await?.mail_is_due(clock()).await };
        if self.is_paused(clock()) || !in_time(look).await? {
            return Ok(0);
        }
        let mut tried = 0;
        let mut in_hand = in_time(self.take_next(None, !stop.is_cancelled(), clock)).await?;
        if in_hand.is_some() {
            // There may be more than one, and this one may take long.
            self.wake();
        }
        while let Some((due, turn)) = in_hand {
            tried += 1;
            let attempt = self.holding(due.lease, clock, self.attempt(&due, session, clock)).await;
            drop(turn);
            let (kind, account) = (due.mail.kind.name(), &due.mail.account_id);
            tracing::debug!(kind, %account, outcome = attempt.name(), "mail");
            in_hand = self.record(&due, &attempt, clock, stop).await?;
        }
        Ok(tried)
    }

    /// Stores what became of a mail, and takes the next one in hand. What is not stored is sent twice, so a database that
    /// is away is waited for, unless the process is to stop.
    async fn record(
        &self,
        due: &DueMail,
        attempt: &Attempt,
        clock: &impl Fn() -> Timestamp,
        stop: &CancellationToken,
    ) -> Result<Option<(DueMail, Turn)>, Error> {
        let done = (due, attempt);
        let mut outcome = in_time(self.take_next(Some(done), !stop.is_cancelled(), clock)).await;
        let mut tries = 1;
        while let Err(error) = &outcome {
            if tries > RECORD_RETRIES && (stop.is_cancelled() || !error.is_passing()) {
                break;
            }
            tracing::warn!(%error, mail_id = due.lease.mail_id, "what became of a mail is not stored yet");
            tokio::time::sleep(RECORD_PAUSE).await;
            // By itself, lest it is the next mail that is at fault.
            outcome = in_time(self.take_next(Some(done), false, clock)).await;
            tries += 1;
        }
        outcome
    }

    /// In one transaction: stores what became of a mail, and leases the next one if it is wanted and the relay is in order.
    async fn take_next(
        &self,
        done: Option<(&DueMail, &Attempt)>,
        wanted: bool,
        clock: &impl Fn() -> Timestamp,
    ) -> Result<Option<(DueMail, Turn)>, Error> {
        let tx = self.store.write().await?;
        let now = clock();
        if let Some((due, attempt)) = done {
            let consequences = consequences(&tx, &due.mail, attempt, now).await?;
            if tx.record_attempt(due.lease, attempt, now).await? {
                let author = Author { name: COURIER, keyring: &self.keyring };
                tx.push(&consequences, author, now).await?;
            } else {
                let mail_id = due.lease.mail_id;
                tracing::warn!(
                    mail_id,
                    outcome = attempt.name(),
                    "withdrawn on its way, or taken over by another process"
                );
            }
        }
        let next = if wanted && !self.is_paused(now) { self.lease(&tx, now).await? } else { None };
        tx.commit().await?;
        Ok(next)
    }

    /// Leases the mail that is due the longest and for nobody who is being sent one already: of a recipient whose mails
    /// hang no more than one is in hand.
    async fn lease(&self, tx: &Tx, now: Timestamp) -> Result<Option<(DueMail, Turn)>, Error> {
        loop {
            let Some(due) = tx.lease_mail(now, now + LEASE, &self.turns.held()).await? else { return Ok(None) };
            match self.turns.take(&due.mail.account_id) {
                Some(turn) => return Ok(Some((due, turn))),
                // Another lane was faster.
                None => tx.record_attempt(due.lease, &Attempt::Returned(now), now).await?,
            };
        }
    }

    /// Awaits a sending, and holds the lease of its mail meanwhile.
    async fn holding<T>(&self, lease: Lease, clock: &impl Fn() -> Timestamp, sending: impl Future<Output = T>) -> T {
        let renewing = async {
            let mut renewal = tokio::time::interval(RENEWAL);
            renewal.set_missed_tick_behavior(MissedTickBehavior::Delay);
            renewal.reset();
            loop {
                renewal.tick().await;
                // A mail that is on its way is not called back for that.
                if let Err(error) = in_time(self.renew(lease, clock())).await {
                    tracing::warn!(%error, "the mail in hand is not held for longer");
                }
            }
        };
        tokio::select! {
            done = sending => done,
            never = renewing => never,
        }
    }

    async fn renew(&self, lease: Lease, now: Timestamp) -> Result<(), Error> {
        let tx = self.store.write().await?;
        tx.renew_lease(lease, now + LEASE).await?;
        tx.commit().await
    }

    /// Sends one mail, if it is still worth it.
    async fn attempt(&self, due: &DueMail, session: &mut Session, clock: &impl Fn() -> Timestamp) -> Attempt {
        let now = clock();
        let carries_token = due.mail.kind.carries_token();
        if !carries_token && now.duration_since(due.create_time) >= NOTICE_LIFETIME {
            return Attempt::Failed(None);
        }
        let Made { message, token, last_time } = match self.made(due, now).await {
            Ok(Some(made)) => made,
            Ok(None) => return Attempt::Withdrawn,
            Err(error) => {
                tracing::error!(%error, mail_id = due.lease.mail_id, "a mail cannot be made");
                // Somebody may have mended it by then, but for a database that was busy.
                let wait = if error.is_passing() { PASSING_PAUSE } else { LONGEST_PAUSE };
                return Attempt::Returned(now + wait);
            }
        };
        let failures = self.order().failures();
        let verdict = session.send(&message).await.map_reply(|reply| without_code(reply, token.as_ref()));
        let verdict = self.order().hear(domain(&message), verdict);
        match verdict {
            Verdict::Taken(reply) => Attempt::Sent(Some(reply)),
            Verdict::Refused(reply) => Attempt::Failed(Some(reply)),
            Verdict::PutOff(reply) => Attempt::Deferred(reply, self.due_again(due, last_time, clock())),
            Verdict::OutOfOrder(reply) => {
                let until = self.order().pause(failures, clock(), self.retry);
                // It may name the recipient, whom no log does.
                let said = without_addresses(reply.clone(), "");
                tracing::warn!(reply = %said.codes, text = %said.text, %until, "the relay is out of order");
                Attempt::Postponed(reply, until)
            }
        }
    }

    /// Makes a mail from what is stored at this moment; `None` if its token is no longer good.
    async fn made(&self, due: &DueMail, now: Timestamp) -> Result<Option<Made>, Unsendable> {
        let read = async { self.store.read().await?.mail_material(&due.mail).await };
        let material = in_time(read).await?;
        if !is_worth_sending(&due.mail, &material, now) {
            return Ok(None);
        }
        self.compose(due, &material).map(Some)
    }

    fn compose(&self, due: &DueMail, material: &MailMaterial) -> Result<Made, Unsendable> {
        let about = material.about.as_ref();
        let token = match about.and_then(|about| about.seal.as_ref()) {
            Some(seal) if due.mail.kind.carries_token() => {
                Some(self.keyring.token(seal).ok_or(Unsendable::KeyMissing)?)
            }
            _ => None,
        };
        let facts = Facts {
            mail: &due.mail,
            recipient: &material.recipient,
            about,
            token: token.as_ref(),
            create_time: due.create_time,
        };
        let message = compose(&facts, &self.sender)?;
        let last_time = match about {
            Some(about) if due.mail.kind.carries_token() => about.change.expire_time - LAST_TRY,
            _ => due.create_time + NOTICE_LIFETIME - LAST_TRY,
        };
        Ok(Made { message, token, last_time })
    }

    /// When a mail is tried again: no wait passes over the last moment at which it is worth it.
    fn due_again(&self, due: &DueMail, last_time: Timestamp, now: Timestamp) -> Timestamp {
        let due_time = now + grown(self.retry.first, due.attempts, self.retry.longest);
        if now < last_time { due_time.min(last_time) } else { due_time }
    }

    fn is_paused(&self, now: Timestamp) -> bool {
        self.order().holds(now)
    }

    fn order(&self) -> MutexGuard<'_, Order> {
        self.order.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What must follow from what became of a mail: whoever waits for the answer to a code that never arrives is told.
async fn consequences(tx: &Tx, mail: &Mail, attempt: &Attempt, now: Timestamp) -> Result<Effects, Error> {
    let mut effects = Effects::default();
    if !matches!(attempt, Attempt::Failed(_)) || !mail.kind.carries_token() {
        return Ok(effects);
    }
    let Some(change_id) = mail.change_id else { return Ok(effects) };
    // The locks of a change come before those of its mails.
    let change = match tx.contact_change_for_update(change_id).await {
        // It must not keep what became of the mail from being stored, or the mail is sent without end.
        Err(error @ Error::Corrupt { .. }) => {
            tracing::error!(%error, "who waits for a code that never arrives is not told");
            None
        }
        change => change?,
    };
    let Some(change) = change else { return Ok(effects) };
    // A reminder carries a code that may have arrived before.
    let first = Mail { kind: MailKind::Confirm, ..mail.clone() };
    if mail.kind != MailKind::Confirm && tx.delivery_state(&first).await? == Some(DeliveryState::Sent) {
        return Ok(effects);
    }
    change.undelivered(&mail.account_id, mail.generation, now, &mut effects);
    // Or may have been missed before.
    if let Some(notice) = effects.mails.first()
        && tx.delivery_state(notice).await?.is_some()
    {
        effects.mails.clear();
    }
    Ok(effects)
}

/// Where a mail goes, after the @.
fn domain(message: &Message) -> &str {
    message.envelope_to.rsplit_once('@').map_or("", |(_, domain)| domain)
}

/// Whether a mail still says what is so: a token is good, and so is the one that did not arrive.
fn is_worth_sending(mail: &Mail, material: &MailMaterial, now: Timestamp) -> bool {
    let Some(change) = material.about.as_ref().map(|about| &about.change) else { return true };
    let is_good = |account| change.good_generation(account, now) == Some(mail.generation);
    match mail.kind {
        kind if kind.carries_token() => is_good(&mail.account_id),
        MailKind::Undelivered => {
            change.confirmations.iter().any(|party| party.account_id != mail.account_id && is_good(&party.account_id))
        }
        _ => true,
    }
}

/// A wait that doubles with each time before, up to a longest one, spread so that many do not end at once.
fn grown(first: SignedDuration, times: i64, longest: SignedDuration) -> SignedDuration {
    let doubled = first.as_secs_f64() * 2_f64.powi(i32::try_from(times.clamp(0, 40)).unwrap_or(0));
    SignedDuration::from_secs_f64(doubled.min(longest.as_secs_f64()) * jitter())
}

/// Between four and six fifths.
fn jitter() -> f64 {
    let mut byte = [0];
    // Without randomness all wait alike, which is no fault.
    let _ = getrandom::fill(&mut byte);
    0.8 + 0.4 * f64::from(byte[0]) / 255.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_are_spread_by_a_fifth() {
        let (first, longest) = (SignedDuration::from_mins(1), SignedDuration::from_hours(4));
        for (times, middle) in [(0, 60.0), (1, 120.0), (5, 1920.0), (8, 14_400.0), (i64::MAX, 14_400.0)] {
            let waits: Vec<_> = (0..100).map(|_| grown(first, times, longest).as_secs_f64()).collect();
            assert!(waits.iter().all(|wait| (0.799..1.201).contains(&(wait / middle))), "{times}: {waits:?}");
            assert!(waits.iter().any(|wait| wait != &waits[0]), "{times}: no spread");
        }
    }
}

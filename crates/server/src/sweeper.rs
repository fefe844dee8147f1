//! Ends what is over, reminds of what is nearly over and removes what ended long ago, at the moment and not when somebody
//! looks.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use relevo_domain::{Effects, Keyring, Policy};
use relevo_persistence::{Author, Error, Store, in_time};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;

/// Who is written into the history for what nobody called for.
const SWEEPER: &str = "sweeper";
const BATCH: u64 = 100;
const ANSWER_BATCH: u64 = 1000;
/// How long the answer of a call is remembered for one that repeats it.
const ANSWER_LIFETIME: SignedDuration = SignedDuration::from_hours(24);

/// Ends what is over.
#[derive(Debug)]
pub struct Sweeper {
    store: Store,
    clock: Clock,
    policy: Policy,
    keyring: Keyring,
    retention: Option<SignedDuration>,
}

impl Sweeper {
    /// A sweeper that removes what ended longer ago than the retention, if there is one.
    pub(crate) fn new(
        store: Store,
        clock: Clock,
        policy: Policy,
        keyring: Keyring,
        retention: Option<SignedDuration>,
    ) -> Self {
        Self { store, clock, policy, keyring, retention }
    }

    /// Sweeps every second, until it is told to stop. `swept` is called when there may be a mail to send.
    pub(crate) async fn run(&self, swept: impl Fn(), stop: &CancellationToken) {
        while !stop.is_cancelled() {
            match self.sweep().await {
                Ok(0) => {}
                Ok(_) => swept(),
                Err(error) => tracing::error!(%error, "changes cannot be swept"),
            }
            if let Err(error) = self.forget().await {
                tracing::error!(%error, "old answers cannot be forgotten");
            }
            if let Err(error) = self.remove().await {
                tracing::error!(%error, "old changes cannot be removed");
            }
            tokio::select! {
                () = tokio::time::sleep(Duration::from_secs(1)) => {}
                () = stop.cancelled() => {}
            }
        }
    }

    /// Ends the changes whose time is over, and reminds the parties of those whose time is nearly over. Says how many
    /// changes it was.
    pub async fn sweep(&self) -> Result<usize, Error> {
        let now = self.clock.now();
        let mut swept = 0;
        loop {
            match in_time(self.sweep_batch(now)).await? {
                0 => return Ok(swept),
                batch => swept += batch,
            }
        }
    }

    /// Forgets the answers of calls that are a day old. Says how many.
    pub async fn forget(&self) -> Result<u64, Error> {
        let before = self.clock.now() - ANSWER_LIFETIME;
        let mut forgotten = 0;
        loop {
            match in_time(self.forget_batch(before)).await? {
                0 => return Ok(forgotten),
                batch => forgotten += batch,
            }
        }
    }

    /// Removes the changes that ended longer ago than the retention, and the mails about no change that are older. Says how
    /// many of either.
    pub async fn remove(&self) -> Result<usize, Error> {
        let now = self.clock.now();
        let Some(before) = self.retention.and_then(|retention| now.checked_sub(retention).ok()) else { return Ok(0) };
        let mut removed = 0;
        loop {
            match in_time(self.remove_batch(before, now)).await? {
                0 => break,
                batch => removed += batch,
            }
        }
        loop {
            match in_time(self.remove_notice_batch(before)).await? {
                0 => return Ok(removed),
                batch => removed += batch,
            }
        }
    }

    fn author(&self) -> Author<'_> {
        Author { name: SWEEPER, keyring: &self.keyring }
    }

    async fn sweep_batch(&self, now: Timestamp) -> Result<usize, Error> {
        if !self.store.read().await?.change_is_due(now).await? {
            return Ok(0);
        }
        let tx = self.store.write().await?;
        let mut effects = Effects::default();
        let due = tx.due_changes_for_update(now, BATCH).await?;
        let swept = due.len();
        for mut change in due {
            if change.expire(&self.policy, now, &mut effects) || change.remind(now, &mut effects) {
                tx.save_contact_change(&change, now).await?;
            }
        }
        tx.push(&effects, self.author(), now).await?;
        tx.commit().await?;
        Ok(swept)
    }

    async fn forget_batch(&self, before: Timestamp) -> Result<u64, Error> {
        if !self.store.read().await?.answer_is_older(before).await? {
            return Ok(0);
        }
        let tx = self.store.write().await?;
        let forgotten = tx.forget_answers(before, ANSWER_BATCH).await?;
        tx.commit().await?;
        Ok(forgotten)
    }

    async fn remove_batch(&self, before: Timestamp, now: Timestamp) -> Result<usize, Error> {
        if !self.store.read().await?.change_is_removable(before).await? {
            return Ok(0);
        }
        let tx = self.store.write().await?;
        let events = tx.remove_ended_changes(before, BATCH).await?;
        let removed = events.len();
        tx.push(&Effects { events, ..Effects::default() }, self.author(), now).await?;
        tx.commit().await?;
        Ok(removed)
    }

    async fn remove_notice_batch(&self, before: Timestamp) -> Result<usize, Error> {
        if !self.store.read().await?.notice_is_removable(before).await? {
            return Ok(0);
        }
        let tx = self.store.write().await?;
        let removed = tx.remove_old_notices(before, BATCH).await?;
        tx.commit().await?;
        Ok(removed)
    }
}

//! The history: written with every effect, never changed.

use jiff::Timestamp;
use relevo_domain::{Effects, Event};
use sea_orm::{ActiveValue::Set, NotSet};

use crate::{Error, Tx, entity::event::ActiveModel};

impl Tx {
    /// Stores what must follow from a decision: seals, mails that are due now, events that a caller caused.
    pub async fn push(&self, effects: &Effects, caller: &str, now: Timestamp) -> Result<(), Error> {
        self.insert_seals(&effects.seals).await?;
        self.queue_mails(&effects.mails, now).await?;
        self.insert_events(&effects.events, caller, now).await
    }

    async fn insert_events(&self, events: &[Event], caller: &str, now: Timestamp) -> Result<(), Error> {
        let rows = events.iter().map(|event| ActiveModel {
            event_id: NotSet,
            event_time: Set(now.as_microsecond()),
            kind: Set(event.kind.name().to_owned()),
            caller: Set(caller.to_owned()),
            account_id: Set(event.account_id.as_ref().map(ToString::to_string)),
            service_key: Set(event.service_key.map(|key| key.0)),
            change_id: Set(event.change_id.map(|id| id.0)),
        });
        self.insert_all(rows).await
    }
}

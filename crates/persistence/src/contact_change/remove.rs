//! Changes, and mails about none, that are so old that nobody needs them.

use jiff::Timestamp;
use relevo_domain::{ChangeId, Event, EventKind, ServiceKey, contact_change::ChangeState};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    prelude::Uuid,
    sea_query::{Expr, LockBehavior, LockType, Query},
};

use crate::{
    Error, Tx, View,
    entity::{
        attempt, confirmation,
        contact_change::{Column, Entity},
        outbox, participant, seal,
    },
    outbox::waiting,
    row::literal,
};

impl View {
    /// Whether a change ended before a moment and waits for nothing any more.
    pub async fn change_is_removable(&self, before: Timestamp) -> Result<bool, Error> {
        let removable = Entity::find()
            .select_only()
            .column(Column::ChangeId)
            .filter(removable(before))
            // In the order of the index, or PostgreSQL may hope to find one sooner in the table.
            .order_by_asc(Column::SettleTime)
            .into_tuple::<Uuid>()
            .one(self.connection())
            .await?;
        Ok(removable.is_some())
    }

    /// Whether a mail about no change was queued before a moment and is done with.
    pub async fn notice_is_removable(&self, before: Timestamp) -> Result<bool, Error> {
        let removable = outbox::Entity::find()
            .select_only()
            .column(outbox::Column::MailId)
            .filter(removable_notice(before))
            // In the order of the index, or PostgreSQL may hope to find one sooner in the table.
            .order_by_asc(outbox::Column::CreateTime)
            .into_tuple::<i64>()
            .one(self.connection())
            .await?;
        Ok(removable.is_some())
    }
}

impl Tx {
    /// Removes changes that ended before a moment, the oldest first, with all that was kept of them and their mails; but
    /// not what the history says. Passes over those that another transaction holds, or that have a mail which is still to
    /// be sent. Answers with the event of each removal.
    pub async fn remove_ended_changes(&self, before: Timestamp, limit: u64) -> Result<Vec<Event>, Error> {
        let changes: Vec<(Uuid, Uuid)> = Entity::find()
            .select_only()
            .columns([Column::ChangeId, Column::ServiceKey])
            .filter(removable(before))
            .order_by_asc(Column::SettleTime)
            .limit(limit)
            .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
            .into_tuple()
            .all(self.connection())
            .await?;
        if changes.is_empty() {
            return Ok(Vec::new());
        }
        let ids = || changes.iter().map(|(id, _)| *id);
        self.lock_mails(outbox::Column::ChangeId.is_in(ids())).await?;
        self.remove_mails(outbox::Column::ChangeId.is_in(ids())).await?;
        seal::Entity::delete_many().filter(seal::Column::ChangeId.is_in(ids())).exec(self.connection()).await?;
        let parties = confirmation::Entity::delete_many().filter(confirmation::Column::ChangeId.is_in(ids()));
        parties.exec(self.connection()).await?;
        self.lock_participants(participant::Column::ChangeId.is_in(ids())).await?;
        let viewers = participant::Entity::delete_many().filter(participant::Column::ChangeId.is_in(ids()));
        viewers.exec(self.connection()).await?;
        Entity::delete_many().filter(Column::ChangeId.is_in(ids())).exec(self.connection()).await?;
        let removed = |(change_id, service_key)| Event {
            kind: EventKind::ChangeRemoved,
            account_id: None,
            service_key: Some(ServiceKey(service_key)),
            change_id: Some(ChangeId(change_id)),
            details: Vec::new(),
        };
        Ok(changes.into_iter().map(removed).collect())
    }

    /// Removes mails about no change that were queued before a moment and are done with, the oldest first. Passes over
    /// those that another transaction holds. Says how many.
    pub async fn remove_old_notices(&self, before: Timestamp, limit: u64) -> Result<usize, Error> {
        let ids: Vec<i64> = outbox::Entity::find()
            .select_only()
            .column(outbox::Column::MailId)
            .filter(removable_notice(before))
            .order_by_asc(outbox::Column::CreateTime)
            .limit(limit)
            .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
            .into_tuple()
            .all(self.connection())
            .await?;
        if !ids.is_empty() {
            self.remove_mails(outbox::Column::MailId.is_in(ids.iter().copied())).await?;
        }
        Ok(ids.len())
    }

    /// Removes mails that are locked, with their attempts.
    async fn remove_mails(&self, which: Expr) -> Result<(), Error> {
        let ids =
            Query::select().column(outbox::Column::MailId).from(outbox::Entity).and_where(which.clone()).to_owned();
        let attempts = attempt::Entity::delete_many().filter(attempt::Column::MailId.in_subquery(ids));
        attempts.exec(self.connection()).await?;
        outbox::Entity::delete_many().filter(which).exec(self.connection()).await?;
        Ok(())
    }
}

/// In the words of the index `outbox_notice_by_age`.
fn removable_notice(before: Timestamp) -> Condition {
    Condition::all()
        .add(outbox::Column::ChangeId.is_null())
        .add(outbox::Column::CreateTime.lt(before.as_microsecond()))
        .add(waiting().not())
}

fn removable(before: Timestamp) -> Condition {
    let mail = Query::select()
        .expr(Expr::val(1))
        .from(outbox::Entity)
        .and_where(Expr::col((outbox::Entity, outbox::Column::ChangeId)).equals((Entity, Column::ChangeId)))
        .and_where(waiting())
        .to_owned();
    Condition::all()
        .add(Expr::col((Entity, Column::State)).ne(literal(ChangeState::Pending.name())))
        .add(Column::SettleTime.lt(before.as_microsecond()))
        .add(Expr::not_exists(mail))
}

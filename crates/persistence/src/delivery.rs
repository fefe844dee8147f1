//! Where mails are and how they got there, for those who look.

use std::collections::BTreeMap;

use jiff::Timestamp;
use relevo_domain::{AccountId, ChangeId, Mail, MailKind};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, prelude::Uuid,
    sea_query::OnConflict,
};

use crate::{
    Attempt, Error, Lease, Tx, View,
    entity::{
        attempt,
        outbox::{Column, Entity, Model},
    },
    outbox::{mail, place},
    row::{Place, named},
};

/// How many attempts to send a mail are kept: the newest.
const KEPT_ATTEMPTS: i64 = 100;

/// Where a mail is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryState {
    /// Waiting for its first attempt.
    Queued,
    /// Taken by the relay.
    Sent,
    /// To be tried again.
    Deferred,
    /// Given up.
    Failed,
    /// No longer worth sending.
    Withdrawn,
}

impl DeliveryState {
    const ALL: [DeliveryState; 5] = [
        DeliveryState::Queued,
        DeliveryState::Sent,
        DeliveryState::Deferred,
        DeliveryState::Failed,
        DeliveryState::Withdrawn,
    ];

    pub(crate) fn named(text: &str) -> Option<Self> {
        named(&Self::ALL, Self::name, text)
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            DeliveryState::Queued => "queued",
            DeliveryState::Sent => "sent",
            DeliveryState::Deferred => "deferred",
            DeliveryState::Failed => "failed",
            DeliveryState::Withdrawn => "withdrawn",
        }
    }
}

/// What a relay said, or what kept it from saying anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The reply code and the enhanced code, as in `550 5.1.1`; empty when there was none.
    pub codes: String,
    /// The words.
    pub text: String,
}

/// Where a mail is, and how it got there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Where it is.
    pub state: DeliveryState,
    /// How often a relay was asked to take it.
    pub attempts: i64,
    /// When it was last tried.
    pub last_attempt_time: Option<Timestamp>,
    /// What was said then.
    pub last_reply: Option<Reply>,
}

/// A mail, where it is, and each attempt to send it.
#[derive(Debug, Clone)]
pub struct MailReport {
    /// The order of mails.
    pub mail_id: i64,
    /// Which mail to whom.
    pub mail: Mail,
    /// When it was queued.
    pub create_time: Timestamp,
    /// When it is tried again, or for the first time, if it waits for that.
    pub due_time: Option<Timestamp>,
    /// Where it is.
    pub delivery: Delivery,
    /// The newest 100 attempts, the oldest of them first.
    pub attempts: Vec<AttemptReport>,
}

/// One attempt to send a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptReport {
    /// When it ended.
    pub attempt_time: Timestamp,
    /// How.
    pub outcome: Outcome,
    /// What was said.
    pub reply: Option<Reply>,
}

/// How an attempt to send a mail ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The relay took it.
    Sent,
    /// The relay put it off.
    Deferred,
    /// The relay was out of reach or out of order: no fault of the mail.
    Postponed,
    /// The relay refused it for good.
    Failed,
}

impl Outcome {
    const ALL: [Outcome; 4] = [Outcome::Sent, Outcome::Deferred, Outcome::Postponed, Outcome::Failed];

    const fn name(self) -> &'static str {
        match self {
            Outcome::Sent => "sent",
            Outcome::Deferred => "deferred",
            Outcome::Postponed => "postponed",
            Outcome::Failed => "failed",
        }
    }
}

impl View {
    /// Where the mail with each party's newest token is, for each of some changes.
    pub(crate) async fn deliveries(
        &self,
        changes: impl IntoIterator<Item = Uuid>,
    ) -> Result<BTreeMap<ChangeId, Vec<(AccountId, Delivery)>>, Error> {
        let rows = Entity::find()
            .filter(Column::ChangeId.is_in(changes))
            .filter(Column::Kind.eq(MailKind::Confirm.name()))
            .order_by_asc(Column::Generation)
            .all(self.connection())
            .await?;
        let mut newest = BTreeMap::new();
        for row in rows {
            let place = place(&row);
            let change = ChangeId(place.present("change_id", row.change_id)?);
            let account = place.account_id("account_id", &row.account_id)?;
            newest.insert((change, account), delivery(&row)?);
        }
        let mut deliveries: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for ((change, account), delivery) in newest {
            deliveries.entry(change).or_default().push((account, delivery));
        }
        Ok(deliveries)
    }

    /// The mails of a change, the oldest first, from behind one on: those to some accounts, or all of them.
    pub async fn mails_of_change(
        &self,
        change_id: ChangeId,
        to: Option<&[AccountId]>,
        after: Option<i64>,
        limit: u64,
    ) -> Result<Vec<MailReport>, Error> {
        let mut query = Entity::find().filter(Column::ChangeId.eq(change_id.0));
        if let Some(accounts) = to {
            query = query.filter(Column::AccountId.is_in(accounts.iter().map(AccountId::as_str)));
        }
        if let Some(after) = after {
            query = query.filter(Column::MailId.gt(after));
        }
        let rows = query.order_by_asc(Column::MailId).limit(limit).all(self.connection()).await?;
        let ids: Vec<_> = rows.iter().map(|row| row.mail_id).collect();
        let mut attempts = self.attempts_of(&ids).await?;
        rows.into_iter()
            .map(|row| {
                let place = place(&row);
                let delivery = delivery(&row)?;
                let waits = matches!(delivery.state, DeliveryState::Queued | DeliveryState::Deferred);
                Ok(MailReport {
                    mail_id: row.mail_id,
                    create_time: place.time("create_time", row.create_time)?,
                    due_time: place.optional_time("due_time", waits.then_some(row.due_time))?,
                    delivery,
                    attempts: attempts.remove(&row.mail_id).unwrap_or_default(),
                    mail: mail(row)?,
                })
            })
            .collect()
    }

    async fn attempts_of(&self, mails: &[i64]) -> Result<BTreeMap<i64, Vec<AttemptReport>>, Error> {
        let mut attempts: BTreeMap<_, Vec<_>> = BTreeMap::new();
        if mails.is_empty() {
            return Ok(attempts);
        }
        let rows = attempt::Entity::find()
            .filter(attempt::Column::MailId.is_in(mails.iter().copied()))
            .order_by_asc(attempt::Column::MailId)
            .order_by_asc(attempt::Column::LeaseCount)
            .all(self.connection())
            .await?;
        for row in rows {
            let place = Place::new("attempt", format_args!("{} of {}", row.lease_count, row.mail_id));
            attempts.entry(row.mail_id).or_default().push(AttemptReport {
                attempt_time: place.time("attempt_time", row.attempt_time)?,
                outcome: place.present("outcome", named(&Outcome::ALL, Outcome::name, &row.outcome))?,
                reply: reply(row.reply_codes, row.reply_text),
            });
        }
        Ok(attempts)
    }
}

impl Tx {
    /// Notes an attempt, and forgets the oldest beyond those that are kept. Says `false` if it was noted before.
    pub(crate) async fn insert_attempt(&self, lease: Lease, attempt: &Attempt, now: Timestamp) -> Result<bool, Error> {
        let row = attempt::ActiveModel {
            mail_id: Set(lease.mail_id),
            lease_count: Set(lease.lease_count),
            attempt_time: Set(now.as_microsecond()),
            outcome: Set(attempt.name().to_owned()),
            reply_codes: Set(attempt.reply().map(|reply| reply.codes.clone())),
            reply_text: Set(attempt.reply().map(|reply| reply.text.clone())),
        };
        let once = OnConflict::new().do_nothing().to_owned();
        let noted =
            attempt::Entity::insert(row).on_conflict(once).exec_without_returning(self.connection()).await? == 1;
        if noted && lease.lease_count > KEPT_ATTEMPTS {
            attempt::Entity::delete_many()
                .filter(attempt::Column::MailId.eq(lease.mail_id))
                .filter(attempt::Column::LeaseCount.lte(lease.lease_count - KEPT_ATTEMPTS))
                .exec(self.connection())
                .await?;
        }
        Ok(noted)
    }
}

fn delivery(row: &Model) -> Result<Delivery, Error> {
    let place = place(row);
    let state = DeliveryState::named(&row.state);
    Ok(Delivery {
        state: place.present("state", state)?,
        attempts: row.attempts,
        last_attempt_time: place.optional_time("last_attempt_time", row.last_attempt_time)?,
        last_reply: reply(row.reply_codes.clone(), row.reply_text.clone()),
    })
}

fn reply(codes: Option<String>, text: Option<String>) -> Option<Reply> {
    Some(Reply { codes: codes?, text: text? })
}

//! The outbox: mails that are due, who is sending them, and what became of them.
//!
//! A row holds ids, not text: who gets which mail about what. Leasing a mail moves its due time behind the lease, so
//! that a sender who dies leaves it to the next one by itself; the lease count tells the two apart when both report.

use jiff::Timestamp;
use relevo_domain::{Account, AccountId, ChangeId, ContactChange, EmailAddress, Mail, MailKind, Seal, Service};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, NotSet, QueryFilter, QueryOrder, QuerySelect,
    prelude::Uuid,
    sea_query::{Expr, ExprTrait, LockBehavior, LockType},
};

use crate::{
    DeliveryState, Error, Reply, Tx, View,
    entity::{
        contact_change,
        outbox::{ActiveModel, Column, Entity, Model},
    },
    row::{Place, literal, named},
};

/// The right to send a mail, until it is due again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// The mail.
    pub mail_id: i64,
    /// Which of its leases this is.
    pub lease_count: i64,
}

/// A mail that is due, leased to whoever holds this.
#[derive(Debug, Clone)]
pub struct DueMail {
    /// The right to send it.
    pub lease: Lease,
    /// Which mail to whom.
    pub mail: Mail,
    /// When it was queued.
    pub create_time: Timestamp,
    /// How often a relay was asked to take it.
    pub attempts: i64,
}

/// All that the text of a mail is made from.
#[derive(Debug, Clone)]
pub struct MailMaterial {
    /// Who gets it.
    pub recipient: Account,
    /// The change it is about.
    pub about: Option<Subject>,
}

/// The change that a mail is about.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The change.
    pub change: ContactChange,
    /// Its service, deleted or not.
    pub service: Service,
    /// Who asked.
    pub requester: Account,
    /// Who held the roles.
    pub incumbent: Account,
    /// Who is to take them over.
    pub nominee: Account,
    /// What the token is made from, if the mail carries one.
    pub seal: Option<Seal>,
}

/// What became of an attempt to send a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attempt {
    /// The relay took it, and may have said under which name.
    Sent(Option<Reply>),
    /// The relay put it off; it is tried again at a moment.
    Deferred(Reply, Timestamp),
    /// The relay could not be asked; it is tried again at a moment. Not the mail's fault, and not counted.
    Postponed(Reply, Timestamp),
    /// It was not tried, and is due at a moment as if it had not been leased.
    Returned(Timestamp),
    /// It is given up, for what was said now, or else for what was said last.
    Failed(Option<Reply>),
    /// It is no longer worth sending.
    Withdrawn,
}

impl Attempt {
    /// What became of it, in a word.
    pub const fn name(&self) -> &'static str {
        match self {
            Attempt::Sent(_) => "sent",
            Attempt::Deferred(..) => "deferred",
            Attempt::Postponed(..) => "postponed",
            Attempt::Returned(_) => "returned",
            Attempt::Failed(_) => "failed",
            Attempt::Withdrawn => "withdrawn",
        }
    }

    /// Whether a relay was spoken to, or tried to be.
    pub(crate) const fn reached_out(&self) -> bool {
        matches!(self, Attempt::Postponed(..)) || self.counts()
    }

    /// Whether it is held against the mail: the relay was asked to take it, and gave an answer that was about this mail.
    const fn counts(&self) -> bool {
        matches!(self, Attempt::Sent(_) | Attempt::Deferred(..) | Attempt::Failed(Some(_)))
    }

    /// What was said.
    pub(crate) const fn reply(&self) -> Option<&Reply> {
        match self {
            Attempt::Sent(reply) | Attempt::Failed(reply) => reply.as_ref(),
            Attempt::Deferred(reply, _) | Attempt::Postponed(reply, _) => Some(reply),
            Attempt::Returned(_) | Attempt::Withdrawn => None,
        }
    }
}

impl View {
    /// Whether a mail is due.
    pub async fn mail_is_due(&self, now: Timestamp) -> Result<bool, Error> {
        let due = Entity::find()
            .select_only()
            .column(Column::MailId)
            .filter(waiting())
            .filter(Column::DueTime.lte(now.as_microsecond()))
            // In the order of the index of what waits, or PostgreSQL may hope to find one sooner in the table.
            .order_by_asc(Column::DueTime)
            .into_tuple::<i64>()
            .one(self.connection())
            .await?;
        Ok(due.is_some())
    }

    /// What the text of a mail is made from.
    pub async fn mail_material(&self, mail: &Mail) -> Result<MailMaterial, Error> {
        let place = Place::new("outbox", format_args!("{} to {}", mail.kind.name(), mail.account_id));
        let Some(change_id) = mail.change_id else {
            let recipient = self.account(&mail.account_id).await?;
            return Ok(MailMaterial { recipient: place.present("account", recipient)?, about: None });
        };
        let rows = contact_change::Entity::find_by_id(change_id.0).all(self.connection()).await?;
        let change = place.present("change", self.changes_of(rows).await?.pop())?;
        let service = self.service_by_key(change.service_key).await?;
        let named = [&change.requester, &change.incumbent, &change.nominee, &mail.account_id];
        // Who had a part in a change that has ended may be deleted since.
        let accounts = self.accounts_deleted_or_not(named).await?;
        let account = |id: &AccountId| place.present("account", accounts.get(id).cloned());
        let seals = if mail.kind.carries_token() { self.seals(change_id).await? } else { Vec::new() };
        let seal =
            seals.into_iter().find(|seal| seal.account_id == mail.account_id && seal.generation == mail.generation);
        Ok(MailMaterial {
            recipient: account(&mail.account_id)?,
            about: Some(Subject {
                service: place.present("service", service)?,
                requester: account(&change.requester)?,
                incumbent: account(&change.incumbent)?,
                nominee: account(&change.nominee)?,
                change,
                seal,
            }),
        })
    }
}

impl Tx {
    pub(crate) async fn queue_mails(&self, mails: &[Mail], now: Timestamp) -> Result<(), Error> {
        let rows = mails.iter().map(|mail| ActiveModel {
            mail_id: NotSet,
            kind: Set(mail.kind.name().to_owned()),
            change_id: Set(mail.change_id.map(|id| id.0)),
            account_id: Set(mail.account_id.to_string()),
            generation: Set(mail.generation),
            to_address: Set(mail.to_address.as_ref().map(ToString::to_string)),
            state: Set(DeliveryState::Queued.name().to_owned()),
            create_time: Set(now.as_microsecond()),
            due_time: Set(now.as_microsecond()),
            lease_count: Set(0),
            attempts: Set(0),
            last_attempt_time: Set(None),
            reply_codes: Set(None),
            reply_text: Set(None),
        });
        self.insert_all(rows).await
    }

    /// Locks mails, in the order of their ids, as whoever locks several of them does: so nobody waits in a circle.
    pub(crate) async fn lock_mails(&self, which: Expr) -> Result<(), Error> {
        let ids = Entity::find().select_only().column(Column::MailId).filter(which).order_by_asc(Column::MailId);
        ids.lock_exclusive().into_tuple::<i64>().all(self.connection()).await?;
        Ok(())
    }

    /// Withdraws the mails of a party that carry a token, but for those of the generation that is still good.
    pub(crate) async fn withdraw_mails(
        &self,
        changes: &[Uuid],
        party: &AccountId,
        good_generation: Option<i64>,
    ) -> Result<(), Error> {
        let carrying = MailKind::ALL.into_iter().filter(|kind| kind.carries_token()).map(MailKind::name);
        Entity::update_many()
            .col_expr(Column::State, Expr::value(DeliveryState::Withdrawn.name()))
            .filter(Column::ChangeId.is_in(changes.iter().copied()))
            .filter(Column::AccountId.eq(party.as_str()))
            .filter(Column::Kind.is_in(carrying))
            // No generation is 0.
            .filter(Column::Generation.ne(good_generation.unwrap_or(0)))
            .filter(waiting())
            .exec(self.connection())
            .await?;
        Ok(())
    }

    /// Leases the mail that is due the longest, until a moment by which it must have been tried; passes over those that
    /// another is leasing, and those to some accounts.
    pub async fn lease_mail(
        &self,
        now: Timestamp,
        until: Timestamp,
        but_to: &[AccountId],
    ) -> Result<Option<DueMail>, Error> {
        loop {
            let mut due = Entity::find().filter(waiting()).filter(Column::DueTime.lte(now.as_microsecond()));
            if !but_to.is_empty() {
                due = due.filter(Column::AccountId.is_not_in(but_to.iter().map(AccountId::as_str)));
            }
            let row = due
                .order_by_asc(Column::DueTime)
                .order_by_asc(Column::MailId)
                .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
                .one(self.connection())
                .await?;
            let Some(mut row) = row else { return Ok(None) };
            row.lease_count += 1;
            Entity::update_many()
                .col_expr(Column::DueTime, Expr::value(until.as_microsecond()))
                .col_expr(Column::LeaseCount, Expr::value(row.lease_count))
                .filter(Column::MailId.eq(row.mail_id))
                .exec(self.connection())
                .await?;
            match due_mail(row) {
                Ok(due) => return Ok(Some(due)),
                // It must not keep the others back: it is said, and leased again later.
                Err(error) => tracing::error!(%error, "passed over a mail"),
            }
        }
    }

    /// Holds a lease for longer, unless another has taken the mail since.
    pub async fn renew_lease(&self, lease: Lease, until: Timestamp) -> Result<(), Error> {
        Entity::update_many()
            .col_expr(Column::DueTime, Expr::value(until.as_microsecond()))
            .filter(Column::MailId.eq(lease.mail_id))
            .filter(Column::LeaseCount.eq(lease.lease_count))
            .filter(waiting())
            .exec(self.connection())
            .await?;
        Ok(())
    }

    /// Where a mail is, if it was ever queued.
    pub async fn delivery_state(&self, mail: &Mail) -> Result<Option<DeliveryState>, Error> {
        let row = Entity::find()
            .filter(Column::ChangeId.eq(mail.change_id.map(|id| id.0)))
            .filter(Column::AccountId.eq(mail.account_id.as_str()))
            .filter(Column::Kind.eq(mail.kind.name()))
            .filter(Column::Generation.eq(mail.generation))
            .one(self.connection())
            .await?;
        row.map(|row| place(&row).present("state", DeliveryState::named(&row.state))).transpose()
    }

    /// Stores what became of a leased mail, once however often it is told. Says `false`, and stores nothing, if another has
    /// leased it since; or stores the attempt alone, if it was withdrawn on its way and did not arrive.
    pub async fn record_attempt(&self, lease: Lease, attempt: &Attempt, now: Timestamp) -> Result<bool, Error> {
        let held = Entity::find()
            .filter(Column::MailId.eq(lease.mail_id))
            .filter(Column::LeaseCount.eq(lease.lease_count))
            .lock_exclusive()
            .one(self.connection())
            .await?;
        let Some(row) = held else { return Ok(false) };
        let is_first = !attempt.reached_out() || self.insert_attempt(lease, attempt, now).await?;
        let waits = matches!(DeliveryState::named(&row.state), Some(DeliveryState::Queued | DeliveryState::Deferred));
        // A mail that was withdrawn while it was on its way stays so, unless it arrived.
        if !waits && !matches!(attempt, Attempt::Sent(_)) {
            return Ok(false);
        }
        if !is_first {
            // Stored before, and the word that it was is what got lost.
            return Ok(true);
        }
        let (state, due) = match attempt {
            Attempt::Sent(_) => (Some(DeliveryState::Sent), None),
            Attempt::Deferred(_, due) | Attempt::Postponed(_, due) => (Some(DeliveryState::Deferred), Some(due)),
            Attempt::Returned(due) => (None, Some(due)),
            Attempt::Failed(_) => (Some(DeliveryState::Failed), None),
            Attempt::Withdrawn => (Some(DeliveryState::Withdrawn), None),
        };
        let mut update = Entity::update_many();
        if let Some(state) = state {
            update = update.col_expr(Column::State, Expr::value(state.name()));
        }
        match due {
            Some(due) => update = update.col_expr(Column::DueTime, Expr::value(due.as_microsecond())),
            // An address that only the mail knew is not kept longer than the mail.
            None => update = update.col_expr(Column::ToAddress, Expr::value(None::<String>)),
        }
        if attempt.reached_out() {
            let column = |part: fn(&Reply) -> &String| Expr::value(attempt.reply().map(|reply| part(reply).clone()));
            update = update
                .col_expr(Column::ReplyCodes, column(|reply| &reply.codes))
                .col_expr(Column::ReplyText, column(|reply| &reply.text));
        }
        if attempt.counts() {
            update = update
                .col_expr(Column::Attempts, Expr::col(Column::Attempts).add(1))
                .col_expr(Column::LastAttemptTime, Expr::value(now.as_microsecond()));
        }
        update.filter(Column::MailId.eq(lease.mail_id)).exec(self.connection()).await?;
        Ok(true)
    }
}

/// In the words of the index `outbox_due`.
pub(crate) fn waiting() -> Expr {
    Expr::col((Entity, Column::State))
        .is_in([DeliveryState::Queued, DeliveryState::Deferred].map(|state| literal(state.name())))
}

pub(crate) fn place(row: &Model) -> Place {
    Place::new("outbox", row.mail_id)
}

fn due_mail(row: Model) -> Result<DueMail, Error> {
    let place = place(&row);
    Ok(DueMail {
        lease: Lease { mail_id: row.mail_id, lease_count: row.lease_count },
        create_time: place.time("create_time", row.create_time)?,
        attempts: row.attempts,
        mail: mail(row)?,
    })
}

/// Which mail to whom.
pub(crate) fn mail(row: Model) -> Result<Mail, Error> {
    let place = place(&row);
    let to_address = row.to_address.map(|text| place.read("to_address", EmailAddress::parse(&text)));
    Ok(Mail {
        kind: place.present("kind", named(&MailKind::ALL, MailKind::name, &row.kind))?,
        change_id: row.change_id.map(ChangeId),
        account_id: place.account_id("account_id", &row.account_id)?,
        generation: row.generation,
        to_address: to_address.transpose()?,
    })
}

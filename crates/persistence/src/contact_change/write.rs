//! Changes for those who decide.

use jiff::Timestamp;
use relevo_domain::{AccountId, ChangeId, ContactChange, Seal, ServiceKey, State, contact_change::ChangeState};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, EntityTrait, NotSet, QueryFilter, QueryOrder, QuerySelect, Select,
    prelude::Uuid,
    sea_query::{Expr, LockBehavior, LockType, Query, SelectStatement, UnionType},
};

use super::{
    Part, decision_columns,
    read::{due, due_time},
    state_columns, stored_as,
};
use crate::{
    Error, Tx,
    entity::{
        confirmation,
        contact_change::{ActiveModel, Column, Entity},
        participant, seal,
    },
    row::CHUNK,
};

impl Tx {
    /// The changes of a service that are stored as pending, and one more that need not be, in the order of their ids.
    /// Nobody else changes them until this transaction ends.
    pub async fn open_changes_for_update(
        &self,
        service: ServiceKey,
        also: Option<ChangeId>,
    ) -> Result<Vec<ContactChange>, Error> {
        let pending = Condition::all().add(Column::ServiceKey.eq(service.0)).add(pending());
        let mut wanted = Condition::any().add(pending);
        if let Some(change_id) = also {
            wanted = wanted.add(Column::ChangeId.eq(change_id.0));
        }
        self.locked(Entity::find().filter(wanted).lock_exclusive()).await
    }

    /// One change. Neither it nor its service is changed by anybody else until this transaction ends.
    pub async fn contact_change_for_update(&self, change_id: ChangeId) -> Result<Option<ContactChange>, Error> {
        // The lock of a service comes before those of its changes.
        if self.service_of_change_for_update(change_id, None).await?.is_none() {
            return Ok(None);
        }
        Ok(self.locked(Entity::find_by_id(change_id.0).lock_exclusive()).await?.pop())
    }

    /// The changes stored as pending that an account is a party of. Nobody else changes them until this transaction
    /// ends.
    pub async fn open_changes_of_party_for_update(&self, account: &AccountId) -> Result<Vec<ContactChange>, Error> {
        let ids = open_of_party(account);
        self.locked(Entity::find().filter(Column::ChangeId.in_subquery(ids)).filter(pending()).lock_exclusive()).await
    }

    /// The ids of the changes stored as pending that an account is a party of, as they are in this moment.
    pub async fn open_change_ids_of_party(&self, account: &AccountId) -> Result<Vec<ChangeId>, Error> {
        let ids = Entity::find()
            .select_only()
            .column(Column::ChangeId)
            .filter(Column::ChangeId.in_subquery(open_of_party(account)))
            .filter(pending())
            .into_tuple::<Uuid>()
            .all(self.connection())
            .await?;
        Ok(ids.into_iter().map(ChangeId).collect())
    }

    /// The first of the changes stored as pending whose time is over, or whose parties are to be reminded. Passes over those
    /// that another transaction is changing.
    pub async fn due_changes_for_update(&self, now: Timestamp, limit: u64) -> Result<Vec<ContactChange>, Error> {
        let rows = Entity::find()
            .filter(due(now))
            .order_by_asc(due_time())
            .limit(limit)
            .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
            .all(self.connection())
            .await?;
        // One that cannot be read must not keep the others back: it is said, and found again by the next sweep.
        let readable = |change: Result<_, Error>| {
            change.inspect_err(|error| tracing::error!(%error, "passed over a change that is due")).ok()
        };
        Ok(self.readable_changes_of(rows).await?.into_iter().filter_map(readable).collect())
    }

    async fn locked(&self, query: Select<Entity>) -> Result<Vec<ContactChange>, Error> {
        let rows = query.order_by_asc(Column::ChangeId).all(self.connection()).await?;
        self.changes_of(rows).await
    }

    /// Adds a change; `administrator` sees it as the administrator of its service.
    pub async fn insert_contact_change(&self, change: &ContactChange, administrator: &AccountId) -> Result<(), Error> {
        Entity::insert(active(change)).exec_without_returning(self.connection()).await?;
        let holders = [&change.requester, &change.nominee, &change.incumbent, administrator];
        let participants = Part::ALL.into_iter().zip(holders).map(|(part, account)| participant::ActiveModel {
            change_id: Set(change.change_id.0),
            part: Set(part.name().to_owned()),
            account_id: Set(account.to_string()),
            state: Set(State::name(&change.state).name().to_owned()),
        });
        self.insert_all(participants).await?;
        self.insert_all(confirmations(change)).await
    }

    /// Stores a change that was pending, with its confirmations, and withdraws its mails whose tokens are no longer
    /// good. A change that has ended is never stored again, and neither is a decision.
    pub async fn save_contact_change(&self, change: &ContactChange, now: Timestamp) -> Result<(), Error> {
        let saved = Entity::update_many()
            .set(standing(change))
            .filter(Column::ChangeId.eq(change.change_id.0))
            .filter(pending())
            .exec(self.connection())
            .await?;
        if saved.rows_affected != 1 {
            return Err(Error::Stale("contact_change"));
        }
        for (party, row) in change.confirmations.iter().zip(confirmations(change)) {
            let (decision, decide_time) = decision_columns(party.decision);
            let same = Condition::all()
                .add(confirmation::Column::Decision.eq(decision))
                .add(confirmation::Column::DecideTime.eq(decide_time));
            let undecided_or_same = Condition::any().add(confirmation::Column::Decision.eq("pending")).add(same);
            let saved = confirmation::Entity::update_many()
                .set(confirmation::ActiveModel { change_id: NotSet, account_id: NotSet, ..row })
                .filter(confirmation::Column::ChangeId.eq(change.change_id.0))
                .filter(confirmation::Column::AccountId.eq(party.account_id.as_str()))
                .filter(undecided_or_same)
                .exec(self.connection())
                .await?;
            if saved.rows_affected != 1 {
                return Err(Error::Stale("confirmation"));
            }
            let good = change.good_generation(&party.account_id, now);
            self.withdraw_mails(&[change.change_id.0], &party.account_id, good).await?;
        }
        Ok(())
    }

    /// Marks the tokens that an account could still decide some changes with as no longer good, and withdraws their
    /// mails: in two statements for each thousand of them.
    pub async fn supersede_tokens(
        &self,
        account: &AccountId,
        changes: impl IntoIterator<Item = ChangeId>,
    ) -> Result<(), Error> {
        let changes: Vec<_> = changes.into_iter().map(|id| id.0).collect();
        for chunk in changes.chunks(CHUNK) {
            confirmation::Entity::update_many()
                .col_expr(confirmation::Column::TokenIsGood, Expr::value(false))
                .filter(confirmation::Column::AccountId.eq(account.as_str()))
                .filter(confirmation::Column::ChangeId.is_in(chunk.iter().copied()))
                .exec(self.connection())
                .await?;
            self.withdraw_mails(chunk, account, None).await?;
        }
        Ok(())
    }

    /// Locks who sees changes, in the order of the changes, as whoever locks several of them does: so nobody waits in a
    /// circle.
    pub(crate) async fn lock_participants(&self, which: Expr) -> Result<(), Error> {
        participant::Entity::find()
            .select_only()
            .column(participant::Column::Part)
            .filter(which)
            .order_by_asc(participant::Column::ChangeId)
            .order_by_asc(participant::Column::Part)
            .lock_exclusive()
            .into_tuple::<String>()
            .all(self.connection())
            .await?;
        Ok(())
    }

    pub(crate) async fn insert_seals(&self, seals: &[Seal]) -> Result<(), Error> {
        let rows = seals.iter().map(|seal| seal::ActiveModel {
            change_id: Set(seal.change_id.0),
            account_id: Set(seal.account_id.to_string()),
            generation: Set(seal.generation),
            nonce: Set(seal.nonce.0.to_vec()),
            key_id: Set(seal.key_id.0.clone()),
        });
        self.insert_all(rows).await
    }
}

/// The ids of the changes stored as pending that an account is a party of.
fn open_of_party(account: &AccountId) -> SelectStatement {
    let open_with = |party: Column| {
        let party = party.eq(account.as_str());
        Query::select().column(Column::ChangeId).from(Entity).and_where(pending()).and_where(party).to_owned()
    };
    // An OR in one query has all that is open walked in the order of its ids.
    open_with(Column::Requester).union(UnionType::All, open_with(Column::Nominee)).to_owned()
}

fn pending() -> Expr {
    stored_as(ChangeState::Pending)
}

fn active(change: &ContactChange) -> ActiveModel {
    ActiveModel {
        change_id: Set(change.change_id.0),
        service_key: Set(change.service_key.0),
        service_id: Set(change.service_id.to_string()),
        roles: Set(change.roles.bits().into()),
        requester: Set(change.requester.to_string()),
        incumbent: Set(change.incumbent.to_string()),
        nominee: Set(change.nominee.to_string()),
        create_time: Set(change.create_time.as_microsecond()),
        expire_time: Set(change.expire_time.as_microsecond()),
        ..standing(change)
    }
}

/// The columns that move. To set the others to what they are would have every index written anew, and all that refers
/// to the change looked for.
fn standing(change: &ContactChange) -> ActiveModel {
    let columns = state_columns(&change.state);
    ActiveModel {
        remind_time: Set(change.remind_time.map(|at| at.as_microsecond())),
        state: Set(State::name(&change.state).name().to_owned()),
        settle_time: Set(columns.settle_time),
        settled_by: Set(columns.settled_by.map(ToString::to_string)),
        cause: Set(columns.cause.map(str::to_owned)),
        reason: Set(columns.reason.map(str::to_owned)),
        ..Default::default()
    }
}

fn confirmations(change: &ContactChange) -> impl Iterator<Item = confirmation::ActiveModel> {
    change.confirmations.iter().map(|party| {
        let (decision, decide_time) = decision_columns(party.decision);
        confirmation::ActiveModel {
            change_id: Set(change.change_id.0),
            account_id: Set(party.account_id.to_string()),
            decision: Set(decision.to_owned()),
            decide_time: Set(decide_time),
            generation: Set(party.generation),
            token_is_good: Set(party.token_is_good),
            resends: Set(party.resends),
            resend_time: Set(party.resend_time.map(|at| at.as_microsecond())),
            wrong_tokens: Set(party.wrong_tokens),
        }
    })
}

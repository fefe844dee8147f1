//! Changes for those who look.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use relevo_domain::{
    AccountId, ChangeId, ContactChange, KeyId, Nonce, Seal, ServiceKey,
    contact_change::{ChangeState, Confirmation},
};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, ExprTrait, JoinType, QueryFilter, QueryOrder, QuerySelect, RelationDef,
    Select,
    prelude::Uuid,
    sea_query::{Expr, Func, FunctionCall, Query},
};

use super::{ChangeFilter, ChangeReport, Part, stored_as};
use crate::{
    Error, View,
    entity::{
        confirmation,
        contact_change::{Column, Entity, Model},
        participant, seal,
    },
    row::{CHUNK, Place},
};

/// A change, if an account has a part in it or none is asked for.
pub(crate) fn change_of(change_id: ChangeId, participant: Option<&AccountId>) -> Select<Entity> {
    let has_part = participant.map(|account| {
        let of_change = Expr::col((participant::Entity, participant::Column::ChangeId));
        Expr::exists(
            Query::select()
                .expr(Expr::val(1))
                .from(participant::Entity)
                .and_where(of_change.equals((Entity, Column::ChangeId)))
                .and_where(participant::Column::AccountId.eq(account.as_str()))
                .to_owned(),
        )
    });
    Entity::find_by_id(change_id.0).filter(Condition::all().add_option(has_part))
}

impl View {
    /// One change, for those who look: if this account has a part in it or none is asked for. One that it may not see is
    /// not looked up any further than one that is not there.
    pub async fn change_report(
        &self,
        change_id: ChangeId,
        participant: Option<&AccountId>,
    ) -> Result<Option<ChangeReport>, Error> {
        let rows = change_of(change_id, participant).all(self.connection()).await?;
        Ok(self.reports(rows).await?.pop())
    }

    /// The newest changes of a filter that are older than one, newest first.
    pub async fn change_reports_before(
        &self,
        filter: &ChangeFilter,
        before: Option<ChangeId>,
        limit: u64,
        now: Timestamp,
    ) -> Result<Vec<ChangeReport>, Error> {
        let query = Entity::find().order_by_desc(Column::ChangeId);
        let ids: BTreeSet<Uuid> = if filter.service_id.is_none() && !filter.states.is_empty() {
            self.newest_in_states(filter, before, limit, now).await?
        } else if let Some((account, parts)) = &filter.participant {
            let mut ids = participant::Entity::find()
                .select_only()
                .column(participant::Column::ChangeId)
                .distinct()
                .filter(participant::Column::AccountId.eq(account.as_str()))
                .filter(participant::Column::Part.is_in(parts.iter().map(|part| part.name())))
                .order_by_desc(participant::Column::ChangeId);
            if filter.service_id.is_some() {
                ids = ids.join(JoinType::InnerJoin, participant_to_change());
            }
            let ids = page(ids, filter, participant::Column::ChangeId, before, now).limit(limit);
            self.ids(ids).await?.into_iter().collect()
        } else {
            let rows = page(query, filter, Column::ChangeId, before, now).limit(limit).all(self.connection()).await?;
            return self.reports(rows).await;
        };
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let rows = query.filter(Column::ChangeId.is_in(ids)).all(self.connection()).await?;
        self.reports(rows).await
    }

    /// The newest changes that are in one of some states, of an account or of all: a query for each state and each part
    /// of the account, since no index has the changes of several of them in order.
    async fn newest_in_states(
        &self,
        filter: &ChangeFilter,
        before: Option<ChangeId>,
        limit: u64,
        now: Timestamp,
    ) -> Result<BTreeSet<Uuid>, Error> {
        let mut ids = BTreeSet::new();
        for way in filter.states.iter().flat_map(|state| Way::all_to_be(*state)) {
            match &filter.participant {
                None => {
                    let all = Entity::find().filter(way.condition(now));
                    ids.extend(self.ids(newest(all, way, Column::ChangeId, before, limit)).await?);
                }
                Some((account, parts)) => {
                    for part in parts {
                        let own = taking_part(account, *part, way, now);
                        ids.extend(self.ids(newest(own, way, participant::Column::ChangeId, before, limit)).await?);
                    }
                }
            }
        }
        let surplus = ids.len().saturating_sub(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(ids.into_iter().skip(surplus).collect())
    }

    async fn ids<E: EntityTrait>(&self, query: Select<E>) -> Result<Vec<Uuid>, Error> {
        Ok(query.into_tuple().all(self.connection()).await?)
    }

    /// The ids of the changes that are open at a moment, for each of some services; oldest first. Those that an account
    /// sees, or all of them.
    pub async fn open_change_ids(
        &self,
        services: impl IntoIterator<Item = ServiceKey>,
        viewer: Option<&AccountId>,
        now: Timestamp,
    ) -> Result<BTreeMap<ServiceKey, Vec<ChangeId>>, Error> {
        let mut query = Entity::find()
            .select_only()
            .columns([Column::ServiceKey, Column::ChangeId])
            .filter(Column::ServiceKey.is_in(services.into_iter().map(|key| key.0)))
            .filter(in_state(ChangeState::Pending, now));
        if let Some(viewer) = viewer {
            let same = Expr::col((participant::Entity, participant::Column::ChangeId));
            let seen = Query::select()
                .column(participant::Column::Part)
                .from(participant::Entity)
                .and_where(same.equals((Entity, Column::ChangeId)))
                .and_where(participant::Column::AccountId.eq(viewer.as_str()))
                // Or PostgreSQL may begin with all that the account ever had.
                .and_where(participant::Column::State.eq(ChangeState::Pending.name()))
                .to_owned();
            query = query.filter(Expr::exists(seen));
        }
        let rows: Vec<(Uuid, Uuid)> = query.into_tuple().all(self.connection()).await?;
        let mut ids: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (service, change) in rows {
            ids.entry(ServiceKey(service)).or_default().push(ChangeId(change));
        }
        // In order here: asked for in order, SQLite walks all that is open instead of looking the services up.
        ids.values_mut().for_each(|ids| ids.sort_unstable());
        Ok(ids)
    }

    /// Whether a change that is stored as pending is over, or its parties are to be reminded.
    pub async fn change_is_due(&self, now: Timestamp) -> Result<bool, Error> {
        let due = Entity::find()
            .select_only()
            .column(Column::ChangeId)
            .filter(due(now))
            // In the order of the index that holds what is open, or PostgreSQL may hope to find one sooner in the table.
            .order_by_asc(due_time())
            .into_tuple::<Uuid>()
            .one(self.connection())
            .await?;
        Ok(due.is_some())
    }

    /// The changes that are open at a moment and wait for a party whose token was made with another key than this one; oldest
    /// first.
    pub async fn changes_of_other_keys(&self, key_id: &KeyId, now: Timestamp) -> Result<Vec<ChangeId>, Error> {
        let same = |seal: seal::Column, party: confirmation::Column| {
            Expr::col((seal::Entity, seal)).equals((confirmation::Entity, party))
        };
        let made_by_another = Query::select()
            .column((confirmation::Entity, confirmation::Column::ChangeId))
            .from(confirmation::Entity)
            .inner_join(
                seal::Entity,
                Condition::all()
                    .add(same(seal::Column::ChangeId, confirmation::Column::ChangeId))
                    .add(same(seal::Column::AccountId, confirmation::Column::AccountId))
                    .add(same(seal::Column::Generation, confirmation::Column::Generation)),
            )
            .and_where(confirmation::Column::Decision.eq("pending"))
            .and_where(confirmation::Column::TokenIsGood.eq(true))
            .and_where(seal::Column::KeyId.ne(key_id.0.as_str()))
            .to_owned();
        let ids: Vec<Uuid> = Entity::find()
            .select_only()
            .column(Column::ChangeId)
            .filter(in_state(ChangeState::Pending, now))
            .filter(Column::ChangeId.in_subquery(made_by_another))
            .order_by_asc(Column::ChangeId)
            .into_tuple()
            .all(self.connection())
            .await?;
        Ok(ids.into_iter().map(ChangeId).collect())
    }

    /// The seals of every token that was made for a change, each party's in the order in which they were made.
    pub async fn seals(&self, change_id: ChangeId) -> Result<Vec<Seal>, Error> {
        let rows = seal::Entity::find()
            .filter(seal::Column::ChangeId.eq(change_id.0))
            .order_by_asc(seal::Column::AccountId)
            .order_by_asc(seal::Column::Generation)
            .all(self.connection())
            .await?;
        rows.into_iter()
            .map(|row| {
                let place = Place::new("seal", format_args!("{} of {}", row.account_id, row.change_id));
                let nonce: [u8; 16] = row.nonce.try_into().map_err(|_| place.corrupt("nonce must have 16 bytes"))?;
                Ok(Seal {
                    change_id: ChangeId(row.change_id),
                    account_id: place.account_id("account_id", &row.account_id)?,
                    generation: row.generation,
                    nonce: Nonce(nonce),
                    key_id: KeyId(row.key_id),
                })
            })
            .collect()
    }

    pub(crate) async fn changes_of(&self, rows: Vec<Model>) -> Result<Vec<ContactChange>, Error> {
        self.readable_changes_of(rows).await?.into_iter().collect()
    }

    /// The changes of some rows, each if it can be read.
    pub(crate) async fn readable_changes_of(
        &self,
        rows: Vec<Model>,
    ) -> Result<Vec<Result<ContactChange, Error>>, Error> {
        let mut confirmations: BTreeMap<Uuid, Vec<Result<Confirmation, Error>>> = BTreeMap::new();
        for chunk in rows.chunks(CHUNK) {
            let of_chunk = confirmation::Entity::find()
                .filter(confirmation::Column::ChangeId.is_in(chunk.iter().map(|row| row.change_id)))
                .all(self.connection())
                .await?;
            for row in of_chunk {
                confirmations.entry(row.change_id).or_default().push(super::confirmation(row));
            }
        }
        let change = |row: Model| {
            let parties = confirmations.remove(&row.change_id).unwrap_or_default();
            super::contact_change(row, parties.into_iter().collect::<Result<_, _>>()?)
        };
        Ok(rows.into_iter().map(change).collect())
    }

    async fn reports(&self, rows: Vec<Model>) -> Result<Vec<ChangeReport>, Error> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let administrators = self.administrators(rows.iter().map(|row| row.service_key)).await?;
        let mut deliveries = self.deliveries(rows.iter().map(|row| row.change_id)).await?;
        let changes = self.changes_of(rows).await?;
        changes
            .into_iter()
            .map(|change| {
                let place = Place::new("service", change.service_key.0);
                let administrator = administrators.get(&change.service_key.0).cloned();
                Ok(ChangeReport {
                    administrator: place.present("administrator", administrator)?,
                    deliveries: deliveries.remove(&change.change_id).unwrap_or_default(),
                    change,
                })
            })
            .collect()
    }
}

fn participant_to_change() -> RelationDef {
    participant::Entity::belongs_to(Entity).from(participant::Column::ChangeId).to(Column::ChangeId).into()
}

/// The part of a list of changes that a filter and a page ask for; `id` is the column of the id to go by.
fn page<E: EntityTrait>(
    mut query: Select<E>,
    filter: &ChangeFilter,
    id: impl ColumnTrait,
    before: Option<ChangeId>,
    now: Timestamp,
) -> Select<E> {
    if let Some(service_id) = &filter.service_id {
        query = query.filter(Column::ServiceId.eq(service_id.as_str()));
    }
    if !filter.states.is_empty() {
        let any = filter.states.iter().fold(Condition::any(), |any, state| any.add(in_state(*state, now)));
        query = query.filter(any);
    }
    query.filter(older(id, before))
}

/// What stands behind the last change of a page before; `id` is the column of the id to go by.
fn older(id: impl ColumnTrait, before: Option<ChangeId>) -> Condition {
    Condition::all().add_option(before.map(|before| id.lt(before.0)))
}

/// The ids of the newest changes of one way to be stored; `id` is the column of the id to go by.
fn newest<E: EntityTrait>(
    query: Select<E>,
    way: Way,
    id: impl ColumnTrait,
    before: Option<ChangeId>,
    limit: u64,
) -> Select<E> {
    let ids = query.select_only().column(id).filter(older(id, before));
    // Few, but an order would have all that is open walked to find them.
    if way == Way::Unswept { ids } else { ids.order_by_desc(id).limit(limit) }
}

/// The changes of one way to be stored in which an account has a part: a range of the index `participant_by_state`.
fn taking_part(account: &AccountId, part: Part, way: Way, now: Timestamp) -> Select<participant::Entity> {
    // Not a join, for which PostgreSQL may rather read all changes.
    let unswept = || {
        let unswept = Way::Unswept.condition(now);
        Query::select().column(Column::ChangeId).from(Entity).cond_where(unswept).to_owned()
    };
    let id = participant::Column::ChangeId;
    let expiry = match way {
        Way::Open => Some(id.not_in_subquery(unswept())),
        Way::Unswept => Some(id.in_subquery(unswept())),
        Way::Ended(_) => None,
    };
    participant::Entity::find()
        .filter(participant::Column::AccountId.eq(account.as_str()))
        .filter(participant::Column::Part.eq(part.name()))
        .filter(participant::Column::State.eq(way.stored().name()))
        .filter(Condition::all().add_option(expiry))
}

/// Whether a change is stored as pending although it is over, or its parties are to be reminded.
pub(super) fn due(now: Timestamp) -> Condition {
    Condition::all().add(stored_as(ChangeState::Pending)).add(due_time().lte(now.as_microsecond()))
}

/// When there is next something to do for an open change. The reminder comes before the end. In the words of the index
/// `change_due`.
pub(super) fn due_time() -> FunctionCall {
    Func::coalesce([Column::RemindTime, Column::ExpireTime].map(|column| Expr::col((Entity, column))))
}

/// Whether a change is in a state at a moment.
fn in_state(state: ChangeState, now: Timestamp) -> Condition {
    Way::all_to_be(state).into_iter().fold(Condition::any(), |any, way| any.add(way.condition(now)))
}

/// How a change is stored: from its expiry on a pending one is expired, swept or not.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// As pending, which it is.
    Open,
    /// As pending, although it is over.
    Unswept,
    /// As it ended.
    Ended(ChangeState),
}

impl Way {
    fn all_to_be(state: ChangeState) -> Vec<Self> {
        match state {
            ChangeState::Pending => vec![Way::Open],
            ChangeState::Expired => vec![Way::Ended(state), Way::Unswept],
            _ => vec![Way::Ended(state)],
        }
    }

    fn stored(self) -> ChangeState {
        match self {
            Way::Open | Way::Unswept => ChangeState::Pending,
            Way::Ended(state) => state,
        }
    }

    fn condition(self, now: Timestamp) -> Condition {
        let now = now.as_microsecond();
        let expiry = match self {
            Way::Open => Some(Column::ExpireTime.gt(now)),
            Way::Unswept => Some(Column::ExpireTime.lte(now)),
            Way::Ended(_) => None,
        };
        Condition::all().add(stored_as(self.stored())).add_option(expiry)
    }
}

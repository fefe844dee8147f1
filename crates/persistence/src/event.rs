//! The history: written with every effect, never changed.

use std::collections::BTreeSet;

use jiff::Timestamp;
use relevo_domain::{AccountId, Chain, ChangeId, Detail, Effects, Event, EventKind, Head, Keyring, ServiceKey, Sight};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    prelude::Uuid,
    sea_query::{Asterisk, Expr, ExprTrait, Func, Query},
};

use crate::{
    Error, Part, Tx, View, chain, engine,
    entity::{
        event::{Column, Entity, Model},
        participant,
    },
    row::{Place, named},
};

/// Who writes into the history, and the keys that it is chained with.
#[derive(Debug, Clone, Copy)]
pub struct Author<'a> {
    /// Who called, or what acted by itself.
    pub name: &'a str,
    /// The keys of the installation.
    pub keyring: &'a Keyring,
}

/// An event, as it stands in the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventReport {
    /// The order of events.
    pub event_id: i64,
    /// When it happened.
    pub event_time: Timestamp,
    /// What happened; `None` when only a newer version knows it.
    pub kind: Option<EventKind>,
    /// Who called, or what acted by itself.
    pub caller: String,
    /// Who did it or to whom it happened.
    pub account_id: Option<AccountId>,
    /// The change it happened to.
    pub change_id: Option<ChangeId>,
    /// What moved.
    pub details: Vec<Detail>,
    /// Which event of its chain it is; `None` when it is in none.
    pub sequence: Option<i64>,
}

impl View {
    /// The newest events of a service before one, newest first: those that an account sees, or all of them. What an
    /// account sees of a change it sees of its events; the incumbent alone sees where the change stands.
    pub async fn events_of_service(
        &self,
        service_key: ServiceKey,
        viewer: Option<&AccountId>,
        before: Option<i64>,
        limit: u64,
    ) -> Result<Vec<EventReport>, Error> {
        let seen = viewer.map(|viewer| {
            let for_accounts = Column::Kind.ne(EventKind::TokenRefused.name());
            let same = Expr::col((participant::Entity, participant::Column::ChangeId));
            let own_parts = Query::select()
                // A number and not whether there are any: PostgreSQL would rather read all that the account ever had.
                .expr(Func::count(Expr::col(Asterisk)))
                .from(participant::Entity)
                .and_where(same.equals((Entity, Column::ChangeId)))
                .and_where(participant::Column::AccountId.eq(viewer.as_str()))
                .and_where(participant::Column::Part.ne(Part::Incumbent.name()).or(of_state()))
                .to_owned();
            let of_own = Expr::SubQuery(None, Box::new(own_parts.into())).gt(0);
            Condition::all().add(for_accounts).add(Condition::any().add(Column::ChangeId.is_null()).add(of_own))
        });
        let of_service = Condition::all().add(Column::ServiceKey.eq(service_key.0)).add_option(seen);
        self.events(of_service, before, limit).await
    }

    /// The newest events of a change before one, newest first, for one who sees that much of it: all of them, all but who
    /// came with a wrong code, or those that say where it stands.
    pub async fn events_of_change(
        &self,
        change_id: ChangeId,
        sight: Sight,
        before: Option<i64>,
        limit: u64,
    ) -> Result<Vec<EventReport>, Error> {
        let of_change = Condition::all().add(Column::ChangeId.eq(change_id.0));
        let seen = match sight {
            Sight::Everything => None,
            Sight::Party | Sight::Administrator => Some(Column::Kind.ne(EventKind::TokenRefused.name())),
            Sight::Incumbent => Some(of_state()),
        };
        self.events(of_change.add_option(seen), before, limit).await
    }

    async fn events(&self, which: Condition, before: Option<i64>, limit: u64) -> Result<Vec<EventReport>, Error> {
        let rows = Entity::find()
            .filter(which)
            .filter(Condition::all().add_option(before.map(|before| Column::EventId.lt(before))))
            .order_by_desc(Column::EventId)
            .limit(limit)
            .all(self.connection())
            .await?;
        rows.into_iter().map(report).collect()
    }

    /// The changes, of some, that an account has a part in without being its incumbent alone.
    pub async fn changes_seen_whole(
        &self,
        viewer: &AccountId,
        changes: impl IntoIterator<Item = ChangeId>,
    ) -> Result<BTreeSet<ChangeId>, Error> {
        let changes: BTreeSet<_> = changes.into_iter().map(|id| id.0).collect();
        if changes.is_empty() {
            return Ok(BTreeSet::new());
        }
        let parts: Vec<(Uuid, String)> = participant::Entity::find()
            .select_only()
            .columns([participant::Column::ChangeId, participant::Column::AccountId])
            // Not those of the account alone: PostgreSQL may read all that it ever had.
            .filter(participant::Column::ChangeId.is_in(changes))
            .filter(participant::Column::Part.ne(Part::Incumbent.name()))
            .into_tuple()
            .all(self.connection())
            .await?;
        let own = parts.into_iter().filter(|(_, account)| account == viewer.as_str());
        Ok(own.map(|(id, _)| ChangeId(id)).collect())
    }
}

impl Tx {
    /// Stores what must follow from a decision: seals, mails that are due now, events that an author caused. The last
    /// thing that a transaction does, as it takes its last locks.
    pub async fn push(&self, effects: &Effects, author: Author<'_>, now: Timestamp) -> Result<(), Error> {
        self.insert_seals(&effects.seals).await?;
        self.queue_mails(&effects.mails, now).await?;
        self.insert_events(&effects.events, author, now).await
    }

    /// Appends events to their chains. A chain begins with the creation of what it is of: one that was taken away stays
    /// away, and what belongs to it is in none.
    async fn insert_events(&self, events: &[Event], author: Author<'_>, now: Timestamp) -> Result<(), Error> {
        if events.is_empty() {
            return Ok(());
        }
        let chains: BTreeSet<_> = events.iter().filter_map(Chain::of).collect();
        let mut heads = self.heads_for_update(&chains, author.keyring).await?;
        let ids = engine::next_numbers(self.connection(), "event", "event_id", events.len()).await?;
        let mut rows = Vec::new();
        for (event, event_id) in events.iter().zip(ids) {
            let mut row = row(event, event_id, author.name, now);
            if let Some(chain) = Chain::of(event) {
                if event.kind.is_creation() && !heads.contains_key(&chain) {
                    heads.insert(chain.clone(), Head::begin(chain.clone(), author.keyring));
                }
                if let Some(head) = heads.get_mut(&chain) {
                    chain::append(head, &mut row, author.keyring);
                }
            }
            rows.push(row);
        }
        self.save_heads(heads.into_values()).await?;
        self.insert_all(rows.into_iter().map(IntoActiveModel::into_active_model)).await
    }
}

/// In the words of what an incumbent may know.
fn of_state() -> Expr {
    Column::Kind.is_in(EventKind::OF_STATE.map(EventKind::name))
}

pub(crate) fn row(event: &Event, event_id: i64, caller: &str, now: Timestamp) -> Model {
    let details: Vec<_> = event.details.iter().map(ToString::to_string).collect();
    Model {
        event_id,
        event_time: now.as_microsecond(),
        kind: event.kind.name().to_owned(),
        caller: caller.to_owned(),
        account_id: event.account_id.as_ref().map(ToString::to_string),
        service_key: event.service_key.map(|key| key.0),
        change_id: event.change_id.map(|id| id.0),
        details: Some(details.join("\n")),
        chain: None,
        sequence: None,
        digest: None,
    }
}

fn report(row: Model) -> Result<EventReport, Error> {
    let place = Place::new("event", row.event_id);
    Ok(EventReport {
        event_id: row.event_id,
        event_time: place.time("event_time", row.event_time)?,
        kind: named(&EventKind::ALL, EventKind::name, &row.kind),
        caller: row.caller,
        account_id: row.account_id.map(|id| place.account_id("account_id", &id)).transpose()?,
        change_id: row.change_id.map(ChangeId),
        details: row.details.unwrap_or_default().lines().map(Detail::parse).collect(),
        sequence: row.sequence,
    })
}

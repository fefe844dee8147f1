//! The heads of the chains that the history is kept in.
//!
//! The head of a chain is a row of its own, locked by whoever appends to the chain until his transaction ends. It is the
//! last lock that a transaction takes, and heads are locked in the order of their names: so it waits for nobody who
//! waits for it.

use std::collections::{BTreeMap, BTreeSet};

use relevo_domain::{Chain, Head, KeyId, Keyring, history::Verdict};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait, OnConflict},
};

use crate::{
    Error, Tx,
    entity::{
        chain::{ActiveModel, Column, Entity, Model},
        event,
    },
    row::CHUNK,
};

impl Tx {
    /// The heads of those of the chains that have begun. Nobody else appends to them until this transaction ends.
    pub(crate) async fn heads_for_update(&self, chains: &BTreeSet<Chain>) -> Result<BTreeMap<Chain, Head>, Error> {
        let names: Vec<_> = chains.iter().map(Chain::as_str).collect();
        let mut heads = BTreeMap::new();
        for chunk in names.chunks(CHUNK) {
            let rows = Entity::find()
                .filter(Column::Name.is_in(chunk.iter().copied()))
                .order_by_asc(Column::Name)
                .lock_exclusive()
                .all(self.connection())
                .await?;
            heads.extend(rows.into_iter().map(head).map(|head| (head.chain.clone(), head)));
        }
        Ok(heads)
    }

    /// Stores heads that have moved on, and those of chains that have begun.
    pub(crate) async fn save_heads(&self, heads: impl IntoIterator<Item = Head>) -> Result<(), Error> {
        let rows: Vec<_> = heads.into_iter().map(active).collect();
        for chunk in rows.chunks(CHUNK) {
            let longer = Expr::col((Entity, Column::Length)).lt(Expr::col(("excluded", Column::Length)));
            let moved = OnConflict::column(Column::Name)
                .update_columns([Column::Length, Column::Digest, Column::KeyId, Column::Proof])
                .action_and_where(longer)
                .to_owned();
            let saved = Entity::insert_many(chunk.to_vec()).on_conflict(moved);
            if saved.exec_without_returning(self.connection()).await? != chunk.len() as u64 {
                return Err(Error::Stale("chain"));
            }
        }
        Ok(())
    }
}

/// Appends a row of the history to its chain.
pub(crate) fn append(head: &mut Head, row: &mut event::Model, keyring: &Keyring) {
    if head.verdict(keyring) != Verdict::Holds {
        tracing::error!(chain = %head.chain, "the head of a chain of the history was altered, or its key is not configured");
    }
    let says = says(row);
    let link = head.append(&slices(&says), keyring);
    row.chain = Some(head.chain.to_string());
    row.sequence = Some(link.sequence);
    row.digest = Some(link.digest);
    row.key_id = Some(link.key_id.0);
}

/// All that a row of the history says, in its own bytes.
pub(crate) fn says(row: &event::Model) -> [Vec<u8>; 8] {
    let event::Model { event_id, event_time, kind, caller, account_id, service_key, change_id, details, .. } = row;
    [
        event_id.to_be_bytes().to_vec(),
        event_time.to_be_bytes().to_vec(),
        kind.clone().into_bytes(),
        caller.clone().into_bytes(),
        optional(account_id.as_ref().map(String::as_bytes)),
        optional(service_key.as_ref().map(|key| key.as_bytes().as_slice())),
        optional(change_id.as_ref().map(|id| id.as_bytes().as_slice())),
        optional(details.as_ref().map(String::as_bytes)),
    ]
}

/// Nothing is other bytes than an empty value.
fn optional(value: Option<&[u8]>) -> Vec<u8> {
    value.map(|value| [&[1], value].concat()).unwrap_or_default()
}

pub(crate) fn slices(says: &[Vec<u8>; 8]) -> [&[u8]; 8] {
    says.each_ref().map(Vec::as_slice)
}

pub(crate) fn head(row: Model) -> Head {
    let Model { name, length, digest, key_id, proof } = row;
    Head { chain: Chain::named(&name), length, digest, key_id: KeyId(key_id), proof }
}

fn active(head: Head) -> ActiveModel {
    let Head { chain, length, digest, key_id, proof } = head;
    ActiveModel {
        name: Set(chain.to_string()),
        length: Set(length),
        digest: Set(digest),
        key_id: Set(key_id.0),
        proof: Set(proof),
    }
}

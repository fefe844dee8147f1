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
    Error, Store, Tx,
    entity::{
        chain::{ActiveModel, Column, Entity, Model},
        event,
    },
    row::CHUNK,
};

impl Store {
    /// Proves every head with the signing key, a thousand at a time, so that no other key is needed to verify the history.
    /// Answers with the chains whose heads do not prove themselves: they are left as they are.
    pub async fn prove_heads(&self, keyring: &Keyring) -> Result<Vec<Chain>, Error> {
        let (mut unproven, mut after) = (Vec::new(), None);
        loop {
            let tx = self.write().await?;
            let last = tx.prove_page(after.as_ref(), keyring, &mut unproven).await?;
            tx.commit().await?;
            match last {
                Some(_) => after = last,
                None => return Ok(unproven),
            }
        }
    }
}

impl Tx {
    /// The heads of those of the chains that have begun, with their keys on the ring. Nobody else appends to them until this transaction ends.
    pub(crate) async fn heads_for_update(
        &self,
        chains: &BTreeSet<Chain>,
        keyring: &Keyring,
    ) -> Result<BTreeMap<Chain, Head>, Error> {
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
        // Whoever goes on without the key that proves a head takes its proof away for good.
        self.check_keys(&heads, keyring).await?;
        Ok(heads)
    }

    /// Stores heads that have moved on, and those of chains that have begun.
    pub(crate) async fn save_heads(&self, heads: impl IntoIterator<Item = Head>) -> Result<(), Error> {
        self.store_heads(heads, Expr::col((Entity, Column::Length)).lt(Expr::col(("excluded", Column::Length)))).await
    }

    /// Stores heads; of those that are there already, where they are as they must be.
    async fn store_heads(&self, heads: impl IntoIterator<Item = Head>, must_be: Expr) -> Result<(), Error> {
        let rows: Vec<_> = heads.into_iter().map(active).collect();
        for chunk in rows.chunks(CHUNK) {
            let moved = OnConflict::column(Column::Name)
                .update_columns([Column::Length, Column::Digest, Column::KeyId, Column::Proof])
                .action_and_where(must_be.clone())
                .to_owned();
            let saved = Entity::insert_many(chunk.to_vec()).on_conflict(moved);
            if saved.exec_without_returning(self.connection()).await? != chunk.len() as u64 {
                return Err(Error::Stale("chain"));
            }
        }
        Ok(())
    }

    /// Proves those of the next heads behind one that another key proves. Answers with the last that it has looked at.
    async fn prove_page(
        &self,
        after: Option<&Chain>,
        keyring: &Keyring,
        unproven: &mut Vec<Chain>,
    ) -> Result<Option<Chain>, Error> {
        let mut page = Entity::find()
            .filter(Column::KeyId.ne(keyring.signing().key_id().0.as_str()))
            .order_by_asc(Column::Name)
            .limit(CHUNK as u64)
            .lock_exclusive();
        if let Some(after) = after {
            page = page.filter(Column::Name.gt(after.as_str()));
        }
        let mut heads: Vec<_> = page.all(self.connection()).await?.into_iter().map(head).collect();
        let last = heads.last().map(|head| head.chain.clone());
        heads.retain_mut(|head| {
            let is_proven = head.prove_anew(keyring);
            if !is_proven {
                unproven.push(head.chain.clone());
            }
            is_proven
        });
        let as_long = Expr::col((Entity, Column::Length)).eq(Expr::col(("excluded", Column::Length)));
        self.store_heads(heads, as_long).await?;
        Ok(last)
    }
}

/// Appends a row of the history to its chain.
pub(crate) fn append(head: &mut Head, row: &mut event::Model, keyring: &Keyring) {
    if head.verdict(keyring) != Verdict::Holds {
        tracing::error!(chain = %head.chain, "the head of a chain of the history does not prove itself: see `relevo audit verify`");
    }
    head.append(&slices(&says(row)), keyring);
    row.chain = Some(head.chain.to_string());
    row.sequence = Some(head.length);
    row.digest = Some(head.digest.clone());
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

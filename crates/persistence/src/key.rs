//! The keys that the installation has had: what is noted of them are their names.
//!
//! A key that somebody else has got hold of is noted as leaked once everything that it made and that counts was made anew
//! (`relevo rotate-key --compromised`). From then on it proves nothing of the history, whoever has it still on his ring.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use relevo_domain::{Chain, Head, KeyId, Keyring};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, OnConflict},
};
use sea_orm_migration::seaql_migrations;

use crate::{
    Error, Tx, View,
    entity::{
        chain,
        token_key::{ActiveModel, Column, Entity, Model},
    },
};

/// What has leaked, and is being replaced.
const BEGUN: &str = "begun";
/// What has leaked, and was replaced.
const ENDED: &str = "ended";

impl View {
    /// The key that the newest tokens are made with; `None` before there are any.
    pub async fn newest_key(&self) -> Result<Option<KeyId>, Error> {
        Ok(self.keys().await?.pop().map(|row| KeyId(row.key_id)))
    }

    /// The keys that have leaked, once all was made anew that they had made.
    pub async fn leaked_keys(&self) -> Result<BTreeSet<KeyId>, Error> {
        let rows = self.keys().await?;
        Ok(rows.into_iter().filter(|row| row.leak.as_deref() == Some(ENDED)).map(|row| KeyId(row.key_id)).collect())
    }

    /// All keys, the newest last.
    async fn keys(&self) -> Result<Vec<Model>, Error> {
        Ok(Entity::find().order_by_asc(Column::RegisterTime).all(self.connection()).await?)
    }

    /// Whether a key proves the head of a chain.
    async fn proves_a_head(&self, key_id: &str) -> Result<bool, Error> {
        let head = chain::Entity::find().select_only().column(chain::Column::KeyId);
        let head = head.filter(chain::Column::KeyId.eq(key_id)).order_by_asc(chain::Column::KeyId);
        Ok(head.into_tuple::<String>().one(self.connection()).await?.is_some())
    }

    /// Refuses a ring that lacks a key of the installation which proves one of these heads.
    pub(crate) async fn check_keys(&self, heads: &BTreeMap<Chain, Head>, keyring: &Keyring) -> Result<(), Error> {
        let lacking: BTreeSet<_> =
            heads.values().map(|head| &head.key_id).filter(|key_id| !keyring.holds(key_id)).collect();
        if lacking.is_empty() {
            return Ok(());
        }
        // Others are known to nobody but to who altered the head.
        let own = Entity::find()
            .filter(Column::KeyId.is_in(lacking.into_iter().map(|key_id| key_id.0.as_str())))
            .filter(Column::Leak.is_null());
        match own.one(self.connection()).await? {
            Some(row) => Err(Error::HistoryKeyMissing(row.key_id)),
            None => Ok(()),
        }
    }
}

impl Tx {
    /// Notes the key that makes new tokens. Refuses a ring that lacks the one that made the newest, or one that the history
    /// is proven by; one that makes new ones with a key that has leaked; and any while a leaked key is being replaced.
    pub async fn register_keys(&self, keyring: &Keyring, now: Timestamp) -> Result<(), Error> {
        let keys = self.keys_for_update().await?;
        if keys.iter().any(|row| row.leak.as_deref() == Some(BEGUN)) {
            return Err(Error::RotationCutOff);
        }
        let signing = keyring.signing().key_id();
        if keys.iter().any(|row| row.key_id == signing.0 && row.leak.is_some()) {
            return Err(Error::KeyLeaked(signing.0.clone()));
        }
        for row in &keys {
            let is_missing = row.leak.is_none() && !keyring.holds(&KeyId(row.key_id.clone()));
            if is_missing && self.proves_a_head(&row.key_id).await? {
                return Err(Error::HistoryKeyMissing(row.key_id.clone()));
            }
        }
        self.note_key(&keys, keyring, now).await
    }

    /// Notes the key that replaces all others, which have leaked: nobody starts until [`Tx::end_leak`]. Goes on with what was
    /// begun with the same key; refuses one that was in use before.
    pub async fn begin_leak(&self, keyring: &Keyring, now: Timestamp) -> Result<(), Error> {
        let keys = self.keys_for_update().await?;
        let signing = &keyring.signing().key_id().0;
        let is_begun = keys.iter().any(|row| row.leak.as_deref() == Some(BEGUN));
        if !is_begun && keys.iter().any(|row| row.key_id == *signing) {
            return Err(Error::KeyInUse(signing.clone()));
        }
        self.note_key(&keys, keyring, now).await?;
        let others = Entity::update_many()
            .col_expr(Column::Leak, Expr::value(BEGUN))
            .filter(Column::KeyId.ne(signing.as_str()))
            .filter(Column::Leak.is_null());
        others.exec(self.connection()).await?;
        Ok(())
    }

    /// Notes that all was made anew that the leaked keys had made.
    pub async fn end_leak(&self) -> Result<(), Error> {
        let begun = Entity::update_many().col_expr(Column::Leak, Expr::value(ENDED)).filter(Column::Leak.eq(BEGUN));
        begun.exec(self.connection()).await?;
        Ok(())
    }

    async fn keys_for_update(&self) -> Result<Vec<Model>, Error> {
        // Rows that are always there: processes that start at once register one after the other.
        seaql_migrations::Entity::find().lock_exclusive().all(self.connection()).await?;
        self.keys().await
    }

    async fn note_key(&self, keys: &[Model], keyring: &Keyring, now: Timestamp) -> Result<(), Error> {
        let signing = keyring.signing().key_id();
        let mut register_time = now.as_microsecond();
        if let Some(newest) = keys.last() {
            if newest.key_id == signing.0 {
                return Ok(());
            }
            if !keyring.holds(&KeyId(newest.key_id.clone())) {
                return Err(Error::KeyMissing(newest.key_id.clone()));
            }
            // The newest is the one that was noted last, even by a clock that was put back.
            register_time = register_time.max(newest.register_time + 1);
        }
        let row = ActiveModel { key_id: Set(signing.0.clone()), register_time: Set(register_time), leak: Set(None) };
        Entity::insert(row)
            .on_conflict(OnConflict::column(Column::KeyId).update_column(Column::RegisterTime).to_owned())
            .exec_without_returning(self.connection())
            .await?;
        Ok(())
    }
}

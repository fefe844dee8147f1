//! Calls that were answered, so that a repeated one is answered alike; and the keys that tokens were made with.

use jiff::Timestamp;
use relevo_domain::{AccountId, KeyId, Keyring};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, prelude::Uuid};

use crate::{
    Error, Tx, View,
    entity::{
        request::{ActiveModel, Column, Entity},
        token_key,
    },
};

/// What makes a repeated call the same call, beside its content.
#[derive(Debug, Clone)]
pub struct RequestKey {
    /// Who called.
    pub caller: String,
    /// Which method.
    pub method: &'static str,
    /// For which account; `None` where a method acts for none.
    pub account_id: Option<AccountId>,
    /// Under which id.
    pub request_id: Uuid,
}

impl RequestKey {
    /// A key column cannot be null; no account has an empty id.
    fn account_column(&self) -> &str {
        self.account_id.as_ref().map_or("", AccountId::as_str)
    }
}

impl View {
    /// The proof of the content and the answer of a call that was answered under a key.
    pub async fn answer(&self, key: &RequestKey) -> Result<Option<(Vec<u8>, Vec<u8>)>, Error> {
        let id = (key.caller.clone(), key.method.to_owned(), key.account_column().to_owned(), key.request_id);
        let row = Entity::find_by_id(id).one(self.connection()).await?;
        Ok(row.map(|row| (row.proof, row.answer)))
    }

    /// The key that the newest tokens are made with; `None` before there are any.
    pub async fn newest_key(&self) -> Result<Option<KeyId>, Error> {
        Ok(self.newest_key_row().await?.map(|row| KeyId(row.key_id)))
    }

    async fn newest_key_row(&self) -> Result<Option<token_key::Model>, Error> {
        let newest = token_key::Entity::find().order_by_desc(token_key::Column::RegisterTime);
        Ok(newest.one(self.connection()).await?)
    }

    /// Whether an answer is remembered from before a moment.
    pub async fn answer_is_older(&self, before: Timestamp) -> Result<bool, Error> {
        let older = Entity::find()
            .select_only()
            .column(Column::CreateTime)
            .filter(Column::CreateTime.lt(before.as_microsecond()))
            .into_tuple::<i64>()
            .one(self.connection())
            .await?;
        Ok(older.is_some())
    }
}

impl Tx {
    /// Remembers the answer of a call, with a proof of its content.
    pub async fn remember_answer(
        &self,
        key: &RequestKey,
        proof: &[u8],
        answer: Vec<u8>,
        now: Timestamp,
    ) -> Result<(), Error> {
        let row = ActiveModel {
            caller: Set(key.caller.clone()),
            method: Set(key.method.to_owned()),
            account_id: Set(key.account_column().to_owned()),
            request_id: Set(key.request_id),
            proof: Set(proof.to_vec()),
            answer: Set(answer),
            create_time: Set(now.as_microsecond()),
        };
        Entity::insert(row).exec_without_returning(self.connection()).await?;
        Ok(())
    }

    /// Forgets the answers that were remembered before a moment.
    pub async fn forget_answers(&self, before: Timestamp) -> Result<u64, Error> {
        let forgotten = Entity::delete_many()
            .filter(Column::CreateTime.lt(before.as_microsecond()))
            .exec(self.connection())
            .await?;
        Ok(forgotten.rows_affected)
    }

    /// Notes the key that makes new tokens, and refuses a ring that lacks the one that made the newest.
    pub async fn register_keys(&self, keyring: &Keyring, now: Timestamp) -> Result<(), Error> {
        let newest = self.newest_key_row().await?;
        let signing = keyring.signing().key_id();
        let mut register_time = now.as_microsecond();
        if let Some(token_key::Model { key_id, register_time: last }) = newest {
            if key_id == signing.0 {
                return Ok(());
            }
            if keyring.keys().all(|key| key.key_id().0 != key_id) {
                return Err(Error::KeyMissing(key_id));
            }
            // The newest is the one that was noted last, even by a clock that was put back.
            register_time = register_time.max(last + 1);
        }
        let row = token_key::ActiveModel { key_id: Set(signing.0.clone()), register_time: Set(register_time) };
        token_key::Entity::insert(row)
            .on_conflict(
                sea_orm::sea_query::OnConflict::column(token_key::Column::KeyId)
                    .update_column(token_key::Column::RegisterTime)
                    .to_owned(),
            )
            .exec_without_returning(self.connection())
            .await?;
        Ok(())
    }
}

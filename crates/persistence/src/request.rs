//! Calls that were answered, so that a repeated one is answered alike; and the keys that tokens were made with.
//!
//! A call claims the row of its request before it does anything, and fills in its answer when it is done. One that is
//! repeated meanwhile waits for the row, and then finds either the answer or, if the first call came to nothing, that it
//! is now the first.

use jiff::Timestamp;
use relevo_domain::{AccountId, KeyId, Keyring};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, prelude::Uuid,
    sea_query::OnConflict,
};
use sea_orm_migration::seaql_migrations;

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

    fn id(&self) -> (String, String, String, Uuid) {
        (self.caller.clone(), self.method.to_owned(), self.account_column().to_owned(), self.request_id)
    }
}

fn of(key: &RequestKey) -> Condition {
    Condition::all()
        .add(Column::Caller.eq(key.caller.as_str()))
        .add(Column::Method.eq(key.method))
        .add(Column::AccountId.eq(key.account_column()))
        .add(Column::RequestId.eq(key.request_id))
}

impl View {
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
            // In the order of the index, or PostgreSQL may hope to find one sooner in the table.
            .order_by_asc(Column::CreateTime)
            .into_tuple::<i64>()
            .one(self.connection())
            .await?;
        Ok(older.is_some())
    }
}

impl Tx {
    /// Claims a key for a call, with a proof of its content; or else says with which proof and what the call was answered
    /// that had it before. Waits for a call under the same key that has not ended yet.
    pub async fn claim_request(
        &self,
        key: &RequestKey,
        proof: &[u8],
        now: Timestamp,
    ) -> Result<Option<(Vec<u8>, Vec<u8>)>, Error> {
        let row = ActiveModel {
            caller: Set(key.caller.clone()),
            method: Set(key.method.to_owned()),
            account_id: Set(key.account_column().to_owned()),
            request_id: Set(key.request_id),
            proof: Set(proof.to_vec()),
            answer: Set(Vec::new()),
            create_time: Set(now.as_microsecond()),
        };
        let once = OnConflict::new().do_nothing().to_owned();
        if Entity::insert(row).on_conflict(once).exec_without_returning(self.connection()).await? == 1 {
            return Ok(None);
        }
        let answered = Entity::find_by_id(key.id()).one(self.connection()).await?;
        // Forgotten between the two statements: as good as new, from the beginning.
        let row = answered.ok_or(Error::Stale("request"))?;
        Ok(Some((row.proof, row.answer)))
    }

    /// Remembers the answer of a call that has claimed its key.
    pub async fn remember_answer(&self, key: &RequestKey, answer: Vec<u8>) -> Result<(), Error> {
        let row = ActiveModel { answer: Set(answer), ..Default::default() };
        let remembered = Entity::update_many().set(row).filter(of(key)).exec(self.connection()).await?;
        if remembered.rows_affected == 1 { Ok(()) } else { Err(Error::Stale("request")) }
    }

    /// Puts another answer in the place of those that one method gave for an account: what they showed may no longer be kept.
    pub async fn replace_answers(&self, account_id: &AccountId, method: &str, answer: Vec<u8>) -> Result<(), Error> {
        let row = ActiveModel { answer: Set(answer), ..Default::default() };
        let of_account = Condition::all().add(Column::AccountId.eq(account_id.as_str())).add(Column::Method.eq(method));
        Entity::update_many().set(row).filter(of_account).exec(self.connection()).await?;
        Ok(())
    }

    /// Gives a claimed key back, for a call that is refused and still leaves something behind.
    pub async fn release_request(&self, key: &RequestKey) -> Result<(), Error> {
        Entity::delete_many().filter(of(key)).exec(self.connection()).await?;
        Ok(())
    }

    /// Forgets the answers that were remembered before a moment, the oldest first: so many, and those that are as old as
    /// the last of them.
    pub async fn forget_answers(&self, before: Timestamp, count: u64) -> Result<u64, Error> {
        let last = Entity::find()
            .select_only()
            .column(Column::CreateTime)
            .filter(Column::CreateTime.lt(before.as_microsecond()))
            .order_by_asc(Column::CreateTime)
            .offset(count.saturating_sub(1))
            .into_tuple::<i64>()
            .one(self.connection())
            .await?;
        let of_age = match last {
            Some(last) => Column::CreateTime.lte(last),
            None => Column::CreateTime.lt(before.as_microsecond()),
        };
        let forgotten = Entity::delete_many().filter(of_age).exec(self.connection()).await?;
        Ok(forgotten.rows_affected)
    }

    /// Notes the key that makes new tokens, and refuses a ring that lacks the one that made the newest.
    pub async fn register_keys(&self, keyring: &Keyring, now: Timestamp) -> Result<(), Error> {
        // Rows that are always there: processes that start at once register one after the other.
        seaql_migrations::Entity::find().lock_exclusive().all(self.connection()).await?;
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
                OnConflict::column(token_key::Column::KeyId).update_column(token_key::Column::RegisterTime).to_owned(),
            )
            .exec_without_returning(self.connection())
            .await?;
        Ok(())
    }
}

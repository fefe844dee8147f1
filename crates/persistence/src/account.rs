//! The account directory.

use std::collections::{BTreeMap, BTreeSet};

use relevo_domain::{Account, AccountId, BillingStanding, DisplayName, EmailAddress, Language};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, NotSet, QueryFilter, QueryOrder, QuerySelect, sea_query::OnConflict,
};

use crate::{
    Error, Tx, View,
    entity::account::{ActiveModel, Column, Entity, Model},
    row::{Place, named},
};

const STANDINGS: [BillingStanding; 2] = [BillingStanding::Good, BillingStanding::Overdue];

fn standing_name(standing: BillingStanding) -> &'static str {
    match standing {
        BillingStanding::Good => "good",
        BillingStanding::Overdue => "overdue",
    }
}

impl View {
    /// One account.
    pub async fn account(&self, account_id: &AccountId) -> Result<Option<Account>, Error> {
        let row = Entity::find_by_id(account_id.as_str()).one(self.connection()).await?;
        row.map(account).transpose()
    }

    /// Those of the accounts that exist.
    pub async fn accounts<'a>(
        &self,
        account_ids: impl IntoIterator<Item = &'a AccountId>,
    ) -> Result<BTreeMap<AccountId, Account>, Error> {
        let ids: BTreeSet<_> = account_ids.into_iter().map(AccountId::as_str).collect();
        let rows = Entity::find().filter(Column::AccountId.is_in(ids)).all(self.connection()).await?;
        rows.into_iter().map(|row| account(row).map(|account| (account.account_id.clone(), account))).collect()
    }

    /// The first accounts behind one, ordered by id.
    pub async fn accounts_after(&self, after: Option<&AccountId>, limit: u64) -> Result<Vec<Account>, Error> {
        let mut query = Entity::find().order_by_asc(Column::AccountId).limit(limit);
        if let Some(after) = after {
            query = query.filter(Column::AccountId.gt(after.as_str()));
        }
        query.all(self.connection()).await?.into_iter().map(account).collect()
    }
}

impl Tx {
    /// One account, which nobody else changes until this transaction ends.
    pub async fn account_for_update(&self, account_id: &AccountId) -> Result<Option<Account>, Error> {
        let row = Entity::find_by_id(account_id.as_str()).lock_exclusive().one(self.connection()).await?;
        row.map(account).transpose()
    }

    /// Adds an account. Says `false`, and adds nothing, if there is one of that id.
    pub async fn insert_account(&self, account: &Account) -> Result<bool, Error> {
        // Not an error that is looked at: PostgreSQL would end the transaction with it.
        let once = OnConflict::new().do_nothing().to_owned();
        let inserted = Entity::insert(active(account)).on_conflict(once).exec_without_returning(self.connection());
        Ok(inserted.await? == 1)
    }

    /// Stores a changed account.
    pub async fn save_account(&self, account: &Account) -> Result<(), Error> {
        let saved = Entity::update_many()
            // Not its key, though it stays the same: all that refers to it would be looked for.
            .set(ActiveModel { account_id: NotSet, ..active(account) })
            .filter(Column::AccountId.eq(account.account_id.as_str()))
            .filter(Column::Revision.lt(account.revision))
            .exec(self.connection())
            .await?;
        if saved.rows_affected == 1 { Ok(()) } else { Err(Error::Stale("account")) }
    }
}

fn active(account: &Account) -> ActiveModel {
    ActiveModel {
        account_id: Set(account.account_id.to_string()),
        display_name: Set(account.display_name.to_string()),
        email: Set(account.email.to_string()),
        language: Set(account.language.to_string()),
        billing_standing: Set(standing_name(account.billing_standing).to_owned()),
        create_time: Set(account.create_time.as_microsecond()),
        update_time: Set(account.update_time.as_microsecond()),
        revision: Set(account.revision),
    }
}

fn account(row: Model) -> Result<Account, Error> {
    let place = Place::new("account", &row.account_id);
    Ok(Account {
        account_id: place.account_id("account_id", &row.account_id)?,
        display_name: place.read("display_name", DisplayName::parse(&row.display_name))?,
        email: place.read("email", EmailAddress::parse(&row.email))?,
        language: place.read("language", Language::parse(&row.language))?,
        billing_standing: place.present("billing_standing", named(&STANDINGS, standing_name, &row.billing_standing))?,
        create_time: place.time("create_time", row.create_time)?,
        update_time: place.time("update_time", row.update_time)?,
        revision: row.revision,
    })
}

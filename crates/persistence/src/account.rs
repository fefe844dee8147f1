//! The account directory.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use relevo_domain::{
    Account, AccountId, AccountUse, BillingStanding, DisplayName, EmailAddress, Language, contact_change::ChangeState,
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, ExprTrait, JoinType, NotSet, QueryFilter, QueryOrder, QuerySelect, Select,
    sea_query::{Expr, LockType, OnConflict, Query},
};

use crate::{
    Error, Tx, View,
    entity::{
        account::{ActiveModel, Column, Entity, Model},
        attempt, contact, outbox, participant, service,
    },
    outbox::waiting,
    row::{Place, named},
    service::contact_to_service,
};

/// Where the address of an account was that is deleted: a domain that is never anybody's (RFC 2606), as the version
/// before reads these rows too.
const NOWHERE: &str = "deleted@deleted.invalid";

impl View {
    /// One account.
    pub async fn account(&self, account_id: &AccountId) -> Result<Option<Account>, Error> {
        let row = Entity::find_by_id(account_id.as_str()).filter(is_there()).one(self.connection()).await?;
        row.map(account).transpose()
    }

    /// Those of the accounts that exist.
    pub async fn accounts<'a>(
        &self,
        account_ids: impl IntoIterator<Item = &'a AccountId>,
    ) -> Result<BTreeMap<AccountId, Account>, Error> {
        self.accounts_of(found(account_ids).filter(is_there())).await
    }

    /// The same with those that are deleted, who are called by their ids.
    pub(crate) async fn accounts_deleted_or_not<'a>(
        &self,
        account_ids: impl IntoIterator<Item = &'a AccountId>,
    ) -> Result<BTreeMap<AccountId, Account>, Error> {
        self.accounts_of(found(account_ids)).await
    }

    async fn accounts_of(&self, query: Select<Entity>) -> Result<BTreeMap<AccountId, Account>, Error> {
        let rows = query.all(self.connection()).await?;
        rows.into_iter().map(|row| account(row).map(|account| (account.account_id.clone(), account))).collect()
    }

    /// The first accounts behind one, ordered by id.
    pub async fn accounts_after(&self, after: Option<&AccountId>, limit: u64) -> Result<Vec<Account>, Error> {
        let mut query = Entity::find().filter(is_there()).order_by_asc(Column::AccountId).limit(limit);
        if let Some(after) = after {
            query = query.filter(Column::AccountId.gt(after.as_str()));
        }
        query.all(self.connection()).await?.into_iter().map(account).collect()
    }
}

impl Tx {
    /// One account, which nobody else changes until this transaction ends.
    pub async fn account_for_update(&self, account_id: &AccountId) -> Result<Option<Account>, Error> {
        let row = Entity::find_by_id(account_id.as_str()).filter(is_there()).lock_exclusive();
        row.one(self.connection()).await?.map(account).transpose()
    }

    /// Those of the accounts that exist. None of them is deleted until this transaction ends.
    pub async fn accounts_to_name<'a>(
        &self,
        account_ids: impl IntoIterator<Item = &'a AccountId>,
    ) -> Result<BTreeMap<AccountId, Account>, Error> {
        // As a row that refers to one locks it anyway, but before it is found to be there.
        self.accounts_of(found(account_ids).filter(is_there()).lock(LockType::KeyShare)).await
    }

    /// Adds an account. Says `false`, and adds nothing, if there is one of that id.
    pub async fn insert_account(&self, account: &Account) -> Result<bool, Error> {
        // Not an error that is looked at: PostgreSQL would end the transaction with it.
        let once = OnConflict::new().do_nothing().to_owned();
        let inserted = Entity::insert(active(account)).on_conflict(once).exec_without_returning(self.connection());
        Ok(inserted.await? == 1)
    }

    /// Adds an account under the id of one that was deleted. Says its revision, which goes on, so that no mail is taken for
    /// one of the account before; `None`, and adds nothing, if there is one of that id.
    pub async fn insert_account_anew(&self, account: &Account) -> Result<Option<i64>, Error> {
        let deleted = Entity::find_by_id(account.account_id.as_str()).filter(Column::DeleteTime.is_not_null());
        let Some(row) = deleted.lock_exclusive().one(self.connection()).await? else { return Ok(None) };
        let revision = row.revision + 1;
        let row = ActiveModel { account_id: NotSet, revision: Set(revision), ..active(account) };
        let named = Column::AccountId.eq(account.account_id.as_str());
        Entity::update_many().set(row).filter(named).exec(self.connection()).await?;
        Ok(Some(revision))
    }

    /// What an account that is held for update is needed for, if for anything.
    pub async fn account_use(&self, account_id: &AccountId) -> Result<Option<AccountUse>, Error> {
        let contact = contact::Entity::find()
            .select_only()
            .column(contact::Column::Role)
            // A service that was deleted still says who its contacts were.
            .join(JoinType::InnerJoin, contact_to_service())
            .filter(contact::Column::AccountId.eq(account_id.as_str()))
            .filter(service::Column::DeleteTime.is_null());
        if contact.into_tuple::<String>().one(self.connection()).await?.is_some() {
            return Ok(Some(AccountUse::Contact));
        }
        let change = participant::Entity::find()
            .select_only()
            .column(participant::Column::Part)
            .filter(participant::Column::AccountId.eq(account_id.as_str()))
            .filter(participant::Column::State.eq(ChangeState::Pending.name()));
        if change.into_tuple::<String>().one(self.connection()).await?.is_some() {
            return Ok(Some(AccountUse::Change));
        }
        let mail = outbox::Entity::find()
            .select_only()
            .column(outbox::Column::MailId)
            .filter(outbox::Column::AccountId.eq(account_id.as_str()))
            .filter(waiting());
        let mail = mail.into_tuple::<i64>().one(self.connection()).await?;
        Ok(mail.map(|_| AccountUse::Mail))
    }

    /// Deletes an account: nothing is kept of it but its id, which others refer to. What relays said of its mails is kept
    /// without words, as they may hold its address; and what is still to be said of one that is on its way, not at all.
    /// Changes that have ended are hidden from it, and so from who gets the same id.
    pub async fn delete_account(&self, account: &Account, now: Timestamp) -> Result<(), Error> {
        let row = ActiveModel {
            account_id: NotSet,
            display_name: Set(account.account_id.to_string()),
            email: Set(NOWHERE.to_owned()),
            language: Set("en".to_owned()),
            billing_standing: Set(BillingStanding::Good.name().to_owned()),
            create_time: NotSet,
            update_time: Set(now.as_microsecond()),
            revision: Set(account.revision + 1),
            delete_time: Set(Some(now.as_microsecond())),
        };
        let deleted = Entity::update_many()
            .set(row)
            .filter(Column::AccountId.eq(account.account_id.as_str()))
            .filter(Column::Revision.eq(account.revision))
            .exec(self.connection())
            .await?;
        if deleted.rows_affected != 1 {
            return Err(Error::Stale("account"));
        }
        let own = || outbox::Column::AccountId.eq(account.account_id.as_str());
        self.lock_mails(own()).await?;
        let mails = Query::select().column(outbox::Column::MailId).from(outbox::Entity).and_where(own()).to_owned();
        attempt::Entity::update_many()
            .col_expr(attempt::Column::ReplyText, Expr::value(""))
            .filter(attempt::Column::MailId.in_subquery(mails))
            .filter(attempt::Column::ReplyText.ne(""))
            .exec(self.connection())
            .await?;
        outbox::Entity::update_many()
            // Without a reply there are no codes either, and none is shown.
            .col_expr(outbox::Column::ReplyText, Expr::value(""))
            .col_expr(outbox::Column::ToAddress, Expr::value(None::<String>))
            // One that was withdrawn may be in hand: whoever sends it is no longer heard.
            .col_expr(outbox::Column::LeaseCount, Expr::col(outbox::Column::LeaseCount).add(1))
            .filter(own())
            .exec(self.connection())
            .await?;
        let parts = || participant::Column::AccountId.eq(account.account_id.as_str());
        self.lock_participants(parts()).await?;
        participant::Entity::delete_many().filter(parts()).exec(self.connection()).await?;
        Ok(())
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

/// Whether an account was not deleted.
fn is_there() -> Expr {
    Column::DeleteTime.is_null()
}

fn found<'a>(account_ids: impl IntoIterator<Item = &'a AccountId>) -> Select<Entity> {
    let ids: BTreeSet<_> = account_ids.into_iter().map(AccountId::as_str).collect();
    Entity::find().filter(Column::AccountId.is_in(ids))
}

fn active(account: &Account) -> ActiveModel {
    ActiveModel {
        account_id: Set(account.account_id.to_string()),
        display_name: Set(account.display_name.to_string()),
        email: Set(account.email.to_string()),
        language: Set(account.language.to_string()),
        billing_standing: Set(account.billing_standing.name().to_owned()),
        create_time: Set(account.create_time.as_microsecond()),
        update_time: Set(account.update_time.as_microsecond()),
        revision: Set(account.revision),
        delete_time: Set(None),
    }
}

fn account(row: Model) -> Result<Account, Error> {
    let place = Place::new("account", &row.account_id);
    Ok(Account {
        account_id: place.account_id("account_id", &row.account_id)?,
        display_name: place.read("display_name", DisplayName::parse(&row.display_name))?,
        email: place.read("email", EmailAddress::parse(&row.email))?,
        language: place.read("language", Language::parse(&row.language))?,
        billing_standing: place
            .present("billing_standing", named(&BillingStanding::ALL, BillingStanding::name, &row.billing_standing))?,
        create_time: place.time("create_time", row.create_time)?,
        update_time: place.time("update_time", row.update_time)?,
        revision: row.revision,
    })
}

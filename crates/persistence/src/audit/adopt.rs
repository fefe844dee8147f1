//! Takes what an older version wrote into the chains, at the word of an operator.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use relevo_domain::{AccountId, Chain, Detail, Head, Keyring, ServiceKey};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, prelude::Uuid, sea_query::Expr};

use super::pages::Pages;
use crate::{
    Error, Store, Tx, chain,
    entity::{
        self,
        event::{Column, Entity, Model},
    },
    row::{CHUNK, Place},
};

/// What was taken in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Adopted {
    /// How many chains were begun.
    pub chains: u64,
    /// How many events were appended.
    pub events: u64,
}

impl Store {
    /// Begins the chains of the accounts and services made until a moment that have none, and appends the events until
    /// then that are in none, each with the note that it was adopted. What it takes in is proven from then on, and was not
    /// before: it is for whoever knows that an older version wrote it. A chain that has events and no head is not mended.
    pub async fn adopt(&self, keyring: &Keyring, until: Timestamp, now: Timestamp) -> Result<Adopted, Error> {
        let mut adopted = Adopted::default();
        // What lies behind a page is asked of a view of its own: nothing is held while others wait.
        let mut owners = Pages::new(async |last: Option<&Chain>| self.read().await?.owners_after(last).await);
        loop {
            let mut page = Vec::new();
            while page.len() < CHUNK
                && let Some(owner) = owners.next_if(|_| true).await?
            {
                page.push(owner);
            }
            if page.is_empty() {
                break;
            }
            let tx = self.write().await?;
            adopted.chains += tx.begin_chains(&page, until, keyring).await?;
            tx.commit().await?;
        }
        let mut after = 0;
        loop {
            let tx = self.write().await?;
            let rows = tx.unchained_after(after, until).await?;
            let Some(last) = rows.last().map(|row| row.event_id) else { break };
            adopted.events += tx.append_adopted(rows, keyring, now).await?;
            tx.commit().await?;
            after = last;
        }
        Ok(adopted)
    }
}

impl Tx {
    async fn begin_chains(&self, owners: &[Chain], until: Timestamp, keyring: &Keyring) -> Result<u64, Error> {
        let begun = self.heads_for_update(&owners.iter().cloned().collect(), keyring).await?;
        let lacking: Vec<_> = owners.iter().filter(|chain| !begun.contains_key(*chain)).collect();
        let with_events: BTreeSet<String> = Entity::find()
            .select_only()
            .column(Column::Chain)
            .distinct()
            .filter(Column::Chain.is_in(lacking.iter().map(|chain| chain.as_str())))
            .into_tuple::<String>()
            .all(self.connection())
            .await?
            .into_iter()
            .collect();
        let of_age = self.made_until(&lacking, until).await?;
        let begin = |chain: &Chain| Head::begin(chain.clone(), keyring);
        let heads: Vec<_> = lacking
            .into_iter()
            .filter(|chain| !with_events.contains(chain.as_str()) && of_age.contains(*chain))
            .map(begin)
            .collect();
        let count = heads.len() as u64;
        self.save_heads(heads).await?;
        Ok(count)
    }

    /// Those of the chains whose account or service was made until a moment.
    async fn made_until(&self, chains: &[&Chain], until: Timestamp) -> Result<BTreeSet<Chain>, Error> {
        use entity::{account, service};
        let names = |kind: &'static str| chains.iter().filter_map(move |chain| chain.as_str().strip_prefix(kind));
        let accounts: Vec<String> = account::Entity::find()
            .select_only()
            .column(account::Column::AccountId)
            .filter(account::Column::AccountId.is_in(names("account/")))
            .filter(account::Column::CreateTime.lte(until.as_microsecond()))
            .into_tuple()
            .all(self.connection())
            .await?;
        let services: Vec<Uuid> = service::Entity::find()
            .select_only()
            .column(service::Column::ServiceKey)
            .filter(service::Column::ServiceKey.is_in(names("service/").filter_map(|key| Uuid::parse_str(key).ok())))
            .filter(service::Column::CreateTime.lte(until.as_microsecond()))
            .into_tuple()
            .all(self.connection())
            .await?;
        let accounts = accounts.iter().map(|id| Chain::named(&format!("account/{id}")));
        Ok(accounts.chain(services.into_iter().map(|key| Chain::of_service(ServiceKey(key)))).collect())
    }

    async fn unchained_after(&self, after: i64, until: Timestamp) -> Result<Vec<Model>, Error> {
        let rows = Entity::find()
            .filter(Column::EventId.gt(after))
            .filter(Column::Chain.is_null())
            .filter(Column::EventTime.lte(until.as_microsecond()))
            .order_by_asc(Column::EventId)
            .limit(CHUNK as u64);
        Ok(rows.all(self.connection()).await?)
    }

    async fn append_adopted(&self, rows: Vec<Model>, keyring: &Keyring, now: Timestamp) -> Result<u64, Error> {
        let mut by_chain: BTreeMap<Chain, Vec<Model>> = BTreeMap::new();
        for row in rows {
            if let Some(chain) = chain_of(&row)? {
                by_chain.entry(chain).or_default().push(row);
            }
        }
        let mut heads = self.heads_for_update(&by_chain.keys().cloned().collect(), keyring).await?;
        let mut adopted = 0;
        for (chain, rows) in by_chain {
            let Some(head) = heads.get_mut(&chain) else { continue };
            for mut row in rows {
                let note = Detail::new("adopted", now).to_string();
                row.details = Some(
                    row.details
                        .iter()
                        .filter(|text| !text.is_empty())
                        .chain([&note])
                        .map(String::as_str)
                        .collect::<Vec<_>>()
                        .join("\n"),
                );
                chain::append(head, &mut row, keyring);
                let updated = Entity::update_many()
                    .col_expr(Column::Details, Expr::value(row.details))
                    .col_expr(Column::Chain, Expr::value(row.chain))
                    .col_expr(Column::Sequence, Expr::value(row.sequence))
                    .col_expr(Column::Digest, Expr::value(row.digest))
                    .filter(Column::EventId.eq(row.event_id))
                    .filter(Column::Chain.is_null())
                    .exec(self.connection())
                    .await?;
                if updated.rows_affected != 1 {
                    return Err(Error::Stale("event"));
                }
                adopted += 1;
            }
        }
        self.save_heads(heads.into_values()).await?;
        Ok(adopted)
    }
}

/// The chain that a row of the history belongs to.
fn chain_of(row: &Model) -> Result<Option<Chain>, Error> {
    let place = Place::new("event", row.event_id);
    let account = row.account_id.as_deref().map(|id| place.account_id("account_id", id)).transpose()?;
    let of_account = |id: &AccountId| Chain::of_account(id);
    Ok(row.service_key.map(|key| Chain::of_service(ServiceKey(key))).or(account.as_ref().map(of_account)))
}

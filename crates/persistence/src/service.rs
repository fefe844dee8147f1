//! Services and their contacts.

use std::collections::BTreeMap;

use relevo_domain::{AccountId, ChangeId, Contacts, DisplayName, Kind, Role, Roles, Service, ServiceId, ServiceKey};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, EntityTrait, JoinType, NotSet, QueryFilter, QueryOrder, QuerySelect, RelationDef, Select,
    prelude::Uuid,
    sea_query::{Expr, ExprTrait, OnConflict, Query},
};

use crate::{
    Error, Tx, View,
    contact_change::change_of,
    entity::{
        contact, contact_change, participant,
        service::{ActiveModel, Column, Entity, Model},
    },
    row::{Place, role_named},
};

/// Which services a list holds.
#[derive(Debug, Clone)]
pub struct ServiceFilter {
    /// Those on which an account holds one of these roles.
    pub holder: Option<(AccountId, Roles)>,
    /// Those of this kind.
    pub kind: Option<Kind>,
    /// Those whose id begins with this text, in lower case.
    pub prefix: String,
}

impl View {
    /// The service that is registered under an id, if this account is a contact of it or none is asked for. One that it
    /// may not see is not looked up any further than one that is not there.
    pub async fn service(&self, service_id: &ServiceId, contact: Option<&AccountId>) -> Result<Option<Service>, Error> {
        self.service_of(registered(service_id, contact)).await
    }

    /// The newest registration of an id, deleted or not.
    pub async fn newest_registration(&self, service_id: &ServiceId) -> Result<Option<ServiceKey>, Error> {
        let newest = Entity::find()
            .select_only()
            .column(Column::ServiceKey)
            .filter(Column::ServiceId.eq(service_id.as_str()))
            // Keys are in the order of their making.
            .order_by_desc(Column::ServiceKey);
        Ok(newest.into_tuple::<Uuid>().one(self.connection()).await?.map(ServiceKey))
    }

    /// The first services of a filter behind one, ordered by id.
    pub async fn services_after(
        &self,
        filter: &ServiceFilter,
        after: Option<&ServiceId>,
        limit: u64,
    ) -> Result<Vec<Service>, Error> {
        let mut rows = Entity::find().order_by_asc(Column::ServiceId);
        match &filter.holder {
            None => {
                rows = page(rows, filter, Column::ServiceId, after).limit(limit);
            }
            Some((account, roles)) => {
                let keys = contact::Entity::find()
                    .select_only()
                    .columns([contact::Column::ServiceId, contact::Column::ServiceKey])
                    .distinct()
                    .join(JoinType::InnerJoin, contact_to_service())
                    .filter(contact::Column::AccountId.eq(account.as_str()))
                    .filter(contact::Column::Role.is_in(roles.iter().map(Role::name)))
                    .order_by_asc(contact::Column::ServiceId);
                let keys: Vec<(String, Uuid)> = page(keys, filter, contact::Column::ServiceId, after)
                    .limit(limit)
                    .into_tuple()
                    .all(self.connection())
                    .await?;
                if keys.is_empty() {
                    return Ok(Vec::new());
                }
                rows = rows.filter(Column::ServiceKey.is_in(keys.into_iter().map(|(_, key)| key)));
            }
        }
        let rows = rows.all(self.connection()).await?;
        let mut contacts = self.contact_rows(rows.iter().map(|row| row.service_key)).await?;
        rows.into_iter()
            .map(|row| {
                let held = contacts.remove(&row.service_key).unwrap_or_default();
                service(row, held)
            })
            .collect()
    }

    /// The administrator of each service.
    pub(crate) async fn administrators(
        &self,
        keys: impl IntoIterator<Item = Uuid>,
    ) -> Result<BTreeMap<Uuid, AccountId>, Error> {
        let rows = contact::Entity::find()
            .filter(contact::Column::ServiceKey.is_in(keys))
            .filter(contact::Column::Role.eq(Role::Administrator.name()))
            .all(self.connection())
            .await?;
        rows.into_iter()
            .map(|row| {
                let place = Place::new("contact", row.service_key);
                Ok((row.service_key, place.account_id("account_id", &row.account_id)?))
            })
            .collect()
    }

    /// A service by its key, deleted or not.
    pub(crate) async fn service_by_key(&self, key: ServiceKey) -> Result<Option<Service>, Error> {
        self.service_of(Entity::find_by_id(key.0)).await
    }

    async fn service_of(&self, query: Select<Entity>) -> Result<Option<Service>, Error> {
        let Some(row) = query.one(self.connection()).await? else {
            return Ok(None);
        };
        let mut contacts = self.contact_rows([row.service_key]).await?;
        let held = contacts.remove(&row.service_key).unwrap_or_default();
        service(row, held).map(Some)
    }

    async fn contact_rows(
        &self,
        keys: impl IntoIterator<Item = Uuid>,
    ) -> Result<BTreeMap<Uuid, Vec<contact::Model>>, Error> {
        let rows =
            contact::Entity::find().filter(contact::Column::ServiceKey.is_in(keys)).all(self.connection()).await?;
        let mut contacts: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for row in rows {
            contacts.entry(row.service_key).or_default().push(row);
        }
        Ok(contacts)
    }
}

impl Tx {
    /// Like [`View::service`]; nobody else changes it until this transaction ends.
    pub async fn service_for_update(
        &self,
        service_id: &ServiceId,
        contact: Option<&AccountId>,
    ) -> Result<Option<Service>, Error> {
        self.service_of(registered(service_id, contact).lock_exclusive()).await
    }

    /// The service of a change, deleted or not, if this account has a part in the change or none is asked for. Nobody else
    /// changes it until this transaction ends.
    pub async fn service_of_change_for_update(
        &self,
        change_id: ChangeId,
        participant: Option<&AccountId>,
    ) -> Result<Option<Service>, Error> {
        let key = change_of(change_id, participant)
            .select_only()
            .column(contact_change::Column::ServiceKey)
            .into_tuple::<Uuid>()
            .one(self.connection())
            .await?;
        match key {
            Some(key) => self.service_of(Entity::find_by_id(key).lock_exclusive()).await,
            None => Ok(None),
        }
    }

    /// Registers a service. Says `false`, and adds nothing, if one is registered under its id.
    pub async fn insert_service(&self, service: &Service) -> Result<bool, Error> {
        let once = OnConflict::new().do_nothing().to_owned();
        let inserted = Entity::insert(active(service)).on_conflict(once).exec_without_returning(self.connection());
        if inserted.await? == 0 {
            return Ok(false);
        }
        let contacts = Role::ALL.map(|role| contact::ActiveModel {
            service_key: Set(service.service_key.0),
            role: Set(role.name().to_owned()),
            account_id: Set(service.contacts.holder(role).to_string()),
            service_id: Set(service.service_id.to_string()),
        });
        self.insert_all(contacts).await?;
        Ok(true)
    }

    /// Stores a changed service with its contacts.
    pub async fn save_service(&self, service: &Service) -> Result<(), Error> {
        let saved = Entity::update_many()
            .set(ActiveModel { service_key: NotSet, ..active(service) })
            .filter(Column::ServiceKey.eq(service.service_key.0))
            .filter(Column::Revision.lt(service.revision))
            .exec(self.connection())
            .await?;
        if saved.rows_affected != 1 {
            return Err(Error::Stale("service"));
        }
        for role in Role::ALL {
            let holder = service.contacts.holder(role).as_str();
            let moved = contact::Entity::update_many()
                .col_expr(contact::Column::AccountId, Expr::value(holder))
                .filter(contact::Column::ServiceKey.eq(service.service_key.0))
                .filter(contact::Column::Role.eq(role.name()))
                .filter(contact::Column::AccountId.ne(holder))
                .exec(self.connection())
                .await?;
            if role == Role::Administrator && moved.rows_affected == 1 {
                self.pass_sight(service.service_key, holder).await?;
            }
        }
        Ok(())
    }

    /// The new administrator sees the changes of his service, the old one no longer does for being it.
    async fn pass_sight(&self, service_key: ServiceKey, administrator: &str) -> Result<(), Error> {
        let of_service = Query::select()
            .column(contact_change::Column::ChangeId)
            .from(contact_change::Entity)
            .and_where(contact_change::Column::ServiceKey.eq(service_key.0))
            .to_owned();
        let seen_as_administrator = participant::Column::Part
            .eq(crate::Part::Administrator.name())
            .and(participant::Column::ChangeId.in_subquery(of_service));
        self.lock_participants(seen_as_administrator.clone()).await?;
        participant::Entity::update_many()
            .col_expr(participant::Column::AccountId, Expr::value(administrator))
            .filter(seen_as_administrator)
            .exec(self.connection())
            .await?;
        Ok(())
    }
}

fn registered(service_id: &ServiceId, contact: Option<&AccountId>) -> Select<Entity> {
    let held = contact.map(|account| {
        let of_service = Expr::col((contact::Entity, contact::Column::ServiceKey)).equals((Entity, Column::ServiceKey));
        Expr::exists(
            Query::select()
                .expr(Expr::val(1))
                .from(contact::Entity)
                .and_where(of_service)
                .and_where(contact::Column::AccountId.eq(account.as_str()))
                .to_owned(),
        )
    });
    Entity::find()
        .filter(Column::ServiceId.eq(service_id.as_str()))
        .filter(Condition::all().add(Column::DeleteTime.is_null()).add_option(held))
}

pub(crate) fn contact_to_service() -> RelationDef {
    contact::Entity::belongs_to(Entity).from(contact::Column::ServiceKey).to(Column::ServiceKey).into()
}

/// The part of a list of services that a filter and a page ask for; `name` is the column of the id to go by.
fn page<E: EntityTrait>(
    mut query: Select<E>,
    filter: &ServiceFilter,
    name: impl ColumnTrait,
    after: Option<&ServiceId>,
) -> Select<E> {
    query = query.filter(Column::DeleteTime.is_null());
    if let Some(kind) = &filter.kind {
        query = query.filter(Column::Kind.eq(kind.as_str()));
    }
    if !filter.prefix.is_empty() {
        // Ids are ASCII in lower case: all that begin with the text lie between it and it with the last character
        // there is, in the order of bytes, which is an index range where LIKE is not.
        query = query.filter(name.gte(filter.prefix.as_str())).filter(name.lt(format!("{}\u{7f}", filter.prefix)));
    }
    if let Some(after) = after {
        query = query.filter(name.gt(after.as_str()));
    }
    query
}

fn active(service: &Service) -> ActiveModel {
    ActiveModel {
        service_key: Set(service.service_key.0),
        service_id: Set(service.service_id.to_string()),
        kind: Set(service.kind.as_str().to_owned()),
        display_name: Set(service.display_name.as_ref().map(ToString::to_string)),
        create_time: Set(service.create_time.as_microsecond()),
        update_time: Set(service.update_time.as_microsecond()),
        delete_time: Set(service.delete_time.map(|at| at.as_microsecond())),
        revision: Set(service.revision),
    }
}

fn service(row: Model, contacts: Vec<contact::Model>) -> Result<Service, Error> {
    let place = Place::new("service", row.service_key);
    let mut holders = BTreeMap::new();
    for contact in contacts {
        let role = place.present("contact.role", role_named(&contact.role))?;
        holders.insert(role, place.account_id("contact.account_id", &contact.account_id)?);
    }
    let mut holder = |role: Role| place.present(role.name(), holders.remove(&role));
    Ok(Service {
        service_key: ServiceKey(row.service_key),
        service_id: place.read("service_id", ServiceId::parse(&row.service_id))?,
        kind: place.read("kind", Kind::parse(&row.kind))?,
        display_name: row.display_name.map(|name| place.read("display_name", DisplayName::parse(&name))).transpose()?,
        contacts: Contacts {
            administrator: holder(Role::Administrator)?,
            technical: holder(Role::Technical)?,
            billing: holder(Role::Billing)?,
        },
        create_time: place.time("create_time", row.create_time)?,
        update_time: place.time("update_time", row.update_time)?,
        delete_time: place.optional_time("delete_time", row.delete_time)?,
        revision: row.revision,
    })
}

//! Moves an installation to another database, whatever keeps either of them.

use std::fmt::Display;

use sea_orm::{
    DatabaseConnection, EntityTrait, IdenStatic, IntoActiveModel, Iterable, ModelTrait, PrimaryKeyToColumn,
    PrimaryKeyTrait, QueryFilter, QueryOrder, QuerySelect, SqliteTransactionMode,
    sea_query::{Expr, ExprTrait},
};
use sea_orm_migration::async_trait::async_trait;

use crate::{
    DatabaseUrl, Error, Store, Tx, View, begin,
    engine::{self, Intent},
    entity, migration,
    row::CHUNK,
};

/// A table that was copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopiedTable {
    /// Its name.
    pub name: &'static str,
    /// How many rows it holds.
    pub rows: usize,
}

/// All tables, each behind those that it refers to.
const TABLES: [&dyn Table; 13] = [
    &entity::account::Entity,
    &entity::service::Entity,
    &entity::contact::Entity,
    &entity::contact_change::Entity,
    &entity::participant::Entity,
    &entity::confirmation::Entity,
    &entity::seal::Entity,
    &entity::token_key::Entity,
    &entity::outbox::Entity,
    &entity::attempt::Entity,
    &entity::event::Entity,
    &entity::chain::Entity,
    &entity::request::Entity,
];

/// Copies every row of a database, as it is, into another, and reads both again to see that they are the same. The
/// target gets the schema if it has none, all rows or no row, and is refused if it holds any; the source is not changed.
///
/// Nobody changes either of them meanwhile. A source that a process of Relevo still has open is refused: what that process
/// did next would be lost. A process of another `application_name` on PostgreSQL is not seen.
pub async fn copy(from: &DatabaseUrl, to: &DatabaseUrl) -> Result<Vec<CopiedTable>, Error> {
    if from.to_string() == to.to_string() {
        return Err(Error::Copy(format!("{from} cannot be copied into itself")));
    }
    let (source, view) = open_source(from).await.map_err(during("the database to copy from"))?;
    let (target, tx) = open_target(to).await.map_err(during("the database to copy to"))?;
    let mut copied = Vec::new();
    for table in TABLES {
        let name = table.name();
        let rows = table.copy(&view, &tx).await.map_err(during(format_args!("{name} cannot be copied")))?;
        copied.push(CopiedTable { name, rows });
    }
    for table in TABLES {
        let name = table.name();
        let is_same = table.is_same(&view, &tx).await.map_err(during(format_args!("{name} cannot be compared")))?;
        if !is_same {
            return Err(Error::Copy(format!("{name} is not the same in the copy, which was given up")));
        }
    }
    tx.commit().await?;
    target.close().await?;
    drop(view);
    source.close().await?;
    Ok(copied)
}

async fn open_source(url: &DatabaseUrl) -> Result<(DatabaseConnection, View), Error> {
    let source = url.connect_alone(Intent::Read).await?;
    let view = View::new(begin(&source, SqliteTransactionMode::Deferred).await?);
    if !migration::is_complete(view.connection()).await? {
        return Err(Error::SchemaOlder);
    }
    engine::hold(view.connection(), &TABLES.map(Table::name)).await?;
    Ok((source, view))
}

async fn open_target(url: &DatabaseUrl) -> Result<(Store, Tx), Error> {
    let target = Store::open(url, 2).await?;
    let tx = target.write().await?;
    migration::complete(tx.connection()).await?;
    engine::hold(tx.connection(), &TABLES.map(Table::name)).await?;
    for table in TABLES {
        if !table.is_empty(&tx).await? {
            let name = table.name();
            return Err(Error::Copy(format!("{url} holds rows already, in {name}: name one that is empty or new")));
        }
    }
    Ok((target, tx))
}

/// What was being done when it failed. A URL that is no good is not the one that is configured.
fn during(what: impl Display) -> impl FnOnce(Error) -> Error {
    move |error| match error {
        Error::Url(error) | Error::Copy(error) => Error::Copy(format!("{what}: {error}")),
        error => Error::Copy(format!("{what}: {error}")),
    }
}

/// What is done with each table, whatever its columns are.
#[async_trait]
trait Table: Sync {
    fn name(&self) -> &'static str;
    async fn is_empty(&self, view: &View) -> Result<bool, Error>;
    /// Adds all rows of one database to another. Says how many there were.
    async fn copy(&self, from: &View, to: &Tx) -> Result<usize, Error>;
    /// Whether both hold the same rows.
    async fn is_same(&self, one: &View, other: &View) -> Result<bool, Error>;
}

#[async_trait]
impl<E> Table for E
where
    E: EntityTrait,
    E::Model: IntoActiveModel<E::ActiveModel> + Clone + PartialEq + Send + Sync,
    E::ActiveModel: Clone + Send + Sync,
{
    fn name(&self) -> &'static str {
        self.table_name()
    }

    async fn is_empty(&self, view: &View) -> Result<bool, Error> {
        Ok(E::find().one(view.connection()).await?.is_none())
    }

    async fn copy(&self, from: &View, to: &Tx) -> Result<usize, Error> {
        let mut copied = 0;
        let mut rows = Rows::<E>::of(from);
        while let Some(batch) = rows.next().await? {
            copied += batch.len();
            to.insert_all(batch.into_iter().map(IntoActiveModel::into_active_model)).await?;
        }
        if E::PrimaryKey::auto_increment() {
            for column in key::<E>() {
                engine::count_on(to.connection(), self.name(), column.as_str()).await?;
            }
        }
        Ok(copied)
    }

    async fn is_same(&self, one: &View, other: &View) -> Result<bool, Error> {
        let (mut one, mut other) = (Rows::<E>::of(one), Rows::<E>::of(other));
        loop {
            match (one.next().await?, other.next().await?) {
                (None, None) => return Ok(true),
                (these, those) if these == those => {}
                _ => return Ok(false),
            }
        }
    }
}

/// The columns of a primary key.
fn key<E: EntityTrait>() -> Vec<E::Column> {
    E::PrimaryKey::iter().map(PrimaryKeyToColumn::into_column).collect()
}

/// All rows of a table, by primary key: in the same order on every engine, and never more at a time than one statement
/// takes.
struct Rows<'a, E: EntityTrait> {
    view: &'a View,
    last: Option<E::Model>,
}

impl<'a, E> Rows<'a, E>
where
    E: EntityTrait,
    E::Model: Clone + Send + Sync,
{
    fn of(view: &'a View) -> Self {
        Self { view, last: None }
    }

    async fn next(&mut self) -> Result<Option<Vec<E::Model>>, Error> {
        let key = key::<E>();
        let mut rows = key.iter().fold(E::find(), |rows, column| rows.order_by_asc(*column));
        if let Some(last) = &self.last {
            let passed = Expr::tuple(key.iter().map(|column| Expr::val(last.get(*column))));
            rows = rows.filter(Expr::tuple(key.into_iter().map(Expr::col)).gt(passed));
        }
        let rows = rows.limit(CHUNK as u64).all(self.view.connection()).await?;
        self.last = rows.last().cloned();
        Ok(self.last.is_some().then_some(rows))
    }
}

//! The two kinds of transaction.

use std::ops::Deref;

use sea_orm::{ActiveModelTrait, DatabaseTransaction, EntityTrait};

use crate::{Error, row::CHUNK};

/// A transaction that reads.
#[derive(Debug)]
pub struct View(DatabaseTransaction);

impl View {
    pub(crate) fn new(transaction: DatabaseTransaction) -> Self {
        Self(transaction)
    }

    pub(crate) fn connection(&self) -> &DatabaseTransaction {
        &self.0
    }
}

/// A transaction that reads and changes things. Dropped without [`Tx::commit`], it never happened.
#[derive(Debug)]
pub struct Tx(View);

impl Tx {
    pub(crate) fn new(transaction: DatabaseTransaction) -> Self {
        Self(View(transaction))
    }

    /// Makes everything that was done durable, at once and whole.
    pub async fn commit(self) -> Result<(), Error> {
        Ok(self.0.0.commit().await?)
    }

    /// Adds rows, as many at a time as one statement takes.
    pub(crate) async fn insert_all<A>(&self, rows: impl IntoIterator<Item = A>) -> Result<(), Error>
    where
        A: ActiveModelTrait + Clone + Send,
    {
        let rows: Vec<A> = rows.into_iter().collect();
        for chunk in rows.chunks(CHUNK) {
            A::Entity::insert_many(chunk.to_vec()).exec_without_returning(self.connection()).await?;
        }
        Ok(())
    }

    /// Undoes everything, and returns once the connection is free again.
    pub async fn roll_back(self) -> Result<(), Error> {
        Ok(self.0.0.rollback().await?)
    }
}

impl Deref for Tx {
    type Target = View;

    fn deref(&self) -> &View {
        &self.0
    }
}

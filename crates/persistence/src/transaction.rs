//! The two kinds of transaction.

use std::ops::Deref;

use sea_orm::DatabaseTransaction;

use crate::Error;

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

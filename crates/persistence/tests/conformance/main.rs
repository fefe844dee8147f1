//! What the store promises, on every engine that it runs on.
//!
//! A test is a function of a database that [`on_every_engine`] runs on each of them; what only one engine can be asked
//! is a test of its own in `queries`, `migrations` and `durability`.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that panics fails, in the functions beside the tests too"
)]

/// Makes a test for each engine of each of these functions.
macro_rules! on_every_engine {
    ($($test:ident),+ $(,)?) => {
        mod sqlite {
            $(
                #[tokio::test]
                async fn $test() {
                    super::$test(&crate::engine::Database::sqlite().await).await;
                }
            )+
        }

        mod postgres {
            $(
                #[tokio::test]
                async fn $test() {
                    super::$test(&crate::engine::Database::postgres().await).await;
                }
            )+
        }
    };
}

mod accounts;
mod audit;
mod changes;
mod copy;
mod durability;
mod engine;
mod keys;
mod lists;
mod migrations;
mod outbox;
mod people;
mod properties;
mod queries;
mod requests;
mod services;
mod transactions;

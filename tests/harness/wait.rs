//! Waiting for what another process, or the background of one, does by itself.

use std::time::Duration;

use tokio::time::{Instant, sleep};

/// Asks every few milliseconds until there is an answer, and fails when there is none in time.
pub async fn eventually<T>(what: &str, within: Duration, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + within;
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(Instant::now() < deadline, "not within {within:?}: {what}");
        sleep(Duration::from_millis(5)).await;
    }
}

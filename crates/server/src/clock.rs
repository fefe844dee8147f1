//! What time it is.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};

/// What time it is: read once for each call, at the top, and handed down.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The time of the database, as it was last asked, and what has passed since: processes that share a database agree
    /// on when a change is over and a mail is free again, however wrong the clocks of their machines are.
    Database(Arc<Mutex<Reading>>),
    /// A time that moves only when it is told to, in Unix microseconds.
    Fixed(Arc<AtomicI64>),
}

/// A time, and when it was that.
#[derive(Debug)]
pub struct Reading {
    time: Timestamp,
    read: Instant,
}

impl Reading {
    fn of(time: Timestamp) -> Self {
        Self { time, read: Instant::now() }
    }
}

impl Clock {
    /// The time of the machine, until the database has been asked.
    pub fn system() -> Self {
        Self::Database(Arc::new(Mutex::new(Reading::of(Timestamp::now()))))
    }

    /// A clock that stands at a moment.
    pub fn fixed(at: Timestamp) -> Self {
        Self::Fixed(Arc::new(AtomicI64::new(at.as_microsecond())))
    }

    /// The time, to the microsecond, which is what a row holds.
    pub fn now(&self) -> Timestamp {
        let micros = match self {
            Clock::Database(reading) => {
                let reading = reading.lock().unwrap_or_else(PoisonError::into_inner);
                let passed = i64::try_from(reading.read.elapsed().as_micros()).unwrap_or(i64::MAX);
                reading.time.as_microsecond().saturating_add(passed)
            }
            Clock::Fixed(micros) => micros.load(Ordering::SeqCst),
        };
        Timestamp::from_microsecond(micros).unwrap_or(Timestamp::MAX)
    }

    /// Hears what time it was at the database at some moment of the last while. A clock that may be right goes on as it
    /// goes, and never back; a fixed one stays as it is.
    pub(crate) fn keep_to(&self, time: Timestamp, last: Duration) {
        let Clock::Database(reading) = self else { return };
        let since = self.now().duration_since(time);
        if since < SignedDuration::ZERO || since.unsigned_abs() > last {
            *reading.lock().unwrap_or_else(PoisonError::into_inner) = Reading::of(time);
        }
    }

    /// Moves a fixed clock forward; a running one goes as it goes.
    pub fn advance(&self, by: SignedDuration) {
        if let Clock::Fixed(micros) = self {
            let by = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
            micros.fetch_add(by, Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_goes_on_from_what_the_database_said() {
        let clock = Clock::system();
        let machine = Timestamp::now();
        assert!(clock.now().duration_since(machine).as_secs() <= 1);
        let said: Timestamp = "2026-01-05T09:00:00Z".parse().unwrap();
        clock.keep_to(said, Duration::from_millis(1));
        let (first, second) = (clock.now(), clock.now());
        assert!(said <= first && first <= second && second.duration_since(said).as_secs() < 60);
    }

    #[test]
    fn a_clock_that_may_be_right_does_not_go_back() {
        let clock = Clock::system();
        let before = clock.now();
        // It took a second to be told, and was right when it was said or when it was heard.
        for late in [0, 400, 900] {
            clock.keep_to(before - SignedDuration::from_millis(late), Duration::from_secs(1));
            assert!(clock.now() >= before);
        }
        clock.keep_to(before - SignedDuration::from_secs(2), Duration::from_secs(1));
        assert!(clock.now() < before);
        clock.keep_to(before + SignedDuration::from_secs(1), Duration::from_secs(1));
        assert!(clock.now() > before);
    }

    #[test]
    fn a_fixed_clock_is_told_by_nobody() {
        let at: Timestamp = "2026-01-05T09:00:00Z".parse().unwrap();
        let clock = Clock::fixed(at);
        clock.keep_to(Timestamp::now(), Duration::ZERO);
        assert_eq!(clock.now(), at);
    }
}

//! How often something may be done: token buckets in memory, for callers, for accounts and for who uses the page. They are those of one process,
//! and new with each start.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use jiff::{SignedDuration, Timestamp};

use crate::Error;

/// How many of those who did something last are remembered at the least; twice as many at the most.
const REMEMBERED: usize = 20_000;
/// What waits are rounded up to.
const STEP: i128 = 1_000_000;

/// How often the log says that calls of a caller are turned away.
const TELLING: SignedDuration = SignedDuration::from_secs(10);

/// So many at once, and one more after each interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Nanoseconds.
    interval: i128,
    burst: u32,
}

impl Rate {
    /// So many within a time, of at least a nanosecond each, and so many at once.
    pub fn new(count: u32, within: SignedDuration, burst: u32) -> Self {
        Self { interval: (within.as_nanos() / i128::from(count.max(1))).max(1), burst }
    }
}

/// How often callers and accounts may do what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rates {
    /// Calls of a caller.
    pub caller: Rate,
    /// Calls by which an account has mails sent: asking for changes, and for new codes.
    pub account: Rate,
    /// Wrong codes that an account is told of at once.
    pub wrong_tokens: Rate,
    /// Looks, decisions and resends on the page, from one address.
    pub page: Rate,
}

/// A bucket for each of those who do something. Whoever has not done anything for the longest time is forgotten when there
/// are too many, and begins with a full one.
#[derive(Debug)]
pub(crate) struct Buckets {
    setting: &'static str,
    rate: Rate,
    full_at: Mutex<Moments>,
}

/// When the bucket of each is full again, in nanoseconds: those who came lately, and those who did before.
#[derive(Debug, Default)]
struct Moments {
    late: HashMap<String, i128>,
    earlier: HashMap<String, i128>,
}

impl Buckets {
    fn new(setting: &'static str, rate: Rate) -> Self {
        Self { setting, rate, full_at: Mutex::default() }
    }

    /// Takes one out of somebody's bucket. If there is none, it is said when there will be, and nothing is taken.
    pub(crate) fn take(&self, whose: &str, now: Timestamp) -> Result<(), Error> {
        self.look(whose, now, true)
    }

    /// Says whether one could be taken.
    pub(crate) fn check(&self, whose: &str, now: Timestamp) -> Result<(), Error> {
        self.look(whose, now, false)
    }

    fn look(&self, whose: &str, now: Timestamp, takes: bool) -> Result<(), Error> {
        let now = now.as_nanosecond();
        let Rate { interval, burst } = self.rate;
        let emptied = now + interval * i128::from(burst);
        let mut moments = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that was put back makes nobody wait for longer than an empty bucket does.
        let full_at = moments.of(whose).unwrap_or(now).clamp(now, emptied) + interval;
        let wait = full_at - emptied;
        if wait > 0 {
            let nanos = (wait + STEP - 1) / STEP * STEP;
            return Err(Error::RateLimited { setting: self.setting, wait: SignedDuration::from_nanos_i128(nanos) });
        }
        if takes {
            moments.remember(whose, full_at);
        }
        Ok(())
    }
}

impl Moments {
    fn of(&self, whose: &str) -> Option<i128> {
        self.late.get(whose).or_else(|| self.earlier.get(whose)).copied()
    }

    fn remember(&mut self, whose: &str, full_at: i128) {
        if let Some(known) = self.late.get_mut(whose) {
            *known = full_at;
            return;
        }
        if self.late.len() >= REMEMBERED {
            self.earlier = std::mem::take(&mut self.late);
        }
        self.late.insert(whose.to_owned(), full_at);
    }
}

/// The buckets of a process.
#[derive(Debug)]
pub(crate) struct Limits {
    pub(crate) callers: Buckets,
    pub(crate) accounts: Buckets,
    pub(crate) wrong_tokens: Buckets,
    pub(crate) page: Buckets,
    /// Who was said in the log to be turned away: of thousands of calls, one line.
    told: Buckets,
}

impl Limits {
    pub(crate) fn new(rates: &Rates) -> Self {
        Self {
            callers: Buckets::new("limits.caller", rates.caller),
            accounts: Buckets::new("limits.account", rates.account),
            wrong_tokens: Buckets::new("limits.wrong_tokens", rates.wrong_tokens),
            page: Buckets::new("limits.page", rates.page),
            told: Buckets::new("log", Rate::new(1, TELLING, 1)),
        }
    }

    /// Says in the log now and then that calls of a caller are turned away.
    pub(crate) fn tell(&self, caller: &str, why: &Error, now: Timestamp) {
        let reason = match why {
            Error::RateLimited { setting, .. } => setting,
            _ => "limits.concurrent_calls",
        };
        if self.told.take(&format!("{caller} {reason}"), now).is_ok() {
            tracing::warn!(caller, reason, "calls are turned away");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_microsecond(1_767_600_000_000_000 + micros).unwrap()
    }

    fn buckets(count: u32, within: SignedDuration, burst: u32) -> Buckets {
        Buckets::new("limits.x", Rate::new(count, within, burst))
    }

    fn wait(refused: Result<(), Error>) -> SignedDuration {
        match refused {
            Err(Error::RateLimited { setting: "limits.x", wait }) => wait,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn who_waits_as_long_as_is_said_passes_and_who_comes_sooner_does_not() {
        for (count, within, burst) in
            [(1, 1, 1), (3, 1, 1), (2000, 1, 7), (7, 60, 3), (1_000_000, 1, 2), (999_983, 1, 1), (1, 86_400, 5)]
        {
            let buckets = buckets(count, SignedDuration::from_secs(within), burst);
            let mut now = at(0);
            for _ in 0..burst {
                buckets.take("ann", now).unwrap();
            }
            for _ in 0..100 {
                let wait = wait(buckets.take("ann", now));
                assert!(wait > SignedDuration::ZERO && wait.as_nanos() <= buckets.rate.interval + STEP);
                buckets.take("ann", now + wait - SignedDuration::from_millis(1)).unwrap_err();
                now += wait;
                buckets.take("ann", now).unwrap();
                // Waits are rounded up, so that some may be left.
                while buckets.take("ann", now).is_ok() {}
            }
        }
    }

    #[test]
    fn a_bucket_fills_while_nothing_is_taken_and_never_beyond_its_burst() {
        let buckets = buckets(10, SignedDuration::from_secs(1), 4);
        let take = |micros| (0..).take_while(|_| buckets.take("ann", at(micros)).is_ok()).count();
        assert_eq!([take(0), take(99_999), take(100_000), take(350_000), take(400_000)], [4, 0, 1, 2, 1]);
        assert_eq!(take(i64::from(u32::MAX)), 4);
        buckets.take("tom", at(0)).unwrap();
    }

    #[test]
    fn over_a_long_time_it_is_the_rate_and_the_burst() {
        let buckets = buckets(2000, SignedDuration::from_secs(1), 100);
        let passed = (0..1_000_000).step_by(50).filter(|micros| buckets.take("ann", at(*micros)).is_ok()).count();
        assert_eq!(passed, 2099);
    }

    #[test]
    fn a_clock_that_is_put_back_makes_nobody_wait_for_longer() {
        let buckets = buckets(1, SignedDuration::from_secs(1), 2);
        buckets.take("ann", at(3_600_000_000)).unwrap();
        assert_eq!(wait(buckets.take("ann", at(0))), SignedDuration::from_secs(1));
        buckets.take("ann", at(1_000_000)).unwrap_err();
        let earliest = Timestamp::MIN;
        assert_eq!(wait(buckets.take("ann", earliest)), SignedDuration::from_secs(1));
        let buckets = super::tests::buckets(1, SignedDuration::from_hours(24), u32::MAX);
        buckets.take("ann", Timestamp::MAX).unwrap();
    }

    #[test]
    fn whoever_comes_by_the_million_fills_no_memory_and_who_came_lately_is_remembered() {
        let buckets = buckets(1, SignedDuration::from_hours(1), 1);
        for nth in 0..500_000 {
            buckets.take(&format!("zz{nth}-ovh"), at(nth)).unwrap();
        }
        let held = buckets.full_at.lock().unwrap();
        assert!(held.late.len() + held.earlier.len() <= 2 * REMEMBERED);
        drop(held);
        for nth in [499_999, 490_000, 480_000] {
            buckets.take(&format!("zz{nth}-ovh"), at(500_000)).unwrap_err();
        }
        buckets.take("zz0-ovh", at(500_000)).unwrap();
    }
}

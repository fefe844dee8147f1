//! The settings of limits: how often something may be done, and how much of it at a time.

use std::{fmt::Display, ops::RangeInclusive};

use jiff::SignedDuration;
use serde::Deserialize;

use super::Checks;
use crate::{
    limits::{Rate, Rates},
    load::Capacity,
};

const SECOND: SignedDuration = SignedDuration::from_secs(1);
const MINUTE: SignedDuration = SignedDuration::from_mins(1);
const MILLION: u32 = 1_000_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLimits {
    concurrent_calls: i64,
    caller: RawCallerLimits,
    account: RawRate,
    wrong_tokens: RawRate,
    page: RawRate,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCallerLimits {
    concurrent_calls: i64,
    per_second: i64,
    burst: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRate {
    per_minute: i64,
    burst: i64,
}

impl Checks {
    pub(super) fn rates(&mut self, raw: &RawLimits) -> Option<Rates> {
        let caller = self.rate("limits.caller", ("per_second", raw.caller.per_second, SECOND), raw.caller.burst);
        let mut a_minute =
            |section: &str, raw: &RawRate| self.rate(section, ("per_minute", raw.per_minute, MINUTE), raw.burst);
        let account = a_minute("limits.account", &raw.account);
        let wrong_tokens = a_minute("limits.wrong_tokens", &raw.wrong_tokens);
        let page = a_minute("limits.page", &raw.page);
        Some(Rates { caller: caller?, account: account?, wrong_tokens: wrong_tokens?, page: page? })
    }

    fn rate(&mut self, section: &str, (key, count, within): (&str, i64, SignedDuration), burst: i64) -> Option<Rate> {
        let count = self.number(&format!("{section}.{key}"), count, 1..=MILLION);
        let burst = self.number(&format!("{section}.burst"), burst, 1..=MILLION);
        Some(Rate::new(count?, within, burst?))
    }

    pub(super) fn capacity(&mut self, raw: &RawLimits) -> Option<Capacity> {
        let calls = self.number("limits.concurrent_calls", raw.concurrent_calls, 1..=MILLION as usize);
        let of_caller = raw.caller.concurrent_calls;
        let of_caller = self.number("limits.caller.concurrent_calls", of_caller, 1..=MILLION as usize);
        Some(Capacity { calls: calls?, of_caller: of_caller? })
    }

    /// A number within bounds.
    pub(super) fn number<T>(&mut self, key: &str, number: i64, bounds: RangeInclusive<T>) -> Option<T>
    where
        T: TryFrom<i64> + PartialOrd + Display,
    {
        match T::try_from(number) {
            Ok(number) if bounds.contains(&number) => Some(number),
            _ => {
                let (least, most) = bounds.into_inner();
                self.wrong(key, format_args!("must be between {least} and {most}, not {number}"))
            }
        }
    }
}

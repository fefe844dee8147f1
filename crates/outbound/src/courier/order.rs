//! Whether the relay is in order: how long it is left alone when it is not, and when a reply to one mail is about all.

use jiff::{SignedDuration, Timestamp};
use relevo_persistence::Reply;

use super::{Retry, grown};
use crate::transport::Verdict;

/// A relay that is out of order is asked again at least this often: asking costs little, and it may be back.
pub(super) const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(15);

/// Whether the relay was out of order, how often in a row, and until when it is left alone.
#[derive(Debug, Default)]
pub(super) struct Order {
    failures: i64,
    until: Option<Timestamp>,
    suspicion: Suspicion,
}

/// A relay that puts a mail off for its own sake (RFC 3463: x.3.x, the mail system's status) may mean the system of the
/// recipient, or itself. Mails to two domains in a row with nothing else said between them mean itself.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
enum Suspicion {
    #[default]
    None,
    /// By what was said of a mail to this domain.
    By(String),
    Confirmed,
}

impl Order {
    pub(super) fn holds(&self, now: Timestamp) -> bool {
        // One that is further away than any pause was set by a clock that has been put back since.
        let left = self.until.map_or(SignedDuration::ZERO, |until| until.duration_since(now));
        left > SignedDuration::ZERO && left <= LONGEST_PAUSE * 2
    }

    /// How often in a row the relay was out of order.
    pub(super) fn failures(&self) -> i64 {
        self.failures
    }

    /// Hears what was said of a mail to a domain, and says what it means.
    pub(super) fn hear(&mut self, domain: &str, verdict: Verdict) -> Verdict {
        let (suspicion, verdict) = match verdict {
            Verdict::PutOff(reply) if is_about_the_system(&reply) => match &self.suspicion {
                Suspicion::Confirmed => (Suspicion::Confirmed, Verdict::OutOfOrder(reply)),
                Suspicion::By(other) if other != domain => (Suspicion::Confirmed, Verdict::OutOfOrder(reply)),
                _ => (Suspicion::By(domain.to_owned()), Verdict::PutOff(reply)),
            },
            other => (Suspicion::None, other),
        };
        self.suspicion = suspicion;
        if !matches!(verdict, Verdict::OutOfOrder(_)) {
            (self.failures, self.until) = (0, None);
        }
        verdict
    }

    /// Begins a pause, longer after each failure in a row. Of those that were under way together the first alone counts:
    /// `failures` is what there were when this sending began.
    pub(super) fn pause(&mut self, failures: i64, now: Timestamp, retry: Retry) -> Timestamp {
        if let Some(until) = self.until.filter(|_| self.failures > failures) {
            return until;
        }
        let until = now + grown(retry.first, self.failures, retry.longest.min(LONGEST_PAUSE));
        (self.failures, self.until) = (self.failures.saturating_add(1), Some(until));
        until
    }
}

fn is_about_the_system(reply: &Reply) -> bool {
    reply.codes.split_once(' ').is_some_and(|(code, status)| code.starts_with('4') && status.starts_with("4.3."))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RETRY: Retry = Retry { first: SignedDuration::from_mins(1), longest: SignedDuration::from_hours(4) };

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn put_off(codes: &str) -> Verdict {
        Verdict::PutOff(Reply { codes: codes.to_owned(), text: String::new() })
    }

    fn taken() -> Verdict {
        Verdict::Taken(Reply { codes: "250".to_owned(), text: String::new() })
    }

    #[test]
    fn a_pause_holds_until_it_is_over_and_not_longer_for_a_clock_that_is_put_back() {
        let order = Order { failures: 1, until: Some(at(10_000)), ..Order::default() };
        assert!(order.holds(at(9_999)) && order.holds(at(9_100)));
        assert!(!order.holds(at(10_000)) && !order.holds(at(20_000)) && !order.holds(at(1_000)));
        assert!(!Order::default().holds(at(0)));
    }

    #[test]
    fn failures_that_were_under_way_together_count_once() {
        let mut order = Order::default();
        let first = order.pause(0, at(0), RETRY);
        assert_eq!((order.pause(0, at(1), RETRY), order.failures()), (first, 1));
        // Late, when the pause is over already.
        assert_eq!((order.pause(0, at(100), RETRY), order.failures()), (first, 1));
        let second = order.pause(1, at(100), RETRY);
        assert!(second.duration_since(at(100)).as_secs() >= 96, "twice as long, less a fifth");
        assert_eq!((order.pause(1, at(101), RETRY), order.failures()), (second, 2));
        order.hear("a.example", taken());
        assert!(!order.holds(at(101)) && order.failures() == 0);
    }

    #[test]
    fn two_domains_in_a_row_that_the_system_puts_off_mean_the_relay() {
        let is_relay = |said: &[(&str, &str)]| {
            let mut order = Order::default();
            let mut last = None;
            for (domain, codes) in said {
                let verdict = match *codes {
                    "250" => taken(),
                    "550 5.3.0" => Verdict::Refused(Reply { codes: (*codes).to_owned(), text: String::new() }),
                    codes => put_off(codes),
                };
                last = Some(order.hear(domain, verdict));
            }
            matches!(last, Some(Verdict::OutOfOrder(_)))
        };
        assert!(!is_relay(&[("a.example", "451 4.3.0")]), "once may be the recipient's system");
        for codes in ["451 4.3.0", "452 4.3.1", "421 4.3.2", "451 4.3.5"] {
            assert!(is_relay(&[("a.example", codes), ("b.example", codes)]), "{codes}");
            assert!(
                is_relay(&[
                    ("a.example", "452 4.3.1"),
                    ("b.example", codes),
                    ("b.example", codes),
                    ("a.example", codes)
                ]),
                "{codes}: and it stays so"
            );
        }
        assert!(
            !is_relay(&[("a.example", "451 4.3.0"), ("a.example", "451 4.3.0")]),
            "the same domain says nothing new"
        );
        for between in ["250", "450 4.2.1", "550 5.3.0", "450"] {
            assert!(
                !is_relay(&[("a.example", "451 4.3.0"), ("c.example", between), ("b.example", "451 4.3.0")]),
                "{between}"
            );
        }
        for other in ["450 4.2.1", "450", "451 4.4.3", "451 4.13.0", ""] {
            assert!(!is_relay(&[("a.example", other), ("b.example", other)]), "{other}");
        }
    }
}

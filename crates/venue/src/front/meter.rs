//! What clients have used of the limits that Binance has. They are told, and clients that watch the numbers slow down by
//! themselves. They are held only where the configuration says so: admission says who gets a turn. Nobody is kept by them
//! from cutting risk.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use units::Span;
use venue_core::AccountId;
use wire_binance::{ErrorCode, Failure};

use crate::config::ClientLimits;

/// Most addresses or accounts that are counted within a window; what comes beyond that is not counted.
const COUNTED_MAX: usize = 1 << 16;

/// The limits that are told where none are held, as Binance has them: weight a minute, orders in ten seconds and a minute.
const BINANCE: [u32; 3] = [2_400, 300, 1_200];

/// The windows of the limits, in seconds, and how they are named.
const WINDOWS: [(u64, &str); 3] = [(60, "MINUTE"), (10, "10 SECONDS"), (60, "MINUTE")];

/// A limit that a client is above.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Over {
    /// Which: weight, orders in ten seconds, orders in a minute.
    which: usize,
    limit: u32,
    /// When its window ends, in seconds from now.
    pub retry_after: u64,
}

impl Over {
    /// What the client is told.
    pub(crate) fn failure(self) -> Failure {
        let limit = self.limit.to_string();
        match WINDOWS.get(self.which) {
            Some((_, window)) if self.which > 0 => {
                Failure::with(ErrorCode::TooManyOrders, &[&limit, window])
            }
            _ => Failure::with(ErrorCode::TooManyRequests, &[&limit]),
        }
    }
}

/// What was used since a window began.
#[derive(Debug)]
struct Window<K> {
    length: Span,
    /// The number of the window, since 1970.
    number: u64,
    used: HashMap<K, u32>,
}

impl<K: Eq + Hash> Window<K> {
    fn new(length: Span) -> Self {
        Self { length, number: 0, used: HashMap::new() }
    }

    fn add(&mut self, key: K, amount: u32, now: Span) -> u32 {
        let number = now.as_nanos().checked_div(self.length.as_nanos()).unwrap_or(0);
        if number != self.number {
            self.number = number;
            self.used.clear();
        }
        if let Some(used) = self.used.get_mut(&key) {
            *used = used.saturating_add(amount);
            return *used;
        }
        if self.used.len() < COUNTED_MAX {
            self.used.insert(key, amount);
        }
        amount
    }
}

/// Counts of this minute and of these ten seconds.
#[derive(Debug)]
pub(crate) struct Meter {
    weight: Mutex<Window<IpAddr>>,
    orders: Mutex<[Window<AccountId>; 2]>,
    held: [Option<u32>; 3],
}

impl Meter {
    /// Counts of nothing yet.
    pub(crate) fn new(limits: &ClientLimits) -> Self {
        let [ten, minute] = [10, 60].map(Span::from_secs);
        let orders = [limits.orders_per_ten_seconds, limits.orders_per_minute];
        Self {
            held: [limits.weight_per_minute, orders[0], orders[1]],
            weight: Mutex::new(Window::new(minute)),
            orders: Mutex::new([Window::new(ten), Window::new(minute)]),
        }
    }

    /// The limits as they are told: weight a minute, orders in ten seconds and a minute.
    pub(crate) fn limits(&self) -> [u32; 3] {
        let mut told = BINANCE;
        for (told, held) in told.iter_mut().zip(self.held) {
            *told = held.unwrap_or(*told);
        }
        told
    }

    /// The first limit that is held and was gone beyond, by what was used of each.
    pub(crate) fn over(&self, weight: u32, orders: Option<[u32; 2]>, now: Span) -> Option<Over> {
        let [ten, minute] = orders.unwrap_or_default();
        let used = [weight, ten, minute].into_iter().zip(self.held).zip(WINDOWS);
        for (which, ((used, held), (window, _))) in used.enumerate() {
            if let Some(limit) = held.filter(|limit| used > *limit) {
                let gone = now.as_secs().checked_rem(window).unwrap_or(0);
                return Some(Over {
                    which,
                    limit,
                    retry_after: window.saturating_sub(gone).max(1),
                });
            }
        }
        None
    }

    /// Adds a request's weight, at a time since 1970; what the address has used within the minute.
    pub(crate) fn weigh(&self, from: IpAddr, weight: u32, now: Span) -> u32 {
        self.weight.lock().unwrap_or_else(PoisonError::into_inner).add(from, weight, now)
    }

    /// Adds orders; how many the account has sent within ten seconds, and within the minute.
    pub(crate) fn count(&self, account: AccountId, orders: u32, now: Span) -> [u32; 2] {
        let mut windows = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        windows.each_mut().map(|window| window.add(account, orders, now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_begin_anew_with_each_window() {
        // Clients that never see the number fall would stay slow for ever.
        let meter = Meter::new(&ClientLimits::default());
        let (one, other) = (AccountId::new(1), AccountId::new(2));
        let at = Span::from_secs;
        assert_eq!(meter.count(one, 2, at(61)), [2, 2]);
        assert_eq!(meter.count(one, 1, at(69)), [3, 3]);
        assert_eq!(meter.count(other, 1, at(69)), [1, 1]);
        assert_eq!(meter.count(one, 1, at(70)), [1, 4]);
        assert_eq!(meter.count(one, 0, at(120)), [0, 0]);
        let address = IpAddr::from([127, 0, 0, 1]);
        assert_eq!(meter.weigh(address, 40, at(1)), 40);
        assert_eq!(meter.weigh(address, 5, at(59)), 45);
        assert_eq!(meter.weigh(address, 5, at(60)), 5);
    }
    #[test]
    fn what_is_held_says_when_to_try_again_and_what_is_not_is_only_told() {
        // A client that does not know when to come back comes at once.
        let limits = ClientLimits { orders_per_ten_seconds: Some(5), ..ClientLimits::default() };
        let meter = Meter::new(&limits);
        assert_eq!(meter.limits(), [2_400, 5, 1_200]);
        let over = |weight, orders| meter.over(weight, orders, Span::from_secs(63));
        assert_eq!(over(9_999, None), None);
        assert_eq!(over(1, Some([5, 9_999])), None);
        let told = over(1, Some([6, 6])).expect("it is above it");
        assert_eq!(
            (told.retry_after, told.failure().code, told.failure().status),
            (7, -1_015, 429)
        );
        assert!(told.failure().message.contains("5 orders per 10 SECONDS"), "{told:?}");
    }
}

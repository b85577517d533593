//! What clients have used of the limits that Binance has. Nothing is refused for it: admission says who gets a turn, and
//! a refusal would keep the one out who wants to cut risk. Clients that watch these numbers slow down by themselves.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use units::Span;
use venue_core::AccountId;

/// Most addresses or accounts that are counted within a window; what comes beyond that is not counted.
const COUNTED_MAX: usize = 1 << 16;

/// The limits that are told, as Binance has them: weight a minute, orders in ten seconds and a minute.
pub(crate) const LIMITS: [u32; 3] = [2_400, 300, 1_200];

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
}

impl Default for Meter {
    fn default() -> Self {
        let [ten, minute] = [10, 60].map(Span::from_secs);
        Self {
            weight: Mutex::new(Window::new(minute)),
            orders: Mutex::new([Window::new(ten), Window::new(minute)]),
        }
    }
}

impl Meter {
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
        let meter = Meter::default();
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
}

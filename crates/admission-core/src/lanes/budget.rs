//! How much of the first class each client may have.

use std::collections::BTreeMap;

use units::{Span, Timestamp};

use super::settings::BudgetRules;

/// What a client's budget says of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Grant {
    /// It is within the budget.
    Within,
    /// It is above it, but the one that each client has in a second whatever it did.
    Assured,
    /// It is above it.
    Over,
}

/// The budgets of all clients.
#[derive(Clone, Debug, Default)]
pub(crate) struct Budgets {
    /// `None` is the one bucket of all who found no room for their own.
    buckets: BTreeMap<Option<u64>, Bucket>,
    swept: Timestamp,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    /// What is left, in thousand-millionths of a request; below zero after false claims.
    level: i64,
    at: Timestamp,
    assured: Option<Timestamp>,
}

/// Most clients whose budgets are kept at a time: those who came within [`IDLE`], at some 100 bytes each.
const CLIENTS_MAX: usize = 65_536;

/// After so long any bucket is full, and as good as forgotten: from the deepest debt, one burst, it fills
/// at its slowest in ten seconds.
const IDLE: Span = Span::from_secs(10);

/// How often each client is let through whatever it did, and how often full memory is swept.
const SECOND: Span = Span::from_secs(1);

/// One request in the unit of a level: a rate in requests a second times nanoseconds gives that unit.
const REQUEST: i64 = 1_000_000_000;

impl Budgets {
    /// Takes one request out of a client's budget.
    pub(crate) fn spend(
        &mut self,
        now: Timestamp,
        client: u64,
        open_orders: u32,
        rules: BudgetRules,
    ) -> Grant {
        let rate = i64::from(rules.rate.max(open_orders));
        let burst = requests(rules.burst)
            .max(i64::from(open_orders).saturating_mul(2).saturating_mul(REQUEST));
        let bucket = self.bucket(now, client, burst);
        let elapsed = i64::try_from(now.since(bucket.at).as_nanos()).unwrap_or(i64::MAX);
        bucket.level = bucket.level.saturating_add(elapsed.saturating_mul(rate)).min(burst);
        bucket.at = bucket.at.max(now);
        if bucket.level >= REQUEST {
            bucket.level = bucket.level.saturating_sub(REQUEST);
            Grant::Within
        } else if bucket.assured.is_none_or(|last| now.since(last) >= SECOND) {
            bucket.assured = Some(now);
            Grant::Assured
        } else {
            Grant::Over
        }
    }

    /// A client's claim turned out false. Its debt ends at one burst, so that it is out of it in time.
    pub(crate) fn debit(&mut self, now: Timestamp, client: u64, rules: BudgetRules) {
        let burst = requests(rules.burst);
        let bucket = self.bucket(now, client, burst);
        bucket.level =
            bucket.level.saturating_sub(requests(rules.false_claim)).max(burst.saturating_neg());
    }

    fn bucket(&mut self, now: Timestamp, client: u64, burst: i64) -> &mut Bucket {
        let full = self.buckets.len() >= CLIENTS_MAX && !self.buckets.contains_key(&Some(client));
        if full && now.since(self.swept) >= SECOND {
            self.swept = now;
            self.buckets.retain(|_, bucket| now.since(bucket.at) < IDLE);
        }
        let known = self.buckets.contains_key(&Some(client));
        let own = known || self.buckets.len() < CLIENTS_MAX;
        let fresh = Bucket { level: burst, at: now, assured: None };
        self.buckets.entry(own.then_some(client)).or_insert(fresh)
    }
}

fn requests(count: u32) -> i64 {
    i64::from(count).saturating_mul(REQUEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: BudgetRules = BudgetRules { rate: 20, burst: 100, false_claim: 5 };

    fn at(millis: u64) -> Timestamp {
        Timestamp::ZERO.after(Span::from_millis(3_600_000 + millis))
    }

    fn within(budgets: &mut Budgets, millis: u64, client: u64, open: u32, count: usize) -> usize {
        (0..count)
            .filter(|_| budgets.spend(at(millis), client, open, RULES) == Grant::Within)
            .count()
    }

    #[test]
    fn all_orders_of_an_account_can_be_cancelled_at_once() {
        // Otherwise a market maker with 300 orders sits on two thirds of them through a crash.
        let mut budgets = Budgets::default();
        assert_eq!(within(&mut budgets, 0, 1, 300, 1_000), 600);
        assert_eq!(within(&mut budgets, 1_000, 1, 300, 1_000), 300);
        assert_eq!(within(&mut budgets, 0, 2, 0, 1_000), 100);
        assert_eq!(within(&mut budgets, 500, 2, 0, 1_000), 10);
    }

    #[test]
    fn a_budget_fills_however_often_it_is_asked() {
        // Rounding each of many tiny spans down would leave an eager client without any budget.
        let mut budgets = Budgets::default();
        let from = at(0);
        let within = (0..100_000_u64).filter(|n| {
            let now = from.after(Span::from_micros(n * 10));
            budgets.spend(now, 1, 0, RULES) == Grant::Within
        });
        assert_eq!(within.count(), 119);
    }

    #[test]
    fn false_claims_cost_five_and_are_paid_off_in_time() {
        // Free false claims would make the first class worth trying for all; endless debt would lock an
        // account out of closing.
        let mut budgets = Budgets::default();
        budgets.debit(at(0), 1, RULES);
        assert_eq!(within(&mut budgets, 0, 1, 0, 1_000), 95);
        (0..1_000).for_each(|_| budgets.debit(at(0), 1, RULES));
        let mut at_level = |millis| budgets.spend(at(millis), 1, 0, RULES);
        assert_eq!(
            [at_level(0), at_level(999), at_level(1_000)],
            [Grant::Over, Grant::Over, Grant::Assured]
        );
        assert_eq!(at_level(5_100), Grant::Within);
    }

    #[test]
    fn memory_is_bounded_by_who_came_lately() {
        // Made-up client numbers would fill the memory, or shut everybody new out for good.
        let mut budgets = Budgets::default();
        for client in 0..70_000 {
            let grant = budgets.spend(at(0), client, 0, RULES);
            assert!(grant == Grant::Within || client >= 65_536, "{client}");
        }
        assert_eq!(budgets.buckets.len(), CLIENTS_MAX + 1);
        assert_eq!(within(&mut budgets, 11_000, 80_000, 0, 200), 100);
        assert_eq!(budgets.buckets.len(), 1);
    }
}

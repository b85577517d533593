//! Market-maker protection: how much of an account's orders in a market has traded lately.

use machine::codec_struct;
use units::Timestamp;

use crate::command::Protection;
use crate::value::Lots;

/// A guard's place in the venue's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct GuardId(u32);

impl GuardId {
    pub(crate) const fn new(number: u32) -> Self {
        Self(number)
    }

    pub(crate) const fn number(self) -> u32 {
        self.0
    }

    pub(crate) fn place(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

codec_struct! { Guard { protection, since, counted, frozen_until } }

/// The protection of an account in a market, and what it has counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Guard {
    /// `None` where it was taken away.
    pub(crate) protection: Option<Protection>,
    /// When the window began, with its first trade.
    since: Timestamp,
    /// What has traded in it.
    counted: Lots,
    /// New orders that do not reduce are refused before.
    pub(crate) frozen_until: Timestamp,
}

impl Guard {
    /// Sets or takes away the protection; counting begins anew, and nothing is frozen any more.
    pub(crate) fn set(&mut self, protection: Option<Protection>) {
        *self = Self { protection, ..Self::default() };
    }

    /// Whether orders of so many lots could trip it, traded now.
    pub(crate) fn could_trip(&self, lots: Lots, now: Timestamp) -> bool {
        let mut then = *self;
        then.count(lots, now).is_some()
    }

    /// Counts traded lots, and says until when the account is frozen where it has been enough.
    pub(crate) fn count(&mut self, lots: Lots, now: Timestamp) -> Option<Timestamp> {
        let protection = self.protection?;
        if self.counted == Lots::ZERO || now.since(self.since) >= protection.window {
            self.since = now;
            self.counted = Lots::ZERO;
        }
        self.counted = self.counted.plus(lots);
        if self.counted < protection.lots_max {
            return None;
        }
        self.counted = Lots::ZERO;
        self.frozen_until = now.after(protection.frozen);
        Some(self.frozen_until)
    }
}

#[cfg(test)]
mod tests {
    use units::Span;

    use super::*;

    #[test]
    fn lots_are_counted_within_a_window_that_its_first_trade_begins() {
        // A maker who is hit slowly must not be cancelled, and one who is hit fast must be.
        let at = Timestamp::from_nanos;
        let span = Span::from_nanos;
        let mut guard = Guard::default();
        assert_eq!(guard.count(Lots::new(100), at(0)), None);
        let protection = Protection { window: span(10), lots_max: Lots::new(5), frozen: span(7) };
        guard.set(Some(protection));
        assert_eq!(guard.count(Lots::new(4), at(20)), None);
        assert_eq!(guard.count(Lots::new(4), at(30)), None);
        assert!(guard.could_trip(Lots::new(1), at(39)) && !guard.could_trip(Lots::new(4), at(40)));
        assert_eq!(guard.count(Lots::new(1), at(39)), Some(at(46)));
        assert_eq!(guard.count(Lots::new(4), at(39)), None);
    }
}

//! What a source has said, and the clocks that say what it is worth: when its connection was last alive, how old its
//! newest price is, and how far its own clock is off.

use units::{Price, Timestamp};

use crate::depth::DepthAverage;
use crate::input::{Moment, Quote, Trade};
use crate::settings::{Parameters, SourceSettings};
use crate::source::source_price;
use crate::tick::Refusal;

/// Everything that is known of one source.
#[derive(Clone, Debug, Default)]
pub(crate) struct SourceState {
    pub quote: Option<Quote>,
    pub trade: Option<Trade>,
    /// The price of a source without a book.
    pub point: Option<Trade>,
    pub depth: DepthAverage,
    heard_at: Option<Timestamp>,
    /// When it last said something of prices.
    priced_at: Option<Timestamp>,
    /// By how many milliseconds its newest message was behind our clock.
    pub behind_ms: Option<i64>,
    lost: bool,
    gap: bool,
    /// Its newest price, and since when it is that.
    pub own: Option<Price>,
    pub changed_at: Timestamp,
    /// Whether it was found to stand still while others moved; until its price changes.
    pub frozen: bool,
}

impl SourceState {
    /// Something came from its connection.
    pub(crate) fn hear(&mut self, at: Moment) {
        (self.heard_at, self.lost) = (Some(at.now), false);
    }

    /// Its connection is gone, and with it everything that is known of its book.
    pub(crate) fn lose(&mut self) {
        (self.lost, self.gap) = (true, false);
        (self.quote, self.trade, self.point, self.behind_ms) = (None, None, None, None);
    }

    /// Messages are missing, or are not any more. What was known of the book is not true any more.
    pub(crate) fn set_gap(&mut self, at: Moment, gap: bool) {
        self.hear(at);
        self.gap = gap;
        if gap {
            (self.quote, self.trade, self.point) = (None, None, None);
        }
    }

    /// Takes in a book's best prices, unless it has newer ones.
    pub(crate) fn take_quote(&mut self, at: Moment, quote: Quote) {
        self.hear(at);
        let newer = self.quote.is_none_or(|old| {
            is_newer((old.time_ms, old.sequence), (quote.time_ms, quote.sequence))
        });
        if newer {
            self.quote = Some(quote);
            self.note(at, quote.time_ms);
        }
    }

    /// Takes in a trade, or the price of a source without a book, unless it has a newer one.
    pub(crate) fn take_trade(&mut self, at: Moment, trade: Trade, is_point: bool) {
        self.hear(at);
        if trade.price <= Price::ZERO {
            return;
        }
        let known = if is_point { &mut self.point } else { &mut self.trade };
        let newer = known.is_none_or(|old| {
            is_newer((old.time_ms, old.sequence), (trade.time_ms, trade.sequence))
        });
        if newer {
            *known = Some(trade);
            self.note(at, trade.time_ms);
        }
    }

    fn note(&mut self, at: Moment, time_ms: Option<u64>) {
        self.priced_at = Some(at.now);
        if let Some(time_ms) = time_ms {
            let behind = i128::from(at.unix_ms).saturating_sub(i128::from(time_ms));
            self.behind_ms = Some(i64::try_from(behind).unwrap_or(i64::MAX));
        }
    }

    /// Its own price, before conversion; or why there is none. Whoever is refused keeps the last one, to be shown.
    pub(crate) fn price(
        &mut self,
        now: Timestamp,
        settings: &SourceSettings,
        parameters: &Parameters,
    ) -> Result<Price, Refusal> {
        let heard_at = self.heard_at.ok_or(Refusal::NothingYet)?;
        if self.lost {
            return Err(Refusal::Lost);
        }
        if now.since(heard_at) >= settings.silent_after {
            return Err(Refusal::Silent);
        }
        if self.gap {
            return Err(Refusal::Gap);
        }
        let price = match (self.quote, self.point) {
            (Some(quote), _) => {
                source_price(quote, self.trade, self.depth.latest, parameters.into())?
            }
            (None, Some(point)) => point.price,
            (None, None) => return Err(Refusal::NothingYet),
        };
        if self.own != Some(price) {
            (self.own, self.changed_at, self.frozen) = (Some(price), now, false);
        }
        let old = |priced_at: Timestamp, most| now.since(priced_at) > most;
        if self.priced_at.zip(settings.age_max).is_some_and(|(at, most)| old(at, most)) {
            return Err(Refusal::OldPrice);
        }
        Ok(price)
    }
}

/// Whether a message is not older than another, by number or else by time.
fn is_newer(
    (old_time, old_number): (Option<u64>, u64),
    (time, number): (Option<u64>, u64),
) -> bool {
    if old_number > 0 && number > 0 && old_number != number {
        return number > old_number;
    }
    old_time.zip(time).is_none_or(|(old, new)| new >= old)
}

/// How far the clocks of sources are off, all together: the median, where at least three say.
pub(crate) fn common_skew(behind: &mut [i64]) -> Option<i64> {
    behind.sort_unstable();
    if behind.len() < 3 {
        return None;
    }
    behind.get(behind.len() >> 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Class, GroupKind};
    use units::Span;

    fn at(secs: u64) -> Moment {
        Moment { now: Timestamp::ZERO.after(Span::from_secs(secs)), unix_ms: secs * 1_000 }
    }

    fn quote(price: i128, sequence: u64) -> Quote {
        Quote { bid: Price::whole(price), ask: Price::whole(price), time_ms: None, sequence }
    }

    fn price(state: &mut SourceState, secs: u64) -> Result<Price, Refusal> {
        let settings = SourceSettings::new("a:1", "A/USD", "a", GroupKind::Exchange);
        state.price(at(secs).now, &settings, &Parameters::of(Class::Major))
    }

    #[test]
    fn five_silent_seconds_are_too_many() {
        let mut state = SourceState::default();
        assert_eq!(price(&mut state, 0), Err(Refusal::NothingYet));
        state.take_quote(at(0), quote(100, 1));
        assert_eq!(price(&mut state, 4), Ok(Price::whole(100)));
        assert_eq!(price(&mut state, 5), Err(Refusal::Silent));
        state.hear(at(5));
        assert_eq!(
            price(&mut state, 9),
            Ok(Price::whole(100)),
            "a heartbeat says that nothing has changed"
        );
    }

    #[test]
    fn what_was_known_before_a_gap_is_not_used_after_it() {
        let mut state = SourceState::default();
        state.take_quote(at(0), quote(100, 1));
        state.set_gap(at(1), true);
        assert_eq!(price(&mut state, 1), Err(Refusal::Gap));
        state.set_gap(at(2), false);
        assert_eq!(price(&mut state, 2), Err(Refusal::NothingYet));
        state.lose();
        assert_eq!(price(&mut state, 2), Err(Refusal::Lost));
        state.take_quote(at(3), quote(101, 1));
        assert_eq!(price(&mut state, 3), Ok(Price::whole(101)));
    }

    #[test]
    fn messages_that_overtake_one_another_leave_the_newest() {
        let mut state = SourceState::default();
        state.take_quote(at(0), quote(100, 7));
        state.take_quote(at(0), quote(99, 6));
        assert_eq!(price(&mut state, 0), Ok(Price::whole(100)));
    }

    #[test]
    fn one_clock_that_is_off_is_told_from_ours() {
        assert_eq!(common_skew(&mut [15, 20_000]), None);
        assert_eq!(common_skew(&mut [15, 20_000, 30]), Some(30));
        assert_eq!(common_skew(&mut [20_000, 20_100, 19_900, 5]), Some(20_000));
    }
}

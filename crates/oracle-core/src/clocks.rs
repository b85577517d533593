//! What a source has said, and the clocks that say what it is worth: when its connection was last alive, how old its
//! newest price is, and how far its own clock is off.

use units::{Price, Span, Timestamp};

use crate::depth::DepthAverage;
use crate::input::{Moment, Quote, Trade};
use crate::refusal::Refusal;
use crate::settings::{Parameters, SourceSettings};
use crate::source::source_price;
use crate::volume::Volume;

/// How long what is known is kept against messages that claim to be older. One wrong number or time from a venue must
/// not shut out everything that it says afterwards.
const DOUBT_MAX: Span = Span::from_secs(5);

/// Everything that is known of one source.
#[derive(Clone, Debug, Default)]
pub(crate) struct SourceState {
    pub quote: Option<Quote>,
    pub trade: Option<Trade>,
    /// The price of a source without a book.
    pub point: Option<Trade>,
    quote_at: Timestamp,
    trade_at: Timestamp,
    point_at: Timestamp,
    pub depth: DepthAverage,
    pub volume: Volume,
    heard_at: Option<Timestamp>,
    /// When it last said something of prices.
    priced_at: Option<Timestamp>,
    /// When its newest message with a time came, and by how many milliseconds that was behind our clock.
    behind: Option<(Timestamp, i64)>,
    lost: bool,
    gap: bool,
    /// It was asked and had no price, and has not had one since.
    no_price: bool,
    /// Its newest price, and since when it is that.
    pub own: Option<Price>,
    pub changed_at: Timestamp,
    /// Whether it was found to stand still while others moved; until its price changes.
    pub frozen: bool,
}

/// A message's time and number by the venue, and when it came.
#[derive(Clone, Copy)]
struct Stamp {
    time_ms: Option<u64>,
    sequence: u64,
    at: Timestamp,
}

impl SourceState {
    /// Something came from its connection.
    pub(crate) fn hear(&mut self, at: Moment) {
        self.lost = false;
        self.heard_at = self.heard_at.max(Some(at.now));
    }

    /// How long ago something last came from its connection; `None` where nothing ever did.
    pub(crate) fn heard(&self, now: Timestamp) -> Option<Span> {
        self.heard_at.map(|heard_at| now.since(heard_at))
    }

    /// By how many milliseconds its newest message was behind our clock; `None` where it does not tell the time.
    pub(crate) fn behind_ms(&self) -> Option<i64> {
        self.behind.map(|(_, behind_ms)| behind_ms)
    }

    /// Its connection is gone, and with it everything that is known of its book.
    pub(crate) fn lose(&mut self) {
        (self.lost, self.gap) = (true, false);
        (self.quote, self.trade, self.point, self.behind) = (None, None, None, None);
    }

    /// Messages are missing, or are not any more. What was known of the book is not true any more.
    pub(crate) fn set_gap(&mut self, at: Moment, gap: bool) {
        self.hear(at);
        self.gap = gap;
        if gap {
            (self.quote, self.trade, self.point) = (None, None, None);
        }
    }

    /// It was asked and has no price, which makes all that was known of its prices untrue.
    pub(crate) fn withdraw(&mut self, at: Moment) {
        self.hear(at);
        self.no_price = true;
        (self.quote, self.trade, self.point) = (None, None, None);
    }

    /// Takes in a book's best prices, unless it has newer ones.
    pub(crate) fn take_quote(&mut self, at: Moment, quote: Quote) {
        self.hear(at);
        self.note_price(at);
        self.note_clock(at, quote.time_ms);
        let stamp =
            |quote: Quote, at| Stamp { time_ms: quote.time_ms, sequence: quote.sequence, at };
        let old = self.quote.map(|old| stamp(old, self.quote_at));
        if old.is_none_or(|old| is_newer(old, stamp(quote, at.now))) {
            (self.quote, self.quote_at) = (Some(quote), at.now);
        }
    }

    /// Takes in a trade, unless it has a newer one.
    pub(crate) fn take_trade(&mut self, at: Moment, trade: Trade) {
        self.hear(at);
        if trade.price <= Price::ZERO {
            return;
        }
        self.note_price(at);
        self.note_clock(at, trade.time_ms);
        let told = |old: Trade| trade.sequence > 0 && old.sequence == trade.sequence;
        if !self.trade.is_some_and(told) {
            self.volume.take(at.now, trade.quantity);
        }
        take_newer((&mut self.trade, &mut self.trade_at), trade, at.now);
    }

    /// Takes in the price of a source without a book, unless it has a newer one. Its time is when that price was true,
    /// such as a block's, and says nothing of a clock.
    pub(crate) fn take_point(&mut self, at: Moment, point: Trade) {
        self.hear(at);
        if point.price <= Price::ZERO {
            return;
        }
        self.note_price(at);
        take_newer((&mut self.point, &mut self.point_at), point, at.now);
    }

    fn note_price(&mut self, at: Moment) {
        self.no_price = false;
        self.priced_at = self.priced_at.max(Some(at.now));
    }

    /// Of messages that came at the same moment the newest by the venue's clock counts, in whatever order they are
    /// taken in.
    fn note_clock(&mut self, at: Moment, time_ms: Option<u64>) {
        let Some(time_ms) = time_ms else { return };
        let behind = i128::from(at.unix_ms).saturating_sub(i128::from(time_ms));
        let behind = i64::try_from(behind).unwrap_or(i64::MAX);
        self.behind = match self.behind {
            Some((known, _)) if known > at.now => return,
            Some((known, before)) if known == at.now => Some((known, before.min(behind))),
            Some(_) | None => Some((at.now, behind)),
        };
    }

    /// Its own price, before conversion; or why there is none. Whoever is refused keeps the last one, to be shown.
    pub(crate) fn price(
        &mut self,
        at: Moment,
        settings: &SourceSettings,
        parameters: &Parameters,
    ) -> Result<Price, Refusal> {
        let heard_at = self.heard_at.ok_or(Refusal::NothingYet)?;
        if self.lost {
            return Err(Refusal::Lost);
        }
        if at.now.since(heard_at) >= settings.silent_after {
            return Err(Refusal::Silent);
        }
        if self.gap {
            return Err(Refusal::Gap);
        }
        if self.no_price {
            return Err(Refusal::NoPrice);
        }
        let price = match (self.quote, self.point) {
            (Some(quote), _) => {
                let depth = self.depth.latest(at.now);
                source_price(quote, self.trade, depth, parameters.into())?
            }
            (None, Some(point)) => point.price,
            (None, None) => return Err(Refusal::NothingYet),
        };
        if self.own != Some(price) {
            (self.own, self.changed_at, self.frozen) = (Some(price), at.now, false);
        }
        if settings.age_max.is_some_and(|most| self.age(at) > most) {
            return Err(Refusal::OldPrice);
        }
        Ok(price)
    }

    /// How old its price is: since it came, or for a source without a book since it was true, if that is longer.
    fn age(&self, at: Moment) -> Span {
        let came = self.priced_at.map_or(Span::ZERO, |priced_at| at.now.since(priced_at));
        let point = self.point.filter(|_| self.quote.is_none());
        let true_at = point.and_then(|point| point.time_ms);
        let was = true_at.map_or(0, |time_ms| at.unix_ms.saturating_sub(time_ms));
        came.max(Span::from_millis(was))
    }
}

fn take_newer(
    (known, known_at): (&mut Option<Trade>, &mut Timestamp),
    trade: Trade,
    at: Timestamp,
) {
    let stamp = |trade: Trade, at| Stamp { time_ms: trade.time_ms, sequence: trade.sequence, at };
    if known.is_none_or(|old| is_newer(stamp(old, *known_at), stamp(trade, at))) {
        (*known, *known_at) = (Some(trade), at);
    }
}

/// Whether a message is not older than another: by number, or else by time, or else by when it came.
fn is_newer(old: Stamp, new: Stamp) -> bool {
    if new.at.since(old.at) > DOUBT_MAX {
        return true;
    }
    if old.sequence > 0 && new.sequence > 0 && old.sequence != new.sequence {
        return new.sequence > old.sequence;
    }
    match old.time_ms.zip(new.time_ms) {
        Some((old, new)) if old != new => new > old,
        Some(_) | None => new.at >= old.at,
    }
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

    fn at(secs: u64) -> Moment {
        Moment { now: Timestamp::ZERO.after(Span::from_secs(secs)), unix_ms: secs * 1_000 }
    }

    fn quote(price: i128, sequence: u64) -> Quote {
        Quote { bid: Price::whole(price), ask: Price::whole(price), time_ms: None, sequence }
    }

    fn price(state: &mut SourceState, secs: u64) -> Result<Price, Refusal> {
        let settings = SourceSettings::new("a:1", "A/USD", "a", GroupKind::Exchange);
        state.price(at(secs), &settings, &Parameters::of(Class::Major))
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
    fn what_a_contract_said_is_not_used_once_it_refuses() {
        let mut state = SourceState::default();
        let point =
            |price, sequence| Trade { price: Price::whole(price), sequence, ..Trade::default() };
        state.take_point(at(0), point(100, 7));
        assert_eq!(price(&mut state, 0), Ok(Price::whole(100)));
        state.withdraw(at(1));
        assert_eq!(price(&mut state, 1), Err(Refusal::NoPrice));
        state.take_point(at(2), point(101, 8));
        assert_eq!(price(&mut state, 2), Ok(Price::whole(101)));
    }

    #[test]
    fn messages_that_overtake_one_another_leave_the_newest() {
        let mut state = SourceState::default();
        state.take_quote(at(0), quote(100, 7));
        state.take_quote(at(0), quote(99, 6));
        assert_eq!(price(&mut state, 0), Ok(Price::whole(100)));
    }

    #[test]
    fn one_wrong_number_does_not_shut_out_what_comes_after_it() {
        let mut state = SourceState::default();
        state.take_quote(at(0), quote(100, u64::MAX));
        state.take_quote(at(5), quote(99, 6));
        assert_eq!(price(&mut state, 5), Ok(Price::whole(100)), "it may be a late one");
        state.take_quote(at(6), quote(98, 7));
        assert_eq!(price(&mut state, 6), Ok(Price::whole(98)));
    }

    #[test]
    fn a_block_of_a_minute_ago_is_an_age_and_no_clock() {
        // Chainlink's rounds are up to an hour old; as a clock that is off they would never be used.
        let mut state = SourceState::default();
        let point = Trade { price: Price::ONE, time_ms: Some(40_000), ..Trade::default() };
        state.take_point(at(100), point);
        assert_eq!(state.behind_ms(), None);
        assert_eq!(price(&mut state, 100), Ok(Price::ONE));
        let mut settings = SourceSettings::new("a:1", "A/USD", "a", GroupKind::Reference);
        let parameters = Parameters::of(Class::Major);
        settings.age_max = Some(Span::from_secs(60));
        assert_eq!(state.price(at(100), &settings, &parameters), Ok(Price::ONE));
        assert_eq!(state.price(at(101), &settings, &parameters), Err(Refusal::OldPrice));
    }

    #[test]
    fn the_order_of_arrival_within_a_moment_changes_nothing() {
        let messages = [(1, Some(900), 7), (2, None, 9), (2, Some(1_990), 8), (3, Some(1_500), 5)];
        let mut forth = SourceState::default();
        let mut back = SourceState::default();
        let take = |state: &mut SourceState, (secs, time_ms, sequence): (u64, Option<u64>, u64)| {
            state.take_quote(at(secs), Quote { time_ms, ..quote(100, sequence) });
        };
        messages.iter().for_each(|one| take(&mut forth, *one));
        messages.iter().rev().for_each(|one| take(&mut back, *one));
        assert_eq!(format!("{forth:?}"), format!("{back:?}"));
    }

    #[test]
    fn one_clock_that_is_off_is_told_from_ours() {
        assert_eq!(common_skew(&mut [15, 20_000]), None);
        assert_eq!(common_skew(&mut [15, 20_000, 30]), Some(30));
        assert_eq!(common_skew(&mut [20_000, 20_100, 19_900, 5]), Some(20_000));
    }
}

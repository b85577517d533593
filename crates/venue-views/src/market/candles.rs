//! Candles of all intervals, out of three that are kept.

use std::collections::VecDeque;

use machine::{Codec, CodecError, Reader};
use units::{Money, Span, Timestamp};

use crate::history::keep;
use crate::market::candle::Candle;
use crate::market::interval::Interval;
use crate::trade::PublicTrade;

/// What is kept, and how much of it: two days of minutes, thirty days of quarters of an hour, four years of days; some
/// 900 KiB of trades a market that trades all the time, and as much of its index, its mark and its premium each.
const KEPT: [(Interval, usize); 3] =
    [(Interval::Minute1, 2_880), (Interval::Minute15, 2_880), (Interval::Day1, 1_460)];

/// Candles with trades, the oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Candles {
    kept: [VecDeque<Candle>; 3],
}

impl Candles {
    /// Takes a trade in. Times do not go back.
    pub(crate) fn trade(&mut self, trade: &PublicTrade, quote: Money) {
        for ((interval, most), kept) in KEPT.into_iter().zip(&mut self.kept) {
            let candle = Candle::of(interval.start(trade.at), trade, quote);
            match kept.back_mut() {
                Some(last) if last.from >= candle.from => last.add(&candle),
                _ => keep(kept, most, candle),
            }
        }
    }

    /// What an interval is made of: the longest that is kept and fits into it.
    fn parts_of(&self, interval: Interval) -> &VecDeque<Candle> {
        let [minutes, quarters, days] = &self.kept;
        if interval >= Interval::Day1 {
            days
        } else if interval >= Interval::Minute15 {
            quarters
        } else {
            minutes
        }
    }

    /// At most so many candles that begin within `from..=to`, the oldest first: the first ones where `from` is given,
    /// else the last. Spans without a trade are flat at the close before them; before the first trade that is kept there
    /// are none.
    pub(crate) fn get(
        &self,
        interval: Interval,
        from: Option<Timestamp>,
        to: Timestamp,
        limit: usize,
    ) -> Vec<Candle> {
        let parts = self.parts_of(interval);
        let Some(first) = parts.front().map(|first| interval.start(first.from)) else {
            return Vec::new();
        };
        let mut start = from.map_or_else(
            || back(interval, to, (first, limit)),
            |from| if interval.start(from) < from { interval.next(from) } else { from },
        );
        start = start.max(first);
        let mut place = parts.partition_point(|part| part.from < start);
        let mut close = place.checked_sub(1).and_then(|before| parts.get(before)).map(|c| c.close);
        let mut candles = Vec::new();
        while start <= to && candles.len() < limit {
            let next = interval.next(start);
            let mut candle = Candle::flat(start, close.unwrap_or_default());
            while let Some(part) = parts.get(place).filter(|part| part.from < next) {
                candle.add(part);
                place = place.saturating_add(1);
            }
            close = Some(candle.close);
            candles.push(candle);
            if next <= start {
                break;
            }
            start = next;
        }
        candles
    }

    /// All trades from a time on (of its minute on) as one, if there are any.
    pub(crate) fn since(&self, from: Timestamp) -> Option<Candle> {
        let [minutes, quarters, _] = &self.kept;
        let border = if Interval::Minute15.start(from) == from {
            from
        } else {
            Interval::Minute15.next(from)
        };
        let first = minutes.partition_point(|part| part.from < from);
        let edge = minutes.iter().skip(first).take_while(|part| part.from < border);
        let whole = quarters.partition_point(|part| part.from < border);
        let mut sum: Option<Candle> = None;
        for part in edge.chain(quarters.iter().skip(whole)) {
            match &mut sum {
                Some(sum) => sum.add(part),
                None => sum = Some(*part),
            }
        }
        sum
    }
}

/// The beginning of the span that is so many before the one that ends a list, or one at or before the first.
fn back(interval: Interval, to: Timestamp, (first, limit): (Timestamp, usize)) -> Timestamp {
    let mut start = interval.start(to);
    for _ in 1..limit {
        if start <= first {
            break;
        }
        start = interval.start(start.before(Span::from_nanos(1)));
    }
    start
}

impl Codec for Candles {
    fn encode(&self, bytes: &mut Vec<u8>) {
        self.kept.iter().for_each(|kept| kept.encode(bytes));
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let mut candles = Self::default();
        for kept in &mut candles.kept {
            *kept = Codec::decode(reader)?;
        }
        Ok(candles)
    }
}

#[cfg(test)]
mod tests {
    use machine::Prng;
    use venue_core::{Lots, Side, Ticks, TradeId};

    use super::*;

    const MINUTE: u64 = 60;

    fn at(secs: u64) -> Timestamp {
        Timestamp::ZERO.after(Span::from_secs(secs))
    }

    fn trade(number: u64, secs: u64, price: i64) -> PublicTrade {
        PublicTrade {
            trade: TradeId::new(number),
            price: Ticks::new(price),
            lots: Lots::new(2),
            taker_side: Side::Buy,
            at: at(secs),
        }
    }

    /// The shape of candles: beginning, open, high, low, close, trades.
    fn shape(candles: &[Candle]) -> Vec<(u64, i64, i64, i64, i64, u64)> {
        let shape = |candle: &Candle| {
            let from = candle.from.as_nanos() / 1_000_000_000;
            let prices = [candle.open, candle.high, candle.low, candle.close].map(Ticks::number);
            (from, prices[0], prices[1], prices[2], prices[3], candle.trades)
        };
        candles.iter().map(shape).collect()
    }

    #[test]
    fn a_span_without_a_trade_is_flat_at_the_close_before_it() {
        // A chart with a hole, or with a price of nothing, is read as a crash.
        let mut candles = Candles::default();
        for (number, secs, price) in [(1, 600, 10), (2, 610, 12), (3, 659, 9), (4, 840, 11)] {
            candles.trade(&trade(number, secs, price), Money::ONE);
        }
        let get = |from: Option<u64>, to, limit| {
            shape(&candles.get(Interval::Minute1, from.map(at), at(to), limit))
        };
        let all = [
            (600, 10, 12, 9, 9, 3),
            (660, 9, 9, 9, 9, 0),
            (720, 9, 9, 9, 9, 0),
            (780, 9, 9, 9, 9, 0),
            (840, 11, 11, 11, 11, 1),
            (900, 11, 11, 11, 11, 0),
        ];
        assert_eq!(get(None, 901, 100), all);
        assert_eq!(get(None, 850, 2), all[3..5]);
        assert_eq!(get(Some(0), 901, 2), all[..2]);
        assert_eq!(get(Some(601), 901, 2), all[1..3], "one that begins before is not in it");
        let three = candles.get(Interval::Minute3, None, at(901), 9);
        assert_eq!(
            shape(&three),
            [(540, 10, 12, 9, 9, 3), (720, 11, 11, 11, 11, 1), (900, 11, 11, 11, 11, 0)]
        );
    }

    #[test]
    fn every_interval_and_the_ticker_add_up_to_all_trades() {
        // A volume that depends on the chart's interval is a wrong one.
        let mut prng = Prng::new(5);
        let mut candles = Candles::default();
        let (mut secs, mut count) = (1_700_000_000, 0);
        while count < 3_000 {
            count += 1;
            secs += prng.below(50);
            candles.trade(&trade(count, secs, 100 + prng.below(9) as i64), Money::ONE);
        }
        for interval in Interval::ALL {
            let all = candles.get(interval, None, at(secs), 1_500);
            assert_eq!(all.iter().map(|candle| candle.trades).sum::<u64>(), count, "{interval:?}");
            assert_eq!(all.iter().map(|candle| candle.lots.number()).sum::<i64>(), 6_000);
        }
        for hours in [1, 3, 5, 24 * 30] {
            let from = Interval::Minute1.start(at(secs - hours * 60 * MINUTE));
            let since = candles.since(from).expect("trades");
            let minutes = candles.get(Interval::Minute1, Some(from), at(secs), usize::MAX);
            let sum: u64 = minutes.iter().map(|candle| candle.trades).sum();
            assert_eq!((since.trades, since.last.number()), (sum, count), "{hours} hours");
        }
    }
}

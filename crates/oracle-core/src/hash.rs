//! What a digest is worked out from, in order.

use sha2::{Digest as _, Sha256};
use units::{Price, Ratio};

use crate::clocks::SourceState;
use crate::digest::Digest;
use crate::input::Moment;
use crate::settings::OracleSettings;
use crate::tick::Tick;

/// What is hashed, in order, each number at its full width.
struct Hasher(Sha256);

impl Hasher {
    fn number(&mut self, number: u64) {
        self.0.update(number.to_be_bytes());
    }

    fn raw(&mut self, number: i128) {
        self.0.update(number.to_be_bytes());
    }

    fn moment(&mut self, at: Moment) {
        self.number(at.now.as_nanos());
        self.number(at.unix_ms);
    }

    fn price(&mut self, price: Option<Price>) {
        self.number(u64::from(price.is_some()));
        self.raw(price.map_or(0, Price::raw));
    }

    fn ratio(&mut self, ratio: Option<Ratio>) {
        self.number(u64::from(ratio.is_some()));
        self.raw(ratio.map_or(0, Ratio::raw));
    }

    fn finish(self) -> Digest {
        Digest(self.0.finalize().into())
    }
}

/// The digest of a configuration, as this version of Seawall understands it.
pub(crate) fn of_settings(settings: &OracleSettings) -> Digest {
    let mut hasher = Hasher(Sha256::new());
    hasher.0.update(format!("{settings:?}").as_bytes());
    hasher.finish()
}

/// The digest of a tick; it holds the one before, so that a whole history is held by its last.
pub(crate) fn of_tick<'a>(
    settings: Digest,
    before: Digest,
    tick: &Tick,
    sources: impl Iterator<Item = &'a SourceState>,
) -> Digest {
    let mut hasher = Hasher(Sha256::new());
    hasher.0.update(settings.0);
    hasher.0.update(before.0);
    hasher.number(tick.number);
    hasher.moment(tick.at);
    for state in sources {
        let quote = state.quote.unwrap_or_default();
        hasher.raw(quote.bid.raw());
        hasher.raw(quote.ask.raw());
        hasher.raw(state.trade.map_or(0, |trade| trade.price.raw()));
        hasher.raw(state.point.map_or(0, |point| point.price.raw()));
        hasher.raw(state.behind_ms().map_or(i128::MIN, i128::from));
        hasher.number(state.depth.whole().unwrap_or(u64::MAX));
    }
    for report in &tick.sources {
        hasher.price(report.price);
        hasher.0.update(report.refusal.map_or("used", |refusal| refusal.name()).as_bytes());
        hasher.raw(report.weight.raw());
    }
    hasher.0.update(tick.status.name().as_bytes());
    for price in [tick.market, tick.fundamental, tick.liquidation, tick.confidence] {
        hasher.price(price);
    }
    hasher.ratio(tick.divergence);
    hasher.moment(tick.as_of.unwrap_or_default());
    hasher.price(tick.last_good.map(|last| last.price));
    hasher.moment(tick.last_good.map_or_else(Moment::default, |last| last.at));
    hasher.0.update([bounded(tick.groups.0), bounded(tick.groups.1), bounded(tick.causes.len())]);
    tick.clusters.iter().for_each(|price| hasher.price(Some(*price)));
    hasher.price(tick.averages.ema);
    for average in tick.averages.twap {
        hasher.price(average.map(|average| average.price));
        hasher.ratio(average.map(|average| average.coverage));
    }
    hasher.finish()
}

fn bounded(count: usize) -> u8 {
    u8::try_from(count).unwrap_or(u8::MAX)
}

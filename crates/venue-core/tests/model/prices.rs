//! What things are held to be worth.

use units::fixed::mul_div;
use units::{Price, Rounding};
use venue_core::{
    AssetId, Event, MarketId, PriceOf, PriceStatus, PriceUpdate, Refusal, Side, Ticks, WHOLE_LIMIT,
};

use super::state::{Market, Marks, Worth};
use super::{Model, Outcome};

/// One, of the parts that a basis and an impact price are kept in.
const FRACTION: i128 = 1 << 32;

/// Levels of a side that an impact price looks at.
const IMPACT_LEVELS: usize = 256;

impl Model {
    pub(crate) fn price(&mut self, update: &PriceUpdate) -> Outcome {
        match update.of {
            PriceOf::Index(market) => self.price_index(market, update),
            PriceOf::Asset(asset) => self.price_asset(asset, update),
        }
    }

    fn price_asset(&mut self, asset: AssetId, update: &PriceUpdate) -> Outcome {
        if asset == AssetId::SETTLEMENT || asset.place() >= self.assets.len() {
            return Err(Refusal::UnknownAsset);
        }
        let (now, limits) = (self.now, self.price_limits());
        let heard = update.as_of.as_nanos().min(now);
        let known = &mut self.assets[asset.place()];
        check_update(update, heard, known.heard, |lane| lane.raw() > 0)?;
        known.heard = Some(heard);
        known.standing = known.standing.followed_by(update.status, now - heard, now, limits);
        let status = known.standing.at(now);
        known.split = split_since(known.split, status, now);
        if !is_frozen(status) {
            let [low, high] = ends(update, update.liquidation);
            let low = low.max(0);
            known.worth = Some(Worth { low, high });
        }
        self.tell(Event::Priced(*update));
        Ok(())
    }

    fn price_index(&mut self, market: MarketId, update: &PriceUpdate) -> Outcome {
        let here = self.market(market)?;
        let tick = here.settings.tick.raw();
        let sound = |lane: Price| {
            ticks(lane.raw(), tick).is_some_and(|ticks| ticks > 0 && ticks < WHOLE_LIMIT)
        };
        let (now, limits) = (self.now, self.price_limits());
        let heard = update.as_of.as_nanos().min(now);
        check_update(update, heard, here.heard, sound)?;
        let sample = self.impact_mid(market);
        let here = self.market_mut(market);
        here.heard = Some(heard);
        here.standing = here.standing.followed_by(update.status, now - heard, now, limits);
        let status = here.standing.at(now);
        if !is_frozen(status) {
            let silence = now - here.valued_at.unwrap_or(now);
            here.valued_at = Some(now);
            if silence > here.settings.liquidation.outage.as_nanos() {
                here.begin_grace(now);
            }
        }
        here.split = split_since(here.split, status, now);
        if status != PriceStatus::Held {
            here.permits = status;
        }
        self.tell(Event::Priced(*update));
        let here = self.market_mut(market);
        let before = here.marks;
        here.set_marks(update, status, sample, now);
        if let Some(marks) = here.marks
            && before.map(|before| (before.mark, before.low, before.high))
                != Some((marks.mark, marks.low, marks.high))
        {
            let event = Event::Marked {
                market,
                mark: Ticks::new(marks.mark),
                low: Ticks::new(marks.low),
                high: Ticks::new(marks.high),
            };
            self.tell(event);
        }
        Ok(())
    }

    /// How old prices may be, and how long they are held.
    fn price_limits(&self) -> [u64; 2] {
        [self.settings.price_age.as_nanos(), self.settings.price_held.as_nanos()]
    }

    /// The mean of the prices at which so much could be bought and sold now, in parts of a tick.
    fn impact_mid(&self, market: MarketId) -> Option<i128> {
        let [bid, ask] = [Side::Buy, Side::Sell].map(|side| self.impact_price(market, side));
        Some((bid? + ask?).div_euclid(2))
    }

    fn impact_price(&self, market: MarketId, side: Side) -> Option<i128> {
        let here = &self.markets[market.place()];
        let impact = here.settings.mark.impact.raw();
        let mut levels: Vec<(i64, i128)> = Vec::new();
        for order in self.queue(market, side) {
            match levels.last_mut() {
                Some(level) if level.0 == order.price => level.1 += i128::from(order.left),
                _ => levels.push((order.price, i128::from(order.left))),
            }
        }
        let (mut weighted, mut lots, mut notional) = (0, 0, 0);
        for (price, there) in levels.into_iter().take(IMPACT_LEVELS) {
            let price = i128::from(price);
            let lot = price * here.tick_value;
            let taken = there.min((impact - notional + lot - 1) / lot);
            weighted += price * taken;
            lots += taken;
            notional += taken * lot;
            if notional >= impact {
                return mul_div(FRACTION, weighted, lots, Rounding::Down);
            }
        }
        None
    }
}

/// Whether a price's values are not taken over.
fn is_frozen(status: PriceStatus) -> bool {
    matches!(status, PriceStatus::Held | PriceStatus::Halted)
}

fn check_update(
    update: &PriceUpdate,
    at: u64,
    heard: Option<u64>,
    sound: impl Fn(Price) -> bool,
) -> Outcome {
    let late = heard.is_some_and(|heard| at < heard);
    let values =
        sound(update.market) && sound(update.liquidation) && update.confidence >= Price::ZERO;
    if late || (!is_frozen(update.status) && !values) {
        return Err(Refusal::Price);
    }
    Ok(())
}

/// When a split began that still counts.
fn split_since(since: Option<u64>, status: PriceStatus, now: u64) -> Option<u64> {
    match status {
        PriceStatus::Split => Some(since.unwrap_or(now)),
        PriceStatus::Held | PriceStatus::Halted => since,
        PriceStatus::Live | PriceStatus::Capped | PriceStatus::Degraded => None,
    }
}

/// The lowest and the highest that something is held to be worth, by the status of its price.
fn ends(update: &PriceUpdate, price: Price) -> [i128; 2] {
    let (market, liquidation) = (update.market.raw(), update.liquidation.raw());
    match update.status {
        PriceStatus::Capped | PriceStatus::Split => {
            [market.min(liquidation), market.max(liquidation)]
        }
        PriceStatus::Degraded => {
            let off = update.confidence.raw();
            [price.raw().saturating_sub(off), price.raw().saturating_add(off)]
        }
        PriceStatus::Live | PriceStatus::Held | PriceStatus::Halted => [price.raw(); 2],
    }
}

fn ticks(price: i128, tick: i128) -> Option<i64> {
    i64::try_from(mul_div(price, 1, tick, Rounding::Nearest)?).ok()
}

impl Market {
    pub(crate) fn begin_grace(&mut self, now: u64) {
        let until = now.saturating_add(self.settings.liquidation.grace.as_nanos());
        self.grace_until = self.grace_until.max(until);
    }

    fn set_marks(
        &mut self,
        update: &PriceUpdate,
        status: PriceStatus,
        sample: Option<i128>,
        now: u64,
    ) {
        let tick = self.settings.tick.raw();
        let rounded = |price: i128| {
            let whole = ticks(price, tick).unwrap_or(if price < 0 { 1 } else { WHOLE_LIMIT - 1 });
            whole.clamp(1, WHOLE_LIMIT - 1)
        };
        let index = rounded(update.market.raw());
        let sample = sample.filter(|_| status == PriceStatus::Live);
        self.average(index, sample, now);
        if is_frozen(status) {
            return;
        }
        let [index_low, index_high] = ends(update, update.market).map(rounded);
        self.index = Some(index);
        self.marks = Some(Marks {
            index_low,
            index_high,
            mark: self.mark_of(index),
            low: self.mark_of(index_low),
            high: self.mark_of(index_high),
        });
        self.mark = Some(self.mark_of(index));
    }

    fn basis_limit(&self, index: i64) -> i128 {
        let band = self.settings.mark.basis_band.raw();
        mul_div(i128::from(index), band, units::fixed::ONE, Rounding::Down).expect("a part")
    }

    fn mark_of(&self, index: i64) -> i64 {
        let basis = (2 * self.basis + FRACTION).div_euclid(2 * FRACTION);
        let limit = self.basis_limit(index);
        let mark = i128::from(index) + basis.clamp(-limit, limit);
        i64::try_from(mark.clamp(1, i128::from(WHOLE_LIMIT - 1))).expect("a price")
    }

    /// Takes a sample of the basis into the average.
    fn average(&mut self, index: i64, mid: Option<i128>, now: u64) {
        let Some(mid) = mid else {
            self.averaged_at = now;
            return;
        };
        let limit = FRACTION * self.basis_limit(index);
        let sample = (mid - FRACTION * i128::from(index)).clamp(-limit, limit);
        let half_life = i128::from(self.settings.mark.half_life.as_nanos());
        let elapsed = i128::from(now - self.averaged_at);
        let whole = 1 << 20;
        let steps = whole * elapsed / half_life;
        self.averaged_at = if steps > whole {
            now
        } else {
            let moved = steps * half_life / whole;
            self.averaged_at + u64::try_from(moved).expect("no more than elapsed")
        };
        let mut stays = FRACTION;
        for bit in (0..=20_u32).rev() {
            if steps.min(whole) >> bit & 1 == 1 {
                stays = stays * stays_of(bit) / FRACTION;
            }
        }
        self.basis = sample + ((self.basis - sample) * stays).div_euclid(FRACTION);
    }
}

/// `floor(2^32 x 2^-(2^bit / 2^20))`: a half, of which the root is taken so often.
fn stays_of(bit: u32) -> i128 {
    let mut part: u128 = 1 << 61;
    for _ in bit..20 {
        part = (part << 62).isqrt();
    }
    i128::try_from(part >> 30).expect("below one")
}

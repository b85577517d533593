//! Prices that wander, in storms one way for long, and now and then one that makes no sense.

use units::{Price, Timestamp};
use venue_core::{AssetId, Command, MarketId, MarketKind, PriceOf, PriceStatus, PriceUpdate};

use super::{Draw, Place, Stream};

impl Stream {
    /// What a price is good for: in a storm mostly what the last one was.
    fn status(&mut self) -> PriceStatus {
        if self.stormy && !self.draw.one_in(20) {
            if self.draw.one_in(25) {
                self.mood = PriceStatus::Live;
            } else if self.draw.one_in(50) {
                self.mood = self.any_status();
            }
            return self.mood;
        }
        self.any_status()
    }

    fn any_status(&mut self) -> PriceStatus {
        let rare = if self.stormy { 8 } else { 24 };
        match self.draw.below(rare) {
            0 => PriceStatus::Capped,
            1 => PriceStatus::Degraded,
            2 => PriceStatus::Held,
            3 => PriceStatus::Split,
            4 if self.draw.one_in(3) => PriceStatus::Halted,
            _ => PriceStatus::Live,
        }
    }

    /// The next price of something, mostly of a market.
    pub(super) fn price(&mut self) -> Command {
        let status = self.status();
        if self.assets > 1 && self.draw.one_in(8) {
            let asset = 1 + self.draw.below(u64::from(self.assets) - 1) as u16;
            return self.worth(asset, status);
        }
        let market = self.draw.index(self.markets.len());
        let step = match self.draw.below(20) {
            0 => 8,
            1..4 => 3,
            _ => 1,
        };
        if self.stormy && self.draw.one_in(20) {
            let far = if self.fine && !self.draw.one_in(3) { 4 } else { 120 };
            self.drift = self.draw.below(2 * far + 1) as i64 - far as i64;
        }
        let place = &mut self.markets[market];
        let parts = match (self.stormy, self.fine) {
            (_, true) => 10_000,
            (true, false) => 400,
            (false, false) => 100,
        };
        let move_max = place.price * step / parts + 1;
        let change = self.draw.below(2 * move_max as u64 + 1) as i64 - move_max
            + place.price * self.drift / 10_000;
        place.price = (place.price + change).clamp(20, 100_000);
        self.index(market, status)
    }

    /// A market's price where it is now.
    pub(super) fn index(&mut self, market: usize, status: PriceStatus) -> Command {
        let place = &self.markets[market];
        let tick = place.settings.tick.raw();
        let exact = i128::from(place.price) * tick;
        let of = PriceOf::Index(MarketId::new(market as u16));
        self.update(of, status, exact)
    }

    /// What an asset is worth.
    pub(super) fn worth(&mut self, asset: u16, status: PriceStatus) -> Command {
        let asset_of =
            |place: &&Place| place.settings.kind == MarketKind::Spot { base: AssetId::new(asset) };
        // Around what it trades for, where it does, or somewhere else altogether.
        let exact = match self.markets.iter().find(asset_of) {
            Some(place) if !self.draw.one_in(4) => {
                i128::from(place.price) * place.settings.tick.raw() / 16
                    * i128::from(10 + self.draw.below(10))
            }
            _ => units::fixed::ONE * (1 + i128::from(self.draw.below(40))),
        };
        self.update(PriceOf::Asset(AssetId::new(asset)), status, exact)
    }

    fn update(&mut self, of: PriceOf, status: PriceStatus, exact: i128) -> Command {
        let near = |draw: &mut Draw, exact: i128| {
            Price::from_raw(exact + exact / 1_000 * (i128::from(draw.below(21)) - 10))
        };
        let market =
            if self.draw.one_in(3) { near(&mut self.draw, exact) } else { Price::from_raw(exact) };
        let liquidation = if self.draw.one_in(2) { near(&mut self.draw, exact) } else { market };
        let confidence = Price::from_raw(exact / 1_000 * i128::from(self.draw.below(15)));
        let broken = self.draw.one_in(150);
        let market = if broken { Price::from_raw(self.draw.extreme()) } else { market };
        let late = if self.draw.one_in(20) { self.draw.below(1_000_000_000) } else { 0 };
        self.latest = self.latest.max(self.now);
        let as_of = Timestamp::from_nanos(self.latest.saturating_sub(late));
        Command::Price(PriceUpdate { of, status, market, liquidation, confidence, as_of })
    }
}

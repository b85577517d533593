//! A day: everybody's positions, a fall into a thin book, and what the venue did about it.

use incident::{Outcome, Series, Values, Watch};
use units::Timestamp;
use venue::config::VenueConfig;
use venue_core::Command;

use crate::market::asset::{Asset, assets, for_each};
use crate::market::exchange::{Exchange, dollars};
use crate::market::makers::{Makers, Quote};
use crate::market::path::Path;

use super::holders::Crowd;

/// Seconds between two prices.
const STEP: f64 = 1.0;

/// Seconds between two points of a curve.
const POINT: usize = 5;

/// When the venue's clock begins, in nanoseconds: some time after zero, which means never.
const BEGIN: u64 = 3_600_000_000_000;

/// The world of a day.
#[derive(Debug)]
pub(super) struct World {
    assets: Vec<Asset>,
    fall: Path,
    /// By asset: how many times the path's fall it falls.
    times: Vec<f64>,
    depth: Path,
    /// By asset: dollars on each side for each per cent of the price.
    dollars: Vec<f64>,
    /// Seconds until makers quote anew what was taken.
    requotes: usize,
    backstop: f64,
    lasts: f64,
}

impl World {
    /// The world of parameters, for the markets of a configuration.
    ///
    /// # Errors
    /// Where one is missing or makes no sense.
    pub(super) fn read(parameters: &Values, config: &VenueConfig) -> Result<Self, String> {
        let start = parameters.numbers("start_usd")?;
        let assets = assets(config.markets.iter().map(|market| &market.settings), &start)?;
        let requotes = parameters.count("requote_seconds")?.clamp(1, 600);
        Ok(Self {
            fall: Path::read(parameters, "fall_minutes", "fall_percent")?,
            times: for_each(parameters, "fall_times", &assets)?,
            depth: Path::read(parameters, "depth_minutes", "depth_percent")?,
            dollars: for_each(parameters, "depth_usd", &assets)?,
            requotes: usize::try_from(requotes).unwrap_or(1),
            backstop: parameters.number("backstop_usd")?,
            lasts: parameters.number("lasts_minutes")?.clamp(0.1, 600.0) * 60.0,
            assets,
        })
    }

    /// The markets.
    pub(super) fn assets(&self) -> &[Asset] {
        &self.assets
    }

    /// Runs the day with these people.
    ///
    /// # Errors
    /// Where the venue refuses to be opened, or one of them.
    pub(super) fn day(
        &self,
        config: &VenueConfig,
        crowd: &Crowd,
        watch: &dyn Watch,
    ) -> Result<Day, String> {
        let begin = Timestamp::from_nanos(BEGIN);
        let mut exchange = Exchange::open(config, &self.assets, self.backstop, begin)?;
        let accounts = exchange.fills(&crowd.holders).map_err(|(place, why)| {
            format!("the account at place {place} could not take its position: {why}")
        })?;
        for ((account, holder), outside) in accounts.iter().zip(&crowd.holders).zip(&crowd.outside)
        {
            let market = |place: usize| self.assets.get(place).map(|asset| asset.market);
            let held = holder.positions.iter();
            let here = held.filter_map(|it| Some((market(it.asset)?, it.lots)));
            let first = holder.positions.first().and_then(|it| market(it.asset));
            let outside = first.map(|market| (market, *outside)).into_iter();
            exchange.heard.closed.knows(*account, here, outside);
        }
        let mut day = Day::new(exchange, &self.assets);
        let mut makers = Makers::new(self.assets.len());
        let steps = (self.lasts / STEP) as usize;
        for step in 0..=steps {
            self.step(&mut day, &mut makers, step);
            if step.is_multiple_of(60) {
                let done = step as f64 / steps.max(1) as f64 * 1_000.0;
                watch.progress(done as u32, "the fall");
            }
        }
        Ok(day)
    }

    fn step(&self, day: &mut Day, makers: &mut Makers, step: usize) {
        let second = step as f64 * STEP;
        let left = self.depth.at(second) / 100.0;
        for (place, asset) in self.assets.iter().enumerate() {
            let of = |all: &[f64]| all.get(place).copied().unwrap_or_default();
            let fall = (self.fall.at(second) * of(&self.times) / 100.0).clamp(0.0, 0.99);
            let price = asset.start * (1.0 - fall);
            if day.exchange.heard.takes_sold(asset.market) != 0 {
                makers.traded(asset);
            }
            if step.is_multiple_of(self.requotes) {
                let depth = of(&self.dollars) * left.max(0.000_1);
                makers.quote(&mut day.exchange, asset, Quote { price, depth, wider: 0.0 });
            }
            if let Some(reference) = day.exchange.heard.reference.get_mut(place) {
                *reference = price;
            }
            day.exchange.prices(asset, price);
        }
        day.exchange.does(&Command::Tick);
        day.look(&self.assets, second, step.is_multiple_of(POINT));
        day.exchange.waits(STEP);
    }
}

/// What a day was like.
#[derive(Debug)]
pub(super) struct Day {
    pub(super) exchange: Exchange,
    began: Timestamp,
    fund: f64,
    least: f64,
    funds: Vec<(f64, f64)>,
    liquidated: Vec<(f64, f64)>,
    deleveraged: Vec<(f64, f64)>,
    marks: Vec<Series>,
}

impl Day {
    fn new(exchange: Exchange, assets: &[Asset]) -> Self {
        let fund = exchange.fund();
        let mark = |asset: &Asset| {
            let name = &asset.settings.name;
            let id = format!("mark_{}", name.to_lowercase());
            Series::new(id, format!("mark of {name}"), "USD", Vec::new())
        };
        Self {
            began: exchange.now,
            fund,
            least: fund,
            funds: Vec::new(),
            liquidated: Vec::new(),
            deleveraged: Vec::new(),
            marks: assets.iter().map(mark).collect(),
            exchange,
        }
    }

    fn look(&mut self, assets: &[Asset], second: f64, is_drawn: bool) {
        let fund = self.exchange.fund();
        self.least = self.least.min(fund);
        if !is_drawn {
            return;
        }
        let heard = &self.exchange.heard;
        self.funds.push((second, fund));
        self.liquidated.push((second, heard.liquidated));
        self.deleveraged.push((second, heard.deleveraged));
        for ((asset, mark), series) in assets.iter().zip(&heard.marks).zip(&mut self.marks) {
            series.points.push((second, asset.dollars(*mark)));
        }
    }

    /// Dollars of positions that were closed against their holders' will, on the side of who failed.
    pub(super) fn deleveraged(&self) -> f64 {
        self.exchange.heard.deleveraged
    }

    /// The figures of the day.
    pub(super) fn tell(&self, outcome: &mut Outcome) {
        let (exchange, heard) = (&self.exchange, &self.exchange.heard);
        let closed = &heard.closed;
        let drawdown = (self.fund - self.least).max(0.0);
        let part = |some: f64, all: f64| if all > 0.0 { some / all * 100.0 } else { 0.0 };
        let is_broken = exchange.venue.is_halted() || heard.is_torn || heard.broken > 0;
        for (id, value) in [
            ("liquidated_usd", heard.liquidated),
            ("liquidated_accounts", heard.people),
            ("deleveraged_usd", heard.deleveraged),
            ("deleveraged_percent", part(heard.deleveraged, heard.liquidated)),
            ("users", closed.users.len() as f64),
            ("users_percent", part(closed.users.len() as f64, closed.holders() as f64)),
            ("shorts_deleveraged_usd", closed.shorts),
            ("longs_deleveraged_usd", closed.longs),
            ("taken_usd", closed.taken),
            ("overshoot_usd", closed.overshoot),
            ("forfeited_usd", closed.forfeited),
            ("hedges_broken", closed.unhedged.len() as f64),
            ("hedges_here_broken", closed.unhedged_here.len() as f64),
            ("delta_grown_usd", closed.grown),
            ("unfairness_percent", closed.unfairness()),
            ("shortfall_usd", heard.fund_paid + closed.taken + heard.unpaid),
            ("fund_usd", self.fund),
            ("fund_paid_usd", heard.fund_paid),
            ("drawdown_usd", drawdown),
            ("drawdown_percent", part(drawdown, self.fund)),
            ("backstop_usd", heard.by_backstop),
            ("unpaid_usd", heard.unpaid),
            ("halts", f64::from(u8::from(heard.first.halted.is_some()))),
            ("excess_usd", dollars(exchange.venue.fund().excess())),
            ("broken", f64::from(u8::from(is_broken))),
        ] {
            outcome.figure(id, value);
        }
        let since = |from: Option<Timestamp>, to: Option<Timestamp>| {
            let (from, to) = (from?, to?);
            Some(to.since(from).as_nanos() as f64 / 1e9)
        };
        if let Some(delay) = since(heard.first.liquidated, heard.first.deleveraged) {
            outcome.figure("delay_seconds", delay);
        }
        if let Some(seconds) = since(heard.first.liquidated, closed.used_up()) {
            outcome.figure("floor_seconds", seconds);
        }
        let moments = [
            (heard.first.liquidated, "The first account is liquidated."),
            (heard.first.paid, "The insurance fund pays for the first time."),
            (heard.first.deleveraged, "The first holders are closed against their will."),
            (closed.used_up(), "What one market may use of the fund is used up."),
            (heard.first.halted, "A market halts: a loss is left that nobody pays."),
        ];
        for (at, what) in moments {
            if let Some(seconds) = since(Some(self.began), at) {
                outcome.event(seconds, what);
            }
        }
        for (id, name, points) in [
            ("fund", "the insurance fund", &self.funds),
            ("liquidated", "liquidated so far", &self.liquidated),
            ("deleveraged", "deleveraged so far", &self.deleveraged),
        ] {
            outcome.curve(Series::new(id, name, "USD", points.clone()));
        }
        for series in &self.marks {
            outcome.curve(series.clone());
        }
        let hex = |byte: &u8| format!("{byte:02x}");
        outcome.digest = Some(exchange.venue.digest().iter().map(hex).collect());
    }
}

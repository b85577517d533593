//! The day, step by step, and what is counted of it.

use incident::{Outcome, Series, Watch};
use oracle_core::Status;

use super::exchange::{Exchange, series};
use super::feeds::Feeds;
use super::own::{Own, depth_at};
use super::terms::Terms;
use crate::Configured;
use crate::depeg::loans;
use crate::market::told::dollars;

/// How far above the lowest true worth a price has come down, for the delay.
const ARRIVED: f64 = 1.02;

/// A true fall by less than this is none.
const FALL_MIN: f64 = 0.05;

/// What is drawn and counted on the way.
struct Tally {
    venue: Series,
    elsewhere: Series,
    index: Series,
    reference: Series,
    liquidated: Series,
    /// Seconds of the minute that is counted, and what was liquidated in it.
    minute: (u64, f64),
    lowest_index: f64,
    lowest_venue: f64,
    /// When the true worth came down, and when the index did.
    truly: Option<f64>,
    followed: Option<f64>,
    status: Option<Status>,
    begun: bool,
}

/// Runs the day.
///
/// # Errors
/// Where configuration and parameters do not go together, or the venue broke an invariant.
pub(super) fn run(
    terms: &Terms,
    configured: &Configured,
    seed: u64,
    watch: &dyn Watch,
) -> Result<Outcome, String> {
    let (Some(oracle), Some(venue)) = (&configured.oracle, &configured.venue) else {
        return Err("the configuration needs [oracle] and [venue]".to_owned());
    };
    let symbol = venue.assets.first().map(|asset| asset.feed.clone());
    let symbol = symbol.ok_or("the configuration has no [[venue.asset]]")?;
    let start = terms.reference(0.0);
    let people = loans::drawn(terms, start, seed);
    let mut feeds = Feeds::open(oracle, &symbol, terms, seed ^ 0x5eed)?;
    let mut exchange = Exchange::open(venue, &people, start, terms.sold_usd / start)?;
    let mut own = Own::default();
    let mut outcome = Outcome::default();
    let mut tally = Tally::new();
    tell_plan(terms, &mut outcome);
    let steps = (terms.seconds / terms.step) as u64;
    for step in 0..steps {
        let second = step as f64 * terms.step;
        let traded = one_step(terms, second, (&mut feeds, &mut exchange, &mut own));
        tally.note(terms, second, (&feeds, &mut exchange, &own), traded, &mut outcome);
        if step % 64 == 0 {
            let done = u32::try_from(step * 1_000 / steps.max(1)).unwrap_or(1_000);
            watch.progress(
                done,
                &format!("minute {:.0} of {:.0}", second / 60.0, terms.seconds / 60.0),
            );
        }
    }
    if exchange.heard.broken > 0 {
        return Err(format!("the venue broke {} invariants", exchange.heard.broken));
    }
    tally.end(terms, &exchange, venue.fund, &mut outcome);
    let oracle = feeds.published().map(|tick| tick.digest.to_string()).unwrap_or_default();
    outcome.digest = Some(format!("{}-{oracle}", exchange.digest()));
    Ok(outcome)
}

/// A step: makers quote, somebody sells, the oracle hears of it, and the venue hears the oracle. What others stand at.
fn one_step(
    terms: &Terms,
    second: f64,
    (feeds, exchange, own): (&mut Feeds, &mut Exchange, &mut Own),
) -> f64 {
    let reference = terms.reference(second);
    exchange.heard.reference = reference;
    exchange.waits(terms.step);
    exchange.quotes(&own.ladder(reference, terms, second));
    let until = terms.sold_from + terms.sold_seconds;
    let sells = (until.min(second + terms.step) - second.max(terms.sold_from)).max(0.0);
    let units = terms.sold_usd / terms.reference(0.0) * sells / terms.sold_seconds;
    exchange.sells(units, reference);
    let depth = depth_at(-own.part(), terms, second);
    let sold = exchange.heard.sold;
    let others = feeds.tell(terms, second, exchange.shown(depth), (sold.abs(), own.part()));
    if let Some(tick) = feeds.published() {
        exchange.prices(tick);
    }
    if terms.carried > 0.0
        && second % 60.0 < terms.step
        && let Some(index) = feeds.published().and_then(|tick| tick.liquidation)
    {
        exchange.carries(terms.carried / reference, dollars(index), reference);
    }
    own.sold(exchange.heard.sold, terms, second);
    exchange.heard.sold = 0.0;
    own.goes_on(terms.step, terms, second);
    others
}

/// What the outside world will do, for the timeline.
fn tell_plan(terms: &Terms, outcome: &mut Outcome) {
    if terms.thin.1 > terms.thin.0 {
        outcome.event(terms.thin.0, "makers leave the venue's own book");
        outcome.event(terms.thin.1, "makers are back");
    }
    if terms.halted.1 > terms.halted.0 {
        outcome.event(terms.halted.0, "transfers between venues stop, and with them arbitrage");
        outcome.event(terms.halted.1, "transfers go on");
    }
    if terms.sold_usd > 0.0 {
        let sold = terms.sold_usd / 1e6;
        outcome.event(terms.sold_from, format!("somebody begins to sell ${sold:.0} million there"));
    }
    if terms.rate_from > 0.0 {
        outcome.event(terms.rate_from, "the exchange rate is read from now on");
    }
}

impl Tally {
    fn new() -> Self {
        Self {
            venue: series("venue", "the venue's own book", "USD"),
            elsewhere: series("elsewhere", "the other markets", "USD"),
            index: series("index", "what collateral is valued at", "USD"),
            reference: series("reference", "what it is truly worth", "USD"),
            liquidated: series("liquidated", "liquidated in a minute", "USD"),
            minute: (0, 0.0),
            lowest_index: f64::INFINITY,
            lowest_venue: f64::INFINITY,
            truly: None,
            followed: None,
            status: None,
            begun: false,
        }
    }

    fn note(
        &mut self,
        terms: &Terms,
        second: f64,
        (feeds, exchange, own): (&Feeds, &mut Exchange, &Own),
        elsewhere: f64,
        outcome: &mut Outcome,
    ) {
        let reference = terms.reference(second);
        let venue = own.price(reference);
        self.lowest_venue = self.lowest_venue.min(venue);
        self.venue.points.push((second, venue));
        self.elsewhere.points.push((second, elsewhere));
        self.reference.points.push((second, reference));
        let tick = feeds.published();
        let index = tick.and_then(|tick| tick.liquidation).map(dollars);
        if let Some(index) = index {
            self.lowest_index = self.lowest_index.min(index);
            self.index.points.push((second, index));
        }
        self.note_delay(terms, second, reference, index);
        let lately = std::mem::take(&mut exchange.heard.lately);
        let minute = (second / 60.0) as u64;
        if minute != self.minute.0 {
            self.liquidated.points.push((self.minute.0 as f64 * 60.0, self.minute.1));
            self.minute = (minute, 0.0);
        }
        self.minute.1 += lately;
        if lately > 0.0 && !self.begun {
            self.begun = true;
            outcome.event(second, "the first loan is liquidated");
        }
        let status = tick.map(|tick| tick.status);
        if status != self.status {
            if let (Some(tick), Some(_)) = (tick, self.status) {
                let cause = tick.causes.first().map(|cause| format!(": {cause}"));
                let (name, cause) = (tick.status.name(), cause.unwrap_or_default());
                outcome.event(second, format!("the oracle's price is {name}{cause}"));
            }
            self.status = status;
        }
    }

    fn note_delay(&mut self, terms: &Terms, second: f64, reference: f64, index: Option<f64>) {
        let lowest = terms.worth.lowest();
        if lowest > 1.0 - FALL_MIN {
            return;
        }
        let arrived = terms.promised(second) * lowest * ARRIVED;
        if reference <= arrived {
            self.truly.get_or_insert(second);
        }
        if self.truly.is_some() && index.is_some_and(|index| index <= arrived) {
            self.followed.get_or_insert(second);
        }
    }

    fn end(
        mut self,
        terms: &Terms,
        exchange: &Exchange,
        fund: units::Money,
        outcome: &mut Outcome,
    ) {
        self.liquidated.points.push((self.minute.0 as f64 * 60.0, self.minute.1));
        let heard = &exchange.heard;
        outcome.figure("wrongful_accounts", heard.wronged as f64);
        outcome.figure("wrongful_usd", heard.wrongful);
        outcome.figure("lost_usd", heard.lost);
        outcome.figure("liquidated_accounts", heard.people as f64);
        outcome.figure("liquidated_usd", heard.liquidated);
        outcome.figure("bad_debt_usd", exchange.bad_debt(terms.reference(terms.seconds), fund));
        outcome.figure("carried_usd", heard.carried);
        outcome.figure("lowest_index_usd", self.lowest_index);
        outcome.figure("lowest_venue_usd", self.lowest_venue);
        if terms.sold_usd > 0.0 {
            outcome.figure("multiplier", heard.liquidated / terms.sold_usd);
        }
        if let Some(truly) = self.truly {
            outcome.figure("delay_seconds", self.followed.unwrap_or(terms.seconds) - truly);
        }
        for series in [self.venue, self.elsewhere, self.index, self.reference, self.liquidated] {
            outcome.curve(series);
        }
        outcome.events.sort_by(|one, other| one.at.total_cmp(&other.at));
    }
}

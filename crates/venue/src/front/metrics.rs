//! The venue's metrics, set when they are asked for. Names and labels are listed in ARCHITECTURE.md.

mod admission;

use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, PoisonError};

use runtime::metrics::family::Family;
use runtime::metrics::float;
use runtime::metrics::gauge::Gauge;
use runtime::metrics::histogram::Histogram;
use runtime::metrics::registry::{Metric, Registry};
use venue_core::MarketView;

use super::Front;
use super::market::Market;
use super::own::books::{STATES, STATUSES, state, status};
use admission::AdmissionMetrics;

type Labels = Vec<(&'static str, String)>;
/// A count.
type Level = Gauge<u64, AtomicU64>;
/// A number with a fraction.
type Fraction = Gauge<f64, AtomicU64>;

/// All metrics of the venue.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Mutex<Registry>,
    commands: Level,
    sockets: Level,
    slow: Level,
    waiting: Level,
    engine: Family<Labels, Level>,
    fund: Fraction,
    excess: Fraction,
    tape: Level,
    state: Family<Labels, Level>,
    status: Family<Labels, Level>,
    price: Family<Labels, Fraction>,
    open_interest: Family<Labels, Fraction>,
    trades: Family<Labels, Level>,
    admission: AdmissionMetrics,
}

/// A metric of the registry.
fn registered<M: Metric + Clone + Default>(
    registry: &mut Registry,
    name: &'static str,
    about: &'static str,
) -> M {
    let metric = M::default();
    registry.register(name, about, metric.clone());
    metric
}

impl Default for Metrics {
    fn default() -> Self {
        let mut all = Registry::with_prefix("seawall_venue");
        let slow = "Sockets that were closed since they did not read";
        let excess = "Money that is there and was never brought in: always zero";
        let price = "Prices of a market; absent where there is none";
        Self {
            commands: registered(&mut all, "commands", "Commands that the venue has done"),
            sockets: registered(&mut all, "sockets", "Sockets of streams"),
            slow: registered(&mut all, "sockets_slow_since_start", slow),
            waiting: registered(&mut all, "work_waiting", "Work that waits for the engine"),
            engine: registered(&mut all, "work_since_start", "Work by what became of it"),
            fund: registered(&mut all, "fund", "The insurance fund"),
            excess: registered(&mut all, "excess", excess),
            tape: registered(&mut all, "tape_number", "The number of the tape's newest entry"),
            state: registered(&mut all, "market_state", "Whether a market is in a state"),
            status: registered(&mut all, "price_status", "Whether a market's index has a status"),
            price: registered(&mut all, "price", price),
            open_interest: registered(&mut all, "open_interest", "How much all longs hold"),
            trades: registered(&mut all, "trades", "Trades of a market"),
            admission: AdmissionMetrics::new(&mut all),
            registry: Mutex::new(all),
        }
    }
}

/// A whole number as a metric has it.
fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

impl Metrics {
    /// Where waits of each class are recorded, most important first.
    pub(crate) fn waits(&self) -> Vec<Histogram> {
        self.admission.waits()
    }

    /// The metrics as text.
    pub(crate) fn render(&self, front: &Front) -> String {
        // Held from here on, so that of two who ask at once neither sees the other's half-set gauges.
        let registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        let markets = front.markets();
        let (commands, fund, tape, views) = front.look(|desk| {
            let venue = desk.venue();
            let markets = markets.all().iter();
            let views = markets.filter_map(|market| Some((market, venue.market(market.id)?)));
            let tape = desk.tape_kept().map_or(0, |(_, newest)| newest);
            (venue.commands(), venue.fund(), tape, views.collect::<Vec<_>>())
        });
        self.commands.set(commands);
        self.sockets.set(front.hub.sockets());
        self.slow.set(front.hub.slow.load(std::sync::atomic::Ordering::Relaxed));
        self.waiting.set(count(front.engine.waiting()));
        let figures = front.engine.figures();
        for (outcome, number) in [
            ("done", figures.done),
            ("shed_full", figures.shed_full),
            ("shed_overload", figures.shed_overload),
            ("shed_budget", figures.shed_budget),
            ("shed_late", figures.shed_late),
            ("unknown", figures.unknown),
        ] {
            self.engine.get_or_create(&vec![("outcome", outcome.to_owned())]).set(number);
        }
        self.admission.set(&front.admission.figures());
        self.fund.set(float(fund.fund));
        self.excess.set(float(fund.excess()));
        self.tape.set(tape);
        self.price.clear();
        for (market, view) in &views {
            self.set_market(market, view);
        }
        runtime::metrics::render(&registry)
    }

    fn set_market(&self, market: &Market, view: &MarketView) {
        let name = || ("market", market.symbol.to_string());
        for word in STATES.map(state) {
            let labels = vec![name(), ("state", word.to_owned())];
            self.state.get_or_create(&labels).set(u64::from(word == state(view.state)));
        }
        for word in STATUSES.map(status) {
            let labels = vec![name(), ("status", word.to_owned())];
            self.status.get_or_create(&labels).set(u64::from(word == status(view.status)));
        }
        for (kind, price) in [("index", view.index), ("mark", view.mark), ("last", view.last)] {
            if let Some(price) = price {
                let labels = vec![name(), ("price", kind.to_owned())];
                self.price.get_or_create(&labels).set(float(market.price(price)));
            }
        }
        self.open_interest
            .get_or_create(&vec![name()])
            .set(float(market.quantity(view.open_interest)));
        self.trades.get_or_create(&vec![name()]).set(view.trades);
    }
}

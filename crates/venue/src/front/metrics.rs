//! The venue's metrics, set when they are asked for. Names and labels are listed in ARCHITECTURE.md.

use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, PoisonError};

use runtime::metrics::family::Family;
use runtime::metrics::gauge::Gauge;
use runtime::metrics::registry::Registry;
use units::Money;
use venue_core::MarketView;

use super::Front;
use super::market::Market;
use super::own::books::{STATES, STATUSES, state, status};

type Labels = Vec<(&'static str, String)>;
type Numbers = Family<Labels, Gauge<f64, AtomicU64>>;

/// All metrics of the venue.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Mutex<Registry>,
    commands: Gauge<u64, AtomicU64>,
    sockets: Gauge<u64, AtomicU64>,
    slow: Gauge<u64, AtomicU64>,
    waiting: Gauge<u64, AtomicU64>,
    engine: Family<Labels, Gauge<u64, AtomicU64>>,
    fund: Gauge<f64, AtomicU64>,
    excess: Gauge<f64, AtomicU64>,
    tape: Gauge<u64, AtomicU64>,
    state: Family<Labels, Gauge<u64, AtomicU64>>,
    status: Family<Labels, Gauge<u64, AtomicU64>>,
    price: Numbers,
    open_interest: Numbers,
    trades: Family<Labels, Gauge<u64, AtomicU64>>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("seawall_venue");
        macro_rules! registered {
            ($name:literal, $about:literal) => {{
                let metric = Default::default();
                registry.register($name, $about, Clone::clone(&metric));
                metric
            }};
        }
        let commands: Gauge<u64, AtomicU64> =
            registered!("commands", "Commands that the venue has done");
        let sockets: Gauge<u64, AtomicU64> = registered!("sockets", "Sockets of streams");
        let slow: Gauge<u64, AtomicU64> = registered!(
            "sockets_slow_since_start",
            "Sockets that were closed since they did not read"
        );
        let waiting: Gauge<u64, AtomicU64> =
            registered!("work_waiting", "Work that waits for the engine");
        let engine: Family<Labels, Gauge<u64, AtomicU64>> =
            registered!("work_since_start", "Work by what became of it");
        let fund: Gauge<f64, AtomicU64> = registered!("fund", "The insurance fund");
        let excess: Gauge<f64, AtomicU64> =
            registered!("excess", "Money that is there and was never brought in: always zero");
        let tape: Gauge<u64, AtomicU64> =
            registered!("tape_number", "The number of the tape's newest entry");
        let state: Family<Labels, Gauge<u64, AtomicU64>> =
            registered!("market_state", "Whether a market is in a state");
        let status: Family<Labels, Gauge<u64, AtomicU64>> =
            registered!("price_status", "Whether a market's index has a status");
        let price: Numbers = registered!("price", "Prices of a market; absent where there is none");
        let open_interest: Numbers = registered!("open_interest", "How much all longs hold");
        let trades: Family<Labels, Gauge<u64, AtomicU64>> =
            registered!("trades", "Trades of a market");
        Self {
            registry: Mutex::new(registry),
            commands,
            sockets,
            slow,
            waiting,
            engine,
            fund,
            excess,
            tape,
            state,
            status,
            price,
            open_interest,
            trades,
        }
    }
}

/// A whole number as a metric has it.
fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// An exact number as a metric has it: a float, and only for people.
fn float(number: impl ToString) -> f64 {
    number.to_string().parse().unwrap_or(f64::NAN)
}

impl Metrics {
    /// The metrics as text.
    pub(crate) fn render(&self, front: &Front) -> String {
        // Held from here on, so that of two who ask at once neither sees the other's half-set gauges.
        let registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        let markets = front.markets();
        let (commands, fund, views) = front.look(|desk| {
            let venue = desk.venue();
            let views = markets.all().iter().filter_map(|market| venue.market(market.id));
            (venue.commands(), venue.fund(), views.collect::<Vec<_>>())
        });
        self.commands.set(commands);
        self.sockets.set(front.hub.sockets());
        self.slow.set(front.hub.slow.load(std::sync::atomic::Ordering::Relaxed));
        self.waiting.set(count(front.engine.waiting()));
        let figures = front.engine.figures();
        for (outcome, number) in [
            ("done", figures.done),
            ("shed_full", figures.shed_full),
            ("shed_late", figures.shed_late),
            ("unknown", figures.unknown),
        ] {
            self.engine.get_or_create(&vec![("outcome", outcome.to_owned())]).set(number);
        }
        self.fund.set(money(fund.fund));
        self.excess.set(money(fund.excess()));
        self.tape.set(front.look(|desk| desk.tape_kept().map_or(0, |(_, newest)| newest)));
        self.price.clear();
        for (market, view) in markets.all().iter().zip(&views) {
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

fn money(money: Money) -> f64 {
    float(money)
}

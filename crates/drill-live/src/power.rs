//! The power of a zone fails: the venue's process dies in the middle of orders, and comes back over its journal.
//!
//! The venue is the real binary, killed with `kill -9` some times while clients trade over HTTP, and started again after
//! an outage. Every client places one small order after the other, and every fourth one rests and is cancelled. Whoever
//! gets no answer does not know whether his order was done. What he does then is the world's: he asks for the order by
//! its name and sends it again only where the venue does not know it (`ask`), he sends it again under the same name
//! (`name`), or without any name (`blind`). Whether a name is taken twice is the venue's rule. Afterwards what each has is
//! held against what he was told.
//!
//! Left out: disks that lose what they have acknowledged (the venue's proof of crashes cuts the power itself), and the
//! other zones: who comes from one that has power finds the venue gone all the same, until it is started again.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use incident::{Mechanism, Outcome, Parameter, Scene, Series, Values, Watch};
use load::{Admin, Cast, Holder, StageError, Stake, Troupe};
use machine::Prng;
use runtime::http::Method;
use runtime::{clock, task};
use serde_json::Value as Json;
use units::Span;

use crate::venue::Venue;

/// The drill of a power cut.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Power;

/// What one order is of, in coins; the step of the market.
const LOT: &str = "0.001";

/// The same as a number.
const LOT_SIZE: f64 = 0.001;

/// How long a client waits before he tries again.
const PAUSE: Span = Span::from_millis(50);

/// Accounts that are opened, or asked for, at once.
const AT_ONCE: usize = 64;

/// What is money enough for all orders of a drill.
const MONEY: &str = "10000000";

/// The longest that a client tries to learn what became of one order, when the power is back.
const PATIENCE: Duration = Duration::from_secs(30);

/// The stretch of time whose orders are counted together for the curves, in seconds.
const STRETCH: f64 = 0.25;

/// Most stretches of a run; what comes later is counted in the last one.
const STRETCHES_MAX: u32 = 4_000;

/// What the venue says where an order's name is taken: that order is there. Source: Binance's list of error codes.
const NAME_TAKEN: i64 = -4116;

/// What a client does who does not know what became of his order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AfterUnknown {
    Ask,
    Name,
    Blind,
}

/// What a client knows of what he has asked for.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    /// Orders that he was told, or has found out, to be done.
    done: u64,
    /// Orders of which he did not know at first.
    unknown: u64,
    /// Cancels that were not answered at first.
    cancels_failed: u64,
    /// Orders of which he never learned.
    never: u64,
}

/// The parameters, read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Plan {
    clients: u64,
    cuts: u64,
    /// In milliseconds, as the next one.
    up: u64,
    outage: u64,
    how: AfterUnknown,
}

impl Plan {
    /// Reads them.
    ///
    /// # Errors
    /// Where one is not within its bounds.
    fn read(values: &Values) -> Result<Self, String> {
        let how = match values.word("after_unknown")? {
            "ask" => AfterUnknown::Ask,
            "name" => AfterUnknown::Name,
            "blind" => AfterUnknown::Blind,
            other => {
                return Err(format!("`after_unknown` is `{other}`; there are ask, name, blind"));
            }
        };
        Ok(Self {
            clients: values.within("clients", 1..=500)?,
            cuts: values.within("cuts", 1..=100)?,
            up: values.within("up_ms", 1..=60_000)?,
            outage: values.within("outage_ms", 1..=600_000)?,
            how,
        })
    }
}

/// Orders over time, for the curves.
#[derive(Debug)]
struct Log {
    began: Instant,
    /// By stretch: orders that were answered, and orders that got no answer at first.
    stretches: Mutex<BTreeMap<u32, (u64, u64)>>,
}

impl Log {
    fn now() -> Self {
        Self { began: Instant::now(), stretches: Mutex::default() }
    }

    fn put(&self, is_answered: bool) {
        self.put_at(self.began.elapsed().as_secs_f64(), is_answered);
    }

    fn put_at(&self, seconds: f64, is_answered: bool) {
        let nth = ((seconds / STRETCH) as u32).min(STRETCHES_MAX);
        let mut stretches = self.stretches.lock().unwrap_or_else(PoisonError::into_inner);
        let (answered, unknown) = stretches.entry(nth).or_default();
        *if is_answered { answered } else { unknown } += 1;
    }

    fn draw(&self, outcome: &mut Outcome) {
        let stretches = self.stretches.lock().unwrap_or_else(PoisonError::into_inner);
        let last = stretches.last_key_value().map_or(0, |(nth, _)| *nth);
        let mut curve = |id: &str, name: &str, of: fn(&(u64, u64)) -> u64| {
            let at = |nth| stretches.get(&nth).map_or(0, of) as f64 / STRETCH;
            let points = (0..=last).map(|nth| (f64::from(nth) * STRETCH, at(nth))).collect();
            outcome.curve(Series::new(id, name, "a second", points));
        };
        curve("answered", "orders answered", |it| it.0);
        curve("unknown", "orders that got no answer", |it| it.1);
    }
}

impl Mechanism for Power {
    fn name(&self) -> &'static str {
        "power"
    }

    fn about(&self) -> &'static str {
        "The real venue is killed in the middle of orders and started again over its journal, while clients trade over \
         HTTP. What each account has is held against what its client was told. Left out: disks that lose what they \
         acknowledged, and the other zones."
    }

    fn parameters(&self) -> Vec<Parameter> {
        vec![
            Parameter::number("clients", "accounts that trade, one order after the other", 40.0),
            Parameter::number("cuts", "times that the power fails", 4.0),
            Parameter::number(
                "up_ms",
                "for how long the venue runs before each, at least; up to twice that",
                700.0,
            ),
            Parameter::number("outage_ms", "for how long it is away", 500.0),
            Parameter::word(
                "after_unknown",
                "what a client does who got no answer: `ask` for the order by its name, send it again under the \
                        same `name`, or send it again `blind`",
                "name",
            ),
        ]
    }

    fn figures(&self) -> &'static [(&'static str, &'static str)] {
        &[
            (
                "wrong_orders",
                "orders done twice, and orders that were acknowledged and are not there",
            ),
            ("double_orders", "orders that were done twice"),
            ("lost_orders", "orders that were acknowledged and are not there"),
            ("unknown_orders", "orders that got no answer at first"),
            ("cancels_failed", "cancels that got no answer at first"),
            ("never_known", "orders of which nobody could say what became of them"),
            ("done_orders", "orders that were done"),
            ("back_seconds", "the longest that the venue took from its start until it was ready"),
            ("unbalanced_dollars", "money that was there afterwards and was never brought in"),
        ]
    }

    fn is_deterministic(&self) -> bool {
        false
    }

    fn run(&self, scene: &Scene<'_>, watch: &dyn Watch) -> Result<Outcome, String> {
        let Plan { clients, cuts, up, outage, how } = Plan::read(scene.parameters)?;
        let mut venue = Venue::new(scene, "BTC/USD", "100000")?;
        venue.start()?;
        let holders = assemble(&venue, clients)?;
        let address = venue.address();
        let (over, mut prng) = (AtomicBool::new(false), Prng::new(scene.seed));
        let mut outcome = Outcome::default();
        let (began, log) = (Instant::now(), Log::now());
        let (known, back) = thread::scope(|scope| {
            let trading = scope.spawn(|| {
                let all = holders.iter().map(|holder| trade(address, holder, how, (&over, &log)));
                task::block_on(task::in_order(all, holders.len()))
            });
            let back = (0..cuts).try_fold(Duration::ZERO, |longest, nth| {
                thread::sleep(Duration::from_millis(up.saturating_add(prng.below(up))));
                outcome.event(began.elapsed().as_secs_f64(), "the power fails");
                venue.kill();
                thread::sleep(Duration::from_millis(outage));
                let starts = Instant::now();
                venue.start()?;
                outcome.event(began.elapsed().as_secs_f64(), "the venue is back");
                let per_mille = (nth + 1).saturating_mul(900) / cuts;
                watch.progress(u32::try_from(per_mille).unwrap_or(900), "the venue is back");
                Ok::<_, String>(longest.max(starts.elapsed()))
            });
            thread::sleep(Duration::from_millis(up));
            over.store(true, Ordering::Relaxed);
            let known = trading.join().map_err(|_| "the clients ended in a panic".to_owned());
            known.and_then(|known| back.map(|back| (known, back)))
        })?;
        let had = task::block_on(compare(&venue, &holders));
        let (lots, unbalanced) = had.map_err(|error| format!("nobody can say what is: {error}"))?;
        figures(&mut outcome, &known, &lots);
        log.draw(&mut outcome);
        outcome.figure("back_seconds", back.as_secs_f64());
        outcome.figure("unbalanced_dollars", unbalanced.abs());
        Ok(outcome)
    }
}

fn figures(outcome: &mut Outcome, known: &[Known], lots: &[u64]) {
    let sum = |of: fn(&Known) -> u64| known.iter().map(of).sum::<u64>() as f64;
    let of_each = known.iter().zip(lots);
    let double: u64 = of_each.clone().map(|(it, lots)| lots.saturating_sub(it.done)).sum();
    let lost: u64 = of_each.map(|(it, lots)| it.done.saturating_sub(*lots)).sum();
    outcome.figure("wrong_orders", (double + lost) as f64);
    outcome.figure("double_orders", double as f64);
    outcome.figure("lost_orders", lost as f64);
    outcome.figure("unknown_orders", sum(|it| it.unknown));
    outcome.figure("cancels_failed", sum(|it| it.cancels_failed));
    outcome.figure("never_known", sum(|it| it.never));
    outcome.figure("done_orders", lots.iter().sum::<u64>() as f64);
}

/// A maker, and accounts with money.
fn assemble(venue: &Venue<'_>, clients: u64) -> Result<Vec<Holder>, String> {
    let nobody = Cast {
        closers: 0,
        stake: Stake::default(),
        cancellers: 0,
        orders: 0,
        abusers: 0,
        equals: 0,
        traders: 0,
        askers: 0,
    };
    let (address, admin, terms) = (venue.address(), venue.admin(), load::terms(100_000)?);
    let opened = task::block_on(async {
        Troupe::assemble(address, &admin, &terms, &nobody).await?;
        let office = Admin::new(address, &admin)?;
        let names: Vec<String> = (0..clients).map(|nth| format!("client-{nth}")).collect();
        let opening = names.iter().map(|name| office.open(name, MONEY, None));
        task::in_order(opening, AT_ONCE).await.into_iter().collect::<Result<Vec<_>, StageError>>()
    });
    opened.map_err(|error| format!("the venue could not be made ready: {error}"))
}

/// One order after the other until it is over, and what the client knows of them.
async fn trade(
    address: std::net::SocketAddr,
    holder: &Holder,
    how: AfterUnknown,
    (over, log): (&AtomicBool, &Log),
) -> Known {
    let mut known = Known::default();
    let Ok(client) = Admin::new(address, holder) else { return known };
    let mut nth = 0_u64;
    while !over.load(Ordering::Relaxed) {
        nth = nth.saturating_add(1);
        let name = format!("power-{nth}");
        if nth.is_multiple_of(4) {
            rest_and_cancel(&client, &name, &mut known).await;
        } else {
            buy(&client, &name, how, (&mut known, log)).await;
        }
    }
    known
}

/// What an answer says of what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    Done,
    /// With its code.
    No(i64),
    Nothing,
}

fn said(answer: Result<Json, StageError>) -> Said {
    match answer {
        Ok(_) => Said::Done,
        Err(StageError::Refused { said, status, .. }) if status < 500 && status != 408 => {
            let code = serde_json::from_str::<Json>(&said).ok().and_then(|it| it["code"].as_i64());
            Said::No(code.unwrap_or_default())
        }
        Err(_) => Said::Nothing,
    }
}

/// Buys one lot, and does not go on before it is known that it was done.
async fn buy(client: &Admin, name: &str, how: AfterUnknown, (known, log): (&mut Known, &Log)) {
    let mut order =
        vec![("symbol", "BTCUSDT"), ("side", "BUY"), ("type", "MARKET"), ("quantity", LOT)];
    if how != AfterUnknown::Blind {
        order.push(("newClientOrderId", name));
    }
    let by_name = [("symbol", "BTCUSDT"), ("origClientOrderId", name)];
    let place = || async { said(client.ask(&Method::POST, "/fapi/v1/order", &order).await) };
    let mut answer = place().await;
    log.put(answer != Said::Nothing);
    if answer == Said::Nothing {
        known.unknown += 1;
    }
    let until = Instant::now() + PATIENCE;
    while answer == Said::Nothing && Instant::now() < until {
        clock::sleep(PAUSE).await;
        if how == AfterUnknown::Ask {
            match said(client.ask(&Method::GET, "/fapi/v1/order", &by_name).await) {
                Said::No(_) => answer = place().await,
                found @ (Said::Done | Said::Nothing) => answer = found,
            }
        } else {
            answer = place().await;
        }
    }
    match answer {
        Said::Done | Said::No(NAME_TAKEN) => known.done += 1,
        Said::No(_) | Said::Nothing => known.never += 1,
    }
}

/// Places an order that trades with nobody, and cancels it until it is gone.
async fn rest_and_cancel(client: &Admin, name: &str, known: &mut Known) {
    let order = [
        ("symbol", "BTCUSDT"),
        ("side", "BUY"),
        ("type", "LIMIT"),
        ("timeInForce", "GTC"),
        ("price", "95000"),
        ("quantity", LOT),
        ("newClientOrderId", name),
    ];
    let by_name = [("symbol", "BTCUSDT"), ("origClientOrderId", name)];
    let placed = said(client.ask(&Method::POST, "/fapi/v1/order", &order).await);
    if placed == Said::Nothing {
        known.unknown += 1;
    }
    let cancel = || async { said(client.ask(&Method::DELETE, "/fapi/v1/order", &by_name).await) };
    let mut gone = cancel().await;
    if gone == Said::Nothing {
        known.cancels_failed += 1;
    }
    let until = Instant::now() + PATIENCE;
    while gone == Said::Nothing && Instant::now() < until {
        clock::sleep(PAUSE).await;
        gone = cancel().await;
    }
}

/// The lots that each has, and by how much the venue's money is more or less than was brought in.
async fn compare(venue: &Venue<'_>, holders: &[Holder]) -> Result<(Vec<u64>, f64), StageError> {
    let number = |value: &Json| value.as_str().and_then(|text| text.parse::<f64>().ok());
    let lots = holders.iter().map(|holder| async {
        let own = Admin::new(venue.address(), holder)?;
        let said = own.ask(&Method::GET, "/fapi/v3/account", &[]).await?;
        let positions = said["positions"].as_array().into_iter().flatten();
        let held: f64 = positions.filter_map(|it| number(&it["positionAmt"])).sum();
        Ok((held / LOT_SIZE).round() as u64)
    });
    let lots =
        task::in_order(lots, AT_ONCE).await.into_iter().collect::<Result<_, StageError>>()?;
    let office = Admin::new(venue.address(), &venue.admin())?;
    let all = office.ask(&Method::GET, "/v1/conservation", &[]).await?;
    Ok((lots, number(&all["excess"]).unwrap_or(f64::NAN)))
}

#[cfg(test)]
mod tests {
    use incident::Value;

    use super::*;

    fn values() -> Values {
        let mut values = Values::default();
        for parameter in Power.parameters() {
            values.set(parameter.name, parameter.usual.expect("none has to be given"));
        }
        values
    }

    #[test]
    fn what_a_client_does_is_one_of_three_things_and_all_is_within_bounds() {
        // A misspelt way of trying again would be measured as another one.
        let mut values = values();
        assert_eq!(Plan::read(&values).unwrap().how, AfterUnknown::Name);
        assert_eq!(Plan::read(&values), Plan::read(&values.clone()));
        values.set("after_unknown", Value::Word("again".to_owned()));
        assert!(Plan::read(&values).unwrap_err().contains("ask, name, blind"));
        values.set("after_unknown", Value::Word("ask".to_owned()));
        values.set("cuts", Value::Number(0.0));
        assert!(Plan::read(&values).unwrap_err().contains("`cuts`"));
    }

    #[test]
    fn double_and_lost_orders_do_not_make_up_for_each_other() {
        // Counted together an order done twice would hide one that was forgotten.
        let told = |done| Known { done, ..Known::default() };
        let mut outcome = Outcome::default();
        figures(&mut outcome, &[told(3), told(3)], &[4, 2]);
        let figure = |id| outcome.get(id).expect("a figure");
        assert_eq!((figure("double_orders"), figure("lost_orders")), (1.0, 1.0));
        assert_eq!((figure("wrong_orders"), figure("done_orders")), (2.0, 6.0));
    }

    #[test]
    fn an_outage_is_a_gap_in_the_curve_and_not_a_shorter_one() {
        // Stretches without any order have to be drawn as such, or the outage is not to be seen.
        let log = Log::now();
        let orders = [(0.1, true), (0.2, true), (0.9, false)];
        orders.iter().for_each(|(at, is_answered)| log.put_at(*at, *is_answered));
        let mut outcome = Outcome::default();
        log.draw(&mut outcome);
        let points =
            |id: &str| outcome.series.iter().find(|it| it.id == id).unwrap().points.clone();
        assert_eq!(points("answered"), [(0.0, 8.0), (0.25, 0.0), (0.5, 0.0), (0.75, 0.0)]);
        assert_eq!(points("unknown").last(), Some(&(0.75, 4.0)));
    }
}

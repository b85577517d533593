//! The crowd, and its storm.

use std::future::pending;

use incident::{Change, Scene, changed};
use load::{Admin, Cast, Holder, Plan, Report, Stake, Terms, Troupe, groups};
use runtime::http::Method;
use runtime::{clock, task};
use units::{Quantity, Span};
use wire_binance::Decimal;

use super::{FEED, PRICE};
use crate::venue::Venue;

/// Those who close over HTTP, as the load calls them.
pub(super) const CLOSE: &str = "close";

/// And those over sockets.
pub(super) const CLOSE_WIRED: &str = "close over sockets";

/// Orders of each who cancels.
const ORDERS: usize = 10;

/// Within how long an answer is of use.
const IN_TIME: Span = Span::from_secs(1);

/// How long after its start the load's first request is due.
const LEAD: Span = Span::from_millis(600);

/// Accounts that are opened at once.
const AT_ONCE: usize = 64;

/// The most requests a second that are offered: what one core of a small machine can make.
const OFFERED_MAX: u32 = 200_000;

/// What the parameters say.
#[derive(Clone, Copy, Debug)]
pub(super) struct World {
    /// How much is asked of the venue.
    pub(super) load: load::Scene,
    lasts: Span,
    insist: Span,
    notional: u32,
    /// What somebody who wants out has, in dollars.
    pub(super) margin: u32,
    stops: usize,
    /// How far the price falls in the middle.
    pub(super) first_fall_percent: u32,
    /// And in all.
    pub(super) fall_percent: u32,
}

impl World {
    pub(super) fn read(scene: &Scene<'_>) -> Result<Self, String> {
        let number = |name: &str, most: u32| {
            let number = scene.parameters.within(name, 1..=u64::from(most))?;
            u32::try_from(number).map_err(|_| format!("`{name}` has to be from 1 to {most}"))
        };
        let load = load::Scene {
            capacity: number("capacity_per_second", 10_000)?,
            times: number("offered_times", 1_000)?,
            reduce_percent: number("reduce_percent", 95)?,
            lines: number("lines", 64)? as usize,
        };
        if load.capacity.saturating_mul(load.times) > OFFERED_MAX {
            return Err(format!("no more than {OFFERED_MAX} requests a second can be offered"));
        }
        let seconds = |number: u32| Span::from_secs(u64::from(number));
        Ok(Self {
            load,
            lasts: seconds(number("storm_seconds", 120)?),
            insist: seconds(number("insist_seconds", 60)?),
            notional: number("notional_dollars", 100_000)?,
            margin: number("margin_dollars", 100_000)?,
            stops: number("stops", 1_000)? as usize,
            first_fall_percent: number("first_fall_percent", 4)?,
            fall_percent: number("fall_percent", 12)?,
        })
    }

    /// The scene's configuration, held to the capacity.
    pub(super) fn configuration(&self, scene: &Scene<'_>) -> Result<String, String> {
        let key = "venue.capacity_per_second".to_owned();
        let capacity = Change { key, value: Some(self.load.capacity.to_string()) };
        changed(scene.configuration, [&capacity])
    }

    /// A price so many hundredths below the first, in whole dollars.
    pub(super) fn price_after(percent: u32) -> u32 {
        PRICE - PRICE / 100 * percent
    }

    fn terms(&self) -> Result<Terms, String> {
        let terms = load::terms(i128::from(PRICE))?;
        // A thousandth of a coin is a hundred dollars.
        let thousandths = i128::from(self.notional / (PRICE / 1_000)).max(1);
        let held = Quantity::from_raw(thousandths.saturating_mul(1_000_000_000));
        Ok(Terms { held: Decimal::quantity(held, 3), ..terms })
    }

    /// As many as have something to ask for, each with something of its own.
    fn cast(&self) -> Cast {
        let reduce = self.load.capacity * self.load.reduce_percent / 100;
        let seconds = self.lasts.as_millis() / 1_000;
        let each = usize::try_from(u64::from(reduce.div_ceil(2)) * seconds).unwrap_or(usize::MAX);
        let leverage = self.notional.div_ceil(self.margin).saturating_mul(2);
        Cast {
            // A quarter more: those over sockets are a quarter of all, and their share of the rate is rounded.
            closers: each + each / 4 + 8,
            stake: Stake { money: self.margin, leverage: leverage.clamp(1, 125) },
            cancellers: each.div_ceil(ORDERS) + 1,
            orders: ORDERS,
            abusers: 16,
            equals: 16,
            traders: 32,
            askers: 16,
        }
    }
}

/// Everybody, with accounts, positions and orders.
#[derive(Debug)]
pub(super) struct Crowd {
    pub(super) troupe: Troupe,
    pub(super) terms: Terms,
    /// Who have a stop order.
    pub(super) stops: Vec<Holder>,
}

/// Brings everybody in.
pub(super) fn assemble(venue: &Venue<'_>, world: &World) -> Result<Crowd, String> {
    let terms = world.terms()?;
    let cast = world.cast();
    let (address, admin) = (venue.address(), venue.admin());
    let ready = task::block_on(async {
        let troupe = Troupe::assemble(address, &admin, &terms, &cast).await?;
        let office = Admin::new(address, &admin)?;
        let names: Vec<String> = (0..world.stops).map(|nth| format!("stop-{nth}")).collect();
        let opening = names.iter().map(|name| open_with_stop(venue, &office, name, &terms));
        let stops = task::in_order(opening, AT_ONCE).await;
        let stops = stops.into_iter().collect::<Result<Vec<_>, load::StageError>>()?;
        Ok::<_, load::StageError>(Crowd { troupe, terms, stops })
    });
    ready.map_err(|error| format!("the venue could not be made ready: {error}"))
}

/// An account with a position and an order that closes it once the price has fallen by a per cent.
async fn open_with_stop(
    venue: &Venue<'_>,
    office: &Admin,
    name: &str,
    terms: &Terms,
) -> Result<Holder, load::StageError> {
    // Twice what the position is worth, so that nothing but its stop closes it.
    let holder = office.open(name, "50000", None).await?;
    let own = Admin::new(venue.address(), &holder)?;
    let quantity = terms.held.to_string();
    let buy = [("symbol", "BTCUSDT"), ("side", "BUY"), ("type", "MARKET"), ("quantity", &quantity)];
    own.ask(&Method::POST, "/fapi/v1/order", &buy).await?;
    let trigger = World::price_after(1).to_string();
    let stop = [
        ("algoType", "CONDITIONAL"),
        ("symbol", "BTCUSDT"),
        ("side", "SELL"),
        ("type", "STOP_MARKET"),
        ("triggerPrice", &trigger),
        ("workingType", "MARK_PRICE"),
        ("quantity", &quantity),
        ("reduceOnly", "true"),
    ];
    own.ask(&Method::POST, "/fapi/v1/algoOrder", &stop).await?;
    Ok(holder)
}

/// What came of the storm.
#[derive(Debug)]
pub(super) struct Storm {
    pub(super) report: Report,
    /// When the price fell in the middle, in milliseconds since 1970.
    pub(super) fell_at_ms: u64,
}

/// Lets everybody ask, and the price fall in the middle.
pub(super) fn offer(
    venue: &Venue<'_>,
    world: &World,
    crowd: &Crowd,
    seed: u64,
) -> Result<Storm, String> {
    let mut groups = groups(&world.load, &crowd.troupe);
    for insist in groups.iter_mut().filter_map(|group| group.insist.as_mut()) {
        insist.for_long = world.insist;
    }
    let plan = Plan {
        seed,
        venue: venue.address(),
        lasts: world.lasts,
        in_time: IN_TIME,
        terms: crowd.terms,
        groups,
    };
    let mut fell_at_ms = 0;
    let fall = async {
        clock::sleep(LEAD.plus(world.lasts.divided_by(2))).await;
        fell_at_ms = clock::unix_time().as_millis();
        venue.prices().say(FEED, &World::price_after(world.first_fall_percent).to_string());
        pending::<()>().await;
    };
    let report = task::block_on(async {
        task::select! {
            report = load::run(&plan) => report,
            () = fall => Err("the fall has no end".to_owned()),
        }
    })?;
    Ok(Storm { report, fell_at_ms })
}

//! What has become of everybody when the storm is over: asked of the venue, account by account.

use std::collections::BTreeSet;

use load::{Admin, Holder, StageError};
use runtime::http::Method;
use runtime::{clock, task};
use serde_json::Value;
use units::Span;

use super::FEED;
use super::storm::{CLOSE, CLOSE_WIRED, Crowd, Storm, World};
use crate::venue::Venue;

/// Accounts that are asked for at once.
const AT_ONCE: usize = 64;

/// How long the price stays at each step of its fall, so that the venue sees every one.
const STEP: Span = Span::from_millis(300);

/// How long liquidations may take after that. Whoever is still in then has kept his position.
const LIQUIDATED_IN: Span = Span::from_secs(12);

/// How often is looked.
const LOOK: Span = Span::from_millis(250);

/// The makers' quotes below the fall: at which part of the first price, in thousandths, and how many coins at each.
const QUOTES: [(u32, &str); 3] = [(919, "400"), (905, "400"), (890, "400")];

/// What was found.
#[derive(Clone, Debug, Default)]
pub(super) struct After {
    /// Accounts that asked to close, did not get out, and were liquidated.
    pub(super) liquidated: usize,
    /// What they lost.
    pub(super) lost_dollars: f64,
    /// How that came to be: seconds since the price began to fall for good, how many, and what they had lost.
    pub(super) course: Vec<(f64, usize, f64)>,
    /// Closing orders that were done twice.
    pub(super) duplicates: usize,
    /// How late the latest stop was.
    pub(super) stop_late_ms: Option<u64>,
    /// Stops that were not done.
    pub(super) stops_unfired: usize,
}

/// Looks what everybody has, lets the price fall, and looks again.
pub(super) fn fall(
    venue: &Venue<'_>,
    world: &World,
    crowd: &Crowd,
    storm: &Storm,
) -> Result<After, String> {
    let found = task::block_on(async {
        let sales = asked(crowd, storm).map(|holder| sales(venue, holder));
        let sales = task::in_order(sales, AT_ONCE).await;
        let sales = sales.into_iter().collect::<Result<Vec<_>, _>>()?;
        let mut after = stops(venue, crowd, storm).await?;
        after.duplicates = sales.iter().map(|sales| sales.len().saturating_sub(1)).sum();
        let left: Vec<&Holder> = asked(crowd, storm)
            .zip(&sales)
            .filter_map(|(holder, sales)| sales.is_empty().then_some(holder))
            .collect();
        quote_lower(venue, crowd).await?;
        let began = clock::now();
        for percent in world.first_fall_percent..=world.fall_percent {
            venue.prices().say(FEED, &World::price_after(percent).to_string());
            clock::sleep(STEP).await;
        }
        let until = clock::now().after(LIQUIDATED_IN);
        loop {
            let standing = left.iter().map(|holder| standing(venue, holder));
            let standing = task::in_order(standing, AT_ONCE).await;
            let standing = standing.into_iter().collect::<Result<Vec<_>, StageError>>()?;
            let gone = standing.iter().filter(|it| it.holds.is_none());
            after.liquidated = gone.clone().count();
            // From zero, since the sum of nothing would be less than that by its sign.
            after.lost_dollars =
                gone.fold(0.0, |lost, it| lost + f64::from(world.margin) - it.money);
            let seconds = clock::now().since(began).as_millis() as f64 / 1e3;
            after.course.push((seconds, after.liquidated, after.lost_dollars));
            if after.liquidated == left.len() || clock::now() >= until {
                return Ok(after);
            }
            clock::sleep(LOOK).await;
        }
    });
    found.map_err(|error: StageError| format!("the venue could not be asked after: {error}"))
}

/// Those who asked to close.
fn asked<'a>(crowd: &'a Crowd, storm: &Storm) -> impl Iterator<Item = &'a Holder> {
    let offered = |name| storm.report.group(name).map_or(0, |group| group.figures.offered);
    let [http, wired] =
        [CLOSE, CLOSE_WIRED].map(offered).map(|it| usize::try_from(it).unwrap_or(0));
    let (by_wire, by_http) = load::who_close(&crowd.troupe);
    by_http.iter().take(http).chain(by_wire.iter().take(wired))
}

/// The orders by which an account has sold, by their numbers.
async fn sales(venue: &Venue<'_>, holder: &Holder) -> Result<BTreeSet<u64>, StageError> {
    let trades = trades(venue, holder).await?;
    let sold = trades.iter().filter(|trade| trade["side"] == "SELL");
    Ok(sold.filter_map(|trade| trade["orderId"].as_u64()).collect())
}

async fn trades(venue: &Venue<'_>, holder: &Holder) -> Result<Vec<Value>, StageError> {
    let own = Admin::new(venue.address(), holder)?;
    let symbol = [("symbol", "BTCUSDT")];
    let said = own.ask(&Method::GET, "/fapi/v1/userTrades", &symbol).await?;
    Ok(said.as_array().cloned().unwrap_or_default())
}

/// How late stops were done, and how many were not.
async fn stops(venue: &Venue<'_>, crowd: &Crowd, storm: &Storm) -> Result<After, StageError> {
    let mut after = After::default();
    let trades = crowd.stops.iter().map(|holder| trades(venue, holder));
    for trades in task::in_order(trades, AT_ONCE).await {
        let trades = trades?;
        let sold = trades.iter().filter(|trade| trade["side"] == "SELL");
        match sold.filter_map(|trade| trade["time"].as_u64()).max() {
            None => after.stops_unfired += 1,
            Some(time) => {
                let late = time.saturating_sub(storm.fell_at_ms);
                after.stop_late_ms = after.stop_late_ms.max(Some(late));
            }
        }
    }
    Ok(after)
}

/// The maker takes his quotes away, and comes back with others below.
async fn quote_lower(venue: &Venue<'_>, crowd: &Crowd) -> Result<(), StageError> {
    let Some(maker) = &crowd.troupe.maker else { return Ok(()) };
    let maker = Admin::new(venue.address(), maker)?;
    let symbol = [("symbol", "BTCUSDT")];
    maker.ask(&Method::DELETE, "/fapi/v1/allOpenOrders", &symbol).await?;
    for (thousandths, quantity) in QUOTES {
        let price = (super::PRICE / 1_000 * thousandths).to_string();
        let quote = [
            ("symbol", "BTCUSDT"),
            ("side", "BUY"),
            ("type", "LIMIT"),
            ("timeInForce", "GTC"),
            ("price", &price),
            ("quantity", quantity),
        ];
        maker.ask(&Method::POST, "/fapi/v1/order", &quote).await?;
    }
    Ok(())
}

/// How an account stands.
struct Standing {
    /// Its position's size, while it has one.
    holds: Option<f64>,
    /// What it has, in dollars.
    money: f64,
}

async fn standing(venue: &Venue<'_>, holder: &Holder) -> Result<Standing, StageError> {
    let own = Admin::new(venue.address(), holder)?;
    let said = own.ask(&Method::GET, "/fapi/v3/account", &[]).await?;
    let number = |value: &Value| value.as_str().and_then(|text| text.parse::<f64>().ok());
    let positions = said["positions"].as_array().into_iter().flatten();
    let mut sizes = positions.filter_map(|it| number(&it["positionAmt"]));
    Ok(Standing {
        holds: sizes.find(|size| *size != 0.0),
        money: number(&said["totalMarginBalance"]).unwrap_or_default(),
    })
}

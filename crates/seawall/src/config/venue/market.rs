//! The `[[venue.market]]` tables: perpetual contracts.

use std::ops::RangeInclusive;

use ::venue::config::MarketConfig;
use units::{Money, Price, Quantity, Ratio, Span};
use venue_core::{Bracket, Deleverage, Lots, MarketSettings, Residual};

use super::super::exact;
use super::super::reader::{Found, Reader};
use super::super::report::{Place, Report};
use super::super::value::shown;

/// The keys of `[[venue.market]]`.
pub(super) const KEYS: &[&str] = &[
    "symbol",
    "base",
    "feed",
    "tick",
    "lot",
    "lots_max",
    "market_lots_max",
    "notional_min",
    "orders_max",
    "triggers_max",
    "band",
    "take_bound",
    "maker_fee",
    "taker_fee",
    "liquidation_fee",
    "brackets",
    "impact",
    "mark_half_life",
    "mark_half_life_ms",
    "basis_band",
    "funding_interval",
    "funding_interval_ms",
    "funding_max",
    "liquidation_floor",
    "liquidation_wait",
    "liquidation_wait_ms",
    "deleverage",
    "residual",
];

const BRACKET_KEYS: &[&str] = &["from", "maintenance", "initial"];

/// Something to nearly all.
const PART: RangeInclusive<Ratio> = Ratio::from_raw(1)..=Ratio::from_bps(9_999);
/// Nothing to all of it.
const SHARE: RangeInclusive<Ratio> = Ratio::ZERO..=Ratio::ONE;
/// What a fee may be.
const FEE: RangeInclusive<Ratio> = Ratio::ZERO..=Ratio::from_bps(1_000);
/// A maker may be paid, by no more than the taker pays.
const MAKER_FEE: RangeInclusive<Ratio> = Ratio::from_bps(-1_000)..=Ratio::from_bps(1_000);
/// From one look to a week.
const SPAN: RangeInclusive<Span> = Span::from_secs(1)..=Span::from_secs(7 * 86_400);
/// As many lots as the core takes.
const LOTS: RangeInclusive<u64> = 1..=(1 << 40) - 1;
/// As many orders as the core takes.
const ORDERS: RangeInclusive<u64> = 1..=10_000;

/// Eight hours, and three quarters of a per cent, which is what Binance does for most contracts.
const FUNDING_INTERVAL: Span = Span::from_secs(8 * 3_600);
const FUNDING_MAX: Ratio = Ratio::from_bps(75);

const SYMBOL: &str =
    "capital letters and digits that end in the settlement asset, such as \"BTCUSDT\"";
const STEP: &str = "a number above 0 as text, such as \"0.1\"";
const BRACKETS: &str = "a list such as [{ from = 0, maintenance = \"0.4%\", initial = \"0.8%\" }], from what notional on";

const DELEVERAGE: [(&str, Deleverage); 4] = [
    ("pro-rata", Deleverage::ProRata),
    ("binance", Deleverage::Binance),
    ("bitmex", Deleverage::Bitmex),
    ("hyperliquid", Deleverage::Hyperliquid),
];
const RESIDUAL: [(&str, Residual); 2] =
    [("halt", Residual::Halt), ("socialise", Residual::Socialise)];

/// A market as far as it could be read.
#[derive(Debug)]
pub(super) struct MarketDraft {
    /// Where its table begins.
    pub place: Place,
    /// Its symbol.
    pub symbol: Option<Found<String>>,
    base: Option<String>,
    /// The feed of its price.
    pub feed: Option<Found<String>>,
    /// Everything but the name, with the usual settings where nothing is said.
    settings: Option<MarketSettings>,
    funding_interval: Option<Found<Span>>,
    funding_max: Option<Found<Ratio>>,
}

/// Reads one market, settled in `quote`.
pub(super) fn read(table: &Reader<'_>, quote: &str, report: &mut Report<'_>) -> MarketDraft {
    for (key, accepted) in
        [("symbol", SYMBOL), ("tick", STEP), ("lot", STEP), ("feed", super::FEED)]
    {
        table.missing(key, accepted, report);
    }
    let symbol = table.text("symbol", SYMBOL, report, |text| symbol(text, quote));
    let base = table.text("base", super::ASSET, report, super::asset_name).map(|found| found.value);
    let base = base.or_else(|| {
        let symbol = symbol.as_ref()?;
        symbol.value.strip_suffix(quote).map(str::to_owned)
    });
    let tick = table.text("tick", STEP, report, |text| step(text).map(Price::from_raw));
    let lot = table.text("lot", STEP, report, |text| step(text).map(Quantity::from_raw));
    let settings = tick.zip(lot).map(|(tick, lot)| {
        let mut settings = MarketSettings::perpetual("", tick.value, lot.value);
        fill(table, &mut settings, report);
        settings
    });
    MarketDraft {
        place: table.place.clone(),
        symbol,
        base,
        feed: table.text("feed", super::FEED, report, super::feed),
        settings,
        funding_interval: table.span("funding_interval", &SPAN, report),
        funding_max: exact::share(table, "funding_max", &SHARE, report),
    }
}

/// Puts what the table says over the usual settings.
fn fill(table: &Reader<'_>, settings: &mut MarketSettings, report: &mut Report<'_>) {
    let filters = &mut settings.filters;
    let lots = |found: Found<u64>| Lots::new(i64::try_from(found.value).unwrap_or(i64::MAX));
    let count = |found: Found<u64>| u32::try_from(found.value).unwrap_or(u32::MAX);
    put(&mut filters.lots_max, table.number("lots_max", LOTS, report).map(lots));
    put(&mut filters.market_lots_max, table.number("market_lots_max", LOTS, report).map(lots));
    put(&mut filters.notional_min, value(exact::money(table, "notional_min", report)));
    put(&mut filters.orders_max, table.number("orders_max", ORDERS, report).map(count));
    put(&mut filters.triggers_max, table.number("triggers_max", ORDERS, report).map(count));
    put(&mut filters.band, value(exact::share(table, "band", &PART, report)));
    put(&mut filters.take_bound, value(exact::share(table, "take_bound", &PART, report)));
    let fees = &mut settings.fees;
    put(&mut fees.maker, value(exact::share(table, "maker_fee", &MAKER_FEE, report)));
    put(&mut fees.taker, value(exact::share(table, "taker_fee", &FEE, report)));
    put(&mut fees.liquidation, value(exact::share(table, "liquidation_fee", &FEE, report)));
    let brackets = brackets(table, report);
    put(&mut settings.brackets, (!brackets.is_empty()).then_some(brackets));
    let mark = &mut settings.mark;
    put(&mut mark.impact, value(exact::money(table, "impact", report)));
    put(&mut mark.half_life, value(table.span("mark_half_life", &SPAN, report)));
    put(&mut mark.basis_band, value(exact::share(table, "basis_band", &PART, report)));
    let liquidation = &mut settings.liquidation;
    put(&mut liquidation.floor, value(exact::money(table, "liquidation_floor", report)));
    put(&mut liquidation.time_cap, value(table.span("liquidation_wait", &SPAN, report)));
    put(&mut liquidation.deleverage, value(table.choice("deleverage", &DELEVERAGE, report)));
    put(&mut liquidation.residual, value(table.choice("residual", &RESIDUAL, report)));
}

fn put<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

fn value<T>(found: Option<Found<T>>) -> Option<T> {
    found.map(|found| found.value)
}

fn brackets(table: &Reader<'_>, report: &mut Report<'_>) -> Vec<Bracket> {
    if !table.has("brackets") {
        return Vec::new();
    }
    let rows = table.tables("brackets", BRACKET_KEYS, report);
    let rows = rows.iter().filter_map(|row| {
        row.missing("maintenance", BRACKETS, report);
        row.missing("initial", BRACKETS, report);
        let floor = exact::money(row, "from", report);
        let maintenance = exact::share(row, "maintenance", &SHARE, report);
        let initial = exact::share(row, "initial", &SHARE, report);
        Some(Bracket {
            floor: floor.map_or(Money::ZERO, |found| found.value),
            maintenance: maintenance?.value,
            initial: initial?.value,
        })
    });
    rows.collect()
}

fn symbol(text: &str, quote: &str) -> Result<String, String> {
    let plain = text.chars().all(|sign| sign.is_ascii_uppercase() || sign.is_ascii_digit());
    let ends = text.strip_suffix(quote).is_some_and(|base| !base.is_empty());
    if plain && ends && text.len() <= 32 {
        return Ok(text.to_owned());
    }
    Err(format!("{} is no symbol of a market settled in {quote}", shown(text)))
}

fn step(text: &str) -> Result<i128, String> {
    let step = Price::parse(text.trim().as_bytes());
    let step = step.map_err(|_| format!("{} is no number", shown(text)))?;
    if step > Price::ZERO { Ok(step.raw()) } else { Err(format!("{} is not above 0", shown(text))) }
}

impl MarketDraft {
    /// The market, where every value could be read.
    pub(super) fn finish(self) -> Option<MarketConfig> {
        let settings = MarketSettings { name: self.symbol?.value, ..self.settings? };
        Some(MarketConfig {
            settings,
            base: self.base?,
            feed: self.feed?.value,
            funding_interval: value(self.funding_interval).unwrap_or(FUNDING_INTERVAL),
            funding_max: value(self.funding_max).unwrap_or(FUNDING_MAX),
        })
    }

    /// The settings as far as they could be read, for what the core has to say of them.
    pub(super) fn settings(&self) -> Option<MarketSettings> {
        let name = self.symbol.as_ref()?.value.clone();
        Some(MarketSettings { name, ..self.settings.clone()? })
    }
}

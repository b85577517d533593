//! Why a price is what it is, in plain words.

use std::fmt::Write as _;

use units::fixed::ONE;
use units::{Money, Price};

use crate::cost::Direction;
use crate::id::FeedId;
use crate::oracle::Oracle;
use crate::rate::RateStanding;
use crate::rule::Rule;
use crate::settings::Parameters;
use crate::status::Status;
use crate::tick::Tick;

/// Why a feed's price is what it is, in plain words; `None` where there is no such feed.
#[must_use]
pub fn explain(oracle: &Oracle, feed: FeedId) -> Option<String> {
    let tick = oracle.published(feed)?;
    let settings = oracle.plan().feeds().find(|(id, _)| *id == feed)?.1;
    let mut text = headline(&settings.symbol, tick, &settings.parameters);
    for cause in &tick.causes {
        line(&mut text, format_args!("- {cause}"));
    }
    lanes(&mut text, oracle, feed, tick);
    sources(&mut text, oracle, tick);
    costs(&mut text, oracle, feed);
    line(&mut text, format_args!("Digest {} (tick {}).", tick.digest, tick.number));
    Some(text)
}

fn line(text: &mut String, what: std::fmt::Arguments<'_>) {
    // Writing to a text cannot fail.
    let written = writeln!(text, "{what}");
    debug_assert!(written.is_ok(), "a text takes everything");
}

/// A price to eight digits, and to no less than the whole unit: what follows came of converting it.
fn shown(price: Price) -> String {
    Price::from_raw(to_digits(price.raw(), 8)).to_string()
}

/// An error to two digits.
fn roughly(error: Price) -> String {
    Price::from_raw(to_digits(error.raw(), 2)).to_string()
}

/// An amount that is at least so much, in whole units, with a comma after every three digits.
fn whole(amount: Money) -> String {
    let units = amount.raw().checked_div(ONE).unwrap_or(0);
    let digits = units.to_string();
    let mut text = String::with_capacity(digits.len().saturating_mul(2));
    for (place, digit) in digits.chars().enumerate() {
        let rest = digits.len().saturating_sub(place);
        if place > 0 && rest.is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The nearest number with so many digits, or the nearest whole unit where that is more exact.
fn to_digits(raw: i128, digits: u32) -> i128 {
    let count = raw.unsigned_abs().checked_ilog10().map_or(0, |log| log.saturating_add(1));
    let unit = 10_i128.checked_pow(count.saturating_sub(digits)).unwrap_or(ONE).min(ONE);
    let half = unit.checked_div(2).unwrap_or(0);
    let up = raw.saturating_add(half);
    up.saturating_sub(up.checked_rem_euclid(unit).unwrap_or(0))
}

/// Where a price comes from, by the feed's rule.
fn origin(tick: &Tick, parameters: &Parameters) -> String {
    let (used, quorum) = tick.groups;
    let rule = parameters.rule;
    let mut text = match rule {
        Rule::Guarded => {
            format!("the weighted median of {used} independent sources; {quorum} make it live")
        }
        Rule::First => {
            format!(
                "the first source alone, since its rule is {:?}; nothing guards it",
                rule.name()
            )
        }
        Rule::VolumeMean => format!(
            "the mean of {used} sources by what is traded there, since its rule is {:?}; nothing guards it",
            rule.name()
        ),
    };
    if let Some(average) = parameters.average {
        text.push_str(&format!("; averaged over {average}"));
    }
    text
}

fn headline(symbol: &str, tick: &Tick, parameters: &Parameters) -> String {
    let mut text = String::new();
    let price = |price: Option<Price>| price.map_or_else(String::new, shown);
    let error = |error: Option<Price>| error.map_or_else(String::new, roughly);
    match tick.status {
        Status::Live | Status::Capped | Status::Degraded => line(
            &mut text,
            format_args!(
                "{symbol} is {} ({}), give or take {}: {}.",
                price(tick.market),
                tick.status.name(),
                error(tick.confidence),
                origin(tick, parameters),
            ),
        ),
        Status::Held => line(
            &mut text,
            format_args!(
                "{symbol} is held at {}, as of {} ago, give or take {}.",
                price(tick.market),
                tick.age,
                error(tick.confidence)
            ),
        ),
        Status::Split => {
            let clusters: Vec<String> = tick.clusters.iter().copied().map(shown).collect();
            line(
                &mut text,
                format_args!(
                    "{symbol} has no single price (split): sources stand at {}.",
                    clusters.join(" and ")
                ),
            );
        }
        Status::Halted => {
            let last = tick.last_good.map_or_else(String::new, |last| {
                let age = tick.at.now.since(last.at.now);
                format!(" The last good one was {}, {age} ago.", shown(last.price))
            });
            line(&mut text, format_args!("{symbol} has no price (halted).{last}"));
        }
    }
    text
}

fn lanes(text: &mut String, oracle: &Oracle, feed: FeedId, tick: &Tick) {
    let (Some(fundamental), Some(rate)) = (tick.fundamental, oracle.rate(feed)) else { return };
    let rate = match rate {
        RateStanding::Unknown => "an exchange rate that is not known".to_owned(),
        RateStanding::Within(ratio) => format!("an exchange rate of {ratio}"),
        RateStanding::Above { held, bound, read } => {
            format!(
                "an exchange rate held at {held}; it was read as {read}, above its bound of {bound}"
            )
        }
        RateStanding::Below { held, bound, read } => {
            format!(
                "an exchange rate held at {held}; it was read as {read}, below its bound of {bound}"
            )
        }
    };
    line(
        text,
        format_args!("It is worth {} by what it can be redeemed for: {rate}.", shown(fundamental)),
    );
    if let (Some(market), Some(liquidation)) = (tick.market, tick.liquidation) {
        let off = tick.divergence.map_or(0, units::Ratio::as_bps);
        let kept = if market == liquidation {
            "which is the market price".to_owned()
        } else if tick.fundamental == Some(liquidation) {
            format!("which is what it can be redeemed for; the market is {off} bp from it")
        } else {
            format!("kept near that although the market is {off} bp from it")
        };
        line(text, format_args!("Collateral is valued at {}, {kept}.", shown(liquidation)));
    }
}

fn sources(text: &mut String, oracle: &Oracle, tick: &Tick) {
    let named = |place: usize| {
        oracle.plan().sources().nth(place).map_or("", |(_, source)| source.name.as_str())
    };
    for report in &tick.sources {
        let name = named(report.source.place());
        let price = report.price.map_or_else(|| "no price".to_owned(), shown);
        match report.refusal {
            None => {
                let share = report.weight.as_bps();
                let (whole, rest) =
                    (share.checked_div(100).unwrap_or(0), share.checked_rem(100).unwrap_or(0));
                line(
                    text,
                    format_args!("  {name}: {price}, used, {whole}.{rest:02} % of the weight"),
                );
            }
            Some(refusal) => line(text, format_args!("  {name}: {price}, refused: {refusal}")),
        }
    }
}

fn costs(text: &mut String, oracle: &Oracle, feed: FeedId) {
    for (direction, word) in [(Direction::Down, "down"), (Direction::Up, "up")] {
        let Some(cost) = oracle.cost_to_move(feed, direction) else { continue };
        let names = |groups: &[usize]| {
            let names: Vec<&str> =
                groups.iter().map(|group| oracle.group_name(feed, *group)).collect();
            names.join(", ")
        };
        let unseen = if cost.unseen.is_empty() {
            String::new()
        } else {
            format!("; the books of {} are not seen and count as nothing", names(&cost.unseen))
        };
        line(
            text,
            format_args!(
                "To push it {word} by 1 % takes at least {} on {}{unseen}.",
                whole(cost.at_least),
                names(&cost.groups)
            ),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_as_exact_as_people_can_use_them() {
        // Nobody reads twelve digits, and whoever compares two prices at a glance takes the wrong one.
        let check = |text: &str, expect_shown: &str, expect_roughly: &str| {
            let price = Price::parse(text.as_bytes()).expect("a number");
            assert_eq!(
                (shown(price).as_str(), roughly(price).as_str()),
                (expect_shown, expect_roughly)
            );
        };
        check("4459.338953208589", "4459.339", "4459");
        check("0.999470043", "0.99947004", "1");
        check("1.261483824855", "1.2614838", "1.3");
        check("0.000282642884", "0.00028264288", "0.00028");
        check("100281.73", "100281.73", "100282");
        check("99999.999999", "100000", "100000");
        check("123456789012.6", "123456789013", "123456789013");
        check("0", "0", "0");
        check("0.000000000001", "0.000000000001", "0.000000000001");
        assert_eq!(whole(Money::whole(4_437_364)), "4,437,364");
        assert_eq!((whole(Money::whole(999)), whole(Money::ZERO)), ("999".into(), "0".into()));
    }
}

//! What others would have shown: one venue, means, medians, and the rules of Pyth and of Binance's index.

use units::Price;

/// What a venue says, in dollars, and what is traded there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Said {
    pub(crate) venue: usize,
    pub(crate) price: Price,
    pub(crate) volume: u64,
}

/// A rule.
pub(crate) type Rule = fn(&[Said]) -> Option<Price>;

/// Each rule, and what it is called.
pub(crate) const RULES: [(&str, Rule); 6] = [
    ("one venue", one_venue),
    ("volume mean", volume_mean),
    ("mean of two", mean_of_two),
    ("median", median),
    ("Pyth, three votes each", pyth),
    ("Binance, clamped at 3 %", clamped),
];

fn one_venue(said: &[Said]) -> Option<Price> {
    said.iter().find(|one| one.venue == 0).map(|one| one.price)
}

fn volume_mean(said: &[Said]) -> Option<Price> {
    let sum: i128 = said.iter().map(|one| one.price.raw() * i128::from(one.volume)).sum();
    let volume: i128 = said.iter().map(|one| i128::from(one.volume)).sum();
    sum.checked_div(volume).map(Price::from_raw)
}

fn mean_of_two(said: &[Said]) -> Option<Price> {
    let two: Vec<Price> = said.iter().filter(|one| one.venue < 2).map(|one| one.price).collect();
    let sum: i128 = two.iter().map(|price| price.raw()).sum();
    sum.checked_div(i128::try_from(two.len()).ok()?).map(Price::from_raw)
}

fn median(said: &[Said]) -> Option<Price> {
    middle(said.iter().map(|one| one.price).collect())
}

/// Each venue is a publisher with a confidence of two basis points: a vote for its price, and for either end.
fn pyth(said: &[Said]) -> Option<Price> {
    let votes = said.iter().flat_map(|one| {
        let confidence = Price::from_raw(one.price.raw() / 5_000);
        [one.price.minus(confidence), one.price, one.price.plus(confidence)]
    });
    middle(votes.collect())
}

/// Every price is brought to within 3 % of the median, and the mean by volume taken.
fn clamped(said: &[Said]) -> Option<Price> {
    let median = median(said)?;
    let part = Price::from_raw(median.raw() * 3 / 100);
    let clamped: Vec<Said> = said
        .iter()
        .map(|one| Said { price: one.price.max(median.minus(part)).min(median.plus(part)), ..*one })
        .collect();
    volume_mean(&clamped)
}

fn middle(mut prices: Vec<Price>) -> Option<Price> {
    oracle_core::median(&mut prices)
}

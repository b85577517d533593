//! Who has borrowed against the asset, drawn from a seed.

use machine::Prng;

use super::terms::Terms;

/// Somebody who has borrowed against the asset.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Loan {
    /// How much of the asset he has.
    pub(crate) units: f64,
    /// What he owes, in dollars.
    pub(crate) debt: f64,
}

/// Draws of a uniform number whose sum stands for one of the normal distribution (Irwin and Hall).
const NORMAL_DRAWS: u32 = 12;

/// Largest deviation that is drawn of a size: one account of everything would be no population.
const DEVIATIONS_MAX: f64 = 3.0;

/// Everybody; `price` is what one of the asset costs when they borrow. Each group of leverage has its share of the people
/// and, to the dollar, of the collateral.
pub(crate) fn drawn(terms: &Terms, price: f64, seed: u64) -> Vec<Loan> {
    let mut prng = Prng::new(seed);
    let mut all = Vec::new();
    let shares: f64 = terms.share.iter().sum();
    for (leverage, share) in terms.leverage.iter().zip(&terms.share) {
        let part = share / shares;
        let count = (libm::round(terms.accounts as f64 * part) as usize).max(1);
        let sizes: Vec<f64> = (0..count)
            .map(|_| {
                let sigma = normal(&mut prng).clamp(-DEVIATIONS_MAX, DEVIATIONS_MAX);
                libm::exp(sigma * terms.size_sigma)
            })
            .collect();
        let dollars = terms.collateral_usd * part / sizes.iter().sum::<f64>();
        for size in sizes {
            let either = 2.0 * uniform(&mut prng) - 1.0;
            let leverage = leverage + terms.spread_of_leverage * either;
            let collateral = size * dollars;
            let debt = collateral * (1.0 - 1.0 / leverage);
            all.push(Loan { units: collateral / price, debt });
        }
    }
    all
}

/// From 0 to 1.
pub(crate) fn uniform(prng: &mut Prng) -> f64 {
    (prng.next_u64() >> 11) as f64 / 9_007_199_254_740_992.0
}

fn normal(prng: &mut Prng) -> f64 {
    (0..NORMAL_DRAWS).map(|_| uniform(prng)).sum::<f64>() - 6.0
}

//! What the page remembers of prices: a sample each ten seconds over the last hour.

use std::collections::{BTreeMap, VecDeque};

use units::Price;

use crate::price::{PriceStatus, PriceView};

/// Time between two samples.
pub(crate) const SAMPLE_MS: u64 = 10_000;

/// Samples that are kept: an hour.
pub(crate) const SAMPLES: usize = 360;

/// Assets that are remembered and drawn; more have a line without a chart, to keep the page and its memory small:
/// with a dozen sources each these take some 4 MB.
const ASSETS_MAX: usize = 24;

/// An asset at one time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sample {
    /// Which [`SAMPLE_MS`] since 1970.
    pub(crate) index: u64,
    /// The worst status within it.
    pub(crate) status: PriceStatus,
    pub(crate) market: Option<Price>,
    pub(crate) fundamental: Option<Price>,
    pub(crate) liquidation: Option<Price>,
    /// Each source's price, and whether it was used.
    pub(crate) sources: Vec<(Option<Price>, bool)>,
}

/// The memory of prices.
#[derive(Clone, Debug, Default)]
pub(crate) struct PricePast(BTreeMap<String, VecDeque<Sample>>);

impl PricePast {
    /// Takes in what is published at a time.
    pub(crate) fn observe(&mut self, at_ms: u64, prices: &[PriceView]) {
        self.0.retain(|symbol, _| prices.iter().any(|view| view.symbol == *symbol));
        let index = at_ms / SAMPLE_MS;
        for view in prices.iter().take(ASSETS_MAX) {
            let samples = self.0.entry(view.symbol.clone()).or_default();
            let before = samples.back().filter(|last| last.index == index);
            let status = before.map_or(view.status, |before| before.status.max(view.status));
            // A source that was refused within the time is shown as refused, however short it was.
            let sources = view.sources.iter().enumerate().map(|(place, source)| {
                let was_used = before.and_then(|before| before.sources.get(place));
                let used = source.refused.is_none() && was_used.is_none_or(|(_, used)| *used);
                (source.price, used)
            });
            let sample = Sample {
                index,
                status,
                market: view.market,
                fundamental: view.fundamental,
                liquidation: view.liquidation,
                sources: sources.collect(),
            };
            if before.is_some() {
                samples.pop_back();
            }
            samples.push_back(sample);
            while samples.len() > SAMPLES {
                samples.pop_front();
            }
        }
    }

    /// The samples of an asset, oldest first; `None` where it is not drawn.
    pub(crate) fn of(&self, symbol: &str) -> Option<&VecDeque<Sample>> {
        self.0.get(symbol)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::price::SourceView;

    fn view(status: PriceStatus, refused: Option<&str>) -> PriceView {
        let refused = refused.map(str::to_owned);
        let source = SourceView { price: Some(Price::ONE), refused, ..SourceView::default() };
        PriceView {
            symbol: "A/USD".to_owned(),
            status,
            sources: vec![source],
            ..PriceView::default()
        }
    }

    #[test]
    fn trouble_of_a_second_is_still_seen_an_hour_later() {
        let mut past = PricePast::default();
        past.observe(0, &[view(PriceStatus::Live, None)]);
        past.observe(4_000, &[view(PriceStatus::Split, Some("far off"))]);
        past.observe(8_000, &[view(PriceStatus::Live, None)]);
        past.observe(10_000, &[view(PriceStatus::Live, None)]);
        let samples = past.of("A/USD").expect("it is remembered");
        let seen = |sample: &Sample| (sample.status, sample.sources[0].1);
        let seen: Vec<_> = samples.iter().map(seen).collect();
        assert_eq!(seen, [(PriceStatus::Split, false), (PriceStatus::Live, true)]);
    }

    #[test]
    fn memory_does_not_grow_with_time_or_assets() {
        let mut past = PricePast::default();
        for at in 0..500 {
            past.observe(at * SAMPLE_MS, &[view(PriceStatus::Live, None)]);
        }
        assert_eq!(past.of("A/USD").map(VecDeque::len), Some(SAMPLES));
        let many: Vec<PriceView> = (0..100)
            .map(|number| PriceView { symbol: format!("{number}"), ..PriceView::default() })
            .collect();
        past.observe(0, &many);
        assert_eq!(past.0.len(), ASSETS_MAX);
    }
}

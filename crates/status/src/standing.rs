//! How the venue stands: what is remembered, judged and said of it.

mod cause;
mod finding;
mod judge;
mod past;

pub(crate) use cause::cause;
pub(crate) use finding::{broken, finding, overload, prices_away, with_venue};
pub(crate) use judge::{
    are_prices_away, is_broken, is_starting, market_severity, market_trouble, market_words,
};
pub(crate) use past::{FUND_SAMPLE_MS, FUND_SAMPLES, Rate, SAMPLE_MS, SAMPLES, Sample, VenuePast};

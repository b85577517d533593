//! Readers of contracts: aggregators, pools and exchange rates, all of one round at one block.

mod config;

pub use config::{ChainConfig, ChainRate, ChainSource, ENDPOINTS_MAX, SourceContract};

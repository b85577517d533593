//! Crises of providers, clouds and load.
//!
//! The real binary runs as it is shipped, with a configuration as users write it, and is driven over its sockets on
//! loopback. The outside world is simulated: providers, clouds, names, clients. Wall time passes, so that two runs are
//! alike and not equal.

pub mod fork;
mod front;
mod halt;
pub mod part;
mod power;
mod providers;
mod ratelimit;
mod starve;
pub mod venue;
mod wave;

use incident::Mechanism;

/// All mechanisms of this crate.
#[must_use]
pub fn mechanisms() -> Vec<Box<dyn Mechanism>> {
    vec![
        Box::new(ratelimit::RateLimit),
        Box::new(power::Power),
        Box::new(fork::Fork),
        Box::new(providers::Providers),
        Box::new(halt::Halt),
        Box::new(starve::Starve),
        Box::new(wave::Wave),
    ]
}

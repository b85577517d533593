//! Liquidation: the parts of it that only work something out. The engine's step, which carries them out, is in
//! `venue/liquidate`.

mod least;
mod pace;
mod settle;
mod urgency;

pub(crate) use least::least;
pub(crate) use pace::{Pace, budget};
pub(crate) use settle::{Closed, beyond};
pub(crate) use urgency::Urgency;

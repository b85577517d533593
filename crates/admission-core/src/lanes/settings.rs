//! What lanes are told, with the reason for each default.

use units::Span;

use crate::class::{Class, PerClass};
use crate::settings::{DelayRule, FIFO_WAITING_MAX, Mode};

/// The rules of [`crate::Lanes`].
#[derive(Clone, Copy, Debug)]
pub struct LaneSettings {
    /// How those who wait are ordered.
    pub mode: Mode,
    /// What the server does in a second, in the unit of [`crate::Arrival::cost`]; `None` where it says
    /// itself when it is free.
    pub rate: Option<u64>,
    /// What a client may spend in one turn, in the unit of cost: about what the usual piece of work costs.
    pub quantum: u32,
    /// Picks which lines each client may stand in. From the outside it must not be known.
    pub seed: u64,
    /// The rules of each class.
    pub classes: PerClass<LaneRules>,
    /// How much of the first class each client may ask for.
    pub budget: BudgetRules,
}

/// The rules of one class.
#[derive(Clone, Copy, Debug)]
pub struct LaneRules {
    /// Most of it that may wait at once.
    pub waiting_max: usize,
    /// Share of the server's time that it gets while more important classes wait too, in thousandths.
    pub floor_permille: u32,
    /// When it is held to be overloaded and cut; `None` where only deadlines count.
    pub delay: Option<DelayRule>,
    /// Whether it is served last in, first out while it is overloaded: for answers that are of use only
    /// while they are fresh.
    pub newest_first: bool,
}

/// How much of the first class each client may ask for. What is above it is done with the third class.
#[derive(Clone, Copy, Debug)]
pub struct BudgetRules {
    /// Requests a second that everybody has; with more open orders than that, it is as many as those.
    pub rate: u32,
    /// Requests at once that everybody has; twice the open orders where that is more.
    pub burst: u32,
    /// Requests that a false claim costs.
    pub false_claim: u32,
}

impl LaneSettings {
    /// Rules for the engine of a venue, with costs in microseconds of its time.
    ///
    /// The first class is what takes risk down, the second the venue's own liquidations, the third new
    /// risk and the fourth queries. A flood of cancels must not hold up liquidations, so that they have a
    /// fifth of the time; the shares of the others only keep them from standing still. The bounds are
    /// eight, half and a quarter of a second of an engine that does 500 a second.
    #[must_use]
    pub fn engine(mode: Mode, rate: Option<u64>, quantum: u32, seed: u64) -> Self {
        let delay =
            Some(DelayRule { target: Span::from_millis(5), interval: Span::from_millis(100) });
        let first =
            LaneRules { waiting_max: 4_096, floor_permille: 0, delay: None, newest_first: false };
        Self {
            mode,
            rate,
            quantum,
            seed,
            classes: PerClass {
                first,
                second: LaneRules { floor_permille: 200, ..first },
                third: LaneRules { waiting_max: 256, floor_permille: 50, delay, ..first },
                fourth: LaneRules {
                    waiting_max: 128,
                    floor_permille: 20,
                    delay,
                    newest_first: true,
                },
            },
            budget: BudgetRules { rate: 20, burst: 100, false_claim: 5 },
        }
    }

    /// The rules of a class in this mode: first come, first served knows one class without any.
    pub(crate) fn rules(&self, class: Class) -> LaneRules {
        match self.mode {
            Mode::Fair => *self.classes.get(class),
            Mode::Fifo => LaneRules {
                waiting_max: FIFO_WAITING_MAX,
                floor_permille: 0,
                delay: None,
                newest_first: false,
            },
        }
    }
}

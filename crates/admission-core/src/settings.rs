//! What an admission is told, with the reason for each default.

use units::Span;

use crate::class::{Class, PerClass};

/// How those who wait are ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// By class, then in turn among the clients of a class.
    #[default]
    Fair,
    /// First come, first served, in one queue for all, until each one's own deadline: the defence is off.
    Fifo,
}

impl Mode {
    /// The mode as it is written in the configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fair => "fair",
            Self::Fifo => "fifo",
        }
    }
}

/// The rules of an admission.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How those who wait are ordered.
    pub mode: Mode,
    /// The rules of each class.
    pub classes: PerClass<ClassRules>,
}

/// The rules of one class.
#[derive(Clone, Copy, Debug)]
pub struct ClassRules {
    /// Most of it that may wait at once.
    pub waiting_max: usize,
    /// Share of the turns that it gets while more important classes wait too, in thousandths. With strict
    /// order alone a flood of important work would end everything else.
    pub floor_permille: u32,
    /// Share of the places that it and all less important classes may take together, in per cent. What is
    /// left is free for more important work at any time, however long the heavy work takes.
    pub ceiling_percent: u32,
    /// Longest that any of it waits, whatever its deadline says; where there is a delay rule, no longer than half of
    /// the time that it has.
    pub patience: Span,
    /// When a client's line is held to be too long to be of use; `None` where only deadlines count.
    pub delay: Option<DelayRule>,
}

/// The time that the delay rule and the patience of [`Settings::calls`] are made for: that of a call whose client says
/// nothing else.
const USUAL_TIME: Span = Span::from_secs(8);

impl ClassRules {
    /// How long work waits at most that has so much time: half of it is for being served, or what has waited is
    /// begun only to be given up half done, and comes again.
    pub(crate) fn patience_within(&self, time: Span) -> Span {
        match self.delay {
            Some(_) => self.patience.min(time.divided_by(2)),
            None => self.patience,
        }
    }

    /// The delay rule for work that has so much time: who is in a hurry has a shorter line.
    pub(crate) fn delay_within(&self, time: Span) -> Option<DelayRule> {
        let part = |span: Span| {
            let scaled = u128::from(span.as_nanos()).saturating_mul(u128::from(time.as_nanos()));
            let scaled = scaled.checked_div(u128::from(USUAL_TIME.as_nanos())).unwrap_or(0);
            u64::try_from(scaled).map_or(span, Span::from_nanos).min(span)
        };
        let DelayRule { target, interval } = self.delay?;
        Some(DelayRule { target: part(target), interval: part(interval) })
    }
}

/// When a line that does not get shorter is cut.
///
/// Source: the controlled delay of Nichols and Jacobson in the form of folly's `Codel`: once the shortest
/// wait of an interval was above the target, everything that waited twice the target is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DelayRule {
    /// A wait that is fine.
    pub target: Span,
    /// How long no wait may be fine before the line is cut.
    pub interval: Span,
}

impl Settings {
    /// Rules for calls to servers over a network, of which `waiting_max` may wait in all.
    ///
    /// The targets are those of people and programs who wait seconds, not of a matching engine: half a
    /// second is hardly noticed, and a line that stays above it for a second is not a burst any more. With
    /// the slack of twice the target a call is served within a second or told to come back. Patience
    /// is what the pauses of a call add up to for which no server is to be found. These are the numbers of a call
    /// that has eight seconds; one that has less waits for less.
    #[must_use]
    pub fn calls(mode: Mode, waiting_max: usize) -> Self {
        let share =
            |percent: usize| waiting_max.saturating_mul(percent).checked_div(100).unwrap_or(0);
        let patience = Span::from_secs(3);
        let delay =
            Some(DelayRule { target: Span::from_millis(500), interval: Span::from_secs(1) });
        Self {
            mode,
            classes: PerClass {
                // Few and small: only its deadline ends the wait of a transaction.
                first: ClassRules {
                    waiting_max: share(30),
                    floor_permille: 0,
                    ceiling_percent: 100,
                    patience: Span::MAX,
                    delay: None,
                },
                second: ClassRules {
                    waiting_max: share(50),
                    floor_permille: 200,
                    ceiling_percent: 90,
                    patience,
                    delay,
                },
                third: ClassRules {
                    waiting_max: share(15),
                    floor_permille: 50,
                    ceiling_percent: 50,
                    patience,
                    delay,
                },
                fourth: ClassRules {
                    waiting_max: share(5),
                    floor_permille: 20,
                    ceiling_percent: 25,
                    patience,
                    delay,
                },
            },
        }
    }

    /// The rules of a class in this mode: first come, first served knows one class without any.
    pub(crate) fn rules(&self, class: Class) -> ClassRules {
        let declared = *self.classes.get(class);
        match self.mode {
            Mode::Fair => declared,
            Mode::Fifo => ClassRules {
                waiting_max: FIFO_WAITING_MAX,
                floor_permille: 0,
                ceiling_percent: 100,
                patience: Span::MAX,
                delay: None,
            },
        }
    }
}

/// Most that wait where there is one queue for all: so many that deadlines and memory end it, not the bound.
pub(crate) const FIFO_WAITING_MAX: usize = 65_536;

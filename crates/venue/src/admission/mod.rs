//! Who gets a turn at the engine: what cuts risk before what is new risk, and in turn among accounts.

mod board;
mod delays;
mod lanes;
#[cfg(test)]
mod tests;

use admission_core::Class;
use serde::Serialize;
use units::Span;

use crate::config::AdmissionMode;
use crate::engine::{Engine, EngineFigures, Outcome, Work, unix_now};

pub(crate) use board::{ClassFigures, SharedBoard, class_name};
pub(crate) use lanes::lanes;

/// The way in to the engine.
#[derive(Clone, Debug)]
pub(crate) struct Admission {
    engine: Engine,
    board: SharedBoard,
    mode: AdmissionMode,
    capacity: Option<u32>,
}

/// Who was let in and who was shed, since the start.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Figures {
    /// How those who wait are ordered: `fair` or `fifo`.
    pub mode: &'static str,
    /// Most orders a second that are taken; as many as can be, where it is `null`.
    pub capacity_per_second: Option<u32>,
    /// Whether new risk is being refused.
    pub overloaded: bool,
    /// What waits now.
    pub waiting: usize,
    /// What was done, with what the venue does by itself.
    pub done: u64,
    /// What nobody knows of whether it was done.
    pub unknown: u64,
    /// What was let in as cutting risk, and did not when its turn came.
    pub reclassified: u64,
    /// Each class, most important first.
    pub classes: [ClassFigures; 4],
}

impl Admission {
    /// The way in to an engine whose lanes are told on a board.
    pub(crate) const fn new(
        engine: Engine,
        board: SharedBoard,
        mode: AdmissionMode,
        capacity: Option<u32>,
    ) -> Self {
        Self { engine, board, mode, capacity }
    }

    /// Hands work over when its turn comes.
    pub(crate) async fn submit(&self, work: Work) -> Outcome {
        self.engine.submit(work).await
    }

    /// Whether new risk is being refused.
    pub(crate) fn is_overloaded(&self) -> bool {
        self.board.is_overloaded(unix_now())
    }

    /// A question is answered that has waited so long.
    pub(crate) fn asked(&self, waited: Span) {
        self.board.taken(Class::Fourth, unix_now(), waited);
    }

    /// The classes that are let in now, by their names.
    pub(crate) fn lanes_open(&self) -> &'static str {
        if self.is_overloaded() {
            "reduce, liquidate, query"
        } else {
            "reduce, liquidate, new_risk, query"
        }
    }

    /// What was let in and what was shed.
    pub(crate) fn figures(&self) -> Figures {
        let EngineFigures { done, unknown, .. } = self.engine.figures();
        let now = unix_now();
        Figures {
            mode: match self.mode {
                AdmissionMode::Fair => "fair",
                AdmissionMode::Fifo => "fifo",
            },
            capacity_per_second: self.capacity,
            overloaded: self.board.is_overloaded(now),
            waiting: self.engine.waiting(),
            done,
            unknown,
            reclassified: self.board.reclassified(),
            classes: self.board.figures(now),
        }
    }
}

//! Who gets a turn at the engine.

use serde::Serialize;

use crate::engine::{Engine, EngineFigures, Outcome, Work};

/// The way in to the engine, whose own bounded line is all that there is behind it.
#[derive(Clone, Debug)]
pub(crate) struct Admission {
    engine: Engine,
}

/// What was let in and what was shed, since the start.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Counts {
    /// What waits now.
    waiting: usize,
    /// What was done.
    done: u64,
    /// What was shed since too much waited.
    shed_full: u64,
    /// What was shed since its time had passed.
    shed_late: u64,
    /// What nobody knows of whether it was done.
    unknown: u64,
}

impl Admission {
    /// The way in to an engine.
    pub(crate) const fn new(engine: Engine) -> Self {
        Self { engine }
    }

    /// Hands work over when its turn comes.
    pub(crate) async fn submit(&self, work: Work) -> Outcome {
        self.engine.submit(work).await
    }

    /// What was let in and what was shed.
    pub(crate) fn counts(&self) -> Counts {
        let EngineFigures { done, shed_full, shed_late, unknown, .. } = self.engine.figures();
        Counts { waiting: self.engine.waiting(), done, shed_full, shed_late, unknown }
    }
}

//! First come, first served, up to a number.

use std::collections::VecDeque;

use units::Timestamp;

use crate::engine::{Intake, Shed, ShedReason, Ticket, Work};

/// First come, first served, up to a number.
#[derive(Debug)]
pub(crate) struct Fifo {
    waiting: VecDeque<Ticket>,
    most: usize,
}

impl Fifo {
    /// Lets so many wait.
    pub(crate) const fn new(most: usize) -> Self {
        Self { waiting: VecDeque::new(), most }
    }
}

impl Intake for Fifo {
    fn offer(&mut self, ticket: Ticket, _now: Timestamp, shed: &mut Shed) {
        if self.waiting.len() >= self.most {
            shed.push((ticket, ShedReason::Full));
        } else {
            self.waiting.push_back(ticket);
        }
    }

    fn next(
        &mut self,
        _now: Timestamp,
        _cuts_risk: &dyn Fn(&Work) -> bool,
        _shed: &mut Shed,
    ) -> Option<Ticket> {
        self.waiting.pop_front()
    }

    fn pass(&mut self, _own: &Ticket, _now: Timestamp) {}

    fn len(&self) -> usize {
        self.waiting.len()
    }

    fn empty(&mut self) -> Vec<Ticket> {
        self.waiting.drain(..).collect()
    }
}

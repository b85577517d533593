//! What decides which work is done next.

use std::fmt;

use units::Timestamp;

use super::ticket::Ticket;
use super::work::{ShedReason, Work};

/// Work that will not be done, each with why.
pub type Shed = Vec<(Ticket, ShedReason)>;

/// What decides which work is done next, and what is not done at all. It is asked under a lock: it has to be quick.
///
/// What the venue does by itself (prices, time) does not go through it.
pub trait Intake: fmt::Debug + Send {
    /// Lets a ticket wait, or has it wait with one that asks for the same. What is refused, be it this one or another
    /// that has to go for it, is added to `shed`.
    fn offer(&mut self, ticket: Ticket, now: Timestamp, shed: &mut Shed);

    /// The ticket that is next. `cuts_risk` says whether work can still only cut risk; a ticket of which that does not
    /// hold any more is given with a claim that does not say so. One whose deadline has passed may be given; the engine
    /// sheds it.
    fn next(
        &mut self,
        now: Timestamp,
        cuts_risk: &dyn Fn(&Work) -> bool,
        shed: &mut Shed,
    ) -> Option<Ticket>;

    /// Work of the venue's own goes by.
    fn pass(&mut self, own: &Ticket, now: Timestamp);

    /// How many wait.
    fn len(&self) -> usize;

    /// Whether none waits.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All that wait, who wait no longer.
    fn empty(&mut self) -> Vec<Ticket>;
}

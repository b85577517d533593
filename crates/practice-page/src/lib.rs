//! What the practice parts share where people break them.
//!
//! - `control` answers a press of a button over HTTP, from curl or from a form of a page;
//! - `panel` is HTML that works without script: buttons that post, and a chart of what happened second by second;
//! - `drills` is the panel of the drills.

mod control;
mod drills;
mod panel;

pub use control::{Press, pressed, refusal};
pub use drills::{DrillEnded, DrillResult, DrillRow, DrillRunning, drills};
pub use panel::{button, scenarios, strip};

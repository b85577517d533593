//! Every crisis, replayed against the real parts, defence off and on.
//!
//! - [`Library`] holds the incidents that come with Seawall, those that users wrote, and the mechanisms that run them;
//! - [`run()`] makes the runs of one, and gives a [`Drilled`]: the damage of each, and what was not as expected;
//! - [`at_risk`] runs it over many seeds, for what a book stands to lose;
//! - [`table`] and [`json`] say it to people and to programs, [`report()`] to a board, [`picture`] at one glance;
//! - [`remedies`] says what each remedy that the articles name is worth.

mod drilled;
mod embedded;
mod library;
mod mix;
mod remedy;
mod report;
mod request;
mod risk;
mod run;
mod say;
mod spread;

pub use drill_market::{Configured, ReadConfiguration};
pub use drilled::{Drilled, Judged, Ran};
pub use library::{DrillError, Found, Library, Tools};
pub use mix::{Drawn, Mix};
pub use remedy::remedies;
pub use report::{picture, read_back, report, report_of_one};
pub use request::{Defences, Form, Request};
pub use risk::{SEEDS_MAX, at_risk};
pub use run::{run, run_beside};
pub use say::{json, markdown, table};
pub use spread::{AtRisk, CaseAtRisk, Spread};

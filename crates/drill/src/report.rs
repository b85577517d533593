//! The drills as something to hand to a board: a document that needs neither network nor script, and a picture.
//!
//! - `damage` is what is compared; `words` says changes and verdicts, and never by colour alone;
//! - `summary` is the first screen and the table of all; `caveats` what does not help and what is not covered; `risk` the
//!   spread over seeds; `remedies` what each remedy is worth over all drills;
//! - `section` is one drill, with `curves`, `worth` and `appendix` as its parts; `plot` draws lines, `bars` bars;
//! - `figures` draws the articles' figures anew from the runs; `picture` is the first screen as a file of its own;
//! - `read` reads drills back from the JSON of earlier runs.

mod appendix;
mod bars;
mod caveats;
mod curves;
mod damage;
mod figures;
mod page;
mod picture;
mod plot;
mod read;
mod remedies;
mod risk;
mod section;
mod summary;
mod words;
mod worth;
mod yours;

use crate::drilled::Drilled;

pub use read::read_back;

/// One self-contained HTML page of these drills.
#[must_use]
pub fn report(drilled: &[Drilled]) -> String {
    page::document(drilled)
}

/// One page of one drill, as the practice page links to it. `back` is the address that it leads back to.
#[must_use]
pub fn report_of_one(drilled: &Drilled, back: &str) -> String {
    page::of_one(drilled, back)
}

/// The damage of all drills off and on, as an SVG file that stands alone.
#[must_use]
pub fn picture(drilled: &[Drilled]) -> String {
    picture::svg(drilled)
}

#[cfg(test)]
mod tests;

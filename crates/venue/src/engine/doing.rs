//! Doing an entry, where the core ends in a panic: it would do so again at each start.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use venue_views::{Desk, Entry, Told};

/// How an entry is done: [`Desk::take`], but for tests of one that panics.
pub(super) type Doing = fn(&mut Desk, &Entry) -> Told;

/// Does an entry.
///
/// # Errors
/// Where that ends in a panic: what it said. The desk is half done then, and must not be used any more.
pub(super) fn take(doing: Doing, desk: &mut Desk, entry: &Entry) -> Result<Told, String> {
    catch_unwind(AssertUnwindSafe(|| doing(desk, entry))).map_err(|said| words(&*said))
}

/// What a panic said.
fn words(said: &(dyn Any + Send)) -> String {
    let text = said.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| said.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "it said nothing".to_owned())
}

/// What an operator is told.
pub(super) fn in_words(record: u64, said: &str) -> String {
    format!(
        "record {record} of the journal makes this version panic (\"{said}\"), and would again at each start. The \
         journal is whole, and who asked for that was told that nobody knows. Start a version that can do it, or leave \
         it undone for good: seawall venue --pass-over {record}"
    )
}

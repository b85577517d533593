//! What the answer to one call is held against before it is believed.

use runtime::clock;
use wire_eth::{Answer, Expected, LogCheck, Looks, WrongAnswer};

use crate::chain::ChainShell;
use crate::headers::Bloom;

/// So much of a large answer is always checked: dozens of logs, which is where a node shows that it took another
/// filter or range.
const ALWAYS_CHECKED_BYTES: usize = 8 << 10;

/// The checks of one call's answer.
#[derive(Debug)]
pub(crate) struct Checks {
    expected: Expected,
    headers_hash: bool,
    bloom: Option<Bloom>,
    /// Whether an answer that is passed on as it comes is checked to its end.
    to_the_end: bool,
}

impl Checks {
    /// The checks for a call as it is sent; `None` where its answer alone shows nothing.
    pub(crate) fn of(chain: &ChainShell, method: &str, params: Option<&str>) -> Option<Self> {
        let expected = Expected::of(method, params.unwrap_or("[]"))?;
        let bloom = expected.bloom_of().and_then(|hash| chain.headers.bloom(&hash));
        let to_the_end =
            matches!(expected, Expected::Logs(_)) && chain.core().looks_at_whole(clock::now());
        Some(Self { expected, headers_hash: chain.headers.are_checked(), bloom, to_the_end })
    }

    /// Judges an answer.
    pub(crate) fn judge(&self, body: &[u8], answer: &Answer) -> Result<Looks, WrongAnswer> {
        self.expected.check(body, answer, self.headers_hash, self.bloom.as_deref())
    }

    /// Judges the beginning of an answer that may not be held whole; `None` where that does not suffice.
    pub(crate) fn judge_beginning(&self, body: &[u8], answer: &Answer) -> Option<Beginning> {
        if let Expected::Logs(filter) = &self.expected {
            let mut check = LogCheck::owned(filter.clone(), self.bloom.as_deref().copied());
            let beginning = if self.to_the_end { body } else { first(body) };
            check.feed(beginning).ok()?;
            return Some(if self.to_the_end {
                Beginning::GoesOn(Box::new(check))
            } else {
                Beginning::Suffices
            });
        }
        let result = body.get(answer.value.clone()).unwrap_or_default();
        matches!(self.expected.check_beginning(result), Ok(true)).then_some(Beginning::Suffices)
    }
}

fn first(body: &[u8]) -> &[u8] {
    body.get(..ALWAYS_CHECKED_BYTES).unwrap_or(body)
}

/// What checks say of the beginning of an answer.
#[derive(Debug)]
pub(crate) enum Beginning {
    /// There is nothing more to check.
    Suffices,
    /// Well so far; the rest is for this check.
    GoesOn(Box<LogCheck<'static>>),
}

//! What the answer to one call is held against before it is believed.

use wire_eth::{Answer, Expected, LogCheck, Looks, WrongAnswer};

use crate::chain::ChainShell;
use crate::headers::Bloom;

/// The checks of one call's answer.
#[derive(Debug)]
pub(crate) struct Checks {
    expected: Expected,
    headers_hash: bool,
    bloom: Option<Bloom>,
}

impl Checks {
    /// The checks for a call as it is sent; `None` where its answer alone shows nothing.
    pub(crate) fn of(chain: &ChainShell, method: &str, params: Option<&str>) -> Option<Self> {
        let expected = Expected::of(method, params.unwrap_or("[]"))?;
        let bloom = expected.bloom_of().and_then(|hash| chain.headers.bloom(&hash));
        Some(Self { expected, headers_hash: chain.headers.are_checked(), bloom })
    }

    /// Judges an answer.
    pub(crate) fn judge(&self, body: &[u8], answer: &Answer) -> Result<Looks, WrongAnswer> {
        self.expected.check(body, answer, self.headers_hash, self.bloom.as_deref())
    }

    /// Judges the beginning of an answer that may not be held whole; `None` where that does not suffice.
    pub(crate) fn judge_beginning(&self, body: &[u8], answer: &Answer) -> Option<Beginning> {
        if let Expected::Logs(filter) = &self.expected {
            let mut check = LogCheck::owned(filter.clone(), self.bloom.as_deref().copied());
            return check.feed(body).is_ok().then_some(Beginning::GoesOn(Box::new(check)));
        }
        let result = body.get(answer.value.clone()).unwrap_or_default();
        matches!(self.expected.check_beginning(result), Ok(true)).then_some(Beginning::Suffices)
    }
}

/// What checks say of the beginning of an answer.
#[derive(Debug)]
pub(crate) enum Beginning {
    /// There is nothing more to check.
    Suffices,
    /// Well so far; the rest is for this check.
    GoesOn(Box<LogCheck<'static>>),
}

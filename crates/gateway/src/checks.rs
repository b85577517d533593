//! What the answer to one call is held against before it is believed.

use wire_eth::{Answer, Expected, Looks, WrongAnswer};

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
}

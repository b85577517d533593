//! What an `eth_getLogs` call wants, as far as its answer can be held against it.

use super::bloom::may_hold;
use crate::hex::{parse_hash, parse_quantity};
use crate::json::{members, unquote};
use crate::verify::rlp::elements;

/// The filter of an `eth_getLogs` call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogFilter {
    /// Any of these, in order; empty for all.
    addresses: Vec<[u8; 20]>,
    /// At each place any of these, in order; empty for all.
    topics: Vec<Vec<[u8; 32]>>,
    /// The first and the last block, where they are given as numbers.
    range: (Option<u64>, Option<u64>),
    /// The one block, where it is given by hash.
    block: Option<[u8; 32]>,
}

/// One log, as far as it is looked at.
#[derive(Debug, Default)]
pub(super) struct Log {
    pub(super) address: Option<[u8; 20]>,
    pub(super) topics: Vec<[u8; 32]>,
    pub(super) block: Option<u64>,
    pub(super) block_hash: Option<[u8; 32]>,
    pub(super) index: Option<u64>,
}

impl LogFilter {
    /// Reads the parameters of an `eth_getLogs` call; `None` where they are not understood, or ask for
    /// what has no block yet.
    pub fn read(params: &str) -> Option<Self> {
        let first = *elements(params)?.first()?;
        let [address, topics, from, to, hash] =
            members(first, ["address", "topics", "fromBlock", "toBlock", "blockHash"])?;
        let mut addresses = one_or_many(address, read_address)?;
        addresses.sort_unstable();
        let mut places = Vec::new();
        for place in given(topics).map_or_else(|| Some(Vec::new()), elements)? {
            let mut any = one_or_many(Some(place), |raw| parse_hash(&unquote(raw)?))?;
            any.sort_unstable();
            places.push(any);
        }
        let block = match given(hash) {
            Some(raw) => Some(parse_hash(&unquote(raw)?)?),
            None => None,
        };
        Some(Self { addresses, topics: places, range: (bound(from)?, bound(to)?), block })
    }

    /// The block that all logs are of, where it is given by hash.
    pub fn block(&self) -> Option<[u8; 32]> {
        self.block
    }

    /// The last block, where it is given by number.
    pub fn last(&self) -> Option<u64> {
        self.range.1
    }

    /// Why a log is not what was asked for.
    pub(super) fn objection(&self, log: &Log) -> Option<&'static str> {
        let address = log.address.is_some_and(|own| self.addresses.binary_search(&own).is_ok());
        if !self.addresses.is_empty() && !address {
            return Some("a log of another address");
        }
        let wanted = |(place, any): (usize, &Vec<[u8; 32]>)| {
            any.is_empty() || log.topics.get(place).is_some_and(|t| any.binary_search(t).is_ok())
        };
        if !self.topics.iter().enumerate().all(wanted) {
            return Some("a log with other topics");
        }
        let (first, last) = self.range;
        let early = first.zip(log.block).is_some_and(|(first, block)| block < first);
        let late = last.zip(log.block).is_some_and(|(last, block)| block > last);
        if early || late {
            return Some("a log of a block outside the range");
        }
        let other = self.block.zip(log.block_hash).is_some_and(|(wanted, block)| block != wanted);
        other.then_some("a log of another block")
    }

    /// Whether a block with this bloom filter may hold a log that is wanted.
    pub(super) fn may_match(&self, bloom: &[u8; 256]) -> bool {
        let address = self.addresses.is_empty()
            || self.addresses.iter().any(|address| may_hold(bloom, address));
        address
            && self
                .topics
                .iter()
                .all(|any| any.is_empty() || any.iter().any(|topic| may_hold(bloom, topic)))
    }
}

fn given(raw: Option<&str>) -> Option<&str> {
    raw.filter(|raw| *raw != "null")
}

fn read_address(raw: &str) -> Option<[u8; 20]> {
    let text = unquote(raw)?;
    let mut address = [0; 20];
    alloy_primitives::hex::decode_to_slice(text.strip_prefix("0x")?, &mut address).ok()?;
    Some(address)
}

/// A value or a list of values; missing or null stands for any.
fn one_or_many<T>(raw: Option<&str>, read: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    match given(raw) {
        None => Some(Vec::new()),
        Some(list) if list.starts_with('[') => {
            // A null among the values stands for any, which makes the others idle.
            let values = elements(list)?;
            let any = values.contains(&"null");
            if any { Some(Vec::new()) } else { values.into_iter().map(read).collect() }
        }
        Some(one) => Some(vec![read(one)?]),
    }
}

/// An end of the range. `None` inside stands for one that is not known here, such as `latest`.
fn bound(raw: Option<&str>) -> Option<Option<u64>> {
    let Some(raw) = given(raw) else { return Some(None) };
    match &*unquote(raw)? {
        "pending" => None,
        "earliest" => Some(Some(0)),
        "latest" | "safe" | "finalized" => Some(None),
        number => Some(Some(parse_quantity(number)?)),
    }
}

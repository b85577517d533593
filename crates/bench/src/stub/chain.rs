//! The stub's chain: headers whose hashes are those of their fields, linked from the first block on.

use std::collections::HashMap;
use std::fmt::Write as _;

use alloy_consensus::constants::{EMPTY_RECEIPTS, EMPTY_TRANSACTIONS};
use alloy_consensus::{EMPTY_OMMER_ROOT_HASH, Header};
use alloy_primitives::{Address, B256, Bloom, U256};

/// Time between two blocks in seconds.
pub(crate) const BLOCK_TIME_SECS: u64 = 2;
/// The head when the stub starts. All blocks below it can be asked for, so that a whole benchmark never
/// asks twice for the same one.
pub(crate) const FIRST_HEAD: u64 = 1_000_000;
/// How far the head can move on: over an hour.
const BLOCKS_AHEAD: u64 = 2_000;
/// Blocks at the end that can be asked for by hash.
const BY_HASH: u64 = BLOCKS_AHEAD + 4_000;

/// A chain of empty blocks. One is added every [`BLOCK_TIME_SECS`] seconds by the clock.
#[derive(Debug)]
pub(crate) struct StubChain {
    started: u64,
    first_head: u64,
    hashes: Vec<B256>,
    numbers: HashMap<B256, u64>,
}

impl StubChain {
    /// Makes the chain up to its head `now`, in seconds since 1970, and what it will grow by. A million
    /// blocks take some seconds.
    pub(crate) fn new(now: u64, first_head: u64) -> Self {
        let count = first_head + BLOCKS_AHEAD;
        let mut chain =
            Self { started: now, first_head, hashes: Vec::new(), numbers: HashMap::new() };
        for number in 0..count {
            let hash = chain.header(number).hash_slow();
            chain.hashes.push(hash);
            if number + BY_HASH >= count {
                chain.numbers.insert(hash, number);
            }
        }
        chain
    }

    /// The newest block at `now`.
    pub(crate) fn head(&self, now: u64) -> u64 {
        let grown = now.saturating_sub(self.started) / BLOCK_TIME_SECS;
        self.first_head + grown.min(BLOCKS_AHEAD - 1)
    }

    /// The hash of a block, as hexadecimal text.
    pub(crate) fn hash(&self, number: u64) -> Option<String> {
        Some(format!("{:#x}", self.at(number)?))
    }

    /// The number of one of the newest blocks.
    pub(crate) fn number(&self, hash: &str) -> Option<u64> {
        self.numbers.get(&hash.parse::<B256>().ok()?).copied()
    }

    /// A block as JSON, 1.3 KB.
    pub(crate) fn block_json(&self, number: u64) -> Option<String> {
        let (header, hash) = (self.header(number), self.at(number)?);
        let mut json = String::with_capacity(2_048);
        let written = write!(
            json,
            r#"{{"hash":"{hash:#x}","number":"{number:#x}","parentHash":"{:#x}","timestamp":"{:#x}","#,
            header.parent_hash, header.timestamp
        )
        .and_then(|()| {
            write!(
                json,
                r#""sha3Uncles":"{:#x}","miner":"{:#x}","stateRoot":"{:#x}","transactionsRoot":"{:#x}","#,
                header.ommers_hash, header.beneficiary, header.state_root, header.transactions_root
            )
        })
        .and_then(|()| {
            write!(
                json,
                r#""receiptsRoot":"{:#x}","logsBloom":"{:#x}","difficulty":"0x0","gasLimit":"{:#x}","#,
                header.receipts_root, header.logs_bloom, header.gas_limit
            )
        })
        .and_then(|()| {
            write!(
                json,
                r#""gasUsed":"0x0","extraData":"0x","mixHash":"{:#x}","nonce":"0x0000000000000000","#,
                header.mix_hash
            )
        });
        json.push_str(r#""baseFeePerGas":"0x7","size":"0x21d","transactions":[],"uncles":[]}"#);
        written.ok().map(|()| json)
    }

    fn at(&self, number: u64) -> Option<&B256> {
        self.hashes.get(usize::try_from(number).ok()?)
    }

    fn header(&self, number: u64) -> Header {
        let parent = number.checked_sub(1).and_then(|parent| self.at(parent));
        let first = self.started.saturating_sub(self.first_head * BLOCK_TIME_SECS);
        Header {
            parent_hash: parent.copied().unwrap_or_default(),
            ommers_hash: EMPTY_OMMER_ROOT_HASH,
            beneficiary: Address::repeat_byte(0xbe),
            state_root: B256::from(U256::from(number)),
            transactions_root: EMPTY_TRANSACTIONS,
            receipts_root: EMPTY_RECEIPTS,
            // All bits: whatever log is answered, the bloom allows it.
            logs_bloom: Bloom::repeat_byte(0xff),
            number,
            gas_limit: 30_000_000,
            timestamp: first + number * BLOCK_TIME_SECS,
            base_fee_per_gas: Some(7),
            ..Header::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gateway_would_reject_a_chain_whose_links_do_not_hold() {
        let chain = StubChain::new(10_000_000, 5_000);
        let head = chain.head(10_000_010);
        assert_eq!(head, 5_005);
        let hash = chain.hash(head - 1).expect("a block below the head");
        let block = chain.block_json(head).expect("the head");
        assert!(block.contains(&format!("\"parentHash\":\"{hash}\"")), "{block}");
        assert_eq!(chain.number(&hash), Some(head - 1));
    }
}

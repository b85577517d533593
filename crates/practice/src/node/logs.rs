//! `eth_getLogs`.

use std::sync::Arc;

use alloy_primitives::{Address, B256, BloomInput, Log};
use serde_json::{Map, Value};

use super::params::{BlockSelector, Params, address, block, hash, invalid};
use super::rpc::RpcError;
use super::{NodeSnapshot, format};
use crate::chain::Block;

/// The most topics a log has.
const TOPICS_MAX: usize = 4;

/// Which logs are wanted: any of the addresses, and at each place any of the topics. An empty list
/// wants all.
#[derive(Debug, Default)]
struct Filter {
    addresses: Vec<Address>,
    topics: Vec<Vec<B256>>,
}

impl NodeSnapshot {
    /// `eth_getLogs`.
    pub(super) fn logs(&self, params: Params<'_>) -> Result<Value, RpcError> {
        let fields = params.object(0)?;
        let filter = Filter::read(fields).map_err(|error| invalid(0, &error))?;
        let blocks = self.wanted_blocks(fields)?;
        let mut found = Vec::new();
        for block in blocks.iter().filter(|block| filter.may_match(block)) {
            filter.collect(block, &mut found);
        }
        Ok(Value::Array(found))
    }

    fn wanted_blocks(&self, fields: &Map<String, Value>) -> Result<Vec<Arc<Block>>, RpcError> {
        let field = |name: &str| fields.get(name).filter(|value| !value.is_null());
        let (from, to) = (field("fromBlock"), field("toBlock"));
        if let Some(value) = field("blockHash") {
            if from.is_some() || to.is_some() {
                return Err(invalid(
                    0,
                    "cannot specify both BlockHash and FromBlock/ToBlock, choose one or the other",
                ));
            }
            let hash = hash(value).map_err(|error| invalid(0, &error))?;
            let block = self.view.by_hash(hash).ok_or_else(|| RpcError::server("unknown block"))?;
            return Ok(vec![Arc::clone(block)]);
        }
        let number = |value: Option<&Value>| {
            let selector = value
                .map_or(Ok(BlockSelector::Latest), block)
                .map_err(|error| invalid(0, &error))?;
            match selector {
                BlockSelector::Number(number) => Ok(number),
                BlockSelector::Pending => Ok(self.view.head().number()),
                BlockSelector::Latest
                | BlockSelector::Safe
                | BlockSelector::Finalized
                | BlockSelector::Earliest
                | BlockSelector::Hash(_) => self.state_block(selector).map(|block| block.number()),
            }
        };
        let (from, to) = (number(from)?, number(to)?);
        if from > to {
            return Err(RpcError::params("invalid block range params"));
        }
        if to > self.view.head().number() {
            return Err(RpcError::params("block range extends beyond current head block"));
        }
        if self.view.is_pruned(from) || (from == 0 && to > 0 && self.view.is_pruned(1)) {
            return Err(RpcError::new(4444, "pruned history unavailable"));
        }
        Ok(self.view.range(from, to).cloned().collect())
    }
}

impl Filter {
    fn read(fields: &Map<String, Value>) -> Result<Self, String> {
        let addresses =
            fields.get("address").map_or(Ok(Vec::new()), |value| one_or_many(value, address))?;
        let topics = match fields.get("topics") {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(places)) if places.len() > TOPICS_MAX => {
                return Err("exceed max topics".to_owned());
            }
            Some(Value::Array(places)) => {
                places.iter().map(|place| one_or_many(place, hash)).collect::<Result<_, _>>()?
            }
            Some(_) => return Err("want a list of topics".to_owned()),
        };
        Ok(Self { addresses, topics })
    }

    /// Whether the block's bloom filter leaves room for a match.
    fn may_match(&self, block: &Block) -> bool {
        let bloom = &block.header.logs_bloom;
        let in_bloom = |input: &[u8]| bloom.contains_input(BloomInput::Raw(input));
        let address = self.addresses.is_empty()
            || self.addresses.iter().any(|address| in_bloom(address.as_slice()));
        address
            && self
                .topics
                .iter()
                .all(|any| any.is_empty() || any.iter().any(|topic| in_bloom(topic.as_slice())))
    }

    fn matches(&self, log: &Log) -> bool {
        let address = self.addresses.is_empty() || self.addresses.contains(&log.address);
        let topic_matches = |(place, any): (usize, &Vec<B256>)| {
            log.topics().get(place).is_some_and(|topic| any.is_empty() || any.contains(topic))
        };
        address && self.topics.iter().enumerate().all(topic_matches)
    }

    fn collect(&self, block: &Block, found: &mut Vec<Value>) {
        for (index, outcome) in block.outcomes.iter().enumerate() {
            let logs = (outcome.first_log..).zip(outcome.receipt.logs());
            let wanted = logs.filter(|(_, log)| self.matches(log));
            found.extend(wanted.map(|(log_index, log)| format::log(block, index, log_index, log)));
        }
    }
}

/// A value or a list of values; null stands for any.
fn one_or_many<T>(value: &Value, read: fn(&Value) -> Result<T, String>) -> Result<Vec<T>, String> {
    if value.is_null() {
        return Ok(Vec::new());
    }
    value
        .as_array()
        .map_or_else(|| Ok(vec![read(value)?]), |values| values.iter().map(read).collect())
}

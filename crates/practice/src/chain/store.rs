//! All blocks of the world by hash, those of every branch.

use std::collections::BTreeMap;
use std::sync::Arc;

use alloy_primitives::B256;

use super::block::Block;
use super::evm::BlockHashes;

/// How many ancestors the BLOCKHASH instruction can see. Source: yellow paper, section 9.4.2.
const VISIBLE_ANCESTORS: usize = 256;

/// Blocks by hash. Branches share their common ancestors.
#[derive(Debug, Default)]
pub(crate) struct BlockStore {
    blocks: BTreeMap<B256, Arc<Block>>,
}

impl BlockStore {
    /// A block by hash.
    pub(crate) fn get(&self, hash: B256) -> Option<&Arc<Block>> {
        self.blocks.get(&hash)
    }

    /// Puts a block in.
    pub(crate) fn insert(&mut self, block: Arc<Block>) {
        self.blocks.insert(block.hash, block);
    }

    /// The block `depth` generations before `block`, or the oldest that is still held.
    pub(crate) fn ancestor(&self, block: &Arc<Block>, depth: u64) -> Arc<Block> {
        let mut at = block;
        for _ in 0..depth {
            let Some(parent) = self.get(at.header.parent_hash) else { break };
            at = parent;
        }
        Arc::clone(at)
    }

    /// The hashes of `block` and the ancestors that a child's code can see.
    pub(crate) fn hashes(&self, block: &Arc<Block>) -> BlockHashes {
        let parent = |at: &&Arc<Block>| self.get(at.header.parent_hash);
        std::iter::successors(Some(block), parent)
            .take(VISIBLE_ANCESTORS)
            .map(|block| (block.number(), block.hash))
            .collect()
    }

    /// Forgets the blocks below `number`, but not the first block.
    pub(crate) fn prune(&mut self, number: u64) {
        self.blocks.retain(|_, block| block.number() >= number || block.number() == 0);
    }
}

//! A block tree that nobody would use: headers in a list, everything found by walking it.

use gateway_core::{BlockHash, BlockRef, Header};

/// The headers in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Model {
    /// Each header as it was first shown.
    pub(super) headers: Vec<Header>,
}

impl Model {
    /// The header of a hash.
    pub(super) fn header(&self, hash: BlockHash) -> Option<Header> {
        self.headers.iter().find(|header| header.hash == hash).copied()
    }

    /// Whether a header does not contradict what is known.
    pub(super) fn accepts(&self, header: &Header) -> bool {
        if let Some(known) = self.header(header.hash) {
            return known.number == header.number && known.parent == header.parent;
        }
        let follows = self
            .header(header.parent)
            .is_none_or(|parent| parent.number.checked_add(1) == Some(header.number));
        header.parent != header.hash && follows
    }

    /// Adds a header; true where it is new and fits.
    pub(super) fn insert(&mut self, header: &Header) -> bool {
        let is_new = self.header(header.hash).is_none() && self.accepts(header);
        if is_new {
            self.headers.push(*header);
        }
        is_new
    }

    /// The parent of a header, where it is known and its number is the one below.
    fn parent(&self, header: &Header) -> Option<Header> {
        self.header(header.parent)
            .filter(|parent| parent.number.checked_add(1) == Some(header.number))
    }

    /// A block and all known ancestors, newest first.
    pub(super) fn ancestors(&self, hash: BlockHash) -> Vec<BlockRef> {
        let mut blocks = Vec::new();
        let mut next = self.header(hash);
        while let Some(header) = next {
            blocks.push(header.block());
            next = self.parent(&header);
        }
        blocks
    }

    /// The parent of the lowest of a block's ancestors, where that parent is not known at all.
    pub(super) fn missing_parent(&self, ancestors: &[BlockRef]) -> Option<BlockRef> {
        let lowest = self.header(ancestors.last()?.hash)?;
        if lowest.number == 0 || self.header(lowest.parent).is_some() {
            return None;
        }
        Some(BlockRef { number: lowest.number - 1, hash: lowest.parent })
    }

    /// The highest number of all.
    pub(super) fn highest(&self) -> Option<u64> {
        self.headers.iter().map(|header| header.number).max()
    }
}

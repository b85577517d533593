//! Blocks as the core sees them: numbers, hashes and parent links.

use core::fmt;

/// The hash of a block header: 32 bytes, opaque to the core.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockHash(pub [u8; 32]);

/// One block by number and hash; the number alone names a different block on each branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BlockRef {
    /// Height: blocks since genesis.
    pub number: u64,
    /// Header hash.
    pub hash: BlockHash,
}

/// The members of a header that head tracking needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Height: blocks since genesis.
    pub number: u64,
    /// Header hash, as the upstream gave it.
    pub hash: BlockHash,
    /// Hash of the block before.
    pub parent: BlockHash,
    /// Seconds since 1970 when the block was made, as its maker says.
    pub timestamp: u64,
}

/// What clients see of the chain at one moment: the blocks that tags stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    /// The agreed head: `latest`.
    pub head: BlockRef,
    /// The agreed `safe` block, once known.
    pub safe: Option<BlockRef>,
    /// The agreed `finalized` block, once known.
    pub finalized: Option<BlockRef>,
    /// Branches have parted at the head and none has won: nothing is known to be true above it, and calls
    /// about the newest state are to be refused.
    pub undecided: bool,
}

impl Header {
    /// The block's number and hash.
    #[must_use]
    pub const fn block(&self) -> BlockRef {
        BlockRef { number: self.number, hash: self.hash }
    }
}

impl fmt::Display for BlockHash {
    /// Writes `0x` and 64 hexadecimal digits.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("0x")?;
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Display for BlockRef {
    /// Writes the number and the first four bytes of the hash: `19234567 (0x3f2a9c01)`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} (0x", self.number)?;
        self.hash.0.iter().take(4).try_for_each(|byte| write!(formatter, "{byte:02x}"))?;
        formatter.write_str(")")
    }
}

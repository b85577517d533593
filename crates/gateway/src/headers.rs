//! Headers lately seen whose hash was proven, for what of them checks other answers.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wire_eth::{HeaderCheck, SealedHeader};

/// Headers kept: as many as the core's block tree holds below its head, at some 400 bytes each.
const HEADERS_KEPT: usize = 256;

/// A block's bloom filter of addresses and topics.
pub(crate) type Bloom = Arc<[u8; 256]>;

/// The headers of one chain.
#[derive(Debug, Default)]
pub(crate) struct Headers {
    kept: Mutex<VecDeque<Kept>>,
    checked: AtomicBool,
}

#[derive(Debug)]
struct Kept {
    hash: [u8; 32],
    receipts_root: [u8; 32],
    bloom: Bloom,
}

impl Headers {
    /// Remembers a header, if its hash is proven.
    pub(crate) fn put(&self, header: &SealedHeader) {
        if header.check != HeaderCheck::Matches {
            return;
        }
        let (Some(receipts_root), Some(bloom)) = (header.receipts_root, &header.logs_bloom) else {
            return;
        };
        let hash = header.summary.hash;
        let mut kept = self.kept();
        if kept.iter().any(|known| known.hash == hash) {
            return;
        }
        if kept.len() >= HEADERS_KEPT {
            kept.pop_front();
        }
        kept.push_back(Kept { hash, receipts_root, bloom: Arc::new(**bloom) });
    }

    /// The bloom filter of the block with this hash.
    pub(crate) fn bloom(&self, hash: &[u8; 32]) -> Option<Bloom> {
        let kept = self.kept();
        kept.iter()
            .rev()
            .find(|header| header.hash == *hash)
            .map(|header| Arc::clone(&header.bloom))
    }

    /// The root of the receipts of the block with this hash.
    pub(crate) fn receipts_root(&self, hash: &[u8; 32]) -> Option<[u8; 32]> {
        let kept = self.kept();
        kept.iter().rev().find(|header| header.hash == *hash).map(|header| header.receipts_root)
    }

    /// Whether headers of this chain are known to hash to their hash; the core says so.
    pub(crate) fn are_checked(&self) -> bool {
        self.checked.load(Ordering::Relaxed)
    }

    pub(crate) fn set_checked(&self, checked: bool) {
        self.checked.store(checked, Ordering::Relaxed);
    }

    fn kept(&self) -> MutexGuard<'_, VecDeque<Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! The answers that are kept: which may be, for how long, and which are served when.
//!
//! An answer is kept where it is a function of a block of the agreed chain:
//!
//! - of a block that the upstream was asked for by hash, for as long as that block is on the agreed branch;
//! - of blocks that it was asked for by number alone once they are final: before that the number may have
//!   meant another block to that upstream, and nothing in the answer would show it. Where that upstream turns out to
//!   be on a branch without our final blocks, what it said is dropped; while it is not known which branch it is on,
//!   what it said is not served.
//!
//! And only once its question was asked before: most are asked once.
//!
//! Errors, `null` and answers about what is pending are never offered to it. A reorg drops exactly the
//! entries above the block that both branches share. The cache reads the chain's departures itself, at the
//! beginning of whatever is asked of it: who holds the two under one lock cannot see an entry of a block
//! that has left. Where the chain cannot vouch for its head, only what lies below is served.

mod key;
mod seen;
mod store;
mod vouch;

use crate::block::{BlockHash, BlockRef};
use crate::chain::Chain;
use crate::settings::UpstreamId;

pub use key::{CacheKey, KeptKey};
use seen::Seen;
use store::{Entry, Store};

/// Largest answer that is ever kept, in bytes: a block with all its transactions or a page of logs fits, and a
/// trace of tens of megabytes does not push out ten thousand others.
pub const KEPT_BYTES_MAX: usize = 1024 * 1024;

/// Answers kept for one chain. `V` is whatever the holder answers with; a clone of it should be cheap.
#[derive(Debug)]
pub struct Cache<V> {
    store: Store<V>,
    seen: Seen,
    capacity: usize,
    counts: CacheCounts,
}

/// Counters of a cache since the start; each only grows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheCounts {
    /// Calls that were answered from it.
    pub hits: u64,
    /// Calls that could have been, but whose answer was not there.
    pub misses: u64,
    /// Answers taken in.
    pub kept: u64,
    /// Answers pushed out by others.
    pub evicted: u64,
    /// Answers dropped because their block left the agreed branch.
    pub departed: u64,
    /// Answers dropped because who gave them lost our trust.
    pub distrusted: u64,
}

/// What a cache holds at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheSnapshot {
    /// Answers in it.
    pub entries: usize,
    /// What they take, in bytes.
    pub bytes: usize,
    /// Most that they may take, in bytes; 0 where nothing is kept.
    pub capacity: usize,
    /// What happened since the start.
    pub counts: CacheCounts,
}

/// What came of looking for an answer.
#[derive(Clone, Debug)]
pub enum Looked<V> {
    /// It is there.
    Hit {
        /// The answer.
        value: V,
        /// Who gave it.
        origin: UpstreamId,
    },
    /// It is not. With the permit the upstream's answer can be kept.
    Miss(Permit),
}

/// How the chain stood before an upstream was asked: only an answer that still fits is kept.
#[derive(Clone, Copy, Debug)]
pub struct Permit {
    departures: u64,
    finalized: Option<u64>,
    again: bool,
}

impl Permit {
    /// Whether the answer is worth keeping: its question was asked before.
    #[must_use]
    pub const fn is_wanted(&self) -> bool {
        self.again
    }

    /// The same where somebody else asks at the same time.
    #[must_use]
    pub const fn wanted(self) -> Self {
        Self { again: true, ..self }
    }
}

/// Which block an answer is a function of, by how the upstream was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// This block: it was asked for by its hash, or the answer names it as the one that holds the
    /// transaction.
    Block(BlockRef),
    /// The block with this hash, which was asked for without its number.
    Hash(BlockHash),
    /// Blocks asked for by number, none higher than this.
    Through(u64),
}

/// An answer that may be kept.
#[derive(Clone, Copy, Debug)]
pub struct Offer<V> {
    /// The answer.
    pub value: V,
    /// Its size in bytes.
    pub bytes: usize,
    /// Which block it is of.
    pub source: Source,
    /// Who gave it.
    pub origin: UpstreamId,
}

impl<V: Clone> Cache<V> {
    /// An empty cache for so many bytes, keys and book-keeping included; 0 keeps nothing.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        let counts =
            CacheCounts { hits: 0, misses: 0, kept: 0, evicted: 0, departed: 0, distrusted: 0 };
        let store = Store::new(capacity.saturating_sub(Seen::bytes(capacity)));
        Self { store, seen: Seen::new(capacity), capacity, counts }
    }

    /// Looks for the answer to a call whose client was told that `head` is the newest block. `question` is the
    /// [fingerprint](CacheKey::fingerprint) of the call as the client wrote it, whichever block it meant then:
    /// so a read that is asked at each block is known at the next one.
    pub fn look_up(
        &mut self,
        chain: &mut Chain,
        key: &CacheKey<'_>,
        head: BlockRef,
        question: u64,
    ) -> Looked<V> {
        self.follow(chain);
        let permit = Permit {
            departures: chain.departures.count(),
            finalized: chain.finalized.map(|block| block.number),
            again: false,
        };
        let Some((entry, uses)) = self.store.find(key) else {
            return self.missed(permit, question);
        };
        if entry.distrusts != chain.distrusts(entry.origin) {
            self.store.remove(key.fingerprint());
            self.counts.distrusted = self.counts.distrusted.saturating_add(1);
            return self.missed(permit, question);
        }
        let newer = entry.number > head.number;
        let beside =
            entry.number == head.number && entry.hash.is_some_and(|hash| hash != head.hash);
        // Whoever was told of an older head must not see what came after it, or in its place.
        let elsewhere = entry.hash.is_none() && chain.may_number_otherwise(entry.origin);
        if newer || beside || elsewhere || !chain.vouches_through(entry.number) {
            return self.missed(permit, question);
        }
        machine::check_invariant!(
            "GW-5",
            chain.may_be_agreed(entry.number, entry.hash),
            "kept of block {}, which is not on the branch of {:?}",
            entry.number,
            chain.agreed
        );
        let (value, origin) = (entry.value.clone(), entry.origin);
        uses.count();
        self.counts.hits = self.counts.hits.saturating_add(1);
        Looked::Hit { value, origin }
    }

    /// Keeps an upstream's answer if it may be kept; whether it is.
    pub fn keep(
        &mut self,
        chain: &mut Chain,
        permit: Permit,
        key: &CacheKey<'_>,
        offer: Offer<V>,
    ) -> bool {
        self.follow(chain);
        let stands = permit.departures == chain.departures.count();
        let by_number = matches!(offer.source, Source::Through(_));
        let elsewhere = by_number && chain.may_number_otherwise(offer.origin);
        if !stands || elsewhere || !permit.again || offer.bytes > KEPT_BYTES_MAX {
            return false;
        }
        let Some((number, hash)) = chain.block_of(offer.source, permit.finalized) else {
            return false;
        };
        let entry = Entry {
            key: key.to_kept(),
            value: offer.value,
            number,
            hash,
            origin: offer.origin,
            distrusts: chain.distrusts(offer.origin),
            value_bytes: offer.bytes,
        };
        let Some(evicted) = self.store.insert(key.fingerprint(), entry) else { return false };
        self.counts.kept = self.counts.kept.saturating_add(1);
        self.counts.evicted = self.counts.evicted.saturating_add(evicted);
        true
    }

    /// What it holds.
    #[must_use]
    pub fn snapshot(&self) -> CacheSnapshot {
        CacheSnapshot {
            entries: self.store.len(),
            bytes: self.store.bytes().saturating_add(Seen::bytes(self.capacity)),
            capacity: self.capacity,
            counts: self.counts,
        }
    }

    /// Drops the entries of blocks that have left the agreed branch.
    fn follow(&mut self, chain: &mut Chain) {
        if let Some(shared) = chain.departures.take() {
            let dropped = self.store.drop_above(shared);
            self.counts.departed = self.counts.departed.saturating_add(dropped);
        }
    }

    fn missed(&mut self, permit: Permit, question: u64) -> Looked<V> {
        self.counts.misses = self.counts.misses.saturating_add(1);
        Looked::Miss(Permit { again: self.seen.note(question), ..permit })
    }
}

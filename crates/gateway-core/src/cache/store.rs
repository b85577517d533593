//! Where kept answers lie: found by fingerprint, dropped by block, and pushed out when there are too many.
//!
//! What is pushed out is decided by S3-FIFO (Yang, Zhang, Qiu, Yue, Vinayak: "FIFO queues are all you need
//! for cache eviction", SOSP 2023): new entries enter a small queue and leave the cache from its end unless
//! they were asked for again; those that were move to the main queue, whose used entries go round. So an
//! indexer that walks the whole chain once pushes out its own blocks and not those that everybody reads.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::block::BlockHash;
use crate::cache::key::{CacheKey, KeptKey};
use crate::settings::UpstreamId;

/// What an entry takes beside its key and value, in bytes: its own members, its places in the two indexes
/// and the queue, and the memory of it once it is gone. Measured as just under 300 in a full store of 100,000.
const OVERHEAD_BYTES: usize = 320;

/// The small queue's share of the whole, as a divisor: a tenth, as in the paper.
const SMALL_SHARE: usize = 10;

/// Uses beyond this are not counted, as in the paper.
const USES_MAX: u8 = 3;

/// Used entries that one insertion may send round the main queue before the next one goes whether used or
/// not: without it a cache full of popular entries is walked three times under the lock.
const ROUNDS_MAX: u32 = 128;

/// Places of entries that are gone which a queue may hold beside as many that are there.
const STALE_MAX: usize = 64;

/// One kept answer.
#[derive(Debug)]
pub(super) struct Entry<V> {
    pub(super) key: KeptKey,
    pub(super) value: V,
    /// The highest block that it depends on.
    pub(super) number: u64,
    /// That block's hash, where it was asked for by hash.
    pub(super) hash: Option<BlockHash>,
    /// Who answered, and how often that one had lost our trust by then.
    pub(super) origin: UpstreamId,
    pub(super) distrusts: u32,
    /// Size of the value in bytes, as its giver counts it.
    pub(super) value_bytes: usize,
}

impl<V> Entry<V> {
    fn bytes(&self) -> usize {
        self.value_bytes.saturating_add(self.key.bytes()).saturating_add(OVERHEAD_BYTES)
    }
}

#[derive(Debug)]
struct Slot<V> {
    entry: Entry<V>,
    /// Tells this entry from an earlier one with the same fingerprint, whose place in a queue may be left.
    serial: u64,
    uses: u8,
    in_main: bool,
}

/// How often an entry was asked for since it came or was last passed over.
#[derive(Debug)]
pub(super) struct Uses<'a>(&'a mut u8);

impl Uses<'_> {
    /// Counts one more.
    pub(super) fn count(self) {
        *self.0 = self.0.saturating_add(1).min(USES_MAX);
    }
}

/// A place in a queue: fingerprint and serial.
type Place = (u64, u64);

#[derive(Debug)]
pub(super) struct Store<V> {
    capacity: usize,
    slots: BTreeMap<u64, Slot<V>>,
    by_number: BTreeSet<(u64, u64)>,
    small: VecDeque<Place>,
    main: VecDeque<Place>,
    ghosts: Ghosts,
    bytes: usize,
    small_bytes: usize,
    serials: u64,
}

impl<V> Store<V> {
    pub(super) const fn new(capacity: usize) -> Self {
        Self {
            capacity,
            slots: BTreeMap::new(),
            by_number: BTreeSet::new(),
            small: VecDeque::new(),
            main: VecDeque::new(),
            ghosts: Ghosts { order: VecDeque::new(), known: BTreeSet::new() },
            bytes: 0,
            small_bytes: 0,
            serials: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// What all entries take, in bytes; never more than the capacity.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// The entry of a key, with what counts its uses.
    pub(super) fn find(&mut self, key: &CacheKey<'_>) -> Option<(&Entry<V>, Uses<'_>)> {
        let slot = self.slots.get_mut(&key.fingerprint())?;
        slot.entry.key.is(key).then_some((&slot.entry, Uses(&mut slot.uses)))
    }

    /// Takes an entry in, in place of the one of the same key or fingerprint; how many others were pushed
    /// out for it, or `None` where it is larger than the small queue and so not kept.
    pub(super) fn insert(&mut self, fingerprint: u64, entry: Entry<V>) -> Option<u64> {
        let bytes = entry.bytes();
        if bytes > self.small_capacity() {
            return None;
        }
        let was_main = self.slots.get(&fingerprint).is_some_and(|slot| slot.in_main);
        self.remove(fingerprint);
        let known = self.ghosts.forget(fingerprint) || was_main;
        let mut evicted = 0_u64;
        while self.bytes.saturating_add(bytes) > self.capacity && self.evict() {
            evicted = evicted.saturating_add(1);
        }
        self.serials = self.serials.saturating_add(1);
        let place = (fingerprint, self.serials);
        self.bytes = self.bytes.saturating_add(bytes);
        self.by_number.insert((entry.number, fingerprint));
        if known {
            self.main.push_back(place);
        } else {
            self.small_bytes = self.small_bytes.saturating_add(bytes);
            self.small.push_back(place);
        }
        self.slots.insert(fingerprint, Slot { entry, serial: place.1, uses: 0, in_main: known });
        self.forget_stale_places();
        Some(evicted)
    }

    /// Drops what depends on blocks above `number`; how many entries that were.
    pub(super) fn drop_above(&mut self, number: u64) -> u64 {
        let mut dropped = 0_u64;
        while let Some((highest, fingerprint)) = self.by_number.last().copied() {
            if highest <= number || self.remove(fingerprint).is_none() {
                break;
            }
            dropped = dropped.saturating_add(1);
        }
        self.forget_stale_places();
        dropped
    }

    /// Takes an entry out; its place in the queue stays until it comes up or too many such are left.
    pub(super) fn remove(&mut self, fingerprint: u64) -> Option<Entry<V>> {
        let slot = self.slots.remove(&fingerprint)?;
        let bytes = slot.entry.bytes();
        self.bytes = self.bytes.saturating_sub(bytes);
        if !slot.in_main {
            self.small_bytes = self.small_bytes.saturating_sub(bytes);
        }
        self.by_number.remove(&(slot.entry.number, fingerprint));
        Some(slot.entry)
    }

    fn small_capacity(&self) -> usize {
        self.capacity.checked_div(SMALL_SHARE).unwrap_or(0)
    }

    /// Pushes one entry out; false where there is none.
    fn evict(&mut self) -> bool {
        let mut rounds = 0_u32;
        loop {
            let from_small = self.small_bytes > self.small_capacity() || self.main.is_empty();
            let queue = if from_small { &mut self.small } else { &mut self.main };
            let Some((fingerprint, serial)) = queue.pop_front() else { return false };
            let Some(slot) = self.slots.get_mut(&fingerprint).filter(|slot| slot.serial == serial)
            else {
                continue;
            };
            let again = if from_small { slot.uses > 1 } else { slot.uses > 0 };
            rounds = rounds.saturating_add(1);
            if again && rounds <= ROUNDS_MAX {
                slot.uses = if from_small { 0 } else { slot.uses.saturating_sub(1) };
                if from_small {
                    slot.in_main = true;
                    let bytes = slot.entry.bytes();
                    self.small_bytes = self.small_bytes.saturating_sub(bytes);
                }
                self.main.push_back((fingerprint, serial));
                continue;
            }
            self.remove(fingerprint);
            if from_small {
                self.ghosts.remember(fingerprint, self.slots.len());
            }
            return true;
        }
    }

    fn forget_stale_places(&mut self) {
        let slots = &self.slots;
        let live = |place: &Place| slots.get(&place.0).is_some_and(|slot| slot.serial == place.1);
        for queue in [&mut self.small, &mut self.main] {
            if queue.len() > slots.len().saturating_mul(2).saturating_add(STALE_MAX) {
                queue.retain(live);
            }
        }
    }
}

/// The fingerprints of entries that left the small queue unused: who is asked for again after all goes to
/// the main queue at once.
#[derive(Debug)]
struct Ghosts {
    order: VecDeque<u64>,
    known: BTreeSet<u64>,
}

impl Ghosts {
    /// Remembers one more; in all no more than there are entries, as in the paper.
    fn remember(&mut self, fingerprint: u64, entries: usize) {
        if self.known.insert(fingerprint) {
            self.order.push_back(fingerprint);
        }
        while self.order.len() > entries.max(1) {
            let Some(oldest) = self.order.pop_front() else { break };
            self.known.remove(&oldest);
        }
    }

    /// Whether it is remembered; it is not from here on.
    fn forget(&mut self, fingerprint: u64) -> bool {
        self.known.remove(&fingerprint)
    }
}

#[cfg(test)]
mod tests;

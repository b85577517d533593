//! Records on their way to a journal.

use thiserror::Error;

use crate::format::{RECORD_HEAD, read_record};

/// Most bytes of a record. A command is some hundred bytes; the largest is a market with all its settings.
pub const RECORD_BYTES_MAX: usize = 64 << 10;

/// A record is larger than a journal takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a record of {0} bytes is larger than {RECORD_BYTES_MAX}")]
pub struct TooLarge(pub usize);

/// Records in the order in which they are to be appended, in one buffer that is used again and again.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    bytes: Vec<u8>,
    records: usize,
}

impl Batch {
    /// None yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { bytes: Vec::new(), records: 0 }
    }

    /// Adds a record: its kind, which the journal keeps and does not read, and its bytes.
    ///
    /// # Errors
    /// Where it is too large; the batch is as before.
    pub fn push(&mut self, kind: u8, payload: &[u8]) -> Result<(), TooLarge> {
        self.push_with(kind, |bytes| bytes.extend_from_slice(payload))
    }

    /// Adds a record whose bytes are written by `encode`, which appends them to what is there and changes nothing else.
    ///
    /// # Errors
    /// Where it is too large; the batch is as before.
    pub fn push_with(
        &mut self,
        kind: u8,
        encode: impl FnOnce(&mut Vec<u8>),
    ) -> Result<(), TooLarge> {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&[0, 0, 0, 0, kind]);
        let from = self.bytes.len();
        encode(&mut self.bytes);
        let length = self.bytes.len().saturating_sub(from);
        let written = u32::try_from(length).ok().filter(|_| length <= RECORD_BYTES_MAX);
        let head = self.bytes.get_mut(start..start + 4);
        let (Some(written), Some(head)) = (written, head) else {
            self.bytes.truncate(start);
            return Err(TooLarge(length));
        };
        head.copy_from_slice(&written.to_le_bytes());
        self.records += 1;
        Ok(())
    }

    /// Takes all records out and keeps the buffer.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.records = 0;
    }

    /// How many records it holds.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.records
    }

    /// Whether it holds none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.records == 0
    }

    /// How many bytes it takes.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Its records: kind and payload, and the bytes that both take in a frame.
    pub(crate) fn records(&self) -> impl Iterator<Item = (u8, &[u8], &[u8])> {
        let mut rest = self.bytes.as_slice();
        core::iter::from_fn(move || {
            let (kind, payload) = read_record(rest)?;
            let (whole, after) = rest.split_at_checked(RECORD_HEAD + payload.len())?;
            rest = after;
            Some((kind, payload, whole))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_that_is_too_large_leaves_the_batch_as_it_was() {
        // Half a record in the buffer would shift every one after it.
        let mut batch = Batch::new();
        batch.push(1, b"first").expect("small");
        let large = vec![7; RECORD_BYTES_MAX + 1];
        assert_eq!(batch.push(2, &large), Err(TooLarge(large.len())));
        batch.push(3, &large[1..]).expect("just as large as is taken");
        let records: Vec<(u8, usize)> =
            batch.records().map(|(kind, payload, _)| (kind, payload.len())).collect();
        assert_eq!((records, batch.len()), (vec![(1, 5), (3, RECORD_BYTES_MAX)], 2));
    }
}

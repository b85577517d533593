//! Walks over the records of a journal, from its beginning or from a snapshot on, and checks each.

use core::ops::Range;
use std::sync::Arc;

use super::tail::{CutKind, Rest, judge};
use crate::disk::Disk;
use crate::fault::{Damage, Fault};
use crate::format::{
    FRAME_ALIGN, FRAME_END, FrameHead, HEAD, RECORD_HEAD, SegmentHead, VERSION, chain, is_zero,
    read_record, segment_index, segment_name,
};
use crate::mark::{Epoch, Mark, Sequence};
use crate::settings::Settings;

/// What of a journal's end is not part of it any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// In which file.
    pub file: String,
    /// From which byte on.
    pub offset: u64,
    /// How many bytes, up to the last that is not zero.
    pub bytes: u64,
    /// The record that was expected there.
    pub expected: Sequence,
    /// What it was.
    pub kind: CutKind,
}

/// Where in the journal the walk is.
#[derive(Debug)]
pub(super) struct Walk {
    disk: Arc<dyn Disk>,
    /// The indexes of all segment files, without a gap.
    pub(super) indexes: Vec<u64>,
    /// Which of them is being read.
    at: usize,
    bytes: Vec<u8>,
    /// Where the next frame is.
    offset: usize,
    /// The records of this frame that have not been read.
    frame: Range<usize>,
    pub(super) epoch: Epoch,
    /// The last record that was read, or that the first segment begins after.
    pub(super) head: Mark,
    /// Records up to here are not asked for.
    after: Mark,
    /// Segments that hold something: index and first record.
    pub(super) segments: Vec<(u64, Sequence)>,
    pub(super) last_frame: Option<LastFrame>,
    /// The segment to go on in and the offset there.
    pub(super) resume: Option<(u64, u64)>,
    pub(super) cut: Option<Cut>,
    is_over: bool,
}

/// The last good frame, as it was read.
#[derive(Debug)]
pub(super) struct LastFrame {
    pub(super) index: u64,
    pub(super) offset: usize,
    pub(super) bytes: Vec<u8>,
}

/// A record in the bytes of the segment.
pub(super) struct Found {
    pub(super) mark: Mark,
    pub(super) kind: u8,
    payload: Range<usize>,
}

impl Walk {
    /// Begins at the last segment that begins at or before `after`, or at the first one without such a place.
    pub(super) fn new(disk: Arc<dyn Disk>, after: Option<Mark>) -> Result<Self, Fault> {
        let names = disk.list().map_err(|error| Fault::disk("list", "the folder", error))?;
        let mut indexes: Vec<u64> = names.iter().filter_map(|name| segment_index(name)).collect();
        indexes.sort_unstable();
        for pair in indexes.windows(2) {
            if let [one, next] = pair
                && one.saturating_add(1) != *next
            {
                return Err(Fault::Missing { file: segment_name(one.saturating_add(1)) });
            }
        }
        let mut walk = Self {
            disk,
            indexes,
            at: 0,
            bytes: Vec::new(),
            offset: 0,
            frame: 0..0,
            epoch: Epoch::default(),
            head: after.unwrap_or(Mark::GENESIS),
            after: after.unwrap_or(Mark::GENESIS),
            segments: Vec::new(),
            last_frame: None,
            resume: None,
            cut: None,
            is_over: false,
        };
        walk.begin(after.is_none())?;
        Ok(walk)
    }

    /// Finds the segment to begin with, and notes those before it.
    fn begin(&mut self, from_first: bool) -> Result<(), Fault> {
        let mut heads = Vec::new();
        for index in &self.indexes {
            let name = segment_name(*index);
            self.disk
                .read(&name, HEAD as u64, &mut self.bytes)
                .map_err(|error| Fault::disk("read", &name, error))?;
            heads.push(SegmentHead::read(&self.bytes));
        }
        let reaches = |head: &Option<SegmentHead>| {
            head.is_some_and(|head| head.after.sequence <= self.after.sequence)
        };
        self.at = heads.iter().rposition(reaches).unwrap_or(0);
        let before = self.indexes.iter().zip(&heads).take(self.at);
        self.segments = before
            .filter_map(|(index, head)| Some((*index, head.as_ref()?.after.sequence.next())))
            .collect();
        match heads.get(self.at) {
            None => self.is_over = true,
            Some(head) => {
                if let Some(head) = head {
                    self.head = head.after;
                }
                if from_first {
                    self.after = self.head;
                }
                self.enter()?;
            }
        }
        if self.head.sequence > self.after.sequence {
            let (first, wanted) = (self.head.sequence.next(), self.after.sequence.next());
            return Err(Fault::Begins { first, wanted });
        }
        self.compare()?;
        self.is_not_behind()
    }

    /// Reads the next record; none at the end.
    pub(super) fn next(&mut self) -> Result<Option<Found>, Fault> {
        loop {
            if let Some(found) = self.next_in_frame()? {
                if found.mark.sequence > self.after.sequence {
                    return Ok(Some(found));
                }
                self.compare()?;
            } else if self.is_over {
                self.is_not_behind()?;
                return Ok(None);
            } else {
                self.next_frame()?;
            }
        }
    }

    pub(super) fn payload(&self, found: &Found) -> &[u8] {
        self.bytes.get(found.payload.clone()).unwrap_or_default()
    }

    /// Holds what was read against the place that was asked for.
    fn compare(&self) -> Result<(), Fault> {
        if self.head.sequence == self.after.sequence && self.head.hash != self.after.hash {
            return Err(Fault::OtherHash {
                sequence: self.head.sequence,
                expected: Box::new(self.after.hash),
                found: Box::new(self.head.hash),
            });
        }
        Ok(())
    }

    fn is_not_behind(&self) -> Result<(), Fault> {
        let nothing = self.segments.is_empty() && self.after != Mark::GENESIS;
        if self.is_over && (nothing || self.head.sequence < self.after.sequence) {
            let last = if nothing { Sequence::ZERO } else { self.head.sequence };
            return Err(Fault::Behind { last, wanted: self.after.sequence });
        }
        Ok(())
    }

    /// The next record of the frame; none at its end.
    fn next_in_frame(&mut self) -> Result<Option<Found>, Fault> {
        if self.frame.is_empty() {
            return Ok(None);
        }
        let rest = self.bytes.get(self.frame.clone()).unwrap_or_default();
        let Some((kind, payload)) = read_record(rest) else {
            return Err(self.damaged(self.frame.start, Damage::Contents));
        };
        let mark = chain(self.head, self.epoch, kind, payload);
        let start = self.frame.start.saturating_add(RECORD_HEAD);
        let end = start.saturating_add(payload.len());
        self.frame.start = end;
        self.head = mark;
        Ok(Some(Found { mark, kind, payload: start..end }))
    }

    /// Goes to the next frame, or to the end of the segment.
    fn next_frame(&mut self) -> Result<(), Fault> {
        let at = self.offset;
        let rest = self.bytes.get(at..).unwrap_or_default();
        let head = FrameHead::read(rest);
        let frame = head.and_then(|head| Some((head, rest.get(..head.bytes())?)));
        let good = frame.filter(|(head, frame)| {
            crc32c::crc32c(frame.get(HEAD..).unwrap_or_default()) == head.crc
        });
        let Some((head, frame)) = good else { return self.end_of_segment() };
        let last = LastFrame { index: self.index(), offset: at, bytes: frame.to_vec() };
        let bare = frame.get(..head.bare_bytes()).unwrap_or_default();
        let ended = bare.ends_with(&FRAME_END);
        self.follows(at, head.after)?;
        if head.epoch < self.epoch {
            return Err(Fault::Epoch {
                file: self.file(),
                offset: at as u64,
                sequence: head.after.sequence.next(),
                last: self.epoch,
                found: head.epoch,
            });
        }
        if !ended {
            return Err(self.damaged(at, Damage::Contents));
        }
        self.epoch = head.epoch;
        let records = at.saturating_add(HEAD);
        self.frame = records..records.saturating_add(head.length as usize);
        self.offset = at.saturating_add(head.bytes());
        self.last_frame = Some(last);
        Ok(())
    }

    /// Whether what continues from `after` continues from what was read.
    fn follows(&self, offset: usize, after: Mark) -> Result<(), Fault> {
        if after == self.head {
            return Ok(());
        }
        let (file, offset) = (self.file(), offset as u64);
        if after.sequence != self.head.sequence {
            let (expected, found) = (self.head.sequence.next(), after.sequence.next());
            return Err(Fault::Gap { file, offset, expected, found });
        }
        let (expected, found) = (Box::new(self.head.hash), Box::new(after.hash));
        Err(Fault::Chain { file, offset, sequence: after.sequence.next(), expected, found })
    }

    /// Behind the last good frame: on to the next segment, or the end.
    fn end_of_segment(&mut self) -> Result<(), Fault> {
        self.resume = Some((self.index(), self.offset as u64));
        match judge(&self.bytes, self.offset, self.head) {
            Rest::Empty => {
                self.at = self.at.saturating_add(1);
                if self.at < self.indexes.len() {
                    return self.enter();
                }
                self.is_over = true;
                Ok(())
            }
            Rest::Torn(end, kind) => self.torn(self.offset, end, kind),
            Rest::Damaged(damage) => Err(self.damaged(self.offset, damage)),
        }
    }

    /// Begins with a segment.
    fn enter(&mut self) -> Result<(), Fault> {
        let name = self.file();
        self.disk
            .read(&name, Settings::SEGMENT_BYTES_MAX, &mut self.bytes)
            .map_err(|error| Fault::disk("read", &name, error))?;
        // What is not there counts as zeros, which is what it was made of.
        self.bytes.resize(self.bytes.len().next_multiple_of(FRAME_ALIGN), 0);
        let Some(head) = SegmentHead::read(&self.bytes) else {
            return match judge(&self.bytes, 0, self.head) {
                Rest::Empty => self.torn_nothing(),
                Rest::Torn(end, kind) => self.torn(0, end, kind),
                Rest::Damaged(damage) => Err(self.damaged(0, damage)),
            };
        };
        if head.version != VERSION {
            return Err(Fault::Version { file: name, found: head.version, known: VERSION });
        }
        if head.index != self.index() {
            return Err(self.damaged(0, Damage::OtherSegment(head.index)));
        }
        self.follows(0, head.after)?;
        self.segments.push((head.index, head.after.sequence.next()));
        self.offset = HEAD;
        self.resume = Some((head.index, HEAD as u64));
        Ok(())
    }

    /// An unfinished write is the last thing in the journal, or it is damage.
    fn torn(&mut self, from: usize, end: usize, kind: CutKind) -> Result<(), Fault> {
        let cut = Cut {
            file: self.file(),
            offset: from as u64,
            bytes: end.saturating_sub(from) as u64,
            expected: self.head.sequence.next(),
            kind,
        };
        self.is_last(from)?;
        self.cut = Some(cut);
        Ok(())
    }

    fn torn_nothing(&mut self) -> Result<(), Fault> {
        self.is_last(0)
    }

    /// All segments behind this one have to be empty.
    fn is_last(&mut self, from: usize) -> Result<(), Fault> {
        let damaged = self.damaged(from, Damage::BeforeGood);
        for index in self.indexes.iter().skip(self.at.saturating_add(1)) {
            let name = segment_name(*index);
            self.disk
                .read(&name, Settings::SEGMENT_BYTES_MAX, &mut self.bytes)
                .map_err(|error| Fault::disk("read", &name, error))?;
            if !is_zero(&self.bytes) {
                return Err(damaged);
            }
        }
        self.is_over = true;
        Ok(())
    }

    fn damaged(&self, offset: usize, damage: Damage) -> Fault {
        Fault::Damaged {
            file: self.file(),
            offset: offset as u64,
            expected: self.head.sequence.next(),
            damage,
        }
    }

    fn index(&self) -> u64 {
        self.indexes.get(self.at).copied().unwrap_or_default()
    }

    fn file(&self) -> String {
        segment_name(self.index())
    }
}

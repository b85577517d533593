//! Makes a journal that was read ready to be written to.

use std::sync::Arc;

use super::Recovery;
use super::walk::Walk;
use crate::disk::{Disk, DiskFile};
use crate::fault::Fault;
use crate::file::Start;
use crate::file::segments::{Free, Segment, fill, make};
use crate::format::segment_name;
use crate::mark::Epoch;
use crate::settings::Settings;

/// Cuts what is to be cut, and finds or makes the segments to go on with.
pub(super) fn resume(recovery: Recovery, settings: Settings, epoch: Epoch) -> Result<Start, Fault> {
    let Recovery { disk, lock, walk, records: _ } = recovery;
    cut(&*disk, &walk)?;
    write_last_again(&*disk, &walk)?;
    let bytes = settings.segment_bytes;
    let free = Free::find(&*disk)?;
    let first = walk.indexes.first().copied();
    let (index, offset) = walk.resume.unwrap_or((first.unwrap_or(1), 0));
    let is_there = walk.indexes.contains(&index);
    let segment =
        if is_there { whole(&*disk, index, bytes)? } else { make(&*disk, &free, index, bytes)? };
    let spare = spare(&*disk, &walk, index, bytes)?;
    Ok(Start {
        disk: Arc::clone(&disk),
        settings,
        lock,
        segment,
        offset,
        spare,
        free,
        segments: walk.segments,
        head: walk.head,
        epoch,
    })
}

/// Puts zeros where something is cut. What is left of it after a power cut in between is cut again.
fn cut(disk: &dyn Disk, walk: &Walk) -> Result<(), Fault> {
    let Some(cut) = &walk.cut else { return Ok(()) };
    let file = open(disk, &cut.file)?;
    fill(file, &cut.file, cut.offset, cut.offset.saturating_add(cut.bytes)).map(drop)
}

/// Writes the last frame once more. Where its sync had failed, it may be in the operating system's memory and not on the
/// disk, and no later sync would write it.
fn write_last_again(disk: &dyn Disk, walk: &Walk) -> Result<(), Fault> {
    let Some(last) = &walk.last_frame else { return Ok(()) };
    let name = segment_name(last.index);
    let mut file = open(disk, &name)?;
    let mut offset = last.offset as u64;
    let mut bytes = last.bytes.as_slice();
    while !bytes.is_empty() {
        let written =
            file.write_at(offset, bytes).map_err(|error| Fault::disk("write", &name, error))?;
        offset = offset.saturating_add(written as u64);
        bytes = bytes.get(written.max(1)..).unwrap_or_default();
    }
    file.sync_data().map_err(|error| Fault::disk("sync", &name, error))
}

/// Opens a segment that is there, and makes it as long as it should be.
fn whole(disk: &dyn Disk, index: u64, bytes: u64) -> Result<Segment, Fault> {
    let name = segment_name(index);
    let file = open(disk, &name)?;
    let length = length(disk, &name)?;
    let file = if length < bytes { fill(file, &name, length, bytes)? } else { file };
    Ok(Segment { index, bytes: bytes.max(length), file })
}

/// The segment after the one to go on in, where it is there as a whole; what is left of others is removed.
fn spare(disk: &dyn Disk, walk: &Walk, current: u64, bytes: u64) -> Result<Option<Segment>, Fault> {
    let mut spare = None;
    for index in walk.indexes.iter().copied().filter(|index| *index > current) {
        let name = segment_name(index);
        if index == current.saturating_add(1) && length(disk, &name)? == bytes {
            spare = Some(Segment { index, bytes, file: open(disk, &name)? });
        } else {
            disk.remove(&name).map_err(|error| Fault::disk("remove", &name, error))?;
        }
    }
    Ok(spare)
}

fn open(disk: &dyn Disk, name: &str) -> Result<Box<dyn DiskFile>, Fault> {
    disk.open(name).map_err(|error| Fault::disk("open", name, error))
}

fn length(disk: &dyn Disk, name: &str) -> Result<u64, Fault> {
    disk.length(name).map_err(|error| Fault::disk("look at", name, error))
}

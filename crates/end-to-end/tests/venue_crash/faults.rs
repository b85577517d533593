//! What a disk and an operator can do wrong.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use machine::Prng;
use testkit::tools;

use crate::life::World;
use crate::site::Site;
use crate::table::Table;

/// Entries after which a snapshot is taken where none is wanted.
const NEVER: u64 = 1_000_000_000;

#[test]
fn a_full_disk_stops_the_venue_and_takes_nothing_of_what_was_acknowledged() {
    // A venue that goes on without a disk answers for what nobody will know of.
    let _alone = tools::alone();
    let (mut table, mut world) = (Table::default(), World::new(7, NEVER));
    world.live(&mut table);
    // Room for some of the journal's files, of 256 KiB each.
    for room in [10 << 10, 300 << 10] {
        world.fill(room, &mut table);
    }
    world.end(&mut table);
    println!("{}", table.text());
}

#[test]
fn a_drain_before_a_restart_leaves_nobody_in_the_dark() {
    // A restart that was planned must not leave a single order of which its owner does not know.
    let _alone = tools::alone();
    let (mut table, mut world) = (Table::default(), World::new(10, 1_000));
    for _ in 0..3 {
        assert_eq!(world.drain(&mut table), 0, "{}", table.text());
    }
    world.end(&mut table);
    println!("{}", table.text());
}

/// Every file, but for the lock.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let paths = fs::read_dir(folder)
        .expect("it can be read")
        .map(|entry| entry.expect("it is there").path());
    paths
        .filter(|path| path.file_name().is_some_and(|name| name != "lock"))
        .map(|path| (path.clone(), fs::read(path).expect("it can be read")))
        .collect()
}

/// How much of a file is used.
fn used(bytes: &[u8]) -> usize {
    bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1)
}

/// A start that has to fail, and what it says.
fn refused(site: &Site) -> String {
    let mut process = site.start(|_| {});
    let status = process.await_end();
    assert_eq!(status.code(), Some(1), "{}", process.log());
    process.log()
}

#[test]
fn a_flipped_bit_is_found_and_named_and_nothing_is_served_or_changed() {
    // VE-8: a history that somebody, or a bad sector, has changed would be told as if it had been so.
    let _alone = tools::alone();
    let (mut table, mut world) = (Table::default(), World::new(8, NEVER));
    while table.kills < 3 {
        world.live(&mut table);
    }
    let site = world.site();
    // So that there is no unfinished write at the end.
    let mut whole = site.start(|_| {});
    let said = whole.await_said();
    whole.kill();
    let before = files(&site.data());
    let (path, bytes) = before
        .iter()
        .filter(|(path, _)| path.to_string_lossy().contains("segment-"))
        .max_by_key(|(_, bytes)| used(bytes))
        .expect("there is a journal");
    let name = path.file_name().expect("it has one").to_string_lossy().into_owned();
    let mut prng = Prng::new(8);
    for _ in 0..6 {
        let at = prng.index(used(bytes) * 3 / 4);
        let mut changed = bytes.clone();
        changed[at] ^= 1 << prng.below(8);
        fs::write(path, &changed).expect("it can be written");
        let log = refused(site);
        let offset = log.split(&format!("{name} is damaged at byte ")).nth(1);
        let offset = offset.and_then(|rest| rest.split(|sign: char| !sign.is_ascii_digit()).next());
        let offset: usize =
            offset.and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("{at}: {log}"));
        assert!(offset <= at && at - offset < 256 << 10, "{at}: {log}");
        assert!(log.contains("record") && log.contains("docs/journal.md"), "{log}");
        fs::write(path, bytes).expect("it can be written");
        assert!(files(&site.data()) == before, "it has changed what was the evidence");
    }
    let mut again = site.start(|_| {});
    let once_more = again.await_said();
    assert!(once_more.entries >= said.entries);
    // The first of two processes keeps the journal, whatever the second one does.
    let mut second = site.start_second();
    assert_eq!(second.await_end().code(), Some(1));
    assert!(second.log().contains("another process has the journal open"), "{}", second.log());
    site.await_answer(&mut again);
}

#[test]
fn a_flipped_bit_in_the_newest_snapshot_costs_a_longer_start_and_nothing_else() {
    let _alone = tools::alone();
    let (mut table, mut world) = (Table::default(), World::new(9, 200));
    let snapshots = |site: &Site| -> Vec<PathBuf> {
        let names = files(&site.data()).into_keys();
        let named = |path: &PathBuf| {
            path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("snapshot-"))
        };
        names.filter(named).filter(|path| path.extension().is_none()).collect()
    };
    while snapshots(world.site()).len() < 2 {
        assert!(table.kills < 60, "no snapshots are taken");
        world.live(&mut table);
    }
    let newest = snapshots(world.site()).pop().expect("there are two");
    let mut bytes = fs::read(&newest).expect("it can be read");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    fs::write(&newest, bytes).expect("it can be written");
    world.end(&mut table);
}

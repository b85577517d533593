//! Snapshots that are damaged, and digests when they are asked for.

use super::bench::{account, done, events, venue};
use crate::codec::FORMAT;
use crate::command::Command;
use crate::event::Event;
use crate::settings::VenueSettings;
use crate::venue::{SnapshotError, Venue};

#[test]
fn a_snapshot_with_one_changed_byte_is_refused() {
    // A venue that starts from a damaged snapshot trades with other people's money.
    let mut venue = venue();
    let _ = account(&mut venue, 1_000);
    let whole = venue.snapshot();
    assert_eq!(Venue::restore(&whole).map(|venue| venue.snapshot()), Ok(whole.clone()));
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 1;
        let error = Venue::restore(&damaged).expect_err("damaged");
        let expected = match at {
            0..8 => SnapshotError::Magic,
            8..10 => SnapshotError::Format(FORMAT ^ if at == 8 { 1 } else { 256 }),
            _ => SnapshotError::Hash,
        };
        assert_eq!(error, expected, "byte {at}");
    }
    for end in 0..whole.len() {
        assert!(Venue::restore(&whole[..end]).is_err(), "cut off at {end}");
    }
}

#[test]
fn the_digest_is_told_after_so_many_commands() {
    // Replicas compare digests: one that is not told is a difference that is not seen.
    let mut venue = venue();
    let settings = VenueSettings { digest_every: 3, ..VenueSettings::default() };
    done(&mut venue, Command::Configure(settings));
    let mut told = Vec::new();
    for _ in 0..6 {
        for event in events(&mut venue, Command::Tick) {
            if let Event::Digest { commands, digest } = event {
                assert_eq!(digest, venue.digest());
                told.push(commands);
            }
        }
    }
    assert_eq!(told, [6, 9]);
}

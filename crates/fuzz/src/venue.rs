//! The venue under random commands.
//!
//! An input is a list of commands as a journal holds them, each behind a byte that says how much later it comes. They
//! are played to a venue with two markets, collateral, and accounts with money. Whatever they are: bytes are exactly
//! one command or an error; the venue takes every command; it never finds an invariant broken; and the same commands
//! give the same events, also where the venue is restored from a snapshot after each of them.

mod seeds;

use machine::{Codec, Reader};
use units::{Span, Timestamp};
use venue_core::{Command, Event, Venue};

use crate::target::{Form, Target};
use seeds::{opening, seeds};

/// The target of [`venue()`].
pub const VENUE: Target =
    Target { name: "venue", run: venue, seeds, words: &[], form: Form::Orders };

/// Commands of one input that are played; each is followed by a count of everything.
const COMMANDS_MAX: usize = 200;

/// What the byte before a command counts: a quarter of a second, so that windows end within some commands.
const STEP: Span = Span::from_millis(250);

/// Plays the commands.
///
/// # Panics
///
/// Where the venue panics, breaks an invariant, or is not the same a second time.
pub fn venue(bytes: &[u8]) {
    let commands = read(bytes);
    let live = play(&commands, |venue| venue);
    let restored = play(&commands, |venue| {
        let restored = Venue::restore(&venue.snapshot()).expect("a snapshot is read");
        assert_eq!(restored.digest(), venue.digest(), "a restored venue is another one");
        restored
    });
    assert_eq!(live, restored, "a restored venue goes on in another way");
}

/// The commands that the bytes are, up to the first that is none.
fn read(bytes: &[u8]) -> Vec<(Span, Command)> {
    let (mut commands, mut reader) = (Vec::new(), Reader::new(bytes));
    while commands.len() < COMMANDS_MAX {
        let Ok(steps) = u8::decode(&mut reader) else { break };
        let start = reader.at();
        let Ok(command) = Command::decode(&mut reader) else { break };
        let mut again = Vec::new();
        command.encode(&mut again);
        assert_eq!(again, bytes[start..reader.at()], "{command:?} has two spellings");
        commands.push((STEP.times(u64::from(steps)), command));
    }
    commands
}

/// Plays commands to a new venue with money and markets; `between` may put another in its place after each.
fn play(commands: &[(Span, Command)], between: impl Fn(Venue) -> Venue) -> Vec<Event> {
    let (mut venue, mut events) = (Venue::new(), Vec::new());
    let mut now = Timestamp::ZERO;
    for command in opening() {
        venue.apply(now, &command, &mut events);
    }
    for (later, command) in commands {
        now = now.after(*later);
        let before = events.len();
        venue.apply(now, command, &mut events);
        let broken = events[before..].iter().find(|event| matches!(event, Event::Broken { .. }));
        assert_eq!(broken, None, "after {command:?}");
        assert_eq!(venue.audit(), Vec::<&str>::new(), "after {command:?}");
        venue = between(venue);
    }
    events
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_inputs_to_start_from_trade_and_are_refused() {
        // Inputs that only get refusals would try nothing.
        let events: Vec<Event> =
            seeds().iter().flat_map(|seed| play(&read(seed), |venue| venue)).collect();
        let count = |holds: fn(&Event) -> bool| events.iter().filter(|event| holds(event)).count();
        let seen = [
            count(|event| matches!(event, Event::Trade(_))),
            count(|event| matches!(event, Event::Triggered(_))),
            count(|event| matches!(event, Event::Refused { .. })),
            count(|event| matches!(event, Event::Closed { .. })),
            count(|event| matches!(event, Event::LiquidationStarted { .. })),
        ];
        assert!(seen.iter().all(|count| *count > 0), "{seen:?} of {}", events.len());
    }
}

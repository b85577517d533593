//! Who has little time waits for less of it.

use admission_core::{Admission, Arrival, Class, Decision, Mode, Output, Settings};
use units::{Span, Timestamp};

/// How long one piece of work takes; half of what comes is too much.
const SERVICE_MS: u64 = 10;

fn at(millis: u64) -> Timestamp {
    Timestamp::ZERO.after(Span::from_millis(3_600_000 + millis))
}

fn arrival(class: Class, now: Timestamp, time_ms: u64) -> Arrival {
    Arrival { class, client: 1, cost: 1, deadline: now.after(Span::from_millis(time_ms)) }
}

/// Until when work waits at most that has so much time, in milliseconds.
fn waits_for(class: Class, time_ms: u64) -> Option<u64> {
    let mut admission = Admission::new(Settings::calls(Mode::Fair, 4_096), 0);
    match admission.arrive(at(0), arrival(class, at(0), time_ms)) {
        Decision::Waits { until, .. } => Some(until.since(at(0)).as_millis()),
        Decision::Admitted | Decision::Shed(_) => None,
    }
}

/// The longest wait of work that was served, once twice as much as can be served has come for three seconds, in
/// milliseconds; and how much was served in the three seconds after that.
fn overload(time_ms: u64) -> (u64, u64) {
    let mut admission = Admission::new(Settings::calls(Mode::Fair, 4_096), 1);
    let (mut longest, mut served) = (0, 0);
    for milli in 0..6_000 {
        let now = at(milli);
        if milli % SERVICE_MS == 0 {
            admission.release(now, Class::Second);
        }
        if milli % (SERVICE_MS / 2) == 0 {
            admission.arrive(now, arrival(Class::Second, now, time_ms));
        }
        admission.on_wake(now);
        while let Some(output) = admission.poll_output() {
            if let Output::Admit { waited, .. } = output
                && milli >= 3_000
            {
                longest = waited.as_millis().max(longest);
                served += 1;
            }
        }
    }
    (longest, served)
}

#[test]
fn what_waits_must_have_time_left_to_be_served_in() {
    // Begun a moment before its time is up it is work for nothing, and comes again: the queue alone keeps a storm of
    // retries going.
    let reads = [8_000, 4_000, 1_500, 100].map(|time_ms| waits_for(Class::Second, time_ms));
    assert_eq!(reads, [Some(3_000), Some(2_000), Some(750), Some(50)]);
    // A transaction is worth a try to the last moment.
    assert_eq!(waits_for(Class::First, 1_500), Some(1_500));
}

#[test]
fn a_standing_line_is_as_short_as_its_clients_are_hurried() {
    // Clients that give up after a second and a half would all be served after one.
    let waits = [8_000, 1_500, 400].map(overload);
    for ((longest, served), most) in waits.into_iter().zip([1_000, 190, 60]) {
        assert!(longest <= most, "{longest} ms, {waits:?}");
        assert!(served >= 290, "the server was left idle: {served} of 300, {waits:?}");
    }
}

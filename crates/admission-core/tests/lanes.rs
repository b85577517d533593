//! Who gets how much of a server that does one piece of work after the other and cannot do all.

use std::collections::BTreeMap;

use admission_core::{Arrival, Class, Entry, LaneArrival, LaneSettings, Lanes, Mode, Ticket};
use units::{Span, Timestamp};

/// What the server does in a second and what one piece of work costs, in microseconds: 500 a second.
const RATE: u64 = 1_000_000;
const COST: u32 = 2_000;
const CAPACITY: u64 = 500;

/// One who sends so many pieces of work a second.
#[derive(Clone, Copy)]
struct Sender {
    class: Class,
    client: u64,
    rate: u64,
    /// Whether it says the same again every five milliseconds while it has no answer.
    repeats: bool,
}

/// What became of a sender's work.
#[derive(Clone, Copy, Debug, Default)]
struct Served {
    /// What came, without the repeats, and early enough to be served before the end.
    offered: u64,
    /// What of that was served within a second.
    in_time: u64,
    /// What was done as work of the third class or below, and not refused as a false claim.
    plain: u64,
    waited: Span,
}

fn at(millis: u64) -> Timestamp {
    Timestamp::ZERO.after(Span::from_millis(3_600_000 + millis))
}

fn all(class: Class, clients: std::ops::Range<u64>, rate: u64) -> impl Iterator<Item = Sender> {
    clients.map(move |client| Sender { class, client, rate, repeats: false })
}

/// The lanes under an open load, millisecond by millisecond.
struct World {
    lanes: Lanes,
    waiting: BTreeMap<Ticket, (usize, u64, u64)>,
    served: Vec<Served>,
    key: u64,
    all_in_time: u64,
    /// Whether the server finds every claim to the first class false.
    liars: bool,
}

impl World {
    fn new(mode: Mode, senders: usize) -> Self {
        Self {
            lanes: Lanes::new(LaneSettings::engine(mode, Some(RATE), COST, 42)),
            waiting: BTreeMap::new(),
            served: vec![Served::default(); senders],
            key: 0,
            all_in_time: 0,
            liars: false,
        }
    }

    fn run(mut self, senders: &[Sender], millis: u64) -> Self {
        for milli in 0..millis {
            for (n, sender) in senders.iter().enumerate() {
                // Not all in the same millisecond.
                let start = sender.client * 7_919 % 1_000;
                let sent = |milli: u64| (milli * sender.rate + start) / 1_000;
                for _ in sent(milli)..sent(milli + 1) {
                    self.key += 1;
                    self.served[n].offered += u64::from(milli + 1_000 < millis);
                    self.send(milli, *sender, n, self.key, milli + 1_000 < millis);
                }
            }
            if milli % 5 == 0 && senders.iter().any(|sender| sender.repeats) {
                let again: Vec<_> = self.waiting.values().copied().collect();
                for (n, key, _) in again.into_iter().filter(|(n, ..)| senders[*n].repeats) {
                    self.send(milli, senders[n], n, key, false);
                }
            }
            self.serve(milli);
        }
        self
    }

    fn send(&mut self, milli: u64, sender: Sender, n: usize, key: u64, counts: bool) {
        let Sender { class, client, .. } = sender;
        let deadline = at(milli + 5_000);
        let arrival = Arrival { class, client, cost: COST, deadline };
        let entry =
            self.lanes.arrive(at(milli), LaneArrival { arrival, open_orders: 0, key: Some(key) });
        if let Entry::Waits { ticket, .. } = entry {
            self.waiting.insert(ticket, (n, key, u64::from(counts)));
        }
    }

    fn serve(&mut self, milli: u64) {
        while let Some(turn) = self.lanes.take(at(milli)) {
            let (n, _, counts) = self.waiting.remove(&turn.ticket).expect("it waits");
            let served = &mut self.served[n];
            let in_time = turn.waited <= Span::from_secs(1);
            served.in_time += u64::from(in_time) * counts;
            self.all_in_time += u64::from(in_time);
            served.waited = served.waited.max(turn.waited);
            if self.liars && turn.class == Class::First && turn.queued == Class::First {
                self.lanes.on_false_claim(at(milli), turn.client);
            } else {
                served.plain += 1;
            }
        }
        while let Some(shed) = self.lanes.poll_shed() {
            assert!(self.waiting.remove(&shed.ticket).is_some(), "told twice");
        }
    }
}

/// Jain's index in per cent: 100 where all got the same, 100/n where one got everything.
fn jain_percent(shares: &[u64]) -> u64 {
    let sum: u64 = shares.iter().sum();
    let squares: u64 = shares.iter().map(|share| share * share).sum();
    sum * sum * 100 / (squares * shares.len() as u64)
}

/// Closing at six tenths of the capacity, with repeats, in a flood of a hundred times the capacity.
fn crash() -> Vec<Sender> {
    let closing = all(Class::First, 0..150, 2).map(|sender| Sender { repeats: true, ..sender });
    closing
        .chain(all(Class::Third, 1_000..1_100, 450))
        .chain(all(Class::Fourth, 2_000..2_050, 100))
        .collect()
}

#[test]
fn whoever_closes_gets_through_a_hundred_times_the_load() {
    // Accounts that cannot close in a crash are liquidated: what the lanes are there to prevent.
    let millis = 4_000;
    let world = World::new(Mode::Fair, 300).run(&crash(), millis);
    let closing = &world.served[..150];
    let (asked, got) = closing
        .iter()
        .fold((0, 0), |(asked, got), served| (asked + served.offered, got + served.in_time));
    assert!(asked >= 800 && got * 1_000 >= asked * 999, "{got} of {asked}");
    let longest = closing.iter().map(|served| served.waited).max();
    assert!(longest <= Some(Span::from_millis(50)), "{longest:?}");
    let capacity = CAPACITY * millis / 1_000;
    assert!(world.all_in_time * 10 >= capacity * 9, "{} of {capacity}", world.all_in_time);
    // And the repeats were answered with what they repeat, not served beside it.
    let first = world.lanes.counts().first;
    assert!(first.served <= asked * 5 / 3, "{first:?}");
}

#[test]
fn with_the_defence_off_hardly_anybody_closes() {
    // What the drills show: in one queue all wait for longer than anybody does.
    let senders: Vec<Sender> =
        crash().into_iter().map(|sender| Sender { repeats: false, ..sender }).collect();
    let world = World::new(Mode::Fifo, 300).run(&senders, 6_000);
    let closing = &world.served[..150];
    let (asked, got) = closing
        .iter()
        .fold((0, 0), |(asked, got), served| (asked + served.offered, got + served.in_time));
    assert!(got * 20 < asked, "{got} of {asked}");
    let capacity = CAPACITY * 6;
    assert!(world.all_in_time * 2 < capacity, "{} of {capacity}", world.all_in_time);
}

#[test]
fn sixteen_abusers_must_not_take_the_first_class_from_the_others() {
    // Cancels cost nothing to send: without turns and budgets a few bots would keep all others from it.
    let senders: Vec<Sender> =
        all(Class::First, 0..100, 2).chain(all(Class::First, 1_000..1_016, 3_000)).collect();
    let world = World::new(Mode::Fair, senders.len()).run(&senders, 6_000);
    let shares: Vec<u64> = world.served[..100].iter().map(|served| served.in_time).collect();
    assert!(jain_percent(&shares) >= 95, "{shares:?}");
    let (asked, got) = (100 * 10, shares.iter().sum::<u64>());
    assert!(got * 100 >= asked * 99, "{got} of {asked}");
    // The abusers are not locked out: each has its budget.
    assert!(world.served[100..].iter().all(|served| served.in_time >= 5), "{:?}", world.served);
}

#[test]
fn no_class_may_starve() {
    // Cancels without end would keep the venue from liquidating, and orders from ever coming in.
    let senders: Vec<Sender> = all(Class::First, 0..100, 20)
        .chain(all(Class::Second, 200..201, 2_000))
        .chain(all(Class::Third, 300..400, 20))
        .chain(all(Class::Fourth, 400..500, 20))
        .collect();
    let world = World::new(Mode::Fair, senders.len()).run(&senders, 10_000);
    let counts = world.lanes.counts();
    let served = Class::ALL.map(|class| counts.get(class).served);
    let total: u64 = served.iter().sum();
    for (served, permille) in served.into_iter().zip([700, 190, 45, 18]) {
        assert!(served * 1_000 >= total * permille, "{served} of {total}: {counts:?}");
    }
    assert!(total >= 4_900, "{total}: the server stood idle");
}

#[test]
fn false_claims_to_close_must_not_pay() {
    // If new risk dressed up as closing came sooner, all of it would be dressed up.
    let gain = |class, liars| {
        let senders: Vec<Sender> =
            all(Class::Third, 0..60, 20).chain(all(class, 1_000..1_016, 500)).collect();
        let mut world = World::new(Mode::Fair, senders.len());
        world.liars = liars;
        let world = world.run(&senders, 10_000);
        world.served[60..].iter().map(|served| served.plain).sum::<u64>()
    };
    let (honest, lying) = (gain(Class::Third, false), gain(Class::First, true));
    assert!(honest > 500 && lying * 100 <= honest * 101, "{lying} instead of {honest}");
}

#[test]
fn one_request_a_second_always_gets_into_the_first_class() {
    // A trader whose bot has spent the budget must still be able to close by hand.
    let mut lanes = Lanes::new(LaneSettings::engine(Mode::Fair, Some(RATE), COST, 42));
    let mut come = |milli, client| {
        let deadline = at(milli + 5_000);
        let arrival = Arrival { class: Class::First, client, cost: COST, deadline };
        lanes.arrive(at(milli), LaneArrival { arrival, open_orders: 0, key: None })
    };
    // All budgets of 50 clients: more than may wait.
    for client in 0..50 {
        assert!((0..100).all(|_| !matches!(come(0, client), Entry::Joins { .. })));
    }
    let first = |entry| matches!(entry, Entry::Waits { queued: Class::First, .. });
    assert!((0..50).all(|client| first(come(0, client))));
    assert!(!(0..50).any(|client| first(come(0, client))));
    assert_eq!(lanes.waiting(Class::First), 4_096);
}

#[test]
fn queries_are_answered_fresh_or_not_at_all() {
    // A depth of the market ten seconds old does more harm than none.
    let senders: Vec<Sender> =
        all(Class::Second, 1..2, 450).chain(all(Class::Fourth, 0..100, 50)).collect();
    let world = World::new(Mode::Fair, senders.len()).run(&senders, 5_000);
    let counts = world.lanes.counts();
    assert!(counts.fourth.served >= 200, "{counts:?}");
    assert!(world.lanes.waiting(Class::Fourth) <= 128);
    let mut late = world.served[1..].iter().map(|served| served.waited).collect::<Vec<_>>();
    late.sort_unstable();
    assert!(late[50] <= Span::from_millis(150), "{late:?}");
}

#[test]
fn who_waits_alone_is_never_too_late() {
    // A slow server without a queue would send away its only client, and then do nothing.
    let mut lanes = Lanes::new(LaneSettings::engine(Mode::Fair, None, 1, 42));
    for milli in (0..2_000).step_by(20) {
        let arrival = Arrival { class: Class::Third, client: 1, cost: 1, deadline: at(9_000) };
        lanes.arrive(at(milli), LaneArrival { arrival, open_orders: 0, key: None });
        assert!(lanes.take(at(milli + 19)).is_some(), "{milli}");
    }
    assert_eq!(lanes.poll_shed(), None);
}

#[test]
fn a_client_pays_for_what_its_work_costs() {
    // Otherwise who asks for ten times as much at once gets ten times as much.
    let mut lanes = Lanes::new(LaneSettings::engine(Mode::Fair, None, 200, 42));
    for n in 0..200 {
        let (client, cost) = if n % 2 == 0 { (1, 2_000) } else { (2, 200) };
        let arrival = Arrival { class: Class::Second, client, cost, deadline: at(5_000) };
        lanes.arrive(at(0), LaneArrival { arrival, open_orders: 0, key: None });
    }
    // Each client stands in six lines, all of them busy.
    let turns: Vec<u64> =
        std::iter::from_fn(|| lanes.take(at(0))).take(66).map(|turn| turn.client).collect();
    let dear = turns.iter().filter(|client| **client == 1).count();
    assert!((3..=9).contains(&dear), "{dear} of 66");
}

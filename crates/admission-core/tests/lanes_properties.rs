//! What holds of lanes under every schedule of arrivals, turns and departures.

use std::collections::{BTreeMap, BTreeSet};

use admission_core::{
    Arrival, Class, Entry, LaneArrival, LaneSettings, Lanes, Mode, ShedReason, Ticket,
};
use proptest::prelude::*;
use units::{Span, Timestamp};

/// What may happen next.
#[derive(Clone, Debug)]
enum Step {
    Arrive { class: usize, client: u64, cost: u32, patience_ms: u64, key: Option<u64> },
    Burst { class: usize, client: u64 },
    Take,
    Leave,
    FalseClaim(u64),
    Pass(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let key = proptest::option::of(0_u64..4);
    prop_oneof![
        8 => (0_usize..4, 0_u64..6, 0_u32..100_000, 0_u64..4_000, key).prop_map(
            |(class, client, cost, patience_ms, key)| {
                Step::Arrive { class, client, cost, patience_ms, key }
            }
        ),
        1 => (0_usize..4, 0_u64..6).prop_map(|(class, client)| Step::Burst { class, client }),
        6 => Just(Step::Take),
        1 => Just(Step::Leave),
        1 => (0_u64..6).prop_map(Step::FalseClaim),
        3 => (0_u64..300).prop_map(Step::Pass),
    ]
}

struct World {
    lanes: Lanes,
    now: Timestamp,
    waiting: BTreeMap<Ticket, (Timestamp, Class)>,
    gone: BTreeSet<Ticket>,
}

impl World {
    fn arrive(&mut self, arrival: Arrival, key: Option<u64>) {
        match self.lanes.arrive(self.now, LaneArrival { arrival, open_orders: 3, key }) {
            Entry::Waits { ticket, .. } => {
                assert!(!self.gone.contains(&ticket));
                assert!(self.waiting.insert(ticket, (arrival.deadline, arrival.class)).is_none());
            }
            Entry::Joins { ticket } => assert!(self.waiting.contains_key(&ticket)),
            Entry::Shed(reason) => {
                assert_eq!(reason == ShedReason::Deadline, arrival.deadline <= self.now);
            }
        }
    }

    fn apply(&mut self, step: Step) {
        match step {
            Step::Arrive { class, client, cost, patience_ms, key } => {
                let deadline = self.now.after(Span::from_millis(patience_ms));
                self.arrive(Arrival { class: Class::ALL[class], client, cost, deadline }, key);
            }
            Step::Burst { class, client } => {
                let deadline = self.now.after(Span::from_secs(2));
                let arrival = Arrival { class: Class::ALL[class], client, cost: 100, deadline };
                (0..300).for_each(|_| self.arrive(arrival, None));
            }
            Step::Take => {
                let free = self.lanes.free_at() <= self.now;
                if let Some(turn) = self.lanes.take(self.now) {
                    let (deadline, class) = self.waiting.remove(&turn.ticket).expect("it waits");
                    assert!(deadline > self.now, "served after its time");
                    assert_eq!(class, turn.class);
                    assert!(free, "served by a server that was not free");
                    self.gone.insert(turn.ticket);
                }
            }
            Step::Leave => {
                if let Some((ticket, _)) = self.waiting.pop_first() {
                    self.lanes.leave(ticket);
                    self.gone.insert(ticket);
                }
            }
            Step::FalseClaim(client) => self.lanes.on_false_claim(self.now, client),
            Step::Pass(millis) => self.now = self.now.after(Span::from_millis(millis)),
        }
        while let Some(shed) = self.lanes.poll_shed() {
            assert!(self.waiting.remove(&shed.ticket).is_some(), "told twice");
            self.gone.insert(shed.ticket);
        }
    }

    fn check(&self, mode: Mode) {
        let waiting: usize = Class::ALL.map(|class| self.lanes.waiting(class)).iter().sum();
        assert_eq!(waiting, self.waiting.len());
        if mode == Mode::Fair {
            for (class, most) in Class::ALL.into_iter().zip([4_096, 4_096, 256, 128]) {
                assert!(self.lanes.waiting(class) <= most);
            }
        }
        for class in Class::ALL {
            let counts = self.lanes.counts().get(class);
            let still = self.waiting.values().filter(|(_, of)| *of == class).count() as u64;
            let known = counts.joined + counts.served + counts.shed() + counts.left + still;
            assert_eq!(counts.offered, known, "{class:?}: {counts:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    // Work without an answer is a client that waits for nothing; two answers are an order done twice.
    #[test]
    fn every_piece_of_work_has_one_outcome_in_time(
        fair in any::<bool>(),
        rated in any::<bool>(),
        steps in proptest::collection::vec(step(), 1..120),
    ) {
        let mode = if fair { Mode::Fair } else { Mode::Fifo };
        let settings = LaneSettings::engine(mode, rated.then_some(1_000_000), 2_000, 7);
        let now = Timestamp::ZERO.after(Span::from_secs(3_600));
        let lanes = Lanes::new(settings);
        let (waiting, gone) = (BTreeMap::new(), BTreeSet::new());
        let mut world = World { lanes, now, waiting, gone };
        for step in steps {
            world.apply(step);
            world.check(mode);
        }
        // And nobody is forgotten: in the end each is served or told.
        for _ in 0..100_000 {
            if world.waiting.is_empty() {
                break;
            }
            world.apply(Step::Pass(40));
            world.apply(Step::Take);
        }
        world.check(mode);
        prop_assert!(world.waiting.is_empty());
    }
}

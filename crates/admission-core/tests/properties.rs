//! What holds of an admission under every schedule of arrivals, ends, departures and changes of capacity.

use std::collections::{BTreeMap, BTreeSet};

use admission_core::{
    Admission, Arrival, Class, Decision, Mode, Output, Settings, ShedReason, Ticket,
};
use proptest::prelude::*;
use units::{Span, Timestamp};

/// What may happen next.
#[derive(Clone, Debug)]
enum Step {
    Arrive { class: usize, client: u64, cost: u32, patience_ms: u64 },
    Release,
    Leave,
    Capacity(u32),
    Pass(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0_usize..4, 0_u64..6, 1_u32..4, 0_u64..4_000).prop_map(
            |(class, client, cost, patience_ms)| Step::Arrive { class, client, cost, patience_ms }
        ),
        5 => Just(Step::Release),
        1 => Just(Step::Leave),
        1 => (0_u32..12).prop_map(Step::Capacity),
        2 => (0_u64..1_500).prop_map(Step::Pass),
    ]
}

/// An admission and what its user knows of it.
struct World {
    admission: Admission,
    waiting_max: usize,
    now: Timestamp,
    /// Classes of those that have a place.
    serving: Vec<Class>,
    waiting: BTreeMap<Ticket, (Class, Timestamp)>,
    /// Every ticket that had its output.
    ended: BTreeSet<Ticket>,
}

impl World {
    fn new(mode: Mode, waiting_max: usize) -> Self {
        Self {
            admission: Admission::new(Settings::calls(mode, waiting_max), 4),
            waiting_max,
            now: Timestamp::ZERO.after(Span::from_secs(3_600)),
            serving: Vec::new(),
            waiting: BTreeMap::new(),
            ended: BTreeSet::new(),
        }
    }

    fn take(&mut self, step: &Step) {
        match *step {
            Step::Arrive { class, client, cost, patience_ms } => {
                let class = Class::ALL[class];
                let deadline = self.now.after(Span::from_millis(patience_ms));
                let arrival = Arrival { class, client, cost, deadline };
                match self.admission.arrive(self.now, arrival) {
                    Decision::Admitted => self.serving.push(class),
                    Decision::Waits { ticket, until } => {
                        assert!(until > self.now && until <= deadline);
                        assert!(self.waiting.insert(ticket, (class, until)).is_none());
                        assert!(!self.ended.contains(&ticket), "a ticket is given twice");
                    }
                    Decision::Shed(_) => {}
                }
            }
            Step::Release => {
                if !self.serving.is_empty() {
                    let class = self.serving.remove(0);
                    self.admission.release(self.now, class);
                }
            }
            Step::Leave => {
                if let Some((ticket, _)) = self.waiting.pop_first() {
                    self.admission.leave(ticket);
                    self.ended.insert(ticket);
                }
            }
            Step::Capacity(capacity) => self.admission.set_capacity(self.now, capacity),
            Step::Pass(millis) => self.now = self.now.after(Span::from_millis(millis)),
        }
        self.admission.on_wake(self.now);
        while let Some(output) = self.admission.poll_output() {
            let (Output::Admit { ticket, .. } | Output::Shed { ticket, .. }) = output;
            let (class, until) =
                self.waiting.remove(&ticket).expect("an output for one that does not wait");
            assert!(self.ended.insert(ticket), "two outputs for {ticket:?}");
            if matches!(output, Output::Admit { .. }) {
                assert!(until > self.now, "served after its time");
                self.serving.push(class);
            }
        }
    }

    fn check(&self) {
        let admission = &self.admission;
        assert_eq!(admission.waiting(), self.waiting.len());
        assert_eq!(admission.in_use(), u32::try_from(self.serving.len()).expect("few"));
        assert!(admission.waiting() <= self.waiting_max, "more wait than may");
        let end = self.waiting.values().map(|(_, until)| *until).min();
        assert_eq!(admission.next_deadline(), end);
        let counts = Class::ALL.map(|class| *admission.counts(class));
        let sum = |of: fn(&admission_core::ClassCounts) -> u64| counts.iter().map(of).sum::<u64>();
        let waiting = self.waiting.len() as u64;
        assert_eq!(
            sum(|counts| counts.offered),
            sum(|counts| counts.admitted + counts.shed() + counts.left) + waiting,
            "something is counted twice or not at all"
        );
    }

    /// No place stays empty that somebody who waits may have.
    fn check_work_is_done(&self, mode: Mode) {
        let (capacity, used) = (self.admission.capacity(), self.admission.in_use());
        if mode == Mode::Fifo {
            assert!(self.waiting.is_empty() || used >= capacity, "{used} of {capacity} used");
            return;
        }
        let least = |percent: u32| (capacity * percent / 100).max(1).min(capacity);
        let from = |class: Class| self.serving.iter().filter(|other| **other >= class).count();
        let full = |class: Class, percent| from(class) >= least(percent) as usize;
        let ceilings =
            [(Class::First, 100), (Class::Second, 90), (Class::Third, 50), (Class::Fourth, 25)];
        for (class, _) in ceilings {
            let waits = self.waiting.values().any(|(waiting, _)| *waiting == class);
            let may_not = ceilings
                .iter()
                .filter(|(above, _)| *above <= class)
                .any(|(above, percent)| full(*above, *percent));
            assert!(!waits || may_not, "{class:?} waits although it may have a place");
        }
    }
}

fn run(mode: Mode, waiting_max: usize, steps: &[Step]) {
    let mut world = World::new(mode, waiting_max);
    for step in steps {
        world.take(step);
        world.check();
        world.check_work_is_done(mode);
    }
    // In the end all who still wait are told something.
    world.take(&Step::Pass(1_000_000));
    world.check();
    assert!(world.waiting.is_empty(), "somebody is left without a word");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn each_ticket_has_one_output_and_no_place_stays_empty(
        steps in prop::collection::vec(step(), 1..250)
    ) {
        // A call is lost or answered twice, more are let in than are borne, or a free node is left idle.
        run(Mode::Fair, 20, &steps);
    }

    #[test]
    fn with_the_defence_off_too(steps in prop::collection::vec(step(), 1..250)) {
        // The drills compare with a mode that must not be broken in other ways.
        run(Mode::Fifo, 65_536, &steps);
    }
}

#[test]
fn a_deadline_that_has_passed_takes_no_place() {
    let mut world = World::new(Mode::Fair, 20);
    let arrival = Arrival { class: Class::First, client: 1, cost: 1, deadline: world.now };
    let decision = world.admission.arrive(world.now, arrival);
    assert_eq!(decision, Decision::Shed(ShedReason::Deadline));
}

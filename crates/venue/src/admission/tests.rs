//! The engine under a hundred times what it can do, with a clock that only the test moves.

use runtime::task::sync::oneshot::Receiver;
use units::{Money, Span, Timestamp};
use venue_core::{AccountId, Command, Lifetime, Lots, OrderId, PlaceOrder, Side, Ticks, Transfer};
use venue_views::Labels;

use super::{ClassFigures, SharedBoard, lanes};
use crate::config::AdmissionMode;
use crate::engine::tests::{Bench, MARKET, done, name, own};
use crate::engine::{EngineSettings, Outcome, ShedReason, Work};

/// What the engine does in a second.
const CAPACITY: u32 = 500;

/// Accounts with a position, which want out; the first two are those that every venue of these tests begins with.
const HOLDERS: std::ops::Range<u32> = 2..102;
/// Accounts that send new risk.
const SENDERS: std::ops::Range<u32> = 102..118;

struct World {
    bench: Bench,
    board: SharedBoard,
    named: u64,
}

fn sell(account: u32, lots: i64) -> PlaceOrder {
    let account = AccountId::new(account);
    let order = PlaceOrder::limit(account, MARKET, Side::Sell, Ticks::new(990), Lots::new(lots));
    PlaceOrder { lifetime: Lifetime::ImmediateOrCancel, ..order }
}

fn buy(account: u32, price: i64, lots: i64) -> PlaceOrder {
    PlaceOrder::limit(
        AccountId::new(account),
        MARKET,
        Side::Buy,
        Ticks::new(price),
        Lots::new(lots),
    )
}

impl World {
    /// A venue whose second account buys what others sell, and whose holders are long a thousand lots each.
    fn new(mode: AdmissionMode) -> Self {
        let (intake, board) = lanes(mode, Some(CAPACITY), 7);
        let settings = EngineSettings { capacity_per_second: Some(CAPACITY), ..Bench::quiet() };
        let mut bench = Bench::begun_with(&settings, Box::new(intake));
        let plain = |command| own(command, Labels::default());
        for account in HOLDERS.start..SENDERS.end {
            let label = Labels::account(format!("trader-{account}"));
            let transfer = Transfer::money(AccountId::new(account), Money::whole(1_000_000));
            bench.all_done(vec![
                own(Command::OpenAccount, label),
                plain(Command::Deposit(transfer)),
            ]);
        }
        let lots = 100 * 1_000;
        let ask = PlaceOrder { lifetime: Lifetime::GoodTillCancelled, ..sell(0, lots) };
        let ask = PlaceOrder { limit: Some(Ticks::new(1_000)), ..ask };
        bench.all_done(vec![plain(Command::Place(ask))]);
        for holder in HOLDERS {
            bench.all_done(vec![plain(Command::Place(buy(holder, 1_000, 1_000)))]);
        }
        bench.all_done(vec![plain(Command::Place(buy(1, 990, 2 * lots)))]);
        Self { bench, board, named: 0 }
    }

    fn work(&mut self, placed: PlaceOrder) -> Work {
        self.named += 1;
        let deadline = self.bench.now.after(Span::from_secs(5));
        let labels = Labels::client(name(self.named));
        Work { account: Some(placed.account), command: Command::Place(placed), labels, deadline }
    }

    /// A millisecond goes by.
    fn step(&mut self) {
        self.bench.now = self.bench.now.after(Span::from_millis(1));
        self.bench.turn();
        self.bench.durable();
    }

    fn class(&self, name: &str) -> ClassFigures {
        let figures = self.board.figures(self.bench.now);
        figures.into_iter().find(|figures| figures.class == name).expect("a class")
    }
}

/// Somebody who asked to close.
struct Asked {
    work: Work,
    at: Timestamp,
    answers: Vec<Receiver<Outcome>>,
    answered: Option<Timestamp>,
}

/// Runs a second in which a hundred times the capacity is asked for: all holders want out, and ask again every ten
/// milliseconds while they have no answer. How many have closed within fifty milliseconds, and what was done in all.
fn storm(mode: AdmissionMode) -> (usize, u64, World) {
    let mut world = World::new(mode);
    let before = world.bench.entries();
    let mut asked: Vec<Asked> = Vec::new();
    for millis in 0..1_000_u32 {
        for number in 0..50 {
            let sender = SENDERS.start + (millis * 50 + number) % 16;
            let work = world.work(buy(sender, 900 + i64::from(number), 1_000));
            drop(world.bench.offer(work));
        }
        if millis % 10 == 0 {
            let work = world.work(sell(HOLDERS.start + millis / 10, 1_000));
            let at = world.bench.now;
            asked.push(Asked { work, at, answers: Vec::new(), answered: None });
            for asked in asked.iter_mut().filter(|asked| asked.answered.is_none()) {
                asked.answers.push(world.bench.offer(asked.work.clone()));
            }
        }
        world.step();
        for asked in &mut asked {
            let done =
                |answer: &mut Receiver<Outcome>| matches!(answer.try_recv(), Ok(Outcome::Done(_)));
            if asked.answered.is_none() && asked.answers.iter_mut().any(done) {
                asked.answered = Some(world.bench.now);
            }
        }
    }
    let in_time = |asked: &&Asked| {
        asked.answered.is_some_and(|at| at.since(asked.at) <= Span::from_millis(50))
    };
    let in_time = asked.iter().filter(in_time).count();
    (in_time, world.bench.entries() - before, world)
}

#[test]
fn who_wants_out_gets_out_while_a_hundred_times_the_capacity_is_asked_for() {
    // VE-4: in every crash those who wanted to close waited behind those who wanted to open.
    let (in_time, taken, world) = storm(AdmissionMode::Fair);
    assert_eq!(in_time, 100, "of a hundred who asked to close");
    assert!((495..=510).contains(&taken), "{taken} were done");
    let (reduce, new_risk) = (world.class("reduce"), world.class("new_risk"));
    assert_eq!((reduce.admitted, reduce.shed_full + reduce.shed_overload), (100, 0));
    assert!(reduce.open && reduce.delay.p99_us < 10_000, "{reduce:?}");
    assert!(!new_risk.open && new_risk.admitted > 350, "{new_risk:?}");
    assert!(new_risk.shed_full + new_risk.shed_overload > 45_000, "{new_risk:?}");
    let desk = world.bench.desk.read().expect("not poisoned");
    for holder in HOLDERS {
        let position = desk.venue().positions(AccountId::new(holder)).next().expect("a position");
        assert_eq!(position.lots, Lots::ZERO, "account {holder}");
    }
}

#[test]
fn first_come_first_served_keeps_them_in() {
    // The drill has to show what it is there for.
    let (in_time, taken, _) = storm(AdmissionMode::Fifo);
    assert!(in_time <= 2, "{in_time} of a hundred");
    assert!((495..=510).contains(&taken), "{taken} were done");
}

#[test]
fn new_risk_in_the_dress_of_a_reduction_gains_nothing() {
    // Whatever can be had by a flag will be had by all.
    let mut world = World::new(AdmissionMode::Fair);
    let (mut honest, mut dressed) = (Vec::new(), Vec::new());
    for millis in 0..1_000_u32 {
        for number in 0..16 {
            // Nobody is always the first of a millisecond.
            let nth = (number * 5 + millis * 7) % 16;
            let plain = buy(SENDERS.start + nth, 900 + i64::from(millis % 50), 1_000);
            let reduce_only = nth % 2 == 0;
            let work = world.work(PlaceOrder { reduce_only, ..plain });
            let answer = world.bench.offer(work);
            if reduce_only { dressed.push(answer) } else { honest.push(answer) }
        }
        world.step();
    }
    let taken = |answers: Vec<Receiver<Outcome>>| {
        let done =
            |mut answer: Receiver<Outcome>| matches!(answer.try_recv(), Ok(Outcome::Done(_)));
        answers.into_iter().map(done).filter(|done| *done).count()
    };
    let (honest, dressed) = (taken(honest), taken(dressed));
    assert!(honest > 200 && dressed * 100 <= honest * 101, "{dressed} beside {honest}");
    assert_eq!(world.class("reduce").offered, 0);
}

#[test]
fn a_position_is_closed_first_of_all_once() {
    // Ten orders to close the same lots look like ten reductions until the first of them is done: then nine are new risk.
    let mut world = World::new(AdmissionMode::Fair);
    let works: Vec<Work> = (0..10).map(|_| world.work(sell(HOLDERS.start, 1_000))).collect();
    let mut answers: Vec<_> = works.into_iter().map(|work| world.bench.offer(work)).collect();
    for _ in 0..100 {
        world.step();
    }
    assert_eq!(world.board.reclassified(), 9);
    let (reduce, new_risk) = (world.class("reduce"), world.class("new_risk"));
    assert_eq!((reduce.admitted, new_risk.offered), (1, 9));
    done(answers[0].try_recv().expect("it is answered"));
    assert!(
        answers.iter_mut().skip(1).all(|answer| answer.try_recv().is_ok()),
        "none is forgotten"
    );
}

#[test]
fn who_asks_again_has_the_same_answer() {
    // A client that times out and tries again would have its order twice, or be refused what was done.
    let mut world = World::new(AdmissionMode::Fair);
    let work = world.work(sell(HOLDERS.start, 1_000));
    let mut answers: Vec<_> = (0..5).map(|_| world.bench.offer(work.clone())).collect();
    let cancel = Work {
        command: Command::Cancel { account: AccountId::new(1), order: OrderId::new(102) },
        ..work
    };
    let cancel = Work { account: Some(AccountId::new(1)), ..cancel };
    let mut cancels: Vec<_> = (0..3).map(|_| world.bench.offer(cancel.clone())).collect();
    for _ in 0..20 {
        world.step();
    }
    let first = done(answers[0].try_recv().expect("it is answered"));
    for answer in &mut answers[1..] {
        assert_eq!(done(answer.try_recv().expect("it is answered")).sequence, first.sequence);
    }
    let first = done(cancels[0].try_recv().expect("it is answered"));
    for answer in &mut cancels[1..] {
        assert_eq!(done(answer.try_recv().expect("it is answered")).sequence, first.sequence);
    }
    assert_eq!(world.class("reduce").coalesced, 6);
}

#[test]
fn what_cuts_risk_is_never_refused_for_new_risk() {
    // The code of an overload tells a client to wait; who wants out is told of his own budget, or gets out.
    let mut world = World::new(AdmissionMode::Fair);
    let mut reasons = Vec::new();
    for _ in 0..2_000 {
        let work = world.work(buy(SENDERS.start, 900, 1_000));
        drop(world.bench.offer(work));
        let work = world.work(sell(HOLDERS.start, 1_000));
        let mut answer = world.bench.offer(work);
        if let Ok(outcome) = answer.try_recv() {
            reasons.push(outcome);
        }
    }
    assert!(!reasons.is_empty());
    assert!(reasons.iter().all(|told| *told == Outcome::Shed(ShedReason::Budget)), "{reasons:?}");
}

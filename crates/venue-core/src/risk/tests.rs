//! The index against a look at everybody, in calm markets, crashes and gaps.

use machine::Prng;

use units::Ratio;

use super::{Bend, Index, Leg, SourceId};

/// Money of one tick for one lot.
const TICK_VALUE: i128 = 100_000_000;

/// Notionals from which on a rate applies, and the rate, in hundredths of a per cent.
const BRACKETS: [(i128, i128); 4] = [(0, 40), (50_000, 50), (600_000, 100), (3_000_000, 250)];

/// Worths from which on a haircut applies, and the haircut, in hundredths of a per cent.
const HAIRCUTS: [(i128, i128); 3] = [(0, 500), (10_000, 1_000), (1_000_000, 4_000)];

const ONE: i128 = 1_000_000_000_000;

/// What tiers take of an amount: each tier's rate of its part, rounded up.
fn tiered(amount: i128, tiers: &[(i128, i128)]) -> i128 {
    let ends = tiers.iter().skip(1).map(|tier| tier.0 * ONE).chain([i128::MAX]);
    let part =
        |((floor, rate), end): (&(i128, i128), i128)| (amount.min(end) - floor * ONE).max(0) * rate;
    let sum: i128 = tiers.iter().zip(ends).map(part).sum();
    (sum + 9_999) / 10_000
}

/// What a market's lots at a price add to a margin, or an asset's amount.
fn value(amount: i128, price: i64, collateral: bool) -> i128 {
    let worth = amount * i128::from(price) * TICK_VALUE;
    let tiers = if collateral { HAIRCUTS.as_slice() } else { BRACKETS.as_slice() };
    worth - tiered(worth.abs(), tiers)
}

/// A price with two ends, of a market or of collateral.
struct Thing {
    collateral: bool,
    low: i64,
    high: i64,
    long: SourceId,
    short: SourceId,
}

#[derive(Clone, Default)]
struct Subject {
    cash: i128,
    /// Lots or amounts by thing; in hedge mode a thing has one above zero and one below.
    has: Vec<(usize, i128)>,
    noted: bool,
}

struct World {
    seed: u64,
    random: Prng,
    index: Index,
    things: Vec<Thing>,
    subjects: Vec<Subject>,
    asked: usize,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut random = Prng::new(seed);
        let mut index = Index::new();
        let mut things = Vec::new();
        // Every other world has few ticks, where one more or less decides.
        let most = if seed.is_multiple_of(2) { 2_000_000 } else { 300 };
        for number in 0..6 {
            let price = 60 + i64::try_from(random.below(most)).expect("small");
            let collateral = number >= 4;
            let bps = if collateral { (500, 4_000) } else { (40, 250) };
            let bend = Bend::between(Ratio::from_bps(bps.0), Ratio::from_bps(bps.1));
            let bend = if number == 5 { Bend::ANY } else { bend };
            let long = index.add_source(price, bend).expect("room");
            let short = index.add_source(-price, bend).expect("room");
            things.push(Thing { collateral, low: price, high: price, long, short });
        }
        let mut world = Self { seed, random, index, things, subjects: Vec::new(), asked: 0 };
        for number in 0..400 {
            world.index.add_subject();
            world.subjects.push(Subject::default());
            world.renew(number);
        }
        world
    }

    fn between(&mut self, low: i64, high: i64) -> i64 {
        low + i64::try_from(self.random.below(high.abs_diff(low))).expect("small")
    }

    /// The margin of a subject, exactly.
    fn margin(&self, subject: &Subject) -> i128 {
        let add = |sum: i128, (thing, amount): &(usize, i128)| {
            let thing = &self.things[*thing];
            let price = if *amount > 0 { thing.high } else { thing.low };
            sum + value(*amount, price, thing.collateral)
        };
        subject.has.iter().fold(subject.cash, add)
    }

    /// Gives a subject other positions and money, often not much of it.
    fn renew(&mut self, number: usize) {
        let mut subject = Subject::default();
        // More than there are columns now and then, and both sides of a market.
        let most = if self.random.below(8) == 0 { 6 } else { 3 };
        let mut notional = 0;
        for _ in 0..self.random.below(most + 1) {
            let thing = self.random.index(self.things.len());
            // Some are too large for lines.
            let bits = if self.random.below(16) == 0 { 50 } else { 26 };
            let size = 1_i128 << self.random.below(bits);
            let price = i128::from(self.things[thing].low);
            let amount = (size * ONE / (price * TICK_VALUE)).max(1);
            let short = !self.things[thing].collateral && self.random.below(2) == 0;
            let amount = if short { -amount } else { amount };
            if subject.has.iter().any(|(other, old)| *other == thing && (*old > 0) == (amount > 0))
            {
                continue;
            }
            notional += amount.abs() * price * TICK_VALUE;
            subject.has.push((thing, amount));
        }
        // In every third world nearly everybody is near, and triggers are many.
        let tight = if self.seed.is_multiple_of(3) { 50 } else { 1 };
        let margin = notional / i128::from(tight * self.between(5, 120));
        subject.cash = margin - self.margin(&subject);
        self.subjects[number] = subject;
        self.settle(number);
    }

    /// Says to the index what a subject has, or that it need not be looked at.
    fn settle(&mut self, number: usize) {
        let subject = self.subjects[number].clone();
        let margin = self.margin(&subject);
        let subject_number = u32::try_from(number).expect("small");
        if margin < 0 {
            self.subjects[number].noted = true;
            self.index.clear(subject_number);
            return;
        }
        let leg = |(thing, amount): &(usize, i128)| {
            let thing = &self.things[*thing];
            let source = if *amount > 0 { thing.long } else { thing.short };
            let value = |price: i64| value(*amount, price.abs(), thing.collateral);
            Leg { source, line: self.index.line(source, value) }
        };
        let legs: Vec<Leg> = subject.has.iter().map(leg).collect();
        self.index.set(subject_number, subject.cash, &legs, margin);
    }

    /// Moves a thing to a price with two ends, and answers for who is asked for.
    fn tick(&mut self, thing: usize, low: i64, high: i64) {
        let thing = &mut self.things[thing];
        (thing.low, thing.high) = (low.clamp(1, 1 << 38), high.clamp(1, 1 << 38));
        let moves = [(thing.long, thing.high), (thing.short, -thing.low)];
        let mut due = Vec::new();
        self.index.moved(&moves, &mut due);
        self.check_sweep(&moves, &due);
        for subject in &due {
            self.settle(usize::try_from(*subject).expect("small"));
        }
        self.asked += due.len();
        self.check();
    }

    /// A sweep of everybody gives all who are due, but for those who are to be set anew.
    fn check_sweep(&self, moves: &[(SourceId, i64)], due: &[u32]) {
        let holders = |source: SourceId| self.index.holders(source).all(|one| due.contains(&one));
        if moves.iter().any(|(source, _)| holders(*source)) {
            return;
        }
        let mut all = Vec::new();
        self.index.due_among_all(&mut all);
        for (number, subject) in (0..).zip(&self.subjects) {
            let swept = subject.noted || all.contains(&number);
            assert!(
                swept || self.margin(subject) >= 0,
                "seed {}: {number} was not swept",
                self.seed
            );
        }
    }

    /// Everybody who is due has been noted.
    fn check(&self) {
        for (number, subject) in self.subjects.iter().enumerate() {
            let seen = subject.noted || self.margin(subject) >= 0;
            assert!(seen, "seed {}: {number} was missed", self.seed);
        }
    }

    fn step(&mut self) {
        let thing = self.random.index(self.things.len());
        let (low, high) = (self.things[thing].low, self.things[thing].high);
        match self.random.below(100) {
            // Calm: a hundredth of a per cent or so.
            0..60 => {
                let price = low + self.between(-low / 5_000 - 2, low / 5_000 + 2);
                self.tick(thing, price, price);
            }
            // All things go the same way, step by step: the losses of all legs add up.
            60 => {
                let part = self.between(1, 3_000);
                let way = if self.random.below(2) == 0 { 1 } else { -1 };
                for _ in 0..20 {
                    for thing in 0..self.things.len() {
                        let price = self.things[thing].low;
                        let price = price + way * (price / (1_000 + part)).max(1);
                        self.tick(thing, price, price);
                    }
                }
            }
            // A crash, or its counterpart.
            61..63 => {
                let part = self.between(-30, 30);
                for _ in 0..20 {
                    let price = self.things[thing].low;
                    let price = price + price * part / 3_000;
                    self.tick(thing, price, price);
                }
            }
            // A gap, also to beyond what lines hold for.
            63..66 => {
                let price = low * self.between(20, 300) / 100;
                self.tick(thing, price, price);
            }
            66 => {
                let price = low * self.between(1, 2_000) / 100;
                self.tick(thing, price, price);
            }
            // Two ends, and one again.
            67..75 => {
                let wide = self.between(0, low / 20 + 2);
                self.tick(thing, low - wide / 2, high.max(low) + wide / 3);
            }
            75..95 => {
                let number = self.random.index(self.subjects.len());
                self.subjects[number].cash -= i128::from(self.between(-50, 100)) * ONE;
                self.settle(number);
            }
            _ => {
                let number = self.random.index(self.subjects.len());
                self.renew(number);
            }
        }
    }
}

#[test]
fn nobody_who_is_due_is_missed() {
    // Somebody who is missed is liquidated too late, and others pay.
    let seeds = if cfg!(debug_assertions) { 20 } else { 500 };
    for seed in 0..seeds {
        let mut world = World::new(seed);
        for _ in 0..600 {
            world.step();
        }
    }
}

#[test]
fn a_calm_market_has_hardly_anybody_looked_at() {
    // An index that gives everybody is sound, and of no use.
    let mut world = World::new(7);
    for _ in 0..2_000 {
        let price = world.things[0].low;
        let price = price + world.between(-price / 10_000, price / 10_000 + 1);
        world.tick(0, price, price);
    }
    assert!(world.asked < 400, "{}", world.asked);
}

#[test]
fn what_the_index_knows_of_a_subject_goes_with_it() {
    // Holders that stay behind are looked at for ever, and places that are mixed up change somebody else's margin.
    let mut world = World::new(11);
    for number in (0..400).rev() {
        world.index.clear(number);
    }
    world.subjects.iter_mut().for_each(|subject| subject.noted = true);
    let left = |thing: &Thing| {
        world.index.holders(thing.long).count() + world.index.holders(thing.short).count()
    };
    assert_eq!(world.things.iter().map(left).sum::<usize>(), 0);
    world.tick(0, 1, 1);
    assert_eq!(world.asked, 0);
}

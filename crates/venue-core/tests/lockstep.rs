//! The venue beside a slow model that was written from `docs/venue-rules.md`: the same commands, the same events.

mod asked;
mod model;
mod stream;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use venue_core::{AccountId, Command, Event, Liquidated, OrderId, TapeEnd, Trade, Venue};

use asked::{asked, run_worlds};
use model::Model;
use stream::{Step, Stream};

/// Worlds in the default run, and commands of each; `SEAWALL_SEEDS` asks for more worlds.
const WORLDS: u64 = 240;
const COMMANDS: usize = 500;

/// Commands between two full counts of the venue's money and positions.
const AUDIT_EVERY: usize = 50;

/// Who the venue's house is in events.
const HOUSE: AccountId = AccountId::new(u32::MAX);

/// Things that must have been said in some world, or the streams are blind to them.
const SOMETIMES: [&str; 38] = [
    "Refused",
    "Configured",
    "StateSet",
    "LegSet",
    "HedgeSet",
    "Balance",
    "IsolatedMargin",
    "Accepted",
    "Triggered",
    "Amended",
    "Trade",
    "Closed Filled",
    "Closed SelfTrade",
    "Closed ReduceOnly",
    "Closed Expired",
    "Closed CancelAfter",
    "Closed Protection",
    "Closed Liquidation",
    "ProtectionTripped",
    "Marked",
    "Funded",
    "LiquidationStarted",
    "LiquidationEnded",
    "Deleveraged ProRata",
    "Deleveraged Binance",
    "Deleveraged Bitmex",
    "Deleveraged Hyperliquid",
    "Deleveraged Several",
    "Balance Conversion",
    "Balance Deleverage",
    "Balance Socialised",
    "Tape Book",
    "Tape Backstop",
    "Tape Holders",
    "Tape Collateral",
    "Tape Debt",
    "Trade Engine",
    "Trade House",
];

/// Where the two say different things.
struct Difference {
    at: usize,
    core: Vec<Event>,
    model: Vec<Event>,
}

/// The venue, and the model beside it.
struct Pair {
    venue: Venue,
    model: Model,
    steps: usize,
    tape: TapeEnd,
}

impl Pair {
    fn new() -> Self {
        Self { venue: Venue::new(), model: Model::new(), steps: 0, tape: TapeEnd::default() }
    }

    /// Hands a command to both; what they said, where it is the same.
    fn step(&mut self, (now, command): &Step) -> Result<Vec<Event>, Difference> {
        let mut core = Vec::new();
        self.venue.apply(*now, command, &mut core);
        let model = catch_unwind(AssertUnwindSafe(|| self.model.apply(*now, command)));
        let model = model.unwrap_or_default();
        self.steps += 1;
        // The model leaves the hashes out: they are looked at by the function that readers use.
        let mut follows = true;
        for event in &mut core {
            if let Event::Tape(entry) = event {
                // An entry that follows another past too is chained to none.
                let mut other = TapeEnd { hash: [0xa5; 32], ..self.tape };
                follows &= other.follow(entry).is_err() && self.tape.follow(entry).is_ok();
                entry.hash = [0; 32];
            }
        }
        let counts = !self.steps.is_multiple_of(AUDIT_EVERY)
            || (self.venue.audit().is_empty() && self.margins_agree());
        if core != model || !counts || !follows {
            return Err(Difference { at: self.steps - 1, core, model });
        }
        Ok(core)
    }

    /// Whether both say the same of what each account has and has to have, which no event tells.
    fn margins_agree(&self) -> bool {
        (0..)
            .map(AccountId::new)
            .take(self.venue.accounts())
            .all(|account| self.venue.assessment(account) == Some(self.model.assessment(account)))
    }
}

/// The first difference of a history, and how many orders each step before it was given.
fn first_difference(steps: &[Step]) -> (Vec<u64>, Option<Difference>) {
    let mut pair = Pair::new();
    let mut taken = Vec::new();
    for step in steps {
        match pair.step(step) {
            Ok(events) => {
                let accepted =
                    events.iter().filter(|event| matches!(event, Event::Accepted { .. }));
                taken.push(accepted.count() as u64);
            }
            Err(difference) => return (taken, Some(difference)),
        }
    }
    (taken, None)
}

/// A history without some of its steps, in which orders are meant by the numbers that they get then.
fn without(steps: &[Step], taken: &[u64], left_out: std::ops::Range<usize>) -> Vec<Step> {
    let mut numbers = BTreeMap::new();
    let (mut old, mut new) = (0, 0);
    let mut kept = Vec::new();
    for (place, (now, command)) in steps.iter().enumerate() {
        let stays = !left_out.contains(&place);
        for _ in 0..taken.get(place).copied().unwrap_or(0) {
            old += 1;
            new += u64::from(stays);
            numbers.insert(OrderId::new(old), OrderId::new(if stays { new } else { 0 }));
        }
        if stays {
            let mut command = command.clone();
            if let Command::Amend { order, .. } | Command::Cancel { order, .. } = &mut command
                && let Some(number) = numbers.get(order)
            {
                *order = *number;
            }
            kept.push((*now, command));
        }
    }
    kept
}

/// The shortest history that leaving steps out leads to and that still shows a difference.
fn shrink(mut steps: Vec<Step>) -> Vec<Step> {
    let mut size = steps.len() / 2;
    while size > 0 {
        let mut from = 0;
        let mut shorter = false;
        while from < steps.len() {
            let (taken, _) = first_difference(&steps);
            let mut fewer = without(&steps, &taken, from..(from + size).min(steps.len()));
            match first_difference(&fewer).1 {
                Some(difference) => {
                    fewer.truncate(difference.at + 1);
                    steps = fewer;
                    shorter = true;
                }
                None => from += size,
            }
        }
        if !shorter || size > 1 {
            size /= 2;
        }
    }
    steps
}

fn explain(seed: u64, steps: Vec<Step>) -> String {
    let at = steps.len() - 1;
    let shortest = shrink(steps);
    let mut pair = Pair::new();
    let mut told = format!(
        "seed {seed}, command {at}: the venue and the model differ. The shortest history:\n"
    );
    for step in &shortest {
        told.push_str(&format!("{} {:?}\n", step.0.as_nanos(), step.1));
        match pair.step(step) {
            Ok(events) => {
                events.iter().for_each(|event| told.push_str(&format!("    {event:?}\n")));
            }
            Err(Difference { core, model, .. }) => {
                for (who, events) in [("venue", core), ("model", model)] {
                    for event in events {
                        told.push_str(&format!("  {who}: {event:?}\n"));
                    }
                }
                told.push_str(&format!("  audit: {:?}\n", pair.venue.audit()));
            }
        }
    }
    told.push_str(&format!("SEAWALL_SEED={seed} runs it again."));
    told
}

/// What an event is called among the things that must have been said.
fn name(event: &Event) -> String {
    let word = |text: &dyn std::fmt::Debug| -> String {
        format!("{text:?}").chars().take_while(|sign| sign.is_alphanumeric()).collect()
    };
    let Some(more) = kind(event) else { return word(event) };
    format!("{} {}", word(event), word(&more))
}

/// What kind of such an event it is, where that says more.
fn kind(event: &Event) -> Option<&dyn std::fmt::Debug> {
    if let Event::Closed { reason, .. } = event {
        return Some(reason);
    }
    if let Event::Refused { refusal, .. } = event {
        return Some(refusal);
    }
    if let Event::Balance { reason, .. } = event {
        return Some(reason);
    }
    if let Event::Deleveraged(decision) = event {
        let question = &decision.question;
        return if question.losers.len() > 1 { Some(&Several) } else { Some(&question.rule) };
    }
    if let Event::Trade(trade) = event {
        return trader(trade);
    }
    if let Event::Tape(entry) = event {
        return Some(match &entry.what {
            Liquidated::Position { taken_by, .. } => taken_by,
            other @ (Liquidated::Collateral { .. } | Liquidated::Debt) => other,
        });
    }
    None
}

/// More than one was deleveraged at once.
#[derive(Debug)]
struct Several;

/// Who takes in a trade, where it is nobody's own order.
fn trader(trade: &Trade) -> Option<&'static dyn std::fmt::Debug> {
    /// Who trades for the venue.
    #[derive(Debug)]
    enum Trader {
        House,
        Engine,
    }
    if trade.taker.account == HOUSE {
        return Some(&Trader::House);
    }
    (trade.taker.order == OrderId::new(0)).then_some(&Trader::Engine)
}

/// Runs a world; how often what was said.
fn run(seed: u64) -> Result<BTreeMap<String, u64>, String> {
    let mut stream = Stream::new(seed);
    let mut pair = Pair::new();
    let mut steps = Vec::new();
    let mut tallies: BTreeMap<String, u64> = BTreeMap::new();
    for _ in 0..COMMANDS {
        let step = stream.next();
        steps.push(step.clone());
        match pair.step(&step) {
            Ok(events) => {
                stream.hear(&step.1, &events);
                for event in &events {
                    *tallies.entry(name(event)).or_default() += 1;
                }
            }
            Err(_) => return Err(explain(seed, steps)),
        }
    }
    Ok(tallies)
}

#[test]
fn the_venue_does_what_the_rules_say() {
    // The venue trades, margins or liquidates by other rules than those it publishes.
    if let Some(seed) = asked("SEAWALL_SEED") {
        let tallies = run(seed).unwrap_or_else(|told| panic!("{told}"));
        println!("{tallies:?}");
        return;
    }
    let worlds = asked("SEAWALL_SEEDS").unwrap_or(WORLDS);
    let results = run_worlds(worlds, run).unwrap_or_else(|told| panic!("{told}"));
    let mut tallies: BTreeMap<String, u64> = BTreeMap::new();
    for (what, count) in results.into_iter().flatten() {
        *tallies.entry(what).or_default() += count;
    }
    println!("{worlds} worlds of {COMMANDS} commands: {tallies:?}");
    let said = |what: &&str| tallies.keys().any(|key| key.starts_with(what));
    let never: Vec<_> = SOMETIMES.iter().filter(|what| !said(what)).collect();
    assert!(never.is_empty(), "never said: {never:?}");
}

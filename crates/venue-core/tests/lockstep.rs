//! The venue beside a slow model that was written from `docs/venue-rules.md`: the same commands, the same events.

mod asked;
mod model;
mod stream;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use venue_core::{Command, Event, OrderId, TapeEnd, Venue};

use asked::asked;
use model::Model;
use stream::{Step, Stream};

/// Worlds in the default run, and commands of each; `SEAWALL_SEEDS` asks for more worlds.
const WORLDS: u64 = 60;
const COMMANDS: usize = 500;

/// Commands between two full counts of the venue's money and positions.
const AUDIT_EVERY: usize = 50;

/// Things that must have been said in some world, or the streams are blind to them.
const SOMETIMES: [&str; 25] = [
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
    "Deleveraged",
    "Tape",
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
                follows &= self.tape.follow(entry).is_ok();
                entry.hash = [0; 32];
            }
        }
        let broken = self.steps.is_multiple_of(AUDIT_EVERY) && !self.venue.audit().is_empty();
        if core != model || broken || !follows {
            return Err(Difference { at: self.steps - 1, core, model });
        }
        Ok(core)
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
    let text = format!("{event:?}");
    let word =
        |text: &str| -> String { text.chars().take_while(|sign| sign.is_alphanumeric()).collect() };
    if let Event::Closed { reason, .. } = event {
        return format!("Closed {}", word(&format!("{reason:?}")));
    }
    if let Event::Deleveraged(decision) = event
        && decision.question.losers.len() > 1
    {
        return "Deleveraged several".to_owned();
    }
    if let Event::Refused { refusal, .. } = event {
        return format!("Refused {}", word(&format!("{refusal:?}")));
    }
    word(&text)
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
                stream.hear(&events);
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
    let half = |odd: u64| -> Vec<Result<BTreeMap<String, u64>, String>> {
        let mut all = Vec::new();
        for seed in (0..worlds).filter(|seed| seed % 2 == odd) {
            let done = run(seed);
            let failed = done.is_err();
            all.push(done);
            if failed {
                break;
            }
        }
        all
    };
    let results = std::thread::scope(|scope| {
        let odd = scope.spawn(|| half(1));
        let even = half(0);
        even.into_iter().chain(odd.join().expect("worlds do not unwind")).collect::<Vec<_>>()
    });
    let mut tallies: BTreeMap<String, u64> = BTreeMap::new();
    for result in results {
        for (what, count) in result.unwrap_or_else(|told| panic!("{told}")) {
            *tallies.entry(what).or_default() += count;
        }
    }
    println!("{worlds} worlds of {COMMANDS} commands: {tallies:?}");
    let said = |what: &&str| tallies.keys().any(|key| key.starts_with(what));
    let never: Vec<_> = SOMETIMES.iter().filter(|what| !said(what)).collect();
    assert!(never.is_empty(), "never said: {never:?}");
}

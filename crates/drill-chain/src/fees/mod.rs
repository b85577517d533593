//! A market for room in blocks under a rush, and people whose loans need a top-up in time: Ethereum, 2021 and 2020.
//!
//! A crowd comes to the chain at a rate that rises many times and falls again; bots go after liquidations. People whose
//! loans are in danger are warned over the length of the rush, and each sends a top-up that has to be in a block before
//! a deadline. Their wallets go by a tip that never changes, by the node's suggestion, or by what Seawall's fee endpoint
//! says: that answer is of the real core of the gateway ([`gateway_core::Chain`]), which asks three simulated upstreams
//! for `eth_feeHistory` block by block as it does in the field. The switch is the client's: the endpoint is always
//! there, and what is measured is what it is worth to go by it.
//!
//! Left out: prices of assets, so that nobody's loan gets better by itself; people who give up; private submission; and
//! that the people with loans are enough to move the market themselves.

mod desk;
mod market;
mod people;
mod wallet;

use incident::{Mechanism, Outcome, Parameter, Scene, Series, Watch};
use machine::Prng;
use sha2::{Digest as _, Sha256};

use desk::Desk;
use market::{GWEI, Market, full_blocks_to};
use people::{Crowd, End, Person, bots};
use wallet::Wallet;

/// Most blocks of a run, most of the crowd before one block and most people with loans.
const BLOCKS_MAX: u64 = 10_000;
const CROWD_MAX: f64 = 100_000.0;
const PEOPLE_MAX: u64 = 100_000;

/// The mechanism.
#[derive(Debug)]
pub(crate) struct Fees;

impl Mechanism for Fees {
    fn name(&self) -> &'static str {
        "fees"
    }

    fn about(&self) -> &'static str {
        "A market for room in blocks, with or without a base fee. A crowd rushes in, bots go after liquidations, and \
         people whose loans are in danger send top-ups that have to be in a block in time. Their wallets (the table \
         [wallet] of the configuration: fees, within_blocks, again_blocks) go by a fixed tip, the node's suggestion or \
         Seawall's fee endpoint, whose answers come from the real core of the gateway over three simulated upstreams. \
         The switch is the client's; the endpoint is always there. Left out are prices of assets, people who give up, \
         and private submission."
    }

    fn parameters(&self) -> Vec<Parameter> {
        vec![
            Parameter::word(
                "auction",
                "base-fee (EIP-1559) or first-price, as before August 2021",
                "base-fee",
            ),
            Parameter::number("block_seconds", "time between two blocks", 13.0),
            Parameter::number("quiet_blocks", "blocks before the rush, and after it", 60.0),
            Parameter::number("rise_blocks", "blocks in which it rises", 40.0),
            Parameter::number("rush_blocks", "blocks for which it lasts", 120.0),
            Parameter::number("fall_blocks", "blocks in which it falls", 60.0),
            Parameter::number(
                "crowd_per_block",
                "transactions that want in before each block, when quiet",
                160.0,
            ),
            Parameter::number("rush_times", "how many times as many come in the rush", 80.0),
            Parameter::number("least_gwei", "what the one of the least will pays at most", 30.0),
            Parameter::number("bidding_percent", "of the crowd, who bid anew each block", 30.0),
            Parameter::number(
                "people",
                "people with loans that are in danger during the rush",
                400.0,
            ),
            Parameter::number("deadline_blocks", "blocks from the alarm to the liquidation", 8.0),
            Parameter::number("bots_per_position", "bots after each loan that is lost", 5.0),
            Parameter::number(
                "bonus_gwei",
                "what a liquidation earns, by a unit of its gas",
                600.0,
            ),
        ]
    }

    fn figures(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("lost_percent", "loans lost although a top-up was on its way"),
            ("positions_lost", "loans lost although a top-up was on its way"),
            ("blocks_median", "blocks from the alarm to the top-up, of those that were saved"),
            ("blocks_p95", "the same at 95 per cent"),
            ("paid_median_gwei", "what the saved paid for a unit of gas"),
            ("multiple_paid", "what the saved paid by the quiet price, at 95 per cent"),
            ("peak_gwei", "the dearest block"),
            ("peak_times", "the dearest block by the quiet price"),
            ("blocks_to_30x", "full blocks until the base fee is 30 times itself"),
            ("blocks_to_40x", "full blocks until the base fee is 40 times itself"),
            ("blocks_to_90x", "full blocks until the base fee is 90 times itself"),
        ]
    }

    fn is_deterministic(&self) -> bool {
        true
    }

    fn run(&self, scene: &Scene<'_>, watch: &dyn Watch) -> Result<Outcome, String> {
        let day = Day::read(scene)?;
        let wallet = Wallet::read(scene.configuration)?;
        Ok(day.pass(scene.seed, wallet, watch))
    }
}

/// The parameters.
#[derive(Debug)]
struct Day {
    has_base_fee: bool,
    block_seconds: u64,
    quiet: u64,
    rise: u64,
    rush: u64,
    fall: u64,
    crowd: f64,
    times: f64,
    least: u128,
    bidding_percent: u64,
    people: u64,
    deadline: u64,
    bots: u64,
    bonus: u128,
}

impl Day {
    fn read(scene: &Scene<'_>) -> Result<Self, String> {
        let values = scene.parameters;
        let day = Self {
            has_base_fee: match values.word("auction")? {
                "base-fee" => true,
                "first-price" => false,
                other => return Err(format!("`auction` is base-fee or first-price, not {other}")),
            },
            block_seconds: values.count("block_seconds")?.max(1),
            quiet: values.count("quiet_blocks")?,
            rise: values.count("rise_blocks")?,
            rush: values.count("rush_blocks")?,
            fall: values.count("fall_blocks")?,
            crowd: values.number("crowd_per_block")?,
            times: values.number("rush_times")?,
            least: u128::from(values.count("least_gwei")?) * GWEI,
            bidding_percent: values.count("bidding_percent")?,
            people: values.count("people")?,
            deadline: values.count("deadline_blocks")?,
            bots: values.count("bots_per_position")?.min(100),
            bonus: u128::from(values.count("bonus_gwei")?) * GWEI,
        };
        let blocks = day.quiet.max(day.rise).max(day.rush).max(day.fall);
        let is_sound = blocks <= BLOCKS_MAX / 4
            && day.crowd >= 0.0
            && day.times >= 1.0
            && day.crowd * day.times <= CROWD_MAX
            && (1..=PEOPLE_MAX).contains(&day.people);
        if !is_sound {
            return Err(format!(
                "there are {BLOCKS_MAX} blocks at most, a rush has {CROWD_MAX} transactions before a block at most, \
                 and people are 1 to {PEOPLE_MAX}"
            ));
        }
        Ok(day)
    }

    /// How many of the crowd come before a block.
    fn come(&self, block: u64) -> u64 {
        let Some(into) = block.checked_sub(self.quiet) else { return self.crowd as u64 };
        let part = |done: u64, of: u64| done as f64 / of.max(1) as f64;
        let share = if into < self.rise {
            part(into, self.rise)
        } else if into < self.rise + self.rush {
            1.0
        } else {
            1.0 - part(into - self.rise - self.rush, self.fall).min(1.0)
        };
        (self.crowd * (1.0 + (self.times - 1.0) * share)) as u64
    }

    fn pass(&self, seed: u64, wallet: Wallet, watch: &dyn Watch) -> Outcome {
        let mut prng = Prng::new(seed);
        let crowd = Crowd { least: self.least, bidding_percent: self.bidding_percent };
        let mut market = Market::new(self.has_base_fee.then_some(self.least));
        let mut desk = Desk::new(self.block_seconds);
        let trouble = self.rise + self.rush;
        let mut people: Vec<Person> = (0..self.people)
            .map(|_| self.quiet + prng.below(trouble.max(1)))
            .map(|alarm| Person::new(alarm, alarm + self.deadline))
            .collect();
        people.sort_by_key(|person| person.alarm);
        // As long a calm as before, in which who can wait gets in.
        let all = self.quiet + trouble + self.fall + self.quiet;
        let mut price = Vec::new();
        for block in 0..all {
            crowd.come(self.come(block), &mut market, &mut prng);
            let told = desk.inclusion();
            let mut lost = 0;
            for (who, person) in people.iter_mut().enumerate() {
                let before = person.end.is_some();
                person.act(who, wallet, &mut market, told);
                lost += u64::from(!before && person.end.is_some());
            }
            bots(self.bots * lost, self.bonus, &mut market, &mut prng);
            for (who, paid) in market.make_block() {
                if let Some(person) = people.get_mut(who).filter(|person| person.end.is_none()) {
                    let blocks = market.number().saturating_sub(person.alarm);
                    person.end = Some(End::Saved { blocks, paid });
                }
            }
            desk.pass(&market);
            price.push((block * self.block_seconds, self.price(&market)));
            let done = u32::try_from(block * 1_000 / all.max(1)).unwrap_or(1_000);
            watch.progress(done, if block < self.quiet { "it is quiet" } else { "the rush" });
        }
        self.judge(&people, &price)
    }

    /// What it took to be in the newest block.
    fn price(&self, market: &Market) -> u128 {
        let newest = market.told().last();
        newest.map_or(0, |told| told.base_fee + told.tips.map_or(0, |[low, ..]| low))
    }

    fn judge(&self, people: &[Person], price: &[(u64, u128)]) -> Outcome {
        let mut outcome = Outcome::default();
        let lost = people.iter().filter(|person| !matches!(person.end, Some(End::Saved { .. })));
        let lost = lost.count();
        outcome.figure("positions_lost", lost as f64);
        outcome.figure("lost_percent", lost as f64 * 100.0 / people.len().max(1) as f64);
        let saved = people.iter().filter_map(|person| match person.end {
            Some(End::Saved { blocks, paid }) => Some((blocks as f64, paid as f64 / GWEI as f64)),
            Some(End::Lost) | None => None,
        });
        let (blocks, paid): (Vec<f64>, Vec<f64>) = saved.unzip();
        put(&mut outcome, "blocks_median", &blocks, 50);
        put(&mut outcome, "blocks_p95", &blocks, 95);
        put(&mut outcome, "paid_median_gwei", &paid, 50);
        let gwei = |wei: u128| wei as f64 / GWEI as f64;
        let quiet = price.iter().take_while(|(at, _)| *at < self.quiet * self.block_seconds);
        let quiet: Vec<f64> = quiet.skip(20).map(|(_, wei)| gwei(*wei)).collect();
        let peak = price.iter().map(|(_, wei)| gwei(*wei)).fold(0.0, f64::max);
        outcome.figure("peak_gwei", peak);
        let usual = at(&quiet, 50).unwrap_or(f64::NAN);
        outcome.figure("peak_times", peak / usual);
        outcome.figure("multiple_paid", at(&paid, 95).unwrap_or(f64::NAN) / usual);
        for (id, times) in [("blocks_to_30x", 30), ("blocks_to_40x", 40), ("blocks_to_90x", 90)] {
            outcome.figure(id, full_blocks_to(times) as f64);
        }
        let points = price.iter().map(|(at, wei)| (*at as f64, gwei(*wei)));
        let points: Vec<(f64, f64)> = points.collect();
        let times = points.iter().map(|(at, gwei)| (*at, gwei / usual)).collect();
        outcome.curve(Series::new("price", "what it takes to be in a block", "gwei", points));
        outcome.curve(Series::new("times", "the same, by the quiet price", "times", times));
        outcome.event((self.quiet * self.block_seconds) as f64, "the rush begins");
        let end = (self.quiet + self.rise + self.rush) * self.block_seconds;
        outcome.event(end as f64, "it falls off");
        outcome.digest = Some(digest(people, price));
        outcome
    }
}

fn at(values: &[f64], percent: usize) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len().saturating_sub(1) * percent / 100).copied()
}

fn put(outcome: &mut Outcome, id: &str, values: &[f64], percent: usize) {
    if let Some(value) = at(values, percent) {
        outcome.figure(id, value);
    }
}

/// Of all prices, and of how it ended for each.
fn digest(people: &[Person], price: &[(u64, u128)]) -> String {
    let mut all = Sha256::new();
    for (at, wei) in price {
        all.update(at.to_be_bytes());
        all.update(wei.to_be_bytes());
    }
    for person in people {
        let (blocks, paid) = match person.end {
            Some(End::Saved { blocks, paid }) => (blocks, paid),
            Some(End::Lost) | None => (u64::MAX, 0),
        };
        all.update(blocks.to_be_bytes());
        all.update(paid.to_be_bytes());
    }
    all.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use incident::{Silent, Values};

    use super::*;

    fn run(configuration: &str) -> Outcome {
        let mut parameters = Values::default();
        for parameter in Fees.parameters() {
            parameters.set(parameter.name, parameter.usual.unwrap());
        }
        let scene = Scene {
            parameters: &parameters,
            configuration,
            seed: 1,
            binary: Path::new(""),
            folder: Path::new(""),
            portfolio: None,
            target: None,
        };
        Fees.run(&scene, &Silent).unwrap()
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes_and_who_goes_by_the_endpoint_gets_in() {
        // A report that cannot be repeated is worth nothing, and neither is a rush that hurts nobody.
        let by_endpoint = "[wallet]\nfees = \"seawall\"\nagain_blocks = 4\n";
        let (one, fixed) = (run(by_endpoint), run("[wallet]\nfees = \"fixed\"\n"));
        assert_eq!(one, run(by_endpoint));
        assert!(fixed.get("lost_percent").unwrap() > 2.0 * one.get("lost_percent").unwrap());
    }
}

//! The days. Where and when comes from the record of what has happened; the numbers are made.

use oracle_core::{Class, GroupKind};
use units::Price;

use super::day::{Day, Scene, Venue, Worth};

const MINUTE: u64 = 60_000;

/// Six venues, of which the first is the day's sick one; the last is a pool.
const SIX: [(&str, GroupKind); 6] = [
    ("binance", GroupKind::Exchange),
    ("bybit", GroupKind::Exchange),
    ("okx", GroupKind::Exchange),
    ("kraken", GroupKind::Exchange),
    ("coinbase", GroupKind::Exchange),
    ("curve", GroupKind::Pool),
];

/// Every day, in the order of the table.
pub(crate) fn all() -> Vec<Day> {
    vec![usde(), wbeth(), insolvency(), capo(), dead_leg(), wrong_units(), all_dead(), slow_leak()]
}

fn venues(of: &[(&'static str, GroupKind)], in_tether: &[&str]) -> Vec<Venue> {
    let venue = |(name, kind): &(&'static str, GroupKind)| Venue {
        name,
        kind: *kind,
        in_tether: in_tether.contains(name),
    };
    of.iter().map(venue).collect()
}

/// So many millionths.
fn ppm(of: i128) -> Price {
    Price::from_raw(of * 1_000_000)
}

fn part(price: Price, ppm: i128) -> Price {
    Price::from_raw(price.raw() / 1_000_000 * ppm)
}

/// From one value to another between two moments, in a straight line.
fn between(at: u64, (start, end): (u64, u64), (from, to): (i128, i128)) -> i128 {
    let passed = i128::from(at.clamp(start, end) - start);
    from + (to - from) * passed / i128::from((end - start).max(1))
}

fn quiet(truth: Price, count: usize) -> Scene {
    Scene {
        truth,
        said: vec![Some(truth); count],
        volumes: vec![60, 10, 10, 10, 10, 10],
        tether: Some(Price::ONE),
        ether: Some(Price::whole(3_850)),
    }
}

/// A dollar token, dumped on one venue.
pub(crate) fn usde() -> Day {
    let at = |at: u64| {
        let mut scene = quiet(Price::ONE, 6);
        let fall = between(at, (10 * MINUTE, 22 * MINUTE), (1_000_000, 650_000));
        let rise = between(at, (40 * MINUTE, 50 * MINUTE), (0, 350_000));
        let others = between(at, (10 * MINUTE, 20 * MINUTE), (0, 5_000))
            - between(at, (40 * MINUTE, 50 * MINUTE), (0, 4_000));
        // Each of the others is a little further off than the one before.
        for (place, said) in (0_i128..).zip(&mut scene.said) {
            *said = Some(ppm(1_000_000 - others * place / 5));
        }
        scene.said[0] = Some(ppm(fall + rise));
        let crowd = between(at, (10 * MINUTE, 15 * MINUTE), (60, 800));
        scene.volumes[0] = u64::try_from(crowd).unwrap_or(0);
        scene
    };
    Day {
        title: "One venue dumped (USDe, 2025-10-10)",
        story: "A dollar token falls to 0.65 on one venue for forty minutes, and turnover crowds onto it; the others \
                stay within 0.5 %.",
        minutes: 60,
        class: Class::Pegged,
        worth: Worth::Dollar,
        venues: venues(&SIX, &[]),
        moved_at: None,
        at: Box::new(at),
    }
}

/// A wrapped token, whose bids left one venue and thinned on another.
pub(crate) fn wbeth() -> Day {
    const RATE: i128 = 1_080_000;
    let at = |at: u64| {
        let ether = between(at, (5 * MINUTE, 15 * MINUTE), (4_380_000_000, 3_850_000_000));
        let ether = ppm(ether);
        let truth = part(ether, RATE);
        let mut scene = quiet(truth, 5);
        scene.ether = Some(ether);
        let gone = between(at, (12 * MINUTE, 16 * MINUTE), (1_000_000, 103_000))
            + between(at, (30 * MINUTE, 38 * MINUTE), (0, 893_000));
        let thin = between(at, (12 * MINUTE, 16 * MINUTE), (1_000_000, 960_000))
            + between(at, (30 * MINUTE, 38 * MINUTE), (0, 38_000));
        scene.said =
            [gone, thin, 997_000, 998_000, 1_000_000].map(|ppm| Some(part(truth, ppm))).to_vec();
        scene.volumes = vec![300, 20, 10, 10, 10];
        scene
    };
    let rate = ppm(RATE);
    let five = [
        ("binance", GroupKind::Exchange),
        ("bybit", GroupKind::Exchange),
        ("uniswap", GroupKind::Pool),
        ("pancake", GroupKind::Pool),
        ("redemption", GroupKind::Redemption),
    ];
    Day {
        title: "A wrapped token without bids (wBETH, the same night)",
        story: "Ether falls from 4,380 to 3,850; the token that is redeemed for 1.08 of it prints 430 on one venue \
                and is 4 % low on another.",
        minutes: 45,
        class: Class::Alternative,
        worth: Worth::Ether { rate, snapshot: ppm(1_060_000), fresh: false },
        venues: venues(&five, &[]),
        moved_at: None,
        at: Box::new(at),
    }
}

/// A dollar token that is truly worth less.
pub(crate) fn insolvency() -> Day {
    let at = |at: u64| {
        let worth = if at >= 5 * MINUTE { 650_000 } else { 1_000_000 };
        quiet(ppm(worth), 6)
    };
    Day {
        title: "A true insolvency",
        story: "A dollar token is worth 0.65 from one moment to the next, on all venues and in the pool.",
        minutes: 30,
        class: Class::Pegged,
        worth: Worth::Dollar,
        venues: venues(&SIX, &[]),
        moved_at: Some(5 * MINUTE),
        at: Box::new(at),
    }
}

/// A cap on an exchange rate that comes down below the true one.
pub(crate) fn capo() -> Day {
    let rate = ppm(1_228_900);
    let at = move |_| quiet(part(Price::whole(3_850), rate.raw() / 1_000_000), 6);
    Day {
        title: "A cap out of step with its time (CAPO, 2026-03-10)",
        story: "The ratio that growth is measured from is 2.85 % too low for its time; market and contract agree on \
                the true one.",
        minutes: 15,
        class: Class::Alternative,
        worth: Worth::Ether { rate, snapshot: ppm(1_193_900), fresh: true },
        venues: venues(&SIX, &[]),
        moved_at: None,
        at: Box::new(at),
    }
}

/// A leg that is gone while what it converts moves.
pub(crate) fn dead_leg() -> Day {
    let at = |at: u64| {
        let truth = Price::whole(100_000);
        let mut scene = quiet(truth, 6);
        let tether = ppm(between(at, (6 * MINUTE, 12 * MINUTE), (1_000_000, 930_000)));
        scene.tether = (at < 5 * MINUTE).then_some(tether);
        let in_tether = Price::from_raw(truth.raw() * Price::ONE.raw() / tether.raw());
        for said in scene.said.iter_mut().take(3) {
            *said = Some(in_tether);
        }
        scene
    };
    Day {
        title: "A dead conversion leg",
        story: "The feed of tether's dollar price goes silent, and tether then falls to 0.93: half of bitcoin's \
                venues are in tether.",
        minutes: 20,
        class: Class::Major,
        worth: Worth::Market,
        venues: venues(&SIX, &["binance", "bybit", "okx"]),
        moved_at: None,
        at: Box::new(at),
    }
}

/// A venue that begins to speak in cents.
pub(crate) fn wrong_units() -> Day {
    let at = |at: u64| {
        let truth = Price::whole(100_000);
        let mut scene = quiet(truth, 6);
        if (5 * MINUTE..10 * MINUTE).contains(&at) {
            scene.said[0] = Some(Price::whole(10_000_000));
        }
        scene
    };
    Day {
        title: "One venue in wrong units",
        story: "For five minutes one venue's prices are in cents.",
        minutes: 12,
        class: Class::Major,
        worth: Worth::Market,
        venues: venues(&SIX, &[]),
        moved_at: None,
        at: Box::new(at),
    }
}

/// Nobody says anything any more.
pub(crate) fn all_dead() -> Day {
    let at = |at: u64| {
        let fall = between(at, (5 * MINUTE, 10 * MINUTE), (1_000_000, 800_000));
        let mut scene = quiet(part(Price::whole(100_000), fall), 6);
        if at >= 5 * MINUTE {
            scene.said = vec![None; 6];
        }
        scene
    };
    Day {
        title: "All feeds dead",
        story: "Every feed goes silent at once, and what nobody sees falls by a fifth.",
        minutes: 15,
        class: Class::Major,
        worth: Worth::Market,
        venues: venues(&SIX, &[]),
        moved_at: None,
        at: Box::new(at),
    }
}

/// A venue that goes away from the others so slowly that no step is large.
pub(crate) fn slow_leak() -> Day {
    let at = |at: u64| {
        let truth = Price::whole(100_000);
        let mut scene = quiet(truth, 6);
        let off = between(at, (5 * MINUTE, 45 * MINUTE), (1_000_000, 880_000));
        scene.said[0] = Some(part(truth, off));
        scene
    };
    Day {
        title: "A slow leak",
        story: "The venue with most of the turnover leaks away by 12 % over forty minutes, no step of it large.",
        minutes: 50,
        class: Class::Major,
        worth: Worth::Market,
        venues: venues(&SIX, &[]),
        moved_at: None,
        at: Box::new(at),
    }
}

//! A preview of the status page over a made-up chain.
//!
//! `cargo run -p status --example preview [PORT] [good|down|away|split|undecided|stalled|prices]` serves it on
//! 127.0.0.1 (port 8081 and `down` unless told) until it is stopped. It needs no gateway: it is for looking
//! at the page while changing it.
#![expect(clippy::print_stdout, reason = "a tool for the terminal: it says where to look")]

use std::net::SocketAddr;
use std::sync::Arc;

use runtime::http::{Limits, Listener, serve};
use runtime::{clock, signal, task};
use status::{
    BlockView, BranchStanding, BranchView, CallCounts, ChainView, ControlView, CostView, EventView,
    GrowthView, IncidentSettings, LatencyView, Overview, PriceStatus, PriceView, SourceView,
    StatusOptions, StatusState, UpstreamState, UpstreamView, Verdict, VerdictEntry, handler,
};
use units::{Money, Price, Ratio, Rounding, Span};

/// How much of the past is made up before the page is served, in seconds.
const PAST: u64 = 2_400;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Scene {
    Good,
    Down,
    Away,
    Split,
    Undecided,
    Stalled,
    Prices,
}

/// When the branches part or the chain stops, in seconds after the start.
const TROUBLE: u64 = 2_310;

/// What happens to an upstream: from and until so many seconds after the start, it is in this state.
type Fault = (usize, u64, u64, UpstreamState, &'static str);

const FAULTS: [Fault; 4] = [
    (2, 600, 655, UpstreamState::Lagging, "rate-limited: asked us to pause"),
    (2, 655, 668, UpstreamState::Probation, "back again; 2 good looks to go"),
    (0, 2_210, u64::MAX, UpstreamState::Unreachable, "cannot connect: connection refused"),
    (
        1,
        2_348,
        u64::MAX,
        UpstreamState::Lagging,
        "frozen at block 21043189 while others are 5 further",
    ),
];

const UPSTREAMS: [(&str, &str, &str, &str, u64); 5] = [
    ("harbour", "self", "hetzner/fsn1", "Geth/v1.9.13-stable/linux", 2_400),
    ("northwind", "northwind", "aws/eu-west-1", "nethermind/v1.29.1", 38_000),
    ("meridian", "meridian", "gcp/europe-west4", "Geth/v1.9.13-stable/linux", 22_500),
    ("lantern", "lantern", "ovh/gra", "Geth/v1.9.13-stable/linux", 14_200),
    ("lantern-two", "lantern", "ovh/sbg", "reth/v1.1.2", 11_900),
];

fn block(number: u64, age_ms: u64) -> BlockView {
    let hash = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    BlockView {
        number,
        hash: format!("0x{hash:016x}{:016x}{hash:016x}{number:016x}", !hash),
        age_ms: Some(age_ms),
    }
}

/// A number that looks random and is the same each time.
fn noise(seed: u64, below: u64) -> u64 {
    let mixed = seed.wrapping_mul(0xd129_42b4_42b1_6a65) ^ 0x9e37;
    (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) % below.max(1)
}

fn upstream(second: u64, start_ms: u64, index: usize, head: u64, scene: Scene) -> UpstreamView {
    let (name, operator, cloud, client, latency) = UPSTREAMS[index];
    let seed = second * 7 + u64::try_from(index).unwrap_or_default();
    let mut view = UpstreamView {
        name: name.to_owned(),
        state: UpstreamState::Serving,
        reason: "agrees with the others".to_owned(),
        since_unix_ms: start_ms,
        head: Some(block(head, 0)),
        behind_blocks: Some(0),
        client: client.to_owned(),
        operator: operator.to_owned(),
        cloud: cloud.to_owned(),
        latency_us: Some(latency + noise(seed, latency)),
        calls: second * 13,
        failures: second / 300,
        ..UpstreamView::default()
    };
    let fault = FAULTS
        .iter()
        .find(|(which, from, until, ..)| *which == index && (*from..*until).contains(&second));
    if let Some((_, from, until, state, reason)) = fault
        .filter(|(_, _, until, ..)| matches!(scene, Scene::Down | Scene::Away) || *until < PAST)
    {
        view.state = *state;
        view.reason = (*reason).to_owned();
        view.since_unix_ms = start_ms + from * 1_000;
        if *until == u64::MAX {
            let frozen = head_at(*from);
            view.head = Some(block(frozen, 0));
            view.behind_blocks = Some(head - frozen);
        }
    }
    if is_parted(scene, second) && view.client.starts_with("Geth") {
        view.state = UpstreamState::Quarantined;
        view.reason =
            "on 0x4f6c…31aa since 21043193, shared with every Geth up to v1.9.13".to_owned();
        view.since_unix_ms = start_ms + (TROUBLE + 36) * 1_000;
        view.head = Some(block(head_at(TROUBLE) + (second - TROUBLE) / 60, 0));
        view.behind_blocks = None;
    }
    if scene == Scene::Away && second > 2_370 {
        view.state = UpstreamState::Unreachable;
        view.reason = "no answer within 2.000s".to_owned();
        view.since_unix_ms = view.since_unix_ms.max(start_ms + 2_370_000);
    }
    view
}

const fn head_at(second: u64) -> u64 {
    21_043_000 + second / 12
}

fn is_parted(scene: Scene, second: u64) -> bool {
    matches!(scene, Scene::Split | Scene::Undecided) && second > TROUBLE + 36
}

fn branches(scene: Scene, second: u64) -> Vec<BranchView> {
    if !is_parted(scene, second) {
        return Vec::new();
    }
    let (forked, decided) = (head_at(TROUBLE), scene == Scene::Split);
    let branch = |numbers: (u64, u64), voters: &[&str], standing, weight_milli| BranchView {
        head: block(numbers.1, 0),
        first: Some(block(numbers.0, 0)),
        voters: voters.iter().map(|it| (*it).to_owned()).collect(),
        weight_milli,
        standing: if decided { standing } else { BranchStanding::Contested },
        growth: Some(GrowthView {
            blocks: numbers.1 - forked,
            due: (second - TROUBLE) / 12,
            over_ms: (second - TROUBLE) * 1_000,
        }),
    };
    vec![
        branch(
            (forked + 1, head_at(second)),
            &["northwind", "lantern-two"],
            BranchStanding::Winner,
            1_500,
        ),
        branch(
            (forked + 1, forked + (second - TROUBLE) / 60),
            &["harbour", "meridian", "lantern"],
            BranchStanding::Loser,
            1_000,
        ),
    ]
}

fn verdicts(scene: Scene, second: u64, start_ms: u64) -> Vec<VerdictEntry> {
    let entry = |at: u64, verdict, reason: &str| VerdictEntry {
        at_unix_ms: start_ms + at * 1_000,
        verdict,
        reason: reason.to_owned(),
    };
    let mut verdicts = vec![
        entry(0, Verdict::Healthy, "5 of 5 upstreams of 4 domains agree"),
        entry(600, Verdict::Degraded, "meridian is lagging: rate-limited"),
        entry(668, Verdict::Healthy, "5 of 5 upstreams of 4 domains agree"),
    ];
    let later = match scene {
        Scene::Good | Scene::Prices => return verdicts,
        Scene::Down | Scene::Away => entry(2_210, Verdict::Degraded, "harbour does not answer"),
        Scene::Split => entry(
            TROUBLE + 36,
            Verdict::Split,
            "branch 0x9b1d… has 1.5 of 2.5 votes, two operators and two clients (nethermind, reth) against geth alone",
        ),
        Scene::Undecided => entry(
            TROUBLE + 36,
            Verdict::Undecided,
            "no branch has more than half of the roll's weight, two operators and two clients",
        ),
        Scene::Stalled => entry(
            TROUBLE + 40,
            Verdict::Stalled,
            "no new block for 40 s: all who answer stand at one head",
        ),
    };
    verdicts.push(later);
    if scene == Scene::Away && second > 2_370 {
        verdicts.push(entry(
            2_370,
            Verdict::Unreachable,
            "none of 5 upstreams gives a usable answer",
        ));
    }
    verdicts
}

fn overview(second: u64, start_ms: u64, scene: Scene) -> Overview {
    let still = scene == Scene::Stalled && second > TROUBLE;
    let head = head_at(if still { TROUBLE } else { second });
    let upstreams: Vec<UpstreamView> =
        (0..UPSTREAMS.len()).map(|index| upstream(second, start_ms, index, head, scene)).collect();
    let out = upstreams.iter().filter(|upstream| upstream.state.is_out()).count();
    let verdict = match out {
        _ if is_parted(scene, second) && scene == Scene::Split => Verdict::Split,
        _ if is_parted(scene, second) => Verdict::Undecided,
        _ if still && second > TROUBLE + 40 => Verdict::Stalled,
        0 => Verdict::Healthy,
        5 => Verdict::Unreachable,
        _ => Verdict::Degraded,
    };
    let chain = ChainView {
        name: "ethereum".to_owned(),
        chain_id: 1,
        verdict,
        verdict_reason: verdicts(scene, second, start_ms)
            .last()
            .map(|it| it.reason.clone())
            .unwrap_or_default(),
        verdicts: verdicts(scene, second, start_ms),
        fork: is_parted(scene, second).then(|| block(head_at(TROUBLE), 0)),
        branches: branches(scene, second),
        head: Some(block(
            head,
            if still { (second - TROUBLE) * 1_000 } else { second % 12 * 1_000 + 400 },
        )),
        finalized: Some(block(head - 67, 804_000)),
        block_time_ms: 12_000,
        endpoints: UPSTREAMS.len(),
        domains: 4,
        calls: CallCounts {
            total: (0..=second).map(|at| 45 + noise(at, 30)).sum(),
            failed: if scene == Scene::Away { second.saturating_sub(2_370) * 40 } else { 0 },
            retried: second / 40 + second.saturating_sub(2_210) / 2,
            hedged: second / 9,
        },
        latency_us: Some(LatencyView { p50: 2_650, p99: 61_300 }),
        upstreams,
        ..ChainView::default()
    };
    Overview {
        at_unix_ms: start_ms + second * 1_000,
        version: "0.1.0".to_owned(),
        chains: vec![chain],
        prices: if scene == Scene::Prices { prices(second) } else { Vec::new() },
        notices: vec!["A preview: everything on this page is made up.".to_owned()],
        controls: ["https://control.example", "https://other.example"]
            .map(|name| ControlView { name: name.to_owned(), answers: Some(true) })
            .into(),
        venue: None,
    }
}

const VENUES: [&str; 6] = ["binance", "coinbase", "kraken", "okx", "bybit", "bitstamp"];

/// A price near a dollar or so, in parts of ten thousand.
fn near(base: Price, off: i128) -> Price {
    let ratio = Ratio::from_bps(10_000 + off);
    base.times(ratio, Rounding::Nearest).unwrap_or(base)
}

/// One asset; `dumped` is how far the first venue is below the others, in parts of ten thousand.
fn price(symbol: &str, base: Price, second: u64, dumped: i128) -> PriceView {
    let wave = i128::from(noise(second / 30, 7)) - 3;
    let middle = near(base, wave);
    let source = |(place, venue): (usize, &&str)| {
        let seed = second / 10 * 7 + u64::try_from(place).unwrap_or_default();
        let off = i128::from(noise(seed, 5)) - 2;
        let out = place == 0 && dumped > 40;
        SourceView {
            name: format!("{venue}:{}", symbol.replace('/', "")),
            price: Some(near(middle, off - if place == 0 { dumped } else { 0 })),
            refused: out.then(|| "it is too far from the others".to_owned()),
            weight_bps: if out { 0 } else { 2_000 },
        }
    };
    let sources = VENUES.iter().enumerate().map(source).collect();
    let cost = CostView {
        at_least: Money::whole(3_250_000),
        on: vec!["bitstamp".to_owned(), "kraken".to_owned(), "curve".to_owned()],
        not_seen: vec!["curve".to_owned()],
    };
    PriceView {
        symbol: symbol.to_owned(),
        status: PriceStatus::Live,
        market: Some(middle),
        liquidation: Some(middle),
        confidence: Some(near(base, -9_998)),
        age_ms: Some(120),
        last_good: Some((middle, 120)),
        groups: (if dumped > 40 { 5 } else { 6 }, 4),
        cost: [Some(cost.clone()), Some(cost)],
        sources,
        ..PriceView::default()
    }
}

/// Five assets: one well, one dumped on one venue, one split, one halted, one whose rate is held.
fn prices(second: u64) -> Vec<PriceView> {
    let late = i128::from(second.saturating_sub(1_500));
    let mut pegged = price("USDE/USD", Price::ONE, second, (late * 20).min(3_500));
    (pegged.fundamental, pegged.liquidation) = (Some(Price::ONE), Some(near(Price::ONE, -1)));
    let mut split = price("SOL/USD", Price::whole(184), second, 0);
    let mut halted = price("LINK/USD", Price::whole(17), second, 0);
    let mut capped = price("WBETH/USD", Price::whole(4_180), second, 0);
    capped.fundamental = Some(near(Price::whole(4_180), 6));
    if second > 1_900 {
        split.status = PriceStatus::Split;
        split.causes = vec!["sources have parted, and neither side is most of them".to_owned()];
        (split.market, split.liquidation, split.confidence) = (None, None, None);
        split.clusters = vec![Price::whole(171), Price::whole(184)];
        for source in split.sources.iter_mut().take(3) {
            source.price = Some(Price::whole(171));
        }
        capped.status = PriceStatus::Capped;
        capped.causes =
            vec!["the exchange rate is above its bound of 1.0832 and is held".to_owned()];
    }
    if second > 2_200 {
        halted.status = PriceStatus::Halted;
        halted.causes = vec!["1 independent sources are used, and 4 are needed".to_owned()];
        (halted.market, halted.liquidation, halted.confidence) = (None, None, None);
        halted.last_good = Some((Price::whole(17), (second - 2_200) * 1_000));
        halted.groups = (1, 4);
        for source in halted.sources.iter_mut().skip(1) {
            source.refused = Some("nothing has come from it for too long".to_owned());
        }
    }
    vec![price("BTC/USD", Price::whole(112_400), second, 0), pegged, split, halted, capped]
}

fn events(second: u64, start_ms: u64, scene: Scene) -> Vec<EventView> {
    let begun = FAULTS.iter().filter(|(_, from, until, ..)| {
        *from == second && (!matches!(scene, Scene::Good | Scene::Prices) || *until < PAST)
    });
    let event = |(index, _, _, state, reason): &Fault| EventView {
        at_unix_ms: start_ms + second * 1_000,
        chain: "ethereum".to_owned(),
        upstream: UPSTREAMS.get(*index).map(|(name, ..)| (*name).to_owned()),
        kind: "state".to_owned(),
        text: format!("serving to {}: {reason}", state.name()),
    };
    begun.map(event).collect()
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let port = arguments.next().and_then(|port| port.parse().ok()).unwrap_or(8081);
    let scene = match arguments.next().as_deref() {
        Some("good") => Scene::Good,
        Some("away") => Scene::Away,
        Some("split") => Scene::Split,
        Some("undecided") => Scene::Undecided,
        Some("stalled") => Scene::Stalled,
        Some("prices") => Scene::Prices,
        _ => Scene::Down,
    };
    let options = StatusOptions {
        url: format!("http://127.0.0.1:{port}"),
        incidents: IncidentSettings::default(),
        ..StatusOptions::default()
    };
    let state = Arc::new(StatusState::new(options));
    let start_ms = clock::unix_time().as_millis() - PAST * 1_000;
    let update = move |state: &StatusState, second| {
        state.update(overview(second, start_ms, scene), events(second, start_ms, scene));
    };
    (0..PAST).for_each(|second| update(&state, second));
    let listener = match Listener::bind(SocketAddr::from(([127, 0, 0, 1], port))) {
        Ok(listener) => listener,
        Err(error) => return println!("{error}"),
    };
    println!("http://{}", listener.address());
    task::block_on(async move {
        let shown = Arc::clone(&state);
        task::spawn(async move {
            for second in PAST.. {
                update(&shown, second);
                clock::sleep(Span::from_secs(1)).await;
            }
        });
        let stop = async {
            signal::stop_requested().await;
            state.close();
        };
        serve(listener, Limits::default(), Arc::new(handler(Arc::clone(&state))), stop).await;
    });
}

//! Recordings: what a desk was fed is fed to another one, which has to come to the same prices, bit for bit.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use machine::Prng;
use oracle::chain::{
    CallSaid, ChainAnswer, ChainConfig, ChainEvent, ChainRate, ChainRound, ChainSaid,
};
use oracle::config::{
    ConfigText, DEFAULT_POLL, FeedConfig, MarketConfig, OracleConfig, RecordConfig, VenueConfig,
    VenueReader,
};
use oracle::{
    ConnectionId, Desk, DeskEvent, Difference, Recorder, Recording, Replayed, Shadow, replay,
};
use oracle_core::{
    Class, FeedSettings, FundamentalSettings, GroupKind, Moment, Parameters, RateSettings, SourceId,
};
use runtime::client::Endpoint;
use runtime::http::Bytes;
use units::{Ratio, Span, Timestamp};
use wire_eth::{Address, CallData, RateKind};

/// 2026-11-25T12:00:00Z, when the recordings begin.
const NOON_MS: u64 = 1_795_608_000_000;

/// What the monotonic clock reads then.
const START_MS: u64 = 3_600_000;

/// The contract that says what the wrapped asset is redeemed for.
const RATE: Address = Address([7; 20]);

/// Events of a recording: some minutes of ticks.
const EVENTS: u64 = 4_000;

fn feed(symbol: &str, class: Class, base: Option<&str>) -> FeedConfig {
    let rate = RateSettings::default();
    let fundamental = base.map(|base| FundamentalSettings { base: Some(base.to_owned()), rate });
    FeedConfig {
        settings: FeedSettings {
            symbol: symbol.to_owned(),
            parameters: Parameters::of(class),
            fundamental,
        },
        rate: base.map(|_| "staked".to_owned()),
        coingecko: None,
        hermes: None,
    }
}

fn venue(name: &str, markets: &[(&str, &str, Option<&str>)]) -> VenueConfig {
    let market = |(market, feed, quote): &(&str, &str, Option<&str>)| MarketConfig {
        market: (*market).to_owned(),
        feed: (*feed).to_owned(),
        quote: quote.map(str::to_owned),
        invert: false,
    };
    VenueConfig {
        name: name.to_owned(),
        reader: VenueReader::BuiltIn(wire_market::venue(name).expect("a venue that is built in")),
        websocket: Some(Endpoint::parse("ws://127.0.0.1:1").expect("a URL")),
        rest: None,
        poll: DEFAULT_POLL,
        group: name.to_owned(),
        kind: GroupKind::Exchange,
        silent_after: Span::from_secs(5),
        age_max: None,
        markets: markets.iter().map(market).collect(),
    }
}

fn config() -> OracleConfig {
    OracleConfig {
        listen: "127.0.0.1:0".parse().expect("an address"),
        record: None,
        feeds: vec![
            feed("BTC/USD", Class::Major, None),
            feed("USDT/USD", Class::Pegged, None),
            feed("WBTC/USD", Class::Pegged, Some("BTC/USD")),
        ],
        venues: vec![
            venue(
                "binance",
                &[
                    ("BTCUSDT", "BTC/USD", Some("USDT/USD")),
                    ("WBTCUSDT", "WBTC/USD", Some("USDT/USD")),
                ],
            ),
            venue(
                "coinbase",
                &[
                    ("BTC-USD", "BTC/USD", None),
                    ("USDT-USD", "USDT/USD", None),
                    ("WBTC-USD", "WBTC/USD", None),
                ],
            ),
            venue(
                "kraken",
                &[
                    ("BTC/USD", "BTC/USD", None),
                    ("USDT/USD", "USDT/USD", None),
                    ("WBTC/USD", "WBTC/USD", None),
                ],
            ),
            venue("bitstamp", &[("btcusd", "BTC/USD", None), ("usdtusd", "USDT/USD", None)]),
        ],
        chains: vec![chain()],
        text: ConfigText::new("what the file said"),
    }
}

fn chain() -> ChainConfig {
    let endpoint = Endpoint::parse("http://127.0.0.1:1").expect("a URL");
    let kind = RateKind::WbEth;
    ChainConfig {
        rates: vec![ChainRate { name: "staked".to_owned(), kind, address: RATE, asset: None }],
        ..ChainConfig::new("ethereum", vec![endpoint], Span::from_secs(12))
    }
}

/// What could come in: mostly prices, some of them far off, and everything that goes wrong with connections.
fn random_event(chance: &mut Prng, number: u64, unix_ms: u64) -> DeskEvent {
    let connection = chance.below(4);
    let id = ConnectionId(usize::try_from(connection).expect("it is small"));
    let source = SourceId::new(usize::try_from(chance.below(8)).expect("it is small"));
    match chance.below(40) {
        0 => DeskEvent::Closed(id, "it is random".into()),
        1 | 2 => DeskEvent::Opened(id),
        3 => {
            let noise: Vec<u8> =
                (0..chance.below(60)).map(|_| chance.next_u64().to_le_bytes()[0]).collect();
            DeskEvent::Frame(id, Bytes::from(noise))
        }
        4 => DeskEvent::RestFailed(source, "HTTP status 429".into()),
        5 => DeskEvent::RestQuote(source, Bytes::from_static(b"{\"bids\":[]}")),
        6 => {
            let ratio = 1_000_000_000_000_000_000_u64 + chance.below(1_000_000_000_000);
            let answer = ChainAnswer {
                to: RATE.to_string(),
                data: CallData::rate(RateKind::WbEth).to_string(),
                said: CallSaid::Value(format!("0x{ratio:064x}")),
            };
            let (block, hash) = (number, format!("0x{number:064x}"));
            let round = ChainRound { block, hash, time_ms: unix_ms, answers: vec![answer] };
            let said = ChainSaid::Round(round);
            DeskEvent::Chain(0, Arc::new(ChainEvent { reader: 0, said }))
        }
        _ => DeskEvent::Frame(id, Bytes::from(random_frame(chance, connection, number, unix_ms))),
    }
}

fn random_frame(chance: &mut Prng, connection: u64, number: u64, unix_ms: u64) -> String {
    let (is_tether, is_wrapped) = (chance.below(3) == 0, chance.below(2) == 0);
    let far = if chance.below(30) == 0 { 700 } else { 1_000 };
    let cents = if is_tether && connection > 0 { 100_000 } else { 6_400_000_000 } * far / 1_000;
    let cents = cents + chance.below(cents / 2_000);
    let since = unix_ms - NOON_MS;
    let (minute, second) = (since / 60_000, since / 1_000 % 60);
    let time = format!("2026-11-25T12:{minute:02}:{second:02}.{:03}Z", since % 1_000);
    let text = |micros: u64| format!("{}.{:05}", micros / 100_000, micros % 100_000);
    let (bid, ask) = (text(cents), text(cents + cents / 10_000));
    match connection {
        0 => {
            let market = if is_wrapped { "WBTCUSDT" } else { "BTCUSDT" };
            format!(r#"{{"u":{number},"s":"{market}","b":"{bid}","B":"2","a":"{ask}","A":"3"}}"#)
        }
        1 => {
            let bitcoin = if is_wrapped { "WBTC-USD" } else { "BTC-USD" };
            let market = if is_tether { "USDT-USD" } else { bitcoin };
            format!(
                r#"{{"type":"ticker","sequence":{number},"product_id":"{market}","price":"{bid}","best_bid":"{bid}","best_bid_size":"1","best_ask":"{ask}","best_ask_size":"1","side":"buy","time":"{time}","trade_id":{number},"last_size":"1"}}"#
            )
        }
        2 => {
            let bitcoin = if is_wrapped { "WBTC/USD" } else { "BTC/USD" };
            let market = if is_tether { "USDT/USD" } else { bitcoin };
            format!(
                r#"{{"channel":"ticker","type":"update","data":[{{"symbol":"{market}","bid":{bid},"bid_qty":1.5,"ask":{ask},"ask_qty":2,"last":{bid},"volume":1,"vwap":{bid},"low":{bid},"high":{ask},"change":0,"change_pct":0,"timestamp":"{time}"}}]}}"#
            )
        }
        _ => {
            let market = if is_tether { "usdtusd" } else { "btcusd" };
            format!(
                r#"{{"channel":"order_book_{market}","event":"data","data":{{"timestamp":"{}","microtimestamp":"{}000","bids":[["{bid}","1"]],"asks":[["{ask}","1"]]}}}}"#,
                unix_ms / 1_000,
                unix_ms
            )
        }
    }
}

/// Plays random events into a desk and records them; how many ticks there were, and the last digest of each feed.
fn record(file: &Path, config: &OracleConfig, seed: u64) -> (u64, Vec<String>) {
    let mut desk = Desk::new(config).expect("no mistake");
    let options = RecordConfig { file: file.to_owned(), bytes_max: 1 << 30 };
    let recorder = Recorder::start(&options, config.text.as_str(), &desk).expect("a recording");
    let mut chance = Prng::new(seed);
    let take = |desk: &mut Desk, at: Moment, event: DeskEvent| {
        desk.take(at, &event);
        assert_eq!(recorder.take(at, event, desk), None, "the recording goes on");
    };
    let (mut millis, mut ticks) = (START_MS, 0);
    for id in 0..4 {
        take(&mut desk, moment(millis), DeskEvent::Opened(ConnectionId(id)));
    }
    for number in 1..=EVENTS {
        millis += chance.below(60);
        let at = moment(millis);
        let event = random_event(&mut chance, number, at.unix_ms);
        take(&mut desk, at, event);
        if number % 8 == 0 {
            take(&mut desk, at, DeskEvent::Tick);
            ticks += 1;
        }
    }
    recorder.finish();
    let digest = |(id, _)| desk.oracle().published(id).expect("a tick").digest.to_string();
    (ticks, desk.feeds().map(digest).collect())
}

fn moment(millis: u64) -> Moment {
    let now = Timestamp::ZERO.after(Span::from_millis(millis));
    Moment { now, unix_ms: NOON_MS + millis - START_MS }
}

fn replayed(file: &Path, config: &OracleConfig) -> Replayed {
    let mut recording = Recording::open(file).expect("a recording");
    assert_eq!(recording.header().config, "what the file said");
    replay(&mut recording, config).expect("it can be read")
}

#[test]
fn a_replay_comes_to_the_same_digests_every_time() {
    // Otherwise nobody could check afterwards why a price was what it was.
    let folder = tempfile::tempdir().expect("a folder");
    for seed in 0..3 {
        let file = folder.path().join(format!("{seed}.jsonl"));
        let (ticks, digests) = record(&file, &config(), seed);
        for _ in 0..2 {
            let replayed = replayed(&file, &config());
            assert_eq!(replayed.difference, None, "seed {seed}");
            assert_eq!((replayed.ticks, replayed.torn), (ticks, false));
            let found: Vec<&String> = replayed.digests.iter().map(|(_, digest)| digest).collect();
            assert_eq!(found, digests.iter().collect::<Vec<_>>());
        }
    }
}

#[test]
fn prices_come_out_of_random_frames_at_all() {
    // A recording of nothing but halted prices would prove nothing.
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("frames.jsonl");
    record(&file, &config(), 1);
    let text = std::fs::read_to_string(&file).expect("the recording");
    for status in ["\"live\"", "\"halted\"", "\"fundamental\":\""] {
        assert!(text.contains(status), "no tick is {status}");
    }
}

#[test]
fn a_frame_that_was_changed_is_found_at_the_first_tick_after_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("frames.jsonl");
    record(&file, &config(), 1);
    let text = std::fs::read_to_string(&file).expect("the recording");
    let lines: Vec<&str> = text.lines().collect();
    let is_it = |line: &str| line.contains(r#"\"s\":\"BTCUSDT\",\"b\":\"64"#);
    let is_tick = |line: &str| line.contains("\"tick\":[");
    // The last word of the venue before a tick: what is replaced before it never came to count.
    let (changed, after) = lines
        .iter()
        .enumerate()
        .filter(|(_, line)| is_it(line))
        .find_map(|(place, _)| {
            let rest = lines.iter().skip(place + 1).take_while(|line| !is_tick(line));
            let later = rest.clone().any(|line| is_it(line) || line.contains("[0,"));
            (!later).then_some((place, place + 2 + rest.count()))
        })
        .expect("a frame of the market right before a tick");
    let after = u64::try_from(after).expect("it is small");
    let mut lines: Vec<String> = lines.into_iter().map(str::to_owned).collect();
    lines[changed] = lines[changed].replace(r#"\"b\":\"64"#, r#"\"b\":\"63"#);
    std::fs::write(&file, lines.join("\n") + "\n").expect("it can be written");
    let replayed = replayed(&file, &config());
    let Some(Difference::Tick { line, symbol, .. }) = replayed.difference else {
        panic!("{replayed:?}");
    };
    assert_eq!((line, symbol.as_str()), (after, "BTC/USD"));
}

#[test]
fn another_configuration_is_said_to_be_another() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("frames.jsonl");
    record(&file, &config(), 1);
    let mut other = config();
    other.feeds[0].settings.parameters.gate_floor = Ratio::from_bps(26);
    let difference = replayed(&file, &other).difference;
    assert!(matches!(difference, Some(Difference::Config { .. })), "{difference:?}");
}

#[test]
fn a_torn_last_line_is_left_out() {
    // A process that is killed leaves half a line; all before it is still evidence.
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("frames.jsonl");
    record(&file, &config(), 2);
    let mut opened = std::fs::OpenOptions::new().append(true).open(&file).expect("the recording");
    opened.write_all(b"{\"at\":[36000000").expect("it can be written");
    let replayed = replayed(&file, &config());
    assert_eq!((replayed.difference, replayed.torn), (None, true));
}

#[test]
fn a_recording_ends_at_its_largest_size_and_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("frames.jsonl");
    let config = config();
    let mut desk = Desk::new(&config).expect("no mistake");
    let options = RecordConfig { file: file.clone(), bytes_max: 10_000 };
    let recorder = Recorder::start(&options, config.text.as_str(), &desk).expect("a recording");
    for number in 0..200 {
        desk.take(moment(START_MS + number), &DeskEvent::Tick);
        // From the end on it takes nothing more.
        let _ended = recorder.take(moment(START_MS + number), DeskEvent::Tick, &desk).is_some();
    }
    assert!(recorder.finish().contains("largest size"));
    assert!(std::fs::metadata(&file).expect("the file").len() < 11_000);
    let replayed = replayed(&file, &config);
    assert_eq!((replayed.difference, replayed.torn), (None, false));
    assert!(replayed.ended.is_some_and(|why| why.contains("largest size")));
}

#[test]
fn a_shadow_with_the_same_configuration_never_departs_and_with_a_narrower_gate_does() {
    // A change whose effect nobody saw before it went live is how 26 million dollars were liquidated on 2026-03-10.
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("frames.jsonl");
    record(&file, &config(), 3);
    let mut narrow = config();
    narrow.feeds[0].settings.parameters.quorum_min = 4;
    // In another order: sources are found by their names.
    narrow.venues.reverse();
    let mut same = config();
    same.venues.reverse();
    let departures = |new: &OracleConfig| {
        let mut recording = Recording::open(&file).expect("a recording");
        let mut shadow = Shadow::new(recording.header(), &config(), new).expect("no mistake");
        let mut count = 0;
        while let Some(line) = recording.next_line().expect("a line") {
            count += shadow.take(&line).len();
        }
        (count, shadow.feeds())
    };
    let (count, feeds) = departures(&same);
    assert_eq!((count, feeds[0].status, feeds[0].market), (0, 0, 0));
    let (count, feeds) = departures(&narrow);
    assert!(count > 0 && feeds[0].status > 0, "{feeds:?}");
    assert_eq!(feeds[1].status, 0, "the feed that was not changed");
}

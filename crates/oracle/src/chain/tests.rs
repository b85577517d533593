//! What endpoints say, and what the core is told of it.

use oracle_core::{FeedId, Input, Moment, SourceId, Trade};
use runtime::client::Endpoint;
use units::{Price, Quantity, Ratio, Span, Timestamp};
use wire_eth::{Address, CallData, RateKind};

use super::*;

/// When all rounds here are, in seconds since 1970.
const NOW: u64 = 1_764_000_000;

const FEED: Address = Address([0x11; 20]);
const POOL: Address = Address([0x22; 20]);
const WETH: Address = Address([0x33; 20]);
const USDC: Address = Address([0x44; 20]);
const WSTETH: Address = Address([0x55; 20]);
const VAULT: Address = Address([0x66; 20]);

fn endpoint(port: u16) -> Endpoint {
    Endpoint::parse(&format!("http://127.0.0.1:{port}")).expect("an endpoint")
}

/// A chain with everything that can be read, over so many endpoints.
fn config(endpoints: u16) -> ChainConfig {
    let endpoints = (0..endpoints).map(|one| endpoint(9_000 + one)).collect();
    let source = |name: &str, contract: SourceContract| ChainSource {
        name: name.to_owned(),
        feed: "ETH/USD".to_owned(),
        group: contract.default_group(),
        quote: None,
        invert: false,
        contract,
    };
    let pool = SourceContract::UniswapV3 {
        address: POOL,
        asset: WETH,
        unit: USDC,
        window_secs: 60,
        liquidity_min: 1_000,
    };
    let rate = |name: &str, kind, address, asset| ChainRate {
        name: name.to_owned(),
        kind,
        address,
        asset,
    };
    let chainlink = SourceContract::Chainlink { address: FEED, age_max: Span::from_secs(3_900) };
    ChainConfig {
        sources: vec![source("chainlink", chainlink), source("pool", pool)],
        rates: vec![
            rate("wsteth", RateKind::WstEth, WSTETH, None),
            rate("vault", RateKind::Erc4626, VAULT, Some(USDC)),
        ],
        ..ChainConfig::new("test", endpoints, Span::from_secs(12))
    }
}

fn word(number: i128) -> String {
    let fill = if number < 0 { "ff" } else { "00" };
    format!("{}{:032x}", fill.repeat(16), number)
}

fn value(numbers: &[i128]) -> CallSaid {
    CallSaid::Value(format!("0x{}", numbers.iter().map(|number| word(*number)).collect::<String>()))
}

fn address_value(address: Address) -> CallSaid {
    CallSaid::Value(format!(
        "0x{}{}",
        "00".repeat(12),
        address.to_string().trim_start_matches("0x")
    ))
}

/// A pool that stood at a tick for a minute, with a liquidity of 2^20.
fn observed(tick: i128) -> CallSaid {
    value(&[64, 160, 2, 0, tick * 60, 2, 0, 60 << 108])
}

fn answer(to: Address, data: CallData, said: CallSaid) -> ChainAnswer {
    ChainAnswer { to: to.to_string(), data: data.to_string(), said }
}

/// A round in which all is well: ether at 1877.43 by Chainlink and at tick 200000 in the pool.
fn round(block: u64) -> ChainRound {
    let updated = i128::from(NOW - 60);
    let answers = vec![
        answer(FEED, CallData::latest_round(), value(&[9, 187_743_000_000, updated, updated, 9])),
        answer(FEED, CallData::decimals(), value(&[8])),
        answer(POOL, CallData::observe(60), observed(200_000)),
        answer(POOL, CallData::token0(), address_value(USDC)),
        answer(POOL, CallData::token1(), address_value(WETH)),
        answer(WETH, CallData::decimals(), value(&[18])),
        answer(USDC, CallData::decimals(), value(&[6])),
        answer(WSTETH, CallData::rate(RateKind::WstEth), value(&[1_228_300_000_000_000_000])),
        answer(VAULT, CallData::rate(RateKind::Erc4626), value(&[1_050_000_000_000])),
        answer(VAULT, CallData::decimals(), value(&[18])),
        answer(VAULT, CallData::asset(), address_value(USDC)),
    ];
    ChainRound { block, hash: "0x".to_owned() + &"aa".repeat(32), time_ms: NOW * 1_000, answers }
}

/// The round with another answer of a contract.
fn with(block: u64, to: Address, data: &CallData, said: CallSaid) -> ChainRound {
    let mut round = round(block);
    let (to, data) = (to.to_string(), data.to_string());
    let place = round.answers.iter_mut().find(|answer| answer.to == to && answer.data == data);
    place.expect("it is asked").said = said;
    round
}

struct Bench {
    reads: ChainReads,
}

impl Bench {
    fn new(config: &ChainConfig) -> Self {
        let sources = [SourceId::new(0), SourceId::new(1)];
        let rates = [vec![FeedId::new(1), FeedId::new(2)], vec![FeedId::new(3)]];
        Self { reads: ChainReads::new(config, &sources, &rates) }
    }

    fn take(&mut self, reader: usize, said: ChainSaid) -> Vec<Input> {
        let at = Moment { now: Timestamp::ZERO, unix_ms: NOW * 1_000 + 4_000 };
        let mut inputs = Vec::new();
        self.reads.take(at, &ChainEvent { reader, said }, &mut |input| inputs.push(input));
        inputs
    }

    /// Why nothing is read of an item now.
    fn why(&self, item: usize) -> String {
        let view = self.reads.view();
        view.items[item].refused.as_ref().map_or_else(String::new, |(_, why)| why.to_string())
    }
}

fn point(source: usize, block: u64, price: &str) -> Input {
    let price = Price::parse(price.as_bytes()).expect("a number");
    let time_ms = Some(NOW * 1_000);
    let trade = Trade { price, quantity: Quantity::ZERO, time_ms, sequence: block };
    Input::Point(SourceId::new(source), trade)
}

#[test]
fn a_round_becomes_prices_and_rates_of_its_block_and_time() {
    let inputs = Bench::new(&config(1)).take(0, ChainSaid::Round(round(7)));
    assert_eq!(inputs.len(), 5, "{inputs:?}");
    assert_eq!(inputs[0], point(0, 7, "1877.43"));
    assert_eq!(inputs[1], point(1, 7, "2063.215669444018"));
    let ratio = |text: &str| Ratio::parse(text.as_bytes()).expect("a number");
    let reading =
        |ratio| oracle_core::RateReading { reader: 0, ratio, block: 7, time_ms: NOW * 1_000 };
    assert_eq!(inputs[2], Input::Rate(FeedId::new(1), reading(ratio("1.2283"))));
    assert_eq!(
        inputs[3],
        Input::Rate(FeedId::new(2), reading(ratio("1.2283"))),
        "both feeds that take it"
    );
    assert_eq!(inputs[4], Input::Rate(FeedId::new(3), reading(ratio("1.05"))));
}

#[test]
fn what_never_changes_is_known_from_an_earlier_round() {
    let mut bench = Bench::new(&config(1));
    let values_only = || {
        let mut round = round(8);
        let constants = questions(&config(1)).constants;
        round.answers.retain(|answer| {
            !constants
                .iter()
                .any(|(to, data)| answer.is_value_of(&to.to_string(), &data.to_string()))
        });
        ChainSaid::Round(round)
    };
    let inputs = bench.take(0, values_only());
    assert_eq!(inputs.len(), 2, "only Lido's rate needs nothing else: {inputs:?}");
    assert!(bench.why(0).contains("has not been asked"), "{}", bench.why(0));
    bench.take(0, ChainSaid::Round(round(7)));
    assert_eq!(bench.take(0, values_only()).len(), 5);
}

/// Whether a contract's other answer tells the core that its source has no price, and the reason that is shown.
fn check_refusal(
    (to, data, said): (Address, CallData, CallSaid),
    (item, is_refusal): (usize, bool),
    words: &str,
) {
    let mut bench = Bench::new(&config(1));
    bench.take(0, ChainSaid::Round(round(6)));
    let inputs = bench.take(0, ChainSaid::Round(with(7, to, &data, said)));
    let mine = |input: &Input| matches!(input, Input::Point(id, _) | Input::NoPrice(id) if id.place() == item);
    let mine: Vec<Input> = inputs.into_iter().filter(mine).collect();
    let refusal = is_refusal.then(|| Input::NoPrice(SourceId::new(item)));
    assert_eq!(mine, refusal.into_iter().collect::<Vec<_>>(), "{words}");
    assert!(bench.why(item).contains(words), "{:?} lacks {words:?}", bench.why(item));
}

fn failed(why: &str) -> CallSaid {
    CallSaid::Failed(why.to_owned())
}

fn reverted(why: &str) -> CallSaid {
    CallSaid::Reverted(why.to_owned())
}

#[test]
fn a_round_that_is_no_price_is_refused() {
    let (old, fresh) = (i128::from(NOW - 3_901), i128::from(NOW - 60));
    let check = |said, is_refusal, words: &str| {
        check_refusal((FEED, CallData::latest_round(), said), (0, is_refusal), words);
    };
    check(value(&[9, 0, fresh, fresh, 9]), true, "the answer of round 9 is 0");
    check(value(&[9, -5, fresh, fresh, 9]), true, "is -5");
    check(value(&[9, 1, fresh, 0, 9]), true, "not complete");
    check(value(&[9, 1, fresh, fresh, 8]), true, "only repeats the answer of round 8");
    check(value(&[9, 1, old, old, 9]), true, "old, and may be");
    check(value(&[9, 1, fresh, i128::from(NOW + 1), 9]), true, "after its block");
    check(value(&[9, 1, 1, 1]), true, "128 bytes came back where 160 are due");
    check(CallSaid::Value("0x".to_owned()), true, "there is no contract");
    // What the node does not say leaves what was read last.
    check(CallSaid::Value("0xzz".to_owned()), false, "no hexadecimal text");
    check(failed("error -32005: slow down"), false, "slow down");
    let decimals = (FEED, CallData::decimals(), value(&[99]));
    check_refusal(decimals, (0, true), "the number of decimals");
}

#[test]
fn a_pool_that_says_no_price_is_refused_in_plain_words() {
    let check = |to, data, said, words: &str| check_refusal((to, data, said), (1, true), words);
    let observe = || CallData::observe(60);
    check(POOL, observe(), reverted("OLD"), "does not remember 60 seconds (OLD)");
    check(POOL, observe(), reverted("LOK"), "reverted: LOK");
    let thin = value(&[64, 160, 2, 0, 60, 2, 0, 60 << 120]);
    check(POOL, observe(), thin, "its liquidity was 256");
    check(POOL, CallData::token0(), address_value(POOL), "the pool is of the tokens");
    check(WETH, CallData::decimals(), reverted("no"), "reverted: no");
}

#[test]
fn a_rate_that_cannot_be_is_not_told() {
    let odd = (WSTETH, CallData::rate(RateKind::WstEth), value(&[5]));
    check_refusal(odd, (2, false), "the exchange rate is out of range");
    check_refusal((VAULT, CallData::asset(), address_value(WETH)), (3, false), "the vault's asset");
    let inputs = |said| {
        let data = CallData::rate(RateKind::WstEth);
        Bench::new(&config(1)).take(0, ChainSaid::Round(with(7, WSTETH, &data, said)))
    };
    let rates =
        |inputs: Vec<Input>| inputs.iter().filter(|input| matches!(input, Input::Rate(..))).count();
    assert_eq!(rates(inputs(reverted("paused"))), 1, "the vault's alone");
}

#[test]
fn two_of_three_endpoints_have_to_say_the_same_of_the_same_block() {
    let mut bench = Bench::new(&config(3));
    let points = |inputs: Vec<Input>| -> Vec<Input> {
        let mine = |input: &Input| matches!(input, Input::Point(id, _) | Input::NoPrice(id) if id.place() == 0);
        inputs.into_iter().filter(mine).collect()
    };
    let lie = |block| {
        let (updated, data) = (i128::from(NOW - 60), CallData::latest_round());
        ChainSaid::Round(with(block, FEED, &data, value(&[9, 1, updated, updated, 9])))
    };
    assert_eq!(points(bench.take(0, lie(7))), [], "one of three alone");
    assert_eq!(
        points(bench.take(1, ChainSaid::Round(round(7)))),
        [],
        "two that contradict each other"
    );
    assert_eq!(points(bench.take(2, ChainSaid::Round(round(7)))), [point(0, 7, "1877.43")]);
    assert_eq!(points(bench.take(1, ChainSaid::Round(round(8)))), [], "of another block");
    assert_eq!(points(bench.take(2, ChainSaid::Failed("gone".to_owned()))), []);
    let refused = || {
        let data = CallData::latest_round();
        ChainSaid::Round(with(8, FEED, &data, reverted("paused")))
    };
    assert_eq!(points(bench.take(0, refused())), [], "one that says it is paused may be wrong");
    assert_eq!(points(bench.take(2, refused())), [Input::NoPrice(SourceId::new(0))]);
    let readers = bench.reads.view().readers;
    assert_eq!((readers[2].rounds, readers[2].failures), (2, 1));
    assert_eq!(&*readers[0].name, "http://127.0.0.1:9000");
}

#[test]
fn a_node_that_stands_still_says_nothing_of_today() {
    for (time_ms, words) in [
        ((NOW - 300) * 1_000, "the newest block is 304.000s old"),
        ((NOW + 60) * 1_000, "ahead of our clock"),
    ] {
        let mut bench = Bench::new(&config(1));
        let inputs = bench.take(0, ChainSaid::Round(ChainRound { time_ms, ..round(7) }));
        let refused: Vec<Input> = [0, 1].map(|id| Input::NoPrice(SourceId::new(id))).to_vec();
        assert_eq!(inputs, refused, "no price and no rate");
        assert!(bench.why(0).contains(words), "{}", bench.why(0));
        assert_eq!(bench.reads.view().readers[0].failures, 1);
    }
}

#[test]
fn an_event_is_kept_as_it_was() {
    // A recording that changes an answer would give another price when it is replayed.
    let event = ChainEvent {
        reader: 1,
        said: ChainSaid::Round(with(
            7,
            FEED,
            &CallData::decimals(),
            CallSaid::Reverted("\"no\"".to_owned()),
        )),
    };
    let text = serde_json::to_string(&event).expect("text");
    assert_eq!(serde_json::from_str::<ChainEvent>(&text).expect("an event"), event);
}

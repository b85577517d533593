//! The oracle's tables: what arrives, what is refused and where, and what a recording keeps of them.

use oracle_core::{Cap, Class, Collateral, Oracle, Parameters, Rule};
use units::{Money, Ratio, Span};
use wire_market::Message;

use super::super::check;
use super::super::tests::{assert_mistake_in, notes};

const SOUND: &str = r#"
[oracle]
[[oracle.feed]]
symbol = "ETH/USD"
class = "major"
[[oracle.feed]]
symbol = "USDT/USD"
class = "pegged"
[[oracle.feed]]
symbol = "STETH/USD"
class = "pegged"
fundamental = { base = "ETH/USD", rate = "1" }
[[oracle.venue]]
venue = "binance"
websocket = "wss://stream.example.org/${KEY}"
markets = [{ market = "ETHUSDT", feed = "ETH/USD", quote = "USDT/USD" }, { market = "USDTUSD", feed = "USDT/USD" }]
[[oracle.venue]]
venue = "kraken"
markets = [{ market = "ETH/USD", feed = "ETH/USD" }, { market = "USDT/USD", feed = "USDT/USD" }]
[[oracle.venue]]
venue = "coinbase"
markets = [{ market = "ETH-USD", feed = "ETH/USD" }, { market = "USDT-USD", feed = "USDT/USD" }]
[[oracle.venue]]
venue = "okx"
markets = [{ market = "STETH-USDT", feed = "STETH/USD", quote = "USDT/USD" }]
[[oracle.venue]]
venue = "bybit"
markets = [{ market = "STETHUSDT", feed = "STETH/USD", quote = "USDT/USD" }]
[[oracle.venue]]
venue = "bitstamp"
group = "stamp"
rest = "off"
silent_after = "20s"
age_max = "10m"
markets = [{ market = "steth", feed = "STETH/USD", invert = true }]
"#;

/// As [`assert_mistake_in`] the oracle's file.
fn assert_mistake(from: &str, to: &str, words: &str) {
    assert_mistake_in(SOUND, from, to, words);
}

#[test]
fn an_oracle_needs_no_gateway_and_gets_the_documented_defaults() {
    let (mistakes, warnings, config) = notes(SOUND);
    assert_eq!((mistakes, warnings), (Vec::new(), Vec::new()));
    let config = config.expect("a configuration");
    assert_eq!(config.summary(), "3 feeds, 9 sources");
    assert!(config.gateway.is_none());
    let oracle = config.oracle.expect("an oracle");
    assert_eq!((oracle.listen.to_string().as_str(), &oracle.record), ("127.0.0.1:8600", &None));
    let settings = oracle.settings();
    assert_eq!(settings.feeds[0].parameters, Parameters::of(Class::Major));
    assert_eq!(settings.feeds[2].parameters, Parameters::of(Class::Pegged));
    let fundamental = settings.feeds[2].fundamental.as_ref().expect("what it is redeemed for");
    assert_eq!(
        (fundamental.base.as_deref(), fundamental.rate.fixed),
        (Some("ETH/USD"), Some(Ratio::ONE))
    );
    let source = &settings.sources[0];
    assert_eq!((source.name.as_str(), source.group.as_str()), ("binance:ETHUSDT", "binance"));
    assert_eq!(
        (source.quote.as_deref(), source.silent_after),
        (Some("USDT/USD"), Span::from_secs(5))
    );
    let last = &settings.sources[8];
    assert_eq!((last.group.as_str(), last.invert), ("stamp", true));
    assert_eq!(
        (last.silent_after, last.age_max),
        (Span::from_secs(20), Some(Span::from_secs(600)))
    );
    assert!(oracle.venues[5].rest.is_none() && oracle.venues[0].rest.is_some());
}

#[test]
fn every_number_of_the_pipeline_arrives() {
    // A number that is read and not handed over leaves the feed at a default that nobody wants.
    let numbers = r#"class = "major"
rule = "volume-mean"
average = "30m"
spread_max = "1%"
depth_min = 7
skew_half = "1s"
skew_max = "3s"
frozen_after = "10s"
frozen_groups = 2
frozen_move = "30bp"
gate_factor = "2.5"
gate_floor = "40bp"
return_after = "90s"
weight_cap = "25%"
depth_time = "2h"
storm_factor = 9
storm_rest = "5m"
confidence_floor = "1bp"
confidence_max = "0.9%"
step_max = "2%"
step_sigmas = 8
held_max = "1500ms"
quorum_min = 2
quorum_share = "50%"
band_up = "0.1%"
band_down = "0.2%"
band_open = "0.3%"
band_double_after = "4m"
band_open_broken = "6%"
band_close = "0.7%"
band_agreement = "80%"
"#;
    let (mistakes, _, config) = notes(&SOUND.replacen("class = \"major\"", numbers, 1));
    assert_eq!(mistakes, [""; 0]);
    let oracle = config.and_then(|config| config.oracle).expect("an oracle");
    let bp = Ratio::from_bps;
    let expected = Parameters {
        rule: Rule::VolumeMean,
        average: Some(Span::from_secs(1_800)),
        collateral: Collateral::Banded,
        spread_max: bp(100),
        depth_min: Money::whole(7),
        skew_half: Span::from_secs(1),
        skew_max: Span::from_secs(3),
        frozen_after: Span::from_secs(10),
        frozen_groups: 2,
        frozen_move: bp(30),
        gate_factor: bp(25_000),
        gate_floor: bp(40),
        return_after: Span::from_secs(90),
        weight_cap: bp(2_500),
        depth_time: Span::from_secs(7_200),
        storm_factor: 9,
        storm_rest: Span::from_secs(300),
        confidence_floor: bp(1),
        confidence_max: bp(90),
        step_max: bp(200),
        step_sigmas: 8,
        held_max: Span::from_millis(1_500),
        quorum_min: 2,
        quorum_share: bp(5_000),
        band_up: bp(10),
        band_down: bp(20),
        band_open: bp(30),
        band_double_after: Span::from_secs(240),
        band_open_broken: bp(600),
        band_close: bp(70),
        band_agreement: bp(8_000),
    };
    assert_eq!(oracle.feeds[0].settings.parameters, expected);
}

#[test]
fn what_is_wrong_is_told_at_its_key() {
    assert_mistake("class = \"major\"", "class = \"minor\"", "oracle.feed[0].class");
    assert_mistake("class = \"major\"", "class = \"major\"\ngate_floor = \"25\"", "has no unit");
    assert_mistake(
        "class = \"major\"",
        "class = \"major\"\ngate_flor = \"25bp\"",
        "did you mean \"gate_floor\"?",
    );
    assert_mistake("class = \"major\"", "class = \"major\"\nquorum_min = 0", "0 is out of range");
    assert_mistake("class = \"major\"", "class = \"major\"\nweight_cap = \"130%\"", "out of range");
    assert_mistake("symbol = \"ETH/USD\"", "symbol = \"ether\"", "oracle.feed[0].symbol");
    assert_mistake("venue = \"kraken\"", "venue = \"mtgox\"", "\"binance\", \"coinbase\"");
    assert_mistake("rate = \"1\"", "rate = \"0\"", "neither a number nor a name");
}

#[test]
fn what_concerns_more_than_one_table_is_told_at_the_key_that_names_it() {
    assert_mistake(
        "feed = \"ETH/USD\", quote = \"USDT/USD\"",
        "feed = \"ETH/USD\", quote = \"USDC/USD\"",
        "oracle.venue[0].markets[0].quote: binance:ETHUSDT names the feed USDC/USD",
    );
    assert_mistake(
        "base = \"ETH/USD\"",
        "base = \"BTC/USD\"",
        "oracle.feed[2].fundamental.base: STETH/USD names the feed BTC/USD",
    );
    assert_mistake(
        "feed = \"USDT/USD\" }]\n[[oracle.venue]]\nvenue = \"coinbase\"",
        "feed = \"USDT/USD\", quote = \"ETH/USD\" }]\n[[oracle.venue]]\nvenue = \"coinbase\"",
        "quote: prices are needed in a circle, ETH/USD -> USDT/USD -> ETH/USD",
    );
    assert_mistake(
        "base = \"ETH/USD\"",
        "base = \"STETH/USD\"",
        "oracle.feed[2].fundamental.base: prices are needed in a circle, STETH/USD -> STETH/USD",
    );
    assert_mistake("market = \"USDTUSD\"", "market = \"ETHUSDT\"", "is there twice");
    let without = SOUND.replacen(
        "venue = \"bitstamp\"\ngroup = \"stamp\"",
        "venue = \"bitstamp\"\ngroup = \"okx\"",
        1,
    );
    let (mistakes, warnings, _) = notes(&without);
    assert_eq!(mistakes, [""; 0]);
    assert!(
        warnings[0].contains("oracle.feed[2].symbol: STETH/USD has 2 independent"),
        "{warnings:?}"
    );
}

#[test]
fn two_parts_cannot_listen_at_one_address() {
    let text = format!("[status]\nlisten = \"127.0.0.1:8600\"\n{SOUND}");
    let (mistakes, _, _) = notes(&text);
    assert!(
        mistakes.len() == 1 && mistakes[0].contains("collides with oracle.listen"),
        "{mistakes:?}"
    );
}

/// The sound file with a chain that is read, by the gateway where there is one.
fn with_chain(http: &str) -> String {
    let chain = format!(
        r#"
[[oracle.chain]]
name = "ethereum"
{http}
[[oracle.chain.source]]
kind = "chainlink"
address = "0x5f4eC3Df9cbd43714FE2740f5E3616155c5b8419"
feed = "ETH/USD"
[[oracle.chain.source]]
kind = "uniswap_v3"
address = "0x109830a1AAaD605BbF02a9dFA7B0B92EC2FB7dAa"
asset = "0x7f39C581F595B53c5cb19bD0b3f8dA6c935E2Ca0"
unit = "0xdAC17F958D2ee523a2206206994597C13D831ec7"
feed = "STETH/USD"
quote = "USDT/USD"
window = "10m"
[[oracle.chain.rate]]
name = "wsteth"
kind = "wsteth"
address = "0x7f39C581F595B53c5cb19bD0b3f8dA6c935E2Ca0"
"#
    );
    SOUND.replacen("rate = \"1\"", "rate = \"wsteth\"", 1) + &chain
}

#[test]
fn what_is_read_from_a_chain_arrives() {
    let (mistakes, _, config) = notes(&with_chain("http = \"http://10.0.0.5:8545/${KEY}\""));
    assert_eq!(mistakes, [""; 0]);
    let oracle = config.and_then(|config| config.oracle).expect("an oracle");
    assert_eq!(oracle.feeds[2].rate.as_deref(), Some("wsteth"));
    let chain = &oracle.chains[0];
    assert_eq!((chain.poll, chain.endpoints[0].port()), (Span::from_secs(12), 8545));
    let names: Vec<&str> = chain.sources.iter().map(|source| source.name.as_str()).collect();
    assert_eq!(names, ["ethereum:chainlink:ETH/USD", "ethereum:uniswap_v3:STETH/USD"]);
    assert_eq!(
        (chain.sources[0].group.as_str(), chain.rates[0].kind.name()),
        ("chainlink", "wsteth")
    );
    // A recording holds it, too.
    let again = check(oracle.text.as_str(), &|_| None).config.expect("it can be read again");
    assert_eq!(again.oracle.expect("an oracle").settings(), oracle.settings());
    assert!(!oracle.text.as_str().contains("KEY"), "{}", oracle.text.as_str());
}

#[test]
fn the_gateway_is_asked_where_no_other_endpoint_is_named() {
    let (mistakes, _, _) = notes(&with_chain(""));
    assert!(
        mistakes.len() == 1 && mistakes[0].contains("oracle.chain[0].http: is missing"),
        "{mistakes:?}"
    );
    let gateway = "[gateway]\nlisten = \"127.0.0.1:9000\"\n[[gateway.chain]]\nname = \"ethereum\"\nid = 1\nupstream = [{ name = \"a\", http = \"http://10.0.0.1\", operator = \"a\" }]\n";
    let (mistakes, _, config) = notes(&(gateway.to_owned() + &with_chain("")));
    assert_eq!(mistakes, [""; 0]);
    let oracle = config.and_then(|config| config.oracle).expect("an oracle");
    let endpoint = &oracle.chains[0].endpoints[0];
    assert_eq!((endpoint.port(), endpoint.base_path()), (9000, "/ethereum"));
}

#[test]
fn one_endpoint_of_three_that_lies_is_not_believed() {
    let http = r#"http = ["http://10.0.0.1", "http://10.0.0.2", "http://10.0.0.3"]"#;
    let (mistakes, _, config) = notes(&with_chain(http));
    assert_eq!(mistakes, [""; 0]);
    let oracle = config.and_then(|config| config.oracle).expect("an oracle");
    let fundamental = oracle.feeds[2].settings.fundamental.as_ref().expect("a rate");
    assert_eq!((oracle.chains[0].agree, fundamental.rate.readers), (2, 2));
}

#[test]
fn a_rate_that_nobody_reads_is_refused() {
    assert_mistake(
        "rate = \"1\"",
        "rate = \"wsteth\"",
        "oracle.feed[2].fundamental.rate: no [[oracle.chain.rate]] has the name \"wsteth\"",
    );
}

#[test]
fn a_recording_keeps_the_configuration_and_no_secret() {
    // A replay under another configuration would find differences that are none.
    let config = notes(SOUND).2.and_then(|config| config.oracle).expect("an oracle");
    let text = config.text.as_str();
    assert!(!text.contains("KEY") && !text.contains("s3cret"), "{text}");
    let again = check(text, &|_| None).config.expect("it can be read again").oracle;
    let digest = |oracle: &::oracle::config::OracleConfig| {
        Oracle::new(oracle.settings()).expect("no mistake").settings_digest()
    };
    assert_eq!(digest(&again.expect("an oracle")), digest(&config));
}

#[test]
fn a_venue_that_is_not_built_in_is_read_as_the_file_describes_it() {
    // A source that is read from the wrong place is a wrong price.
    let generic = r#"
[[oracle.venue]]
venue = "generic"
name = "corner"
websocket = "wss://corner.example/feed"
markets = [{ market = "ETH-USD", feed = "ETH/USD" }]
[oracle.venue.generic]
subscribe = '{"op":"subscribe","markets":[{markets}]}'
keep_alive = "ping"
bid = "/data/bid"
ask = "/data/ask"
count = "/number"
"#;
    let (mistakes, _, config) = notes(&format!("{SOUND}{generic}"));
    assert_eq!(mistakes, Vec::<String>::new());
    let oracle = config.and_then(|config| config.oracle).expect("an oracle");
    let venue = oracle.venues.last().expect("a venue");
    assert_eq!((venue.name.as_str(), venue.group.as_str()), ("corner", "corner"));
    let sent = venue.reader.subscribe(&["ETH-USD".to_owned()]);
    assert_eq!(sent, [r#"{"op":"subscribe","markets":["ETH-USD"]}"#]);
    let mut messages = Vec::new();
    let frame = br#"{"number":3,"data":{"bid":"1999","ask":2001}}"#;
    venue.reader.read(frame, &mut messages).expect("a frame");
    let [Message::Count(3), Message::Quote("ETH-USD", quote)] = messages[..] else {
        panic!("{messages:?}")
    };
    assert_eq!((quote.bid.to_string(), quote.ask.to_string()), ("1999".into(), "2001".into()));

    for (from, to, words) in [
        ("name = \"corner\"\n", "", "name: is missing"),
        ("websocket = \"wss://corner.example/feed\"\n", "", "needs `websocket` or `quote_path`"),
        ("ask = \"/data/ask\"\n", "", "need each other's place"),
        ("ask = \"/data/ask\"", "ask = \"data.ask\"", "is no place"),
        ("bid = ", "bud = ", "did you mean \"bid\"?"),
        ("keep_alive = \"ping\"", "quote_path = \"/q\"", "needs `rest`"),
    ] {
        let (mistakes, _, config) = notes(&format!("{SOUND}{}", generic.replacen(from, to, 1)));
        assert!(mistakes.iter().any(|mistake| mistake.contains(words)), "{words}: {mistakes:#?}");
        assert!(config.is_none());
    }
}

#[test]
fn a_venue_may_be_asked_alone() {
    // Much that says a price has no stream: a bank's rates, an index, a venue behind a wall that lets no stream through.
    let asked = r#"
[[oracle.venue]]
venue = "generic"
name = "corner"
rest = "https://corner.example/v1"
poll = "4s"
markets = [{ market = "ETH-USD", feed = "ETH/USD" }]
[oracle.venue.generic]
quote_path = "/price?of={market}"
quote_last = "/price"
[[oracle.venue]]
venue = "bitget"
websocket = "off"
markets = [{ market = "ETHUSDT", feed = "ETH/USD", quote = "USDT/USD" }]
"#;
    let (mistakes, warnings, config) = notes(&format!("{SOUND}{asked}"));
    assert_eq!((mistakes, warnings), (Vec::new(), Vec::new()));
    let oracle = config.and_then(|config| config.oracle).expect("an oracle");
    let [.., corner, bitget] = &oracle.venues[..] else { panic!("two venues") };
    assert!(corner.websocket.is_none() && bitget.websocket.is_none());
    assert_eq!((corner.poll, corner.silent_after), (Span::from_secs(4), Span::from_secs(12)));
    assert_eq!((bitget.poll, bitget.silent_after), (Span::from_secs(2), Span::from_secs(6)));
    assert_eq!(corner.reader.quote_path("ETH-USD"), "/price?of=ETH-USD");
    // A recording is read again, and its sources are as alive as they were.
    let again = check(oracle.text.as_str(), &|_| None).config.expect("it can be read again");
    assert_eq!(again.oracle.expect("an oracle").settings(), oracle.settings());

    for (from, to, words) in [
        ("poll = \"4s\"", "poll = \"4s\"\nsilent_after = \"7s\"", "accepted: at least 8s"),
        ("poll = \"4s\"", "poll = \"2m\"", "poll"),
        ("websocket = \"off\"", "websocket = \"off\"\nrest = \"off\"", "nothing is asked for"),
        ("quote_last", "last = \"/p\"\nquote_last", "has no frames"),
        ("quote_last", "subscribe = \"all\"\nquote_last", "need `websocket`"),
    ] {
        let (mistakes, _, config) = notes(&format!("{SOUND}{}", asked.replacen(from, to, 1)));
        assert!(mistakes.iter().any(|mistake| mistake.contains(words)), "{words}: {mistakes:#?}");
        assert!(config.is_none());
    }
}

#[test]
fn how_others_do_it_can_be_set_and_is_warned_of() {
    // A drill that flips a key which does not arrive would praise guards that were never off.
    let changed = SOUND.replacen(
        "rate = \"1\" }",
        "rate = \"1\", cap = \"bind\" }\nrule = \"first\"\ncollateral = \"fundamental\"",
        1,
    );
    let (mistakes, warnings, config) = notes(&changed);
    assert_eq!(mistakes, [""; 0]);
    let settings = config.and_then(|config| config.oracle).expect("an oracle").settings();
    let feed = &settings.feeds[2];
    assert_eq!(
        (feed.parameters.rule, feed.parameters.collateral),
        (Rule::First, Collateral::Fundamental)
    );
    assert_eq!(feed.fundamental.as_ref().map(|it| it.rate.cap), Some(Cap::Bind));
    let words = "STETH/USD is without a guard (rule = \"first\", collateral = \"fundamental\", cap = \"bind\")";
    assert!(warnings.iter().any(|warning| warning.contains(words)), "{warnings:?}");
    let wrong = "rule = \"median\"\nclass = \"major\"";
    assert_mistake("class = \"major\"", wrong, "rule");
    let short = "average = \"5s\"\nclass = \"major\"";
    assert_mistake("class = \"major\"", short, "average");
}

//! The venue's tables: what arrives, and what is refused.

use units::{Money, Quantity, Ratio, Span};
use venue_core::{Deleverage, Lots, MarketSettings, Residual};

use super::super::tests::{assert_mistake_in, notes};
use super::*;

const SOUND: &str = r#"
[venue]
prices = "http://127.0.0.1:8600"
[[venue.market]]
symbol = "BTCUSDT"
feed = "BTC/USD"
tick = "0.1"
lot = "0.001"
[[venue.key]]
key = "practice-key-0001"
secret = "${KEY}-${KEY}-${KEY}"
account = "trader"
permissions = ["read", "trade"]
"#;

#[test]
fn a_market_in_five_lines_gets_the_documented_defaults() {
    let (mistakes, warnings, config) = notes(SOUND);
    assert_eq!((mistakes, warnings), (Vec::new(), Vec::new()));
    let config = config.expect("a configuration");
    assert_eq!(config.summary(), "1 market, 1 key");
    let venue = config.venue.expect("a venue");
    assert_eq!(venue.listen.to_string(), "127.0.0.1:8700");
    assert_eq!(venue.data.to_string_lossy(), "seawall-data/venue");
    assert_eq!((venue.settlement.as_str(), venue.fund), ("USDT", Money::ZERO));
    assert_eq!((venue.admission, venue.capacity_per_second), (AdmissionMode::Fair, None));
    assert_eq!(venue.liquidation_feed, LiquidationFeed::Every);
    assert_eq!(venue.order_names, OrderNames::Open);
    let [market] = &venue.markets[..] else { panic!("one market") };
    let step = |text: &str| units::Price::parse(text.as_bytes()).expect("a number");
    let lot = Quantity::from_raw(step("0.001").raw());
    assert_eq!(market.settings, MarketSettings::perpetual("BTCUSDT", step("0.1"), lot));
    assert_eq!((market.base.as_str(), market.feed.as_str()), ("BTC", "BTC/USD"));
    assert_eq!(market.funding_interval, Span::from_secs(28_800));
    let [key] = &venue.keys[..] else { panic!("one key") };
    assert_eq!(key.secret.reveal(), "s3cret-s3cret-s3cret");
    assert_eq!(key.permissions.words(), ["read", "trade"]);
    assert!(!format!("{venue:?}").contains("s3cret-"), "a secret would be in a log");
}

#[test]
fn every_value_arrives() {
    let text = SOUND
        .replace(
            "[venue]\n",
            "[venue]\nlisten = \"[::1]:9000\"\nworkers = 3\ndata = \"/srv/venue\"\njournal_segment_kib = 512\nsnapshot_every = 1000\ndigest_every = 900\nadmission = \"fifo\"\nliquidation_feed = \"latest\"\norder_names = \"once\"\n\
             capacity_per_second = 500\nweight_per_minute = 2400\norders_per_ten_seconds = 300\n\
             orders_per_minute = 1200\nconnections_per_address = 9\nmaster_secret = \"${KEY}-${KEY}-${KEY}\"\nwebhooks = [\"https://a.example/h\"]\n\
             settlement_feed = \"USDT/USD\"\nbackstop = \"rescue\"\nfund = 7\ntls_certificate = \"a.pem\"\ntls_key = \"b.pem\"\n",
        )
        .replace(
            "lot = \"0.001\"\n",
            "lot = \"0.001\"\nbase = \"XBT\"\nlots_max = 9\nmarket_lots_max = 8\nnotional_min = 6\norders_max = 5\n\
             triggers_max = 4\nband = \"3%\"\ntake_bound = \"2%\"\nmaker_fee = \"-1bp\"\ntaker_fee = \"6bp\"\n\
             liquidation_fee = \"2%\"\nbrackets = [{ from = 0, maintenance = \"1%\", initial = \"2%\" }]\nimpact = 3\n\
             mark_half_life = \"9s\"\nbasis_band = \"4%\"\nfunding_interval = \"1h\"\nfunding_max = \"1%\"\n\
             liquidation_floor = 2\nliquidation_wait = \"3s\"\ndeleverage = \"binance\"\nresidual = \"socialise\"\n\
             [[venue.asset]]\nname = \"ETH\"\nfeed = \"ETH/USD\"\n\
             haircuts = [{ initial = \"10%\", maintenance = \"5%\" }, { from = 9, initial = \"20%\", maintenance = \"9%\" }]\n",
        )
        .replace("\"trade\"]\n", "\"trade\"]\naddresses = [\"10.0.0.0/8\"]\n");
    let (mistakes, warnings, config) = notes(&text);
    assert_eq!((mistakes, warnings), (Vec::new(), Vec::new()));
    let venue = config.and_then(|config| config.venue).expect("a venue");
    assert_eq!((venue.workers, venue.capacity_per_second), (3, Some(500)));
    let journal = venue.journal;
    assert_eq!((journal.segment_bytes, journal.snapshot_every), (512 << 10, 1_000));
    assert_eq!((journal.digest_every, journal.pass_over), (900, None));
    assert_eq!((venue.admission, venue.fund), (AdmissionMode::Fifo, Money::whole(7)));
    assert_eq!(venue.liquidation_feed, LiquidationFeed::Latest);
    assert_eq!(venue.order_names, OrderNames::Once);
    let limits = venue.limits;
    assert_eq!((limits.weight_per_minute, limits.connections_per_address), (Some(2_400), Some(9)));
    assert_eq!((limits.orders_per_ten_seconds, limits.orders_per_minute), (Some(300), Some(1_200)));
    assert_eq!((venue.webhooks.len(), venue.backstop.as_deref()), (1, Some("rescue")));
    assert!(venue.tls.is_some() && venue.master_secret.is_some());
    let [market] = &venue.markets[..] else { panic!("one market") };
    let settings = &market.settings;
    assert_eq!(market.base, "XBT");
    assert_eq!((settings.filters.lots_max, settings.filters.orders_max), (Lots::new(9), 5));
    assert_eq!(settings.filters.band, Ratio::from_bps(300));
    assert_eq!(settings.fees.maker, Ratio::from_bps(-1));
    assert_eq!((settings.brackets.len(), settings.mark.half_life), (1, Span::from_secs(9)));
    assert_eq!(settings.liquidation.time_cap, Span::from_secs(3));
    assert_eq!(settings.liquidation.deleverage, Deleverage::Binance);
    assert_eq!(settings.liquidation.residual, Residual::Socialise);
    assert_eq!(
        (market.funding_interval, market.funding_max),
        (Span::from_secs(3_600), Ratio::from_bps(100))
    );
    assert_eq!(venue.assets[0].settings.haircuts[1].floor, Money::whole(9));
    assert!(!venue.keys[0].addresses[0].holds("11.0.0.1".parse().expect("an address")));
}

#[test]
fn what_would_fail_at_the_start_or_later_is_a_mistake_of_the_file() {
    for (from, to, words) in [
        ("\"BTCUSDT\"", "\"BTCUSD\"", "settled in USDT"),
        ("\"0.1\"", "\"0\"", "not above 0"),
        ("\"0.001\"", "\"0.000000000001\"", "no whole number of trillionths"),
        ("tick = \"0.1\"\n", "", "is missing"),
        ("[venue]\n", "[venue]\nliquidation_feed = \"largest\"\n", "every"),
        ("[venue]\n", "[venue]\norder_names = \"twice\"\n", "once"),
        ("\"0.1\"\n", "\"0.1\"\nmaker_fee = \"-9bp\"\n", "rebate"),
        ("\"0.1\"\n", "\"0.1\"\nmaker_fee = \"11%\"\n", "out of range"),
        (
            "\"0.1\"\n",
            "\"0.1\"\nbrackets = [{ from = 5, maintenance = \"1%\", initial = \"2%\" }]\n",
            "begin at 0",
        ),
        ("\"0.1\"\n", "\"0.1\"\ndeleverage = \"lottery\"\n", "none of these"),
        ("[venue]\n", "[venue]\ntls_key = \"b.pem\"\n", "belong together"),
        ("[venue]\n", "[venue]\nadmission = \"random\"\n", "none of these"),
        ("[venue]\n", "[venue]\njournal_segment_kib = 255\n", "from 256 to"),
        ("[venue]\n", "[venue]\norders_per_minute = 0\n", "out of range"),
        ("[venue]\n", "[venue]\nprice = 1\n", "did you mean \"prices\"?"),
        ("prices = \"http://127.0.0.1:8600\"\n", "", "is missing"),
        ("[\"read\", \"trade\"]", "[\"read\", \"root\"]", "none of these"),
        ("${KEY}-${KEY}-${KEY}", "${KEY}", "too few"),
        ("practice-key-0001", "k", "letters and digits"),
        (
            "[\"read\", \"trade\"]",
            "[\"read\"]\naddresses = [\"10.0.0.0/99\"]",
            "its length is above 32",
        ),
    ] {
        assert_mistake_in(SOUND, from, to, words);
    }
}

#[test]
fn names_are_given_once_and_feeds_are_the_oracles() {
    let market = "[[venue.market]]\nsymbol = \"BTCUSDT\"\nfeed = \"BTC/USD\"\ntick = \"0.1\"\nlot = \"0.001\"\n";
    let (mistakes, _, _) = notes(&format!("{SOUND}{market}"));
    assert!(
        mistakes.iter().any(|mistake| mistake.contains("venue.market[0].symbol")),
        "{mistakes:#?}"
    );
    let oracle = "[oracle]\n[[oracle.feed]]\nsymbol = \"ETH/USD\"\nclass = \"major\"\n";
    let (mistakes, _, _) = notes(&format!("{SOUND}{oracle}"));
    assert!(
        mistakes.iter().any(|mistake| mistake.contains("no feed \"BTC/USD\"")),
        "{mistakes:#?}"
    );
    let open = SOUND.replace("[venue]\n", "[venue]\nlisten = \"0.0.0.0:8700\"\n");
    let (_, warnings, _) = notes(&open);
    assert!(warnings.iter().any(|warning| warning.contains("TLS")), "{warnings:#?}");
}

//! The interfaces over a core that is driven by hand.

mod alerts;
mod streams;
mod world;

use oracle_core::{Cause, LastGood, Moment, Status};
use runtime::http::StatusCode;
use serde_json::{Value, json};
use units::{Price, Ratio, Span};

use super::shown::STATUSES;
use world::{World, body, price};

/// SHA-256 over `seawall:BTC/USD`, by another program.
const BTC: &str = "ad52839fd925c1ecff6a6cfb289dcc1673f7c2331e263778da1065f2321e5f2e";

/// Every way to ask for a price of BTC/USD.
fn doors(world: &World) -> Vec<String> {
    let id = world.id("BTC/USD");
    let second = world.at.unix_ms / 1_000;
    vec![
        "/v1/prices".to_owned(),
        "/v1/prices/BTC/USD".to_owned(),
        format!("/v2/updates/price/latest?ids[]={id}"),
        format!("/v2/updates/price/{second}?ids[]={id}"),
        format!("/v2/updates/twap/60/latest?ids[]={id}"),
        "/api/v3/simple/price?ids=bitcoin&vs_currencies=usd".to_owned(),
    ]
}

/// Names of members that hold a price.
const PRICES: [&str; 7] =
    ["market", "fundamental", "liquidation", "confidence", "price", "clusters", "usd"];

/// Members that say how good and how old a price is, each with what goes without saying in its own object.
fn assert_labelled(value: &Value, labelled: bool, whole: &Value) {
    match value {
        Value::Object(members) => {
            let has = |names: &[&str]| {
                names.iter().any(|name| members.get(*name).is_some_and(|value| !value.is_null()))
            };
            let status = has(&["status", "seawall_status"])
                || members.get("metadata").is_some_and(|of| of["seawall_status"].is_string());
            let age = has(&["age_ms", "seawall_age_ms"])
                || members.get("metadata").is_some_and(|of| of["seawall_age_ms"].is_u64());
            let here = labelled || (status && age);
            for name in PRICES {
                let found = members.get(name);
                let is_number = found.is_some_and(|found| {
                    found.is_string() || found.is_number() || found.is_array()
                });
                assert!(!is_number || here, "{name} has no status and age in {whole:#}");
            }
            members.values().for_each(|member| assert_labelled(member, here, whole));
        }
        Value::Array(items) => items.iter().for_each(|item| assert_labelled(item, labelled, whole)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn no_interface_gives_a_number_without_status_and_age() {
    // A price that does not say that it is held or old is what liquidated people.
    for status in STATUSES {
        let mut world = World::new();
        world.set("BTC/USD", status);
        world.publish();
        for door in doors(&world) {
            let (code, text) = world.get(&door);
            let value: Value =
                serde_json::from_str(&text).unwrap_or_else(|_| panic!("{door}: {text}"));
            assert_labelled(&value, false, &value);
            let none = matches!(status, Status::Split | Status::Halted);
            let of_one = !door.ends_with("prices");
            let all_the_same = door.starts_with("/v1/") && status != Status::Halted;
            let refused = none && of_one && !all_the_same;
            let expected = if refused { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
            assert_eq!(code, expected, "{door} while {}: {text}", status.name());
            if none && !door.starts_with("/v1/") {
                assert!(text.contains(status.name()), "{door} says why: {text}");
            }
        }
    }
}

#[test]
fn a_price_is_written_as_it_is_designed() {
    let world = World::new();
    let (code, text) = world.get("/v1/prices/btc-usd");
    let price: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(code, StatusCode::OK);
    assert_eq!(price["symbol"], "BTC/USD");
    assert_eq!(price["status"], "live");
    assert_eq!(price["market"], "68900.01");
    assert_eq!(price["liquidation"], "68900.01");
    assert_eq!((&price["fundamental"], &price["clusters"]), (&Value::Null, &Value::Null));
    let as_of = price["as_of"].as_str().expect("a time");
    assert!(as_of.ends_with('Z') && as_of.contains('T'), "{as_of}");
    assert!(price["age_ms"].as_u64().is_some_and(|age| age < 2_000), "{price}");
    assert_eq!(price["last_good"]["price"], "68900.01");
    assert_eq!(price["digest"].as_str().map(str::len), Some(64));
    let sources = price["sources"].as_array().expect("a list");
    assert_eq!(sources.len(), 5);
    assert_eq!(sources[0]["name"], "binance:BTC");
    assert_eq!(sources[0]["group"], "binance");
    assert_eq!(sources[0]["kind"], "exchange");
    assert_eq!((&sources[0]["used"], &sources[0]["reason"]), (&json!(true), &Value::Null));
    assert!(price["confidence"].is_string() && price["averages"]["ema_30s"].is_string(), "{price}");
    assert_eq!(price["groups"], json!({"used": 5, "quorum": 3}));
}

#[test]
fn a_symbol_is_found_however_it_is_written() {
    let world = World::new();
    for symbol in ["BTC/USD", "BTC-USD", "BTC%2FUSD", "btc%2fusd", "btc/usd", "Btc-Usd"] {
        assert_eq!(world.get(&format!("/v1/prices/{symbol}")).0, StatusCode::OK, "{symbol}");
        let (code, text) = world.get(&format!("/v1/prices/{symbol}/explain"));
        assert_eq!(code, StatusCode::OK, "{symbol}");
        assert!(text.contains("BTC/USD is 68900.01 (live)"), "{text}");
    }
    let (code, text) = world.get("/v1/prices/DOGE-USD");
    assert_eq!(code, StatusCode::NOT_FOUND);
    let known: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(known["symbols"], json!(["BTC/USD", "WBETH/USD"]));
}

#[test]
fn a_refused_source_is_named_with_its_reason_and_price() {
    let mut world = World::new();
    world.move_source(0, "44785");
    world.secs(1);
    world.publish();
    let price = world.json("/v1/prices/BTC-USD");
    let refused = &price["sources"][0];
    assert_eq!((&refused["used"], &refused["reason"]), (&json!(false), &json!("outlier")));
    assert!(refused["price"].as_str().is_some_and(|price| price.starts_with("44785")), "{refused}");
    assert_eq!(refused["explanation"], "it is too far from the others");
    let metrics = world.get("/metrics").1;
    let line = "seawall_oracle_source_refused{feed=\"BTC/USD\",source=\"binance:BTC\",reason=\"outlier\"} 1";
    assert!(metrics.contains(line), "{metrics}");
}

#[test]
fn a_halted_feed_is_told_as_one_by_all() {
    let mut world = World::new();
    world.silence();
    world.secs(10);
    world.publish();
    let (code, text) = world.get("/v1/prices/BTC-USD");
    assert_eq!(code, StatusCode::SERVICE_UNAVAILABLE, "{text}");
    let price: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!((&price["status"], &price["market"]), (&json!("halted"), &Value::Null));
    assert_eq!((&price["averages"], &price["as_of"]), (&Value::Null, &Value::Null));
    let last = &price["last_good"];
    assert!(last["price"].as_str().is_some_and(|price| price.starts_with("68900")), "{price}");
    assert!(last["age_ms"].as_u64().is_some_and(|age| age >= 2_000), "{price}");
    assert_eq!(world.get("/readyz").0, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(world.get("/healthz").0, StatusCode::OK);
    let metrics = world.get("/metrics").1;
    assert!(
        metrics.contains("seawall_oracle_status{feed=\"BTC/USD\",status=\"halted\"} 1"),
        "{metrics}"
    );
    assert!(!metrics.contains("seawall_oracle_price{feed=\"BTC/USD\""), "{metrics}");
}

#[test]
fn an_oracle_that_has_stopped_does_not_go_on_being_live() {
    let world = World::new();
    world.published_ago(Span::from_secs(3));
    for door in doors(&world) {
        let (_, text) = world.get(&door);
        assert!(!text.contains("\"live\"") || door.contains("/price/1"), "{door}: {text}");
    }
    let (code, text) = world.get("/v1/prices/BTC-USD");
    assert_eq!(code, StatusCode::SERVICE_UNAVAILABLE);
    assert!(text.contains("the oracle has stopped"), "{text}");
    assert!(world.get("/v1/prices/BTC-USD/explain").1.contains("the oracle has stopped"));
}

#[test]
fn the_age_of_a_price_goes_on_after_its_tick() {
    let world = World::new();
    world.published_ago(Span::from_millis(1_500));
    let price = world.json("/v1/prices/BTC-USD");
    assert!(price["age_ms"].as_u64().is_some_and(|age| age >= 1_500), "{price}");
}

#[test]
fn a_hermes_price_is_the_same_price() {
    let world = World::new();
    let id = world.id("BTC/USD");
    assert_eq!(id, BTC, "ids must stay what they are, for clients keep them");
    for asked in [id.clone(), format!("0x{id}"), id.to_ascii_uppercase()] {
        let update = world.json(&format!("/v2/updates/price/latest?ids%5B%5D={asked}"));
        let parsed = &update["parsed"][0];
        assert_eq!(parsed["id"], *id);
        assert_eq!(
            (&parsed["price"]["price"], &parsed["price"]["expo"]),
            (&json!("6890001000000"), &json!(-8))
        );
        assert!(parsed["price"]["conf"].as_str().is_some_and(|conf| conf != "0"), "{parsed}");
        assert_eq!(parsed["price"]["publish_time"], world.at.unix_ms / 1_000);
        assert_eq!(parsed["metadata"]["seawall_status"], "live");
        assert_eq!(update["seawall"][0]["symbol"], "BTC/USD");
        assert_eq!(update["binary"]["data"][0].as_str().map(str::len), Some(64));
    }
    let update =
        world.json(&format!("/v2/updates/price/latest?ids[]={id}&encoding=base64&parsed=false"));
    assert_eq!(
        (&update["parsed"], &update["binary"]["encoding"]),
        (&Value::Null, &json!("base64"))
    );
    let feeds = world.json("/v2/price_feeds?query=btc&asset_type=crypto");
    assert_eq!((&feeds[0]["id"], feeds.as_array().map(Vec::len)), (&json!(id), Some(1)));
}

#[test]
fn an_id_that_is_not_there_is_refused_or_left_out_as_asked() {
    let world = World::new();
    let id = world.id("BTC/USD");
    let (code, text) = world.get(&format!("/v2/updates/price/latest?ids[]={id}&ids[]=0xabc"));
    assert_eq!((code, text.as_str()), (StatusCode::NOT_FOUND, "Price ids not found: 0xabc"));
    let path =
        format!("/v2/updates/price/latest?ids[]={id}&ids[]=abc&ignore_invalid_price_ids=true");
    assert_eq!(world.json(&path)["parsed"].as_array().map(Vec::len), Some(1));
    assert_eq!(world.get("/v2/updates/price/latest").0, StatusCode::BAD_REQUEST);
    assert_eq!(world.get("/v2/updates/other/latest?ids[]=a").0, StatusCode::NOT_FOUND);
}

#[test]
fn the_past_is_told_as_it_was() {
    let mut world = World::new();
    let id = world.id("BTC/USD");
    let then = world.at.unix_ms / 1_000;
    for source in 0..5 {
        world.move_source(source, "69000");
    }
    world.secs(5);
    world.publish();
    let update = world.json(&format!("/v2/updates/price/{then}?ids[]={id}"));
    assert_eq!(update["parsed"][0]["price"]["price"], "6890001000000");
    assert!(update["seawall"][0]["age_ms"].as_u64().is_some_and(|age| age >= 4_000), "{update}");
    assert_eq!(world.json("/v1/prices/BTC-USD")["market"], "69000");
    let later = then + 600;
    assert_eq!(
        world.get(&format!("/v2/updates/price/{later}?ids[]={id}")).0,
        StatusCode::NOT_FOUND
    );
    assert_eq!(world.get(&format!("/v2/updates/price/1?ids[]={id}")).0, StatusCode::NOT_FOUND);
    let twap = world.json(&format!("/v2/updates/twap/300/latest?ids[]={id}"));
    let mean = &twap["parsed"][0];
    let number: i64 =
        mean["twap"]["price"].as_str().and_then(|text| text.parse().ok()).expect("a number");
    assert!((6_890_001_000_000..6_900_000_000_000).contains(&number), "{twap}");
    let down: f64 =
        mean["down_slots_ratio"].as_str().and_then(|text| text.parse().ok()).expect("a share");
    assert!((0.9..1.0).contains(&down), "most of five minutes was not seen: {twap}");
}

#[test]
fn coingecko_names_are_those_that_clients_know() {
    let world = World::new();
    let path = |ids: &str| format!("/api/v3/simple/price?{ids}&vs_currencies=usd,eur");
    let coins = world.json(&path("ids=bitcoin,own-name"));
    assert_eq!(coins["bitcoin"]["usd"], json!(68_900.01));
    assert_eq!(coins["own-name"]["usd"], coins["bitcoin"]["usd"], "the configuration's name");
    assert_eq!(coins["bitcoin"]["last_updated_at"], world.at.unix_ms / 1_000);
    assert_eq!(coins["bitcoin"]["seawall_status"], "live");
    assert_eq!(coins["bitcoin"].get("eur"), None);
    assert_eq!(world.json(&path("symbols=btc"))["btc"]["usd"], json!(68_900.01));
    assert_eq!(
        world.json(&(path("ids=bitcoin") + "&precision=0"))["bitcoin"]["usd"],
        json!(68_900)
    );
    assert_eq!(world.json(&path("ids=unheard-of")), json!({}));
    assert_eq!(world.get("/api/v3/simple/price?ids=bitcoin").0, StatusCode::UNPROCESSABLE_ENTITY);
}

#[test]
fn what_is_measured_is_on_the_metrics() {
    let mut world = World::new();
    let feed = world.view("BTC/USD");
    feed.tick.causes = vec![Cause::OwnClock { behind_ms: -2_500 }];
    feed.tick.divergence = Some(Ratio::from_bps(-25));
    world.publish();
    let text = world.get("/metrics").1;
    for line in [
        r#"seawall_oracle_status{feed="BTC/USD",status="live"} 1"#,
        r#"seawall_oracle_price{feed="BTC/USD",lane="market"} 68900.01"#,
        r#"seawall_oracle_groups_used{feed="BTC/USD"} 5"#,
        r#"seawall_oracle_groups_quorum{feed="BTC/USD"} 3"#,
        r#"seawall_oracle_group_weight{feed="BTC/USD",group="kraken"} 0.2"#,
        r#"seawall_oracle_divergence_bps{feed="BTC/USD"} -25.0"#,
        r#"seawall_oracle_clock_off_seconds{feed="BTC/USD"} 2.5"#,
        r#"seawall_oracle_cost_to_move{feed="BTC/USD",direction="down"}"#,
        r#"seawall_oracle_source_used{feed="BTC/USD",source="okx:BTC"} 1"#,
        r#"seawall_oracle_source_heard_seconds{feed="BTC/USD",source="okx:BTC"}"#,
        r#"seawall_oracle_status_seconds_since_start{feed="BTC/USD",status="live"}"#,
        r#"seawall_oracle_confidence_ratio{feed="BTC/USD"}"#,
        r#"seawall_oracle_connection_open{connection="binance"} 1"#,
        r#"seawall_oracle_odd_frames_since_start{connection="binance",kind="no_json"} 2"#,
        "seawall_oracle_tick_age_seconds ",
        "seawall_oracle_streams 0",
    ] {
        assert!(text.contains(line), "{line} is not in {text}");
    }
}

#[test]
fn last_good_and_clusters_carry_their_own_age() {
    let mut world = World::new();
    let at = Moment { now: world.at.now.before(Span::from_secs(60)), ..world.at };
    let feed = world.view("BTC/USD");
    feed.tick.status = Status::Split;
    (feed.tick.market, feed.tick.as_of) = (None, None);
    feed.tick.clusters = vec![price("65000"), price("68900")];
    feed.tick.last_good = Some(LastGood { price: Price::ONE, at });
    world.publish();
    let (code, text) = world.get("/v1/prices/BTC-USD");
    let split: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(code, StatusCode::OK, "two prices are an answer");
    assert_eq!(split["clusters"], json!(["65000", "68900"]));
    assert!(split["age_ms"].as_u64().is_some_and(|age| age < 2_000), "{split}");
    assert!(split["last_good"]["age_ms"].as_u64().is_some_and(|age| age >= 60_000), "{split}");
    assert_eq!(body(&world.server.answer("/v1/prices/BTC-USD", "")).len(), text.len());
}

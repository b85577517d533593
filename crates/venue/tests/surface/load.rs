//! Who is let in where more is asked for than can be done.

use std::sync::atomic::{AtomicBool, Ordering};

use runtime::clock;
use runtime::http::Bytes;
use runtime::task::block_on;
use serde_json::{Value, json};
use testkit::http::Message;
use venue::config::{AdmissionMode, VenueConfig};

use crate::support::{ADMIN, MAKER, TRADER, World, next, secret, signed};

/// New risk that trades with nobody.
const BUY: [(&str, &str); 6] = [
    ("symbol", "BTCUSDT"),
    ("side", "BUY"),
    ("type", "LIMIT"),
    ("timeInForce", "IOC"),
    ("quantity", "0.010"),
    ("price", "95000"),
];

/// Closing what the trader holds.
const CLOSE: [(&str, &str); 5] = [
    ("symbol", "BTCUSDT"),
    ("side", "SELL"),
    ("type", "MARKET"),
    ("quantity", "0.001"),
    ("reduceOnly", "true"),
];

/// An engine that does a hundred orders a second.
fn slow(config: &mut VenueConfig) {
    config.capacity_per_second = Some(100);
    config.workers = 2;
}

fn send(world: &World, key: &str, params: &[(&str, &str)]) -> Message {
    let query = signed(key, params, clock::unix_time().as_millis());
    world.send("POST", &format!("/fapi/v1/order?{query}"), Some(key), b"")
}

fn code(message: &Message) -> Option<i64> {
    serde_json::from_slice::<Value>(&message.body).ok()?["code"].as_i64()
}

/// A class as it is told.
fn class(world: &World, name: &str) -> Value {
    let told = world.get("/v1/admission");
    let mut classes = told["classes"].as_array().expect("classes").iter();
    classes.find(|class| class["class"] == name).expect("a class").clone()
}

/// Two accounts ask for new risk over twelve connections each, until the work is done. Their answers.
fn flood(world: &World, work: impl FnOnce()) -> Vec<Message> {
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let sending: Vec<_> = (0..24)
            .map(|number| {
                let over = &over;
                scope.spawn(move || {
                    let key = if number % 2 == 0 { MAKER } else { ADMIN };
                    let mut answers = Vec::new();
                    while !over.load(Ordering::Relaxed) {
                        answers.push(send(world, key, &BUY));
                    }
                    answers
                })
            })
            .collect();
        while class(world, "new_risk")["open"] == true {
            assert!(!sending.iter().any(|one| one.is_finished()), "the flood has broken off");
            std::thread::yield_now();
        }
        work();
        over.store(true, Ordering::Relaxed);
        sending.into_iter().flat_map(|one| one.join().expect("it sends")).collect()
    })
}

#[test]
fn new_risk_is_shed_in_binance_s_words_while_what_cuts_risk_gets_through() {
    // VE-4: who wants out would be told to try again later, for as long as the crash goes on.
    let world = World::start_with(slow);
    world.order(MAKER, "SELL", "0.500", "100100");
    world.order(TRADER, "BUY", "0.100", "100100");
    world.order(MAKER, "BUY", "0.500", "99900");
    let resting: Vec<String> = (0..10)
        .map(|_| world.order(TRADER, "BUY", "0.010", "95000")["orderId"].to_string())
        .collect();
    let answers = flood(&world, || {
        for number in &resting {
            let which = [("symbol", "BTCUSDT"), ("orderId", number.as_str())];
            world.done(TRADER, "DELETE", "/fapi/v1/order", &which);
        }
        for _ in 0..10 {
            let closed = world.done(TRADER, "POST", "/fapi/v1/order", &CLOSE);
            assert_eq!(closed["executedQty"], "0.001", "{closed}");
        }
    });
    let shed: Vec<&Message> = answers.iter().filter(|answer| answer.status() == 503).collect();
    assert!(!shed.is_empty());
    for answer in shed {
        assert_eq!(code(answer), Some(-1_008), "{}", answer.text());
        assert!(answer.text().contains("Reduce-only/close-position orders are exempt"));
        assert_eq!(answer.header("x-seawall-lanes-open"), Some("reduce, liquidate, query"));
        assert_eq!(answer.header("retry-after"), Some("1"));
    }
    assert!(answers.iter().all(|answer| matches!(answer.status(), 200 | 503)));
    assert!(answers.iter().any(|answer| answer.status() == 200), "new risk has its floor");
    let reduce = class(&world, "reduce");
    assert_eq!(
        (&reduce["shed_full"], &reduce["shed_overload"]),
        (&json!(0), &json!(0)),
        "{reduce}"
    );
    assert_eq!((&reduce["admitted"], &reduce["open"]), (&json!(20), &json!(true)), "{reduce}");
    assert!(class(&world, "new_risk")["shed_overload"].as_u64() > Some(0));
    let metrics = world.send("GET", "/metrics", None, b"");
    for wanted in [
        "seawall_venue_admission_admitted{class=\"reduce\"} 20",
        "seawall_venue_admission_queue_delay_seconds_count{class=\"reduce\"} 20",
        "seawall_venue_admission_capacity_per_second 100",
    ] {
        assert!(metrics.text().contains(wanted), "{wanted} is not in the metrics");
    }
}

#[test]
fn first_come_first_served_sheds_nobody_and_keeps_everybody_waiting() {
    // The drill needs the old behaviour to be the old behaviour.
    let world = World::start_with(|config| {
        slow(config);
        config.admission = AdmissionMode::Fifo;
    });
    let told = world.get("/v1/admission");
    assert_eq!((&told["mode"], &told["capacity_per_second"]), (&json!("fifo"), &json!(100)));
    world.order(TRADER, "BUY", "0.010", "95000");
    assert_eq!(class(&world, "new_risk")["admitted"], 1);
}

#[test]
fn limits_that_are_held_are_told_with_when_to_come_back_and_not_held_against_who_wants_out() {
    let world = World::start_with(|config| {
        config.limits.orders_per_minute = Some(4);
        config.limits.weight_per_minute = Some(10_000);
    });
    world.order(MAKER, "SELL", "0.500", "100100");
    world.order(MAKER, "BUY", "0.500", "99900");
    world.order(TRADER, "BUY", "0.100", "100100");
    let resting = world.order(TRADER, "BUY", "0.010", "95000")["orderId"].to_string();
    let limits = world.get("/fapi/v1/exchangeInfo")["rateLimits"].clone();
    let told: Vec<_> =
        limits.as_array().expect("limits").iter().map(|limit| &limit["limit"]).collect();
    assert_eq!(told, [&json!(10_000), &json!(300), &json!(4)]);
    let refused = loop {
        // The minute may begin anew on the way.
        let answer = send(&world, TRADER, &BUY);
        if answer.status() != 200 {
            break answer;
        }
    };
    assert_eq!((refused.status(), code(&refused)), (429, Some(-1_015)), "{}", refused.text());
    let after: u64 =
        refused.header("retry-after").and_then(|after| after.parse().ok()).expect("when");
    assert!((1..=60).contains(&after));
    world.done(TRADER, "POST", "/fapi/v1/order", &CLOSE);
    let which = [("symbol", "BTCUSDT"), ("orderId", resting.as_str())];
    world.done(TRADER, "DELETE", "/fapi/v1/order", &which);
}

#[test]
fn a_socket_s_refusals_are_told_together_and_its_cancels_are_done() {
    let world = World::start_with(slow);
    world.order(MAKER, "SELL", "0.500", "100100");
    world.order(TRADER, "BUY", "0.100", "100100");
    world.order(MAKER, "BUY", "0.500", "99900");
    let place = |id: u64, params: &[(&str, &str)]| {
        let mut query = wire_binance::Query::new();
        let mut fields = serde_json::Map::new();
        let timestamp = clock::unix_time().as_millis().to_string();
        let all = [("apiKey", TRADER), ("timestamp", &timestamp)];
        let mut all: Vec<(&str, &str)> = params.iter().copied().chain(all).collect();
        all.sort_unstable();
        for (name, value) in all {
            wire_binance::Sink::push(&mut query, name, value);
            fields.insert(name.to_owned(), json!(value));
        }
        let secret = wire_binance::Secret::new(secret(TRADER).as_bytes());
        let signature = secret.sign([query.as_str().as_bytes()]).hex();
        fields.insert("signature".to_owned(), json!(signature));
        let request = json!({"id": id, "method": "order.place", "params": fields});
        Bytes::from(request.to_string())
    };
    block_on(async {
        let mut socket = world.socket("/ws-fapi/v1").await;
        for id in 0..30 {
            assert!(socket.send(place(id, &BUY)).await);
        }
        assert!(socket.send(place(1_000, &CLOSE)).await);
        let closed = next(&mut socket, |told| told["id"] == 1_000).await;
        assert_eq!(closed["status"], 200, "{closed}");
        // Go on until refusals are told together.
        let mut id = 2_000;
        loop {
            for _ in 0..20 {
                assert!(socket.send(place(id, &BUY)).await);
                id += 1;
            }
            let last = id - 1;
            let told = next(&mut socket, |told| told["refused"].is_array() || told["id"] == last);
            let told = told.await;
            if told["refused"].is_array() {
                assert_eq!(
                    (&told["status"], &told["error"]["code"]),
                    (&json!(503), &json!(-1_008))
                );
                break;
            }
        }
    });
}

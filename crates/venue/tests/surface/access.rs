//! Who may do what.

use runtime::clock;

use crate::support::{ADMIN, MAKER, TRADER, World, signed};

const ORDER: [(&str, &str); 6] = [
    ("symbol", "BTCUSDT"),
    ("side", "BUY"),
    ("type", "LIMIT"),
    ("timeInForce", "GTC"),
    ("quantity", "0.010"),
    ("price", "95000"),
];

#[test]
fn only_who_may_do_it_does_it() {
    let world = World::start();
    let order = |key: &str| world.code(key, "POST", "/fapi/v1/order", &ORDER);
    assert_eq!(order("reader-key-0000001"), -2015, "it may only look");
    assert_eq!(order("distant-key-000001"), -2015, "it may not come from here");
    assert_eq!(order("nobodys-key-000001"), -2015);
    assert_eq!(order("short"), -2014);
    world.done("reader-key-0000001", "GET", "/fapi/v3/account", &[]);
    assert_eq!(world.code(TRADER, "GET", "/v1/admin/accounts", &[]), -2015);
    assert_eq!(
        world.code(TRADER, "POST", "/v1/withdrawals", &[("asset", "USDT"), ("amount", "1")]),
        -2015
    );
    world.done(ADMIN, "POST", "/v1/withdrawals", &[("asset", "USDT"), ("amount", "1")]);
}

#[test]
fn who_opens_the_root_is_told_what_is_there() {
    let world = World::start();
    let root = world.send("GET", "/", None, b"");
    assert!(root.status() == 200 && root.text().contains("/v1/openapi.json"), "{}", root.text());
    let other = world.send("POST", "/", None, b"");
    assert_eq!(other.status(), 404, "{}", other.text());
}

#[test]
fn a_signature_holds_for_its_request_and_for_a_while() {
    // Whoever sees a request on its way must not be able to send another one, or the same one later.
    let world = World::start();
    let now = clock::unix_time().as_millis();
    let send = |query: &str| {
        let answer = world.send("POST", &format!("/fapi/v1/order?{query}"), Some(TRADER), b"");
        let body: serde_json::Value = serde_json::from_slice(&answer.body).expect("JSON");
        body["code"].as_i64()
    };
    let query = signed(TRADER, &ORDER, now);
    assert_eq!(send(&query.replace("0.010", "9.010")), Some(-1022), "changed on its way");
    assert_eq!(send(&signed(MAKER, &ORDER, now)), Some(-1022), "with another's secret");
    assert_eq!(send(&signed(TRADER, &ORDER, now - 60_000)), Some(-1021), "too old");
    assert_eq!(send(&signed(TRADER, &ORDER, now + 60_000)), Some(-1021), "from the future");
    assert_eq!(send("symbol=BTCUSDT"), Some(-1102), "without a time");
    assert_eq!(send(&query), None, "as it was signed");
    // The same in a form, and with a parameter that nobody signed.
    let form = signed(TRADER, &ORDER, clock::unix_time().as_millis());
    let answer = world.send("POST", "/fapi/v1/order", Some(TRADER), form.as_bytes());
    assert_eq!(answer.status(), 200, "{}", answer.text());
    let answer =
        world.send("POST", "/fapi/v1/order?reduceOnly=true", Some(TRADER), form.as_bytes());
    assert!(answer.text().contains("-1022"), "{}", answer.text());
}

#[test]
fn an_order_is_its_account_s_alone() {
    let world = World::start();
    let placed = world.order(TRADER, "BUY", "0.010", "95000");
    let number = placed["orderId"].to_string();
    let which = [("symbol", "BTCUSDT"), ("orderId", number.as_str())];
    assert_eq!(world.code(MAKER, "GET", "/fapi/v1/order", &which), -2013);
    assert_eq!(world.code(MAKER, "DELETE", "/fapi/v1/order", &which), -2011);
    let name = placed["clientOrderId"].as_str().expect("a name");
    let named = [("symbol", "BTCUSDT"), ("origClientOrderId", name)];
    assert_eq!(world.code(MAKER, "DELETE", "/fapi/v1/order", &named), -2011);
    assert_eq!(world.done(MAKER, "GET", "/fapi/v1/openOrders", &[]), serde_json::json!([]));
    assert_eq!(world.done(TRADER, "DELETE", "/fapi/v1/order", &named)["status"], "CANCELED");
}

#[test]
fn what_is_too_large_or_odd_is_refused_and_the_venue_goes_on() {
    let world = World::start();
    let large = vec![b'a'; 200_000];
    assert!(world.send("POST", "/fapi/v1/order", Some(TRADER), &large).status() >= 400);
    for (method, target) in [
        ("GET", "/fapi/v1/depth?symbol=BTCUSDT&limit=7"),
        ("GET", "/fapi/v1/depth?symbol=%00"),
        ("GET", "/fapi/v1/depth?symbol=BTCUSDT&symbol=BTCUSDT"),
        ("GET", "/fapi/v1/klines?symbol=BTCUSDT&interval=7m"),
        ("GET", "/fapi/v9/nothing"),
        ("PATCH", "/fapi/v1/order"),
        ("GET", "/v1/tape?from=x"),
        ("GET", "/v1/nothing"),
    ] {
        let answer = world.send(method, target, None, b"");
        let body: serde_json::Value = serde_json::from_slice(&answer.body).expect("JSON");
        assert!(answer.status() >= 400 && body["code"].as_i64() < Some(0), "{target}: {body}");
    }
    assert!(world.get("/fapi/v1/time")["serverTime"].as_u64() > Some(1_600_000_000_000));
}

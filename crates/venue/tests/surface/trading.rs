//! What orders become, and what streams tell of it.

use runtime::http::Bytes;
use runtime::task::block_on;
use serde_json::json;

use crate::support::{MAKER, TRADER, World, next};

#[test]
fn a_trade_is_in_every_answer_and_on_every_stream() {
    // A fill that one place tells and another does not makes its owner trade twice, or not at all.
    let world = World::start();
    let key = world.done(TRADER, "POST", "/fapi/v1/listenKey", &[])["listenKey"].clone();
    let key = key.as_str().expect("a listen key").to_owned();
    block_on(async {
        let mut mine = world.socket(&format!("/private/ws?listenKey={key}")).await;
        let mut all = world.socket("/public/ws/1").await;
        let ask =
            r#"{"method":"SUBSCRIBE","params":["btcusdt@trade","btcusdt@bookTicker"],"id":1}"#;
        assert!(all.send(Bytes::from_static(ask.as_bytes())).await);
        assert_eq!(next(&mut all, |_| true).await, json!({"result": null, "id": 1}));

        world.order(MAKER, "SELL", "0.500", "100100");
        let best = next(&mut all, |told| told["e"] == "bookTicker").await;
        assert_eq!((&best["a"], &best["A"]), (&json!("100100.0"), &json!("0.500")));
        let bought = world.order(TRADER, "BUY", "0.200", "100100");
        assert_eq!(bought["status"], "FILLED");
        assert_eq!(bought["avgPrice"], "100100.00");
        let told =
            next(&mut mine, |told| told["e"] == "ORDER_TRADE_UPDATE" && told["o"]["x"] == "TRADE");
        let told = told.await;
        assert_eq!((&told["o"]["i"], &told["o"]["X"]), (&bought["orderId"], &json!("FILLED")));
        assert_eq!(told["o"]["ps"], "BOTH");
        let account = next(&mut mine, |told| told["e"] == "ACCOUNT_UPDATE").await;
        assert_eq!(account["a"]["P"][0]["pa"], "0.200");
        let trade = next(&mut all, |told| told["e"] == "trade").await;
        assert_eq!(
            (&trade["p"], &trade["q"], &trade["m"]),
            (&json!("100100.0"), &json!("0.200"), &json!(false))
        );
    });
    let trades = world.done(TRADER, "GET", "/fapi/v1/userTrades", &[("symbol", "BTCUSDT")]);
    assert_eq!(trades[0]["qty"], "0.200");
    let positions = world.done(TRADER, "GET", "/fapi/v3/positionRisk", &[]);
    assert_eq!(
        (&positions[0]["positionAmt"], &positions[0]["entryPrice"]),
        (&json!("0.200"), &json!("100100.00"))
    );
    assert_eq!(world.get("/fapi/v1/trades?symbol=BTCUSDT")[0]["price"], "100100.0");
    let proof = world.get("/v1/conservation");
    assert_eq!((&proof["excess"], &proof["broken"]), (&json!("0.00000000"), &json!([])));
}

#[test]
fn each_entry_of_a_batch_is_answered_by_itself() {
    let world = World::start();
    let orders = json!([
        {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.010", "price": "95000", "newClientOrderId": "one"},
        {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.010", "price": "95000.05"},
        {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.010", "price": "1000"},
        {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.010", "price": "95001", "newClientOrderId": "one"},
    ]);
    let orders = orders.to_string();
    let told = world.done(TRADER, "POST", "/fapi/v1/batchOrders", &[("batchOrders", &orders)]);
    let seen: Vec<_> = (0..4).map(|at| told[at]["code"].as_i64()).collect();
    assert_eq!(seen, [None, Some(-1111), None, Some(-4116)], "{told}");
    let alone = json!([{"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.010", "price": "95001", "newClientOrderId": "one"}]);
    let alone = alone.to_string();
    let told = world.done(TRADER, "POST", "/fapi/v1/batchOrders", &[("batchOrders", &alone)]);
    assert_eq!(told[0]["code"], -4116, "{told}");
}

#[test]
fn a_stop_is_left_when_all_orders_are_cancelled() {
    // Who cancels bids to be safe must not lose the stop that makes the position safe.
    let world = World::start();
    world.order(MAKER, "SELL", "0.500", "100100");
    world.order(TRADER, "BUY", "0.200", "100100");
    let stop = [
        ("algoType", "CONDITIONAL"),
        ("symbol", "BTCUSDT"),
        ("side", "SELL"),
        ("type", "STOP_MARKET"),
        ("quantity", "0.200"),
        ("triggerPrice", "95000"),
        ("workingType", "MARK_PRICE"),
        ("reduceOnly", "true"),
    ];
    let placed = world.done(TRADER, "POST", "/fapi/v1/algoOrder", &stop);
    assert_eq!(
        (&placed["algoStatus"], &placed["triggerPrice"]),
        (&json!("NEW"), &json!("95000.0"))
    );
    world.order(TRADER, "BUY", "0.010", "95000");
    let symbol = [("symbol", "BTCUSDT")];
    world.done(TRADER, "DELETE", "/fapi/v1/allOpenOrders", &symbol);
    assert_eq!(world.done(TRADER, "GET", "/fapi/v1/openOrders", &symbol), json!([]));
    let left = world.done(TRADER, "GET", "/fapi/v1/openAlgoOrders", &symbol);
    assert_eq!(left[0]["algoId"], placed["algoId"]);
    world.done(TRADER, "DELETE", "/fapi/v1/algoOpenOrders", &symbol);
    assert_eq!(world.done(TRADER, "GET", "/fapi/v1/openAlgoOrders", &symbol), json!([]));
}

#[test]
fn every_question_of_the_surface_is_answered() {
    // A method of ccxt that gets no JSON of the right kind ends the program that calls it.
    let world = World::start();
    world.order(MAKER, "SELL", "0.500", "100100");
    world.order(TRADER, "BUY", "0.200", "100100");
    for target in [
        "ping",
        "time",
        "exchangeInfo",
        "depth?symbol=BTCUSDT",
        "trades?symbol=BTCUSDT",
        "aggTrades?symbol=BTCUSDT",
        "klines?symbol=BTCUSDT&interval=1m",
        "continuousKlines?pair=BTCUSDT&contractType=PERPETUAL&interval=1m",
        "indexPriceKlines?pair=BTCUSDT&interval=1m",
        "markPriceKlines?symbol=BTCUSDT&interval=1m",
        "premiumIndexKlines?symbol=BTCUSDT&interval=1m",
        "ticker/24hr",
        "ticker/24hr?symbol=BTCUSDT",
        "ticker/price",
        "ticker/bookTicker",
        "premiumIndex",
        "fundingRate",
        "fundingInfo",
        "openInterest?symbol=BTCUSDT",
        "assetIndex",
        "constituents?symbol=BTCUSDT",
        "insuranceBalance",
        "symbolAdlRisk",
    ] {
        let answer = world.send("GET", &format!("/fapi/v1/{target}"), None, b"");
        assert_eq!(answer.status(), 200, "{target}: {}", answer.text());
        assert!(answer.header("x-mbx-used-weight-1m").is_some(), "{target}");
    }
    let symbol = [("symbol", "BTCUSDT")];
    for path in [
        "/fapi/v2/balance",
        "/fapi/v3/balance",
        "/fapi/v2/account",
        "/fapi/v3/account",
        "/fapi/v2/positionRisk",
        "/fapi/v3/positionRisk",
        "/fapi/v1/leverageBracket",
        "/fapi/v1/adlQuantile",
        "/fapi/v1/accountConfig",
        "/fapi/v1/symbolConfig",
        "/fapi/v1/rateLimit/order",
        "/fapi/v1/positionSide/dual",
        "/fapi/v1/multiAssetsMargin",
        "/fapi/v1/openOrders",
        "/fapi/v1/openAlgoOrders",
        "/fapi/v1/income",
        "/fapi/v1/forceOrders",
        "/sapi/v1/capital/config/getall",
        "/sapi/v1/margin/allPairs",
    ] {
        world.done(TRADER, "GET", path, &[]);
    }
    for path in [
        "allOrders",
        "userTrades",
        "allAlgoOrders",
        "commissionRate",
        "orderAmendment",
        "positionMargin/history",
    ] {
        world.done(TRADER, "GET", &format!("/fapi/v1/{path}"), &symbol);
    }
}

//! Users' streams: how long they go on, and what they are told that nothing has happened for.

use runtime::task::block_on;
use serde_json::json;

use crate::support::{MAKER, TRADER, World, next};

#[test]
fn a_stream_that_its_owner_ends_says_so_and_nothing_after_it() {
    // A bot that goes on with a stream that has ended holds what it knows of its orders for true.
    let world = World::start();
    let ask = |method: &str| world.ask(TRADER, method, "/fapi/v1/listenKey", &[]);
    let key = ask("POST").1["listenKey"].as_str().expect("a listen key").to_owned();
    assert_eq!(ask("PUT").1["listenKey"], key.as_str());
    let path = format!("/private/ws?listenKey={key}");
    block_on(async {
        let mut mine = world.socket(&path).await;
        world.order(TRADER, "BUY", "0.010", "95000");
        next(&mut mine, |told| told["e"] == "ORDER_TRADE_UPDATE").await;
        assert_eq!(ask("DELETE").0, 200);
        let last = next(&mut mine, |_| true).await;
        assert_eq!((&last["e"], &last["listenKey"]), (&json!("listenKeyExpired"), &json!(key)));
        let mut refused = world.socket(&path).await;
        assert!(refused.receive().await.is_none(), "it is closed");
    });
    let (status, body) = ask("PUT");
    assert_eq!((status, &body["code"]), (400, &json!(-1125)), "{body}");
    assert_eq!(ask("POST").1["listenKey"], key.as_str(), "it may begin anew");
    assert_eq!(ask("PUT").0, 200);
}

#[test]
fn who_comes_near_liquidation_is_called_before_it() {
    // The liquidation itself is too late a warning.
    let world = World::start();
    for key in [TRADER, MAKER] {
        let leverage = [("symbol", "BTCUSDT"), ("leverage", "20")];
        world.done(key, "POST", "/fapi/v1/leverage", &leverage);
    }
    let key = world.done(TRADER, "POST", "/fapi/v1/listenKey", &[])["listenKey"].clone();
    let key = key.as_str().expect("a listen key");
    block_on(async {
        let mut mine = world.socket(&format!("/private/ws?listenKey={key}")).await;
        world.order(MAKER, "SELL", "19.000", "100000");
        world.order(TRADER, "BUY", "19.000", "100000");
        next(&mut mine, |told| told["e"] == "ORDER_TRADE_UPDATE").await;
        // 81,700 of some 99,000 are lost, and 15,131.50 have to stay.
        world.say(95_700);
        let call = next(&mut mine, |told| told["e"] != "ORDER_TRADE_UPDATE").await;
        let call =
            if call["e"] == "ACCOUNT_UPDATE" { next(&mut mine, |_| true).await } else { call };
        let position = &call["p"][0];
        assert_eq!((&call["e"], &position["mt"]), (&json!("MARGIN_CALL"), &json!("CROSSED")));
        assert_eq!((&position["s"], &position["pa"]), (&json!("BTCUSDT"), &json!("19.000")));
        assert_eq!(
            (&position["mp"], &position["mm"]),
            (&json!("95700.0"), &json!("15133.00000000"))
        );
    });
}

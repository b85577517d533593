//! What is still there after a restart.

use runtime::task::block_on;
use serde_json::json;

use crate::support::{MAKER, TRADER, World, next};

#[test]
fn orders_positions_and_streams_go_on_after_a_restart() {
    // A venue that forgets has taken somebody's money; a stream that ends for good is noticed when it is too late.
    let mut world = World::start();
    world.order(MAKER, "SELL", "0.500", "100100");
    let bought = world.order(TRADER, "BUY", "0.200", "100100");
    let rests = world.order(TRADER, "BUY", "0.010", "95000");
    let key = world.done(TRADER, "POST", "/fapi/v1/listenKey", &[])["listenKey"].clone();
    let before = world.get("/fapi/v1/depth?symbol=BTCUSDT");
    let cash = world.done(TRADER, "GET", "/fapi/v3/balance", &[])[0]["balance"].clone();

    world.restart();
    let symbol = [("symbol", "BTCUSDT")];
    let open = world.done(TRADER, "GET", "/fapi/v1/openOrders", &symbol);
    assert_eq!((&open[0]["orderId"], open.as_array().map(Vec::len)), (&rests["orderId"], Some(1)));
    let number = bought["orderId"].to_string();
    let which = [("symbol", "BTCUSDT"), ("orderId", number.as_str())];
    assert_eq!(world.done(TRADER, "GET", "/fapi/v1/order", &which)["status"], "FILLED");
    assert_eq!(
        world.done(TRADER, "GET", "/fapi/v3/balance", &[])[0]["balance"],
        cash,
        "it was put in once"
    );
    let after = world.get("/fapi/v1/depth?symbol=BTCUSDT");
    assert_eq!(after["lastUpdateId"], before["lastUpdateId"]);
    assert_eq!(world.get("/fapi/v1/trades?symbol=BTCUSDT")[0]["qty"], "0.200");

    let key = key.as_str().expect("a listen key");
    block_on(async {
        let mut mine = world.socket(&format!("/private/ws?listenKey={key}")).await;
        let mut book = world.socket("/ws/btcusdt@depth@100ms").await;
        world.done(TRADER, "DELETE", "/fapi/v1/allOpenOrders", &symbol);
        let told = next(&mut mine, |told| told["e"] == "ORDER_TRADE_UPDATE").await;
        assert_eq!((&told["o"]["i"], &told["o"]["x"]), (&rests["orderId"], &json!("CANCELED")));
        let change = next(&mut book, |told| told["e"] == "depthUpdate").await;
        assert_eq!(change["pu"], after["lastUpdateId"], "the book's changes go on");
    });
}

//! Requests as clients send them.

use proptest::prelude::*;

use super::*;
use crate::decimal::Decimal;
use crate::endpoint::{Endpoint, Request};
use crate::params::{Params, Query};
use crate::text::Symbol;
use crate::value::Value as _;
use crate::words::{OrderType, Side};

/// The error that a request is refused with, or the parameters that it is written with.
fn check(endpoint: Endpoint, sent: &str, expect: Result<&str, i32>) {
    let request =
        Params::read(sent.as_bytes(), b"").and_then(|params| Request::read(endpoint, &params));
    let written = request.map(|request| {
        let mut query = Query::new();
        request.put(&mut query);
        assert_eq!(request.endpoint(), endpoint);
        query.as_str().to_owned()
    });
    let found = written.as_deref().map_err(|failure| failure.code);
    assert_eq!(found, expect, "{endpoint:?} {sent}");
}

#[test]
fn an_order_as_ccxt_sends_it_is_read_whole() {
    // A field that is passed over is another order than was meant.
    let sent = "timestamp=1700000000000&newClientOrderId=x-xcKtGhcu27f109953d6e4dc0974006&newOrderRespType=RESULT&quantity=0.010&price=49000.5&side=BUY&symbol=BTCUSDT&timeInForce=GTC&type=LIMIT&reduceOnly=true&recvWindow=10000&signature=00";
    let written = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.010&reduceOnly=true&price=49000.5&newClientOrderId=x-xcKtGhcu27f109953d6e4dc0974006&newOrderRespType=RESULT";
    check(Endpoint::PlaceOrder, sent, Ok(written));
    let conditional = "algoType=CONDITIONAL&symbol=BTCUSDT&side=SELL&type=TRAILING_STOP_MARKET&quantity=0.1&callbackRate=1.5&activationPrice=51000&clientAlgoId=a&newOrderRespType=RESULT";
    let written = "algoType=CONDITIONAL&symbol=BTCUSDT&side=SELL&type=TRAILING_STOP_MARKET&quantity=0.1&activatePrice=51000&callbackRate=1.5&clientAlgoId=a&newOrderRespType=RESULT";
    check(Endpoint::PlaceAlgo, conditional, Ok(written));
    let changed = "symbol=BTCUSDT&side=BUY&orderId=7&quantity=0.2&price=48000";
    let written = "symbol=BTCUSDT&orderId=7&side=BUY&quantity=0.2&price=48000";
    check(Endpoint::ModifyOrder, changed, Ok(written));
}

#[test]
fn wrong_parameters_are_refused_by_the_codes_that_clients_know() {
    let order = "symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=1&timeInForce=GTC";
    for (change, code) in [
        ("side=BUY&type=LIMIT&quantity=1", -1_102),
        ("symbol=&side=BUY&type=LIMIT", -1_102),
        ("symbol=BTC/USDT&side=BUY&type=LIMIT", -1_100),
        ("symbol=BTCUSDT&side=UP&type=LIMIT", -1_117),
        ("symbol=BTCUSDT&side=BUY&type=limit", -1_116),
        ("symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=-1", -1_100),
        ("symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=", -1_105),
        ("symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=0.0000000000001", -1_111),
        ("symbol=BTCUSDT&side=BUY&type=LIMIT&reduceOnly=maybe", -1_130),
        ("symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=PO", -1_115),
        ("symbol=BTCUSDT&side=BUY&type=LIMIT&reduceonly=true", -1_104),
        ("symbol=BTCUSDT&symbol=ETHUSDT&side=BUY&type=LIMIT", -1_101),
    ] {
        check(Endpoint::PlaceOrder, change, Err(code));
    }
    let long = format!("{order}&newClientOrderId={}", "a".repeat(37));
    check(Endpoint::PlaceOrder, &long, Err(-4_015));
    check(Endpoint::Depth, "symbol=BTCUSDT&limit=7", Err(-4_021));
    check(Endpoint::Klines, "symbol=BTCUSDT&interval=2m", Err(-1_120));
    check(Endpoint::Klines, "symbol=BTCUSDT&interval=1m&limit=1501", Err(-1_130));
    check(Endpoint::MoveMargin, "symbol=BTCUSDT&amount=1&type=3", Err(-1_130));
    check(Endpoint::Ping, "a=1", Err(-1_104));
    check(Endpoint::CapitalConfig, "a=1&timestamp=1", Ok(""));
}

#[test]
fn lists_of_orders_are_read_in_either_spelling() {
    let sent = "symbol=BTCUSDT&orderidlist=%5B1%2C2%5D";
    check(Endpoint::CancelBatch, sent, Ok("symbol=BTCUSDT&orderIdList=%5B1%2C2%5D"));
    let sent = "symbol=BTCUSDT&origclientorderidlist=%5B%22a%22%5D";
    let written = "symbol=BTCUSDT&origClientOrderIdList=%5B%22a%22%5D";
    check(Endpoint::CancelBatch, sent, Ok(written));
}

#[test]
fn of_a_batch_each_order_is_taken_or_refused_by_itself() {
    // One wrong order among five must not keep the other four, which may be the way out, from being sent.
    let one =
        r#"{"symbol":"BTCUSDT","side":"SELL","type":"MARKET","quantity":"1","reduceOnly":true}"#;
    let body = format!("batchOrders=[{one},{{\"symbol\":\"BTCUSDT\"}},7]&timestamp=1");
    let params = Params::read(b"", body.as_bytes()).expect("read");
    let request = Request::read(Endpoint::PlaceBatch, &params).expect("a batch");
    assert_eq!(request.orders(), 3);
    let Request::PlaceBatch(batch) = request else { panic!("another request") };
    let codes: Vec<_> =
        batch.orders.0.iter().map(|order| order.as_ref().map_err(|failure| failure.code)).collect();
    let first = codes[0].expect("an order");
    assert_eq!((first.order_type, first.reduce_only), (OrderType::Market, Some(true)));
    assert_eq!(codes[1].err(), Some(-1_102));
    assert_eq!(codes[2].err(), Some(-1_013));
    let mut written = String::new();
    batch.orders.print(&mut written);
    let again = r#"[{"symbol":"BTCUSDT","side":"SELL","type":"MARKET","quantity":"1","reduceOnly":"true"}]"#;
    assert_eq!(written, again);
    let five = format!("batchOrders=[{}]", [one; 5].join(","));
    let five = Params::read(b"", five.as_bytes()).expect("read");
    assert!(Request::read(Endpoint::PlaceBatch, &five).is_ok_and(|five| five.orders() == 5));
    let six = format!("batchOrders=%5B{}%5D", [one; 6].join(","));
    check(Endpoint::PlaceBatch, &six, Err(-4_082));
    check(Endpoint::PlaceBatch, "batchOrders=[]", Err(-4_082));
    check(Endpoint::PlaceBatch, "batchOrders={}", Err(-1_130));
    check(Endpoint::PlaceBatch, "", Err(-1_102));
}

#[test]
fn an_order_has_what_its_kind_wants() {
    let read = |sent: &'static str| {
        let params = Params::read(sent.as_bytes(), b"").expect("read");
        match Request::read(Endpoint::PlaceOrder, &params) {
            Ok(Request::PlaceOrder(order)) => order.check().map_err(|failure| failure.to_string()),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(read("symbol=A&side=BUY&type=MARKET&quantity=1"), Ok(()));
    assert_eq!(read("symbol=A&side=BUY&type=LIMIT&quantity=1&price=1&timeInForce=GTX"), Ok(()));
    assert_eq!(
        read("symbol=A&side=BUY&type=LIMIT&quantity=1&priceMatch=QUEUE&timeInForce=GTC"),
        Ok(())
    );
    let mandatory = |name| {
        Err(format!(
            "-1102 Mandatory parameter '{name}' was not sent, was empty/null, or malformed."
        ))
    };
    assert_eq!(read("symbol=A&side=BUY&type=MARKET"), mandatory("quantity"));
    assert_eq!(read("symbol=A&side=BUY&type=LIMIT&quantity=1&timeInForce=GTC"), mandatory("price"));
    assert_eq!(read("symbol=A&side=BUY&type=LIMIT&quantity=1&price=1"), mandatory("timeInForce"));
    assert_eq!(
        read("symbol=A&side=BUY&type=LIMIT&quantity=1&price=1&timeInForce=GTD"),
        mandatory("goodTillDate")
    );
    let market = read("symbol=A&side=BUY&type=MARKET&quantity=1&price=1");
    assert_eq!(market, Err("-1106 Parameter 'price' sent when not required.".to_owned()));
    assert!(read("symbol=A&side=BUY&type=LIQUIDATION&quantity=1").is_err());
}

#[test]
fn a_request_says_which_order_it_means() {
    let which = |order_id| WhichOrder {
        symbol: Symbol::new("BTCUSDT").expect("a symbol"),
        order_id,
        client_order_id: None,
    };
    assert_eq!(which(Some(1)).check(), Ok(()));
    assert_eq!(
        which(None).check().expect_err("neither").to_string(),
        "-1102 Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!"
    );
}

proptest! {
    #[test]
    fn an_order_comes_back_from_its_query(
        quantity in 1_i128..1_000_000_000_000_000_000,
        price in proptest::option::of(1_i128..1_000_000_000_000_000_000),
        sell in any::<bool>(),
        reduce_only in proptest::option::of(any::<bool>()),
    ) {
        // What a load generator sends is what the venue has to read.
        let side = if sell { Side::Sell } else { Side::Buy };
        let symbol = Symbol::new("BTCUSDT").expect("a symbol");
        let mut order = NewOrder::new(symbol, side, OrderType::Limit, Decimal::from_raw(quantity, 0));
        order.price = price.map(|price| Decimal::from_raw(price, 0));
        order.reduce_only = reduce_only;
        let sent = Request::PlaceOrder(Box::new(order));
        let mut query = Query::new();
        sent.put(&mut query);
        let params = Params::read(query.as_str().as_bytes(), b"").expect("read");
        let Request::PlaceOrder(read) = Request::read(Endpoint::PlaceOrder, &params).expect("read") else {
            panic!("another request")
        };
        prop_assert_eq!(read.quantity.map(Decimal::raw), Some(quantity));
        prop_assert_eq!(read.price.map(Decimal::raw), price);
        prop_assert_eq!((read.side, read.reduce_only), (side, reduce_only));
    }

    #[test]
    fn no_text_makes_any_endpoint_panic(sent in "(symbol|limit|batchOrders|type|side|a)=[A-Z0-9\\[\\]{}\":%,.]{0,20}(&[a-z]{1,5}=.{0,9}){0,3}") {
        let Ok(params) = Params::read(sent.as_bytes(), b"") else { return Ok(()) };
        for endpoint in Endpoint::ALL {
            drop(Request::read(*endpoint, &params));
        }
    }
}

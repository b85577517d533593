//! Streams as clients ask for them, and what they are told, against the fields that Binance's documentation lists.

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::id::RequestId;
use crate::json::ToJson;
use crate::text::Symbol;
use crate::words::Interval;

#[test]
fn names_are_read_as_they_are_written() {
    // A stream by another name is one that a client waits for in vain.
    let symbol = Symbol::new("BTCUSDT").expect("a symbol");
    for (text, name) in [
        ("btcusdt@depth", StreamName::Depth(symbol, DepthSpeed::Usual)),
        ("btcusdt@depth@100ms", StreamName::Depth(symbol, DepthSpeed::Fast)),
        (
            "btcusdt@depth5@500ms",
            StreamName::PartialDepth(symbol, DepthLevels::Five, DepthSpeed::Slow),
        ),
        (
            "btcusdt@depth20",
            StreamName::PartialDepth(symbol, DepthLevels::Twenty, DepthSpeed::Usual),
        ),
        ("btcusdt@trade", StreamName::Trade(symbol)),
        ("btcusdt@aggTrade", StreamName::AggTrade(symbol)),
        ("btcusdt@miniTicker", StreamName::MiniTicker(symbol)),
        ("!miniTicker@arr", StreamName::AllMiniTickers),
        ("btcusdt@ticker", StreamName::Ticker(symbol)),
        ("!ticker@arr", StreamName::AllTickers),
        ("btcusdt@bookTicker", StreamName::BookTicker(symbol)),
        ("!bookTicker", StreamName::AllBookTickers),
        ("btcusdt@markPrice", StreamName::MarkPrice(symbol, false)),
        ("btcusdt@markPrice@1s", StreamName::MarkPrice(symbol, true)),
        ("!markPrice@arr@1s", StreamName::AllMarkPrices(true)),
        ("btcusdt@kline_1M", StreamName::Kline(symbol, Interval::Month1)),
        ("btcusdt@forceOrder", StreamName::ForceOrder(symbol)),
        ("!forceOrder@arr", StreamName::AllForceOrders),
    ] {
        assert_eq!(StreamName::parse(text), Some(name), "{text}");
        assert_eq!(name.to_string(), text);
    }
    let usual = StreamName::parse("BTCUSDT@depth10@250ms").expect("a name");
    assert_eq!(usual.to_string(), "btcusdt@depth10");
    let key = "a".repeat(64);
    let user = StreamName::parse(&key).expect("a user's stream");
    assert_eq!((user.to_string(), user.symbol()), (key, None));
    for text in [
        "",
        "@",
        "btcusdt",
        "btcusdt@",
        "btcusdt@depth50",
        "btcusdt@depth@1s",
        "btcusdt@kline_2m",
        "btc usdt@trade",
        "btcusdt@trade@x",
        "!x@arr",
    ] {
        assert_eq!(StreamName::parse(text), None, "{text}");
    }
}

#[test]
fn what_clients_say_is_read_and_answered() {
    let read = |text: &str| Control::read(text).map_err(|error| (error.code, error.message));
    let said =
        r#"{"method":"SUBSCRIBE","params":["btcusdt@depth@100ms","!miniTicker@arr"],"id":1}"#;
    let control = read(said).expect("it is understood");
    assert_eq!(control.id, RequestId::Number(1));
    assert!(matches!(&control.ask, Ask::Subscribe(names) if names.len() == 2));
    let mut out = Vec::new();
    control.write(&mut out);
    assert_eq!(out, said.as_bytes());
    for said in [
        r#"{"method":"UNSUBSCRIBE","params":["btcusdt@trade"],"id":"x"}"#,
        r#"{"method":"LIST_SUBSCRIPTIONS","id":3}"#,
        r#"{"method":"SET_PROPERTY","params":["combined",true],"id":5}"#,
        r#"{"method":"GET_PROPERTY","params":["combined"],"id":null}"#,
    ] {
        let mut out = Vec::new();
        read(said).expect("it is understood").write(&mut out);
        assert_eq!(String::from_utf8(out).expect("text"), said);
    }
    // ccxt waits for this answer before it asks for the book.
    let mut out = Vec::new();
    write_reply(&RequestId::Number(1), &mut out);
    assert_eq!(out, br#"{"result":null,"id":1}"#);
    out.clear();
    write_listed(&RequestId::Number(3), &[StreamName::AllTickers], &mut out);
    assert_eq!(out, br#"{"result":["!ticker@arr"],"id":3}"#);
}

#[test]
fn what_makes_no_sense_is_refused_with_the_id_it_came_with() {
    let refused = |text: &str| {
        let error = Control::read(text).expect_err(text);
        String::from_utf8(error.to_json()).expect("text")
    };
    let no_stream = refused(r#"{"method":"SUBSCRIBE","params":["btcusdt@x"],"id":7}"#);
    let expect = r#"{"error":{"code":2,"msg":"Invalid request: there is no such stream"},"id":7}"#;
    assert_eq!(no_stream, expect);
    for (text, code) in [
        ("", 3),
        ("{", 3),
        (r#"{"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":-1}"#, 2),
        (r#"{"method":"SUBSCRIBE","params":[],"id":1}"#, 2),
        (r#"{"method":"SUBSCRIBE","params":[1],"id":1}"#, 2),
        (r#"{"method":"JUMP","id":1}"#, 2),
        (r#"{"id":1}"#, 2),
        (r#"{"method":"SET_PROPERTY","params":["combined",1],"id":1}"#, 1),
        (r#"{"method":"GET_PROPERTY","params":["x"],"id":1}"#, 0),
    ] {
        assert_eq!(Control::read(text).expect_err(text).code, code, "{text}");
    }
    let many = vec!["btcusdt@trade"; STREAMS_MAX + 1];
    let many = serde_json::json!({"method": "SUBSCRIBE", "params": many, "id": 1}).to_string();
    assert_eq!(Control::read(&many).expect_err("too many").code, 2);
    let long = format!("{{\"method\":\"{}\"}}", "x".repeat(FRAME_MAX));
    assert_eq!(Control::read(&long).expect_err("too long").code, 3);
}

/// Reads an example as a client does, writes it as a venue does, and looks whether it says the same.
fn check(example: &str) -> Event {
    let Ok(Message::Event(event)) = Message::read(example) else {
        panic!("{:?}", Message::read(example))
    };
    let written = event.to_json();
    let values = |text: &[u8]| serde_json::from_slice::<Value>(text).expect("JSON");
    assert_eq!(values(&written), values(example.as_bytes()));
    let mut wrapped = Vec::new();
    write_combined("a@b", &event, &mut wrapped);
    let wrapped = String::from_utf8(wrapped).expect("text");
    assert_eq!(Message::read(&wrapped), Ok(Message::Event(event.clone())));
    let list = format!("[{example},{example}]");
    assert_eq!(Message::read(&list), Ok(Message::Events(vec![event.clone(), event.clone()])));
    event
}

#[test]
fn market_events_are_written_as_documented() {
    let depth = r#"{"e":"depthUpdate","E":1571889248277,"T":1571889248276,"s":"BTCUSDT","U":390497796,"u":390497878,"pu":390497794,"b":[["7403.89","0.002"],["7403.90","0"]],"a":[["7405.96","3.340"]]}"#;
    assert_eq!(check(depth).to_json(), depth.as_bytes());
    check(
        r#"{"e":"trade","E":1711933333333,"T":1711933333330,"s":"BTCUSDT","t":5,"p":"7403.89","q":"0.002","X":"MARKET","m":true}"#,
    );
    check(
        r#"{"e":"aggTrade","E":123456789,"s":"BTCUSDT","a":5933014,"p":"0.001","q":"100","f":100,"l":105,"T":123456785,"m":true}"#,
    );
    check(
        r#"{"e":"24hrMiniTicker","E":123456789,"s":"BTCUSDT","c":"0.0025","o":"0.0010","h":"0.0025","l":"0.0010","v":"10000","q":"18"}"#,
    );
    check(
        r#"{"e":"24hrTicker","E":123456789,"s":"BTCUSDT","p":"0.0015","P":"250.00","w":"0.0018","c":"0.0025","Q":"10","o":"0.0010","h":"0.0025","l":"0.0010","v":"10000","q":"18","O":0,"C":86400000,"F":0,"L":18150,"n":18151}"#,
    );
    check(
        r#"{"e":"bookTicker","u":400900217,"E":1568014460893,"T":1568014460891,"s":"BNBUSDT","b":"25.35190000","B":"31.21000000","a":"25.36520000","A":"40.66000000"}"#,
    );
    check(
        r#"{"e":"markPriceUpdate","E":1562305380000,"s":"BTCUSDT","p":"11794.15000000","i":"11784.62659091","P":"11784.25641265","r":"0.00038167","T":1562306400000}"#,
    );
    check(
        r#"{"e":"kline","E":1638747660000,"s":"BTCUSDT","k":{"t":1638747660000,"T":1638747719999,"s":"BTCUSDT","i":"1m","f":100,"L":200,"o":"0.0010","c":"0.0020","h":"0.0025","l":"0.0015","v":"1000","n":100,"x":false,"q":"1.0000","V":"500","Q":"0.500","B":"123456"}}"#,
    );
    check(
        r#"{"e":"forceOrder","E":1568014460893,"o":{"s":"BTCUSDT","S":"SELL","o":"LIMIT","f":"IOC","q":"0.014","p":"9910","ap":"9910","X":"FILLED","l":"0.014","z":"0.014","T":1568014460893}}"#,
    );
}

#[test]
fn user_events_are_written_as_documented() {
    // An update without `ps` is one of the spot market to ccxt.
    check(
        r#"{"e":"ORDER_TRADE_UPDATE","E":1568879465651,"T":1568879465650,"o":{"s":"BTCUSDT","c":"TEST","S":"SELL","o":"TRAILING_STOP_MARKET","f":"GTC","q":"0.001","p":"0","ap":"0","sp":"7103.04","x":"NEW","X":"NEW","i":8886774,"l":"0","z":"0","L":"0","N":"USDT","n":"0","T":1568879465650,"t":0,"b":"0","a":"9.91","m":false,"R":false,"wt":"CONTRACT_PRICE","ot":"TRAILING_STOP_MARKET","ps":"LONG","cp":false,"AP":"7476.89","cr":"5.0","pP":false,"si":0,"ss":0,"rp":"0","V":"EXPIRE_TAKER","pm":"OPPONENT","gtd":0,"er":"0"}}"#,
    );
    check(
        r#"{"e":"ALGO_UPDATE","T":1750515742297,"E":1750515742303,"o":{"caid":"Q5xaq5EGKgXXa0fD7fs0Ip","aid":2148719,"at":"CONDITIONAL","o":"TAKE_PROFIT","s":"BNBUSDT","S":"SELL","ps":"BOTH","f":"GTC","q":"0.01","X":"CANCELED","ai":"","ap":"0.00000","aq":"0.00000","act":"0","tp":"750","p":"750","V":"EXPIRE_MAKER","wt":"CONTRACT_PRICE","pm":"NONE","cp":false,"pP":false,"R":false,"tt":0,"gtd":0,"rm":"Reduce Only reject"}}"#,
    );
    check(
        r#"{"e":"ACCOUNT_UPDATE","E":1564745798939,"T":1564745798938,"a":{"m":"ORDER","B":[{"a":"USDT","wb":"122624.12345678","cw":"100.12345678","bc":"50.12345678"}],"P":[{"s":"BTCUSDT","pa":"0","ep":"0.00000","bep":"0","cr":"200","up":"0","mt":"isolated","iw":"0.00000000","ps":"BOTH"}]}}"#,
    );
    check(
        r#"{"e":"ACCOUNT_CONFIG_UPDATE","E":1611646737479,"T":1611646737476,"ac":{"s":"BTCUSDT","l":25}}"#,
    );
    check(r#"{"e":"ACCOUNT_CONFIG_UPDATE","E":1611646737479,"T":1611646737476,"ai":{"j":true}}"#);
    check(
        r#"{"e":"MARGIN_CALL","E":1587727187525,"cw":"3.16812045","p":[{"s":"ETHUSDT","ps":"LONG","pa":"1.327","mt":"CROSSED","iw":"0","mp":"187.17127","up":"-1.166074","mm":"1.614445"}]}"#,
    );
    check(
        r#"{"e":"CONDITIONAL_ORDER_TRIGGER_REJECT","E":1685517224945,"T":1685517224955,"or":{"s":"ETHUSDT","i":155618472834,"r":"Due to the order could not be filled immediately, the FOK order has been rejected."}}"#,
    );
    let key = "WsCMN0a4KHUPTQuX6IUnqEZfB1inxmv1qR4kbf1LuEjur5VdbzqvyxqG9TSjVVxv";
    check(&format!(r#"{{"e":"listenKeyExpired","E":1736996475556,"listenKey":"{key}"}}"#));
}

#[test]
fn answers_are_told_apart_from_events() {
    assert_eq!(Message::read(r#"{"result":null,"id":1}"#), Ok(Message::Done(RequestId::Number(1))));
    let refused = Message::read(r#"{"error":{"code":2,"msg":"no"},"id":1}"#);
    assert!(
        matches!(refused, Ok(Message::Refused(RequestId::Number(1), words)) if words.contains("no"))
    );
    for text in [
        "",
        "{}",
        "7",
        "[7]",
        r#"{"e":"x"}"#,
        r#"{"e":"trade"}"#,
        r#"{"stream":"a","data":{"stream":"b","data":{"e":"x"}}}"#,
    ] {
        assert!(Message::read(text).is_err(), "{text}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in r#"(\{"(e|id|method|data|params)":)?[{}\[\]",:a-z@!0-9_.\\ ]{0,60}\}?"#) {
        drop(Message::read(&text));
        drop(Control::read(&text));
        let name = StreamName::parse(&text);
        if let Some(name) = name {
            prop_assert_eq!(StreamName::parse(&name.to_string()), Some(name));
        }
    }
}

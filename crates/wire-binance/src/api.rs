//! Requests and their answers over WebSocket. Each method takes what its endpoint takes; the signature is over the
//! parameters in the order of their names.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::answer::RateLimit;
use crate::endpoint::{Endpoint, Request};
use crate::failure::{ErrorCode, Failure};
use crate::id::RequestId;
use crate::json::ToJson;
use crate::params::{JsonObject, LENGTH_MAX, Params, Sink};
use crate::sign::{Secret, Signature};

/// What there is by which name. Logging a connection on (`session.logon`) takes a key of another kind than HMAC, and is
/// not there.
const METHODS: [(&str, Endpoint); 29] = [
    ("ping", Endpoint::Ping),
    ("time", Endpoint::Time),
    ("depth", Endpoint::Depth),
    ("ticker.price", Endpoint::TickerPrice),
    ("ticker.book", Endpoint::BookTicker),
    ("order.place", Endpoint::PlaceOrder),
    ("order.test", Endpoint::TestOrder),
    ("order.modify", Endpoint::ModifyOrder),
    ("order.cancel", Endpoint::CancelOrder),
    ("order.status", Endpoint::QueryOrder),
    ("openOrders.status", Endpoint::OpenOrders),
    ("openOrders.cancelAll", Endpoint::CancelAll),
    ("allOrders", Endpoint::AllOrders),
    ("myTrades", Endpoint::UserTrades),
    ("klines", Endpoint::Klines),
    ("trades.recent", Endpoint::Trades),
    // ccxt asks for the newest by this name, with no number to begin at.
    ("trades.historical", Endpoint::Trades),
    ("trades.aggregate", Endpoint::AggTrades),
    ("algoOrder.place", Endpoint::PlaceAlgo),
    ("algoOrder.cancel", Endpoint::CancelAlgo),
    ("account.balance", Endpoint::BalanceV2),
    ("v2/account.balance", Endpoint::BalanceV3),
    ("account.status", Endpoint::AccountV2),
    ("v2/account.status", Endpoint::AccountV3),
    ("account.position", Endpoint::PositionRiskV2),
    ("v2/account.position", Endpoint::PositionRiskV3),
    ("userDataStream.start", Endpoint::StartStream),
    ("userDataStream.ping", Endpoint::KeepStream),
    ("userDataStream.stop", Endpoint::CloseStream),
];

/// What ccxt leaves among the parameters after it has said the same in Binance's words: each is passed over where one of
/// the words beside it is there.
const LEFT_OVER: [(&str, &[&str]); 8] = [
    ("clientOrderId", &["newClientOrderId", "clientAlgoId", "origClientOrderId"]),
    ("newClientOrderId", &["clientAlgoId", "origClientOrderId"]),
    ("stopPrice", &["triggerPrice"]),
    ("stopLossPrice", &["triggerPrice"]),
    ("takeProfitPrice", &["triggerPrice"]),
    ("trailingPercent", &["callbackRate"]),
    ("trailingTriggerPrice", &["activationPrice"]),
    ("postOnly", &["timeInForce"]),
];

/// A request as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiRequest<'a> {
    /// What the answer is known by.
    pub id: RequestId,
    /// What it asks for.
    pub endpoint: Endpoint,
    /// What it was sent with.
    pub params: Params<'a>,
}

/// A request that is refused before it is known what it asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiRefusal {
    /// What the answer is known by, where that could be read.
    pub id: RequestId,
    /// Why.
    pub failure: Failure,
}

#[derive(Deserialize)]
struct Frame<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    method: Option<Cow<'a, str>>,
    #[serde(borrow)]
    params: Option<&'a RawValue>,
}

impl<'a> ApiRequest<'a> {
    /// Reads a frame.
    ///
    /// # Errors
    /// Where it is no JSON, asks for what there is not, or its parameters are none.
    pub fn read(text: &'a str) -> Result<Self, ApiRefusal> {
        let refuse = |id: RequestId, failure| ApiRefusal { id, failure };
        if text.len() > LENGTH_MAX {
            return Err(refuse(RequestId::None, Failure::no_json()));
        }
        let frame: Frame<'a> =
            serde_json::from_str(text).map_err(|_| refuse(RequestId::None, Failure::no_json()))?;
        let id = match frame.id {
            None => RequestId::None,
            Some(raw) => RequestId::read(raw.get())
                .ok_or_else(|| refuse(RequestId::None, Failure::mandatory("id")))?,
        };
        let Some(method) = frame.method else {
            return Err(refuse(id, Failure::mandatory("method")));
        };
        let Some((_, endpoint)) = METHODS.iter().find(|(name, _)| *name == method) else {
            return Err(refuse(id, Failure::of(ErrorCode::UnsupportedOperation)));
        };
        match Params::read_json(frame.params.map_or("{}", RawValue::get)) {
            Ok(params) => Ok(Self { id, endpoint: *endpoint, params }),
            Err(failure) => Err(refuse(id, failure)),
        }
    }

    /// What it asks for, with what it was sent with.
    ///
    /// # Errors
    /// Where a parameter is missing, is not what it should be, or is not known there.
    pub fn request(&self) -> Result<Request, Failure> {
        let left_over = |name: &str| {
            name == "returnRateLimits"
                || LEFT_OVER.iter().any(|(left, said)| {
                    *left == name && said.iter().any(|said| self.params.get(said).is_some())
                })
        };
        Request::read(self.endpoint, &self.params.without(left_over))
    }

    /// The key that it was sent with.
    ///
    /// # Errors
    /// Where there is none.
    pub fn key(&self) -> Result<&str, Failure> {
        match self.params.get("apiKey") {
            Some(key) if !key.is_empty() => Ok(key),
            Some(_) | None => Err(Failure::of(ErrorCode::BadKeyFormat)),
        }
    }

    /// Checks its signature.
    ///
    /// # Errors
    /// Where there is none, or it is not this secret's over these parameters.
    pub fn check(&self, secret: &Secret) -> Result<(), Failure> {
        let signature =
            self.params.get("signature").ok_or_else(|| Failure::mandatory("signature"))?;
        let signature = Signature::read(signature.as_bytes())?;
        let mut pairs: Vec<_> =
            self.params.iter().filter(|(name, _)| *name != "signature").collect();
        if secret.verifies([signed_text(&mut pairs).as_bytes()], &signature) {
            Ok(())
        } else {
            Err(Failure::of(ErrorCode::InvalidSignature))
        }
    }
}

/// What is signed: the parameters in the order of their names, as they stand, joined as in a query.
fn signed_text(pairs: &mut [(&str, &str)]) -> String {
    pairs.sort_unstable();
    let mut text = String::new();
    for (name, value) in pairs {
        if !text.is_empty() {
            text.push('&');
        }
        text.push_str(name);
        text.push('=');
        text.push_str(value);
    }
    text
}

/// A client's key, and when and for how long a request holds, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct Caller<'a> {
    /// The key.
    pub key: &'a str,
    /// Its secret.
    pub secret: &'a Secret,
    /// When the request is made, since 1970.
    pub timestamp: u64,
    /// For how long it holds; as long as is usual where it is not said.
    pub receive_window: Option<u64>,
}

/// Takes parameters and keeps them.
#[derive(Default)]
struct Pairs(Vec<(String, String)>);

impl Sink for Pairs {
    fn push(&mut self, name: &str, value: &str) {
        self.0.push((name.to_owned(), value.to_owned()));
    }
}

/// Appends a request as a client sends it, signed where there is a caller.
///
/// # Errors
/// Where the request cannot be made over WebSocket.
pub fn write_api_request(
    id: &RequestId,
    request: &Request,
    caller: Option<Caller<'_>>,
    out: &mut Vec<u8>,
) -> Result<(), Failure> {
    let endpoint = request.endpoint();
    let method = METHODS.iter().find(|(_, known)| *known == endpoint);
    let (method, _) = method.ok_or_else(|| Failure::of(ErrorCode::UnsupportedOperation))?;
    let mut pairs = Pairs::default();
    request.put(&mut pairs);
    if let Some(caller) = caller {
        pairs.push("apiKey", caller.key);
        pairs.push("timestamp", &caller.timestamp.to_string());
        if let Some(window) = caller.receive_window {
            pairs.push("recvWindow", &window.to_string());
        }
        let mut borrowed: Vec<_> =
            pairs.0.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let signature = caller.secret.sign([signed_text(&mut borrowed).as_bytes()]);
        pairs.push("signature", &signature.hex());
    }
    let mut params = JsonObject::new();
    for (name, value) in &pairs.0 {
        params.push(name, value);
    }
    out.extend_from_slice(b"{\"id\":");
    id.write(out);
    out.extend_from_slice(b",\"method\":");
    method.write(out);
    out.extend_from_slice(b",\"params\":");
    out.extend_from_slice(params.finish().as_bytes());
    out.push(b'}');
    Ok(())
}

/// Appends an answer: what was asked for, or why it was refused. Limits are told where there are some.
pub fn write_api_answer(
    id: &RequestId,
    answer: Result<&dyn ToJson, &Failure>,
    limits: &[RateLimit],
    out: &mut Vec<u8>,
) {
    out.extend_from_slice(b"{\"id\":");
    id.write(out);
    out.extend_from_slice(b",\"status\":");
    match answer {
        Ok(result) => {
            out.extend_from_slice(b"200,\"result\":");
            result.write(out);
        }
        Err(failure) => {
            u32::from(failure.status).write(out);
            out.extend_from_slice(b",\"error\":");
            failure.write(out);
        }
    }
    if !limits.is_empty() {
        out.extend_from_slice(b",\"rateLimits\":");
        limits.write(out);
    }
    out.push(b'}');
}

/// An answer as a client reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiAnswer<'a> {
    /// What its request is known by.
    pub id: RequestId,
    /// What was asked for, as JSON to be read further, or why it was refused.
    pub result: Result<&'a str, Failure>,
}

#[derive(Deserialize)]
struct Answered<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    status: u16,
    #[serde(borrow)]
    result: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

impl<'a> ApiAnswer<'a> {
    /// Reads a frame; `None` where it is no answer.
    #[must_use]
    pub fn read(text: &'a str) -> Option<Self> {
        let answered: Answered<'a> = serde_json::from_str(text).ok()?;
        let id = answered.id.and_then(|raw| RequestId::read(raw.get())).unwrap_or_default();
        let result = match (answered.result, answered.error) {
            (_, Some(error)) => Err(Failure::read(answered.status, error.get().as_bytes())?),
            (Some(result), None) => Ok(result.get()),
            (None, None) => return None,
        };
        Some(Self { id, result })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::answer::{ServerTime, Stream};
    use crate::decimal::Decimal;
    use crate::request::NewOrder;
    use crate::sign::Timing;
    use crate::text::{ListenKey, Symbol};
    use crate::words::Side;

    const SECRET: &[u8] = b"NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j";

    #[test]
    fn the_documented_request_is_read_and_its_signature_holds() {
        // Of the parameters in any other order, or escaped, the signature is another.
        let text = r#"{"id":"56374a46-3061-486b-a311-99ee972eb648","method":"order.place","params":{"symbol":"BTCUSDT","side":"SELL","type":"LIMIT","timeInForce":"GTC","quantity":"0.01000000","price":"52000.00","newOrderRespType":"ACK","recvWindow":100,"timestamp":1645423376532,"apiKey":"vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A","signature":"cc15477742bd704c29492d96c7ead9414dfd8e0ec4a00f947bb5bb454ddbd08a"}}"#;
        let read = ApiRequest::read(text).expect("a request");
        assert_eq!(read.endpoint, Endpoint::PlaceOrder);
        assert_eq!(read.check(&Secret::new(SECRET)), Ok(()));
        assert_eq!(read.check(&Secret::new(b"x")).expect_err("another").code, -1_022);
        assert!(read.key().is_ok_and(|key| key.starts_with("vmPUZE6mv9SD5VNHk4HlW")));
        assert_eq!(Timing::read(&read.params).map(|timing| timing.receive_window), Ok(100));
        assert!(matches!(read.request(), Ok(Request::PlaceOrder(order)) if order.check().is_ok()));
        let changed = text.replace("SELL", "BUY");
        let changed = ApiRequest::read(&changed).expect("a request");
        assert_eq!(changed.check(&Secret::new(SECRET)).expect_err("changed").code, -1_022);
    }

    #[test]
    fn what_ccxt_leaves_among_the_parameters_is_passed_over() {
        let request = |params: &str| {
            let text = format!(r#"{{"id":"1","method":"order.place","params":{params}}}"#);
            ApiRequest::read(&text).expect("a request").request().map_err(|failure| failure.code)
        };
        let order = r#""symbol":"BTCUSDT","side":"SELL","type":"MARKET","quantity":0.1"#;
        let sent = format!(
            r#"{{{order},"returnRateLimits":false,"newClientOrderId":"a","clientOrderId":"a"}}"#
        );
        assert!(request(&sent).is_ok());
        // Alone it was meant, and is no word of Binance's.
        assert_eq!(request(&format!(r#"{{{order},"clientOrderId":"a"}}"#)), Err(-1_104));
        assert_eq!(request(&format!(r#"{{{order},"stopLossPrice":1}}"#)), Err(-1_104));
    }

    #[test]
    fn what_cannot_be_asked_is_refused_with_its_id() {
        let refused = |text: &str| {
            let refusal = ApiRequest::read(text).expect_err(text);
            let mut out = Vec::new();
            write_api_answer(&refusal.id, Err(&refusal.failure), &[], &mut out);
            String::from_utf8(out).expect("text")
        };
        assert_eq!(
            refused(r#"{"id":3,"method":"session.logon","params":{}}"#),
            r#"{"id":3,"status":400,"error":{"code":-1020,"msg":"This operation is not supported."}}"#
        );
        let twice = refused(r#"{"id":3,"method":"ping","params":{"a":1,"a":2}}"#);
        assert!(twice.contains("-1101"), "{twice}");
        for text in [
            "",
            "[]",
            r#"{"id":-1,"method":"ping"}"#,
            r#"{"id":1}"#,
            r#"{"id":1,"method":"ping","params":[]}"#,
        ] {
            assert!(refused(text).contains("\"status\":400"), "{text}");
        }
        let long = format!(r#"{{"id":1,"method":"{}"}}"#, "x".repeat(LENGTH_MAX));
        assert!(refused(&long).starts_with(r#"{"id":null,"#));
        let no_key = ApiRequest::read(r#"{"id":1,"method":"ping"}"#).expect("a request");
        assert_eq!(no_key.key().expect_err("no key").code, -2_014);
        assert_eq!(no_key.check(&Secret::new(b"x")).expect_err("no signature").code, -1_102);
    }

    #[test]
    fn what_a_client_writes_a_venue_reads_and_back() {
        let symbol = Symbol::new("BTCUSDT").expect("a symbol");
        let order = NewOrder::limit(symbol, Side::Buy, Decimal::whole(1), Decimal::whole(2));
        let request = Request::PlaceOrder(Box::new(order));
        let secret = Secret::new(SECRET);
        let caller = Caller { key: "k", secret: &secret, timestamp: 5, receive_window: Some(9) };
        let mut out = Vec::new();
        write_api_request(&RequestId::Number(8), &request, Some(caller), &mut out)
            .expect("written");
        let text = String::from_utf8(out).expect("text");
        let read = ApiRequest::read(&text).expect("a request");
        assert_eq!(read.check(&secret), Ok(()));
        assert_eq!((read.id.clone(), read.request()), (RequestId::Number(8), Ok(request)));

        let mut out = Vec::new();
        let time = ServerTime { server_time: 7 };
        write_api_answer(&read.id, Ok(&time), &[], &mut out);
        assert_eq!(out, br#"{"id":8,"status":200,"result":{"serverTime":7}}"#);
        let text = String::from_utf8(out).expect("text");
        let answer = ApiAnswer::read(&text).expect("an answer");
        assert_eq!((answer.id, answer.result), (RequestId::Number(8), Ok("{\"serverTime\":7}")));
        let failure = Failure::of(ErrorCode::Throttled);
        let mut out = Vec::new();
        write_api_answer(&RequestId::None, Err(&failure), &[], &mut out);
        let text = String::from_utf8(out).expect("text");
        let answer = ApiAnswer::read(&text).expect("an answer");
        assert_eq!(answer, ApiAnswer { id: RequestId::None, result: Err(failure) });
        assert_eq!(ApiAnswer::read(r#"{"result":null,"id":1}"#), None);
    }

    #[test]
    fn limits_are_told_behind_the_answer() {
        let limit = RateLimit {
            rate_limit_type: "ORDERS".to_owned(),
            interval: "SECOND".to_owned(),
            interval_number: 10,
            limit: 300,
            count: Some(1),
        };
        let key = ListenKey::new(&"a".repeat(64)).expect("a key");
        let mut out = Vec::new();
        write_api_answer(&RequestId::None, Ok(&Stream { listen_key: key }), &[limit], &mut out);
        let text = String::from_utf8(out).expect("text");
        let expect = r#""},"rateLimits":[{"rateLimitType":"ORDERS","interval":"SECOND","intervalNum":10,"limit":300,"count":1}]}"#;
        assert!(text.ends_with(expect), "{text}");
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in r#"\{"(id|method|params)":[{}\[\]",:a-z0-9.\\ ]{0,60}\}?"#) {
            drop(ApiRequest::read(&text));
            drop(ApiAnswer::read(&text));
        }
    }
}

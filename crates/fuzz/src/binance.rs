//! The readers of the Binance surface under random texts.
//!
//! One input is given to every reader of both ends: as a query, as a form, as an object of JSON, as a frame of each kind
//! of connection, as the path of one, and as an answer of each shape. None panics; whatever is read is written again and
//! read as the same; and what a signature is over is what is left where the signature is taken out.

mod seeds;

use std::fmt::Debug;

use serde::de::DeserializeOwned;
use wire_binance::answer::{
    Account, AlgoOrder, Book, Candle, Each, ExchangeInfo, LeverageBrackets, Order, PositionRisk,
    UserTrade,
};
use wire_binance::stream::{Connection, Control, Event, Message, StreamName};
use wire_binance::{
    ApiAnswer, ApiRequest, Endpoint, Failure, OneOrMany, Params, Query, Request, Signed, Timing,
    ToJson, write_api_request,
};

use crate::target::{Form, Target};

/// The target of [`binance`].
pub const BINANCE: Target = Target {
    name: "binance",
    run: binance,
    seeds: seeds::seeds,
    words: seeds::WORDS,
    form: Form::Text,
};

/// Reads an input as everything that either end may be sent.
///
/// # Panics
///
/// Where a reader panics, or what it has read is not what it writes.
pub fn binance(bytes: &[u8]) {
    check_signed(bytes);
    for (query, body) in [(bytes, &b""[..]), (b"symbol=BTCUSDT", bytes)] {
        if let Ok(params) = Params::read(query, body) {
            check_requests(&params);
        }
    }
    drop(Failure::read(400, bytes));
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(params) = Params::read_json(text) {
        check_requests(&params);
    }
    check_frames(text);
    check_shapes(text);
    if let Some(name) = StreamName::parse(text) {
        assert_eq!(StreamName::parse(&name.to_string()), Some(name));
    }
    drop(Connection::read(text, bytes));
    drop(Connection::read("/stream", bytes));
}

/// Every endpoint is asked with the parameters; what it has read is written and read again.
fn check_requests(params: &Params<'_>) {
    drop(Timing::read(params));
    for endpoint in Endpoint::ALL {
        assert!(endpoint.weight(params) <= 1_000, "{endpoint:?}");
        let Ok(request) = Request::read(*endpoint, params) else { continue };
        if refuses_some(&request) {
            continue;
        }
        let mut query = Query::new();
        request.put(&mut query);
        let again = Params::read(query.as_str().as_bytes(), b"").expect("it was written here");
        assert_eq!(Request::read(*endpoint, &again).as_ref(), Ok(&request));
    }
}

/// Whether an order of a batch is refused, which is not written again.
fn refuses_some(request: &Request) -> bool {
    if let Request::PlaceBatch(batch) = request {
        return batch.orders.0.iter().any(Result::is_err);
    }
    if let Request::ModifyBatch(batch) = request {
        return batch.orders.0.iter().any(Result::is_err);
    }
    false
}

/// What is signed is all but the first part that is a signature.
fn check_signed(bytes: &[u8]) {
    let Ok(signed) = Signed::of(bytes, b"") else { return };
    let mut parts: Vec<&[u8]> = bytes.split(|byte| *byte == b'&').collect();
    let at = parts.iter().position(|part| part.starts_with(b"signature=")).expect("there is one");
    parts.remove(at);
    assert_eq!(signed.parts.concat(), parts.join(&b'&'));
}

/// A frame of a client or of a venue is written and read again.
fn check_frames(text: &str) {
    if let Ok(control) = Control::read(text) {
        let mut out = Vec::new();
        control.write(&mut out);
        let again = String::from_utf8(out).expect("text");
        assert_eq!(Control::read(&again).as_ref(), Ok(&control));
    }
    match Message::read(text) {
        Ok(Message::Event(event)) => check_event(&event),
        Ok(Message::Events(events)) => events.iter().for_each(check_event),
        Ok(Message::Done(_) | Message::Refused(..)) | Err(_) => {}
    }
    drop(ApiAnswer::read(text));
    let Ok(api) = ApiRequest::read(text) else { return };
    let Ok(request) = api.request() else { return };
    if refuses_some(&request) {
        return;
    }
    let mut out = Vec::new();
    write_api_request(&api.id, &request, None, &mut out).expect("it came so");
    let again = String::from_utf8(out).expect("text");
    let again = ApiRequest::read(&again).expect("it was written here");
    assert_eq!((again.id.clone(), again.request()), (api.id, Ok(request)));
}

fn check_event(event: &Event) {
    let again = String::from_utf8(event.to_json()).expect("text");
    assert_eq!(Message::read(&again), Ok(Message::Event(event.clone())));
}

/// An answer as a client reads it is written and read again.
fn check_shapes(text: &str) {
    check::<OneOrMany<Book>>(text);
    check::<Vec<Candle>>(text);
    check::<ExchangeInfo>(text);
    check::<OneOrMany<Order>>(text);
    check::<Vec<Each<Order>>>(text);
    check::<OneOrMany<AlgoOrder>>(text);
    check::<Account>(text);
    check::<Vec<PositionRisk>>(text);
    check::<Vec<LeverageBrackets>>(text);
    check::<Vec<UserTrade>>(text);
}

fn check<T: DeserializeOwned + ToJson + PartialEq + Debug>(text: &str) {
    let Ok(read) = serde_json::from_str::<T>(text) else { return };
    let written = read.to_json();
    let again = serde_json::from_slice::<T>(&written).expect("it was written here");
    assert_eq!(again, read);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_inputs_to_start_from_are_understood() {
        // Inputs that are refused at once would try nothing.
        let mut understood = [0; 4];
        for seed in seeds::seeds() {
            let text = std::str::from_utf8(&seed).expect("text");
            let asked = |params: Params<'_>| {
                Endpoint::ALL.iter().any(|endpoint| Request::read(*endpoint, &params).is_ok())
            };
            understood[0] += usize::from(Params::read(&seed, b"").is_ok_and(asked));
            understood[1] += usize::from(matches!(Message::read(text), Ok(Message::Event(_))));
            understood[2] += usize::from(ApiRequest::read(text).is_ok());
            understood[3] += usize::from(serde_json::from_str::<Order>(text).is_ok());
        }
        assert!(understood.iter().all(|count| *count > 0), "{understood:?}");
    }
}

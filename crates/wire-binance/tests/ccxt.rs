//! What ccxt 4.5.84 sends, recorded from it in JavaScript and Python with the keys of Binance's documentation: every
//! request has to be understood, and every signature has to hold.

use wire_binance::stream::{Connection, Control};
use wire_binance::{ApiRequest, Endpoint, Params, Request, Secret, Security, Signed, Timing};

const SECRET: &[u8] = b"NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j";

#[test]
fn every_request_of_ccxt_is_understood_and_its_signature_holds() {
    // One that is not is a call that fails for everybody who trades with ccxt.
    let (secret, mut signed_count) = (Secret::new(SECRET), 0);
    for line in include_str!("ccxt/rest.txt").lines() {
        let parts: Vec<&str> = line.split('\t').collect();
        let [method, path, query, body] = parts[..] else { panic!("four parts: {line}") };
        let endpoint =
            Endpoint::find(method, path).unwrap_or_else(|| panic!("no endpoint: {line}"));
        let params = Params::read(query.as_bytes(), body.as_bytes()).expect(line);
        if endpoint.security() == Security::Signed {
            let signed = Signed::of(query.as_bytes(), body.as_bytes()).expect(line);
            assert_eq!(signed.check(&secret), Ok(()), "{line}");
            let timing = Timing::read(&params).expect(line);
            assert_eq!(timing.check(timing.timestamp), Ok(()), "{line}");
            signed_count += 1;
        }
        check(&Request::read(endpoint, &params).expect(line), line);
    }
    assert!(signed_count > 50, "{signed_count}");
}

/// An order has what its kind wants.
fn check(request: &Request, line: &str) {
    if let Request::PlaceOrder(order) = request {
        order.check().expect(line);
    }
    if let Request::PlaceAlgo(order) = request {
        order.check().expect(line);
    }
    if let Request::PlaceBatch(batch) = request {
        for order in &batch.orders.0 {
            order.as_ref().expect(line).check().expect(line);
        }
    }
    if let Request::ModifyBatch(batch) = request {
        for change in &batch.orders.0 {
            change.as_ref().expect(line).check().expect(line);
        }
    }
}

#[test]
fn every_message_of_ccxt_over_websocket_is_understood() {
    let secret = Secret::new(SECRET);
    for line in include_str!("ccxt/websocket.txt").lines() {
        let (url, message) = line.split_once('\t').expect("two parts");
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        let connection = Connection::read(path, query.as_bytes()).expect(line);
        match connection.unwrap_or_else(|| panic!("no path: {line}")) {
            Connection::Streams { names, .. } => {
                assert!(names.is_empty() || message.is_empty(), "{line}");
                if names.is_empty() {
                    Control::read(message).unwrap_or_else(|error| panic!("{error:?}: {line}"));
                }
            }
            Connection::Api => {
                let request = ApiRequest::read(message).expect(line);
                request.request().expect(line);
                if request.params.get("signature").is_some() {
                    assert_eq!(request.check(&secret), Ok(()), "{line}");
                }
            }
        }
    }
}

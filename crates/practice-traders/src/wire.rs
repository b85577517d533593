//! Deeds as the venue's requests, and its answers as what is told: bytes and values, without a network.

use serde_json::Value;
use wire_binance::{
    ChangedOrder, ClientOrderId, Decimal, ErrorCode, Failure, MaybeSymbol, NewLeverage, NewOrder,
    OneSymbol, Request, ResponseType, TimeInForce, WhichOrder,
};

use crate::book::Market;
use crate::deed::{Told, What, Why};

/// The request that a deed is made by; `None` for what the administration does, and for markets that there are not.
pub(crate) fn request(what: &What, markets: &[Market]) -> Option<Request> {
    Some(match *what {
        What::Rest { market, side, ticks, lots, name, .. } => {
            let market = markets.get(market)?;
            let (quantity, price) = (market.quantity(lots), market.price(ticks));
            let mut order = NewOrder::limit(market.symbol, side, quantity, price);
            order.time_in_force = Some(TimeInForce::PostOnly);
            order.client_order_id = named(name);
            Request::PlaceOrder(Box::new(order))
        }
        What::Move { market, side, ticks, lots, name, .. } => {
            let market = markets.get(market)?;
            Request::ModifyOrder(Box::new(ChangedOrder {
                symbol: market.symbol,
                order_id: None,
                client_order_id: named(name),
                side,
                quantity: market.quantity(lots),
                price: Some(market.price(ticks)),
                price_match: None,
                response_type: None,
            }))
        }
        What::Cancel { market, name, .. } => Request::CancelOrder(WhichOrder {
            symbol: markets.get(market)?.symbol,
            order_id: None,
            client_order_id: named(name),
        }),
        What::CancelAll { market } => {
            Request::CancelAll(OneSymbol { symbol: markets.get(market)?.symbol })
        }
        What::Take { market, side, lots, worst, closes } => {
            let market = markets.get(market)?;
            let quantity = market.quantity(lots);
            let mut order = match worst {
                None => NewOrder::market(market.symbol, side, quantity),
                Some(ticks) => {
                    let limit = market.price(ticks);
                    let mut order = NewOrder::limit(market.symbol, side, quantity, limit);
                    order.time_in_force = Some(TimeInForce::ImmediateOrCancel);
                    order
                }
            };
            order.reduce_only = closes.then_some(true);
            order.response_type = Some(ResponseType::Result);
            Request::PlaceOrder(Box::new(order))
        }
        What::Leverage { market, times } => Request::SetLeverage(NewLeverage {
            symbol: markets.get(market)?.symbol,
            leverage: times,
        }),
        What::Ask => Request::PositionRiskV3(MaybeSymbol { symbol: None }),
        What::Deposit(_) => return None,
    })
}

/// The name that an order is known by.
fn named(name: u64) -> Option<ClientOrderId> {
    ClientOrderId::new(&format!("mm{name:x}"))
}

/// What an answer says that is no error.
pub(crate) fn told(what: &What, body: &str, markets: &[Market]) -> Told {
    let done = Told::Done { traded: 0, rests: false };
    let answer: Value = match serde_json::from_str(body) {
        Ok(answer) => answer,
        // Whatever it was, it was done: an error would have been told.
        Err(_) => return if *what == What::Ask { Told::Lost } else { done },
    };
    match *what {
        What::Ask => held(&answer, markets),
        What::Rest { market, .. } | What::Move { market, .. } | What::Take { market, .. } => {
            let Some(market) = markets.get(market) else { return done };
            let traded = decimal(&answer, "executedQty").map_or(0, |traded| market.lots(traded));
            let rests = matches!(answer["status"].as_str(), Some("NEW" | "PARTIALLY_FILLED"));
            Told::Done { traded, rests }
        }
        What::Cancel { .. } | What::CancelAll { .. } | What::Leverage { .. } | What::Deposit(_) => {
            done
        }
    }
}

fn held(answer: &Value, markets: &[Market]) -> Told {
    let Some(list) = answer.as_array() else { return Told::Lost };
    let line = |line: &Value| {
        let name = line["symbol"].as_str()?;
        let number = markets.iter().position(|market| market.symbol.as_str() == name)?;
        let lots = markets.get(number)?.lots(decimal(line, "positionAmt")?);
        Some((number, lots))
    };
    Told::Held(list.iter().filter_map(line).collect())
}

fn decimal(value: &Value, name: &str) -> Option<Decimal> {
    Decimal::parse(value[name].as_str()?).ok()
}

/// What an error says.
pub(crate) fn failed(failure: &Failure) -> Told {
    if failure.leaves_unknown() {
        return Told::Lost;
    }
    match failure.known() {
        Some(
            ErrorCode::Throttled
            | ErrorCode::TooManyRequests
            | ErrorCode::TooManyOrders
            | ErrorCode::Disconnected
            | ErrorCode::ShuttingDown
            | ErrorCode::EngineReceiveWindow
            | ErrorCode::InvalidTimestamp,
        ) => Told::Shed,
        known => Told::Refused(Why::of(known)),
    }
}

/// What an answer over HTTP says.
pub(crate) fn answered(what: &What, status: u16, body: &[u8], markets: &[Market]) -> Told {
    if let Some(failure) = Failure::read(status, body) {
        return failed(&failure);
    }
    match status {
        200 => told(what, std::str::from_utf8(body).unwrap_or_default(), markets),
        429 | 503 => Told::Shed,
        _ => Told::Lost,
    }
}

/// The markets' indexes as the venue tells them, with the names of the markets; none where new orders are not taken.
pub(crate) fn indexes(body: &[u8]) -> Option<Vec<(String, Option<units::Price>)>> {
    let answer: Value = serde_json::from_slice(body).ok()?;
    let line = |line: &Value| {
        let symbol = line["symbol"].as_str()?.to_owned();
        let good = line["state"] == "trading"
            && matches!(line["status"].as_str(), Some("live" | "capped" | "degraded" | "held"));
        let index = decimal(line, "index").filter(|_| good);
        Some((symbol, index.map(|index| units::Price::from_raw(index.raw()))))
    };
    Some(answer["items"].as_array()?.iter().filter_map(line).collect())
}

/// The accounts of a part of the tape, one for each entry, and the number to go on from.
pub(crate) fn tape(body: &[u8]) -> Option<(Vec<u32>, u64)> {
    let answer: Value = serde_json::from_slice(body).ok()?;
    let account = |line: &Value| u32::try_from(line["account"].as_u64()?).ok();
    let accounts = answer["items"].as_array()?.iter().filter_map(account).collect();
    Some((accounts, answer["next"].as_u64()?))
}

#[cfg(test)]
mod tests {
    use wire_binance::{Params, Query, Side};

    use super::*;
    use crate::book::bitcoin;

    /// What the venue reads of a deed.
    fn read(what: What) -> Request {
        let request = request(&what, &[bitcoin()]).expect("a request");
        let mut query = Query::new();
        request.put(&mut query);
        let params = Params::read(query.as_str().as_bytes(), b"").expect("parameters");
        Request::read(request.endpoint(), &params).expect("the venue takes it")
    }

    #[test]
    fn the_venue_takes_what_is_sent() {
        // A crowd that is refused makes an empty market.
        let order = |what| {
            let Request::PlaceOrder(order) = read(what) else { panic!("{what:?}") };
            order.check().expect("its parts go together");
            *order
        };
        let (market, place, side, lots) = (0, 0, Side::Buy, 120);
        let rest = order(What::Rest { market, place, side, ticks: 999_701, lots, name: 255 });
        assert_eq!(rest.time_in_force, Some(TimeInForce::PostOnly));
        assert_eq!(rest.price.map(|price| price.to_string()).as_deref(), Some("99970.1"));
        assert_eq!(rest.client_order_id.map(|id| id.to_string()).as_deref(), Some("mmff"));
        let side = Side::Sell;
        let take = order(What::Take { market, side, lots, worst: None, closes: true });
        assert_eq!((take.reduce_only, take.side, take.price), (Some(true), Side::Sell, None));
        let take = order(What::Take { market, side, lots, worst: Some(999_701), closes: false });
        assert_eq!((take.reduce_only, take.price), (None, rest.price));
        assert_eq!(take.time_in_force, Some(TimeInForce::ImmediateOrCancel));
        let moved = read(What::Move { market, place, side, ticks: 5, lots, name: 255 });
        assert!(matches!(moved, Request::ModifyOrder(change) if change.check().is_ok()));
        read(What::Cancel { market, place, name: 1 });
        read(What::CancelAll { market });
        read(What::Leverage { market, times: 20 });
        read(What::Ask);
        assert_eq!(request(&What::Deposit(units::Money::ONE), &[]), None);
    }

    #[test]
    fn answers_are_told_for_what_they_are() {
        let (market, side, lots, worst) = (0, Side::Buy, 5, Some(1));
        let take = What::Take { market, side, lots, worst, closes: false };
        let told = |status, body: &str| answered(&take, status, body.as_bytes(), &[bitcoin()]);
        let filled = r#"{"executedQty":"0.005","status":"FILLED"}"#;
        assert_eq!(told(200, filled), Told::Done { traded: 5, rests: false });
        let open = r#"{"executedQty":"0.001","status":"PARTIALLY_FILLED"}"#;
        assert_eq!(told(200, open), Told::Done { traded: 1, rests: true });
        let refused = |code: i32| told(400, &format!(r#"{{"code":{code},"msg":"x"}}"#));
        assert_eq!(refused(-2019), Told::Refused(Why::Money));
        assert_eq!(refused(-2022), Told::Refused(Why::NothingToClose));
        assert_eq!(refused(-1008), Told::Shed);
        assert_eq!(refused(-1007), Told::Lost, "it may have been done");
        assert_eq!(told(502, "<html>"), Told::Lost);
        assert_eq!(told(429, ""), Told::Shed);
    }

    #[test]
    fn only_an_index_that_is_good_for_orders_is_gone_by() {
        // Makers would offer around a price that the venue itself does not believe.
        let body = br#"{"items":[
            {"symbol":"A","state":"trading","status":"live","index":"10.5"},
            {"symbol":"B","state":"trading","status":"halted","index":"10.5"},
            {"symbol":"C","state":"reduce_only","status":"live","index":"10.5"},
            {"symbol":"D","state":"trading","status":"live","index":null}]}"#;
        let indexes = indexes(body).expect("it is read");
        let known: Vec<bool> = indexes.iter().map(|(_, index)| index.is_some()).collect();
        assert_eq!(known, [true, false, false, false]);
        let part = br#"{"items":[{"account":7,"kind":"position"},{"account":9}],"oldest":1,"newest":2,"next":3}"#;
        assert_eq!(tape(part), Some((vec![7, 9], 3)));
        let held =
            r#"[{"symbol":"BTCUSDT","positionAmt":"-0.012"},{"symbol":"OTHER","positionAmt":"1"}]"#;
        assert_eq!(told(&What::Ask, held, &[bitcoin()]), Told::Held(vec![(0, -12)]));
    }
}

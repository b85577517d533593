//! What is asked for.

use wire_binance::{
    ClientOrderId, Decimal, MaybeSymbol, NewOrder, OrderType, Request, Side, Symbol, TimeInForce,
    WhichOrder,
};

/// What kind of thing a client asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// To close the long position that was given to begin with.
    Close,
    /// To cancel an order that rests.
    Cancel,
    /// To take new risk: an order that trades with nobody and is gone at once, so that the next finds things as they
    /// were.
    NewRisk,
    /// The same, with the word that it only reduces, which is not true.
    FalselyReducing,
    /// The same, against a position that it would turn around: it looks like a reduction by its side only.
    TurningAround,
    /// To be told of the account.
    Query,
}

/// The market that everything is about.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// Its symbol.
    pub symbol: Symbol,
    /// What the clients trade: one unit.
    pub unit: Decimal,
    /// What those hold who close a position.
    pub held: Decimal,
    /// The price of what everybody knows.
    pub price: Decimal,
    /// A price that nobody sells at, within what is permitted.
    pub low: Decimal,
    /// A price that nobody buys at, within what is permitted.
    pub high: Decimal,
}

impl Ask {
    /// The request. `name` is the order that is placed or cancelled; no name leaves it to the venue.
    #[must_use]
    pub fn request(self, terms: &Terms, name: Option<&str>) -> Request {
        let name = name.and_then(ClientOrderId::new);
        let order = |side, quantity, price| {
            let mut order = NewOrder::limit(terms.symbol, side, quantity, price);
            order.time_in_force = Some(TimeInForce::ImmediateOrCancel);
            order.client_order_id = name;
            order
        };
        match self {
            Self::Close => {
                let mut order =
                    NewOrder::new(terms.symbol, Side::Sell, OrderType::Market, terms.held);
                order.reduce_only = Some(true);
                order.client_order_id = name;
                Request::PlaceOrder(order.into())
            }
            Self::Cancel => Request::CancelOrder(WhichOrder {
                symbol: terms.symbol,
                order_id: None,
                client_order_id: name,
            }),
            Self::NewRisk => Request::PlaceOrder(Box::new(order(Side::Buy, terms.unit, terms.low))),
            Self::FalselyReducing => {
                let mut order = order(Side::Buy, terms.unit, terms.low);
                order.reduce_only = Some(true);
                Request::PlaceOrder(order.into())
            }
            Self::TurningAround => {
                let many =
                    Decimal::from_raw(terms.unit.raw().saturating_mul(10), terms.unit.places());
                Request::PlaceOrder(Box::new(order(Side::Sell, many, terms.high)))
            }
            Self::Query => Request::OpenOrders(MaybeSymbol { symbol: Some(terms.symbol) }),
        }
    }
}

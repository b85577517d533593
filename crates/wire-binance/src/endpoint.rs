//! Every endpoint that is known: its method and path, who may ask, what it weighs, and what it takes.

use crate::failure::{ErrorCode, Failure};
use crate::params::{Parameters, Params, Sink, Taker};
use crate::request::*;

/// A method of HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// Asks.
    Get,
    /// Makes.
    Post,
    /// Changes.
    Put,
    /// Takes away.
    Delete,
}

impl Method {
    /// As it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

/// What a request has to bring along.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Security {
    /// Nothing.
    None,
    /// A key, in the header `X-MBX-APIKEY`.
    Key,
    /// A key, a time and a signature.
    Signed,
}

/// The header that a key comes in, in small letters as servers compare them.
pub const KEY_HEADER: &str = "x-mbx-apikey";

/// How a request is weighed.
#[derive(Clone, Copy, Debug)]
enum Weight {
    /// Always the same.
    Fixed(u32),
    /// With a symbol, and without.
    Symbol(u32, u32),
    /// By how many are asked for: up to each limit its weight, above the last of them the last; and what is asked for
    /// where it is not said.
    Limit(&'static [(u32, u32)], u32),
}

/// Weights of a book by its levels.
const DEPTH: Weight = Weight::Limit(&[(50, 2), (100, 5), (500, 10), (1_000, 20)], 500);
/// Weights of candles by how many.
const KLINES: Weight = Weight::Limit(&[(99, 1), (499, 2), (1_000, 5), (1_500, 10)], 500);

/// The table of endpoints.
macro_rules! endpoints {
    ($($(#[$doc:meta])* $name:ident($kind:ty) = $method:ident $path:literal, $security:ident, $weight:expr;)+) => {
        /// An endpoint of the REST surface.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Endpoint {
            $($(#[$doc])* $name,)+
        }

        /// A request, with what it was sent with.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Request {
            $($(#[$doc])* $name($kind),)+
        }

        impl Endpoint {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The endpoint of a method and a path; `None` where there is none.
            #[must_use]
            pub fn find(method: &str, path: &str) -> Option<Self> {
                match (path, method) {
                    $(($path, method) if method == Method::$method.as_str() => Some(Self::$name),)+
                    _ => None,
                }
            }

            /// Its method.
            #[must_use]
            pub const fn method(self) -> Method {
                match self {
                    $(Self::$name => Method::$method,)+
                }
            }

            /// Its path.
            #[must_use]
            pub const fn path(self) -> &'static str {
                match self {
                    $(Self::$name => $path,)+
                }
            }

            /// What a request has to bring along.
            #[must_use]
            pub const fn security(self) -> Security {
                match self {
                    $(Self::$name => Security::$security,)+
                }
            }

            const fn weighed(self) -> Weight {
                match self {
                    $(Self::$name => $weight,)+
                }
            }
        }

        impl Request {
            /// Reads what an endpoint was sent.
            ///
            /// # Errors
            /// Where a parameter is missing, is not what it should be, or is not known there.
            pub fn read(endpoint: Endpoint, params: &Params<'_>) -> Result<Self, Failure> {
                let mut taker = Taker::new(params);
                let request = match endpoint {
                    $(Endpoint::$name => Self::$name(<$kind as Parameters>::take(&mut taker)?),)+
                };
                taker.finish()?;
                Ok(request)
            }

            /// Where it goes.
            #[must_use]
            pub const fn endpoint(&self) -> Endpoint {
                match self {
                    $(Self::$name(_) => Endpoint::$name,)+
                }
            }

            /// Writes its parameters.
            pub fn put<S: Sink>(&self, sink: &mut S) {
                match self {
                    $(Self::$name(parameters) => parameters.put(sink),)+
                }
            }
        }
    };
}

use Weight::{Fixed, Symbol};

endpoints! {
    /// Answers.
    Ping(Nothing) = Get "/fapi/v1/ping", None, Fixed(1);
    /// Tells the time.
    Time(Nothing) = Get "/fapi/v1/time", None, Fixed(1);
    /// Tells the markets and their rules.
    ExchangeInfo(Anything) = Get "/fapi/v1/exchangeInfo", None, Fixed(1);
    /// Tells a book.
    Depth(Depth) = Get "/fapi/v1/depth", None, DEPTH;
    /// Tells a book; on Binance one that has orders of retail clients in it.
    RpiDepth(Depth) = Get "/fapi/v1/rpiDepth", None, Fixed(20);
    /// Tells the latest trades.
    Trades(LatestTrades) = Get "/fapi/v1/trades", None, Fixed(5);
    /// Tells trades from a number on.
    HistoricalTrades(HistoricalTrades) = Get "/fapi/v1/historicalTrades", Key, Fixed(20);
    /// Tells trades, those of one order together.
    AggTrades(AggTrades) = Get "/fapi/v1/aggTrades", None, Fixed(20);
    /// Tells candles of trades.
    Klines(Klines) = Get "/fapi/v1/klines", None, KLINES;
    /// Tells candles of trades, of a pair and a kind of contract.
    ContinuousKlines(ContinuousKlines) = Get "/fapi/v1/continuousKlines", None, KLINES;
    /// Tells candles of the index.
    IndexPriceKlines(PairKlines) = Get "/fapi/v1/indexPriceKlines", None, KLINES;
    /// Tells candles of the mark.
    MarkPriceKlines(Klines) = Get "/fapi/v1/markPriceKlines", None, KLINES;
    /// Tells candles of the premium.
    PremiumIndexKlines(Klines) = Get "/fapi/v1/premiumIndexKlines", None, KLINES;
    /// Tells mark, index and funding.
    PremiumIndex(MaybeSymbol) = Get "/fapi/v1/premiumIndex", None, Symbol(1, 10);
    /// Tells funding that was charged.
    FundingRate(FundingRates) = Get "/fapi/v1/fundingRate", None, Fixed(1);
    /// Tells how funding is charged.
    FundingInfo(Nothing) = Get "/fapi/v1/fundingInfo", None, Fixed(0);
    /// Tells what happened within a day.
    Ticker24hr(MaybeSymbol) = Get "/fapi/v1/ticker/24hr", None, Symbol(1, 40);
    /// Tells the latest price.
    TickerPrice(MaybeSymbol) = Get "/fapi/v1/ticker/price", None, Symbol(1, 2);
    /// Tells the latest price.
    TickerPriceV2(MaybeSymbol) = Get "/fapi/v2/ticker/price", None, Symbol(1, 2);
    /// Tells the best bid and ask.
    BookTicker(MaybeSymbol) = Get "/fapi/v1/ticker/bookTicker", None, Symbol(2, 5);
    /// Tells how many contracts there are.
    OpenInterest(OneSymbol) = Get "/fapi/v1/openInterest", None, Fixed(1);
    /// Tells what collateral counts for.
    AssetIndex(MaybeSymbol) = Get "/fapi/v1/assetIndex", None, Symbol(1, 10);
    /// Tells what an index is made of.
    Constituents(OneSymbol) = Get "/fapi/v1/constituents", None, Fixed(2);
    /// Tells what the insurance fund has.
    InsuranceBalance(MaybeSymbol) = Get "/fapi/v1/insuranceBalance", None, Fixed(1);
    /// Tells how many contracts there were.
    OpenInterestHistory(DataHistory) = Get "/futures/data/openInterestHist", None, Fixed(0);
    /// Tells how many accounts were long, and how many short.
    LongShortRatio(DataHistory) = Get "/futures/data/globalLongShortAccountRatio", None, Fixed(0);
    /// Tells how near deleveraging a market is.
    SymbolAdlRisk(MaybeSymbol) = Get "/fapi/v1/symbolAdlRisk", None, Fixed(1);

    /// Sends an order.
    PlaceOrder(Box<NewOrder>) = Post "/fapi/v1/order", Signed, Fixed(0);
    /// Checks an order, and does not send it.
    TestOrder(Box<NewOrder>) = Post "/fapi/v1/order/test", Signed, Fixed(1);
    /// Changes an order.
    ModifyOrder(Box<ChangedOrder>) = Put "/fapi/v1/order", Signed, Fixed(1);
    /// Sends several orders.
    PlaceBatch(Batch<NewOrder>) = Post "/fapi/v1/batchOrders", Signed, Fixed(5);
    /// Changes several orders.
    ModifyBatch(Batch<ChangedOrder>) = Put "/fapi/v1/batchOrders", Signed, Fixed(5);
    /// Tells how an order was changed.
    OrderAmendments(Amendments) = Get "/fapi/v1/orderAmendment", Signed, Fixed(1);
    /// Cancels an order.
    CancelOrder(WhichOrder) = Delete "/fapi/v1/order", Signed, Fixed(1);
    /// Cancels several orders.
    CancelBatch(WhichOrders) = Delete "/fapi/v1/batchOrders", Signed, Fixed(1);
    /// Cancels all orders of a market.
    CancelAll(OneSymbol) = Delete "/fapi/v1/allOpenOrders", Signed, Fixed(1);
    /// Cancels all orders of a market after a time, unless it is said again.
    CountdownCancelAll(Countdown) = Post "/fapi/v1/countdownCancelAll", Signed, Fixed(10);
    /// Tells an order.
    QueryOrder(WhichOrder) = Get "/fapi/v1/order", Signed, Fixed(1);
    /// Tells an order that is open.
    OpenOrder(WhichOrder) = Get "/fapi/v1/openOrder", Signed, Fixed(1);
    /// Tells the open orders.
    OpenOrders(MaybeSymbol) = Get "/fapi/v1/openOrders", Signed, Symbol(1, 40);
    /// Tells open and closed orders.
    AllOrders(OrderHistory) = Get "/fapi/v1/allOrders", Signed, Fixed(5);
    /// Tells the account's trades.
    UserTrades(TradeHistory) = Get "/fapi/v1/userTrades", Signed, Fixed(5);
    /// Tells how the account was liquidated or deleveraged.
    ForceOrders(ForceOrders) = Get "/fapi/v1/forceOrders", Signed, Symbol(20, 50);

    /// Sends a conditional order.
    PlaceAlgo(Box<NewAlgoOrder>) = Post "/fapi/v1/algoOrder", Signed, Fixed(0);
    /// Cancels a conditional order.
    CancelAlgo(WhichAlgoOrder) = Delete "/fapi/v1/algoOrder", Signed, Fixed(1);
    /// Cancels all conditional orders of a market.
    CancelAllAlgo(OneSymbol) = Delete "/fapi/v1/algoOpenOrders", Signed, Fixed(1);
    /// Tells a conditional order.
    QueryAlgo(WhichAlgoOrder) = Get "/fapi/v1/algoOrder", Signed, Fixed(1);
    /// Tells the open conditional orders.
    OpenAlgo(OpenAlgoOrders) = Get "/fapi/v1/openAlgoOrders", Signed, Symbol(1, 40);
    /// Tells open and closed conditional orders.
    AllAlgo(AlgoHistory) = Get "/fapi/v1/allAlgoOrders", Signed, Fixed(5);

    /// Tells balances.
    BalanceV2(Nothing) = Get "/fapi/v2/balance", Signed, Fixed(5);
    /// Tells balances.
    BalanceV3(Nothing) = Get "/fapi/v3/balance", Signed, Fixed(5);
    /// Tells the account, with a position for each market.
    AccountV2(Nothing) = Get "/fapi/v2/account", Signed, Fixed(5);
    /// Tells the account, with the positions that it has.
    AccountV3(Nothing) = Get "/fapi/v3/account", Signed, Fixed(5);
    /// Tells positions, one for each market.
    PositionRiskV2(MaybeSymbol) = Get "/fapi/v2/positionRisk", Signed, Fixed(5);
    /// Tells positions that there are.
    PositionRiskV3(MaybeSymbol) = Get "/fapi/v3/positionRisk", Signed, Fixed(5);
    /// Tells the margin that positions of a size want.
    LeverageBracket(MaybeSymbol) = Get "/fapi/v1/leverageBracket", Signed, Fixed(1);
    /// Tells how near deleveraging the account's positions are.
    AdlQuantile(MaybeSymbol) = Get "/fapi/v1/adlQuantile", Signed, Fixed(5);
    /// Tells the account's fees in a market.
    CommissionRate(OneSymbol) = Get "/fapi/v1/commissionRate", Signed, Fixed(20);
    /// Tells the account's modes.
    AccountConfig(Nothing) = Get "/fapi/v1/accountConfig", Signed, Fixed(5);
    /// Tells the account's leverage and margin mode in markets.
    SymbolConfig(MaybeSymbol) = Get "/fapi/v1/symbolConfig", Signed, Fixed(5);
    /// Tells what is left of the account's limits of orders.
    OrderRateLimit(Nothing) = Get "/fapi/v1/rateLimit/order", Signed, Fixed(1);
    /// Tells why balances have changed.
    Income(IncomeHistory) = Get "/fapi/v1/income", Signed, Fixed(30);
    /// Sets the leverage in a market.
    SetLeverage(NewLeverage) = Post "/fapi/v1/leverage", Signed, Fixed(1);
    /// Sets the margin mode in a market.
    SetMarginType(NewMarginType) = Post "/fapi/v1/marginType", Signed, Fixed(1);
    /// Moves margin into or out of a position.
    MoveMargin(NewPositionMargin) = Post "/fapi/v1/positionMargin", Signed, Fixed(1);
    /// Tells how margin was moved.
    MarginHistory(MarginHistory) = Get "/fapi/v1/positionMargin/history", Signed, Fixed(1);
    /// Sets one-way or hedge mode.
    SetPositionMode(PositionMode) = Post "/fapi/v1/positionSide/dual", Signed, Fixed(1);
    /// Tells one-way or hedge mode.
    PositionMode(Nothing) = Get "/fapi/v1/positionSide/dual", Signed, Fixed(30);
    /// Sets whether all assets are margin.
    SetMultiAssets(MultiAssets) = Post "/fapi/v1/multiAssetsMargin", Signed, Fixed(1);
    /// Tells whether all assets are margin.
    MultiAssets(Nothing) = Get "/fapi/v1/multiAssetsMargin", Signed, Fixed(30);

    /// Begins the user's stream, or lengthens it.
    StartStream(WhichStream) = Post "/fapi/v1/listenKey", Key, Fixed(1);
    /// Lengthens the user's stream.
    KeepStream(WhichStream) = Put "/fapi/v1/listenKey", Key, Fixed(1);
    /// Ends the user's stream.
    CloseStream(WhichStream) = Delete "/fapi/v1/listenKey", Key, Fixed(1);

    /// Tells whether all is well.
    SystemStatus(Anything) = Get "/sapi/v1/system/status", None, Fixed(1);
    /// Tells wallets of another service, which ccxt asks for while it loads the markets.
    CapitalConfig(Anything) = Get "/sapi/v1/capital/config/getall", Signed, Fixed(10);
    /// Tells pairs of another service, which ccxt asks for while it loads the markets.
    MarginPairs(Anything) = Get "/sapi/v1/margin/allPairs", Key, Fixed(1);
}

impl Endpoint {
    /// What a request weighs, by its parameters; wrong ones weigh as much as none.
    #[must_use]
    pub fn weight(self, params: &Params<'_>) -> u32 {
        match self.weighed() {
            Fixed(weight) => weight,
            Symbol(with, without) => {
                if params.get("symbol").is_some() {
                    with
                } else {
                    without
                }
            }
            Weight::Limit(steps, usual) => {
                let limit =
                    params.get("limit").and_then(|limit| limit.parse().ok()).unwrap_or(usual);
                let step = steps.iter().find(|(most, _)| limit <= *most).or(steps.last());
                step.map_or(1, |(_, weight)| *weight)
            }
        }
    }

    /// Whether it changes something, so that a key has to be allowed to trade.
    #[must_use]
    pub const fn changes(self) -> bool {
        match self.security() {
            Security::None | Security::Key => false,
            Security::Signed => {
                !matches!(self.method(), Method::Get) && !matches!(self, Self::TestOrder)
            }
        }
    }

    /// The error of a path that leads nowhere.
    #[must_use]
    pub fn not_found(method: &str, path: &str) -> Failure {
        Failure::with(ErrorCode::InvalidPath, &[path, method])
    }
}

impl Request {
    /// How many orders it sends or changes, as they are counted.
    #[must_use]
    pub fn orders(&self) -> usize {
        if let Self::PlaceBatch(batch) = self {
            return batch.orders.0.len();
        }
        if let Self::ModifyBatch(batch) = self {
            return batch.orders.0.len();
        }
        usize::from(matches!(self, Self::PlaceOrder(_) | Self::ModifyOrder(_) | Self::PlaceAlgo(_)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_endpoint_is_found_by_its_path_and_no_two_are_the_same() {
        // Of two, one is never reached.
        for endpoint in Endpoint::ALL {
            let found = Endpoint::find(endpoint.method().as_str(), endpoint.path());
            assert_eq!(found, Some(*endpoint));
        }
        assert_eq!(Endpoint::find("PATCH", "/fapi/v1/order"), None);
        assert_eq!(Endpoint::find("GET", "/fapi/v1/order/"), None);
        let failure = Endpoint::not_found("GET", "/fapi/v9/x");
        assert_eq!(failure.to_string(), "-5000 Path /fapi/v9/x, Method GET is invalid");
        assert_eq!(failure.status, 404);
    }

    #[test]
    fn weights_are_those_of_the_documentation() {
        let weight = |endpoint: Endpoint, query: &'static str| {
            endpoint.weight(&Params::read(query.as_bytes(), b"").expect("read"))
        };
        assert_eq!(weight(Endpoint::Depth, "symbol=A"), 10);
        assert_eq!(weight(Endpoint::Depth, "symbol=A&limit=5"), 2);
        assert_eq!(weight(Endpoint::Depth, "symbol=A&limit=100"), 5);
        assert_eq!(weight(Endpoint::Depth, "symbol=A&limit=1000"), 20);
        assert_eq!(weight(Endpoint::Depth, "symbol=A&limit=99999"), 20);
        assert_eq!(weight(Endpoint::Klines, "limit=99"), 1);
        assert_eq!(weight(Endpoint::Klines, "limit=1500"), 10);
        assert_eq!(weight(Endpoint::Ticker24hr, ""), 40);
        assert_eq!(weight(Endpoint::Ticker24hr, "symbol=A"), 1);
    }

    #[test]
    fn what_changes_something_wants_a_key_that_may_trade() {
        // A key that may only read must not place an order, whatever the method is called.
        let changing: Vec<_> = Endpoint::ALL.iter().filter(|endpoint| endpoint.changes()).collect();
        assert_eq!(changing.len(), 16, "{changing:?}");
        assert!(changing.iter().all(|endpoint| endpoint.security() == Security::Signed));
        assert!(!Endpoint::TestOrder.changes() && !Endpoint::QueryOrder.changes());
    }
}

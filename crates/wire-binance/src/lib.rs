//! The surface of Binance's USDⓈ-M futures: bytes to requests, answers and messages, and back, without I/O.
//!
//! Everything here is a function on bytes: no clock, no socket, no state, and nothing of what stands behind the surface.
//! It serves both ends. A venue finds the [`Endpoint`] of a method and a path, reads [`Params`] of a query and a body,
//! checks that the request is [`Signed`] by its key's [`Secret`] and that its [`Timing`] holds, and reads the
//! [`Request`]; a client writes a request into a [`Query`] and signs it. What is wrong is a [`Failure`], in the words and
//! with the codes that Binance has for it.
//!
//! Numbers are a [`Decimal`]: exact, and never a float.

pub mod answer;
mod api;
mod decimal;
mod endpoint;
mod failure;
mod id;
mod json;
mod params;
mod request;
mod sign;
pub mod stream;
mod text;
mod value;
mod words;

pub use api::{ApiAnswer, ApiRefusal, ApiRequest, Caller, write_api_answer, write_api_request};
pub use decimal::Decimal;
pub use endpoint::{Endpoint, KEY_HEADER, Method, Request, Security};
pub use failure::{ErrorCode, Failure};
pub use id::RequestId;
pub use json::{Empty, Number, OneOrMany, ToJson};
pub use params::{ClientIds, JsonObject, LENGTH_MAX, Limit, OrderIds, Params, Query, Sink};
pub use request::{
    AggTrades, AlgoHistory, Amendments, Anything, BATCH_MAX, Batch, ChangedOrder, ContinuousKlines,
    Countdown, DataHistory, Depth, DepthLimit, Entries, ForceOrders, FundingRates,
    HistoricalTrades, IncomeHistory, Klines, LatestTrades, MarginHistory, MaybeSymbol, MultiAssets,
    NewAlgoOrder, NewLeverage, NewMarginType, NewOrder, NewPositionMargin, Nothing, OneSymbol,
    OpenAlgoOrders, OrderHistory, PairKlines, PositionMode, TradeHistory, WhichAlgoOrder,
    WhichOrder, WhichOrders, WhichStream,
};
pub use sign::{AHEAD_MAX, RECEIVE_WINDOW, RECEIVE_WINDOW_MAX, Secret, Signature, Signed, Timing};
pub use text::{Asset, ClientOrderId, ListenKey, Symbol};
pub use value::Value;
pub use words::{
    AdlRisk, AlgoStatus, AlgoType, AutoCloseType, ContractStatus, ContractType, ExecutionType,
    IncomeType, Interval, MarginType, OrderStatus, OrderType, PositionSide, PriceMatch,
    ResponseType, SelfTradePrevention, Side, TimeInForce, UpdateReason, WorkingType,
};

//! Messages as they stand in frames: alone, in a list, or wrapped with the name of their stream; and all of them as a
//! client reads them.

use std::fmt;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::event::{
    AggTradeEvent, BookTickerEvent, DepthUpdate, ForceOrderEvent, KlineEvent, MarkPriceEvent,
    MiniTickerEvent, TickerEvent, TradeEvent,
};
use super::user::{
    AccountConfigUpdate, AccountUpdate, AlgoUpdate, ListenKeyExpired, MarginCall, OrderTradeUpdate,
    TriggerReject,
};
use crate::id::RequestId;
use crate::json::ToJson;

/// Most messages of one list that are read: each market there is, several times.
const LIST_MAX: usize = 10_000;

/// The kinds of messages.
macro_rules! events {
    ($($(#[$doc:meta])* $name:ident($kind:ty) = $event:literal,)+) => {
        /// Something that a stream tells.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Event {
            $($(#[$doc])* $name(Box<$kind>),)+
        }

        impl Event {
            fn of(kind: &str, text: &str) -> Result<Self, Unread> {
                match kind {
                    $($event => read(text).map(|event| Self::$name(Box::new(event))),)+
                    _ => Err(Unread::Kind(beginning(kind))),
                }
            }
        }

        impl ToJson for Event {
            fn write(&self, out: &mut Vec<u8>) {
                match self {
                    $(Self::$name(event) => event.write(out),)+
                }
            }
        }
    };
}

events! {
    /// A book has changed.
    Depth(DepthUpdate) = "depthUpdate",
    /// A trade.
    Trade(TradeEvent) = "trade",
    /// Trades of one order at one price.
    AggTrade(AggTradeEvent) = "aggTrade",
    /// The most important of what happened within a day.
    MiniTicker(MiniTickerEvent) = "24hrMiniTicker",
    /// What happened within a day.
    Ticker(TickerEvent) = "24hrTicker",
    /// The best bid and ask.
    BookTicker(BookTickerEvent) = "bookTicker",
    /// Mark and funding.
    MarkPrice(MarkPriceEvent) = "markPriceUpdate",
    /// A candle.
    Kline(KlineEvent) = "kline",
    /// A liquidation.
    ForceOrder(ForceOrderEvent) = "forceOrder",
    /// Something has happened to an order.
    OrderTrade(OrderTradeUpdate) = "ORDER_TRADE_UPDATE",
    /// Something has happened to a conditional order.
    Algo(AlgoUpdate) = "ALGO_UPDATE",
    /// Balances and positions have changed.
    Account(AccountUpdate) = "ACCOUNT_UPDATE",
    /// A leverage, or a mode, has changed.
    AccountConfig(AccountConfigUpdate) = "ACCOUNT_CONFIG_UPDATE",
    /// Positions are near liquidation.
    MarginCall(MarginCall) = "MARGIN_CALL",
    /// The order that a conditional order became was refused.
    TriggerReject(TriggerReject) = "CONDITIONAL_ORDER_TRIGGER_REJECT",
    /// The stream ends.
    ListenKeyExpired(ListenKeyExpired) = "listenKeyExpired",
}

/// A frame as a client reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// Something that a stream tells.
    Event(Event),
    /// The same of several markets at once.
    Events(Vec<Event>),
    /// What the client has said was done.
    Done(RequestId),
    /// What the client has said was refused, in the venue's words.
    Refused(RequestId, String),
}

/// Why a frame is not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unread {
    /// It is no JSON, or lacks something.
    Shape(String),
    /// It is of a kind that is not known.
    Kind(String),
}

impl fmt::Display for Unread {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shape(words) => write!(formatter, "the message is not understood: {words}"),
            Self::Kind(kind) => write!(formatter, "a message of the unknown kind {kind:?}"),
        }
    }
}

impl std::error::Error for Unread {}

#[derive(Deserialize)]
struct Frame<'a> {
    e: Option<String>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

impl Message {
    /// Reads a frame.
    ///
    /// # Errors
    /// Where it is none that is known.
    pub fn read(text: &str) -> Result<Self, Unread> {
        Self::read_part(text, true)
    }

    fn read_part(text: &str, wrapped: bool) -> Result<Self, Unread> {
        if text.trim_start().starts_with('[') {
            let list: Vec<&RawValue> = read(text)?;
            if list.len() > LIST_MAX {
                return Err(Unread::Shape("a list that is too long".to_owned()));
            }
            let event = |raw: &&RawValue| {
                let frame: Frame<'_> = read(raw.get())?;
                Event::of(&frame.e.unwrap_or_default(), raw.get())
            };
            return list.iter().map(event).collect::<Result<_, _>>().map(Self::Events);
        }
        let frame: Frame<'_> = read(text)?;
        if let Some(kind) = frame.e {
            return Event::of(&kind, text).map(Self::Event);
        }
        // Once: else a frame of brackets would be gone into as deep as it is long.
        if let Some(data) = frame.data.filter(|_| wrapped) {
            return Self::read_part(data.get(), false);
        }
        let id = frame.id.and_then(|raw| RequestId::read(raw.get())).unwrap_or_default();
        match frame.error {
            Some(error) => Ok(Self::Refused(id, beginning(error.get()))),
            None if frame.id.is_some() => Ok(Self::Done(id)),
            None => Err(Unread::Kind(String::new())),
        }
    }
}

/// The beginning of a text that came from outside.
pub(super) fn beginning(text: &str) -> String {
    let end = text.floor_char_boundary(200);
    text.get(..end).unwrap_or_default().to_owned()
}

fn read<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, Unread> {
    serde_json::from_str(text).map_err(|error| Unread::Shape(beginning(&error.to_string())))
}

/// Appends what a stream tells, wrapped with its name, as connections of several streams have it.
pub fn write_combined(stream: &str, data: &(impl ToJson + ?Sized), out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"stream\":");
    stream.write(out);
    out.extend_from_slice(b",\"data\":");
    data.write(out);
    out.push(b'}');
}

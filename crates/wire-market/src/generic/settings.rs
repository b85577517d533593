//! What the configuration says of a source that is not listed.

use units::Price;

use crate::connector::KeepAlive;
use crate::generic::pointer::Pointer;
use crate::odd::Odd;
use crate::time::{iso, whole};

/// How a source writes times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimeUnit {
    /// Seconds since 1970, also with a fraction.
    Seconds,
    /// Milliseconds since 1970.
    #[default]
    Milliseconds,
    /// Microseconds since 1970.
    Microseconds,
    /// Nanoseconds since 1970.
    Nanoseconds,
    /// Such as `2022-10-19T23:28:22.061769Z`.
    Iso,
}

impl TimeUnit {
    /// The unit of a name in the configuration: `s`, `ms`, `us`, `ns` or `iso`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "s" => Some(Self::Seconds),
            "ms" => Some(Self::Milliseconds),
            "us" => Some(Self::Microseconds),
            "ns" => Some(Self::Nanoseconds),
            "iso" => Some(Self::Iso),
            _ => None,
        }
    }

    /// Reads a time, in milliseconds since 1970.
    pub(crate) fn read(self, text: &str) -> Result<u64, Odd> {
        let odd = Odd::Time { field: "time" };
        match self {
            // A decimal number as exact as a price: in trillionths, of which a billion are a millisecond.
            Self::Seconds => {
                let seconds = Price::parse(text.as_bytes()).map_err(|_| odd.clone())?;
                let millis = seconds.raw().checked_div(1_000_000_000).map(u64::try_from);
                millis.and_then(Result::ok).ok_or(odd)
            }
            Self::Milliseconds => whole(text, 1, "time"),
            Self::Microseconds => whole(text, 1_000, "time"),
            Self::Nanoseconds => whole(text, 1_000_000, "time"),
            Self::Iso => iso(text, "time"),
        }
    }
}

/// Where in a frame or an answer the prices stand: `bid` and `ask`, or `last` alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// The market's name; without it a connection carries one market.
    pub market: Option<Pointer>,
    /// What buyers offer.
    pub bid: Option<Pointer>,
    /// For how many.
    pub bid_quantity: Option<Pointer>,
    /// What sellers want.
    pub ask: Option<Pointer>,
    /// For how many.
    pub ask_quantity: Option<Pointer>,
    /// What was paid last.
    pub last: Option<Pointer>,
    /// When the source says.
    pub time: Option<Pointer>,
    /// How it writes that.
    pub time_unit: TimeUnit,
    /// A whole number that grows with each message of a market.
    pub sequence: Option<Pointer>,
}

impl Places {
    fn is_empty(&self) -> bool {
        self.bid.is_none() && self.ask.is_none() && self.last.is_none()
    }
}

/// Where a source is found, what to send to it, and where the prices stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GenericSettings {
    /// Its name, also that of its group.
    pub name: String,
    /// Where it streams; empty where it does not.
    pub websocket: String,
    /// Where it answers questions, without a path; empty where it does not.
    pub rest: String,
    /// What to send after connecting. A text with `{market}` is sent once for each market; `{markets}` stands for all
    /// of them, as JSON texts with commas between them.
    pub subscribe: Vec<String>,
    /// What to send now and then.
    pub keep_alive: Option<KeepAlive>,
    /// Where the prices stand in a frame.
    pub frame: Places,
    /// Where in a frame its number stands, where the source counts all frames of a connection without gaps.
    pub count: Option<Pointer>,
    /// The market that frames are about where they do not say so.
    pub only_market: String,
    /// The path that answers with prices, where `{market}` stands for the market.
    pub quote_path: String,
    /// Where the prices stand in that answer.
    pub answer: Places,
    /// The path that answers with a book; empty where there is none.
    pub book_path: String,
    /// Where in that answer the buyers' levels stand: arrays that begin with price and quantity, the best first.
    pub bids: Option<Pointer>,
    /// Where the sellers' stand.
    pub asks: Option<Pointer>,
}

impl GenericSettings {
    /// Everything that is wrong, each in a sentence.
    pub(crate) fn mistakes(&self) -> Vec<String> {
        let mut mistakes = Vec::new();
        let mut hold = |fine: bool, text: &str| {
            if !fine {
                mistakes.push(text.to_owned());
            }
        };
        let (streams, answers) = (!self.websocket.is_empty(), !self.quote_path.is_empty());
        hold(!self.name.is_empty(), "a source needs a name");
        hold(streams || answers, "a source needs `websocket` or `quote_path`");
        hold(
            !answers || !self.rest.is_empty(),
            "`quote_path` needs `rest`, the address in front of it",
        );
        hold(
            self.book_path.is_empty() || !self.rest.is_empty(),
            "`book_path` needs `rest`, the address in front of it",
        );
        hold(
            !streams || !self.frame.is_empty(),
            "a stream needs the places of `bid` and `ask`, or of `last`",
        );
        hold(
            !answers || !self.answer.is_empty(),
            "an answer needs the places of `bid` and `ask`, or of `last`",
        );
        hold(
            streams
                || (self.frame == Places { time_unit: self.frame.time_unit, ..Places::default() }),
            "what is only asked has no frames: its prices stand at `quote_bid` and `quote_ask`, or `quote_last`",
        );
        hold(
            streams || (self.subscribe.is_empty() && self.keep_alive.is_none()),
            "`subscribe` and `keep_alive` need `websocket`, to which they are sent",
        );
        for places in [&self.frame, &self.answer] {
            hold(
                places.bid.is_some() == places.ask.is_some(),
                "`bid` and `ask` need each other's place",
            );
        }
        hold(
            !streams || self.frame.market.is_some() || !self.only_market.is_empty(),
            "frames need the place of `market`, or the source one market alone",
        );
        let sides = self.bids.is_some() && self.asks.is_some();
        hold(
            self.book_path.is_empty() || sides,
            "`book_path` needs the places of `bids` and `asks`",
        );
        for (path, name) in [(&self.quote_path, "quote_path"), (&self.book_path, "book_path")] {
            let fine = path.is_empty() || path.starts_with('/');
            hold(fine, &format!("`{name}` begins with a slash"));
        }
        mistakes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_in_its_unit() {
        // A time in the wrong unit is in 1970, or in the year 55000.
        let expect = Ok(1_700_000_000_123);
        for (unit, text) in [
            ("s", "1700000000.1239"),
            ("ms", "1700000000123"),
            ("us", "1700000000123999"),
            ("ns", "1700000000123999999"),
            ("iso", "2023-11-14T22:13:20.123Z"),
        ] {
            assert_eq!(TimeUnit::named(unit).expect(unit).read(text), expect, "{unit}");
        }
        assert_eq!(TimeUnit::named("hours"), None);
        assert!(TimeUnit::Seconds.read("-1").is_err());
        assert!(TimeUnit::Milliseconds.read("1700000000.5").is_err());
    }

    #[test]
    fn all_mistakes_are_named_at_once() {
        // Who mends one mistake a start gives up after the fifth.
        let pointer = Pointer::new("/a");
        let settings = GenericSettings {
            websocket: "wss://corner.example".to_owned(),
            frame: Places { bid: pointer, ..Places::default() },
            book_path: "book".to_owned(),
            ..GenericSettings::default()
        };
        let mistakes = settings.mistakes().join("\n");
        for part in ["a name", "each other's place", "`market`", "`bids`", "needs `rest`", "slash"]
        {
            assert!(mistakes.contains(part), "{part}: {mistakes}");
        }
        let asked = GenericSettings {
            name: "corner".to_owned(),
            rest: "https://corner.example".to_owned(),
            quote_path: "/q".to_owned(),
            answer: Places { last: Pointer::new("/p"), ..Places::default() },
            ..GenericSettings::default()
        };
        assert_eq!(asked.mistakes(), [""; 0]);
        let frame = Places { last: Pointer::new("/p"), ..Places::default() };
        let confused =
            GenericSettings { subscribe: vec!["all".to_owned()], frame, ..asked }.mistakes();
        assert_eq!(confused.len(), 2, "{confused:?}");
        assert_eq!(
            GenericSettings { name: "x".to_owned(), ..GenericSettings::default() }.mistakes(),
            ["a source needs `websocket` or `quote_path`"]
        );
    }
}

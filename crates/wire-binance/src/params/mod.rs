//! Parameters: names and values, from a query, a form or an object of JSON, and back.

mod decode;
mod field;
mod json;
mod query;
mod sink;
mod value;

use std::borrow::Cow;

pub(crate) use decode::hex;
pub(crate) use field::{Field, Parameters, parameters};
pub use query::Query;
pub use sink::{JsonObject, Sink};
pub use value::{ClientIds, Limit, OrderIds};

use crate::failure::{ErrorCode, Failure};

/// Most parameters of one request; each has a bit in a mask. No endpoint has half as many.
const COUNT_MAX: usize = 64;

/// Longest parameters of one request, in bytes as they came: several times five orders with every parameter, written in
/// the longest way.
pub const LENGTH_MAX: usize = 32 * 1024;

/// What every endpoint takes besides its own.
const SECURITY: [&str; 4] = ["timestamp", "recvWindow", "signature", "apiKey"];

/// The parameters of one request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params<'a> {
    pairs: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

impl<'a> Params<'a> {
    /// Reads what stands in a query and in a body of a form. What stands in both is taken from the query.
    ///
    /// # Errors
    /// Where one stands twice in the same, is not text, or there are too many.
    pub fn read(query: &'a [u8], body: &'a [u8]) -> Result<Self, Failure> {
        if query.len().saturating_add(body.len()) > LENGTH_MAX {
            return Err(Failure::of(ErrorCode::TooManyParameters));
        }
        let mut params = Self::default();
        for pair in decode::pairs(query) {
            params.push(pair?)?;
        }
        let own = params.pairs.len();
        for pair in decode::pairs(body) {
            let (name, value) = pair?;
            let known = params.pairs.iter().position(|(known, _)| *known == name);
            if known.is_none_or(|at| at >= own) {
                params.push((name, value))?;
            }
        }
        Ok(params)
    }

    /// Reads an object of JSON, whose values are texts, numbers, truths, or lists of them.
    ///
    /// # Errors
    /// Where it is none, one stands twice, or there are too many.
    pub fn read_json(object: &'a str) -> Result<Self, Failure> {
        if object.len() > LENGTH_MAX {
            return Err(Failure::of(ErrorCode::TooManyParameters));
        }
        json::object(object)
    }

    /// A parameter's value, where it is there.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_ref())
    }

    /// All of them, as they came.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(name, value)| (name.as_ref(), value.as_ref()))
    }

    /// The same but for those that `leave` names.
    pub(crate) fn without(&self, leave: impl Fn(&str) -> bool) -> Params<'_> {
        let kept = self.iter().filter(|(name, _)| !leave(name));
        Params { pairs: kept.map(|(name, value)| (name.into(), value.into())).collect() }
    }

    /// The elements of a list of JSON, each as it stands there; `None` where it is no list.
    pub(crate) fn list(text: &str) -> Option<Vec<&str>> {
        json::list(text)
    }

    fn push(&mut self, pair: (Cow<'a, str>, Cow<'a, str>)) -> Result<(), Failure> {
        if self.pairs.len() >= COUNT_MAX {
            return Err(Failure::of(ErrorCode::TooManyParameters));
        }
        if self.pairs.iter().any(|(known, _)| *known == pair.0) {
            let words = "Duplicate values for a parameter detected.";
            return Err(Failure::said(ErrorCode::TooManyParameters, words));
        }
        self.pairs.push(pair);
        Ok(())
    }
}

/// Takes parameters out of all that were sent, and knows what nobody has taken.
#[derive(Debug)]
pub(crate) struct Taker<'p> {
    params: &'p Params<'p>,
    /// One bit for each that somebody has taken.
    taken: u64,
}

impl<'p> Taker<'p> {
    pub(crate) fn new(params: &'p Params<'p>) -> Self {
        let mut taker = Self { params, taken: 0 };
        for name in SECURITY {
            taker.take(name);
        }
        taker
    }

    /// A parameter's value, where it is there.
    pub(crate) fn take(&mut self, name: &str) -> Option<&'p str> {
        let at = self.params.pairs.iter().position(|(known, _)| known == name)?;
        self.taken |= 1 << at;
        self.params.pairs.get(at).map(|(_, value)| value.as_ref())
    }

    /// Takes all there are.
    pub(crate) const fn take_all(&mut self) {
        self.taken = u64::MAX;
    }

    /// Whether all were taken: what a client means and nobody reads may be what matters, such as that an order only
    /// reduces.
    pub(crate) fn finish(&self) -> Result<(), Failure> {
        let sent = self.params.pairs.len();
        let read = self.taken.count_ones();
        if usize::try_from(read).is_ok_and(|read| read >= sent) {
            return Ok(());
        }
        let given = [read.to_string(), sent.to_string()];
        Err(Failure::with(ErrorCode::UnreadParameters, &[&given[0], &given[1]]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(result: Result<Params<'_>, Failure>) -> i32 {
        result.expect_err("it is refused").code
    }

    #[test]
    fn the_query_wins_over_the_body_and_nothing_stands_twice() {
        // Of two quantities one would be traded, and the client may mean the other.
        let params = Params::read(b"symbol=BTCUSDT&side=BUY", b"side=SELL&price=1").expect("read");
        let all: Vec<_> = params.iter().collect();
        assert_eq!(all, [("symbol", "BTCUSDT"), ("side", "BUY"), ("price", "1")]);
        assert_eq!(code(Params::read(b"a=1&a=2", b"")), -1101);
        assert_eq!(code(Params::read(b"", b"a=1&a=1")), -1101);
        assert_eq!(code(Params::read(b"b=1", b"a=1&%61=1")), -1101);
    }

    #[test]
    fn limits_hold() {
        let many = |count: usize| {
            (0..count).map(|at| format!("p{at}=1")).collect::<Vec<_>>().join("&").into_bytes()
        };
        assert!(Params::read(&many(COUNT_MAX), b"").is_ok());
        assert_eq!(code(Params::read(&many(COUNT_MAX + 1), b"")), -1101);
        let long = format!("a={}", "x".repeat(LENGTH_MAX));
        assert_eq!(code(Params::read(long.as_bytes(), b"")), -1101);
        assert_eq!(code(Params::read(b"", long.as_bytes())), -1101);
        assert_eq!(code(Params::read_json(&long)), -1101);
    }

    #[test]
    fn what_nobody_reads_is_refused() {
        // A misspelled `reduceOnly` that is passed over opens a position.
        let params = Params::read(b"a=1&reduceonly=true&timestamp=1&signature=x", b"");
        let params = params.expect("read");
        let mut taker = Taker::new(&params);
        assert_eq!(taker.take("a"), Some("1"));
        let failure = taker.finish().expect_err("one is left");
        assert_eq!(
            failure.to_string(),
            "-1104 Not all sent parameters were read; read 3 parameter(s) but was sent 4."
        );
        taker.take("reduceonly");
        assert_eq!(taker.finish(), Ok(()));
    }
}

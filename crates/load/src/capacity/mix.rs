//! What is asked: calls and how often each comes.

use machine::Prng;
use runtime::http::Method;
use serde_json::Value;

/// As what a target is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surface {
    /// A gateway or node: JSON-RPC over HTTP.
    Gateway,
    /// A venue with Binance's USDⓈ-M surface.
    Venue,
}

/// Calls, of which one is drawn for each request.
#[derive(Clone, Debug)]
pub struct Mix {
    calls: Vec<Call>,
    weights: u64,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    /// What it is called in tables.
    pub(crate) name: String,
    weight: u32,
    pub(crate) kind: Kind,
}

/// How it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A method and its parameters, JSON.
    Rpc { method: String, params: Template },
    /// A request of a venue, signed where it is an account's.
    Web { method: Method, path: Template, is_signed: bool },
}

/// A text with places that are drawn anew for each request: `{address}` is an address and `{hash}` a hash, without 0x.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    /// A number of so many hex digits.
    Drawn(usize),
}

/// The places, and how many hex digits stand there.
const PLACES: [(&str, usize); 2] = [("{address}", 40), ("{hash}", 64)];

/// Different addresses, and hashes, that are drawn: as many as wallets that are open at once. One for all would measure
/// the cache, and a new one each time the absence of any.
const DRAWN: u64 = 10_000;

/// Where they begin: far above the precompiles.
const DRAWN_FROM: u64 = 0x5ea0_0000_0000;

/// The most calls of a file.
const CALLS_MAX: usize = 1_000;

/// The highest weight of one.
const WEIGHT_MAX: u64 = 1_000_000;

/// What a wallet that is open asks for, of a hundred calls. The shares are a choice: nobody publishes theirs.
const WALLET: [(&str, &str, u32); 9] = [
    ("eth_call", r#"[{"to":"0x{address}","data":"0x70a08231"},"latest"]"#, 30),
    ("eth_blockNumber", "[]", 20),
    ("eth_getBalance", r#"["0x{address}","latest"]"#, 15),
    ("eth_getBlockByNumber", r#"["latest",false]"#, 10),
    ("eth_getTransactionReceipt", r#"["0x{hash}"]"#, 5),
    ("eth_getTransactionCount", r#"["0x{address}","latest"]"#, 5),
    ("eth_gasPrice", "[]", 5),
    ("eth_chainId", "[]", 5),
    ("eth_getLogs", r#"[{"fromBlock":"latest","toBlock":"latest","address":"0x{address}"}]"#, 5),
];

/// What anybody may ask of a venue, of a hundred requests. A choice, too.
const PUBLIC: [(&str, u32); 5] = [
    ("/fapi/v1/depth?symbol=BTCUSDT&limit=100", 40),
    ("/fapi/v1/premiumIndex?symbol=BTCUSDT", 20),
    ("/fapi/v1/ticker/24hr?symbol=BTCUSDT", 20),
    ("/fapi/v1/trades?symbol=BTCUSDT&limit=100", 10),
    ("/fapi/v1/time", 10),
];

/// An order that is looked at and not placed, for venues that are not ours to trade on.
const TEST_ORDER: &str = "/fapi/v1/order/test?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=IOC&quantity=0.001&price=95000";

/// One that is placed, trades with nobody at a price below the market, and is gone at once.
const ORDER: &str =
    "/fapi/v1/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=IOC&quantity=0.001&price=95000";

/// The weight of orders where a key is given: as many as there are other requests.
const ORDERS: u32 = 100;

impl Mix {
    /// What wallets ask of a gateway.
    #[must_use]
    pub fn wallets() -> Self {
        Self::of(WALLET.map(|(method, params, weight)| Call::rpc(method, params, weight)).into())
    }

    /// What anybody asks of a venue.
    #[must_use]
    pub fn public() -> Self {
        let call = |(path, weight)| Call::web(Method::GET, path, false, weight);
        Self::of(PUBLIC.map(call).into())
    }

    /// The same, and as many orders that are only tested.
    #[must_use]
    pub fn with_test_orders() -> Self {
        Self::public().and(Call::web(Method::POST, TEST_ORDER, true, ORDERS))
    }

    /// The same, and as many orders that are placed and trade with nobody, where BTCUSDT is at 100,000.
    #[must_use]
    pub fn with_orders() -> Self {
        Self::public().and(Call::web(Method::POST, ORDER, true, ORDERS))
    }

    /// Reads a file of calls, a JSON object a line; empty lines are passed over.
    ///
    /// # Errors
    /// Every line that is wrong, with its number and what is expected there.
    pub fn read(text: &str, surface: Surface) -> Result<Self, Vec<String>> {
        let mut calls = Vec::new();
        let mut wrong = Vec::new();
        for (line, text) in (1_u32..).zip(text.lines()).filter(|(_, text)| !text.trim().is_empty())
        {
            match read_call(text, surface) {
                Ok(call) => calls.push(call),
                Err(why) => wrong.push(format!("line {line}: {why}")),
            }
        }
        if calls.len() > CALLS_MAX {
            wrong.push(format!("there are {} calls; {CALLS_MAX} are the most", calls.len()));
        }
        if calls.is_empty() && wrong.is_empty() {
            wrong.push("there is no call".to_owned());
        }
        if wrong.is_empty() { Ok(Self::of(calls)) } else { Err(wrong) }
    }

    /// Whether one of them has to be signed.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        self.calls.iter().any(|call| matches!(call.kind, Kind::Web { is_signed: true, .. }))
    }

    /// The names of the calls and their weights.
    pub fn weights(&self) -> impl Iterator<Item = (&str, u32)> {
        self.calls.iter().map(|call| (call.name.as_str(), call.weight))
    }

    fn of(calls: Vec<Call>) -> Self {
        let weights = calls.iter().map(|call| u64::from(call.weight)).sum();
        Self { calls, weights }
    }

    fn and(mut self, call: Call) -> Self {
        self.calls.push(call);
        Self::of(self.calls)
    }

    pub(crate) fn calls(&self) -> &[Call] {
        &self.calls
    }

    /// One of them by its weight.
    pub(crate) fn draw(&self, prng: &mut Prng) -> Option<&Call> {
        let mut at = prng.below(self.weights.max(1));
        self.calls.iter().find(|call| {
            let weight = u64::from(call.weight);
            let is_it = at < weight;
            at = at.saturating_sub(weight);
            is_it
        })
    }
}

impl Call {
    fn rpc(method: &str, params: &str, weight: u32) -> Self {
        let kind = Kind::Rpc { method: method.to_owned(), params: Template::of(params) };
        Self { name: method.to_owned(), weight, kind }
    }

    fn web(method: Method, path: &str, is_signed: bool, weight: u32) -> Self {
        let name = format!("{method} {}", path.split('?').next().unwrap_or(path));
        Self { name, weight, kind: Kind::Web { method, path: Template::of(path), is_signed } }
    }
}

impl Template {
    fn of(text: &str) -> Self {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((at, place, digits)) = next_place(rest) {
            parts.push(Part::Text(rest.get(..at).unwrap_or_default().to_owned()));
            parts.push(Part::Drawn(digits));
            rest = rest.get(at.saturating_add(place.len())..).unwrap_or_default();
        }
        parts.push(Part::Text(rest.to_owned()));
        Self(parts)
    }

    /// The text for one request.
    pub(crate) fn fill(&self, prng: &mut Prng) -> String {
        let mut text = String::new();
        for part in &self.0 {
            match part {
                Part::Text(part) => text.push_str(part),
                Part::Drawn(digits) => {
                    let number = DRAWN_FROM.saturating_add(prng.below(DRAWN));
                    text.push_str(&format!("{number:0digits$x}"));
                }
            }
        }
        text
    }
}

/// Where the next place begins, its text, and its digits.
fn next_place(text: &str) -> Option<(usize, &'static str, usize)> {
    let found =
        PLACES.into_iter().filter_map(|(place, digits)| Some((text.find(place)?, place, digits)));
    found.min_by_key(|(at, ..)| *at)
}

const RPC_EXPECTED: &str =
    r#"expected {"method": "eth_getBalance", "params": ["0x{address}", "latest"], "weight": 3}"#;
const WEB_EXPECTED: &str = r#"expected {"path": "/fapi/v1/depth?symbol=BTCUSDT", "weight": 3}, with "method": "POST" and "signed": true where it is an order"#;

fn read_call(text: &str, surface: Surface) -> Result<Call, String> {
    let (expected, keys): (_, &[&str]) = match surface {
        Surface::Gateway => (RPC_EXPECTED, &["method", "params", "weight"]),
        Surface::Venue => (WEB_EXPECTED, &["path", "method", "signed", "weight"]),
    };
    let value: Value =
        serde_json::from_str(text).map_err(|why| format!("no JSON ({why}); {expected}"))?;
    let object = value.as_object().ok_or_else(|| format!("no object; {expected}"))?;
    if let Some(key) = object.keys().find(|key| !keys.contains(&key.as_str())) {
        return Err(format!("{key:?} is not known; {expected}"));
    }
    let weight = match object.get("weight") {
        None => 1,
        Some(weight) => {
            let weight = weight.as_u64().filter(|it| (1..=WEIGHT_MAX).contains(it));
            let weight = weight.and_then(|weight| u32::try_from(weight).ok());
            weight.ok_or_else(|| format!("\"weight\" is a whole number from 1 to {WEIGHT_MAX}"))?
        }
    };
    let word = |key: &str| object.get(key).map(|it| it.as_str().filter(|it| !it.is_empty()));
    match surface {
        Surface::Gateway => {
            let method = word("method").flatten();
            let method = method.ok_or_else(|| format!("\"method\" is missing; {expected}"))?;
            let params = object.get("params").map_or_else(|| "[]".to_owned(), Value::to_string);
            if !params.starts_with(['[', '{']) {
                return Err(format!("\"params\" is a list; {expected}"));
            }
            Ok(Call::rpc(method, &params, weight))
        }
        Surface::Venue => {
            let path = word("path").flatten().filter(|path| path.starts_with('/'));
            let path = path.ok_or_else(|| format!("\"path\" begins with a slash; {expected}"))?;
            let method = match word("method").unwrap_or(Some("GET")) {
                Some("GET") => Method::GET,
                Some("POST") => Method::POST,
                Some("PUT") => Method::PUT,
                Some("DELETE") => Method::DELETE,
                _ => return Err("\"method\" is GET, POST, PUT or DELETE".to_owned()),
            };
            let signed = object.get("signed").map_or(Some(false), Value::as_bool);
            let signed = signed.ok_or("\"signed\" is true or false")?;
            Ok(Call::web(method, path, signed, weight))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn calls_come_as_often_as_their_weights_say_and_the_same_again() {
        // A mix that is not the one that was written measures another platform.
        let mix = Mix::wallets();
        assert_eq!(mix.weights, 100);
        let draw = |seed| {
            let mut prng = Prng::new(seed);
            let drawn = (0..10_000).map(|_| mix.draw(&mut prng).unwrap().name.clone());
            drawn.collect::<Vec<_>>()
        };
        let drawn = draw(1);
        for (name, weight) in mix.weights() {
            let count = drawn.iter().filter(|it| *it == name).count();
            let expected = weight as usize * 100;
            assert!(count.abs_diff(expected) < expected / 4, "{name}: {count}");
        }
        assert_eq!(drawn, draw(1));
        assert_ne!(drawn, draw(2));
    }

    #[test]
    fn a_place_is_another_wallet_each_time_and_as_long_as_it_has_to_be() {
        // One address for all calls would measure a cache and nothing else.
        let template = Template::of(r#"["0x{address}","0x{hash}","latest"]"#);
        let mut prng = Prng::new(1);
        let (first, second) = (template.fill(&mut prng), template.fill(&mut prng));
        assert_ne!(first, second);
        let parts: Value = serde_json::from_str(&first).unwrap();
        let lengths: Vec<_> =
            parts.as_array().unwrap().iter().map(|it| it.as_str().unwrap().len()).collect();
        assert_eq!(lengths, [42, 66, 6]);
        assert_eq!(Template::of("{}").fill(&mut prng), "{}");
    }

    #[test]
    fn every_wrong_line_of_a_file_is_named_with_its_number() {
        // A line that is passed over in silence leaves a load that nobody has asked for.
        let text =
            "{\"method\": \"eth_call\", \"params\": [1], \"weight\": 3}\n\n{\"method\": \"a\"}\n";
        let mix = Mix::read(text, Surface::Gateway).unwrap();
        assert_eq!(mix.weights().collect::<Vec<_>>(), [("eth_call", 3), ("a", 1)]);
        let text = "{\n{\"params\": []}\n{\"method\": \"a\", \"weight\": 0}\n{\"method\": \"a\", \"wieght\": 1}\n[]\n\
                    {\"method\": \"a\", \"params\": \"x\"}\n";
        let wrong = Mix::read(text, Surface::Gateway).unwrap_err();
        let parts = [
            "line 1: no JSON",
            "line 2: \"method\"",
            "line 3: \"weight\"",
            "line 4: \"wieght\"",
            "line 5: no object",
            "line 6: \"params\"",
        ];
        assert_eq!(wrong.len(), parts.len(), "{wrong:?}");
        for (why, part) in wrong.iter().zip(parts) {
            assert!(why.starts_with(part), "{why}");
        }
        assert_eq!(Mix::read("\n", Surface::Gateway).unwrap_err(), ["there is no call"]);
    }

    proptest! {
        #[test]
        fn whatever_a_file_holds_is_refused_or_makes_requests(
            params in r#"\[("[^"\\\x00-\x1f]{0,8}(\{address\}|\{hash\}|\{)[^"\\\x00-\x1f]{0,8}")\]"#,
            any in ".{0,40}",
        ) {
            // A place in the middle of somebody's own text must neither break the JSON nor end the run in a panic.
            let line = format!("{{\"method\": \"a\", \"params\": {params}}}");
            let mix = Mix::read(&line, Surface::Gateway).map_err(|why| TestCaseError::fail(why.join(";")))?;
            let mut prng = Prng::new(1);
            if let Some(Call { kind: Kind::Rpc { params, .. }, .. }) = mix.draw(&mut prng) {
                prop_assert!(serde_json::from_str::<Value>(&params.fill(&mut prng)).is_ok());
            }
            for surface in [Surface::Gateway, Surface::Venue] {
                let is_refused = Mix::read(&any, surface).is_err();
                let may_be_an_object = any.contains('{');
                prop_assert!(is_refused || may_be_an_object);
            }
        }
    }

    #[test]
    fn an_order_of_a_file_is_signed_and_a_read_is_not() {
        // An order that is not signed is refused, and the refusals would be measured.
        let text =
            "{\"path\": \"/a?b=c\"}\n{\"path\": \"/o\", \"method\": \"POST\", \"signed\": true}";
        let mix = Mix::read(text, Surface::Venue).unwrap();
        assert!(mix.is_signed() && !Mix::public().is_signed() && Mix::with_orders().is_signed());
        assert_eq!(mix.weights().collect::<Vec<_>>(), [("GET /a", 1), ("POST /o", 1)]);
        for wrong in [
            "{\"path\": \"a\"}",
            "{\"path\": \"/a\", \"method\": \"HEAD\"}",
            "{\"path\": \"/a\", \"signed\": 1}",
        ] {
            assert!(Mix::read(wrong, Surface::Venue).is_err(), "{wrong}");
        }
    }
}

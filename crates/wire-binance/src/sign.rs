//! Signatures, and for how long a request holds.
//!
//! What is signed is every byte of the query and of the body as they came, without the parameter `signature`: nothing
//! is decoded before, since two texts that mean the same have different signatures.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::failure::{ErrorCode, Failure};
use crate::params::{Field, Params, Query, Sink as _, Taker, hex};

/// How long a request holds that does not say it, in milliseconds.
pub const RECEIVE_WINDOW: u64 = 5_000;

/// The longest that it may say.
pub const RECEIVE_WINDOW_MAX: u64 = 60_000;

/// How far a client's clock may be ahead, in milliseconds.
pub const AHEAD_MAX: u64 = 1_000;

/// What the part of a request begins with that holds its signature.
const NAME: &[u8] = b"signature=";

/// A secret, ready to sign with.
#[derive(Clone)]
pub struct Secret {
    started: Hmac<Sha256>,
}

/// A signature by HMAC-SHA256.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature([u8; 32]);

impl Secret {
    /// The secret of a key, of any length.
    ///
    /// # Panics
    /// Never: HMAC takes keys of any length.
    #[must_use]
    pub fn new(secret: &[u8]) -> Self {
        let started =
            Hmac::new_from_slice(secret).expect("invariant: HMAC takes keys of any length");
        Self { started }
    }

    /// Signs the parts as if they were one.
    #[must_use]
    pub fn sign<'a>(&self, parts: impl IntoIterator<Item = &'a [u8]>) -> Signature {
        Signature(self.over(parts).finalize().into_bytes().into())
    }

    /// Whether a signature is this secret's over the parts; takes as long whichever byte is wrong.
    #[must_use]
    pub fn verifies<'a>(
        &self,
        parts: impl IntoIterator<Item = &'a [u8]>,
        signature: &Signature,
    ) -> bool {
        self.over(parts).verify_slice(&signature.0).is_ok()
    }

    fn over<'a>(&self, parts: impl IntoIterator<Item = &'a [u8]>) -> Hmac<Sha256> {
        let mut mac = self.started.clone();
        for part in parts {
            mac.update(part);
        }
        mac
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(..)")
    }
}

impl Signature {
    /// Reads 64 hexadecimal digits, of either case.
    ///
    /// # Errors
    /// Where they are something else.
    pub fn read(text: &[u8]) -> Result<Self, Failure> {
        let wrong = || Failure::illegal("signature", "^[A-Fa-f0-9]{64}$");
        let mut bytes = [0; 32];
        if text.len() != bytes.len() * 2 {
            return Err(wrong());
        }
        for (byte, digits) in bytes.iter_mut().zip(text.chunks_exact(2)) {
            let pair = <[u8; 2]>::try_from(digits).map_err(|_| wrong())?;
            let [high, low] = pair.map(hex);
            *byte = high.ok_or_else(wrong)? << 4 | low.ok_or_else(wrong)?;
        }
        Ok(Self(bytes))
    }

    /// Its 64 hexadecimal digits.
    #[must_use]
    pub fn hex(&self) -> String {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let halves = self.0.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        halves.filter_map(|half| DIGITS.get(usize::from(half))).copied().map(char::from).collect()
    }
}

impl fmt::Debug for Signature {
    /// A signature lets whoever has it send the request again while it holds.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Signature(..)")
    }
}

/// A request as it came, taken apart for the check of its signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signed<'a> {
    /// What is signed, in this order.
    pub parts: [&'a [u8]; 3],
    /// The signature that came with it.
    pub signature: Signature,
}

impl<'a> Signed<'a> {
    /// Takes a request apart. Where both the query and the body have a signature, the query's counts.
    ///
    /// # Errors
    /// Where there is no signature, or what is there is none.
    pub fn of(query: &'a [u8], body: &'a [u8]) -> Result<Self, Failure> {
        if let Some(([before, after], signature)) = without_signature(query) {
            return Ok(Self {
                parts: [before, after, body],
                signature: Signature::read(signature)?,
            });
        }
        let Some(([before, after], signature)) = without_signature(body) else {
            return Err(Failure::mandatory("signature"));
        };
        Ok(Self { parts: [query, before, after], signature: Signature::read(signature)? })
    }

    /// Checks the signature.
    ///
    /// # Errors
    /// Where it is not this secret's over this request.
    pub fn check(&self, secret: &Secret) -> Result<(), Failure> {
        if secret.verifies(self.parts, &self.signature) {
            Ok(())
        } else {
            Err(Failure::of(ErrorCode::InvalidSignature))
        }
    }
}

/// What stands before and behind the first signature of a text, and the signature. One `&` goes with it.
fn without_signature(text: &[u8]) -> Option<([&[u8]; 2], &[u8])> {
    let start = if text.starts_with(NAME) {
        0
    } else {
        let mut parts = text.windows(NAME.len() + 1);
        parts.position(|part| part.strip_prefix(b"&") == Some(NAME))? + 1
    };
    let value = text.get(start + NAME.len()..)?;
    let length = value.iter().position(|byte| *byte == b'&').unwrap_or(value.len());
    let signature = value.get(..length)?;
    let mut after = value.get(length..)?;
    let mut before = text.get(..start)?;
    if before.is_empty() {
        after = after.strip_prefix(b"&").unwrap_or(after);
    } else {
        before = before.strip_suffix(b"&").unwrap_or(before);
    }
    Some(([before, after], signature))
}

/// When a request was made, and for how long it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// When it was made, in milliseconds since 1970 by the client's clock.
    pub timestamp: u64,
    /// For how long it holds, in milliseconds.
    pub receive_window: u64,
}

impl Timing {
    /// Reads it from a request's parameters.
    ///
    /// # Errors
    /// Where there is no time, or one of both is none, or the window is too long.
    pub fn read(params: &Params<'_>) -> Result<Self, Failure> {
        let mut taker = Taker::new(params);
        let timestamp = Field::take(&mut taker, &["timestamp"])?;
        let window: Option<u64> = Field::take(&mut taker, &["recvWindow"])?;
        let receive_window = window.unwrap_or(RECEIVE_WINDOW);
        if receive_window > RECEIVE_WINDOW_MAX {
            return Err(Failure::of(ErrorCode::BadReceiveWindow));
        }
        Ok(Self { timestamp, receive_window })
    }

    /// Whether the request still holds, and does already, at `now` by the venue's clock.
    ///
    /// # Errors
    /// Where it is too old, or from the future.
    pub fn check(&self, now: u64) -> Result<(), Failure> {
        if self.timestamp > now.saturating_add(AHEAD_MAX) {
            let words = "Timestamp for this request was 1000ms ahead of the server's time.";
            return Err(Failure::said(ErrorCode::InvalidTimestamp, words));
        }
        if now.saturating_sub(self.timestamp) > self.receive_window {
            return Err(Failure::of(ErrorCode::InvalidTimestamp));
        }
        Ok(())
    }

    /// The last millisecond at which the request holds.
    #[must_use]
    pub const fn until(&self) -> u64 {
        self.timestamp.saturating_add(self.receive_window)
    }
}

impl Query {
    /// Adds when the request was made, and for how long it holds after, both in milliseconds, and the signature over all
    /// that is there. Nothing may follow.
    pub fn sign(&mut self, secret: &Secret, timestamp: u64, receive_window: Option<u64>) {
        if let Some(window) = receive_window {
            self.push("recvWindow", &window.to_string());
        }
        self.push("timestamp", &timestamp.to_string());
        let signature = secret.sign([self.as_str().as_bytes()]);
        self.push("signature", signature.hex().as_str());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The pair of keys of Binance's documentation of the futures, and that of the spot.
    const FUTURES: &[u8] = b"2b5eb11e18796d12d88f13dc27dbbd02c2cc51ff7059765ed9821957d82bb4d9";
    const SPOT: &[u8] = b"NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j";

    fn check(secret: &[u8], query: &str, body: &str) -> Result<(), i32> {
        let signed = Signed::of(query.as_bytes(), body.as_bytes());
        signed.and_then(|signed| signed.check(&Secret::new(secret))).map_err(|failure| failure.code)
    }

    #[test]
    fn the_documented_signatures_are_made_and_checked() {
        // Whatever differs by a byte locks every client out.
        let all = "symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=9000&timeInForce=GTC&recvWindow=5000&timestamp=1591702613943";
        let hex = "3c661234138461fcc7a7d8746c6558c9842d4e10870d2ecbedf7777cad694af9";
        assert_eq!(Secret::new(FUTURES).sign([all.as_bytes()]).hex(), hex);
        assert_eq!(check(FUTURES, &format!("{all}&signature={hex}"), ""), Ok(()));
        assert_eq!(check(FUTURES, "", &format!("{all}&signature={hex}")), Ok(()));
        assert_eq!(check(FUTURES, "", &format!("{all}&signature={}", hex.to_uppercase())), Ok(()));
        assert_eq!(check(FUTURES, &format!("signature={hex}&{all}"), ""), Ok(()));
        assert_eq!(check(FUTURES, &format!("signature={hex}"), all), Ok(()));
        let spot = "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559";
        let hex = "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71";
        assert_eq!(check(SPOT, "", &format!("{spot}&signature={hex}")), Ok(()));
        // The query and the body without anything between.
        let (query, body) = spot.split_once("&quantity").expect("it is there");
        let hex = "0fd168b8ddb4876a0358a8d14d0c9f3da0e9b20c5d52b2a00fcf7d1c602f9a77";
        assert_eq!(check(SPOT, query, &format!("quantity{body}&signature={hex}")), Ok(()));
    }

    #[test]
    fn what_is_not_signed_so_is_refused() {
        // Whoever may change a byte may change the side.
        let hex = Secret::new(FUTURES).sign([b"a=1&b=%5B".as_slice()]).hex();
        assert_eq!(check(FUTURES, &format!("a=1&b=%5B&signature={hex}"), ""), Ok(()));
        assert_eq!(check(FUTURES, &format!("a=1&b=%5b&signature={hex}"), ""), Err(-1022));
        assert_eq!(check(FUTURES, &format!("a=1&b=[&signature={hex}"), ""), Err(-1022));
        assert_eq!(check(FUTURES, &format!("a=1&b=%5B&signature={hex}"), "c=1"), Err(-1022));
        assert_eq!(check(FUTURES, &format!("a=1&b=%5B&signature={hex}&c=1"), ""), Err(-1022));
        assert_eq!(check(SPOT, &format!("a=1&b=%5B&signature={hex}"), ""), Err(-1022));
        assert_eq!(check(FUTURES, "a=1", ""), Err(-1102));
        assert_eq!(check(FUTURES, "a=1&xsignature=1", "b=signature="), Err(-1102));
        for short in ["", "ab", &hex[1..], &format!("{hex}0"), &format!("{}g", &hex[1..])] {
            assert_eq!(check(FUTURES, &format!("a=1&signature={short}"), ""), Err(-1100));
        }
    }

    #[test]
    fn a_request_holds_for_its_window() {
        // Else what was sent before an outage is done after it, or a recorded request is sent again.
        let timing = |query: &'static str| {
            Params::read(query.as_bytes(), b"").and_then(|params| Timing::read(&params))
        };
        let code = |query, now| {
            timing(query).and_then(|timing| timing.check(now)).map_err(|failure| failure.code)
        };
        assert_eq!(code("timestamp=10000", 15_000), Ok(()));
        assert_eq!(code("timestamp=10000", 15_001), Err(-1021));
        assert_eq!(code("timestamp=10000", 9_000), Ok(()));
        assert_eq!(code("timestamp=10000", 8_999), Err(-1021));
        assert_eq!(code("timestamp=10000&recvWindow=10", 10_010), Ok(()));
        assert_eq!(code("timestamp=10000&recvWindow=10", 10_011), Err(-1021));
        assert_eq!(code("timestamp=10000&recvWindow=60000", 70_000), Ok(()));
        assert_eq!(code("timestamp=10000&recvWindow=60001", 10_000), Err(-1131));
        assert_eq!(code("recvWindow=10", 0), Err(-1102));
        assert_eq!(code("timestamp=", 0), Err(-1102));
        assert_eq!(code("timestamp=1e3", 0), Err(-1100));
        assert_eq!(code("timestamp=18446744073709551615&recvWindow=1", u64::MAX), Ok(()));
    }

    #[test]
    fn secrets_are_not_printed() {
        let secret = Secret::new(b"hidden");
        let signature = secret.sign([b"a".as_slice()]);
        let printed = format!("{secret:?} {signature:?}");
        assert_eq!(printed, "Secret(..) Signature(..)");
    }

    proptest! {
        #[test]
        fn what_is_taken_apart_is_all_but_the_signature(before in "[a-z=&]{0,20}", after in "[a-z=&]{0,20}") {
            let hex = "0".repeat(64);
            let text = format!("{before}&signature={hex}&{after}");
            let signed = Signed::of(text.as_bytes(), b"").expect("there is one");
            let joined = signed.parts.concat();
            // One `&` goes, which one depends on what is before.
            prop_assert_eq!(joined.len(), before.len() + after.len() + 1);
        }

        #[test]
        fn no_bytes_make_it_panic(query in "[signature=&%0a]{0,60}", body in prop::collection::vec(any::<u8>(), 0..60)) {
            drop(Signed::of(query.as_bytes(), &body));
        }
    }
}

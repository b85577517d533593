//! What a client makes of an answer.

use wire_binance::{ErrorCode, Failure};

/// What became of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Done.
    Done,
    /// Not done, for a reason that trying again does not change: the code.
    Refused(i32),
    /// Not done, since there is too much to do: the code, or the status where there is none.
    Shed(i32),
    /// No answer: the time was up, or the connection broke. It may have been done.
    Lost,
}

/// The codes that say that there was too much to do, or that the time was up before it was done.
const SHED: [ErrorCode; 5] = [
    ErrorCode::Throttled,
    ErrorCode::TooManyRequests,
    ErrorCode::TooManyOrders,
    ErrorCode::EngineReceiveWindow,
    ErrorCode::InvalidTimestamp,
];

impl Answer {
    /// Of the status and the body of a response.
    #[must_use]
    pub fn of(status: u16, body: &[u8]) -> Self {
        if status == 200 {
            return Self::Done;
        }
        Failure::read(status, body)
            .map_or(Self::Shed(i32::from(status)), |failure| Self::of_failure(&failure))
    }

    /// Of an error.
    #[must_use]
    pub fn of_failure(failure: &Failure) -> Self {
        let shed = failure.known().is_some_and(|code| SHED.contains(&code));
        if failure.leaves_unknown() {
            Self::Lost
        } else if shed || matches!(failure.status, 429 | 503) {
            Self::Shed(failure.code)
        } else {
            Self::Refused(failure.code)
        }
    }

    /// What it means to somebody who has asked for the same before: that his order has a name which is taken, or is not
    /// there any more, says that the earlier request was done.
    #[must_use]
    pub fn of_repeat(self) -> Self {
        let known = [ErrorCode::DuplicatedClientOrderId, ErrorCode::CancelRejected];
        if known.iter().any(|known| self == Self::Refused(known.number())) {
            Self::Done
        } else {
            self
        }
    }

    /// Whether trying again is of no use.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Refused(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shed_is_no_refusal_and_a_repeat_knows_its_first() {
        // A load that took a shed close for a refused one would say that its account had been told why.
        let of = |code| {
            let mut body = Vec::new();
            let failure = Failure::of(code);
            failure.write(&mut body);
            Answer::of(failure.status, &body)
        };
        assert_eq!(of(ErrorCode::Throttled), Answer::Shed(-1008));
        assert_eq!(of(ErrorCode::TooManyRequests), Answer::Shed(-1003));
        assert_eq!(of(ErrorCode::ReduceOnlyReject), Answer::Refused(-2022));
        assert_eq!(of(ErrorCode::Timeout), Answer::Lost);
        assert_eq!(Answer::of(502, b"<html>"), Answer::Shed(502));
        assert_eq!(Answer::of(200, b"{}"), Answer::Done);
        assert_eq!(of(ErrorCode::DuplicatedClientOrderId).of_repeat(), Answer::Done);
        assert_eq!(of(ErrorCode::ReduceOnlyReject).of_repeat(), Answer::Refused(-2022));
        assert!(!Answer::Shed(-1008).is_final() && !Answer::Lost.is_final());
    }
}

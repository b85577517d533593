//! Who asks, and whether they may.

use std::net::IpAddr;
use std::sync::Arc;

use units::Timestamp;
use wire_binance::{ApiRequest, Endpoint, ErrorCode, Failure, Params, Security, Signed, Timing};

use super::keys::Key;
use super::{Front, at_ms, now_ms};

/// Who asks, once it is proved.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// The key.
    pub key: Arc<Key>,
    /// Until when the request is of use.
    pub deadline: Timestamp,
}

/// A request as far as it matters for who may ask.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Claim<'a> {
    /// The key of the header, or of the message.
    pub key: Option<&'a str>,
    /// Where it comes from.
    pub from: IpAddr,
    /// What is signed: the query and the body, as they came.
    pub signed: (&'a [u8], &'a [u8]),
}

/// For how long a request holds that is not signed.
const UNSIGNED_MS: u64 = 5_000;

/// Finds out who asks. `None` where nobody needs to know.
///
/// # Errors
/// Where the key is not known or may not do this, the time is not within the window, or the signature is wrong.
pub(crate) fn check(
    front: &Front,
    endpoint: Endpoint,
    params: &Params<'_>,
    claim: Claim<'_>,
) -> Result<Option<Caller>, Failure> {
    let deadline = match endpoint.security() {
        Security::None => return Ok(None),
        Security::Key => {
            let holder = front.keys.find(claim.key, claim.from)?;
            let deadline = at_ms(now_ms().saturating_add(UNSIGNED_MS));
            return allowed(holder.key, endpoint, deadline).map(Some);
        }
        Security::Signed => signed(front, params, claim)?,
    };
    allowed(deadline.0, endpoint, deadline.1).map(Some)
}

/// Checks key, time and signature of anything that is signed.
///
/// # Errors
/// Where one of them is wrong.
pub(crate) fn signed(
    front: &Front,
    params: &Params<'_>,
    claim: Claim<'_>,
) -> Result<(Arc<Key>, Timestamp), Failure> {
    let holder = front.keys.find(claim.key, claim.from)?;
    let timing = Timing::read(params)?;
    timing.check(now_ms())?;
    Signed::of(claim.signed.0, claim.signed.1)?.check(&holder.secret)?;
    Ok((holder.key, at_ms(timing.until())))
}

/// The same of a request of the WebSocket API, whose signature is over its parameters.
///
/// # Errors
/// As [`check`].
pub(crate) fn check_api(
    front: &Front,
    request: &ApiRequest<'_>,
    from: IpAddr,
) -> Result<Option<Caller>, Failure> {
    let deadline = match request.endpoint.security() {
        Security::None => return Ok(None),
        Security::Key => {
            let holder = front.keys.find(Some(request.key()?), from)?;
            (holder.key, at_ms(now_ms().saturating_add(UNSIGNED_MS)))
        }
        Security::Signed => {
            let holder = front.keys.find(Some(request.key()?), from)?;
            let timing = Timing::read(&request.params)?;
            timing.check(now_ms())?;
            request.check(&holder.secret)?;
            (holder.key, at_ms(timing.until()))
        }
    };
    allowed(deadline.0, request.endpoint, deadline.1).map(Some)
}

fn allowed(key: Arc<Key>, endpoint: Endpoint, deadline: Timestamp) -> Result<Caller, Failure> {
    let may = if endpoint.changes() { key.permissions.trade } else { key.permissions.read };
    if may { Ok(Caller { key, deadline }) } else { Err(Failure::of(ErrorCode::RejectedKey)) }
}

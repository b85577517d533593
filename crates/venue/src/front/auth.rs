//! Who asks, and whether they may.

use std::net::IpAddr;
use std::sync::Arc;

use runtime::http::{self, HeaderName};
use units::Timestamp;
use wire_binance::{
    ApiRequest, Endpoint, ErrorCode, Failure, KEY_HEADER, Params, Secret, Security, Signed, Timing,
};

use super::keys::Key;
use super::meter::Over;
use super::{Front, at_ms, now_ms};

/// Who asks, once it is proved.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// The key.
    pub key: Arc<Key>,
    /// Until when the request is of use.
    pub deadline: Timestamp,
    /// How it came.
    pub way: Way,
    /// The limit that it is above.
    pub over: Option<Over>,
}

/// How a request comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// One after the other on its connection: as long as it is not answered no other is read.
    Http,
    /// Beside others on a socket.
    Socket,
}

/// A request as far as it matters for who may ask.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Claim<'a> {
    key: Option<&'a str>,
    from: IpAddr,
    signed: Text<'a>,
}

/// What a signature is over.
#[derive(Clone, Copy, Debug)]
enum Text<'a> {
    /// The query and the body, as they came.
    Sent(&'a [u8], &'a [u8]),
    /// The parameters of a request of the WebSocket API.
    Parameters(&'a ApiRequest<'a>),
}

impl<'a> Claim<'a> {
    /// What a request over HTTP says.
    pub(crate) fn sent(request: &'a http::Request, body: &'a [u8]) -> Self {
        Self {
            key: request.header(&KEY),
            from: request.peer().ip(),
            signed: Text::Sent(request.query().as_bytes(), body),
        }
    }

    /// What a request of the WebSocket API says, which came from an address.
    pub(crate) fn of_api(request: &'a ApiRequest<'a>, from: IpAddr) -> Self {
        Self { key: request.key().ok(), from, signed: Text::Parameters(request) }
    }

    /// The address that it came from.
    pub(crate) const fn from(&self) -> IpAddr {
        self.from
    }

    /// How it came.
    pub(crate) const fn way(&self) -> Way {
        match self.signed {
            Text::Sent(..) => Way::Http,
            Text::Parameters(_) => Way::Socket,
        }
    }

    fn verify(self, secret: &Secret) -> Result<(), Failure> {
        match self.signed {
            Text::Sent(query, body) => Signed::of(query, body)?.check(secret),
            Text::Parameters(request) => request.check(secret),
        }
    }
}

/// The header that a key comes in.
const KEY: HeaderName = HeaderName::from_static(KEY_HEADER);

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
    let (key, deadline) = match endpoint.security() {
        Security::None => return Ok(None),
        Security::Key => {
            let holder = front.keys.find(claim.key, claim.from)?;
            (holder.key, at_ms(now_ms().saturating_add(UNSIGNED_MS)))
        }
        Security::Signed => signed(front, params, claim)?,
    };
    let may = if endpoint.changes() { key.permissions.trade } else { key.permissions.read };
    let way = claim.way();
    if may {
        Ok(Some(Caller { key, deadline, way, over: None }))
    } else {
        Err(Failure::of(ErrorCode::RejectedKey))
    }
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
    claim.verify(&holder.secret)?;
    Ok((holder.key, at_ms(timing.until())))
}

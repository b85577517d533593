//! The names of users' streams. They are worked out from the key and never kept: a stream goes on after a restart.

use wire_binance::answer::Stream;
use wire_binance::{Failure, ToJson as _};

use super::Front;
use super::auth::Caller;

/// The name of the caller's stream.
///
/// # Errors
/// Never.
pub(crate) fn name(front: &Front, caller: &Caller) -> Result<Vec<u8>, Failure> {
    Ok(Stream { listen_key: front.keys.listen_key(&caller.key)? }.to_json())
}

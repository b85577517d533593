//! HTTP/1.1 as bytes: heads, the ends of bodies, what has come and was not yet taken.
//!
//! Strict on purpose: whatever two programs could read differently is refused, because a difference about
//! where a message ends is how one client's bytes become another's request (RFC 9112 section 11.2).

mod body;
mod chunks;
mod head;
mod inbox;
#[cfg(test)]
mod tests;

pub(crate) use body::{BodyFault, BodyReader};
pub(crate) use head::{
    Framing, HeadFault, NameLengths, RequestHead, ResponseHead, decimal, field, read_request,
    read_response,
};
pub(crate) use inbox::Inbox;

//! A call that is to be made to an upstream, and what comes of it.

use gateway_core::{CallRequest, MethodClass, Needs, UpstreamId};
use runtime::http::Bytes;
use units::Timestamp;
use wire_eth::{Answer, Subject};

use crate::evidence::Case;
use crate::gate::ClientId;
use crate::remainder::Passing;

/// A call that is to be forwarded, in both forms that an upstream may want it in.
#[derive(Debug)]
pub(crate) struct Forward<'a> {
    /// The method that the client called, for health and messages.
    pub(crate) method: &'a str,
    /// The parameters as the client wrote them.
    pub(crate) params: &'a str,
    /// The class whose health counts.
    pub(crate) class: MethodClass,
    /// What an upstream must have.
    pub(crate) needs: Needs,
    /// What its answer is a function of.
    pub(crate) subject: Subject,
    /// Whether it may be sent more than once.
    pub(crate) idempotent: bool,
    /// Method and params that name blocks by hash.
    pub(crate) by_hash: (&'a str, Option<&'a str>),
    /// Method and params that name blocks by number, for nodes without EIP-1898.
    pub(crate) by_number: (&'a str, Option<&'a str>),
    /// Whether `null` contradicts what the chain is known to hold.
    pub(crate) null_means_missing: bool,
    /// Whose it is; `None` where it belongs to a call that was let in already.
    pub(crate) client: Option<ClientId>,
    /// When the client stops waiting.
    pub(crate) deadline: Timestamp,
    /// Where the rest of a large answer is put, for a caller that can hand one on as it comes.
    pub(crate) passing: Option<&'a Passing>,
}

/// An upstream's answer, chosen.
#[derive(Clone, Debug)]
pub(crate) struct Forwarded {
    /// The answer's bytes as the upstream sent them; only the beginning, where the rest was put into
    /// [`Forward::passing`].
    pub(crate) body: Bytes,
    /// Where things are in them.
    pub(crate) answer: Answer,
    /// Who sent it.
    pub(crate) upstream: UpstreamId,
    /// How many attempts were made.
    pub(crate) attempts: u8,
    /// Whether it was asked in the form that names blocks by hash.
    pub(crate) by_hash: bool,
}

impl Forward<'_> {
    /// The call as evidence tells of it.
    pub(crate) fn case(&self) -> Case<'_> {
        let params = self.by_hash.1.unwrap_or("[]");
        Case { method: self.method, params, needs: self.needs, subject: self.subject }
    }

    /// The call as the core sees it.
    pub(crate) fn request(&self) -> CallRequest<'_> {
        let Forward { method, class, needs, idempotent, deadline, .. } = *self;
        CallRequest { class, method, needs, idempotent, deadline }
    }
}

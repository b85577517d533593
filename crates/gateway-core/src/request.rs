//! What a client call asks for, as the core sees it.

use units::Timestamp;

use crate::block::BlockRef;
use crate::class::MethodClass;

/// What a call asks for, as far as the choice of upstream is concerned.
#[derive(Clone, Copy, Debug)]
pub struct CallRequest<'a> {
    /// The method's class.
    pub class: MethodClass,
    /// The method's name.
    pub method: &'a str,
    /// What an upstream must have to answer it.
    pub needs: Needs,
    /// Whether it may be sent more than once: reads may.
    pub idempotent: bool,
    /// When the client stops waiting.
    pub deadline: Timestamp,
}

/// What an upstream must have to answer a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing in particular.
    Anything,
    /// This block: the agreed head that the call is pinned to.
    Head(BlockRef),
    /// A block number at or below the agreed head.
    Number(u64),
    /// A block that the chain has not reached yet.
    Ahead,
}

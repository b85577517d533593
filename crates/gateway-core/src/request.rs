//! A client call as the core sees it: what it asks for, what happens to it, what is to be done.

use units::Timestamp;

use crate::block::BlockRef;
use crate::class::MethodClass;
use crate::outcome::{Refusal, Reply};
use crate::settings::UpstreamId;

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

/// What happened to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallInput {
    /// It came in.
    Start,
    /// An attempt came back.
    Replied {
        /// Which attempt, as numbered in [`CallOutput::Send`].
        attempt: u8,
        /// With what.
        reply: Reply,
    },
    /// The deadline that the call asked for has come.
    Woke,
}

/// What the shell is to do for a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallOutput {
    /// Send it to an upstream.
    Send {
        /// The attempt's number, from 0.
        attempt: u8,
        /// Where to.
        upstream: UpstreamId,
    },
    /// Stop waiting for an attempt.
    Cancel {
        /// Which.
        attempt: u8,
    },
    /// Give this attempt's answer to the client. The last output of a call, except cancels.
    Deliver {
        /// Which.
        attempt: u8,
    },
    /// Give the client an error of ours. The last output of a call, except cancels.
    Refuse(Refusal),
    /// Send a copy to an upstream on trial and report to [`crate::Chain::on_trial`]; the call goes on without.
    Trial {
        /// Where to.
        upstream: UpstreamId,
    },
}

//! Whether an answer can be true: what one answer shows by itself, and what two show together.
//!
//! A node that is broken or behind seldom says so; it answers, and wrongly. Some of that shows in the
//! answer alone: [`Expected`] holds it against what was asked, [`check_header`] against its own hash,
//! [`LogCheck`] logs against their filter while they stream by. [`prove_block`] and [`prove_receipts`]
//! go further, for what is kept and served again. What no single answer can show, such as a balance
//! of zero, shows beside another node's: [`compare()`].

mod bloom;
mod compare;
mod expected;
mod filter;
mod header;
mod lexer;
mod logs;
mod proof;
mod receipts;
mod rlp;
mod transaction;

use std::borrow::Cow;

pub use compare::{Comparison, compare, digest, looks_empty};
pub use expected::{Expected, Looks};
pub use filter::LogFilter;
pub use header::{HeaderCheck, SealedHeader, check_header, read_sealed_header};
pub use logs::{LogCheck, LogsSeen};
pub use proof::{Proof, prove_block, prove_receipts};

/// Which rule an answer broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// It has not the form that its method's answers have.
    Form,
    /// It is about another block number than was asked for.
    Number,
    /// It is about another hash than was asked for.
    Hash,
    /// Its parts name different blocks.
    Consistency,
    /// The header's fields do not hash to its hash.
    HeaderHash,
    /// The transactions do not make up the header's transactions root.
    TransactionsRoot,
    /// The withdrawals do not make up the header's withdrawals root.
    WithdrawalsRoot,
    /// The receipts do not make up the header's receipts root.
    ReceiptsRoot,
    /// A log does not match the filter.
    LogFilter,
    /// The logs are not in the chain's order.
    LogOrder,
    /// A log is not in the block's bloom filter.
    LogBloom,
}

impl Check {
    /// The name used in metrics, events and evidence.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Form => "form",
            Self::Number => "number",
            Self::Hash => "hash",
            Self::Consistency => "consistency",
            Self::HeaderHash => "header_hash",
            Self::TransactionsRoot => "transactions_root",
            Self::WithdrawalsRoot => "withdrawals_root",
            Self::ReceiptsRoot => "receipts_root",
            Self::LogFilter => "log_filter",
            Self::LogOrder => "log_order",
            Self::LogBloom => "log_bloom",
        }
    }
}

/// An answer that cannot be true, whatever the chain is like.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct WrongAnswer {
    /// The rule it broke.
    pub check: Check,
    /// What was found in place of what, on one line.
    pub detail: Cow<'static, str>,
}

impl WrongAnswer {
    fn new(check: Check, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { check, detail: detail.into() }
    }
}

#[cfg(test)]
mod tests;

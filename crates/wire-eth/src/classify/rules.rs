//! The error table: which errors of which nodes and providers mean what. The first row that fits
//! counts; no row means that the error is an answer (unless the HTTP status says otherwise).
//!
//! Sources: the code of Geth, Nethermind, Besu, Erigon, Reth, `OpenEthereum`, Anvil, Hardhat and
//! Ganache; the public error pages of Infura, Alchemy, `QuickNode` and dRPC; the error groups of
//! execution-apis; what ethers, viem and alloy recognise. Each row names its own.

use super::ErrorText;
use crate::method::MethodClass::{self, Execution, Logs, Submit, Trace};

/// What a row says of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Any node would say so.
    Answer,
    /// The transaction is in the pool or in a block.
    AlreadyKnown,
    /// Its nonce is used.
    NonceTooLow,
    /// A limit on the caller.
    Throttled,
    /// The key, the plan or the bill.
    Payment,
    /// The node lacks data.
    MissingData,
    /// The node lacks the method.
    Unsupported,
    /// The node failed, or the HTTP status tells more.
    Internal,
}

/// One row. An empty list means any; a `*` in a phrase stands for any text, and a phrase does not
/// begin inside a word ("unknown transaction type" is not "known transaction").
#[derive(Debug)]
pub(super) struct Rule {
    classes: &'static [MethodClass],
    codes: &'static [i64],
    phrases: &'static [&'static str],
    hex_data: bool,
    pub(super) verdict: Verdict,
}

const fn rule(codes: &'static [i64], phrases: &'static [&'static str], verdict: Verdict) -> Rule {
    Rule { classes: &[], codes, phrases, hex_data: false, verdict }
}

impl Rule {
    const fn only(mut self, classes: &'static [MethodClass]) -> Self {
        self.classes = classes;
        self
    }

    const fn with_hex_data(mut self) -> Self {
        self.hex_data = true;
        self
    }

    fn fits(&self, class: MethodClass, error: &ErrorText) -> bool {
        (self.classes.is_empty() || self.classes.contains(&class))
            && (self.codes.is_empty() || self.codes.contains(&error.code))
            && (!self.hex_data || error.hex_data)
            && (self.phrases.is_empty()
                || self.phrases.iter().any(|phrase| says(&error.lower, phrase)))
    }
}

/// Limits of rate and quota, as providers word them.
const LIMIT_PHRASES: &[&str] = &[
    "rate limit",
    "rate-limit",
    "ratelimit",
    "rate exceeded",
    "too many requests",
    "too many connections",
    "compute units",
    "request limit",
    "requests per",
    "requests limit",
    "request count exceeded",
    "calls per",
    "concurrent requests",
    "monthly capacity",
    "throttl",
    "quota",
    "try again in",
    "backoff_seconds",
];

/// The table.
pub(super) const RULES: &[Rule] = &[
    // -- A reverted call is the answer the client waits for, whatever its reason says.
    // Geth, Erigon, Reth, Besu, Anvil: code 3 with the returned bytes as data.
    rule(&[3], &[], Verdict::Answer),
    // Nethermind and old Parity: -32015 "VM execution error", data "Reverted 0x…".
    rule(&[-32015], &["vm execution error", "revert"], Verdict::Answer),
    // Nethermind and Besu -32000, Hardhat and Ganache -32603 "VM Exception while processing
    // transaction: revert", Arbitrum and others -32000 "execution reverted".
    rule(
        &[-32000, -32003, -32015, -32603],
        &["revert", "vm exception", "out of gas", "invalid opcode", "stack underflow"],
        Verdict::Answer,
    )
    .only(&[Execution, Trace, Submit]),
    // The same with other words: only a reverted call has bytes to show.
    rule(&[-32000, -32003, -32015, -32603], &[], Verdict::Answer)
        .with_hex_data()
        .only(&[Execution, Trace, Submit]),
    // -- Handing in a transaction.
    // Geth, Erigon, Reth "already known"; Nethermind "AlreadyKnown"; Erigon "ALREADY_EXISTS";
    // Besu, Hardhat and old Geth "known transaction"; Parity and Anvil "… already imported".
    rule(
        &[],
        &[
            "already known",
            "alreadyknown",
            "already_exists",
            "already exists in",
            "already imported",
            "already in the mempool",
            "already in mempool",
            "known transaction",
        ],
        Verdict::AlreadyKnown,
    )
    .only(&[Submit]),
    // Geth, Erigon, Reth, Besu, Hardhat "nonce too low"; Parity "nonce is too low"; Nethermind
    // "OldNonce"; Ganache "doesn't have the correct nonce", which may also be a gap: looking the
    // transaction up does no harm then.
    rule(
        &[],
        &[
            "nonce too low",
            "nonce is too low",
            "oldnonce",
            "nonce*already been used",
            "nonce below",
            "doesn't have the correct nonce",
        ],
        Verdict::NonceTooLow,
    )
    .only(&[Submit]),
    // Rejects that every node repeats: Geth's core and txpool errors, and how others spell them.
    rule(
        &[],
        &[
            "insufficient funds",
            "insufficientfunds",
            "insufficient balance",
            "underpriced",
            "intrinsic gas",
            "exceeds block gas limit",
            "gas limit reached for delegated",
            "in-flight transaction limit",
            "invalid sender",
            "invalid signature",
            "invalid chain id",
            "chain id",
            "chainid",
            "replay-protected",
            "nonce too high",
            "max fee per gas",
            "maxfeepergas",
            "max priority fee",
            "less than block base fee",
            "exceeds the configured cap",
            "oversized data",
            "initcode size",
            "transaction type not supported",
            "sender is not an eoa",
            "sender not an eoa",
            "rlp:",
        ],
        Verdict::Answer,
    )
    .only(&[Submit]),
    // Geth "block range extends beyond current head block" is about this node's head, not about the
    // range's length, and so stands before the next row.
    rule(&[], &["beyond current head", "beyond the current head"], Verdict::MissingData)
        .only(&[Logs, Trace]),
    // -- Limits of one query, which asking again or elsewhere seldom helps. Infura -32005 "query
    // returned more than 10000 results"; Alchemy -32602 "Log response size exceeded"; QuickNode
    // -32614 "eth_getLogs is limited to a 10,000 range"; Reth -32602 "query exceeds max results".
    rule(
        &[],
        &[
            "query returned more than",
            "returned more than",
            "block range",
            "blocks range",
            "range too",
            "range is too",
            "max range",
            "limited to a * range",
            "limited to 0 -",
            "too many results",
            "max results",
            "response size",
            "result set",
            "query timeout exceeded",
        ],
        Verdict::Answer,
    )
    .only(&[Logs, Trace]),
    // -- Limits of the caller.
    // -32005 (execution-apis "limit exceeded", Infura with data.rate.backoff_seconds), 429 in the
    // body (Alchemy in HTTP 200, QuickNode, newer Infura), -33200 (newer Infura), -32029.
    rule(&[429, -32005, -32029, -33200], &[], Verdict::Throttled),
    // QuickNode -32007 "50/second request limit reached", OP and Base -32016 "over rate limit",
    // Alchemy "exceeded its compute units per second capacity", dRPC, Ankr and others.
    rule(&[], LIMIT_PHRASES, Verdict::Throttled),
    rule(&[-32007, -32016], &["limit", "exceeded"], Verdict::Throttled),
    // Alchemy "Must be authenticated!", Infura "invalid project id", Ankr and others.
    rule(
        &[],
        &[
            "must be authenticated",
            "api key",
            "apikey",
            "project id",
            "unauthorized",
            "payment required",
            "insufficient credits",
            "account suspended",
        ],
        Verdict::Payment,
    ),
    // -- What this node lacks.
    // QuickNode, Ankr, dRPC: a plan without the archive or without traces.
    rule(
        &[],
        &["your current plan", "upgrade your plan", "paid plan", "free tier"],
        Verdict::Unsupported,
    ),
    // execution-apis 4444 "pruned history unavailable", -32001 "resource not found".
    rule(&[4444, -32001], &[], Verdict::MissingData),
    // Geth "header not found", "missing trie node", "unknown block", "hash … is not currently
    // canonical", "historical state … is not available", "transaction indexing is in progress";
    // Erigon "old data not available due to pruning"; Nethermind "No state available"; Besu "World
    // state unavailable"; Reth "block not found"; Anvil "BlockOutOfRangeError"; Hardhat "Received
    // invalid block tag"; OpenEthereum "one of the blocks specified in filter cannot be found".
    rule(
        &[],
        &[
            "header not found",
            "header for hash not found",
            "missing trie node",
            "unknown block",
            "unknown header",
            "block*not found",
            "block*cannot be found",
            "block*does not exist",
            "could not find block",
            "cannot find block",
            "transaction not found",
            "beyond current head",
            "beyond the current head",
            "beyond head",
            "not currently canonical",
            "state*not available",
            "state*unavailable",
            "no state available",
            "state is pruned",
            "state already discarded",
            "historical state",
            "old data not available",
            "history*pruned",
            "pruned history",
            "archive",
            "blockoutofrange",
            "received invalid block tag",
            "indexing is in progress",
            "exceeds maximum proof window",
        ],
        Verdict::MissingData,
    ),
    // JSON-RPC 2.0 -32601; execution-apis -32004 "method not supported".
    rule(&[-32601, -32004], &[], Verdict::Unsupported),
    // The same under other codes: Alchemy -32600 "Unsupported method", Infura and gateways.
    rule(
        &[],
        &[
            "method*not found",
            "method*not supported",
            "method*not available",
            "method*does not exist",
            "method*not whitelisted",
            "method*not allowed",
            "method*disabled",
            "unsupported method",
        ],
        Verdict::Unsupported,
    ),
    // -- What the node failed at.
    // Our requests are well-formed, so a complaint of their form is about something else.
    rule(&[-32700, -32600], &[], Verdict::Internal),
    // JSON-RPC 2.0: invalid params are the client's, on every node.
    rule(&[-32602], &[], Verdict::Answer),
    // -32603 internal; -32002 resource unavailable (Geth: timeout).
    rule(&[-32603, -32002], &[], Verdict::Internal),
    // Load and proxies in front of the node.
    rule(
        &[-32000, -32003, 0],
        &[
            "timeout",
            "timed out",
            "deadline exceeded",
            "internal error",
            "internal server error",
            "service unavailable",
            "temporarily unavailable",
            "bad gateway",
            "connection refused",
            "connection reset",
            "no available",
            "overloaded",
            "node is syncing",
            "txpool is full",
            "transaction pool is full",
        ],
        Verdict::Internal,
    ),
    // An error object without a code is no JSON-RPC error of a node.
    rule(&[0], &[], Verdict::Internal),
];

/// The first fitting row's verdict.
pub(super) fn verdict(class: MethodClass, error: &ErrorText) -> Option<Verdict> {
    matching(class, error).and_then(|at| RULES.get(at)).map(|rule| rule.verdict)
}

/// The first fitting row's place in the table.
pub(super) fn matching(class: MethodClass, error: &ErrorText) -> Option<usize> {
    RULES.iter().position(|rule| rule.fits(class, error))
}

/// Whether a page that is no JSON-RPC answer tells of a limit.
pub(super) fn speaks_of_limits(page: &ErrorText) -> bool {
    LIMIT_PHRASES.iter().any(|phrase| says(&page.lower, phrase))
}

/// Whether `text` holds `phrase`, with `*` for any text, not beginning inside a word.
fn says(text: &str, phrase: &str) -> bool {
    let (first, rest) = phrase.split_once('*').unwrap_or((phrase, ""));
    text.match_indices(first).any(|(at, _)| {
        let inside_word = text
            .get(..at)
            .is_some_and(|before| before.ends_with(|last: char| last.is_ascii_alphabetic()));
        !inside_word
            && (rest.is_empty()
                || text.get(at + first.len()..).is_some_and(|after| after.contains(rest)))
    })
}

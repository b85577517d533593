//! What each JSON-RPC method is: its class, who answers it, and which parameter names a block.

mod table;

use crate::error::RpcError;

/// A group of methods that work or fail together on a node; health is kept for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MethodClass {
    /// Runs the EVM on a state: `eth_call`, `eth_estimateGas`, `eth_simulateV1`.
    Execution,
    /// Reads accounts and storage, with or without a proof.
    State,
    /// Reads a block, its header, its receipts, its counts or its uncles.
    Block,
    /// Looks up one transaction or its receipt.
    Transaction,
    /// Searches event logs.
    Logs,
    /// Traces and raw chain data: `debug_*`, `trace_*`, `ots_*`.
    Trace,
    /// Estimates fees.
    Fee,
    /// Hands in a transaction.
    Submit,
    /// Everything else: `net_*`, `web3_*`, `txpool_*`, and methods not known here.
    Meta,
}

impl MethodClass {
    /// Every class, in the order of the enum.
    pub const ALL: [Self; 9] = [
        Self::Execution,
        Self::State,
        Self::Block,
        Self::Transaction,
        Self::Logs,
        Self::Trace,
        Self::Fee,
        Self::Submit,
        Self::Meta,
    ];

    /// The name used in metrics, logs and the configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Execution => "execution",
            Self::State => "state",
            Self::Block => "block",
            Self::Transaction => "transaction",
            Self::Logs => "logs",
            Self::Trace => "trace",
            Self::Fee => "fee",
            Self::Submit => "submit",
            Self::Meta => "meta",
        }
    }
}

/// Who answers a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handling {
    /// One upstream, the answer passed on.
    Forward,
    /// Several upstreams at once, since a transaction handed in twice is still one transaction.
    Submit,
    /// The gateway, from the agreed head: `eth_blockNumber`.
    BlockNumber,
    /// The gateway, from its configuration: `eth_chainId`.
    ChainId,
    /// The gateway, from its configuration: `net_version`.
    NetVersion,
    /// The gateway, with an empty list: its nodes hold no keys for the client.
    Accounts,
    /// The gateway, with the error that [`refusal`] words.
    Refuse,
}

/// Which parameter of a method names a block, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockParam {
    /// None does, and the answer does not depend on the head.
    None,
    /// None does, and the answer is about the newest block a node has.
    AlwaysHead,
    /// None does, and the answer is about one mined transaction and names the block that holds it.
    OfTransaction,
    /// A tag, a number or a hash.
    Tag {
        /// Its place in the parameters, from 0.
        index: usize,
        /// `{"blockHash":…}` may stand there (EIP-1898).
        hash_ok: bool,
        /// It may be left out, and then means `latest`.
        optional: bool,
    },
    /// `eth_getBlockByNumber`: with a hash in the first place it is `eth_getBlockByHash`.
    ByNumberBecomesByHash,
    /// A block hash.
    Hash {
        /// Its place in the parameters, from 0.
        index: usize,
    },
    /// `fromBlock`, `toBlock` or `blockHash` of the first parameter; missing ends mean `latest`.
    LogFilter,
    /// The same for `trace_filter`, where a missing `fromBlock` means the first block.
    TraceFilter,
}

/// What the gateway knows of a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MethodInfo {
    /// Its class.
    pub class: MethodClass,
    /// Who answers it.
    pub handling: Handling,
    /// Which parameter names a block.
    pub block: BlockParam,
    /// Asking twice does no harm, so it may be retried after a failure that leaves open whether it
    /// took effect, and asked of two upstreams at once.
    pub idempotent: bool,
    /// A null result says that the block is unknown, and nothing else.
    pub null_means_no_block: bool,
}

impl MethodInfo {
    const fn forward(class: MethodClass, block: BlockParam) -> Self {
        Self {
            class,
            handling: Handling::Forward,
            block,
            idempotent: true,
            null_means_no_block: false,
        }
    }

    const fn local(handling: Handling) -> Self {
        Self { handling, ..Self::forward(MethodClass::Meta, BlockParam::None) }
    }

    const fn null_means_no_block(mut self) -> Self {
        self.null_means_no_block = true;
        self
    }

    const fn once(mut self) -> Self {
        self.idempotent = false;
        self
    }
}

/// What a method is. An unknown one is forwarded, and not repeated unless its name space only
/// reads.
pub fn method_info(method: &str) -> MethodInfo {
    if let Ok(at) = table::METHODS.binary_search_by(|(name, _)| (*name).cmp(method))
        && let Some((_, info)) = table::METHODS.get(at)
    {
        return *info;
    }
    let space = method.split_once('_').map_or("", |(space, _)| space);
    if table::OWNER_SPACES.contains(&space) {
        return MethodInfo::local(Handling::Refuse);
    }
    match space {
        "debug" | "trace" | "ots" | "arbtrace" => {
            MethodInfo::forward(MethodClass::Trace, BlockParam::None)
        }
        "net" | "web3" | "txpool" | "rpc" | "erigon" => {
            MethodInfo::forward(MethodClass::Meta, BlockParam::None)
        }
        _ => MethodInfo::forward(MethodClass::Meta, BlockParam::None).once(),
    }
}

/// The error for a method whose handling is [`Handling::Refuse`]: it says which kind of method it is
/// and what to use in its place.
pub fn refusal(method: &str) -> RpcError {
    let why = match method {
        "eth_subscribe" | "eth_unsubscribe" => {
            "subscriptions are not served; poll eth_getBlockByNumber or eth_getLogs"
        }
        "eth_newFilter"
        | "eth_newBlockFilter"
        | "eth_newPendingTransactionFilter"
        | "eth_getFilterChanges"
        | "eth_getFilterLogs"
        | "eth_uninstallFilter" => {
            "a filter lives on one node, and the next call may go to another; use eth_getLogs"
        }
        "eth_sign"
        | "eth_signTransaction"
        | "eth_sendTransaction"
        | "eth_signTypedData"
        | "eth_signTypedData_v3"
        | "eth_signTypedData_v4"
        | "eth_resend" => {
            "nodes hold no keys for clients; sign locally and use eth_sendRawTransaction"
        }
        _ => "it controls a node and is for the node's owner only",
    };
    RpcError::method_denied(method, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_so_that_every_row_is_found() {
        // An unsorted row is skipped by the binary search, and a refused method is forwarded.
        assert!(table::METHODS.is_sorted_by(|(a, _), (b, _)| a < b));
        for (name, info) in table::METHODS {
            assert_eq!(method_info(name), *info, "{name}");
        }
    }

    #[test]
    fn methods_that_own_or_sign_are_refused_with_a_reason() {
        // A forwarded debug_setHead would let any client rewind a node.
        for name in [
            "debug_setHead",
            "admin_addPeer",
            "personal_sendTransaction",
            "miner_start",
            "engine_forkchoiceUpdatedV3",
            "clique_propose",
            "anvil_reset",
            "hardhat_mine",
            "evm_mine",
            "eth_sign",
            "eth_sendTransaction",
            "eth_subscribe",
            "eth_getFilterChanges",
        ] {
            assert_eq!(method_info(name).handling, Handling::Refuse, "{name}");
            let error = refusal(name);
            assert_eq!(error.code, -32601);
            assert!(error.message.starts_with(&format!("the method {name} is not available: ")));
        }
    }

    #[test]
    fn classes_and_repeatability_follow_what_a_method_does() {
        // A submission hedged as if it were a read would be sent twice with two outcomes.
        use MethodClass::*;
        for (name, class, handling, idempotent) in [
            ("eth_call", Execution, Handling::Forward, true),
            ("eth_getStorageAt", State, Handling::Forward, true),
            ("eth_getBlockReceipts", Block, Handling::Forward, true),
            ("eth_getTransactionReceipt", Transaction, Handling::Forward, true),
            ("eth_getLogs", Logs, Handling::Forward, true),
            ("debug_traceTransaction", Trace, Handling::Forward, true),
            ("trace_somethingNew", Trace, Handling::Forward, true),
            ("eth_feeHistory", Fee, Handling::Forward, true),
            ("eth_sendRawTransaction", Submit, Handling::Submit, true),
            ("eth_sendRawTransactionSync", Submit, Handling::Forward, false),
            ("eth_sendBundle", Submit, Handling::Forward, false),
            ("eth_blockNumber", Meta, Handling::BlockNumber, true),
            ("eth_chainId", Meta, Handling::ChainId, true),
            ("net_version", Meta, Handling::NetVersion, true),
            ("eth_accounts", Meta, Handling::Accounts, true),
            ("net_peerCount", Meta, Handling::Forward, true),
            ("zks_estimateFee", Meta, Handling::Forward, false),
            ("", Meta, Handling::Forward, false),
        ] {
            let info = method_info(name);
            assert_eq!(
                (info.class, info.handling, info.idempotent),
                (class, handling, idempotent),
                "{name}"
            );
        }
    }

    #[test]
    fn class_names_are_distinct() {
        // Two classes with one name would share a metric series.
        let mut names = MethodClass::ALL.map(MethodClass::name);
        names.sort_unstable();
        assert!(names.is_sorted_by(|a, b| a < b));
    }
}

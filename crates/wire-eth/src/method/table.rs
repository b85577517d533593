//! The table of methods, sorted by name (upper case before lower case).
//!
//! Sources: the execution-apis specification for `eth_*` and the raw `debug_*` methods; the
//! documentation of Geth for the other `debug_*`, of `OpenEthereum` and Erigon for `trace_*`, of
//! Otterscan for `ots_*`. Which block parameters may be left out follows the nodes, which read a
//! missing one as `latest`, and not the specification, which requires it nearly everywhere.

use super::{BlockParam, Handling, MethodClass, MethodInfo};

use MethodClass::{Block, Execution, Fee, Logs, Meta, State, Submit, Trace, Transaction};

/// Name spaces that control a node or its keys; none of their methods is for clients.
pub(super) const OWNER_SPACES: &[&str] =
    &["admin", "anvil", "clique", "engine", "evm", "hardhat", "miner", "personal"];

const REFUSE: MethodInfo = MethodInfo::local(Handling::Refuse);

/// No block parameter, and an answer that does not change with the head.
const fn plain(class: MethodClass) -> MethodInfo {
    MethodInfo::forward(class, BlockParam::None)
}

/// No block parameter, and an answer for the newest block.
const fn newest(class: MethodClass) -> MethodInfo {
    MethodInfo::forward(class, BlockParam::AlwaysHead)
}

/// A transaction's hash, and an answer that names its block.
const fn of_transaction() -> MethodInfo {
    MethodInfo::forward(Transaction, BlockParam::OfTransaction)
}

/// A block parameter that may be left out and may be an EIP-1898 object.
const fn by_hash(class: MethodClass, index: usize) -> MethodInfo {
    MethodInfo::forward(class, BlockParam::Tag { index, hash_ok: true, optional: true })
}

/// A block parameter that may be left out; a tag becomes a number.
const fn by_number(class: MethodClass, index: usize) -> MethodInfo {
    MethodInfo::forward(class, BlockParam::Tag { index, hash_ok: false, optional: true })
}

/// A block parameter that must be given; a tag becomes a number.
const fn required(class: MethodClass, index: usize) -> MethodInfo {
    MethodInfo::forward(class, BlockParam::Tag { index, hash_ok: false, optional: false })
}

/// A block hash.
const fn of_hash(class: MethodClass, index: usize) -> MethodInfo {
    MethodInfo::forward(class, BlockParam::Hash { index })
}

const RECEIPTS: MethodInfo =
    MethodInfo::forward(Block, BlockParam::Tag { index: 0, hash_ok: true, optional: false })
        .null_means_no_block();

pub(super) const METHODS: &[(&str, MethodInfo)] = &[
    ("debug_accountRange", required(Trace, 0)),
    ("debug_backtraceAt", REFUSE),
    ("debug_blockProfile", REFUSE),
    ("debug_chaindbCompact", REFUSE),
    ("debug_chaindbProperty", REFUSE),
    ("debug_cpuProfile", REFUSE),
    ("debug_dbAncient", REFUSE),
    ("debug_dbAncients", REFUSE),
    ("debug_dbGet", REFUSE),
    ("debug_dumpBlock", required(Trace, 0)),
    ("debug_executionWitness", required(Trace, 0)),
    ("debug_freeOSMemory", REFUSE),
    ("debug_gcStats", REFUSE),
    ("debug_getRawBlock", required(Trace, 0)),
    ("debug_getRawHeader", required(Trace, 0)),
    ("debug_getRawReceipts", required(Trace, 0)),
    ("debug_getRawTransaction", newest(Trace)),
    ("debug_goTrace", REFUSE),
    ("debug_memStats", REFUSE),
    ("debug_mutexProfile", REFUSE),
    ("debug_resetHead", REFUSE),
    ("debug_setBlockProfileRate", REFUSE),
    ("debug_setGCPercent", REFUSE),
    ("debug_setHead", REFUSE),
    ("debug_setMemoryLimit", REFUSE),
    ("debug_setMutexProfileFraction", REFUSE),
    ("debug_setTrieFlushInterval", REFUSE),
    ("debug_stacks", REFUSE),
    ("debug_standardTraceBadBlockToFile", REFUSE),
    ("debug_standardTraceBlockToFile", REFUSE),
    ("debug_startCPUProfile", REFUSE),
    ("debug_startGoTrace", REFUSE),
    ("debug_stopCPUProfile", REFUSE),
    ("debug_stopGoTrace", REFUSE),
    ("debug_storageRangeAt", required(Trace, 0)),
    ("debug_subscribe", REFUSE),
    ("debug_sync", REFUSE),
    ("debug_traceBlockByHash", of_hash(Trace, 0)),
    ("debug_traceBlockByNumber", required(Trace, 0)),
    ("debug_traceCall", by_number(Trace, 1)),
    ("debug_traceTransaction", newest(Trace)),
    ("debug_unsubscribe", REFUSE),
    ("debug_verbosity", REFUSE),
    ("debug_vmodule", REFUSE),
    ("debug_writeBlockProfile", REFUSE),
    ("debug_writeMemProfile", REFUSE),
    ("debug_writeMutexProfile", REFUSE),
    ("eth_accounts", MethodInfo::local(Handling::Accounts)),
    ("eth_baseFee", newest(Fee)),
    ("eth_blobBaseFee", newest(Fee)),
    ("eth_blockNumber", MethodInfo::local(Handling::BlockNumber)),
    ("eth_call", by_hash(Execution, 1)),
    ("eth_callBundle", newest(Execution)),
    ("eth_callMany", newest(Execution)),
    ("eth_cancelBundle", plain(Submit).once()),
    ("eth_cancelPrivateTransaction", plain(Submit).once()),
    ("eth_chainId", MethodInfo::local(Handling::ChainId)),
    ("eth_coinbase", plain(Meta)),
    ("eth_config", newest(Meta)),
    ("eth_createAccessList", by_hash(Execution, 1)),
    ("eth_estimateGas", by_hash(Execution, 1)),
    ("eth_feeHistory", required(Fee, 1)),
    ("eth_fillTransaction", newest(Execution)),
    ("eth_gasPrice", newest(Fee)),
    ("eth_getAccount", by_hash(State, 1)),
    ("eth_getAccountInfo", by_hash(State, 1)),
    ("eth_getBalance", by_hash(State, 1)),
    ("eth_getBlockByHash", of_hash(Block, 0).null_means_no_block()),
    (
        "eth_getBlockByNumber",
        MethodInfo::forward(Block, BlockParam::ByNumberBecomesByHash).null_means_no_block(),
    ),
    ("eth_getBlockReceipts", RECEIPTS),
    ("eth_getBlockTransactionCountByHash", of_hash(Block, 0).null_means_no_block()),
    ("eth_getBlockTransactionCountByNumber", required(Block, 0).null_means_no_block()),
    ("eth_getCode", by_hash(State, 1)),
    ("eth_getFilterChanges", REFUSE),
    ("eth_getFilterLogs", REFUSE),
    ("eth_getHeaderByHash", of_hash(Block, 0).null_means_no_block()),
    ("eth_getHeaderByNumber", required(Block, 0).null_means_no_block()),
    ("eth_getLogs", MethodInfo::forward(Logs, BlockParam::LogFilter)),
    ("eth_getProof", by_hash(State, 2)),
    ("eth_getRawTransactionByBlockHashAndIndex", of_hash(Transaction, 0)),
    ("eth_getRawTransactionByBlockNumberAndIndex", required(Transaction, 0)),
    ("eth_getRawTransactionByHash", newest(Transaction)),
    ("eth_getStorageAt", by_hash(State, 2)),
    ("eth_getStorageValues", by_hash(State, 1)),
    ("eth_getTransactionByBlockHashAndIndex", of_hash(Transaction, 0)),
    ("eth_getTransactionByBlockNumberAndIndex", required(Transaction, 0)),
    ("eth_getTransactionByHash", of_transaction()),
    ("eth_getTransactionBySenderAndNonce", newest(Transaction)),
    ("eth_getTransactionCount", by_hash(State, 1)),
    ("eth_getTransactionReceipt", of_transaction()),
    ("eth_getUncleByBlockHashAndIndex", of_hash(Block, 0)),
    ("eth_getUncleByBlockNumberAndIndex", required(Block, 0)),
    ("eth_getUncleCountByBlockHash", of_hash(Block, 0).null_means_no_block()),
    ("eth_getUncleCountByBlockNumber", required(Block, 0).null_means_no_block()),
    ("eth_getWork", REFUSE),
    ("eth_hashrate", plain(Meta)),
    ("eth_maxPriorityFeePerGas", newest(Fee)),
    ("eth_mining", plain(Meta)),
    ("eth_newBlockFilter", REFUSE),
    ("eth_newFilter", REFUSE),
    ("eth_newPendingTransactionFilter", REFUSE),
    ("eth_pendingTransactions", plain(Meta)),
    ("eth_protocolVersion", plain(Meta)),
    ("eth_resend", REFUSE),
    ("eth_sendBundle", plain(Submit).once()),
    ("eth_sendPrivateTransaction", plain(Submit).once()),
    ("eth_sendRawTransaction", MethodInfo { handling: Handling::Submit, ..plain(Submit) }),
    ("eth_sendRawTransactionConditional", plain(Submit).once()),
    ("eth_sendRawTransactionSync", plain(Submit).once()),
    ("eth_sendTransaction", REFUSE),
    ("eth_sendUserOperation", plain(Submit).once()),
    ("eth_sign", REFUSE),
    ("eth_signTransaction", REFUSE),
    ("eth_signTypedData", REFUSE),
    ("eth_signTypedData_v3", REFUSE),
    ("eth_signTypedData_v4", REFUSE),
    ("eth_simulateV1", by_number(Execution, 1)),
    ("eth_submitHashrate", REFUSE),
    ("eth_submitWork", REFUSE),
    ("eth_subscribe", REFUSE),
    ("eth_syncing", plain(Meta)),
    ("eth_uninstallFilter", REFUSE),
    ("eth_unsubscribe", REFUSE),
    ("mev_sendBundle", plain(Submit).once()),
    ("net_version", MethodInfo::local(Handling::NetVersion)),
    ("ots_getBlockDetails", required(Trace, 0)),
    ("ots_getBlockDetailsByHash", of_hash(Trace, 0)),
    ("ots_getBlockTransactions", required(Trace, 0)),
    ("ots_hasCode", by_number(Trace, 1)),
    ("trace_block", required(Trace, 0)),
    ("trace_call", by_number(Trace, 2)),
    ("trace_callMany", by_number(Trace, 1)),
    ("trace_filter", MethodInfo::forward(Trace, BlockParam::TraceFilter)),
    ("trace_get", newest(Trace)),
    ("trace_rawTransaction", newest(Trace)),
    ("trace_replayBlockTransactions", required(Trace, 0)),
    ("trace_replayTransaction", newest(Trace)),
    ("trace_transaction", newest(Trace)),
];

//! Which block each call means, method by method.

use proptest::prelude::*;
use serde_json::value::RawValue;

use super::*;
use crate::generate;
use crate::method::method_info;

const VIEW: View = View {
    head: BlockRef { number: 0x36, hash: [0x11; 32] },
    safe: Some(BlockRef { number: 0x30, hash: [0x22; 32] }),
    finalized: Some(BlockRef { number: 0x20, hash: [0x33; 32] }),
    undecided: false,
};

const HEAD: &str = "0x1111111111111111111111111111111111111111111111111111111111111111";
const SAFE: &str = "0x2222222222222222222222222222222222222222222222222222222222222222";
const OTHER: &str = "0x9999999999999999999999999999999999999999999999999999999999999999";

fn pinned<'a>(method: &'a str, params: &'a str, view: &View) -> Pinned<'a> {
    let params = (!params.is_empty()).then_some(params);
    let call = Call { id: None, method: Cow::Borrowed(method), params };
    pin(&method_info(method), &call, view)
}

/// Checks both forms; `HEAD`, `SAFE` and `OTHER` in the texts stand for those hashes.
fn check(method: &str, params: &str, by_hash: &str, by_number: &str, needs: Needs) {
    let full =
        |text: &str| text.replace("HEAD", HEAD).replace("SAFE", SAFE).replace("OTHER", OTHER);
    let params = full(params);
    let pinned = pinned(method, &params, &VIEW);
    assert_eq!(pinned.params_by_hash, full(by_hash), "{method} {params}");
    assert_eq!(pinned.params_by_number, full(by_number), "{method} {params}");
    assert_eq!(pinned.needs, needs, "{method} {params}");
    assert_eq!(pinned.method_by_number, method);
}

#[test]
fn latest_and_a_missing_block_become_the_agreed_head() {
    // Two retries of one call, or two items of one batch, would read two states.
    let head = Needs::Head;
    for (method, before) in [
        ("eth_call", r#"{"to":"0x1"}"#),
        ("eth_estimateGas", r#"{"to":"0x1"}"#),
        ("eth_createAccessList", r#"{"to":"0x1"}"#),
        ("eth_getBalance", r#""0xa""#),
        ("eth_getCode", r#""0xa""#),
        ("eth_getTransactionCount", r#""0xa""#),
        ("eth_getStorageAt", r#""0xa","0x0""#),
        ("eth_getProof", r#""0xa",["0x0"]"#),
    ] {
        let by_hash = format!(r#"[{before},{{"blockHash":"HEAD"}}]"#);
        let by_number = format!(r#"[{before},"0x36"]"#);
        check(method, &format!(r#"[{before},"latest"]"#), &by_hash, &by_number, head);
        check(method, &format!("[{before}]"), &by_hash, &by_number, head);
        check(method, &format!("[{before},null]"), &by_hash, &by_number, head);
        let object = format!(r#"[{before},{{"blockNumber":"latest"}}]"#);
        check(method, &object, &by_hash, &by_number, head);
    }
    for (method, params, number) in [
        ("eth_feeHistory", r#"["0x4","latest",[25]]"#, r#"["0x4","0x36",[25]]"#),
        ("eth_simulateV1", r#"[{"a":1},"latest"]"#, r#"[{"a":1},"0x36"]"#),
        ("eth_simulateV1", r#"[{"a":1}]"#, r#"[{"a":1},"0x36"]"#),
        ("eth_getBlockTransactionCountByNumber", r#"["latest"]"#, r#"["0x36"]"#),
        ("eth_getTransactionByBlockNumberAndIndex", r#"["latest","0x0"]"#, r#"["0x36","0x0"]"#),
        ("eth_getUncleCountByBlockNumber", r#"["latest"]"#, r#"["0x36"]"#),
        ("debug_traceCall", r#"[{},"latest",{"tracer":"x"}]"#, r#"[{},"0x36",{"tracer":"x"}]"#),
        ("debug_traceBlockByNumber", r#"["latest"]"#, r#"["0x36"]"#),
        ("trace_call", r#"[{},["trace"]]"#, r#"[{},["trace"],"0x36"]"#),
        ("trace_block", r#"["latest"]"#, r#"["0x36"]"#),
    ] {
        check(method, params, number, number, head);
    }
    check(
        "eth_getBlockReceipts",
        r#"["latest"]"#,
        r#"[{"blockHash":"HEAD"}]"#,
        r#"["0x36"]"#,
        head,
    );
}

#[test]
fn later_parameters_and_spacing_are_kept() {
    // State overrides after the block decide the result.
    check(
        "eth_call",
        r#" [ {"to" : "0x1"} , "latest" , {"0xa":{"balance":"0x1"}} ]"#,
        r#" [ {"to" : "0x1"} , {"blockHash":"HEAD"} , {"0xa":{"balance":"0x1"}} ]"#,
        r#" [ {"to" : "0x1"} , "0x36" , {"0xa":{"balance":"0x1"}} ]"#,
        Needs::Head,
    );
    check(
        "eth_call",
        r#"[{},null,{"0xa":{}}]"#,
        r#"[{},{"blockHash":"HEAD"},{"0xa":{}}]"#,
        r#"[{},"0x36",{"0xa":{}}]"#,
        Needs::Head,
    );
}

#[test]
fn a_block_by_tag_is_asked_for_by_its_hash() {
    // By number, a node on another branch would answer with that branch's block.
    let pinned = pinned("eth_getBlockByNumber", r#"["latest",true]"#, &VIEW);
    assert_eq!(pinned.method, "eth_getBlockByHash");
    assert_eq!(pinned.method_by_number, "eth_getBlockByNumber");
    assert_eq!(pinned.params_by_hash, format!(r#"["{HEAD}",true]"#));
    assert_eq!(pinned.params_by_number, r#"["0x36",true]"#);
    assert!(pinned.null_means_missing);
    check(
        "eth_getBlockByNumber",
        r#"["safe",false]"#,
        r#"["SAFE",false]"#,
        r#"["0x30",false]"#,
        Needs::Number(0x30),
    );
    check("eth_getBlockByNumber", "[]", "[]", "[]", Needs::Head);
    check(
        "eth_getBlockByNumber",
        r#"["0x5",false]"#,
        r#"["0x5",false]"#,
        r#"["0x5",false]"#,
        Needs::Number(5),
    );
}

#[test]
fn what_names_its_block_stays_and_says_what_it_needs() {
    // A call routed to a node without the block comes back as "header not found".
    for (params, needs) in [
        (r#"["0xa","0x36"]"#, Needs::Number(0x36)),
        (r#"["0xa","0x37"]"#, Needs::Ahead(0x37)),
        (r#"["0xa","pending"]"#, Needs::Head),
        (r#"["0xa","earliest"]"#, Needs::Number(0)),
        (r#"["0xa",{"blockNumber":"0x10"}]"#, Needs::Number(0x10)),
        (r#"["0xa",{"blockHash":"OTHER"}]"#, Needs::Hash([0x99; 32])),
        (r#"["0xa",{"requireCanonical":true,"blockHash":"OTHER"}]"#, Needs::Hash([0x99; 32])),
        (r#"["0xa","OTHER"]"#, Needs::Hash([0x99; 32])),
    ] {
        check("eth_getBalance", params, params, params, needs);
    }
    check(
        "eth_getBlockByHash",
        r#"["OTHER",false]"#,
        r#"["OTHER",false]"#,
        r#"["OTHER",false]"#,
        Needs::Hash([0x99; 32]),
    );
    check("eth_gasPrice", "", "[]", "[]", Needs::Head);
    check("eth_getTransactionReceipt", r#"["OTHER"]"#, r#"["OTHER"]"#, r#"["OTHER"]"#, Needs::Head);
    check("web3_clientVersion", "[]", "[]", "[]", Needs::Nothing);
}

#[test]
fn malformed_parameters_reach_the_node_untouched() {
    // The node's own error tells the client more than any of ours.
    for params in [
        "[]",
        "{}",
        r#"["0xa","newest"]"#,
        r#"["0xa",5]"#,
        r#"["0xa",{}]"#,
        r#"["0xa",["latest"]]"#,
        r#"["0xa",{"blockHash":"0x1"}]"#,
        r#"["0xa",{"blockHash":"OTHER","blockNumber":"0x1"}]"#,
        r#"["0xa","0xfffffffffffffffff"]"#,
        r#"{"block":"latest"}"#,
        r#"["0xa","latest""#,
        "nonsense",
    ] {
        let pinned = pinned("eth_getBalance", params, &VIEW);
        assert_eq!(pinned.params_by_hash, params);
        assert_eq!(pinned.params_by_number, params);
        assert!(!pinned.null_means_missing);
    }
    check("eth_getStorageAt", r#"["0xa"]"#, r#"["0xa"]"#, r#"["0xa"]"#, Needs::Head);
    check("eth_feeHistory", r#"["0x4"]"#, r#"["0x4"]"#, r#"["0x4"]"#, Needs::Head);
}

#[test]
fn safe_and_finalized_are_pinned_where_the_view_knows_them() {
    // A node that has not followed finality gives an older block for the same word.
    check(
        "eth_call",
        r#"[{},"safe"]"#,
        r#"[{},{"blockHash":"SAFE"}]"#,
        r#"[{},"0x30"]"#,
        Needs::Number(0x30),
    );
    check("trace_block", r#"["finalized"]"#, r#"["0x20"]"#, r#"["0x20"]"#, Needs::Number(0x20));
    let young = View { safe: None, finalized: None, ..VIEW };
    let pinned = pinned("eth_call", r#"[{},"finalized"]"#, &young);
    assert_eq!(pinned.params_by_hash, r#"[{},"finalized"]"#);
    assert_eq!(pinned.needs, Needs::Head);
}

#[test]
fn a_log_range_ends_at_the_agreed_head() {
    // A node behind the head answers "latest" with a range that misses the newest logs.
    for (filter, rewritten, needs) in [
        ("{}", r#"{"fromBlock":"0x36","toBlock":"0x36"}"#, Needs::Head),
        (
            r#"{"address":"0xa"}"#,
            r#"{"address":"0xa","fromBlock":"0x36","toBlock":"0x36"}"#,
            Needs::Head,
        ),
        (r#"{"fromBlock":"0x5"}"#, r#"{"fromBlock":"0x5","toBlock":"0x36"}"#, Needs::Head),
        (
            r#"{ "toBlock" : "latest", "topics":[], "fromBlock":"finalized" }"#,
            r#"{ "toBlock" : "0x36", "topics":[], "fromBlock":"0x20" }"#,
            Needs::Head,
        ),
        (
            r#"{"fromBlock":"safe","toBlock":null}"#,
            r#"{"fromBlock":"0x30","toBlock":"0x36"}"#,
            Needs::Head,
        ),
        (
            r#"{"fromBlock":"0x1","toBlock":"safe"}"#,
            r#"{"fromBlock":"0x1","toBlock":"0x30"}"#,
            Needs::Number(0x30),
        ),
        (
            r#"{"fromBlock":"0x1","toBlock":"0x9"}"#,
            r#"{"fromBlock":"0x1","toBlock":"0x9"}"#,
            Needs::Number(9),
        ),
        (
            r#"{"fromBlock":"earliest","toBlock":"0x9"}"#,
            r#"{"fromBlock":"earliest","toBlock":"0x9"}"#,
            Needs::Number(9),
        ),
        (
            r#"{"fromBlock":"0x1","toBlock":"0x40"}"#,
            r#"{"fromBlock":"0x1","toBlock":"0x40"}"#,
            Needs::Ahead(0x40),
        ),
        (
            r#"{"fromBlock":"0x1","toBlock":"pending"}"#,
            r#"{"fromBlock":"0x1","toBlock":"pending"}"#,
            Needs::Head,
        ),
        (r#"{"blockHash":"OTHER"}"#, r#"{"blockHash":"OTHER"}"#, Needs::Hash([0x99; 32])),
        (
            r#"{"fromBlock":"0x1","fromBlock":"latest"}"#,
            r#"{"fromBlock":"0x1","fromBlock":"latest"}"#,
            Needs::Head,
        ),
        (
            r#"{"fromBlock":5,"toBlock":"0x9"}"#,
            r#"{"fromBlock":5,"toBlock":"0x9"}"#,
            Needs::Number(9),
        ),
        (r#"["latest"]"#, r#"["latest"]"#, Needs::Head),
    ] {
        let rewritten = format!("[{rewritten}]");
        check("eth_getLogs", &format!("[{filter}]"), &rewritten, &rewritten, needs);
    }
    check("eth_getLogs", "", "[]", "[]", Needs::Head);
}

#[test]
fn a_poller_one_block_ahead_is_not_given_a_backwards_range() {
    // `fromBlock: seen + 1, toBlock: latest` is empty on a node; 0x37 to 0x36 is an error.
    let filter = r#"[{"fromBlock":"0x37","toBlock":"latest"}]"#;
    check("eth_getLogs", filter, filter, filter, Needs::Ahead(0x37));
    let filter = r#"[{"fromBlock":"0x37"}]"#;
    check("eth_getLogs", filter, filter, filter, Needs::Ahead(0x37));
}

#[test]
fn a_trace_filter_without_a_start_begins_at_the_first_block() {
    // Filled like a log filter it would search one block in place of all.
    let rewritten = r#"[{"toAddress":[],"toBlock":"0x36"}]"#;
    check("trace_filter", r#"[{"toAddress":[]}]"#, rewritten, rewritten, Needs::Head);
}

#[test]
fn null_is_doubted_only_where_it_denies_a_block_of_the_agreed_chain() {
    // A lagging node's null must not reach the client, and an honest null must not cost a retry.
    for (method, params, missing) in [
        ("eth_getBlockByNumber", r#"["0x36",false]"#, true),
        ("eth_getBlockByNumber", r#"["0x37",false]"#, false),
        ("eth_getBlockByNumber", r#"["pending",false]"#, false),
        ("eth_getBlockByNumber", r#"["earliest",false]"#, true),
        ("eth_getBlockByHash", r#"["HEAD",false]"#, true),
        ("eth_getBlockByHash", r#"["OTHER",false]"#, false),
        ("eth_getBlockReceipts", r#"["latest"]"#, true),
        ("eth_getBlockReceipts", r#"["0x5"]"#, true),
        ("eth_getUncleByBlockNumberAndIndex", r#"["0x5","0x0"]"#, false),
        ("eth_getTransactionByBlockNumberAndIndex", r#"["latest","0x0"]"#, false),
        ("eth_getTransactionReceipt", r#"["HEAD"]"#, false),
        ("eth_call", r#"[{},"latest"]"#, false),
    ] {
        let params = params.replace("HEAD", HEAD).replace("OTHER", OTHER);
        assert_eq!(pinned(method, &params, &VIEW).null_means_missing, missing, "{method} {params}");
    }
}

/// The parameter at which a method's block stands.
fn block_index(method: &str) -> Option<usize> {
    match method_info(method).block {
        BlockParam::Tag { index, .. } => Some(index),
        BlockParam::ByNumberBecomesByHash | BlockParam::LogFilter | BlockParam::TraceFilter => {
            Some(0)
        }
        BlockParam::None
        | BlockParam::AlwaysHead
        | BlockParam::OfTransaction
        | BlockParam::Hash { .. } => None,
    }
}

fn any_method() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "eth_call",
        "eth_getBalance",
        "eth_getStorageAt",
        "eth_getProof",
        "eth_getLogs",
        "eth_getBlockByNumber",
        "eth_getBlockByHash",
        "eth_feeHistory",
        "eth_simulateV1",
        "eth_getBlockReceipts",
        "trace_filter",
        "trace_call",
        "eth_gasPrice",
        "eth_sendRawTransaction",
        "unknown_method",
    ])
}

proptest! {
    #[test]
    fn only_the_block_changes(
        method in any_method(),
        params in prop::collection::vec(generate::value(), 0..5),
    ) {
        let text = serde_json::Value::from(params).to_string();
        let pinned = pinned(method, &text, &VIEW);
        let sent: Vec<&RawValue> = serde_json::from_str(&text).unwrap();
        for form in [&pinned.params_by_hash, &pinned.params_by_number] {
            let got: Vec<&RawValue> = serde_json::from_str(form).unwrap();
            let index = block_index(method);
            prop_assert!(got.len() == sent.len() || Some(sent.len()) == index && got.len() == sent.len() + 1);
            for (at, (got, sent)) in got.iter().zip(&sent).enumerate() {
                prop_assert!(got.get() == sent.get() || Some(at) == index, "{} {} {}", method, text, form);
            }
        }
    }

    #[test]
    fn a_filter_keeps_every_other_member(
        filter in prop::collection::vec((generate::word(), generate::value()), 0..6),
        method in prop::sample::select(vec!["eth_getLogs", "trace_filter"]),
    ) {
        let filter: serde_json::Map<_, _> = filter.into_iter().collect();
        let text = serde_json::json!([filter]).to_string();
        let pinned = pinned(method, &text, &VIEW);
        let got: Vec<serde_json::Map<String, serde_json::Value>> = serde_json::from_str(&pinned.params_by_hash).unwrap();
        for (name, value) in &filter {
            if name != "fromBlock" && name != "toBlock" {
                prop_assert_eq!(got[0].get(name), Some(value));
            }
        }
        prop_assert!(got[0].keys().all(|name| filter.contains_key(name) || name == "fromBlock" || name == "toBlock"));
    }

    #[test]
    fn nothing_panics_and_broken_text_stays(method in any_method(), bytes in generate::damaged()) {
        let text = String::from_utf8_lossy(&bytes);
        let pinned = pinned(method, &text, &VIEW);
        if serde_json::from_str::<serde::de::IgnoredAny>(&text).is_err() && !text.is_empty() {
            prop_assert_eq!(&*pinned.params_by_hash, &*text);
        }
    }
}

#[test]
fn what_an_answer_is_a_function_of_is_never_said_too_narrowly() {
    // An answer would be kept and given again although it has changed since.
    let subject =
        |method: &str, params: &str| pinned(method, &params.replace("OTHER", OTHER), &VIEW).subject;
    let head = Subject::Block(VIEW.head);
    for (method, params, expected) in [
        ("eth_call", r#"[{},"latest"]"#, head),
        ("eth_call", "[{}]", head),
        ("eth_getBlockByNumber", r#"["latest",false]"#, head),
        (
            "eth_call",
            r#"[{},"finalized"]"#,
            Subject::Block(BlockRef { number: 0x20, hash: [0x33; 32] }),
        ),
        ("eth_call", r#"[{},"0x5"]"#, Subject::Through(5)),
        ("eth_call", r#"[{},{"blockHash":"OTHER"}]"#, Subject::Hash([0x99; 32])),
        ("eth_getBlockByHash", r#"["OTHER",true]"#, Subject::Hash([0x99; 32])),
        ("eth_getLogs", r#"[{"blockHash":"OTHER"}]"#, Subject::Hash([0x99; 32])),
        // No hash form: whichever branch the node is on answers for the number.
        ("debug_traceCall", r#"[{},"latest",{}]"#, Subject::Through(0x36)),
        ("eth_getUncleCountByBlockNumber", r#"["latest"]"#, Subject::Through(0x36)),
        ("eth_getLogs", r#"[{"fromBlock":"0x1","toBlock":"0x2"}]"#, Subject::Through(2)),
        ("eth_getLogs", r#"[{"fromBlock":"0x7","toBlock":"0x2"}]"#, Subject::Through(7)),
        ("eth_getLogs", r#"[{"fromBlock":"0x1"}]"#, Subject::Through(0x36)),
        ("eth_getLogs", r#"[{"fromBlock":"0x1","toBlock":"finalized"}]"#, Subject::Through(0x20)),
        ("eth_getTransactionReceipt", r#"["OTHER"]"#, Subject::Transaction),
        ("eth_getTransactionByHash", r#"["OTHER"]"#, Subject::Transaction),
        ("eth_call", r#"[{},"pending"]"#, Subject::Open),
        ("eth_call", r#"[{},"earliest"]"#, Subject::Open),
        ("eth_call", r#"[{},"0x37"]"#, Subject::Open),
        ("eth_call", r#"[{},7]"#, Subject::Open),
        ("eth_call", r#"[{},{"blockHash":"OTHER","blockNumber":"0x1"}]"#, Subject::Open),
        ("eth_call", r#"{"to":"0x1"}"#, Subject::Open),
        ("eth_getLogs", r#"[{"fromBlock":"earliest","toBlock":"0x2"}]"#, Subject::Open),
        ("eth_getLogs", r#"[{"fromBlock":"0x1","toBlock":"0x37"}]"#, Subject::Open),
        ("eth_getLogs", r#"[{"fromBlock":"0x37"}]"#, Subject::Open),
        ("eth_getLogs", r#"[{"fromBlock":"0x1","toBlock":"pending"}]"#, Subject::Open),
        ("trace_filter", r#"[{"toBlock":"0x2"}]"#, Subject::Open),
        ("eth_gasPrice", "[]", Subject::Open),
        ("debug_traceTransaction", r#"["OTHER"]"#, Subject::Open),
        ("txpool_content", "[]", Subject::Open),
        ("web3_clientVersion", "[]", Subject::Open),
    ] {
        assert_eq!(subject(method, params), expected, "{method} {params}");
    }
}

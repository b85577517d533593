//! Generators of JSON texts for the property tests.

use proptest::prelude::*;
use serde_json::{Map, Value};

/// Any JSON value, a few levels deep, with names and words that the readers look for.
pub(crate) fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        word().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((word(), inner), 0..5)
                .prop_map(|members| Value::from(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// A word that means something in JSON-RPC, or any text.
pub(crate) fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "latest",
            "safe",
            "finalized",
            "pending",
            "earliest",
            "0x1",
            "0x36",
            "0x37",
            "0x",
            "0xffffffffffffffffff",
            "id",
            "result",
            "error",
            "method",
            "params",
            "jsonrpc",
            "2.0",
            "fromBlock",
            "toBlock",
            "blockHash",
            "blockNumber",
            "code",
            "message",
            "data",
        ])
        .prop_map(str::to_owned),
        Just(format!("0x{}", "11".repeat(32))),
        "\\PC{0,12}",
        ".{0,20}",
    ]
}

/// Bytes that are nearly JSON: a value's text with a few bytes changed, or its tail cut off.
pub(crate) fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let changes = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3);
    (value(), changes, any::<prop::sample::Index>(), any::<bool>()).prop_map(
        |(value, changes, end, cut)| {
            let mut text = value.to_string().into_bytes();
            for (at, byte) in changes {
                let at = at.index(text.len());
                text[at] = byte;
            }
            if cut {
                text.truncate(end.index(text.len()));
            }
            text
        },
    )
}

//! Answers to batches, against `serde_json`.

use serde_json::Value;
use wire_eth::{BatchItem, read_batch};

/// The first byte is how many calls the batch had.
pub(super) fn check(bytes: &[u8]) {
    let Some((calls, body)) = bytes.split_first() else { return };
    let calls = usize::from(calls % 8);
    let model: Option<Vec<Value>> = serde_json::from_slice(body).ok();
    let Ok(items) = read_batch(body, calls) else { return };
    assert_eq!(items.len(), calls);
    // Nothing that is not JSON to the last byte is read; what serde_json cannot hold in its numbers is its own affair.
    let Some(model) = model else { return };
    for (id, item) in items.iter().enumerate() {
        let mine: Vec<&Value> = model.iter().filter(|answer| answer["id"] == id).collect();
        let BatchItem::Value(text) = item else { continue };
        // A member that is given twice is refused by ours, and the last of them counts for the model.
        assert!(
            mine.iter().any(|answer| answer["result"] == *text),
            "{id}: {text:?} is in none of {mine:?}"
        );
    }
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let error = r#"{"jsonrpc":"2.0","id":1,"error":{"code":3,"message":"execution reverted: OLD","data":"0x08c379a0"}}"#;
    vec![
        format!(r#"[{{"jsonrpc":"2.0","id":0,"result":"0x12"}},{error},{{"id":2,"result":null}}]"#)
            .into_bytes(),
        br#"[{"id":2,"result":"0x"},{"id":2,"result":"0x"},{"id":0,"result":"a\u0062"}]"#.to_vec(),
        br#"{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"no batches"}}"#.to_vec(),
    ]
}

//! Calls rewritten to one view, and written again.

use wire_eth::{
    BlockRef, Call, Needs, Pinned, RequestBody, View, method_info, pin, raw_transaction_hash,
    read_request, refusal, write_request,
};

use super::json::{elements, is_json};
use super::request::WIDE;

/// Calls of one batch that are looked at.
const CALLS_MAX: usize = 20;

const HEAD: BlockRef = BlockRef { number: 0x36, hash: [0x11; 32] };

const VIEWS: [View; 2] = [
    View {
        head: HEAD,
        safe: Some(BlockRef { number: 0x30, hash: [0x22; 32] }),
        finalized: Some(BlockRef { number: 0x20, hash: [0x33; 32] }),
        undecided: false,
    },
    View { head: HEAD, safe: None, finalized: None, undecided: false },
];

/// Pins every call of an input to a view and sees to it that nothing else changes.
pub(super) fn check(bytes: &[u8]) {
    let calls = match read_request(bytes, &WIDE) {
        Ok(RequestBody::Single(call)) => Vec::from_iter(call.ok()),
        Ok(RequestBody::Batch(items)) => items.into_iter().flatten().take(CALLS_MAX).collect(),
        Err(error) => {
            assert_response(&error.to_response(None));
            return;
        }
    };
    for call in &calls {
        assert_response(&refusal(&call.method).to_response(call.id));
        // Whatever it is, it is no reason to panic.
        let _hash = call.params.and_then(raw_transaction_hash);
        for view in &VIEWS {
            check_call(call, view);
        }
    }
}

fn assert_response(bytes: &[u8]) {
    let text = std::str::from_utf8(bytes).expect("our own errors are UTF-8");
    assert!(is_json(text), "our own errors are JSON: {text}");
}

fn check_call(call: &Call<'_>, view: &View) {
    let info = method_info(&call.method);
    let pinned = pin(&info, call, view);
    let before = call.params.unwrap_or("[]");
    for form in [&pinned.params_by_hash, &pinned.params_by_number] {
        assert!(is_json(form), "no JSON any more: {form}");
        assert_others_unchanged(before, form);
    }
    match pinned.needs {
        Needs::Number(number) => assert!(number <= view.head.number),
        Needs::Ahead(number) => assert!(number > view.head.number),
        Needs::Nothing | Needs::Head | Needs::Hash(_) => {}
    }
    assert_eq!(pinned.method_by_number, call.method);
    assert_settled(&pinned, view);
    for (method, params) in [
        (&pinned.method, &pinned.params_by_hash),
        (&pinned.method_by_number, &pinned.params_by_number),
    ] {
        let written = write_request(1, method, Some(params));
        let Ok(RequestBody::Single(Ok(again))) = read_request(&written, &WIDE) else {
            panic!("what goes to the upstream is no call: {}", String::from_utf8_lossy(&written));
        };
        assert_eq!((again.method.as_ref(), again.params), (method.as_ref(), Some(params.as_ref())));
    }
}

/// At most one parameter is another, or one more is there.
fn assert_others_unchanged(before: &str, after: &str) {
    let (Some(before), Some(after)) = (elements(before), elements(after)) else {
        assert_eq!(before, after, "these are no positional parameters");
        return;
    };
    let added = after.len() - before.len();
    let changed = before.iter().zip(&after).filter(|(before, after)| before != after).count();
    assert!(added + changed <= 1, "{before:?} became {after:?}");
}

/// What is pinned means the same under every later view: pinned again it stays as it is.
fn assert_settled(pinned: &Pinned<'_>, view: &View) {
    let call = Call {
        id: None,
        method: pinned.method_by_number.clone(),
        params: Some(&pinned.params_by_number),
    };
    let again = pin(&method_info(&call.method), &call, view);
    assert_eq!(again.params_by_number, pinned.params_by_number, "pinned again it is another call");
}

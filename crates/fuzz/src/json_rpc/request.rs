//! What clients send.

use wire_eth::{Call, RequestBody, RequestLimits, read_request, request_id};

use super::json::{Members, depth, elements, is_json, span, string};

/// Limits that no input here reaches.
pub(super) const WIDE: RequestLimits = RequestLimits { batch_items: usize::MAX, depth: usize::MAX };

/// Deepest nesting that the id of a refused call is looked for in.
const ID_DEPTH_MAX: usize = 8_192;

/// Limits that inputs do reach.
const NARROW: RequestLimits = RequestLimits { batch_items: 3, depth: 6 };

/// One call as the model reads it, or the id of what is none.
type Item<'a> = Result<Expected<'a>, &'a str>;

struct Expected<'a> {
    id: Option<&'a str>,
    method: String,
    params: Option<&'a str>,
}

/// Compares the reader with the model, under wide and narrow limits.
pub(super) fn check(bytes: &[u8]) {
    for limits in [WIDE, NARROW] {
        let ours = read_request(bytes, &limits);
        let Ok(text) = std::str::from_utf8(bytes) else {
            assert_eq!(ours.err().map(|error| error.code), Some(-32700), "no UTF-8");
            continue;
        };
        if is_json(text) {
            compare(text, &limits, ours);
        } else {
            // What stops at a limit has not seen the mistake behind it.
            let code = ours.err().map(|error| error.code);
            let limited = limits == NARROW || starts_with_empty_batch(text);
            assert!(code == Some(-32700) || limited && code == Some(-32600), "no JSON: {code:?}");
        }
    }
    check_id(bytes);
}

fn starts_with_empty_batch(text: &str) -> bool {
    let blank = |byte: char| matches!(byte, ' ' | '\t' | '\n' | '\r');
    let inside = text.trim_start_matches(blank).strip_prefix('[');
    inside.is_some_and(|inside| inside.trim_start_matches(blank).starts_with(']'))
}

fn compare(text: &str, limits: &RequestLimits, ours: Result<RequestBody<'_>, wire_eth::RpcError>) {
    let too_deep = depth(text) > limits.depth;
    let batch = elements(text);
    let count = batch.as_ref().map(Vec::len);
    let refused = too_deep || count.is_some_and(|count| count == 0 || count > limits.batch_items);
    match (ours, batch) {
        (Err(error), _) => {
            assert!(refused && error.code == -32600, "refused: {}", error.message);
        }
        (Ok(_), _) if refused => panic!("a limit is passed and was not noticed"),
        (Ok(RequestBody::Single(call)), None) => {
            let expected = read(text);
            let ours = call.as_ref().map_err(|_| request_id(text.as_bytes()).unwrap_or("null"));
            same(text, ours, &expected);
        }
        (Ok(RequestBody::Batch(items)), Some(elements)) => {
            assert_eq!(items.len(), elements.len());
            for (item, element) in items.iter().zip(elements) {
                same(text, item.as_ref().map_err(|bad| bad.id), &read(element));
            }
        }
        (Ok(body), batch) => panic!("{body:?} where the model has {batch:?}"),
    }
}

/// Reads one item of a batch, or a whole body.
fn read(text: &str) -> Item<'_> {
    let Some(members) = Members::read(text) else { return Err("null") };
    let names = ["jsonrpc", "id", "method", "params"];
    let ids = members.named("id");
    // Of an id given twice the later one is repeated in the answer of a batch.
    let id = ids.last().copied().filter(|raw| is_id(raw)).unwrap_or("null");
    call(members.once(names).ok_or(id)?).ok_or(id)
}

fn call<'a>([version, id, method, params]: [Option<&'a str>; 4]) -> Option<Expected<'a>> {
    let good_id = id.is_none_or(is_id);
    let good_version = version.is_none_or(|raw| string(raw).as_deref() == Some("2.0"));
    let params = params.filter(|raw| *raw != "null");
    let good_params = params.is_none_or(|raw| raw.starts_with(['[', '{']));
    let method = string(method?)?;
    (good_id && good_version && good_params).then_some(Expected { id, method, params })
}

fn is_id(raw: &str) -> bool {
    !raw.starts_with(['[', '{', 't', 'f'])
}

fn same(text: &str, ours: Result<&Call<'_>, &str>, expected: &Item<'_>) {
    let place = |raw: Option<&str>| raw.map(|raw| span(text.as_bytes(), raw));
    match (ours, expected) {
        (Ok(call), Ok(expected)) => {
            assert_eq!(place(call.id), place(expected.id), "another id");
            assert_eq!(place(call.params), place(expected.params), "other parameters");
            assert_eq!(call.method, expected.method, "another method");
        }
        // A single call whose id is given twice has none.
        (Err(id), Err(expected)) => {
            assert!(id == *expected || id == "null", "the id of a bad call");
        }
        (Ok(call), Err(_)) => panic!("{call:?} is no call"),
        (Err(_), Ok(_)) => panic!("a call is refused"),
    }
}

fn check_id(bytes: &[u8]) {
    let expected = std::str::from_utf8(bytes).ok().filter(|text| depth(text) <= ID_DEPTH_MAX);
    let expected = expected.and_then(Members::read).and_then(|members| members.once(["id"])?[0]);
    assert_eq!(request_id(bytes), expected.filter(|raw| is_id(raw)), "the id of a refused call");
}

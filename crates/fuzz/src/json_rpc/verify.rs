//! Answers held against what was asked, against themselves and against each other.

use serde_json::Value;
use wire_eth::{
    AnswerKind, Check, Comparison, Expected, LogCheck, LogFilter, LogsSeen, WrongAnswer,
    check_header, compare, looks_empty, prove_block, prove_receipts, read_answer, read_fee_history,
    read_header, read_sealed_header, read_wei,
};

use super::answer::result;
use super::block::{digits, hash_of, quantity};
use super::json::{Members, depth, elements};

/// Longest body that is fed byte by byte, in bytes.
const PIECES_MAX: usize = 8 * 1024;

/// Deepest nesting that the check of logs follows, and the model of it.
const LOGS_DEPTH_MAX: usize = 60;

/// Largest body whose answer is checked from end to end, in bytes.
const VALIDATED_MAX: usize = 64 * 1024;

/// Longest detail of a wrong answer, in characters; it may name two hashes.
const DETAIL_MAX: usize = 200;

/// Filters of every kind; the numbers and hashes are those of the seeds.
const FILTERS: [&str; 3] = [
    "[{}]",
    r#"[{"address":["0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"],"fromBlock":"0x10","toBlock":"0x36"}]"#,
    r#"[{"topics":[["0x1111111111111111111111111111111111111111111111111111111111111111",null],"0x2222222222222222222222222222222222222222222222222222222222222222"],"blockHash":"0x1111111111111111111111111111111111111111111111111111111111111111"}]"#,
];

const HASH: [u8; 32] = [0x11; 32];
const NUMBER: u64 = 0x36;

/// Holds an input against what each kind of call could have asked.
pub(super) fn check(bytes: &[u8]) {
    for filter in FILTERS {
        check_logs(bytes, &LogFilter::read(filter).expect("a filter"), filter);
    }
    check_comparison(bytes);
    check_identity(bytes);
    if bytes.len() > VALIDATED_MAX {
        return;
    }
    let summary = |header: Option<wire_eth::SealedHeader>| header.map(|header| header.summary);
    assert_eq!(read_sealed_header(bytes).map(summary), read_header(bytes), "the header's place");
    let _read = read_fee_history(bytes);
    let raw = result(bytes);
    let wei = raw.and_then(digits).filter(|digits| (1..=32).contains(&digits.len()));
    let wei = wei.map(|digits| digits.iter().fold(0, |sum, digit| sum << 4 | u128::from(*digit)));
    assert_eq!(read_wei(bytes).ok(), wei, "an amount of wei");
    if let Some(raw) = raw {
        // Whatever they say, nothing that a node sends makes them panic.
        let _said = (check_header(raw), prove_block(raw), prove_receipts(raw, &HASH));
    }
}

/// In whatever pieces the body comes, the same is said of it; and it is what the model says.
fn check_logs(bytes: &[u8], filter: &LogFilter, params: &str) {
    let whole = fed(bytes, filter, bytes.len().max(1));
    for size in [1, 3, 64, 1_000] {
        if size >= 64 || bytes.len() <= PIECES_MAX {
            assert_eq!(fed(bytes, filter, size), whole, "fed {size} bytes at a time");
        }
    }
    if let Err(wrong) = &whole {
        assert!(wrong.detail.len() <= DETAIL_MAX, "{wrong:?}");
    }
    let Some(logs) = result(bytes).filter(|raw| is_plain(bytes, raw)).and_then(elements) else {
        return;
    };
    let Some(objects) = logs.iter().map(|log| Members::read(log)).collect::<Option<Vec<_>>>()
    else {
        assert!(whole.is_err() || logs.iter().any(|log| log.starts_with('[')), "no logs");
        return;
    };
    if let Some(fits) = objects.iter().map(|log| fits(log, params)).collect::<Option<Vec<bool>>>() {
        let ordered =
            |wrong: &WrongAnswer| matches!(wrong.check, Check::LogOrder | Check::Consistency);
        match &whole {
            Ok(seen) => {
                assert!(fits.iter().all(|fits| *fits), "a log that was not asked for passes");
                assert_eq!(usize::try_from(seen.count), Ok(logs.len()), "logs are counted");
            }
            Err(wrong) => {
                assert!(fits.contains(&false) || ordered(wrong), "refused: {wrong:?}");
            }
        }
    }
}

fn fed(bytes: &[u8], filter: &LogFilter, size: usize) -> Result<LogsSeen, WrongAnswer> {
    let mut check = LogCheck::new(filter, None);
    bytes.chunks(size).try_for_each(|piece| check.feed(piece))?;
    check.finish()
}

/// Names and texts are compared as they are written, which is as nodes write them.
fn is_plain(bytes: &[u8], raw: &str) -> bool {
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    raw.starts_with('[') && !text.contains('\\') && depth(text) <= LOGS_DEPTH_MAX
}

/// Whether a log is one that the filter asks for; `None` for one that is written as no node does.
fn fits(log: &Members<'_>, params: &str) -> Option<bool> {
    let [address, topics, number, hash] =
        log.once(["address", "topics", "blockNumber", "blockHash"])?;
    let topics = elements(topics?)?;
    if topics.len() > 4 || topics.iter().any(|topic| hash_of(topic).is_none()) {
        return None;
    }
    let filter = Members::read(elements(params)?[0])?;
    let [wanted, places, from, to, block] =
        filter.once(["address", "topics", "fromBlock", "toBlock", "blockHash"])?;
    let address = address.map(str::to_ascii_lowercase);
    let by_address = wanted.is_none_or(|list| {
        address.is_some_and(|address| {
            elements(list).is_some_and(|list| list.contains(&address.as_str()))
        })
    });
    let by_topics =
        places.and_then(elements).unwrap_or_default().iter().enumerate().all(|(at, place)| {
            let any = elements(place).unwrap_or_else(|| vec![place]);
            let found = topics.get(at).and_then(|topic| hash_of(topic));
            any.contains(&"null")
                || found.is_some_and(|found| any.iter().any(|one| hash_of(one) == Some(found)))
        });
    let number = number.and_then(quantity);
    let above = from.and_then(quantity).zip(number).is_none_or(|(from, number)| from <= number);
    let below = to.and_then(quantity).zip(number).is_none_or(|(to, number)| number <= to);
    let by_block = block.and_then(hash_of).zip(hash.and_then(hash_of));
    Some(
        by_address
            && by_topics
            && above
            && below
            && by_block.is_none_or(|(one, other)| one == other),
    )
}

/// Whether a result is null, an empty list, an empty object, no text, or zero.
fn says_nothing(result: &Value) -> bool {
    match result {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::String(text) => text.trim_start_matches("0x").trim_start_matches('0').is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// An answer says the same as itself however it is written, and two say of each other the same.
fn check_comparison(bytes: &[u8]) {
    let kind = read_answer(bytes).ok().map(|answer| answer.kind);
    let is_result = matches!(kind, Some(AnswerKind::Result { .. }));
    let own = if is_result { Comparison::Same } else { Comparison::Incomparable };
    assert_eq!(compare(bytes, bytes), own, "an answer beside itself");
    if let Some(parsed) = serde_json::from_slice::<Value>(bytes).ok().filter(|_| looks_empty(bytes))
    {
        assert!(says_nothing(&parsed), "what says something is no empty result");
    }
    let other: Vec<u8> =
        bytes.iter().map(|byte| if *byte == b'1' { b'0' } else { *byte }).collect();
    assert_eq!(compare(bytes, &other), compare(&other, bytes), "whichever is first");
    // Names given twice count once for the parser that writes it anew, and twice for the reader of answers.
    if let Ok(value) = serde_json::from_slice::<Value>(bytes)
        && is_result
        && bytes.len() <= VALIDATED_MAX
        && is_whole(&value)
    {
        let again = serde_json::to_vec(&value).expect("a value is JSON");
        assert_eq!(compare(bytes, &again), Comparison::Same, "written anew");
    }
}

/// Without fractions, which lose digits when they are written anew.
fn is_whole(value: &Value) -> bool {
    match value {
        Value::Number(number) => !number.is_f64(),
        Value::Array(list) => list.iter().all(is_whole),
        Value::Object(members) => members.values().all(is_whole),
        Value::Null | Value::Bool(_) | Value::String(_) => true,
    }
}

/// An answer about another block or transaction than was asked for is noticed.
fn check_identity(bytes: &[u8]) {
    let Ok(answer) = read_answer(bytes) else { return };
    let members = result(bytes).filter(|_| bytes.len() <= VALIDATED_MAX).and_then(Members::read);
    for (expected, names) in [
        (Expected::Block { number: Some(NUMBER), hash: None }, ["number", ""]),
        (Expected::Block { number: None, hash: Some(HASH) }, ["", "hash"]),
        (Expected::Block { number: Some(NUMBER), hash: Some(HASH) }, ["number", "hash"]),
        (Expected::Transaction(HASH), ["", "hash"]),
        (Expected::Receipt(HASH), ["", "transactionHash"]),
    ] {
        let said = expected.check(bytes, &answer, false, None);
        if let Err(wrong) = &said {
            assert!(wrong.detail.len() <= DETAIL_MAX, "{wrong:?}");
        }
        let Some(members) = &members else { continue };
        let first = |name: &str| members.spelt(name).first().copied().filter(|_| !name.is_empty());
        let number = first(names[0]).and_then(quantity).is_some_and(|number| number != NUMBER);
        let hash = first(names[1]).and_then(hash_of).is_some_and(|hash| hash != HASH);
        let consistent = !matches!(&said, Err(wrong) if wrong.check == Check::Consistency);
        if consistent {
            assert_eq!(said.is_err(), number || hash, "{expected:?}: {said:?}");
        }
    }
}

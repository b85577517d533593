//! What upstreams answer.

use std::ops::Range;

use wire_eth::{
    Answer, AnswerKind, Disposition, Failure, MethodClass, RETRY_AFTER_MAX, classify,
    error_summary, read_answer, with_id,
};

use super::json::{Members, depth, is_json, span};

/// Deepest nesting that is read in an answer.
const DEPTH_MAX: usize = 8_192;

/// Largest body that is checked from end to end, in bytes.
const VALIDATED_MAX: usize = 64 * 1024;

/// Longest reason of a malformed answer, in characters.
const REASON_MAX: usize = 160;

/// Shortest run of letters and digits that may be a provider's key.
const KEY_MIN: usize = 20;

/// The spans of an answer as the model reads them.
pub(super) fn expected(bytes: &[u8]) -> Option<Answer> {
    let text = std::str::from_utf8(bytes).ok().filter(|text| depth(text) <= DEPTH_MAX)?;
    let members = Members::read(text)?;
    let once = |name: &str| {
        let values = members.spelt(name);
        (values.len() <= 1).then(|| values.first().copied())
    };
    let (id, result, error) = (once("id")?, once("result")?, once("error")?);
    let (kind, value) = match (result, error.filter(|raw| *raw != "null")) {
        (Some(raw), None) => (AnswerKind::Result { null: raw == "null" }, raw),
        (None | Some("null"), Some(raw)) if raw.starts_with('{') => (AnswerKind::Error, raw),
        _ => return None,
    };
    let open = text.find('{').map_or(0, |at| at + 1);
    let id = id.map_or(open..open, |raw| span(bytes, raw));
    Some(Answer { id, kind, value: span(bytes, value) })
}

/// Compares the reader with the model, and sees to it that only the id changes.
pub(super) fn check(bytes: &[u8]) {
    let (ours, expected) = (read_answer(bytes), expected(bytes));
    if let Err(malformed) = &ours {
        assert_shown(&malformed.reason, REASON_MAX);
    }
    if bytes.len() <= VALIDATED_MAX {
        assert_eq!(ours.clone().ok(), expected, "{ours:?}");
    } else if let Some(expected) = &expected {
        // Of a long body only the head is read: a member after the result is taken for a part of it.
        let ours = ours.as_ref().expect("an answer is an answer at any length");
        assert_eq!((&ours.id, ours.kind), (&expected.id, expected.kind), "a long answer");
        assert_eq!(ours.value.start, expected.value.start, "a long answer");
        assert!(ours.value.end >= expected.value.end, "a long answer");
    }
    let Ok(answer) = ours else { return };
    let inside = |range: &Range<usize>| range.start <= range.end && range.end <= bytes.len();
    assert!(inside(&answer.id) && inside(&answer.value), "{answer:?} of {} bytes", bytes.len());
    for id in ["7", "\"a \\\" \u{e9}\"", "null"] {
        let renamed = with_id(bytes, &answer, id);
        if expected.is_some() {
            assert_renamed(bytes, &renamed, id);
        }
    }
    // Spans of another body are no reason to panic.
    let half = bytes.get(..bytes.len() / 2).unwrap_or_default();
    assert!(with_id(half, &answer, "1").len() <= half.len() + 8);
}

/// Every member but the id as it was, in its order; the id as the client wrote it.
fn assert_renamed(before: &[u8], after: &[u8], id: &str) {
    let members = |bytes| std::str::from_utf8(bytes).ok().and_then(Members::read);
    let (before, after) =
        (members(before).expect("an object"), members(after).expect("still an object"));
    assert_eq!(after.spelt("id"), [id], "one id, the client's");
    let others = |members: &Members<'_>| -> Vec<(String, String)> {
        let pairs = members.0.iter().filter(|(key, _)| *key != "\"id\"");
        pairs.map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    };
    assert_eq!(others(&before), others(&after), "more than the id has changed");
}

/// Judges an input as the answer to every kind of call with every kind of status.
pub(super) fn check_judgement(bytes: &[u8]) {
    let answer = read_answer(bytes).ok();
    let header =
        bytes.split(|byte| *byte == b'\n').next().and_then(|line| std::str::from_utf8(line).ok());
    for class in MethodClass::ALL {
        for status in [200, 400, 402, 429, 500, 503] {
            for (header, null_means_missing) in [(None, false), (Some("3"), true), (header, true)] {
                let (disposition, spans) =
                    classify(class, status, header, 784_111_777, bytes, null_means_missing);
                assert_eq!(spans, answer, "the spans are the reader's");
                assert_judged(class, &disposition, answer.as_ref());
            }
        }
    }
    if let Some(answer) = &answer {
        let summary = error_summary(bytes, answer);
        assert_eq!(summary.is_some(), answer.kind == AnswerKind::Error);
        assert_shown(&summary.unwrap_or_default(), REASON_MAX);
    }
}

fn assert_judged(class: MethodClass, disposition: &Disposition, answer: Option<&Answer>) {
    let kind = answer.map(|answer| answer.kind);
    match disposition {
        Disposition::Answer => assert!(kind.is_some(), "no answer goes to the client as one"),
        Disposition::AlreadyKnown | Disposition::NonceTooLow => {
            assert!(class == MethodClass::Submit && kind == Some(AnswerKind::Error));
        }
        Disposition::Doubtful(_) => {
            assert!(kind.is_some() && kind != Some(AnswerKind::Result { null: false }));
        }
        Disposition::Failed(failure) => {
            assert!(!matches!(kind, Some(AnswerKind::Result { .. })), "a result is no failure");
            if let Failure::Throttled { retry_after } = failure {
                assert!(retry_after.is_none_or(|wait| wait <= RETRY_AFTER_MAX));
            }
        }
    }
}

/// A text that is fit for a log: one line, printable, short, and without anything like a key.
pub(super) fn assert_shown(text: &str, most: usize) {
    assert!(text.chars().count() <= most, "{} characters", text.chars().count());
    assert!(text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()), "{text:?}");
    // An error's code is a number, which may be long.
    let coded = text.strip_prefix("error ").and_then(|text| text.split_once(": "));
    let text = coded.filter(|(code, _)| code.parse::<i64>().is_ok()).map_or(text, |(_, text)| text);
    let key_like = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let longest = text.as_bytes().split(|byte| !key_like(byte)).map(<[u8]>::len).max();
    assert!(longest.unwrap_or(0) < KEY_MIN, "may hold a key: {text:?}");
}

/// The raw result of an answer as the model reads it.
pub(super) fn result(bytes: &[u8]) -> Option<&str> {
    let answer = expected(bytes)?;
    let raw = std::str::from_utf8(bytes.get(answer.value)?).ok()?;
    (answer.kind != AnswerKind::Error && is_json(raw)).then_some(raw)
}

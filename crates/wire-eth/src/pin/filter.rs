//! Pinning the block range of a log or trace filter.

use std::borrow::Cow;
use std::ops::Range;

use super::{
    Meaning, Needs, Pinned, Place, Subject, View, by_known_hash, locate, splice, unchanged,
};
use crate::hex::{parse_hash, quantity_hex};
use crate::json::{ANSWER_DEPTH_MAX, Cursor, key_is, unquote};
use crate::request::Call;

/// What a missing `fromBlock` means.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum From {
    /// The newest block (`eth_getLogs` in the execution-apis specification).
    Latest,
    /// The first block (`trace_filter` in `OpenEthereum` and its successors).
    First,
}

/// The members of a filter that name blocks, as spans of the parameters.
#[derive(Default)]
struct Filter {
    from: Option<Range<usize>>,
    to: Option<Range<usize>>,
    hash: Option<Range<usize>>,
    close: usize,
    empty: bool,
}

/// Rewrites the tags of a range to numbers. A range has no hash form, so both forms are the same.
pub(super) fn pin_filter<'a>(missing_from: From, call: &Call<'a>, view: &View) -> Pinned<'a> {
    let params = call.params.unwrap_or("[]");
    let Some(filter) = read_filter(params) else { return unchanged(call, Needs::Head) };
    let text = |span: &Option<Range<usize>>| {
        span.clone().and_then(|span| params.get(span)).filter(|raw| *raw != "null")
    };
    if let Some(hash) = text(&filter.hash) {
        let hash = unquote(hash).and_then(|text| parse_hash(&text));
        return by_known_hash(call, hash);
    }
    let from = match (text(&filter.from), missing_from) {
        (Some(raw), _) => view.read_text(raw),
        (None, From::Latest) => view.latest(),
        (None, From::First) => Meaning::Earliest,
    };
    let to = text(&filter.to).map_or_else(|| view.latest(), |raw| view.read_text(raw));
    // A poller that asks from the next block on: with `latest` made a number the range would be
    // backwards, which nodes refuse, and not merely empty.
    if let (Meaning::Leave(Needs::Ahead(_)), Meaning::Pin(..)) = (from, to) {
        return unchanged(call, needs_of(from));
    }
    let needs = farther(needs_of(from), needs_of(to));
    let subject = match (from.subject(), to.subject()) {
        (Subject::Through(from), Subject::Through(to)) => Subject::Through(from.max(to)),
        _ => Subject::Open,
    };
    let edits = [("fromBlock", &filter.from, from), ("toBlock", &filter.to, to)];
    let plain = Pinned { subject, ..unchanged(call, needs) };
    let Some(rewritten) = rewrite(params, &filter, edits) else { return plain };
    Pinned {
        params_by_hash: Cow::Owned(rewritten.clone()),
        params_by_number: Cow::Owned(rewritten),
        ..plain
    }
}

/// `None` where the first parameter is no object or says a thing twice.
fn read_filter(params: &str) -> Option<Filter> {
    let Place::Given(object) = locate(params, 0) else { return None };
    let base = object.start;
    let text = params.get(object)?;
    let mut filter = Filter::default();
    let mut cursor = Cursor::new(text.as_bytes(), ANSWER_DEPTH_MAX);
    let mut walk = cursor.enter(b'{').ok()?;
    filter.empty = true;
    while let Some(key) = cursor.next_member(&mut walk).ok()? {
        filter.empty = false;
        let value = cursor.value().ok()?;
        let key = text.get(key)?;
        let slot = if key_is(key, "fromBlock") {
            &mut filter.from
        } else if key_is(key, "toBlock") {
            &mut filter.to
        } else if key_is(key, "blockHash") {
            &mut filter.hash
        } else {
            continue;
        };
        if slot.replace(base + value.start..base + value.end).is_some() {
            return None;
        }
    }
    filter.close = base + cursor.at() - 1;
    Some(filter)
}

fn needs_of(meaning: Meaning) -> Needs {
    match meaning.needs() {
        // A hash is no end of a range; the node says so.
        Needs::Hash(_) => Needs::Nothing,
        needs @ (Needs::Nothing | Needs::Head | Needs::Number(_) | Needs::Ahead(_)) => needs,
    }
}

fn farther(a: Needs, b: Needs) -> Needs {
    match (a, b) {
        (Needs::Ahead(a), Needs::Ahead(b)) => Needs::Ahead(a.max(b)),
        (Needs::Ahead(n), _) | (_, Needs::Ahead(n)) => Needs::Ahead(n),
        (Needs::Head, _) | (_, Needs::Head) => Needs::Head,
        (Needs::Number(a), Needs::Number(b)) => Needs::Number(a.max(b)),
        (known, Needs::Nothing | Needs::Hash(_)) | (Needs::Nothing | Needs::Hash(_), known) => {
            known
        }
    }
}

/// `None` where nothing is to be rewritten.
fn rewrite(
    params: &str,
    filter: &Filter,
    edits: [(&str, &Option<Range<usize>>, Meaning); 2],
) -> Option<String> {
    let mut inserted = String::new();
    let mut replaced = Vec::new();
    for (name, span, meaning) in edits {
        let Meaning::Pin(block, _) = meaning else { continue };
        let number = quantity_hex(block.number);
        match span {
            Some(span) => replaced.push((span, format!("\"{number}\""))),
            None => {
                let comma = if filter.empty && inserted.is_empty() { "" } else { "," };
                inserted.push_str(&format!("{comma}\"{name}\":\"{number}\""));
            }
        }
    }
    if inserted.is_empty() && replaced.is_empty() {
        return None;
    }
    // From the end to the start, so that the earlier spans stay true.
    let mut text = splice(params, &(filter.close..filter.close), &[&inserted]);
    replaced.sort_unstable_by_key(|(span, _)| std::cmp::Reverse(span.start));
    for (span, number) in replaced {
        text = splice(&text, span, &[&number]);
    }
    Some(text)
}

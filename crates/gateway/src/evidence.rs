//! What is kept of wrong answers and of answers that contradict each other: `GET /v1/chains/NAME/evidence`.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use gateway_core::Needs;
use serde::Serialize;
use units::Span;
use wire_eth::Subject;

/// Pieces kept for each chain; the oldest go first. At most some 2 KB each.
const EVIDENCE_KEPT: usize = 64;

/// How much of parameters and answers is kept, in bytes: a balance, a receipt's head, a filter.
const EXCERPT_MAX: usize = 400;

/// One finding.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Evidence {
    /// When, in milliseconds since 1970.
    at_ms: u64,
    /// The method that was called, and its parameters as they went out: with the pinned block in them.
    method: String,
    params: String,
    /// The block that was asked for.
    block: Option<Block>,
    /// The check that the answer failed; `opinion` for two that contradict each other.
    check: &'static str,
    /// What was found.
    finding: String,
    /// Who was wrong; `null` where nobody could settle it.
    wrong: Option<String>,
    answers: Vec<Said>,
}

#[derive(Clone, Debug, Serialize)]
struct Block {
    number: Option<u64>,
    hash: Option<String>,
}

/// What one upstream answered.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Said {
    upstream: String,
    /// The keccak hash of the result.
    digest: String,
    /// How the result begins.
    excerpt: String,
}

/// The call that the evidence is about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case<'a> {
    pub(crate) method: &'a str,
    pub(crate) params: &'a str,
    pub(crate) needs: Needs,
    pub(crate) subject: Subject,
}

/// The evidence of one chain.
#[derive(Debug, Default)]
pub(crate) struct EvidenceBook(Mutex<VecDeque<Evidence>>);

impl EvidenceBook {
    /// All that is kept, newest first, as a JSON list.
    pub(crate) fn to_json(&self) -> String {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let list: Vec<&Evidence> = kept.iter().rev().collect();
        serde_json::to_string(&list).unwrap_or_else(|_| "[]".to_owned())
    }

    /// Keeps one more finding, and drops the oldest where there are enough.
    pub(crate) fn keep(&self, evidence: Evidence) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= EVIDENCE_KEPT {
            kept.pop_front();
        }
        kept.push_back(evidence);
    }
}

impl Evidence {
    /// What a check or a comparison found of a call's answers: by which check, in words, and who was wrong.
    pub(crate) fn new(
        at: Span,
        case: Case<'_>,
        (check, finding): (&'static str, String),
        wrong: Option<String>,
        answers: Vec<Said>,
    ) -> Self {
        Self {
            at_ms: at.as_millis(),
            method: excerpt(case.method.as_bytes()),
            params: excerpt(case.params.as_bytes()),
            block: block_of(case),
            check,
            finding,
            wrong,
            answers,
        }
    }
}

impl Said {
    /// An upstream's answer, of which nothing is shown where a key of ours is in it.
    pub(crate) fn new(upstream: String, body: &[u8], secret: bool) -> Self {
        let answer = wire_eth::read_answer(body).ok();
        let value = answer.and_then(|answer| body.get(answer.value)).unwrap_or(body);
        Self {
            upstream,
            digest: wire_eth::hash_hex(&wire_eth::digest(body)),
            excerpt: if secret { "[a key of ours is in it]".to_owned() } else { excerpt(value) },
        }
    }
}

fn block_of(case: Case<'_>) -> Option<Block> {
    let hash = |hash: &[u8; 32]| Some(wire_eth::hash_hex(hash));
    match (case.subject, case.needs) {
        (Subject::Block(block), _) => {
            Some(Block { number: Some(block.number), hash: hash(&block.hash) })
        }
        (Subject::Hash(asked), _) => Some(Block { number: None, hash: hash(&asked) }),
        (Subject::Through(number), _) => Some(Block { number: Some(number), hash: None }),
        (_, Needs::Number(number)) => Some(Block { number: Some(number), hash: None }),
        (_, Needs::Head(block)) => {
            Some(Block { number: Some(block.number), hash: Some(block.hash.to_string()) })
        }
        (_, Needs::Anything | Needs::Ahead) => None,
    }
}

/// The beginning of a text, without what could end a line or start a control sequence.
fn excerpt(text: &[u8]) -> String {
    let shown = text.get(..EXCERPT_MAX).unwrap_or(text);
    let printable = |byte: &u8| if byte.is_ascii_graphic() { char::from(*byte) } else { ' ' };
    let mut excerpt: String = shown.iter().map(printable).collect();
    if shown.len() < text.len() {
        excerpt.push_str("..");
    }
    excerpt
}

//! Keeping what upstreams were found to have said.

use gateway_core::UpstreamId;
use runtime::clock;
use runtime::http::Bytes;
use wire_eth::WrongAnswer;

use crate::chain::ChainShell;
use crate::evidence::{Case, Evidence, Said};

/// Keeps an answer that failed a check.
pub(crate) fn keep_wrong(
    chain: &ChainShell,
    case: Case<'_>,
    upstream: UpstreamId,
    wrong: &WrongAnswer,
    body: &Bytes,
) {
    let finding = wrong.detail.clone().into_owned();
    let answers = vec![said(chain, upstream, body)];
    keep(chain, case, (wrong.check.name(), finding), Some(upstream), answers);
}

/// Keeps answers that contradict each other.
pub(crate) fn keep_dispute(
    chain: &ChainShell,
    case: Case<'_>,
    outvoted: Option<UpstreamId>,
    answers: &[(UpstreamId, &Bytes)],
) {
    let finding = match (outvoted, answers.len()) {
        (Some(_), _) => "two of three say otherwise",
        (None, 2) => "two contradict each other, and there was no third to ask",
        (None, _) => "two contradict each other, and the third sides with neither",
    };
    let answers = answers.iter().map(|(id, body)| said(chain, *id, body)).collect();
    keep(chain, case, ("opinion", finding.to_owned()), outvoted, answers);
}

fn keep(
    chain: &ChainShell,
    case: Case<'_>,
    (check, finding): (&'static str, String),
    wrong: Option<UpstreamId>,
    answers: Vec<Said>,
) {
    let wrong = wrong.map(|id| chain.upstream_name(id).to_owned());
    let evidence = Evidence::new(clock::unix_time(), case, (check, finding), wrong, answers);
    chain.evidence.keep(evidence);
}

fn said(chain: &ChainShell, upstream: UpstreamId, body: &Bytes) -> Said {
    let config = chain.config.upstreams.get(upstream.index());
    let secret = config.is_none_or(|config| config.http.is_key_in(body));
    Said::new(chain.upstream_name(upstream).to_owned(), body, secret)
}

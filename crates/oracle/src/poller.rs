//! Reads a chain: every round one block that enough endpoints have, and everything at that block.

use runtime::client::{CallError, Client};
use runtime::http::{Bytes, HeaderMap};
use runtime::{clock, task};
use units::{Span, Timestamp};
use wire_eth::{
    AtBlock, HeaderSummary, hash_hex, read_batch, read_header, write_batch, write_request,
};

use crate::chain::{
    ChainAnswer, ChainConfig, ChainEvent, ChainRound, ChainSaid, Question, Questions, questions,
    shortened,
};
use crate::event::{DeskEvent, EventSender};

/// Largest answer read: the header of a block with all its transactions' hashes, and batches of a few words a call.
const RESPONSE_BYTES: usize = 4 * 1024 * 1024;

/// How often what never changes is asked again, so that whoever replaces a contract behind its address is found out.
const CONSTANTS_EVERY: Span = Span::from_secs(600);

/// Reads one chain for as long as the oracle runs.
#[derive(Debug)]
pub(crate) struct Poller {
    place: usize,
    config: ChainConfig,
    questions: Questions,
    clients: Vec<Client>,
    /// When each endpoint is next asked what never changes.
    constants_due: Vec<Timestamp>,
    events: EventSender,
}

impl Poller {
    /// A reader of the chain at a place of the configuration.
    pub(crate) fn new(place: usize, config: ChainConfig, events: EventSender) -> Self {
        let client =
            |endpoint: &runtime::client::Endpoint| Client::new(endpoint.clone(), RESPONSE_BYTES);
        Self {
            place,
            questions: questions(&config),
            clients: config.endpoints.iter().map(client).collect(),
            constants_due: vec![Timestamp::ZERO; config.endpoints.len()],
            config,
            events,
        }
    }

    /// Reads round after round.
    pub(crate) async fn run(mut self) {
        loop {
            let next = clock::now().after(self.config.poll);
            if !self.round().await {
                return;
            }
            clock::sleep_until(next).await;
        }
    }

    /// One round; false where nobody listens any more.
    async fn round(&mut self) -> bool {
        // Gathered first: an iterator that borrows cannot be sent with the task between two of its steps.
        let asked: Vec<_> =
            self.clients.iter().map(|client| self.header(client, "latest".to_owned())).collect();
        let heads = task::in_order(asked, self.clients.len()).await;
        let numbers = heads.iter().flatten().map(|head| head.number).collect();
        let target = common(numbers, self.config.agree);
        let now = clock::now();
        let due: Vec<bool> = self.constants_due.iter().map(|due| *due <= now).collect();
        let asked = self.clients.iter().zip(heads).zip(&due);
        let asked: Vec<_> =
            asked.map(|((client, head), due)| self.read(client, head, target, *due)).collect();
        let said = task::in_order(asked, self.clients.len()).await;
        for (reader, said) in said.into_iter().enumerate() {
            if let Some(due) = self.constants_due.get_mut(reader).filter(|due| **due <= now)
                && said.as_ref().is_ok_and(|round| self.questions.are_known(round))
            {
                *due = now.after(CONSTANTS_EVERY);
            }
            let said = match said {
                Ok(round) => ChainSaid::Round(round),
                Err(why) => ChainSaid::Failed(shortened(&why)),
            };
            let event = DeskEvent::Chain(self.place, ChainEvent { reader, said }.into());
            if !self.events.send(event).await {
                return false;
            }
        }
        true
    }

    /// Everything of one endpoint at one block; or why not.
    async fn read(
        &self,
        client: &Client,
        head: Result<HeaderSummary, String>,
        target: Option<u64>,
        constants: bool,
    ) -> Result<ChainRound, String> {
        let head = head?;
        let block = match target {
            Some(target) if head.number > target => {
                self.header(client, format!("{target:#x}")).await?
            }
            Some(target) if head.number < target => {
                return Err(format!("is at block {}, behind block {target}", head.number));
            }
            Some(_) | None => head,
        };
        let also = if constants { self.questions.constants.as_slice() } else { &[] };
        let asked: Vec<&Question> = self.questions.values.iter().chain(also).collect();
        let at = if self.config.by_number {
            AtBlock::Number(block.number)
        } else {
            AtBlock::Hash(block.hash)
        };
        let mut answers = Vec::with_capacity(asked.len());
        for part in asked.chunks(self.config.batch_max.max(1)) {
            let calls: Vec<Question> = part.iter().map(|question| (*question).clone()).collect();
            let body = self.post(client, &write_batch(&calls, at)).await?;
            let items = read_batch(&body, calls.len()).map_err(|odd| odd.to_string())?;
            answers.extend(calls.iter().zip(items).map(|((to, data), item)| ChainAnswer {
                to: to.to_string(),
                data: data.to_string(),
                said: item.into(),
            }));
        }
        Ok(ChainRound {
            block: block.number,
            hash: hash_hex(&block.hash),
            time_ms: block.timestamp.saturating_mul(1_000),
            answers,
        })
    }

    async fn header(&self, client: &Client, block: String) -> Result<HeaderSummary, String> {
        let params = format!(r#"["{block}",false]"#);
        let body = write_request(0, "eth_getBlockByNumber", Some(&params));
        let body = self.post(client, &body).await?;
        let header = read_header(&body).map_err(|odd| odd.to_string())?;
        header.ok_or_else(|| format!("has no block {block}"))
    }

    /// An answer's body, whatever its status: what it means is in the body, or it has none.
    async fn post(&self, client: &Client, body: &[u8]) -> Result<Bytes, String> {
        let body = Bytes::copy_from_slice(body);
        let response = client.post(body, &HeaderMap::new(), self.config.timeout).await;
        let response = response.map_err(|error: CallError| error.to_string())?;
        if response.status.is_success() || response.body.starts_with(b"{") {
            return Ok(response.body);
        }
        Err(format!("answers with HTTP {}", response.status.as_u16()))
    }
}

/// The highest block that so many of those who answered have reached; of all of them where they are fewer.
fn common(mut numbers: Vec<u64>, agree: usize) -> Option<u64> {
    numbers.sort_unstable_by_key(|number| std::cmp::Reverse(*number));
    let place = agree.min(numbers.len()).checked_sub(1)?;
    numbers.get(place).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_read_the_same_block_or_they_never_agree() {
        assert_eq!(common(vec![7, 9, 8], 2), Some(8), "two have it, and one is behind");
        assert_eq!(common(vec![7, 9, 8], 3), Some(7));
        assert_eq!(common(vec![9, 9, 9], 2), Some(9));
        assert_eq!(common(vec![9], 2), Some(9), "alone it says at least why nothing is agreed");
        assert_eq!(common(vec![], 2), None);
    }
}

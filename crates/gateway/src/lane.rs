//! One chain as one worker thread serves it, over HTTP and WebSocket alike.

use std::sync::Arc;

use runtime::http::Bytes;
use units::Timestamp;

use crate::answer::{Answered, Answering};
use crate::chain::ChainShell;
use crate::gate::ClientId;
use crate::metrics::CallMeters;
use crate::upstream::Clients;

/// One chain as a worker thread serves it.
#[derive(Debug)]
pub(crate) struct Lane {
    pub(crate) chain: Arc<ChainShell>,
    pub(crate) clients: Arc<Clients>,
    pub(crate) meters: CallMeters,
}

impl Lane {
    /// Answers one request body of a client; with the beginning of a large answer where that `passes`.
    pub(crate) async fn answer(
        &self,
        body: &Bytes,
        client: ClientId,
        (deadline, passes): (Timestamp, bool),
    ) -> Answered {
        let answering = Answering {
            chain: &self.chain,
            clients: &self.clients,
            meters: &self.meters,
            client,
            deadline,
            passes,
        };
        answering.answer(body).await
    }
}

//! A connection that HTTP is spoken over, one call after another.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use tokio::io::{AsyncRead as _, AsyncWriteExt as _, ReadBuf};

use super::ResponseHeaders;
use crate::h1::{BodyFault, BodyReader, Inbox, ResponseHead, read_response};
use crate::stream::Stream;
use crate::words::in_words;

/// What a connection keeps of a buffer that a large request has made grow.
const KEPT_BYTES: usize = 16 << 10;
/// Most interim responses (status 100 to 199) before the one that counts.
const INTERIM_MAX: usize = 8;

/// For bodies that are wanted whole, whatever their size.
pub(super) const WHOLE: usize = usize::MAX;

/// A response, or the beginning of one.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) status: u16,
    pub(super) headers: ResponseHeaders,
    /// The body, or its beginning.
    pub(super) body: Vec<u8>,
    /// Reads the rest of the body, where there is one; and whether the connection goes on behind it.
    pub(super) rest: Option<(BodyReader, bool)>,
}

/// How one exchange failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// The connection broke before a byte of the answer had come.
    Silent(String),
    /// It broke later, or what came was not HTTP.
    Broken(String),
    /// The response is larger than the limit.
    TooLarge,
}

impl From<BodyFault> for Failure {
    fn from(fault: BodyFault) -> Self {
        match fault {
            BodyFault::TooLarge => Self::TooLarge,
            BodyFault::Broken(reason) => Self::Broken(reason),
        }
    }
}

/// A connection. Dropping it closes it at once.
#[derive(Debug)]
pub(super) struct Connection {
    stream: Stream,
    inbox: Inbox,
    /// Where requests are put together.
    outbox: Vec<u8>,
    /// Whether it can take another one.
    open: bool,
}

impl Connection {
    pub(super) fn new(stream: Stream) -> Self {
        Self { stream, inbox: Inbox::default(), outbox: Vec::new(), open: true }
    }

    /// Whether it can take another call, as far as the last one says.
    pub(super) const fn is_open(&self) -> bool {
        self.open
    }

    /// Whether nothing has come since the last call: neither an end nor bytes that nobody asked for.
    pub(super) async fn is_quiet(&mut self) -> bool {
        let stream = &mut self.stream;
        poll_fn(|context| {
            let mut byte = [0; 1];
            let mut buffer = ReadBuf::new(&mut byte);
            Poll::Ready(Pin::new(&mut *stream).poll_read(context, &mut buffer).is_pending())
        })
        .await
    }

    /// One call: the parts of a request out, the head and the body of a response in; of a body of more than
    /// `whole` bytes that many or some more.
    pub(super) async fn exchange(
        &mut self,
        request: &[&[u8]; 3],
        limit: usize,
        whole: usize,
    ) -> Result<Received, Failure> {
        // Until the end of this exchange is reached the connection is in the middle of something.
        self.open = false;
        let sent = self.send(request).await;
        let (head, headers) = match (self.receive_head().await, sent) {
            (Err(Failure::Silent(_)), Err(error)) => {
                return Err(Failure::Silent(in_words(&error)));
            }
            // A server may answer before it has read everything; its answer counts.
            (received, _) => received?,
        };
        let mut reader = BodyReader::new(head.framing, limit)?;
        let (body, rest) =
            if reader.left().is_some_and(|left| left <= whole as u64) || whole == WHOLE {
                (reader.whole(&mut self.inbox, &mut self.stream).await?, None)
            } else {
                let mut body = Vec::with_capacity(whole);
                while body.len() < whole && !reader.has_ended() {
                    let room = whole.saturating_sub(body.len());
                    reader.piece(&mut self.inbox, &mut self.stream, (&mut body, room)).await?;
                }
                (body, (!reader.has_ended()).then_some((reader, head.keep_alive)))
            };
        if rest.is_none() {
            self.end(head.keep_alive);
        }
        Ok(Received { status: head.status, headers, body, rest })
    }

    /// What comes next of a body that did not come whole; false at its end.
    pub(super) async fn go_on(
        &mut self,
        reader: &mut BodyReader,
        into: (&mut Vec<u8>, usize),
    ) -> Result<bool, Failure> {
        Ok(reader.piece(&mut self.inbox, &mut self.stream, into).await?)
    }

    /// A response has been read to its end.
    pub(super) const fn end(&mut self, keep_alive: bool) {
        // What has come behind the answer was not asked for.
        self.open = keep_alive && self.inbox.is_empty() && self.outbox.is_empty();
    }

    /// Writes a request in one piece: a second one would be a second packet.
    async fn send(&mut self, parts: &[&[u8]; 3]) -> std::io::Result<()> {
        self.outbox.clear();
        self.outbox.reserve(parts.iter().map(|part| part.len()).sum());
        parts.iter().for_each(|part| self.outbox.extend_from_slice(part));
        self.stream.write_all(&self.outbox).await?;
        self.stream.flush().await?;
        self.outbox.clear();
        self.outbox.shrink_to(KEPT_BYTES);
        Ok(())
    }

    async fn receive_head(&mut self) -> Result<(ResponseHead, ResponseHeaders), Failure> {
        let mut interim = 0_usize;
        loop {
            if let Some(head) = read_response(self.inbox.bytes()).map_err(Failure::Broken)? {
                let text = self.inbox.bytes().get(..head.size).unwrap_or_default();
                let headers = ResponseHeaders::new(text, head.names);
                self.inbox.take(head.size);
                match head.status {
                    101 => return Err(Failure::Broken("switches protocols unasked".to_owned())),
                    100..=199 if interim < INTERIM_MAX => {
                        interim = interim.saturating_add(1);
                        continue;
                    }
                    100..=199 => {
                        return Err(Failure::Broken("never comes to an answer".to_owned()));
                    }
                    _ => return Ok((head, headers)),
                }
            }
            let silent = self.inbox.is_empty() && interim == 0;
            let fault = |reason| {
                if silent { Failure::Silent(reason) } else { Failure::Broken(reason) }
            };
            match self.inbox.fill(&mut self.stream).await {
                Ok(0) => return Err(fault("the server closed the connection".to_owned())),
                Ok(_) => {}
                Err(error) => return Err(fault(in_words(&error))),
            }
        }
    }
}

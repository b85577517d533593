//! Reading a body to its end, whole or part by part.

use std::io;

use bytes::BufMut as _;
use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::chunks::{Chunks, Next};
use super::{Framing, Inbox};

/// The most that is set aside on the word of a content-length alone.
const RESERVE_BYTES_MAX: usize = 1 << 20;

/// Why a body could not be read.
#[derive(Debug)]
pub(crate) enum BodyFault {
    /// It is larger than the limit, by its own word or by what has come.
    TooLarge,
    /// It ended early or was not valid HTTP; in words.
    Broken(String),
}

impl From<io::Error> for BodyFault {
    fn from(error: io::Error) -> Self {
        Self::Broken(error.to_string())
    }
}

/// Reads one body.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BodyReader {
    framing: Framing,
    /// How much more may come.
    room: usize,
}

impl BodyReader {
    /// A reader of a body of at most `limit` bytes.
    ///
    /// # Errors
    /// Where it says itself that it is longer.
    pub(crate) fn new(framing: Framing, limit: usize) -> Result<Self, BodyFault> {
        match framing {
            Framing::Length(length) if usize::try_from(length).is_ok_and(|it| it <= limit) => {}
            Framing::Length(_) => return Err(BodyFault::TooLarge),
            Framing::Chunked(_) | Framing::UntilClose => {}
        }
        Ok(Self { framing, room: limit })
    }

    /// The whole body, or what is left of it.
    ///
    /// # Errors
    /// Where it is too large or does not come whole.
    pub(crate) async fn whole(
        mut self,
        inbox: &mut Inbox,
        stream: &mut (impl AsyncRead + Unpin),
    ) -> Result<Vec<u8>, BodyFault> {
        let Framing::Length(length) = self.framing else {
            let mut body = Vec::new();
            while self.part(inbox, stream, &mut body).await? {}
            return Ok(body);
        };
        let length = usize::try_from(length).map_err(|_too_large| BodyFault::TooLarge)?;
        let here = inbox.bytes().len().min(length);
        let mut body = Vec::with_capacity(length.min(RESERVE_BYTES_MAX));
        body.extend_from_slice(inbox.bytes().get(..here).unwrap_or_default());
        inbox.take(here);
        // Straight into its place; never more than is this body's.
        while body.len() < length {
            let left = length.saturating_sub(body.len());
            if stream.read_buf(&mut (&mut body).limit(left)).await? == 0 {
                return Err(ended_early());
            }
        }
        Ok(body)
    }

    /// Adds what comes next to `body`, having waited for it where nothing is there; false at the end.
    ///
    /// # Errors
    /// Where the body is too large or does not come whole.
    pub(crate) async fn part(
        &mut self,
        inbox: &mut Inbox,
        stream: &mut (impl AsyncRead + Unpin),
        body: &mut Vec<u8>,
    ) -> Result<bool, BodyFault> {
        let before = body.len();
        loop {
            match self.next(inbox.bytes())? {
                Next::Data(count) => {
                    self.room = self.room.checked_sub(count).ok_or(BodyFault::TooLarge)?;
                    body.extend_from_slice(inbox.bytes().get(..count).unwrap_or_default());
                    inbox.take(count);
                }
                Next::Skip(count) => inbox.take(count),
                Next::End => return Ok(body.len() > before),
                Next::More if body.len() > before => return Ok(true),
                Next::More if inbox.fill(stream).await? > 0 => {}
                Next::More if self.framing == Framing::UntilClose => {
                    self.framing = Framing::Length(0);
                }
                Next::More => return Err(ended_early()),
            }
        }
    }

    /// As [`BodyReader::part`], but at most `most` bytes and whatever is in the inbox, and without a stay in
    /// the inbox where the stream's next bytes are the body's.
    ///
    /// # Errors
    /// Where the body is too large or does not come whole.
    pub(crate) async fn piece(
        &mut self,
        inbox: &mut Inbox,
        stream: &mut (impl AsyncRead + Unpin),
        (body, most): (&mut Vec<u8>, usize),
    ) -> Result<bool, BodyFault> {
        let ahead = if inbox.is_empty() { self.ahead() } else { 0 };
        let most = usize::try_from(ahead).unwrap_or(usize::MAX).min(most);
        if most == 0 {
            return self.part(inbox, stream, body).await;
        }
        match stream.read_buf(&mut body.limit(most)).await? {
            0 if self.framing == Framing::UntilClose => {
                self.framing = Framing::Length(0);
                Ok(false)
            }
            0 => Err(ended_early()),
            count => {
                self.room = self.room.checked_sub(count).ok_or(BodyFault::TooLarge)?;
                match &mut self.framing {
                    Framing::Length(left) => *left = left.saturating_sub(count as u64),
                    Framing::Chunked(chunks) => chunks.took(count as u64),
                    Framing::UntilClose => {}
                }
                Ok(true)
            }
        }
    }

    /// Whether all of it has been read.
    pub(crate) const fn has_ended(&self) -> bool {
        matches!(self.framing, Framing::Length(0) | Framing::Chunked(Chunks::End))
    }

    /// How much is to come, where it is known.
    pub(crate) const fn left(&self) -> Option<u64> {
        match self.framing {
            Framing::Length(left) => Some(left),
            Framing::Chunked(_) | Framing::UntilClose => None,
        }
    }

    /// How many of the bytes ahead are the body's for sure.
    const fn ahead(&self) -> u64 {
        match self.framing {
            Framing::Length(left) | Framing::Chunked(Chunks::Data(left)) => left,
            Framing::Chunked(_) => 0,
            Framing::UntilClose => u64::MAX,
        }
    }

    fn next(&mut self, ahead: &[u8]) -> Result<Next, BodyFault> {
        let has = ahead.len();
        match &mut self.framing {
            Framing::Length(0) => Ok(Next::End),
            Framing::Length(_) | Framing::UntilClose if has == 0 => Ok(Next::More),
            Framing::UntilClose => Ok(Next::Data(has)),
            Framing::Length(left) => {
                let count = usize::try_from(*left).unwrap_or(usize::MAX).min(has);
                *left = left.saturating_sub(count as u64);
                Ok(Next::Data(count))
            }
            Framing::Chunked(chunks) => {
                chunks.next(ahead).map_err(|why| BodyFault::Broken(why.to_owned()))
            }
        }
    }
}

fn ended_early() -> BodyFault {
    BodyFault::Broken("the connection ended within the body".to_owned())
}

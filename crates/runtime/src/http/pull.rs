//! Writing a body while it comes from elsewhere, no faster than the client takes it.

use std::future::poll_fn;
use std::io;
use std::task::Poll;
use std::time::Duration;

use socket2::SockRef;
use tokio::io::AsyncWriteExt as _;

use super::response::{Lost, Pulled};
use super::session::has_left;
use super::write::{Ending, put_chunk, send};
use crate::h1::Inbox;
use crate::stream::Stream;

/// The client's side of a connection.
pub(super) struct Client<'a> {
    pub(super) stream: &'a mut Stream,
    pub(super) inbox: &'a mut Inbox,
    /// What is to be written before the body.
    pub(super) out: &'a mut Vec<u8>,
}

impl Client<'_> {
    /// Writes the pieces one after another, the next one asked for when the last one was written: one piece is
    /// held at any time. False where the client left before the end, or the body did not come to it; the
    /// connection is then broken off, and not ended.
    pub(super) async fn pull_out(&mut self, pulled: Pulled, ending: Ending) -> io::Result<bool> {
        let Pulled { first: mut piece, length, mut source } = pulled;
        let mut left = length;
        loop {
            match left.map(|left| left.checked_sub(piece.len() as u64)) {
                Some(None) => return self.break_off(),
                still => left = still.flatten(),
            }
            if ending == Ending::Chunks {
                put_chunk(self.out, &piece);
                send(self.stream, self.out, &[]).await?;
            } else {
                send(self.stream, self.out, &piece).await?;
            }
            piece.clear();
            match self.next(&mut piece, &mut source).await {
                Some(Ok(true)) => {}
                Some(Ok(false)) if left.is_none_or(|left| left == 0) => break,
                Some(Ok(false) | Err(Lost)) => return self.break_off(),
                None => return Ok(false),
            }
        }
        if ending == Ending::Chunks {
            self.stream.write_all(b"0\r\n\r\n").await?;
            self.stream.flush().await?;
        }
        Ok(true)
    }

    /// The next piece; `None` where the client leaves before it comes.
    async fn next(
        &mut self,
        piece: &mut Vec<u8>,
        source: &mut Box<dyn super::Source>,
    ) -> Option<Result<bool, Lost>> {
        let (inbox, stream) = (&mut *self.inbox, &mut *self.stream);
        let mut coming = source.next(piece);
        poll_fn(|context| match coming.as_mut().poll(context) {
            Poll::Ready(next) => Poll::Ready(Some(next)),
            Poll::Pending if has_left(inbox, stream, context) => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        })
        .await
    }

    /// Has the connection end with a reset: also who takes the end of a connection for the end of the body
    /// then knows that this is none.
    fn break_off(&self) -> io::Result<bool> {
        SockRef::from(self.stream.socket()).set_linger(Some(Duration::ZERO))?;
        Ok(false)
    }
}

//! What has come over a connection and was not yet taken.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, ReadBuf};

/// How much is asked of the socket at once: most messages are smaller, and thousands of connections have
/// such a buffer each.
const READ_BYTES: usize = 8 << 10;

/// Bytes in the order in which they came.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    /// The buffer in its whole size.
    bytes: Vec<u8>,
    /// Where what is there begins and ends.
    start: usize,
    end: usize,
}

impl Inbox {
    /// What is there.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.bytes.get(self.start..self.end).unwrap_or_default()
    }

    /// Whether nothing is there.
    pub(crate) const fn is_empty(&self) -> bool {
        self.start >= self.end
    }

    /// Takes the first `count` bytes away.
    pub(crate) fn take(&mut self, count: usize) {
        self.start = self.start.saturating_add(count).min(self.end);
        if self.is_empty() {
            (self.start, self.end) = (0, 0);
            if self.bytes.len() > READ_BYTES {
                // A large head made it grow; thousands of connections must not stay so large.
                self.bytes = Vec::new();
            }
        }
    }

    /// Waits for more; how much came, 0 at the end. Safe to drop before it resolves: nothing is lost.
    ///
    /// # Errors
    /// Where the connection broke.
    pub(crate) async fn fill(
        &mut self,
        stream: &mut (impl AsyncRead + Unpin),
    ) -> io::Result<usize> {
        poll_fn(|context| self.poll_fill(stream, context)).await
    }

    /// As [`Inbox::fill`], for those who wait for other things too.
    pub(crate) fn poll_fill(
        &mut self,
        stream: &mut (impl AsyncRead + Unpin),
        context: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        if self.start > 0 && self.end == self.bytes.len() {
            self.bytes.copy_within(self.start..self.end, 0);
            self.end = self.end.saturating_sub(self.start);
            self.start = 0;
        }
        if self.end == self.bytes.len() {
            self.bytes.resize(self.end.saturating_add(READ_BYTES), 0);
        }
        let mut buffer = ReadBuf::new(self.bytes.get_mut(self.end..).unwrap_or_default());
        ready!(Pin::new(stream).poll_read(context, &mut buffer))?;
        let count = buffer.filled().len();
        self.end = self.end.saturating_add(count);
        Poll::Ready(Ok(count))
    }
}

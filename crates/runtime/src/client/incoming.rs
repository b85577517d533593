//! The rest of a body that is larger than what was waited for.

use std::sync::Arc;

use super::exchange::Connection;
use super::pool::Pool;
use super::{CallError, error_of};
use crate::h1::BodyReader;

/// Most that one piece of a body has, in bytes: as much as a socket holds ready on most systems, and little
/// enough that thousands of clients that read slowly do not fill the memory.
const PIECE_BYTES_MAX: usize = 64 << 10;

/// The rest of a response's body, read from the server only as it is asked for. Its connection goes back to
/// the client's pool with the last byte; dropped before, it is closed.
#[derive(Debug)]
pub struct Incoming {
    /// `None` once the end was reached, or will not be.
    connection: Option<Box<Connection>>,
    reader: BodyReader,
    keep_alive: bool,
    pool: Arc<Pool>,
    response_bytes: usize,
}

impl Incoming {
    pub(super) const fn new(
        connection: Box<Connection>,
        (reader, keep_alive): (BodyReader, bool),
        pool: Arc<Pool>,
        response_bytes: usize,
    ) -> Self {
        Self { connection: Some(connection), reader, keep_alive, pool, response_bytes }
    }

    /// How many bytes are to come, where the server has said so.
    #[must_use]
    pub const fn left(&self) -> Option<u64> {
        self.reader.left()
    }

    /// Whether everything has come. Told by the last byte where the length was known, else by what comes
    /// behind it.
    #[must_use]
    pub const fn has_ended(&self) -> bool {
        self.reader.has_ended()
    }

    /// Adds what comes next to `body`, at most about 64 KiB, having waited for it; false at the end, when
    /// nothing more is added. Safe to drop before it resolves: nothing is lost.
    ///
    /// # Errors
    /// Where the rest does not come: nothing further will then. There is no timeout.
    pub async fn next(&mut self, body: &mut Vec<u8>) -> Result<bool, CallError> {
        let Some(connection) = &mut self.connection else {
            return match self.has_ended() {
                true => Ok(false),
                false => Err(CallError::Broken("it had broken before".to_owned())),
            };
        };
        let left = self.reader.left().and_then(|left| usize::try_from(left).ok());
        body.reserve(left.unwrap_or(usize::MAX).min(PIECE_BYTES_MAX));
        match connection.go_on(&mut self.reader, (body, PIECE_BYTES_MAX)).await {
            Ok(more) => {
                if self.reader.has_ended()
                    && let Some(mut connection) = self.connection.take()
                {
                    connection.end(self.keep_alive);
                    self.pool.put(connection);
                }
                Ok(more)
            }
            Err(failure) => {
                self.connection = None;
                Err(error_of(failure, self.response_bytes))
            }
        }
    }
}

//! Server-sent events (WHATWG HTML, section 9.2), as far as the oracle sends them.

/// Most bytes of an event: a feed with all its sources has some ten thousand.
pub(super) const EVENT_BYTES_MAX: usize = 1 << 20;

/// Puts events together out of pieces of a stream.
#[derive(Debug, Default)]
pub(super) struct Events {
    rest: Vec<u8>,
    name: String,
    data: Vec<u8>,
}

/// An event is longer than is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooLong;

impl Events {
    /// Takes a piece in, and hands over each event that is whole: its name (empty without one) and its data.
    pub(super) fn take(
        &mut self,
        piece: &[u8],
        mut event: impl FnMut(&str, &[u8]),
    ) -> Result<(), TooLong> {
        self.rest.extend_from_slice(piece);
        let rest = std::mem::take(&mut self.rest);
        let mut left = rest.as_slice();
        while let Some(end) = left.iter().position(|byte| *byte == b'\n') {
            let (line, after) = left.split_at(end);
            left = after.get(1..).unwrap_or_default();
            self.line(line.strip_suffix(b"\r").unwrap_or(line), &mut event);
        }
        if left.len().max(self.data.len()) > EVENT_BYTES_MAX {
            return Err(TooLong);
        }
        self.rest = left.to_vec();
        Ok(())
    }

    fn line(&mut self, line: &[u8], event: &mut impl FnMut(&str, &[u8])) {
        if line.is_empty() {
            if !self.data.is_empty() {
                event(&self.name, &self.data);
            }
            self.name.clear();
            self.data.clear();
            return;
        }
        let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
        let (field, value) = line.split_at(colon);
        let value = value.strip_prefix(b":").unwrap_or(value);
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match field {
            b"event" => self.name = String::from_utf8_lossy(value).into_owned(),
            b"data" => {
                if !self.data.is_empty() {
                    self.data.push(b'\n');
                }
                self.data.extend_from_slice(value);
            }
            _ => {}
        }
    }
}

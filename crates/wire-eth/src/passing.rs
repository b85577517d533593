//! Answers that are handed on while they come, and never held whole.

use crate::answer::{Answer, AnswerKind, Malformed, envelope};

/// How an error object begins. Within results, errors are texts.
const ERROR: &[u8] = br#""error":{"#;

/// How far before the end an error is looked for, in bytes: code and message fit, and mostly the data.
const ERROR_BYTES_MAX: usize = 1024;

/// The end of an answer whose beginning is all that is held of it: whether its last bytes fit the first
/// ones. A node that fails in the middle of a result ends it, as some do, with an error behind half a list.
#[derive(Debug, Clone)]
pub struct PassedEnd {
    close: u8,
    /// The last two bytes so far that are no white space.
    last: [u8; 2],
    /// Of a result that is an object, the newest bytes: its end looks like that of an error behind it.
    newest: Vec<u8>,
}

/// Reads the beginning of an answer that is too large to be held whole: an id, then a result that is
/// a text, a list or an object, with nothing but the result left to come. The value's span reaches to the end
/// of `beginning`. `None` for any other layout, and for every error: that takes the whole answer.
pub fn read_beginning(beginning: &[u8]) -> Option<(Answer, PassedEnd)> {
    let head = envelope(beginning).filter(|head| head.complete)?;
    let mut end = PassedEnd { close: head.close, last: [0; 2], newest: Vec::new() };
    // Not with the opening byte, which must not pass for its own end.
    end.feed(beginning.get(head.value + 1..)?);
    let value = head.value..beginning.len();
    let kind = AnswerKind::Result { null: false };
    Some((Answer { id: head.id, kind, value }, end))
}

impl PassedEnd {
    /// Takes the next bytes of the answer.
    pub fn feed(&mut self, bytes: &[u8]) {
        if self.close == b'}' {
            let tail = bytes.len().saturating_sub(ERROR_BYTES_MAX);
            self.newest.extend_from_slice(bytes.get(tail..).unwrap_or_default());
            let old = self.newest.len().saturating_sub(ERROR_BYTES_MAX);
            self.newest.drain(..old);
        }
        let mut newest = bytes.iter().rev().filter(|byte| !byte.is_ascii_whitespace());
        let Some(&last) = newest.next() else { return };
        let before = newest.next().copied().unwrap_or(self.last[1]);
        self.last = [before, last];
    }

    /// Judges the end.
    ///
    /// # Errors
    ///
    /// Where the answer does not end with its result.
    pub fn finish(&self) -> Result<(), Malformed> {
        let failed = self.newest.windows(ERROR.len()).any(|bytes| bytes == ERROR);
        if self.last == [self.close, b'}'] && !failed {
            return Ok(());
        }
        Err(Malformed::new("the end of the answer does not fit its beginning"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read_answer;

    /// What is said of an answer that comes in pieces: the id, and whether it is whole.
    fn pass(body: &str, first: usize, piece: usize) -> Option<(String, bool)> {
        let (beginning, rest) = body.as_bytes().split_at(first.min(body.len()));
        let (answer, mut end) = read_beginning(beginning)?;
        rest.chunks(piece).for_each(|piece| end.feed(piece));
        let id = String::from_utf8_lossy(&beginning[answer.id]).into_owned();
        Some((id, end.finish().is_ok()))
    }

    #[test]
    fn half_an_answer_handed_on_as_a_whole_one_is_a_wrong_answer() {
        let long = "0".repeat(100);
        for (value, half) in [
            (format!(r#"["{long}"]"#), format!(r#"["{long}""#)),
            (format!(r#"{{"a":"{long}"}}"#), format!(r#"{{"a":["{long}""#)),
            (format!(r#""{long}""#), format!(r#""{long}"#)),
        ] {
            for piece in [1, 2, 7, 1_000] {
                let whole = format!("{{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{value} \n}}\n");
                assert_eq!(pass(&whole, 60, piece), Some(("7".to_owned(), true)), "{whole}");
                let failed =
                    format!(r#"{{"id":"x","jsonrpc":"2.0","result":{half},"error":{{"code":1}}}}"#);
                assert_eq!(
                    pass(&failed, 60, piece),
                    Some((r#""x""#.to_owned(), false)),
                    "{failed}"
                );
                let cut = whole.trim_ascii_end().strip_suffix('}').expect("whole");
                assert_eq!(pass(cut, 60, piece), Some(("7".to_owned(), false)));
            }
        }
    }

    #[test]
    fn what_may_turn_out_to_be_no_result_is_not_begun_with() {
        let long = "0".repeat(100);
        for body in [
            format!(r#"{{"jsonrpc":"2.0","result":"{long}","id":7}}"#),
            format!(r#"{{"id":7,"result":"{long}","jsonrpc":"2.0"}}"#),
            format!(r#"{{"jsonrpc":"2.0","id":7,"error":{{"code":1,"message":"{long}"}}}}"#),
            format!(r#"{{"jsonrpc":"2.0","id":7,"extra":"{long}","result":"{long}"}}"#),
            format!(r#"[{{"jsonrpc":"2.0","id":7,"result":"{long}"}}]"#),
            format!("<html>{long}"),
        ] {
            assert!(read_beginning(&body.as_bytes()[..70]).is_none(), "{body}");
        }
    }

    #[test]
    fn it_says_the_same_as_the_look_at_the_whole() {
        // Two readers of one text that differ let an answer through that the other one refuses.
        let body = format!(r#"{{"jsonrpc":"2.0","id":7,"result":["{}"]}}"#, "0".repeat(70_000));
        let whole = read_answer(body.as_bytes()).expect("valid");
        let (begun, _) = read_beginning(&body.as_bytes()[..65_536]).expect("valid");
        assert_eq!(
            (begun.id, begun.kind, begun.value.start),
            (whole.id, whole.kind, whole.value.start)
        );
    }
}

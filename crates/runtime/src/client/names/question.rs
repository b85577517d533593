//! Questions to name servers and their answers, as bytes. Source: RFC 1035, sections 4.1 and 4.2; RFC 3596 for AAAA.

use std::net::IpAddr;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// An IPv4 address.
    A,
    /// An IPv6 address.
    Aaaa,
}

impl Kind {
    const fn number(self) -> u16 {
        match self {
            Self::A => 1,
            Self::Aaaa => 28,
        }
    }
}

/// The class of everything on the Internet.
const INTERNET: u16 = 1;
/// Where the counts of a message begin, and where they end, in bytes.
const HEAD_BYTES: usize = 12;
/// That the server is to ask others.
const RECURSION_DESIRED: u16 = 0x0100;
/// Flags of an answer: that it is one, and that it did not fit.
const IS_ANSWER: u16 = 0x8000;
const IS_CUT: u16 = 0x0200;
/// Where the flags of an answer say why there is none; 0 where nothing is wrong.
const REASON: u16 = 0x000f;
/// Longest label of a name, and longest name, in bytes.
const LABEL_MAX: usize = 63;
const NAME_MAX: usize = 253;
/// Most addresses that are taken from an answer: several times what any name has in use.
const ADDRESSES_MAX: usize = 32;

/// Why an answer brought no addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// The name does not exist.
    NoSuchName,
    /// It did not fit: it has to be asked for over TCP.
    Cut,
    /// The server could not or would not say, by the number of its reason.
    Failed(u16),
    /// It is an answer to something else: the right one may still come.
    Foreign,
    /// It cannot be read.
    Malformed,
}

/// The question for the addresses of a name, or nothing where it is no name.
pub(super) fn ask(id: u16, host: &str, kind: Kind) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(HEAD_BYTES + host.len() + 6);
    for word in [id, RECURSION_DESIRED, 1, 0, 0, 0] {
        bytes.extend_from_slice(&word.to_be_bytes());
    }
    let host = host.strip_suffix('.').unwrap_or(host);
    if host.is_empty() || host.len() > NAME_MAX {
        return None;
    }
    for label in host.split('.') {
        let length = u8::try_from(label.len()).ok()?;
        if label.is_empty() || label.len() > LABEL_MAX {
            return None;
        }
        bytes.push(length);
        bytes.extend_from_slice(label.as_bytes());
    }
    bytes.push(0);
    bytes.extend_from_slice(&kind.number().to_be_bytes());
    bytes.extend_from_slice(&INTERNET.to_be_bytes());
    Some(bytes)
}

/// The addresses in the answer to a question; none where the name has none of this kind.
///
/// # Errors
/// Where there are none for another reason.
pub(super) fn read(question: &[u8], answer: &[u8]) -> Result<Vec<IpAddr>, Wrong> {
    if answer.len() < HEAD_BYTES {
        return Err(Wrong::Foreign);
    }
    let mut words = Reader { bytes: answer, at: 0 };
    let (id, flags) = (words.word()?, words.word()?);
    let (questions, answers) = (words.word()?, words.word()?);
    let asked = question.get(HEAD_BYTES..).unwrap_or_default();
    let told = answer.get(HEAD_BYTES..HEAD_BYTES.saturating_add(asked.len())).unwrap_or_default();
    // Whoever guesses the port alone does not know what was asked under which number.
    let ours = question.get(..2) == Some(&id.to_be_bytes()[..]) && flags & IS_ANSWER != 0;
    // Who cannot read a question, or does not care to, need not repeat it.
    if ours && questions == 0 && flags & REASON != 0 {
        return Err(Wrong::Failed(flags & REASON));
    }
    if !ours || questions != 1 || !told.eq_ignore_ascii_case(asked) {
        return Err(Wrong::Foreign);
    }
    if flags & IS_CUT != 0 {
        return Err(Wrong::Cut);
    }
    match flags & REASON {
        0 => {}
        3 => return Err(Wrong::NoSuchName),
        reason => return Err(Wrong::Failed(reason)),
    }
    words.at = HEAD_BYTES.saturating_add(asked.len());
    let mut found = Vec::new();
    for _ in 0..answers {
        words.skip_name()?;
        let (kind, class) = (words.word()?, words.word()?);
        // How long it holds: names are asked for anew within seconds.
        words.take(4)?;
        let length = usize::from(words.word()?);
        let data = words.take(length)?;
        // Names that stand for other names come first, and the other names' addresses are in the same answer.
        let address = match (kind, class) {
            (1, INTERNET) => <[u8; 4]>::try_from(data).ok().map(IpAddr::from),
            (28, INTERNET) => <[u8; 16]>::try_from(data).ok().map(IpAddr::from),
            _ => continue,
        };
        found.push(address.ok_or(Wrong::Malformed)?);
        if found.len() >= ADDRESSES_MAX {
            break;
        }
    }
    Ok(found)
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], Wrong> {
        let end = self.at.checked_add(count).ok_or(Wrong::Malformed)?;
        let taken = self.bytes.get(self.at..end).ok_or(Wrong::Malformed)?;
        self.at = end;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, Wrong> {
        self.take(1)?.first().copied().ok_or(Wrong::Malformed)
    }

    fn word(&mut self) -> Result<u16, Wrong> {
        Ok(u16::from_be_bytes([self.byte()?, self.byte()?]))
    }

    /// Passes a name: its labels, up to the end or to where the rest of it stands elsewhere.
    fn skip_name(&mut self) -> Result<(), Wrong> {
        loop {
            match self.byte()? {
                0 => return Ok(()),
                length if usize::from(length) <= LABEL_MAX => {
                    self.take(usize::from(length))?;
                }
                pointer if pointer >= 0xc0 => {
                    self.byte()?;
                    return Ok(());
                }
                _ => return Err(Wrong::Malformed),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::*;

    fn question() -> Vec<u8> {
        ask(0x1234, "rpc.example", Kind::A).expect("a name")
    }

    /// An answer to the question, with flags and records: a kind and data each, of the name asked for.
    fn answer(flags: u16, records: &[(u16, &[u8])]) -> Vec<u8> {
        let question = question();
        let mut bytes = question[..2].to_vec();
        let count = u16::try_from(records.len()).unwrap();
        for word in [0x8180 | flags, 1, count, 0, 0] {
            bytes.extend(word.to_be_bytes());
        }
        bytes.extend(&question[HEAD_BYTES..]);
        for (kind, data) in records {
            bytes.extend([0xc0, 0x0c]);
            for word in [*kind, 1, 0, 60, u16::try_from(data.len()).unwrap()] {
                bytes.extend(word.to_be_bytes());
            }
            bytes.extend(*data);
        }
        bytes
    }

    #[test]
    fn a_question_is_what_servers_expect() {
        // A server that does not understand it answers nothing, and every provider would seem to be gone.
        let expected =
            [&[0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0][..], b"\x03rpc\x07example\0\0\x01\0\x01"];
        assert_eq!(question(), expected.concat());
        let endings = ask(0x1234, "rpc.example.", Kind::A);
        assert_eq!(endings, Some(question()), "a dot at the end is no label");
        let long = format!("{}.example", "a".repeat(64));
        for host in ["", ".", "rpc..example", &long, &"a.".repeat(130)] {
            assert_eq!(ask(1, host, Kind::Aaaa), None, "{host:?}");
        }
    }

    #[test]
    fn addresses_are_found_behind_names_that_stand_for_others() {
        // Providers' names mostly lead over one or two names of their cloud.
        let six = [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
        let records: [(u16, &[u8]); 3] = [(5, b"\x03lb1\xc0\x10"), (1, &[10, 0, 0, 5]), (28, &six)];
        let found = read(&question(), &answer(0, &records)).expect("addresses");
        assert_eq!(found, [IpAddr::from([10, 0, 0, 5]), IpAddr::from(six)]);
        assert_eq!(read(&question(), &answer(0, &[])), Ok(Vec::new()), "an empty record");
    }

    #[test]
    fn what_is_no_answer_is_told_apart() {
        // A name that is gone, a server that is broken and somebody else's answer are not the same trouble.
        let read = |answer: &[u8]| read(&question(), answer).expect_err("no addresses");
        assert_eq!(read(&answer(3, &[])), Wrong::NoSuchName);
        assert_eq!(read(&answer(2, &[])), Wrong::Failed(2));
        assert_eq!(read(&answer(IS_CUT, &[])), Wrong::Cut);
        let mut other = answer(0, &[(1, &[10, 0, 0, 5])]);
        other[1] ^= 1;
        assert_eq!(read(&other), Wrong::Foreign);
        let mut renamed = answer(0, &[(1, &[10, 0, 0, 5])]);
        renamed[13] = b'x';
        assert_eq!(read(&renamed), Wrong::Foreign);
        assert_eq!(read(&question()), Wrong::Foreign, "a question is no answer");
        // Anybody can send a few bytes: the right answer must still be waited for.
        for short in 0..HEAD_BYTES {
            assert_eq!(read(&answer(0, &[])[..short]), Wrong::Foreign, "{short} bytes");
        }
        let whole = answer(0, &[(1, &[10, 0, 0, 5])]);
        assert_eq!(read(&whole[..whole.len() - 1]), Wrong::Malformed);
        assert_eq!(read(&answer(0, &[(1, &[10, 0, 0])])), Wrong::Malformed);
    }

    #[test]
    fn a_server_that_refuses_without_the_question_is_believed_at_once() {
        // As servers answer that do not know whoever asks: waiting for more would lose seconds with each question.
        let head = |id: u8, flags: u16| {
            let flags = flags.to_be_bytes();
            [0x12, id, flags[0], flags[1], 0, 0, 0, 0, 0, 0, 0, 0]
        };
        for reason in [1, 2, 5] {
            assert_eq!(read(&question(), &head(0x34, 0x8180 | reason)), Err(Wrong::Failed(reason)));
        }
        for foreign in [head(0x35, 0x8185), head(0x34, 0x0105), head(0x34, 0x8180)] {
            assert_eq!(read(&question(), &foreign), Err(Wrong::Foreign), "{foreign:?}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_of_a_server_break_the_reader(flags: u16, rest in proptest::collection::vec(any::<u8>(), 0..64)) {
            // A name server that is broken or hostile must not take the gateway down with it.
            let mut bytes = answer(flags & 0xfdf0, &[]);
            bytes[7] = 4;
            bytes.extend(rest);
            let found = read(&question(), &bytes).unwrap_or_default();
            assert!(found.len() <= 4);
        }
    }
}

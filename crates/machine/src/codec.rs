//! Bytes for journals and snapshots: one way to write each value, and no other bytes that read as it.
//!
//! Numbers are little-endian at their full width, a variant is one byte before its fields, a list is its length
//! before its entries. What is read back is exactly what was written, and bytes that were never written are an error
//! that says where. There is no self-description: whoever stores such bytes stores a version of the format with them.

use core::fmt;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use units::{Money, Price, Quantity, Ratio, Span, Timestamp};

/// Most entries of a list, and bytes of a text, that are read; a longer one is damage. Ten times what the largest
/// venue has accounts.
pub const LENGTH_MAX: u32 = 1 << 26;

/// What can be written to bytes and read back.
pub trait Codec: Sized {
    /// Appends its bytes.
    fn encode(&self, bytes: &mut Vec<u8>);

    /// Reads one.
    ///
    /// # Errors
    /// Where the bytes are not those of one.
    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError>;
}

/// An enum whose variants have numbers.
pub trait Variant {
    /// The number that its variant is written with.
    fn variant(&self) -> u8;
}

/// Reads one value that takes all the bytes.
///
/// # Errors
/// Where the bytes are not those of one, or there are more.
pub fn decode_all<T: Codec>(bytes: &[u8]) -> Result<T, CodecError> {
    let mut reader = Reader::new(bytes);
    let value = T::decode(&mut reader)?;
    if reader.rest().is_empty() { Ok(value) } else { Err(reader.error(CodecMistake::Rest)) }
}

/// Bytes that are being read.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// Why bytes are not those of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodecError {
    /// The offset at which it was seen.
    pub at: usize,
    /// What is wrong.
    pub mistake: CodecMistake,
}

/// What is wrong with bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodecMistake {
    /// They end too early.
    Short,
    /// They go on after the end.
    Rest,
    /// There is no such variant.
    Variant(u8),
    /// A list or text is longer than is read.
    Long(u32),
    /// A text is not UTF-8.
    Text,
    /// A value that the type does not have.
    Value,
}

impl fmt::Display for CodecError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "byte {}: ", self.at)?;
        match self.mistake {
            CodecMistake::Short => formatter.write_str("the bytes end within a value"),
            CodecMistake::Rest => formatter.write_str("there are bytes behind the value"),
            CodecMistake::Variant(found) => write!(formatter, "there is no variant {found}"),
            CodecMistake::Long(length) => {
                write!(formatter, "a length of {length} is above {LENGTH_MAX}")
            }
            CodecMistake::Text => formatter.write_str("a text is not UTF-8"),
            CodecMistake::Value => formatter.write_str("the type has no such value"),
        }
    }
}

impl core::error::Error for CodecError {}

impl<'a> Reader<'a> {
    /// Begins at the first byte.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// How far it has come.
    #[must_use]
    pub const fn at(&self) -> usize {
        self.at
    }

    /// What has not been read.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// An error at this place.
    #[must_use]
    pub const fn error(&self, mistake: CodecMistake) -> CodecError {
        CodecError { at: self.at, mistake }
    }

    /// The next so many bytes.
    ///
    /// # Errors
    /// Where there are fewer.
    pub fn take(&mut self, count: usize) -> Result<&'a [u8], CodecError> {
        let end = self.at.saturating_add(count);
        let taken = self.bytes.get(self.at..end).ok_or(self.error(CodecMistake::Short))?;
        self.at = end;
        Ok(taken)
    }

    /// The next bytes as an array.
    fn array<const N: usize>(&mut self) -> Result<[u8; N], CodecError> {
        let short = self.error(CodecMistake::Short);
        self.take(N)?.try_into().map_err(|_| short)
    }

    /// The length of a list or text.
    fn length(&mut self) -> Result<usize, CodecError> {
        let before = self.clone();
        let length = u32::decode(self)?;
        if length > LENGTH_MAX {
            return Err(before.error(CodecMistake::Long(length)));
        }
        // Every entry takes a byte at least, so that a damaged length is seen before anything is made room for.
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length > self.rest().len() {
            return Err(before.error(CodecMistake::Short));
        }
        Ok(length)
    }
}

/// Writes a length; what is longer than is read can be written, and is an error when it is read.
fn encode_length(length: usize, bytes: &mut Vec<u8>) {
    u32::try_from(length).unwrap_or(u32::MAX).encode(bytes);
}

/// Whole numbers, little-endian.
macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl Codec for $number {
            fn encode(&self, bytes: &mut Vec<u8>) {
                bytes.extend_from_slice(&self.to_le_bytes());
            }

            fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
                Ok(Self::from_le_bytes(reader.array()?))
            }
        }
    )*};
}

numbers!(u8, u16, u32, u64, u128, i64, i128);

/// Exact values, as their trillionths.
macro_rules! exact_values {
    ($($value:ty),*) => {$(
        impl Codec for $value {
            fn encode(&self, bytes: &mut Vec<u8>) {
                self.raw().encode(bytes);
            }

            fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
                Ok(Self::from_raw(i128::decode(reader)?))
            }
        }
    )*};
}

exact_values!(Money, Price, Quantity, Ratio);

/// Times, as nanoseconds.
macro_rules! times {
    ($($time:ty),*) => {$(
        impl Codec for $time {
            fn encode(&self, bytes: &mut Vec<u8>) {
                self.as_nanos().encode(bytes);
            }

            fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
                Ok(Self::from_nanos(u64::decode(reader)?))
            }
        }
    )*};
}

times!(Timestamp, Span);

impl Codec for bool {
    fn encode(&self, bytes: &mut Vec<u8>) {
        bytes.push(u8::from(*self));
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let before = reader.clone();
        match u8::decode(reader)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(before.error(CodecMistake::Value)),
        }
    }
}

impl<const N: usize> Codec for [u8; N] {
    fn encode(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(self);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        reader.array()
    }
}

impl<T: Codec> Codec for Option<T> {
    fn encode(&self, bytes: &mut Vec<u8>) {
        self.is_some().encode(bytes);
        if let Some(value) = self {
            value.encode(bytes);
        }
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        if bool::decode(reader)? { T::decode(reader).map(Some) } else { Ok(None) }
    }
}

impl<T: Codec> Codec for Box<T> {
    fn encode(&self, bytes: &mut Vec<u8>) {
        T::encode(self, bytes);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        T::decode(reader).map(Self::new)
    }
}

impl<T: Codec> Codec for Vec<T> {
    fn encode(&self, bytes: &mut Vec<u8>) {
        encode_length(self.len(), bytes);
        self.iter().for_each(|entry| entry.encode(bytes));
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let length = reader.length()?;
        (0..length).map(|_| T::decode(reader)).collect()
    }
}

impl<T: Codec> Codec for VecDeque<T> {
    fn encode(&self, bytes: &mut Vec<u8>) {
        encode_length(self.len(), bytes);
        self.iter().for_each(|entry| entry.encode(bytes));
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        Vec::decode(reader).map(Self::from)
    }
}

impl<T: Codec + Ord> Codec for BTreeSet<T> {
    fn encode(&self, bytes: &mut Vec<u8>) {
        encode_length(self.len(), bytes);
        self.iter().for_each(|entry| entry.encode(bytes));
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let mut set = Self::new();
        for _ in 0..reader.length()? {
            let before = reader.clone();
            let entry = T::decode(reader)?;
            if set.last().is_some_and(|last| *last >= entry) {
                return Err(before.error(CodecMistake::Value));
            }
            set.insert(entry);
        }
        Ok(set)
    }
}

impl<K: Codec + Ord, V: Codec> Codec for BTreeMap<K, V> {
    fn encode(&self, bytes: &mut Vec<u8>) {
        encode_length(self.len(), bytes);
        for (key, value) in self {
            key.encode(bytes);
            value.encode(bytes);
        }
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let mut map = Self::new();
        for _ in 0..reader.length()? {
            let before = reader.clone();
            let key = K::decode(reader)?;
            if map.last_key_value().is_some_and(|(last, _)| *last >= key) {
                return Err(before.error(CodecMistake::Value));
            }
            map.insert(key, V::decode(reader)?);
        }
        Ok(map)
    }
}

impl<A: Codec, B: Codec> Codec for (A, B) {
    fn encode(&self, bytes: &mut Vec<u8>) {
        self.0.encode(bytes);
        self.1.encode(bytes);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        Ok((A::decode(reader)?, B::decode(reader)?))
    }
}

impl Codec for String {
    fn encode(&self, bytes: &mut Vec<u8>) {
        encode_length(self.len(), bytes);
        bytes.extend_from_slice(self.as_bytes());
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let length = reader.length()?;
        let mistake = reader.error(CodecMistake::Text);
        let text = core::str::from_utf8(reader.take(length)?).map_err(|_| mistake)?;
        Ok(text.to_owned())
    }
}

/// Implements [`Codec`] for structs, field by field in the order given. A field that is left out does not compile.
#[macro_export]
macro_rules! codec_struct {
    ($($name:ident { $($field:ident),* $(,)? })*) => {$(
        impl $crate::Codec for $name {
            fn encode(&self, bytes: &mut Vec<u8>) {
                let Self { $($field),* } = self;
                $($crate::Codec::encode($field, bytes);)*
            }

            fn decode(reader: &mut $crate::Reader<'_>) -> Result<Self, $crate::CodecError> {
                Ok(Self { $($field: $crate::Codec::decode(reader)?),* })
            }
        }
    )*};
}

/// Implements [`Codec`] and [`Variant`] for enums: for each variant its number, which is never given to another, and its fields.
#[macro_export]
macro_rules! codec_enum {
    ($($name:ident {
        $($number:literal = $variant:ident $(($($entry:ident),*))? $({ $($field:ident),* })?),* $(,)?
    })*) => {$(
        impl $crate::Variant for $name {
            fn variant(&self) -> u8 {
                match self {
                    $(Self::$variant { .. } => $number,)*
                }
            }
        }

        impl $crate::Codec for $name {
            fn encode(&self, bytes: &mut Vec<u8>) {
                match self {
                    $(Self::$variant $(($($entry),*))? $({ $($field),* })? => {
                        bytes.push($number);
                        $($($crate::Codec::encode($entry, bytes);)*)?
                        $($($crate::Codec::encode($field, bytes);)*)?
                    })*
                }
            }

            fn decode(reader: &mut $crate::Reader<'_>) -> Result<Self, $crate::CodecError> {
                let before = reader.clone();
                match <u8 as $crate::Codec>::decode(reader)? {
                    $($number => {
                        $($(let $entry = $crate::Codec::decode(reader)?;)*)?
                        $($(let $field = $crate::Codec::decode(reader)?;)*)?
                        Ok(Self::$variant $(($($entry),*))? $({ $($field),* })?)
                    })*
                    other => Err(before.error($crate::CodecMistake::Variant(other))),
                }
            }
        }
    )*};
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Debug, PartialEq)]
    struct Note {
        text: String,
        at: Timestamp,
        sums: Vec<Money>,
    }

    #[derive(Clone, Debug, PartialEq)]
    enum Kind {
        Bare,
        One(Note),
        Named { number: i64, maybe: Option<bool> },
    }

    codec_struct!(Note { text, at, sums });
    codec_enum!(Kind { 0 = Bare, 1 = One(note), 7 = Named { number, maybe } });

    fn kinds() -> Vec<Kind> {
        let note = Note {
            text: "a\u{e9}".to_owned(),
            at: Timestamp::from_nanos(9),
            sums: vec![Money::ONE, Money::from_raw(-1)],
        };
        vec![Kind::Bare, Kind::One(note), Kind::Named { number: -5, maybe: Some(true) }]
    }

    fn bytes(kinds: &Vec<Kind>) -> Vec<u8> {
        let mut bytes = Vec::new();
        kinds.encode(&mut bytes);
        bytes
    }

    #[test]
    fn what_is_written_is_read_back() {
        // A journal that reads back as something else is another history.
        assert_eq!(decode_all::<Vec<Kind>>(&bytes(&kinds())), Ok(kinds()));
    }

    #[test]
    fn every_beginning_is_an_error_that_says_where() {
        // A torn tail must never read as a shorter command.
        let bytes = bytes(&kinds());
        for end in 0..bytes.len() {
            let error = decode_all::<Vec<Kind>>(&bytes[..end]).expect_err("torn");
            assert_eq!(error.mistake, CodecMistake::Short, "at {end}");
            assert!(error.at <= end);
        }
    }

    #[test]
    fn a_map_out_of_order_is_refused() {
        // Two spellings of one state would be two digests of it.
        let map = BTreeMap::from([(1_u8, true), (2, false)]);
        let mut bytes = Vec::new();
        map.encode(&mut bytes);
        assert_eq!(decode_all(&bytes), Ok(map));
        let twisted = [&bytes[..4], &bytes[6..], &bytes[4..6]].concat();
        let error = decode_all::<BTreeMap<u8, bool>>(&twisted).expect_err("out of order");
        assert_eq!(error, CodecError { at: 6, mistake: CodecMistake::Value });
    }

    #[test]
    fn bytes_that_were_never_written_are_refused() {
        let mistake = |bytes: &[u8]| decode_all::<Kind>(bytes).map_err(|error| error.mistake);
        assert_eq!(mistake(&[2]), Err(CodecMistake::Variant(2)));
        assert_eq!(mistake(&[0, 0]), Err(CodecMistake::Rest));
        let named = [7, 0, 0, 0, 0, 0, 0, 0, 0, 2];
        assert_eq!(mistake(&named), Err(CodecMistake::Value));
        let long = [1, 255, 255, 255, 255];
        assert_eq!(mistake(&long), Err(CodecMistake::Long(u32::MAX)));
        let text = [1, 1, 0, 0, 0, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(mistake(&text), Err(CodecMistake::Text));
    }
}

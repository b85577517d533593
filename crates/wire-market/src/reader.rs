//! Between a JSON text and the structs that frames are described by: what `serde` asks for, out of a [`Scan`].
//!
//! It takes what `serde_json` takes, and is stricter: an object is never read of a list. Texts are borrowed; one that is
//! written with escapes is handed over as a copy, which a field that borrows refuses.

use std::fmt;

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error as _, IntoDeserializer as _, MapAccess,
    SeqAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use crate::scan::{Quoted, Scan};

/// By this name a newtype asks for a value as it stands in the text.
pub(crate) const AS_IT_STANDS: &str = "as it stands";

/// Why a text is not what was asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unread(Box<str>);

impl fmt::Display for Unread {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Unread {}

impl serde::de::Error for Unread {
    fn custom<T: fmt::Display>(words: T) -> Self {
        Self(words.to_string().into())
    }
}

/// Reads the values of a text, one after the other.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    scan: Scan<'a>,
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(text: &'a str) -> Self {
        Self { scan: Scan::new(text) }
    }

    /// The text ends here.
    pub(crate) fn end(&mut self) -> Result<(), Unread> {
        match self.scan.peek() {
            None => Ok(()),
            Some(_) => Err(self.broken("the end")),
        }
    }

    /// The first element of a list, if there is one; what follows it is not looked at.
    pub(crate) fn first<T: Deserialize<'a>>(&mut self) -> Result<Option<T>, Unread> {
        let mut list = Inside { reader: self, state: State::First, end: b']' };
        list.open(b'[')?;
        (&mut list).next_element()
    }

    /// Something else stands where this should.
    #[cold]
    fn broken(&self, what: &str) -> Unread {
        Unread::custom(format_args!("no {what} at byte {}", self.scan.position()))
    }

    fn need<T>(&self, found: Option<T>, what: &str) -> Result<T, Unread> {
        found.ok_or_else(|| self.broken(what))
    }

    fn quoted(&mut self) -> Result<Quoted<'a>, Unread> {
        let quoted = self.scan.quoted();
        self.need(quoted, "text")
    }

    fn list<V: Visitor<'a>>(&mut self, visitor: V) -> Result<V::Value, Unread> {
        let mut list = Inside { reader: self, state: State::First, end: b']' };
        list.open(b'[')?;
        let value = visitor.visit_seq(&mut list)?;
        list.close()?;
        Ok(value)
    }

    fn object<V: Visitor<'a>>(&mut self, visitor: V) -> Result<V::Value, Unread> {
        let mut object = Inside { reader: self, state: State::First, end: b'}' };
        object.open(b'{')?;
        let value = visitor.visit_map(&mut object)?;
        object.close()?;
        Ok(value)
    }
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = Unread;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        match self.scan.peek() {
            Some(b'"') => self.deserialize_str(visitor),
            Some(b'[') => self.list(visitor),
            Some(b'{') => self.object(visitor),
            Some(b'n') => {
                let word = self.scan.word("null");
                self.need(word, "value")?;
                visitor.visit_unit()
            }
            Some(b't') => {
                let word = self.scan.word("true");
                self.need(word, "value")?;
                visitor.visit_bool(true)
            }
            Some(b'f') => {
                let word = self.scan.word("false");
                self.need(word, "value")?;
                visitor.visit_bool(false)
            }
            _ => {
                let number = self.scan.number();
                let number = self.need(number, "value")?;
                // Which type it is, is found out where it has always been.
                serde_json::Deserializer::from_str(number)
                    .deserialize_any(visitor)
                    .map_err(Unread::custom)
            }
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        if self.scan.peek() != Some(b'"') {
            return self.deserialize_any(visitor);
        }
        let quoted = self.quoted()?;
        match quoted.escaped {
            false => visitor.visit_borrowed_str(quoted.inside),
            true => visitor.visit_string(plain(quoted)?),
        }
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        // A blank before it is passed by asking what comes.
        let _first = self.scan.peek();
        match self.scan.whole() {
            Some(number) => visitor.visit_u64(number),
            None => self.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        if self.scan.peek() == Some(b'n') {
            let word = self.scan.word("null");
            self.need(word, "value")?;
            return visitor.visit_none();
        }
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Unread> {
        if name != AS_IT_STANDS {
            return visitor.visit_newtype_struct(self);
        }
        let value = self.scan.value();
        visitor.visit_borrowed_str(self.need(value, "value")?)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        self.list(visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        _length: usize,
        visitor: V,
    ) -> Result<V::Value, Unread> {
        self.list(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        self.object(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unread> {
        self.object(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unread> {
        let value = self.scan.value();
        self.need(value, "value")?;
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u128 f32 f64 char string bytes byte_buf unit unit_struct tuple_struct enum
        identifier
    }
}

/// A text without its escapes.
#[cold]
fn plain(quoted: Quoted<'_>) -> Result<String, Unread> {
    serde_json::from_str(&format!("\"{}\"", quoted.inside)).map_err(Unread::custom)
}

/// How far a list or an object has been gone through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    First,
    Later,
    Over,
}

/// The inside of a list or an object.
struct Inside<'r, 'a> {
    reader: &'r mut Reader<'a>,
    state: State,
    end: u8,
}

impl Inside<'_, '_> {
    fn open(&mut self, sign: u8) -> Result<(), Unread> {
        let open = self.reader.scan.pass(sign);
        self.reader.need(open, if sign == b'{' { "object" } else { "list" })
    }

    /// Whether another entry comes.
    fn more(&mut self) -> Result<bool, Unread> {
        if self.state == State::Over {
            return Ok(false);
        }
        if self.reader.scan.pass(self.end).is_some() {
            self.state = State::Over;
            return Ok(false);
        }
        if self.state == State::Later {
            // Where an end follows, whoever reads the entry finds none.
            let comma = self.reader.scan.pass(b',');
            self.reader.need(comma, "comma")?;
        }
        self.state = State::Later;
        Ok(true)
    }

    /// The end, where whoever read the inside has not come to it.
    fn close(&mut self) -> Result<(), Unread> {
        if self.state == State::Over {
            return Ok(());
        }
        let end = self.reader.scan.pass(self.end);
        self.reader.need(end, "end of an object or a list")
    }
}

impl<'a> SeqAccess<'a> for &mut Inside<'_, 'a> {
    type Error = Unread;

    fn next_element_seed<T: DeserializeSeed<'a>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Unread> {
        if !self.more()? {
            return Ok(None);
        }
        seed.deserialize(&mut *self.reader).map(Some)
    }
}

impl<'a> MapAccess<'a> for &mut Inside<'_, 'a> {
    type Error = Unread;

    fn next_key_seed<K: DeserializeSeed<'a>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Unread> {
        if !self.more()? {
            return Ok(None);
        }
        let key = self.reader.quoted()?;
        match key.escaped {
            false => seed.deserialize(BorrowedStrDeserializer::new(key.inside)).map(Some),
            true => seed.deserialize(plain(key)?.into_deserializer()).map(Some),
        }
    }

    fn next_value_seed<T: DeserializeSeed<'a>>(&mut self, seed: T) -> Result<T::Value, Unread> {
        let colon = self.reader.scan.pass(b':');
        self.reader.need(colon, "colon")?;
        seed.deserialize(&mut *self.reader)
    }
}

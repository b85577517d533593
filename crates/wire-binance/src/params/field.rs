//! Parameters as the fields of a request.

use super::{Sink, Taker};
use crate::failure::{ErrorCode, Failure};
use crate::value::Value;

/// What a request is sent with.
pub(crate) trait Parameters: Sized {
    /// Takes it from what was sent.
    fn take(taker: &mut Taker<'_>) -> Result<Self, Failure>;

    /// Writes it.
    fn put<S: Sink>(&self, sink: &mut S);
}

impl<T: Parameters> Parameters for Box<T> {
    fn take(taker: &mut Taker<'_>) -> Result<Self, Failure> {
        T::take(taker).map(Self::new)
    }

    fn put<S: Sink>(&self, sink: &mut S) {
        T::put(self, sink);
    }
}

/// A field of a request: one that has to be there, or may be.
pub(crate) trait Field: Sized {
    /// Takes it from what was sent; `names` are those it may have, its own first.
    fn take(taker: &mut Taker<'_>, names: &[&'static str]) -> Result<Self, Failure>;

    /// Adds it by its own name.
    fn put<S: Sink>(&self, name: &str, sink: &mut S);
}

impl<T: Value> Field for T {
    fn take(taker: &mut Taker<'_>, names: &[&'static str]) -> Result<Self, Failure> {
        let own = names.first().copied().unwrap_or_default();
        match names.iter().find_map(|name| taker.take(name)) {
            Some(text) if !text.is_empty() => T::read(text, own),
            Some(_) | None => Err(Failure::mandatory(own)),
        }
    }

    fn put<S: Sink>(&self, name: &str, sink: &mut S) {
        let mut text = String::new();
        self.print(&mut text);
        sink.push(name, &text);
    }
}

impl<T: Value> Field for Option<T> {
    fn take(taker: &mut Taker<'_>, names: &[&'static str]) -> Result<Self, Failure> {
        let own = names.first().copied().unwrap_or_default();
        match names.iter().find_map(|name| taker.take(name)) {
            None => Ok(None),
            Some("") => Err(Failure::with(ErrorCode::EmptyParameter, &[own])),
            Some(text) => T::read(text, own).map(Some),
        }
    }

    fn put<S: Sink>(&self, name: &str, sink: &mut S) {
        if let Some(value) = self {
            value.put(name, sink);
        }
    }
}

/// A request's parameters: a struct whose fields are taken from them by the names given, of which the first is also
/// the one they are written by.
macro_rules! parameters {
    ($(#[$doc:meta])* $name:ident {
        $($(#[$field_doc:meta])* $field:ident: $kind:ty = $own:literal $(or $other:literal)*,)+
    }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $kind,)+
        }

        impl $crate::params::Parameters for $name {
            fn take(taker: &mut $crate::params::Taker<'_>) -> Result<Self, $crate::failure::Failure> {
                Ok(Self {
                    $($field: $crate::params::Field::take(taker, &[$own $(, $other)*])?,)+
                })
            }

            fn put<S: $crate::params::Sink>(&self, sink: &mut S) {
                $($crate::params::Field::put(&self.$field, $own, sink);)+
            }
        }
    };
}

pub(crate) use parameters;

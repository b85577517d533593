//! Several orders in one request, as a list of JSON.

use crate::failure::{ErrorCode, Failure};
use crate::params::{Field, JsonObject, Parameters, Params, Sink, Taker};
use crate::value::Value;

/// Most orders of one request.
pub const BATCH_MAX: usize = 5;

/// Orders that come together, each of which is taken or refused by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch<T> {
    /// From one to [`BATCH_MAX`] of them, as they came.
    pub orders: Entries<T>,
}

/// The orders of a batch, or what is wrong with them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entries<T>(pub Vec<Result<T, Failure>>);

impl<T: Parameters> Parameters for Batch<T> {
    fn take(taker: &mut Taker<'_>) -> Result<Self, Failure> {
        Ok(Self { orders: Field::take(taker, &["batchOrders"])? })
    }

    fn put<S: Sink>(&self, sink: &mut S) {
        Field::put(&self.orders, "batchOrders", sink);
    }
}

impl<T: Parameters> Value for Entries<T> {
    fn read(text: &str, name: &'static str) -> Result<Self, Failure> {
        let list = Params::list(text);
        let list = list.ok_or_else(|| Failure::with(ErrorCode::InvalidParameter, &[name]))?;
        if !(1..=BATCH_MAX).contains(&list.len()) {
            return Err(Failure::with(ErrorCode::InvalidBatchSize, &[&list.len().to_string()]));
        }
        Ok(Self(list.into_iter().map(entry).collect()))
    }

    fn print(&self, out: &mut String) {
        out.push('[');
        for (index, entry) in self.0.iter().flatten().enumerate() {
            out.push_str(if index > 0 { "," } else { "" });
            let mut object = JsonObject::new();
            entry.put(&mut object);
            out.push_str(&object.finish());
        }
        out.push(']');
    }
}

fn entry<T: Parameters>(text: &str) -> Result<T, Failure> {
    let params = Params::read_json(text)?;
    let mut taker = Taker::new(&params);
    let entry = T::take(&mut taker)?;
    taker.finish()?;
    Ok(entry)
}

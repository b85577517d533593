//! Reading what a client sent: one call or a batch.
//!
//! Borrowed throughout: an ordinary call allocates nothing, a batch one vector.

use std::borrow::Cow;
use std::ops::Range;

use crate::error::RpcError;
use crate::json::{Cursor, Fault, key_is, unquote};

/// What a body may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestLimits {
    /// Calls in one batch, at most.
    pub batch_items: usize,
    /// Arrays and objects open at once, at most; the batch and the call count as one each.
    pub depth: usize,
}

/// A body that was JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestBody<'a> {
    /// One call, to be answered by one object. [`request_id`] has the id of one that was refused.
    Single(Result<Call<'a>, RpcError>),
    /// A batch, not empty, to be answered by an array in the same order.
    Batch(Vec<Result<Call<'a>, BadItem<'a>>>),
}

/// One call, every member as the client wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call<'a> {
    /// Raw JSON text of the id (a string, a number or `null`). `None` where the member is missing:
    /// a notification, which gets no answer. A null id is answered.
    pub id: Option<&'a str>,
    /// The method's name, unescaped.
    pub method: Cow<'a, str>,
    /// Raw JSON text of the parameters, an array or an object. `None` where missing or null.
    pub params: Option<&'a str>,
}

/// A batch item that is no call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadItem<'a> {
    /// Why it is refused.
    pub error: RpcError,
    /// Raw JSON text of its id, `null` where that could not be read.
    pub id: &'a str,
}

/// Reads a body. Notifications are calls without an id.
///
/// # Errors
///
/// One error for the whole body, to be sent with a null id: -32700 if it is no UTF-8 JSON text,
/// -32600 if the batch is empty or a limit is passed (the message names the limit and its value).
pub fn read_request<'a>(
    body: &'a [u8],
    limits: &RequestLimits,
) -> Result<RequestBody<'a>, RpcError> {
    let text = std::str::from_utf8(body).map_err(|error| {
        RpcError::parse(format!("parse error: no UTF-8 text from byte {} on", error.valid_up_to()))
    })?;
    let mut cursor = Cursor::new(body, limits.depth);
    let whole = |fault| fault_error(fault, limits);
    let request = if cursor.peek() == Some(b'[') {
        read_batch(text, &mut cursor, limits)?
    } else {
        let item = read_item(text, &mut cursor).map_err(whole)?;
        RequestBody::Single(item.map_err(|bad| bad.error))
    };
    cursor.end().map_err(whole)?;
    Ok(request)
}

/// The id of a single call as raw JSON text, if the body is an object with a usable one; for
/// answering a call that [`read_request`] refused.
pub fn request_id(body: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(body).ok()?;
    let [id] = crate::json::members(text, ["id"])?;
    id.filter(|raw| is_id(raw))
}

fn read_batch<'a>(
    text: &'a str,
    cursor: &mut Cursor<'_>,
    limits: &RequestLimits,
) -> Result<RequestBody<'a>, RpcError> {
    let whole = |fault| fault_error(fault, limits);
    let mut items = Vec::new();
    let mut walk = cursor.enter(b'[').map_err(whole)?;
    while cursor.next_element(&mut walk).map_err(whole)? {
        if items.len() >= limits.batch_items {
            return Err(RpcError::invalid_request(format!(
                "batch too long: at most {} calls in one batch",
                limits.batch_items
            )));
        }
        items.push(read_item(text, cursor).map_err(whole)?);
    }
    if items.is_empty() {
        return Err(RpcError::invalid_request("empty batch: send at least one call"));
    }
    Ok(RequestBody::Batch(items))
}

/// The members of a call that matter, as spans.
#[derive(Default)]
struct Members {
    version: Option<Range<usize>>,
    id: Option<Range<usize>>,
    method: Option<Range<usize>>,
    params: Option<Range<usize>>,
    duplicate: bool,
}

/// The outer error is for a text that is no JSON, the inner one for JSON that is no call.
fn read_item<'a>(
    text: &'a str,
    cursor: &mut Cursor<'_>,
) -> Result<Result<Call<'a>, BadItem<'a>>, Fault> {
    if cursor.peek() != Some(b'{') {
        cursor.value()?;
        let error = RpcError::invalid_request("invalid request: a call is a JSON object");
        return Ok(Err(BadItem { error, id: "null" }));
    }
    let mut found = Members::default();
    let mut walk = cursor.enter(b'{')?;
    while let Some(key) = cursor.next_member(&mut walk)? {
        let value = cursor.value()?;
        let Some(slot) = found.slot(text.get(key).unwrap_or_default()) else { continue };
        let before = slot.replace(value);
        found.duplicate |= before.is_some();
    }
    let id = found.id.clone().and_then(|span| text.get(span));
    Ok(found.into_call(text).map_err(|why| BadItem {
        error: RpcError::invalid_request(format!("invalid request: {why}")),
        id: id.filter(|raw| is_id(raw)).unwrap_or("null"),
    }))
}

impl Members {
    fn slot(&mut self, key: &str) -> Option<&mut Option<Range<usize>>> {
        if key_is(key, "jsonrpc") {
            Some(&mut self.version)
        } else if key_is(key, "id") {
            Some(&mut self.id)
        } else if key_is(key, "method") {
            Some(&mut self.method)
        } else if key_is(key, "params") {
            Some(&mut self.params)
        } else {
            None
        }
    }

    fn into_call(self, text: &str) -> Result<Call<'_>, &'static str> {
        let raw = |span: Option<Range<usize>>| span.and_then(|span| text.get(span));
        if self.duplicate {
            return Err("jsonrpc, id, method and params may be given once");
        }
        let id = raw(self.id);
        if id.is_some_and(|raw| !is_id(raw)) {
            return Err("id must be a string, a number or null");
        }
        if raw(self.version).is_some_and(|raw| unquote(raw).as_deref() != Some("2.0")) {
            return Err("jsonrpc must be \"2.0\"");
        }
        let method = raw(self.method).ok_or("method is missing")?;
        let method = unquote(method).ok_or("method must be a string")?;
        let params = raw(self.params).filter(|raw| *raw != "null");
        if params.is_some_and(|raw| !raw.starts_with(['[', '{'])) {
            return Err("params must be an array or an object");
        }
        Ok(Call { id, method, params })
    }
}

fn is_id(raw: &str) -> bool {
    raw == "null" || raw.starts_with(|first: char| matches!(first, '"' | '-' | '0'..='9'))
}

fn fault_error(fault: Fault, limits: &RequestLimits) -> RpcError {
    match fault {
        Fault::Syntax(at) => RpcError::parse(format!("parse error: no JSON from byte {at} on")),
        Fault::Cut(at) => {
            RpcError::parse(format!("parse error: the text ends early, at byte {at}"))
        }
        Fault::TooDeep => RpcError::invalid_request(format!(
            "nested too deeply: at most {} arrays and objects inside one another",
            limits.depth
        )),
    }
}

#[cfg(test)]
mod tests;

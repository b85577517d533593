//! The gateway's own JSON-RPC errors.
//!
//! Few on purpose: what a node answered goes to the client as the node wrote it, and these codes
//! are for what no node was asked or could answer. Codes: the JSON-RPC 2.0 specification, and the
//! error groups of the execution-apis repository for -32002 and -32005.

use std::borrow::Cow;

/// Longest method name repeated in a message, in bytes.
const NAME_SHOWN_MAX: usize = 64;

/// A JSON-RPC error object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RpcError {
    /// The code, as the client sees it.
    pub code: i64,
    /// One line for people.
    pub message: Cow<'static, str>,
    /// The `data` member as raw JSON text; it must be valid JSON.
    pub data: Option<String>,
}

impl RpcError {
    /// -32700: the body is no JSON text.
    pub fn parse(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(-32700, message)
    }

    /// -32600: JSON, but no request that can be served; asking again does not help.
    pub fn invalid_request(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(-32600, message)
    }

    /// -32601: no such method.
    pub fn method_not_found(method: &str) -> Self {
        Self::new(-32601, format!("the method {} does not exist", shown(method)))
    }

    /// -32601: the method exists, but not through this gateway.
    pub fn method_denied(method: &str, why: &str) -> Self {
        Self::new(-32601, format!("the method {} is not available: {why}", shown(method)))
    }

    /// -32005: a limit in time (a rate, a queue); asking later helps. Clients retry this code.
    pub fn limit_exceeded(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(-32005, message)
    }

    /// -32002: no upstream can answer this call at this time.
    pub fn unavailable(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(-32002, message)
    }

    /// -32603: a fault of the gateway itself, never of a node or of the call.
    pub fn internal(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(-32603, message)
    }

    /// Adds a `data` member given as raw JSON text, which must be valid JSON.
    #[must_use]
    pub fn with_data(mut self, raw_json: impl Into<String>) -> Self {
        self.data = Some(raw_json.into());
        self
    }

    /// Writes the whole response. `id_raw` is the client's id as raw JSON text; `None` where it
    /// could not be read, which is answered with a null id.
    pub fn to_response(&self, id_raw: Option<&str>) -> Vec<u8> {
        let mut out = Vec::with_capacity(96 + self.message.len());
        out.extend_from_slice(br#"{"jsonrpc":"2.0","id":"#);
        out.extend_from_slice(id_raw.unwrap_or("null").as_bytes());
        out.extend_from_slice(br#","error":{"code":"#);
        out.extend_from_slice(self.code.to_string().as_bytes());
        out.extend_from_slice(br#","message":"#);
        push_string(&mut out, &self.message);
        if let Some(data) = &self.data {
            out.extend_from_slice(br#","data":"#);
            out.extend_from_slice(data.as_bytes());
        }
        out.extend_from_slice(b"}}");
        out
    }

    fn new(code: i64, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, message: message.into(), data: None }
    }
}

/// Appends `text` as a JSON string.
pub(crate) fn push_string(out: &mut Vec<u8>, text: &str) {
    serde_json::to_writer(out, text)
        .expect("invariant: a string is JSON and a Vec takes every write");
}

fn shown(method: &str) -> Cow<'_, str> {
    if method.len() <= NAME_SHOWN_MAX {
        return Cow::Borrowed(method);
    }
    let end = (0..=NAME_SHOWN_MAX).rev().find(|at| method.is_char_boundary(*at)).unwrap_or(0);
    Cow::Owned(format!("{}..", method.get(..end).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_method_name_cannot_break_the_error_it_is_named_in() {
        // A quote in the name would end the message string and make the whole batch unreadable.
        let name = format!("a\"\n{}", "é".repeat(200));
        let bytes = RpcError::method_not_found(&name).to_response(Some("\"x\""));
        let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(value["id"], "x");
        assert_eq!(value["error"]["code"], -32601);
        assert!(value["error"]["message"].as_str().unwrap().len() < 120);
    }

    #[test]
    fn data_goes_out_as_it_was_given() {
        // Clients tell a chain split from an overload by `data.reason`.
        let error = RpcError::unavailable("x").with_data(r#"{"reason":"chain_split"}"#);
        assert_eq!(
            String::from_utf8(error.to_response(None)).unwrap(),
            r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32002,"message":"x","data":{"reason":"chain_split"}}}"#
        );
    }
}

//! JSON-RPC 2.0 envelopes: requests in, responses out, errors as Geth writes them.

use serde_json::{Map, Value, json};

/// Most items of a batch. Source: Geth's `--rpc.batch-request-limit`.
const BATCH_ITEMS_MAX: usize = 1_000;

/// An error that a node answers with.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RpcError {
    /// The JSON-RPC error code.
    pub(crate) code: i64,
    /// The message.
    pub(crate) message: String,
    /// More, such as the bytes of a revert.
    pub(crate) data: Option<Value>,
}

impl RpcError {
    /// An error with a code and a message.
    pub(crate) fn new(code: i64, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), data: None }
    }

    /// What Geth's default code for errors of its own stands for: the call could not be done.
    pub(crate) fn server(message: impl Into<String>) -> Self {
        Self::new(-32000, message)
    }

    /// The parameters are wrong.
    pub(crate) fn params(message: impl Into<String>) -> Self {
        Self::new(-32602, message)
    }

    /// The node has no such method.
    pub(crate) fn unknown_method(method: &str) -> Self {
        Self::new(-32601, format!("the method {method} does not exist/is not available"))
    }

    fn to_json(&self) -> Value {
        let mut error = json!({"code": self.code, "message": self.message});
        if let (Some(data), Some(fields)) = (&self.data, error.as_object_mut()) {
            fields.insert("data".to_owned(), data.clone());
        }
        error
    }
}

/// One call of a request.
#[derive(Debug)]
pub(crate) struct Call {
    /// The method's name.
    pub(crate) method: String,
    /// The positional parameters.
    pub(crate) params: Vec<Value>,
}

/// Answers a request body, single or batch; `answer` answers each call.
pub(crate) fn respond(
    body: &[u8],
    mut answer: impl FnMut(&Call) -> Result<Value, RpcError>,
) -> Vec<u8> {
    let response = match serde_json::from_slice::<Value>(body) {
        Err(_) => failure(&Value::Null, &RpcError::new(-32700, "parse error")),
        Ok(Value::Array(items)) if items.is_empty() => {
            failure(&Value::Null, &RpcError::new(-32600, "empty batch"))
        }
        Ok(Value::Array(items)) if items.len() > BATCH_ITEMS_MAX => {
            failure(&Value::Null, &RpcError::new(-32600, "batch too large"))
        }
        Ok(Value::Array(items)) => {
            items.into_iter().map(|item| respond_to(item, &mut answer)).collect()
        }
        Ok(item) => respond_to(item, &mut answer),
    };
    response.to_string().into_bytes()
}

fn respond_to(item: Value, answer: &mut impl FnMut(&Call) -> Result<Value, RpcError>) -> Value {
    let Value::Object(mut fields) = item else {
        return failure(&Value::Null, &RpcError::new(-32600, "invalid request"));
    };
    let id = fields.remove("id").unwrap_or(Value::Null);
    match call(fields).and_then(|call| answer(&call)) {
        Ok(result) => json!({"jsonrpc": "2.0", "id": id, "result": result}),
        Err(error) => failure(&id, &error),
    }
}

fn call(mut fields: Map<String, Value>) -> Result<Call, RpcError> {
    let Some(Value::String(method)) = fields.remove("method") else {
        return Err(RpcError::new(-32600, "invalid request"));
    };
    let params = match fields.remove("params") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(params)) => params,
        Some(_) => return Err(RpcError::params("non-array args")),
    };
    Ok(Call { method, params })
}

fn failure(id: &Value, error: &RpcError) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "error": error.to_json()})
}

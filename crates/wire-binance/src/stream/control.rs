//! What a client says to a connection of streams, and what it is answered.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::name::StreamName;
use crate::id::RequestId;
use crate::json::ToJson;

/// Longest frame that a client may send, in bytes: a thousand streams with long names, once.
pub const FRAME_MAX: usize = 64 * 1024;

/// Most streams of one connection, as on Binance.
pub const STREAMS_MAX: usize = 1_024;

/// Something that a client says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Control {
    /// What the answer is known by.
    pub id: RequestId,
    /// What it says.
    pub ask: Ask,
}

/// What a client may say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// It wants streams.
    Subscribe(Vec<StreamName>),
    /// It does not want them any more.
    Unsubscribe(Vec<StreamName>),
    /// It asks which it has.
    List,
    /// It wants messages wrapped with the name of their stream, or not.
    SetCombined(bool),
    /// It asks whether they are.
    GetCombined,
}

/// Why what a client says is refused. It has codes of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControlError {
    /// What the answer is known by, where that could be read.
    pub id: RequestId,
    /// 0 to 3.
    pub code: u32,
    /// What is wrong.
    pub message: String,
}

#[derive(Deserialize)]
struct Frame<'a> {
    method: Option<String>,
    #[serde(borrow)]
    params: Option<&'a RawValue>,
    #[serde(borrow)]
    id: Option<&'a RawValue>,
}

impl Control {
    /// Reads a frame.
    ///
    /// # Errors
    /// Where it is no JSON, or asks for what there is not.
    pub fn read(text: &str) -> Result<Self, ControlError> {
        let none = RequestId::None;
        if text.len() > FRAME_MAX {
            return Err(error(none, 3, "Invalid JSON: the message is too long"));
        }
        let frame: Frame<'_> = serde_json::from_str(text).map_err(|wrong| {
            let place = format!("line {} column {}", wrong.line(), wrong.column());
            error(RequestId::None, 3, &format!("Invalid JSON: {place}"))
        })?;
        let id = match frame.id {
            None => none,
            Some(raw) => RequestId::read(raw.get()).ok_or_else(|| {
                let words = "Invalid request: request ID must be an unsigned integer";
                error(RequestId::None, 2, words)
            })?,
        };
        let wrong = |words: &str| error(id.clone(), 2, words);
        let params = frame.params.map_or("[]", RawValue::get);
        let ask = match frame.method.as_deref() {
            Some("SUBSCRIBE") => Ask::Subscribe(names(params).map_err(|words| wrong(&words))?),
            Some("UNSUBSCRIBE") => Ask::Unsubscribe(names(params).map_err(|words| wrong(&words))?),
            Some("LIST_SUBSCRIPTIONS") => Ask::List,
            Some("SET_PROPERTY") => match serde_json::from_str::<(String, bool)>(params) {
                Ok((name, combined)) if name == "combined" => Ask::SetCombined(combined),
                Ok(_) => return Err(error(id, 0, "Unknown property")),
                Err(_) => return Err(error(id, 1, "Invalid value type: expected Boolean")),
            },
            Some("GET_PROPERTY") => match serde_json::from_str::<[String; 1]>(params) {
                Ok([name]) if name == "combined" => Ask::GetCombined,
                Ok(_) | Err(_) => return Err(error(id, 0, "Unknown property")),
            },
            Some(_) => {
                return Err(wrong(
                    "Invalid request: unknown variant, expected one of SUBSCRIBE, UNSUBSCRIBE, LIST_SUBSCRIPTIONS, SET_PROPERTY, GET_PROPERTY",
                ));
            }
            None => return Err(wrong("Invalid request: missing field method")),
        };
        Ok(Self { id, ask })
    }

    /// Appends it as a client sends it.
    pub fn write(&self, out: &mut Vec<u8>) {
        let (method, params) = match &self.ask {
            Ask::Subscribe(names) => ("SUBSCRIBE", Some(names)),
            Ask::Unsubscribe(names) => ("UNSUBSCRIBE", Some(names)),
            Ask::List => ("LIST_SUBSCRIPTIONS", None),
            Ask::SetCombined(_) => ("SET_PROPERTY", None),
            Ask::GetCombined => ("GET_PROPERTY", None),
        };
        out.extend_from_slice(b"{\"method\":");
        method.write(out);
        if let Some(names) = params {
            out.extend_from_slice(b",\"params\":");
            names.write(out);
        }
        match self.ask {
            Ask::SetCombined(combined) => {
                out.extend_from_slice(b",\"params\":[\"combined\",");
                combined.write(out);
                out.push(b']');
            }
            Ask::GetCombined => out.extend_from_slice(b",\"params\":[\"combined\"]"),
            Ask::Subscribe(_) | Ask::Unsubscribe(_) | Ask::List => {}
        }
        out.extend_from_slice(b",\"id\":");
        self.id.write(out);
        out.push(b'}');
    }
}

/// The streams of a list of names.
fn names(params: &str) -> Result<Vec<StreamName>, String> {
    let wrong = || "Invalid request: params must be an array of strings".to_owned();
    let texts: Vec<String> = serde_json::from_str(params).map_err(|_| wrong())?;
    if texts.len() > STREAMS_MAX {
        return Err(format!("Invalid request: more than {STREAMS_MAX} streams"));
    }
    if texts.is_empty() {
        return Err(wrong());
    }
    let name = |text: &String| StreamName::parse(text);
    let names: Option<Vec<StreamName>> = texts.iter().map(name).collect();
    names.ok_or_else(|| "Invalid request: there is no such stream".to_owned())
}

fn error(id: RequestId, code: u32, message: &str) -> ControlError {
    ControlError { id, code, message: message.to_owned() }
}

impl ToJson for ControlError {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"error\":{\"code\":");
        self.code.write(out);
        out.extend_from_slice(b",\"msg\":");
        self.message.write(out);
        out.extend_from_slice(b"},\"id\":");
        self.id.write(out);
        out.push(b'}');
    }
}

/// Appends the answer to what has no result but that it was done; clients wait for it before they go on.
pub fn write_reply(id: &RequestId, out: &mut Vec<u8>) {
    write_result(id, &None::<bool>, out);
}

/// Appends the answer to a question for the streams that there are.
pub fn write_listed(id: &RequestId, names: &[StreamName], out: &mut Vec<u8>) {
    write_result(id, names, out);
}

/// Appends the answer to a question whether messages are wrapped.
pub fn write_property(id: &RequestId, combined: bool, out: &mut Vec<u8>) {
    write_result(id, &combined, out);
}

fn write_result(id: &RequestId, result: &(impl ToJson + ?Sized), out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"result\":");
    result.write(out);
    out.extend_from_slice(b",\"id\":");
    id.write(out);
    out.push(b'}');
}

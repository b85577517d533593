//! An HTTP/1.1 server with limits on everything, and WebSocket upgrades.

mod connection;
mod killable;
mod listener;
mod pull;
mod request;
mod response;
mod server;
mod session;
#[cfg(test)]
mod tests;
mod tls;
#[cfg(test)]
mod tls_tests;
mod upgrade;
mod websocket;
mod write;

pub use ::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
pub use bytes::Bytes;

pub use connection::{Limits, PerAddress};
pub use killable::KillableServer;
pub use listener::{ListenError, Listener};
pub use request::{BodyError, Request};
pub use response::{Lost, Response, Source};
pub use server::{Handler, serve};
pub use tls::TlsIdentity;
pub(crate) use websocket::config as websocket_config;
pub use websocket::{WebSocket, WebSocketReceiver, WebSocketSender};

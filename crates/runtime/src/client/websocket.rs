//! Opening a WebSocket to an endpoint.

use ::http::header::AUTHORIZATION;
use tokio_tungstenite::client_async_with_config;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::tungstenite::protocol::Role;
use units::Span;

use super::connect::Connector;
use super::{CallError, Endpoint, deadline};
use crate::http::{Uri, WebSocket, websocket_config};
use crate::words::in_words;

/// Opens a WebSocket to `endpoint`; messages over `message_bytes` close it.
///
/// # Errors
/// Where it cannot connect or the upgrade is refused.
pub async fn connect_websocket(
    endpoint: &Endpoint,
    message_bytes: usize,
    timeout: Span,
) -> Result<WebSocket, CallError> {
    let opening = async {
        let request = upgrade_request(endpoint)?;
        let stream = Connector::new(endpoint.clone()).connect().await?;
        let config = websocket_config(Role::Client, message_bytes);
        let (socket, _response) = client_async_with_config(request, stream, Some(config))
            .await
            .map_err(|error| refusal(&error))?;
        Ok(WebSocket::of_client(socket))
    };
    tokio::time::timeout_at(deadline(timeout), opening)
        .await
        .unwrap_or_else(|_elapsed| Err(format!("no connection within {timeout}")))
        .map_err(CallError::Connect)
}

/// The request that asks for the upgrade.
fn upgrade_request(endpoint: &Endpoint) -> Result<Request, String> {
    // The library tells from the scheme only that it is a WebSocket's; the stream below may be TLS.
    let uri = Uri::builder()
        .scheme("ws")
        .authority(endpoint.authority())
        .path_and_query(endpoint.path_and_query().clone())
        .build();
    let request =
        uri.map_err(|_secret| ()).and_then(|uri| uri.into_client_request().map_err(|_| ()));
    let mut request = request.map_err(|()| "URL cannot be asked for a WebSocket".to_owned())?;
    if let Some(authorization) = endpoint.authorization() {
        request.headers_mut().insert(AUTHORIZATION, authorization.clone());
    }
    Ok(request)
}

/// Why the upgrade did not come about, in words and without the URL.
fn refusal(error: &Error) -> String {
    if let Error::Http(response) = error {
        return format!(
            "websocket upgrade refused with HTTP status {}",
            response.status().as_u16()
        );
    }
    format!("websocket upgrade failed: {}", in_words(error))
}

//! How requests reach the venue.

mod http;
mod socket;

use std::net::SocketAddr;

use runtime::client::Endpoint;
use runtime::task::sync::{mpsc, oneshot};
use units::Span;
use wire_binance::Request;

use crate::holder::Holder;
use crate::outcome::Answer;

pub(crate) use self::http::{Http, query};
use self::socket::Parcel;

/// Over what a client talks to the venue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Requests over kept-alive connections.
    Http,
    /// The WebSocket API, over one socket.
    Socket,
}

/// A holder's way in to the venue; many requests may be under way at once.
#[derive(Debug)]
pub struct Door(Kind);

#[derive(Debug)]
enum Kind {
    Http(Box<Http>),
    Socket(mpsc::Sender<Parcel>),
}

/// Requests of one socket that wait to be written, where it does not take them.
const PARCELS_MAX: usize = 256;

impl Door {
    /// The way in of a holder. It has to be on a runtime; a socket is opened at once, by a task that ends with this.
    ///
    /// # Errors
    /// Where the holder's key cannot be sent.
    pub fn open(way: Way, venue: SocketAddr, holder: &Holder) -> Result<Self, String> {
        Ok(Self(match way {
            Way::Http => Kind::Http(Box::new(Http::of(venue, holder)?)),
            Way::Socket => {
                let (sender, parcels) = mpsc::channel(PARCELS_MAX);
                let endpoint = endpoint(&format!("ws://{venue}{}", socket::PATH), holder)?;
                drop(runtime::task::spawn(socket::serve(endpoint, holder.clone(), parcels)));
                Kind::Socket(sender)
            }
        }))
    }

    /// Sends a request and gives what became of it within `patience`.
    pub async fn ask(&self, request: &Request, patience: Span) -> Answer {
        match &self.0 {
            Kind::Http(http) => http.ask(request, patience).await,
            Kind::Socket(parcels) => {
                let (answer, answered) = oneshot::channel();
                let parcel = Parcel { request: request.clone(), answer };
                let asking = async {
                    match parcels.send(parcel).await {
                        Ok(()) => answered.await.unwrap_or(Answer::Lost),
                        Err(_gone) => Answer::Lost,
                    }
                };
                runtime::task::select! {
                    answer = asking => answer,
                    () = runtime::clock::sleep(patience) => Answer::Lost,
                }
            }
        }
    }
}

/// An address as its holder comes to it.
fn endpoint(url: &str, holder: &Holder) -> Result<Endpoint, String> {
    let endpoint = Endpoint::parse(url)?;
    Ok(match holder.source {
        Some(source) => endpoint.from_address(source),
        None => endpoint,
    })
}

//! One socket of streams.

use std::sync::Arc;

use runtime::http::{Bytes, WebSocket, WebSocketSender};
use runtime::task;
use wire_binance::ToJson as _;
use wire_binance::stream::{
    Ask, Control, ControlError, FRAME_MAX, StreamName, write_listed, write_property, write_reply,
};

use super::POLICY;
use super::hub::Place;
use crate::front::{Front, at_ms, now_ms};

/// Largest message of a client.
pub(super) const MESSAGE_BYTES: usize = FRAME_MAX;

/// Serves a socket until either side ends it.
pub(super) async fn serve(
    front: Arc<Front>,
    socket: WebSocket,
    combined: bool,
    names: Vec<StreamName>,
) {
    let (sender, mut receiver) = socket.split();
    let mut place = front.hub.place(combined);
    for name in names {
        if let Err(why) = listen(&front, &mut place, name) {
            return sender.close(POLICY, why).await;
        }
    }
    let line = Arc::clone(&place.line);
    loop {
        task::select! {
            why = line.ended() => return sender.close(POLICY, why).await,
            message = receiver.receive() => {
                let Some(message) = message else { return };
                if !answer(&front, &mut place, &message, &sender).await {
                    return;
                }
            }
            told = place.queue.recv() => {
                let Some(told) = told else { return };
                if !send(&sender, told, &place).await {
                    return;
                }
            }
        }
    }
}

/// Sends a message, unless the socket is to be closed while it waits for the client to read.
async fn send(sender: &WebSocketSender, told: Bytes, place: &Place) -> bool {
    task::select! {
        sent = sender.send(told) => sent,
        // It cannot be told why: it does not read.
        _why = place.line.ended() => false,
    }
}

fn listen(front: &Front, place: &mut Place, name: StreamName) -> Result<(), &'static str> {
    place.listen(name, |key| {
        let key = front.keys.of_stream(key.as_str())?;
        let may = key.permissions.read && front.listens.goes_on(&key.id, at_ms(now_ms()));
        may.then_some(key.account)
    })
}

/// Does what a client says, and answers. False where it has gone.
async fn answer(
    front: &Front,
    place: &mut Place,
    message: &Bytes,
    sender: &WebSocketSender,
) -> bool {
    let text = std::str::from_utf8(message).unwrap_or_default();
    let mut out = Vec::new();
    match Control::read(text) {
        Ok(control) => match obey(front, place, &control.ask) {
            Ok(()) => match control.ask {
                Ask::List => write_listed(&control.id, &place.names(), &mut out),
                Ask::GetCombined => {
                    write_property(&control.id, place.line.is_combined(), &mut out);
                }
                Ask::Subscribe(_) | Ask::Unsubscribe(_) | Ask::SetCombined(_) => {
                    write_reply(&control.id, &mut out);
                }
            },
            Err(why) => {
                let message = format!("Invalid request: {why}");
                ControlError { id: control.id, code: 2, message }.write(&mut out);
            }
        },
        Err(error) => error.write(&mut out),
    }
    sender.send(Bytes::from(out)).await
}

fn obey(front: &Front, place: &mut Place, ask: &Ask) -> Result<(), &'static str> {
    match ask {
        Ask::Subscribe(names) => names.iter().try_for_each(|name| listen(front, place, *name)),
        Ask::Unsubscribe(names) => {
            names.iter().for_each(|name| place.leave(*name));
            Ok(())
        }
        Ask::SetCombined(combined) => {
            place.line.set_combined(*combined);
            Ok(())
        }
        Ask::List | Ask::GetCombined => Ok(()),
    }
}

//! What goes with a command and the core does not know.

use machine::codec_struct;

use crate::client_id::ClientId;

/// Most bytes of a name: of an account, or of a note.
pub const LABEL_MAX: usize = 128;

/// Most bytes of what a note says.
pub const NOTE_MAX: usize = 4_096;

/// What goes with a command and has to survive a restart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels {
    /// The clients' names of the orders that are placed, in their order; none where the list is shorter.
    pub clients: Vec<ClientId>,
    /// The name of the account that is opened; empty where none is.
    pub name: String,
    /// Something to be kept beside the venue, such as a key that the administration made.
    pub note: Option<Note>,
}

/// Something that is kept under a name until it is changed or taken away. The desk does not look into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Its name, such as `key/` and the hash of a key; at most [`LABEL_MAX`] bytes.
    pub name: String,
    /// What it says from now on, at most [`NOTE_MAX`] bytes; `None` takes it away.
    pub value: Option<Vec<u8>>,
}

codec_struct! {
    Labels { clients, name, note }
    Note { name, value }
}

impl Labels {
    /// Of a placed order that its client has named.
    #[must_use]
    pub fn client(client: ClientId) -> Self {
        Self { clients: vec![client], ..Self::default() }
    }

    /// Of an account that is opened.
    #[must_use]
    pub fn account(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Of a note that is made or changed. It goes with any command, such as a tick.
    #[must_use]
    pub fn note(name: impl Into<String>, value: Option<Vec<u8>>) -> Self {
        Self { note: Some(Note { name: name.into(), value }), ..Self::default() }
    }

    /// The client's name of the order at a place of the list.
    #[must_use]
    pub fn client_at(&self, place: usize) -> ClientId {
        self.clients.get(place).copied().unwrap_or_default()
    }
}

//! What is refused before the core sees it.

/// Why something does not get as far as the core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeskRefusal {
    /// The account has an open order of that name, or the list names two orders so.
    DuplicateClientId,
    /// There is an account of that name.
    NameTaken,
    /// A name is empty where there has to be one, or longer than names are, or a note says too much.
    Label,
    /// There are as many notes as are kept.
    TooMany,
}

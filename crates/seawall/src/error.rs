//! Why a command did not do its work.

use runtime::http::ListenError;

/// Why a command did not do its work.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    /// The configuration holds mistakes; the text names them all.
    #[error("{0}")]
    Config(String),
    /// The work was done, and what came of it says nothing.
    #[error("{0}")]
    Void(String),
    /// The work failed.
    #[error("{0:#}")]
    Failed(#[from] anyhow::Error),
}

/// The error for an address that cannot be listened on: what the system said, and the key to change.
pub(crate) fn listen_error(key: &str, error: &ListenError) -> CommandError {
    CommandError::Failed(anyhow::anyhow!("{error}; stop what listens there, or change {key}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_names_the_key_to_change() {
        let address = "127.0.0.1:8545".parse().expect("an address");
        let error = ListenError { address, reason: "the port is taken".to_owned() };
        let message = listen_error("gateway.listen", &error).to_string();
        assert!(
            message.starts_with("cannot listen on 127.0.0.1:8545: the port is taken"),
            "{message}"
        );
        assert!(message.contains("change gateway.listen"), "{message}");
    }
}

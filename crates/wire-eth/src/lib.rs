//! Ethereum JSON-RPC bytes to typed calls and back, without I/O.

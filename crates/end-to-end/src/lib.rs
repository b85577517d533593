//! The end-to-end suite: the built binary, real nodes, real clients, real faults.

//! The gateway's decisions as a deterministic state machine: heads, domains, health, calls.

//! Every check with an answer that is true and with tampered ones.

mod compare;
mod identity;
mod logs;
mod proof;
mod sample;

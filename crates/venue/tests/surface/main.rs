//! A venue over real sockets, with an oracle that a test plays: who may do what, what orders become, what streams tell,
//! and what is still there after a restart.

mod access;
mod own;
mod restart;
mod support;
mod trading;
mod watch;

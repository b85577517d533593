//! A venue over real sockets, with an oracle that a test plays: who may do what, what orders become, what streams tell,
//! who is let in under load, and what is still there after a restart.

mod access;
mod load;
mod own;
mod restart;
mod streams;
mod support;
mod trading;
mod watch;

//! The shell as clients and upstreams see it: a gateway inside this process, in front of scripted upstreams
//! over real sockets. One binary, because linking costs more than the tests; a module a subject.

mod about;
mod admission;
mod batch;
mod cache;
mod content;
mod failover;
mod fees;
mod heads;
mod integrity;
mod leaving;
mod limits;
mod local;
mod passing;
mod pinning;
mod secrets;
mod sharing;
mod submit;
mod support;
mod websocket;

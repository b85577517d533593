//! A gateway in front of scripted upstreams, and a client of it.

mod node;
mod script;
mod world;

pub(crate) use node::{Node, dead_url};
pub(crate) use script::{Act, CHAIN_ID, Parts};
pub(crate) use world::{World, WorldSocket, call, chain, eventually, json, post};

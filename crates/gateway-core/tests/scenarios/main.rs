//! The core in named situations, one file for each subject, each step written out.

mod alarms;
mod bench;
mod cache;
mod failover;
mod fees;
mod heads;
mod health;
mod identity;
mod integrity;
mod quota;
mod room;
mod split;
mod split_later;
mod split_rule;
mod submit;
mod verdict;
mod votes;

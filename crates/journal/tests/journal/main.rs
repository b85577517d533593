//! The journal on disks that are well, and on disks that are not.

mod append;
mod common;
mod damage;
mod faults;
mod lives;
mod snapshots;
mod tail;

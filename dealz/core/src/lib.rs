//! The engine of the desk: joins tickz, chatz and valuz, and tells what their sockets do.

mod event;
mod feeds;
mod link;
mod message;
mod sentence;

pub mod command;
pub mod view;

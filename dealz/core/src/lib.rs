//! The engine of the desk: joins tickz, chatz and valuz, and tells what their sockets do.

mod event;

pub mod command;
pub mod view;

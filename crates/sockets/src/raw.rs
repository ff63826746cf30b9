//! The calls of libzmq that the `zmq` crate does not offer, or offers at a cost. The only unsafe code.
#![expect(unsafe_code, reason = "libzmq is C; each block says why it is sound")]

use std::ffi::{c_int, c_void};

use zmq::{Error, Socket};

/// Sends one frame with one call. The crate's own `send` makes a message object first, which costs a tenth of
/// the throughput of small ticks.
#[inline]
pub(crate) fn send(socket: &mut Socket, frame: &[u8], flags: c_int) -> Result<(), Error> {
    // SAFETY: the pointer is of a live socket that we hold exclusively; libzmq copies the bytes before it returns.
    let sent = unsafe { zmq_sys::zmq_send(socket.as_mut_ptr(), frame.as_ptr().cast(), frame.len(), flags) };
    if sent < 0 { Err(last_error()) } else { Ok(()) }
}

/// Makes a publisher report "would block" at a full queue instead of dropping.
pub(crate) fn set_xpub_nodrop(socket: &mut Socket) -> Result<(), Error> {
    set_int(socket, zmq_sys::ZMQ_XPUB_NODROP, 1)
}

/// How many milliseconds sent bytes may stay unacknowledged before the connection counts as broken.
pub(crate) fn set_tcp_maxrt(socket: &mut Socket, milliseconds: c_int) -> Result<(), Error> {
    set_int(socket, zmq_sys::ZMQ_TCP_MAXRT, milliseconds)
}

/// Sets an option for which the crate has no setter.
fn set_int(socket: &mut Socket, option: u32, value: c_int) -> Result<(), Error> {
    // SAFETY: a live socket that we hold exclusively, and an option that takes exactly one int.
    let set = unsafe {
        zmq_sys::zmq_setsockopt(
            socket.as_mut_ptr(),
            option as c_int,
            (&raw const value).cast::<c_void>(),
            size_of::<c_int>(),
        )
    };
    if set < 0 { Err(last_error()) } else { Ok(()) }
}

/// Stops a socket's monitor. Closing only the monitor's PAIR can block libzmq's threads (libzmq issues 2330 and
/// 3575), and the crate cannot pass the null that stops it.
pub(crate) fn stop_monitor(socket: &mut Socket) -> Result<(), Error> {
    // SAFETY: a live socket that we hold exclusively; a null address is libzmq's way to say stop.
    let stopped = unsafe { zmq_sys::zmq_socket_monitor(socket.as_mut_ptr(), std::ptr::null(), 0) };
    if stopped < 0 { Err(last_error()) } else { Ok(()) }
}

/// Seeds the C library's random numbers, from which libzmq takes the first routing id of every `ROUTER` and the jitter
/// of reconnections. libzmq does not seed them itself, so a stranger could compute the routing ids of other clients.
pub(crate) fn seed_random(seed: u32) {
    // SAFETY: takes a number; the C library guards its state by a lock.
    unsafe { libc::srand(seed) }
}

fn last_error() -> Error {
    // SAFETY: reads a thread-local number.
    Error::from_raw(unsafe { zmq_sys::zmq_errno() })
}

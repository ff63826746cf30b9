//! The calls of libzmq that the `zmq` crate does not offer, or offers at a cost. The only unsafe code.
#![expect(unsafe_code, reason = "libzmq is C; each block says why it is sound")]

use std::{
    ffi::{CStr, c_int, c_void},
    io,
    os::fd::{BorrowedFd, RawFd},
    slice,
};

use zmq::{Error, Socket};

/// Sends one frame with one call. The crate's own `send` makes a message object first, which costs a tenth of
/// the throughput of small ticks.
#[inline]
pub(crate) fn send(socket: &mut Socket, frame: &[u8], flags: c_int) -> Result<(), Error> {
    // SAFETY: the pointer is of a live socket that we hold exclusively; libzmq copies the bytes before it returns.
    let sent = unsafe { zmq_sys::zmq_send(socket.as_mut_ptr(), frame.as_ptr().cast(), frame.len(), flags) };
    if sent < 0 { Err(last_error()) } else { Ok(()) }
}

/// A frame that libzmq has received. The crate's own message asks libzmq for the length that it has returned already, and for the
/// bytes of empty frames.
pub(crate) struct Message(zmq_sys::zmq_msg_t);

impl Message {
    /// An empty frame.
    pub(crate) fn new() -> Self {
        let mut message = zmq_sys::zmq_msg_t::default();
        // SAFETY: initialises memory that we hold exclusively, and cannot fail.
        unsafe { zmq_sys::zmq_msg_init(&raw mut message) };
        Self(message)
    }

    /// Receives the next frame in place of this one.
    #[inline]
    pub(crate) fn receive(&mut self, socket: &mut Socket, flags: c_int) -> Result<&[u8], Error> {
        // SAFETY: both pointers are of live objects that we hold exclusively.
        let received = unsafe { zmq_sys::zmq_msg_recv(&raw mut self.0, socket.as_mut_ptr(), flags) };
        match usize::try_from(received) {
            Err(_) => Err(last_error()),
            Ok(0) => Ok(&[]),
            // SAFETY: libzmq returns the frame's length, or less if it is no `c_int`, and keeps its bytes until the message is
            // changed, which a borrow of it prevents.
            Ok(len) => Ok(unsafe { slice::from_raw_parts(zmq_sys::zmq_msg_data(&raw mut self.0).cast(), len) }),
        }
    }

    /// Whether another frame of the same message follows.
    #[inline]
    pub(crate) fn has_more(&self) -> bool {
        // SAFETY: reads an initialised message.
        unsafe { zmq_sys::zmq_msg_get(&raw const self.0, zmq_sys::ZMQ_MORE as c_int) == 1 }
    }

    /// What libzmq knows of the frame's peer under this name; `None` if nothing, or no UTF-8.
    pub(crate) fn property(&self, name: &CStr) -> Option<&str> {
        // SAFETY: reads an initialised message and a C string.
        let value = unsafe { zmq_sys::zmq_msg_gets(&raw const self.0, name.as_ptr()) };
        if value.is_null() {
            return None;
        }
        // SAFETY: a C string that libzmq keeps until the message is changed, which a borrow of it prevents.
        unsafe { CStr::from_ptr(value) }.to_str().ok()
    }
}

impl Drop for Message {
    fn drop(&mut self) {
        // SAFETY: an initialised message, of which nothing is used after this. It cannot fail.
        unsafe { zmq_sys::zmq_msg_close(&raw mut self.0) };
    }
}

/// Sleeps until one of these descriptors is ready, or for so many milliseconds; -1 is for ever.
pub(crate) fn poll(items: &mut [libc::pollfd], timeout_ms: c_int) -> io::Result<()> {
    // SAFETY: the pointer and the length are those of a slice that we hold exclusively. A descriptor that is closed meanwhile is
    // reported as ready.
    let ready = unsafe { libc::poll(items.as_mut_ptr(), items.len() as libc::nfds_t, timeout_ms) };
    if ready < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Lets `look` use a descriptor that libzmq owns, by its number.
pub(crate) fn with_descriptor<T>(fd: RawFd, look: impl FnOnce(BorrowedFd<'_>) -> T) -> Option<T> {
    if fd < 0 {
        return None;
    }
    // SAFETY: it is not negative, and borrowed for this call alone. libzmq may close it meanwhile: then the system calls
    // of `look` fail, or see another descriptor of that number, which Descriptor checks for.
    Some(look(unsafe { BorrowedFd::borrow_raw(fd) }))
}

/// How many bytes a TCP connection has received; `None` for any other descriptor.
#[cfg(target_os = "linux")]
pub(crate) fn bytes_received(fd: BorrowedFd<'_>) -> Option<u64> {
    use std::os::fd::AsRawFd as _;
    // `tcpi_bytes_received` of `struct tcp_info`, which the kernel only ever extends at its end.
    const OFFSET: usize = 128;
    let mut info = [0_u8; OFFSET + size_of::<u64>()];
    let mut length = info.len() as libc::socklen_t;
    // SAFETY: the kernel writes at most `length` bytes into `info`, and says in `length` how many.
    let result = unsafe {
        libc::getsockopt(
            fd.as_raw_fd(),
            libc::IPPROTO_TCP,
            libc::TCP_INFO,
            info.as_mut_ptr().cast::<c_void>(),
            &raw mut length,
        )
    };
    let bytes = info[OFFSET..].try_into().ok()?;
    (result == 0 && length as usize == info.len()).then(|| native(bytes))
}

#[cfg(target_os = "linux")]
#[expect(clippy::host_endian_bytes, reason = "the kernel writes native order")]
const fn native(bytes: [u8; 8]) -> u64 {
    u64::from_ne_bytes(bytes)
}

/// This system is not asked.
#[cfg(not(target_os = "linux"))]
pub(crate) fn bytes_received(_: BorrowedFd<'_>) -> Option<u64> {
    None
}

/// Makes a publisher report "would block" at a full queue instead of dropping.
pub(crate) fn set_xpub_nodrop(socket: &mut Socket) -> Result<(), Error> {
    set_int(socket, zmq_sys::ZMQ_XPUB_NODROP, 1)
}

/// Makes a publisher receive every subscription and every end of one, also of topics that others have subscribed to.
pub(crate) fn set_xpub_verboser(socket: &mut Socket) -> Result<(), Error> {
    set_int(socket, zmq_sys::ZMQ_XPUB_VERBOSER, 1)
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

//! Numbers that no stranger can guess, from the system's entropy: routing ids, and the seed of libzmq's own.
//!
//! A `ROUTER` with `ZMQ_ROUTER_HANDOVER` gives a routing id to the peer that claimed it last. A peer that guesses the id of a
//! client silences it: the connection stays up, and its requests are no longer heard.

use std::sync::Once;

use rustix::rand::{GetRandomFlags, getrandom};

use crate::{SocketError, error::system_error, raw};

/// The length of a routing id in bytes.
const ROUTING_ID_BYTES: usize = 16;

/// Seeds the numbers that libzmq takes from the C library, once a process; must happen before the first context.
///
/// # Errors
/// The system has no entropy.
pub(crate) fn seed_libzmq() -> Result<(), SocketError> {
    static SEEDED: Once = Once::new();
    let seed = u32::from_le_bytes(random()?);
    SEEDED.call_once(|| raw::seed_random(seed));
    Ok(())
}

/// A new routing id. It does not begin with a zero byte: those are the ids that libzmq assigns itself.
///
/// # Errors
/// The system has no entropy.
pub(crate) fn routing_id() -> Result<[u8; ROUTING_ID_BYTES], SocketError> {
    loop {
        let id: [u8; ROUTING_ID_BYTES] = random()?;
        if id[0] != 0 {
            return Ok(id);
        }
    }
}

/// A new password.
///
/// # Errors
/// The system has no entropy.
pub(crate) fn password() -> Result<String, SocketError> {
    random::<16>().map(|bytes| bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A new process id for reports.
///
/// # Errors
/// The system has no entropy.
pub(crate) fn process_id() -> Result<u64, SocketError> {
    random().map(u64::from_le_bytes)
}

fn random<const N: usize>() -> Result<[u8; N], SocketError> {
    let mut bytes = [0; N];
    let mut filled = 0;
    while filled < N {
        match getrandom(&mut bytes[filled..], GetRandomFlags::empty()) {
            Ok(count) => filled += count,
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(system_error("read random numbers")(error.into())),
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn routing_ids_differ_and_never_begin_with_zero() {
        let ids: HashSet<_> = (0..10_000).map(|_| routing_id().unwrap()).collect();
        assert_eq!(ids.len(), 10_000);
        assert!(ids.iter().all(|id| id[0] != 0));
    }
}

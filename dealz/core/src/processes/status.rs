//! What the system reports of a process.

/// What the system reports of a process.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Status {
    /// Its resident memory.
    pub(crate) memory_bytes: Option<u64>,
    /// Whether it is suspended.
    pub(crate) is_suspended: bool,
}

impl Status {
    /// Asks the system.
    #[cfg(target_os = "linux")]
    pub(crate) fn of(pid: u32) -> Option<Self> {
        let process = procfs::process::Process::new(i32::try_from(pid).ok()?).ok()?;
        let status = process.status().ok()?;
        Some(Self { memory_bytes: status.vmrss.map(|kib| kib * 1024), is_suspended: status.state.starts_with('T') })
    }

    /// Other systems are not asked.
    #[cfg(not(target_os = "linux"))]
    pub(crate) const fn of(_pid: u32) -> Option<Self> {
        None
    }
}

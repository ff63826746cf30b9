//! Facts about the machine and the versions of the software on it.

use std::{fmt, fs, process::Command, thread};

use jiff::Timestamp;

/// The facts that every result depends on.
#[derive(Debug)]
pub(crate) struct Facts {
    lines: Vec<(&'static str, String)>,
}

impl Facts {
    /// Asks the system; facts that it does not know are "unknown".
    pub(crate) fn gather() -> Self {
        let now = Timestamp::now().strftime("%Y-%m-%d %H:%M UTC").to_string();
        let cores = thread::available_parallelism().map_or_else(|_| unknown(), |cores| cores.to_string());
        Self {
            lines: vec![
                ("date", now),
                ("processor", processor()),
                ("cores", cores),
                ("memory", memory()),
                ("kernel", said_by("uname", &["-sr"])),
                ("libzmq", said_by("pkg-config", &["--modversion", "libzmq"])),
                ("rustc", said_by("rustc", &["--version"])),
                ("C compiler", said_by("cc", &["--version"])),
            ],
        }
    }
}

impl fmt::Display for Facts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines.iter().try_for_each(|(name, value)| writeln!(formatter, "- {name}: {value}"))
    }
}

fn processor() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find(|line| line.starts_with("model name"));
    model.and_then(|line| line.split(": ").nth(1)).map_or_else(unknown, str::to_owned)
}

fn memory() -> String {
    let info = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kib =
        info.lines().find_map(|line| line.strip_prefix("MemTotal:")?.split_whitespace().next()?.parse::<u64>().ok());
    kib.map_or_else(unknown, |kib| format!("{} GiB", (kib + (1 << 19)) >> 20))
}

/// Returns the first line of a command's output.
fn said_by(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    text.lines().next().map_or_else(unknown, str::to_owned)
}

fn unknown() -> String {
    "unknown".to_owned()
}

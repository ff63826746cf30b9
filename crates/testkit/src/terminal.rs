//! A program in a terminal: a pseudo-terminal whose other side a test reads and types at. Killed when dropped.

use std::{
    fs::{File, OpenOptions},
    io::{Read as _, Write as _},
    os::fd::OwnedFd,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread::{self, JoinHandle},
    time::Instant,
};

use rustix::{
    process::{Pid, Signal, kill_process},
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{Winsize, tcsetwinsize},
};

use crate::{BOUND, LOOK, eventually};

/// A program in a terminal of 80 columns and 24 rows.
pub struct Terminal {
    child: Child,
    keyboard: File,
    screen: Arc<Mutex<String>>,
    reader: JoinHandle<()>,
}

impl Terminal {
    /// Starts a prepared command.
    ///
    /// # Panics
    /// It cannot be started, or the system has no terminal left.
    #[must_use]
    pub fn start(mut command: Command) -> Self {
        let near: OwnedFd = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
        grantpt(&near).expect("it is this user's");
        unlockpt(&near).expect("it is new");
        let size = Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&near, size).expect("a terminal has a size");
        let name = ptsname(&near, Vec::new()).expect("a terminal has a name");
        let name = name.to_str().expect("it is ASCII");
        let far = || Stdio::from(OpenOptions::new().read(true).write(true).open(name).expect("it can be opened"));
        command.stdin(far()).stdout(far()).stderr(far());
        let child = command.spawn().unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
        let mut output = File::from(near.try_clone().expect("a descriptor"));
        let screen = Arc::new(Mutex::new(String::new()));
        let kept = Arc::clone(&screen);
        let reader = thread::spawn(move || {
            let mut bytes = [0; 4096];
            // Once the last program has closed a terminal, reading from it fails.
            while let Ok(length @ 1..) = output.read(&mut bytes) {
                let text = String::from_utf8_lossy(&bytes[..length]);
                kept.lock().unwrap_or_else(PoisonError::into_inner).push_str(&text);
            }
        });
        Self { child, keyboard: File::from(near), screen, reader }
    }

    /// Types.
    ///
    /// # Panics
    /// The program does not read.
    pub fn types(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).expect("the terminal takes keys");
    }

    /// All that the terminal has been sent.
    #[must_use]
    pub fn screen(&self) -> String {
        self.screen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until the terminal has been sent `text`, and returns what came behind it.
    ///
    /// # Panics
    /// It is not sent in time.
    #[expect(clippy::must_use_candidate, reason = "a wait")]
    pub fn shows(&self, text: &str) -> String {
        let deadline = Instant::now() + BOUND;
        loop {
            let screen = self.screen();
            if let Some(at) = screen.rfind(text) {
                return screen[at + text.len()..].to_owned();
            }
            assert!(Instant::now() < deadline, "not within {BOUND:?}: {text:?} on the screen, which has\n{screen}");
            thread::sleep(LOOK);
        }
    }

    /// Asks the program to end, as the suite's programs understand it.
    ///
    /// # Panics
    /// The system refuses.
    pub fn terminate(&self) {
        kill_process(Pid::from_child(&self.child), Signal::TERM).expect("it runs");
    }

    /// Waits for the end of the program; then the screen has all that it has written.
    ///
    /// # Panics
    /// It does not end in time.
    pub fn exit(&mut self) -> ExitStatus {
        let mut status = None;
        eventually("its end", || {
            status = self.child.try_wait().ok().flatten();
            status.is_some() && self.reader.is_finished()
        });
        status.expect("it has ended")
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

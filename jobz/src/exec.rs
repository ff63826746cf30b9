//! Any program as a worker: it reads the request on standard input, and writes the reply on standard output.

use std::{
    env, fs,
    io::{self, Read as _, Seek as _, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Command, Stdio},
    sync::{Arc, Mutex, PoisonError, mpsc::channel},
};

use children::{Child, Event, Exit};
use tracing::info;
use wire::{
    Frames, foreign,
    job::{Body, JOBS},
};

use crate::worker::{Handler, Request};

/// The variable in which a program finds the id of its request.
pub const JOB_VARIABLE: &str = "JOBZ_JOB";

/// The most bytes of a line that a program writes, to be a reply or for the log.
const LINE_BYTES_MAX: usize = 64 << 10;

/// The most bytes of a reply: a frame of the channel.
const REPLY_BYTES_MAX: u64 = JOBS.limits.frame_bytes as u64;

/// A program that is started for each request.
#[derive(Debug, Clone)]
pub struct Exec {
    /// The program and its arguments.
    pub words: Vec<String>,
    /// Whether each line that it writes is a reply: the last one is final, those before it are partial.
    pub replies_by_line: bool,
}

/// Looks for the program before there are requests for it.
///
/// # Errors
/// There is none, or it may not be executed.
pub fn check(words: &[String]) -> io::Result<()> {
    let program = words.first().map_or("", String::as_str);
    let folders = env::var_os("PATH").unwrap_or_else(|| "/bin:/usr/bin".into());
    let is_there = if program.contains('/') {
        is_executable(Path::new(program))
    } else {
        env::split_paths(&folders).any(|folder| is_executable(&folder.join(program)))
    };
    if is_there { Ok(()) } else { Err(io::Error::other(format!("there is no program {}", foreign(program)))) }
}

fn is_executable(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

impl Handler for Exec {
    fn handle(&self, request: &Request) -> Result<Frames, String> {
        let (program, arguments) = self.words.split_first().ok_or("there is no command")?;
        let mut command = Command::new(program);
        command.args(arguments).env(JOB_VARIABLE, request.id());
        command.stdin(Stdio::piped()).stderr(Stdio::piped());
        let result = if self.replies_by_line { by_line(command, request) } else { whole(command, request) };
        result.map_err(|error| error.to_string())
    }
}

/// All that the program writes is the reply.
fn whole(mut command: Command, request: &Request) -> io::Result<Frames> {
    // A file and no pipe: the reply may have any bytes, and the program never waits for its reader.
    let mut output = tempfile::tempfile()?;
    command.stdout(output.try_clone()?);
    run(command, request, |_| Ok(()))?;
    let length = output.metadata()?.len();
    if length > REPLY_BYTES_MAX {
        return Err(io::Error::other(format!("the reply has {length} bytes, more than {REPLY_BYTES_MAX}")));
    }
    let mut reply = Vec::new();
    output.rewind()?;
    output.read_to_end(&mut reply)?;
    Ok([reply].into_iter().collect())
}

/// Each line is a reply.
fn by_line(mut command: Command, request: &Request) -> io::Result<Frames> {
    command.stdout(Stdio::piped());
    let mut last: Option<Frames> = None;
    run(command, request, |line| {
        if line.len() > LINE_BYTES_MAX {
            return Err(io::Error::other(format!("a line has more than {LINE_BYTES_MAX} bytes")));
        }
        if let Some(before) = last.replace([line].into_iter().collect())
            && let Ok(body) = Body::of(&before, 0)
        {
            request.reply(body);
        }
        Ok(())
    })?;
    Ok(last.unwrap_or_else(|| [""].into_iter().collect()))
}

/// Runs the program to its end, unless no client waits for it any more, or `printed` fails: then it is killed, with all that
/// it has started.
fn run(mut command: Command, request: &Request, mut printed: impl FnMut(String) -> io::Result<()>) -> io::Result<()> {
    let (sender, events) = channel();
    let program = command.get_program().to_string_lossy().into_owned();
    // In its own group, as Ctrl-C in a terminal is for the worker, which lets the program finish. Sending fails only after the
    // loop has ended.
    let mut child = Child::start_script(&mut command, LINE_BYTES_MAX, move |event| drop(sender.send(event)))
        .map_err(|error| io::Error::other(format!("cannot start {program}: {error}")))?;
    let body = request.body().clone();
    child.feed(move |mut input| body.iter().try_for_each(|frame| input.write_all(frame)))?;
    let child = Arc::new(Mutex::new(Some(child)));
    let kill = move || drop(child.lock().unwrap_or_else(PoisonError::into_inner).take());
    request.cancelled().then(kill.clone());
    let mut last_logged = None;
    for event in events {
        match event {
            Event::Printed(line) => printed(line).inspect_err(|_| kill())?,
            Event::Logged(line) => {
                info!(line = %foreign(&line), "the program logs");
                last_logged = Some(line);
            }
            Event::Exited(Exit::Code(0)) => return Ok(()),
            Event::Exited(exit) => {
                let log = last_logged.map(|line| format!(": {line}")).unwrap_or_default();
                return Err(io::Error::other(format!("{exit}{log}")));
            }
        }
    }
    Err(io::Error::other("the program's exit is not known"))
}

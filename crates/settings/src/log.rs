//! The log on standard error: one line per event, whatever its fields contain, and no event ends the program.

use std::{fmt::Debug, io};

use tracing::field::{Field, Visit};
use tracing_subscriber::{
    EnvFilter,
    field::{MakeVisitor, VisitFmt, VisitOutput},
    fmt::format::{DefaultVisitor, Writer},
};
use wire::foreign;

/// Sends the log to standard error, away from the data. `RUST_LOG` sets its level (`info` without it). A line that
/// cannot be written (a full disk, a reader that has left) is dropped.
pub(crate) fn to_stderr() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let ansi = io::IsTerminal::is_terminal(&io::stderr());
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(ansi)
        .with_target(false)
        // Reporting a failed write would be another write to standard error, and that one panics.
        .log_internal_errors(false)
        .fmt_fields(SafeFields)
        .init();
}

/// Formats fields as tracing-subscriber does, with their values as [`foreign`] text: many come from peers and files.
struct SafeFields;

impl<'a> MakeVisitor<Writer<'a>> for SafeFields {
    type Visitor = SafeVisitor<'a>;

    fn make_visitor(&self, writer: Writer<'a>) -> SafeVisitor<'a> {
        SafeVisitor(DefaultVisitor::new(writer, true))
    }
}

struct SafeVisitor<'a>(DefaultVisitor<'a>);

impl Visit for SafeVisitor<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let text = format!("{value:?}");
        self.0.record_debug(field, &format_args!("{}", foreign(&text)));
    }
}

impl VisitOutput<std::fmt::Result> for SafeVisitor<'_> {
    fn finish(self) -> std::fmt::Result {
        self.0.finish()
    }
}

impl VisitFmt for SafeVisitor<'_> {
    fn writer(&mut self) -> &mut dyn std::fmt::Write {
        self.0.writer()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tracing::{info, subscriber::with_default};

    use super::*;

    /// What `event` writes to a log.
    fn logged(event: impl FnOnce()) -> String {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&bytes);
        let log = tracing_subscriber::fmt()
            .with_ansi(false)
            .without_time()
            .with_target(false)
            .fmt_fields(SafeFields)
            .with_writer(move || Sink(Arc::clone(&sink)))
            .finish();
        with_default(log, event);
        String::from_utf8(bytes.lock().unwrap().clone()).unwrap()
    }

    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_value_can_neither_fake_a_line_nor_control_a_terminal() {
        let worker = "rust:\u{1b}[2J\u{9b}0m\n INFO all is well\u{202e}";
        let line = logged(|| info!(%worker, ready = 3, "worker {worker}"));
        let shown = "rust:\\u{1b}[2J\\u{9b}0m\\n INFO all is well\\u{202e}";
        assert_eq!(line, format!(" INFO worker {shown} worker={shown} ready=3\n"));
    }

    #[test]
    fn a_line_is_bounded() {
        let reason = "x".repeat(1 << 20);
        assert!(logged(|| info!(%reason, "refused")).len() < 5_000);
    }
}

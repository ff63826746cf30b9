//! The output of a watcher: a live table, lines of text, or lines of JSON.

use std::{
    collections::HashMap,
    io::{self, Write as _},
    time::Instant,
};

use jiff::Timestamp;
use observatory::{Change, Observatory, Presence, Process};
use sockets::{Output, Stop};
use wire::{
    plural,
    report::{ProcessId, Report},
};

use crate::{
    json::{self, JsonChange, JsonReport, Totals},
    screen::Screen,
    sentence,
    table::Layout,
    target,
    watcher::Show,
};

/// Shows reports in one of these ways.
#[derive(Debug)]
pub struct View {
    show: Show,
    layout: Layout,
    output: Output,
    screen: Option<Screen>,
    /// The names of the processes that have been shown, for their last line.
    names: HashMap<ProcessId, String>,
}

impl View {
    /// A view that shows nothing yet.
    #[must_use]
    pub fn new(show: Show, layout: Layout, stop: &Stop) -> Self {
        let screen = (show == Show::Table).then(|| Screen::new(Instant::now()));
        Self { show, layout, output: Output::new(stop), screen, names: HashMap::new() }
    }

    /// Whether there is a table, which log lines would tear.
    #[must_use]
    pub const fn is_table(&self) -> bool {
        self.screen.is_some()
    }

    /// A report arrived, and changed this.
    ///
    /// # Errors
    /// Standard output is closed.
    pub fn report(&mut self, report: &Report, changes: &[Change], observatory: &Observatory) -> io::Result<()> {
        if self.show == Show::Table {
            return Ok(());
        }
        let process = match report {
            Report::State(state) => state.process,
            Report::Event(event) => event.process,
            Report::Message(message) => message.process,
        };
        // The name of a process that is gone is forgotten with its last change, and its last state is still to be shown.
        let name = self.name(process, observatory);
        self.changes(changes, observatory)?;
        let Some(name) = name else { return Ok(()) };
        match (self.show, report) {
            (Show::Json, Report::State(state)) => json::write_line(self.output.line()?, &JsonReport::State(state)),
            (Show::Json, Report::Event(event)) => json::write_line(self.output.line()?, &JsonReport::event(event)),
            (Show::Lines, Report::Event(event)) => self.write_sentence(&sentence::event(event, &name)),
            _ => Ok(()),
        }
    }

    /// This has changed.
    ///
    /// # Errors
    /// Standard output is closed.
    pub fn changes(&mut self, changes: &[Change], observatory: &Observatory) -> io::Result<()> {
        if self.show == Show::Table {
            return Ok(());
        }
        // A state may change thousands of connections, so the filter looks at each process once.
        for of_process in changes.chunk_by(|a, b| a.process() == b.process()) {
            let id = of_process[0].process();
            let Some(name) = self.name(id, observatory) else { continue };
            let process = observatory.process(id);
            for change in of_process {
                match self.show {
                    Show::Table => {}
                    Show::Json => json::write_line(self.output.line()?, &JsonChange::of(change))?,
                    Show::Lines => self.write_sentence(&sentence::change(change, &name, process))?,
                }
            }
            if process.is_none_or(|process| process.presence() == Presence::Gone) {
                self.names.retain(|known, _| *known != id && observatory.process(*known).is_some());
            }
        }
        Ok(())
    }

    /// Writes buffered lines.
    ///
    /// # Errors
    /// Standard output is closed.
    pub fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }

    /// Draws the table with a status line below it.
    pub fn redraw(&mut self, now: Instant, observatory: &Observatory, status: String) {
        if let Some(screen) = &mut self.screen {
            screen.draw(now, self.layout.rows(observatory, Screen::width()), status);
        }
    }

    /// The time of the table's next drawing.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        self.screen.as_ref().map(Screen::next_deadline)
    }

    /// Shows the totals. A table is drawn a last time if there is a status line: after Ctrl-C there must be none, because
    /// its echo has moved the cursor.
    ///
    /// # Errors
    /// Standard output is closed.
    pub fn finish(mut self, totals: &Totals, observatory: &Observatory, status: Option<String>) -> io::Result<()> {
        if let Some(status) = status {
            self.redraw(Instant::now(), observatory, status);
        }
        let line = self.output.line()?;
        if let Some(screen) = self.screen.take() {
            screen.finish();
            line.push(b'\n');
        }
        match self.show {
            Show::Json => json::write_line(line, totals)?,
            Show::Table | Show::Lines => {
                let Totals { reports, malformed, processes } = totals;
                let processes = match processes {
                    1 => "1 process reports".to_owned(),
                    count => format!("{count} processes report"),
                };
                writeln!(line, "{} received, {malformed} malformed; {processes}", plural(*reports, "report"))?;
            }
        }
        self.output.flush()
    }

    /// The name of a process that is shown; `None` if it is not.
    fn name(&mut self, id: ProcessId, observatory: &Observatory) -> Option<String> {
        match observatory.process(id).map(Process::state) {
            Some(state) if self.layout.shows(state) => {
                Some(self.names.entry(id).or_insert_with(|| target::name(state)).clone())
            }
            Some(_) => None,
            None => self.names.get(&id).cloned(),
        }
    }

    fn write_sentence(&mut self, sentence: &str) -> io::Result<()> {
        writeln!(self.output.line()?, "{:.3} {sentence}", Timestamp::now())
    }
}

//! The table: the checks by section, a line as soon as each is over, and one line of summary.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use wire::plural;

use super::super::{Candidate, Check, Conclusion, Outcome, Plan, Verdicts, run::Follow};

/// The columns of a line.
const WIDTH: usize = 80;

/// Where the name of a check begins.
const NAME_AT: usize = 10;

/// Where its claim begins.
const CLAIM_AT: usize = 36;

/// Where the reason of a failure begins.
const REASON_AT: usize = 10;

/// A table that is written while the checks run.
pub struct Table<W> {
    to: W,
    name: &'static str,
    section: &'static str,
}

impl<W: Write> Table<W> {
    /// Writes the head: the role, and the program.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn begin(mut to: W, plan: &Plan, candidate: &Candidate) -> io::Result<Self> {
        let arguments = match plan.role.arguments {
            "" => String::new(),
            arguments => format!(" {arguments}"),
        };
        writeln!(to, "{}: {}{arguments}", plan.role.name, candidate.command())?;
        Ok(Self { to, name: plan.role.name, section: "" })
    }
}

impl<W: Write> Follow for Table<W> {
    fn handle_outcome(&mut self, Outcome { check, conclusion }: &Outcome) -> io::Result<()> {
        let (word, colour) = match conclusion {
            Conclusion::Passed => ("ok", AnsiColor::Green),
            Conclusion::Unsupported => ("absent", AnsiColor::Yellow),
            Conclusion::Failed(_) => ("FAILED", AnsiColor::Red),
            // The summary counts these.
            Conclusion::NotRun => return Ok(()),
        };
        if check.section != self.section {
            self.section = check.section;
            write_section(&mut self.to, check.section)?;
        }
        write_check(&mut self.to, word, colour.on_default(), check)?;
        if let Conclusion::Failed(reason) = conclusion {
            for line in wrap(reason, WIDTH - REASON_AT) {
                writeln!(self.to, "{:REASON_AT$}{line}", "")?;
            }
        }
        self.to.flush()
    }

    fn handle_end(&mut self, verdicts: &Verdicts) -> io::Result<()> {
        let (passed, required) = (verdicts.passed(), verdicts.required());
        let mut parts = vec![format!("{passed} of {} passed", plural(required as u64, "check"))];
        if verdicts.not_run() > 0 {
            parts.push(format!("{} not run, as the program shows no sign of life", verdicts.not_run()));
        }
        let unsupported = verdicts.unsupported();
        if !unsupported.is_empty() {
            parts.push(format!("without {}", unsupported.join(", ")));
        }
        let style = if passed == required { AnsiColor::Green } else { AnsiColor::Red }.on_default().bold();
        let (name, seconds) = (self.name, verdicts.time.as_secs_f64());
        writeln!(self.to, "\n{style}{name}: {}{style:#}, in {seconds:.1} s", parts.join("; "))?;
        self.to.flush()
    }
}

/// Lists the checks of a plan by section.
pub(super) fn list(to: &mut impl Write, plan: &Plan) -> io::Result<()> {
    let arguments = if plan.role.arguments.is_empty() { "none" } else { plan.role.arguments };
    let role = format!("{}, protocol-docs/{}; its arguments: {arguments}", plan.role.name, plan.role.page);
    wrap(&role, WIDTH).iter().try_for_each(|line| writeln!(to, "{line}"))?;
    let mut section = "";
    for check in &plan.checks {
        if check.section != section {
            section = check.section;
            write_section(to, section)?;
        }
        write_check(to, "", Style::new(), check)?;
    }
    Ok(())
}

fn write_section(to: &mut impl Write, section: &str) -> io::Result<()> {
    let bold = Style::new().bold();
    writeln!(to, "\n{bold}protocol-docs/{section}{bold:#}")
}

fn write_check(to: &mut impl Write, word: &str, style: Style, check: &Check) -> io::Result<()> {
    let claim = match check.extension {
        Some(extension) => format!("{} (extension {extension})", check.claim),
        None => check.claim.to_owned(),
    };
    let mut lines = wrap(&claim, WIDTH - CLAIM_AT).into_iter();
    let (first, name_width, word_width) = (lines.next().unwrap_or_default(), CLAIM_AT - NAME_AT - 1, NAME_AT - 3);
    writeln!(to, "  {style}{word:word_width$}{style:#} {:name_width$} {first}", check.name)?;
    lines.try_for_each(|line| writeln!(to, "{:CLAIM_AT$}{line}", ""))
}

/// Lines of at most `width` characters; a word that is longer has its own line and is cut into several.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split_whitespace() {
        let letters: Vec<char> = word.chars().collect();
        for part in letters.chunks(width) {
            if used > 0 && used + 1 + part.len() > width {
                lines.push(String::new());
                used = 0;
            }
            if let Some(line) = lines.last_mut() {
                if used > 0 {
                    line.push(' ');
                    used += 1;
                }
                line.extend(part);
            }
            used += part.len();
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::{ROLES, Verdict};

    #[test]
    fn text_is_wrapped_at_words_and_long_words_are_cut() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefghij kl", 4), ["abcd", "efgh", "ij", "kl"]);
        assert_eq!(wrap("", 4), [""]);
    }

    #[test]
    fn no_line_of_any_role_is_longer_than_a_terminal() {
        for (role, checks) in ROLES {
            let plan = Plan { role: *role, checks: checks.iter().collect() };
            let mut text = Vec::new();
            list(&mut anstream::StripStream::new(&mut text), &plan).unwrap();
            let text = String::from_utf8(text).unwrap();
            assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
            let longest = CLAIM_AT - NAME_AT - 1;
            assert!(checks.iter().all(|check| check.name.len() <= longest), "{}: a name is too long", role.name);
        }
    }

    #[test]
    fn a_failure_is_explained_and_the_summary_counts() {
        const CHECK: Check = Check {
            name: "tail-unchanged",
            section: "valuz.md#the-worker",
            claim: "every frame of the tail is copied to the result",
            extension: Some("report"),
            run: |_| Verdict::Ok(()),
        };
        static CHECKS: [Check; 1] = [CHECK];
        let outcome = |conclusion| Outcome { check: &CHECKS[0], conclusion };
        let outcomes = vec![
            outcome(Conclusion::Passed),
            outcome(Conclusion::Failed("expected [01], seen [02]".to_owned())),
            outcome(Conclusion::Unsupported),
        ];
        let verdicts = Verdicts { outcomes, time: std::time::Duration::from_millis(1_250) };
        let mut text = Vec::new();
        let mut table = Table { to: anstream::StripStream::new(&mut text), name: "worker", section: "" };
        verdicts.outcomes.iter().for_each(|outcome| table.handle_outcome(outcome).unwrap());
        table.handle_end(&verdicts).unwrap();
        let expected = "
protocol-docs/valuz.md#the-worker
  ok      tail-unchanged            every frame of the tail is copied to the
                                    result (extension report)
  FAILED  tail-unchanged            every frame of the tail is copied to the
                                    result (extension report)
          expected [01], seen [02]
  absent  tail-unchanged            every frame of the tail is copied to the
                                    result (extension report)

worker: 1 of 2 checks passed; without report, in 1.2 s
";
        assert_eq!(String::from_utf8(text).unwrap(), expected);
    }
}

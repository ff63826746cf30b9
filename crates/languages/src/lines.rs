//! Lines of code: those that are neither blank nor comments.

/// How comments look in a language, by the extension of its files.
struct Comments {
    /// They begin a line, and last to its end.
    line: &'static [&'static str],
    /// They begin with the first and end with the second.
    block: &'static [(&'static str, &'static str)],
}

const C: Comments = Comments { line: &["//"], block: &[("/*", "*/")] };
const HASH: Comments = Comments { line: &["#"], block: &[] };

fn comments(extension: &str) -> Comments {
    match extension {
        "py" => Comments { line: &["#"], block: &[("\"\"\"", "\"\"\"")] },
        "rb" => Comments { line: &["#"], block: &[("=begin", "=end")] },
        "pl" => Comments { line: &["#"], block: &[("=pod", "=cut")] },
        "hs" => Comments { line: &["-- ", "--|"], block: &[("{-", "-}")] },
        "lua" | "sql" => Comments { line: &["--"], block: &[("--[[", "]]")] },
        "m" => Comments { line: &["%", "#"], block: &[("%{", "%}")] },
        "php" => Comments { line: &["//", "# "], block: &[("/*", "*/")] },
        "r" | "R" | "tcl" | "sh" => HASH,
        _ => C,
    }
}

/// The lines of code in a file with this extension. A comment behind code does not matter; one that begins a line does.
#[must_use]
pub fn code(text: &str, extension: &str) -> usize {
    let Comments { line: lines, block: blocks } = comments(extension);
    let (mut open, mut count) = (None::<&str>, 0);
    for line in text.lines().map(str::trim) {
        if let Some(end) = open {
            open = (!line.contains(end)).then_some(end);
        } else if let Some((begin, end)) = blocks.iter().find(|(begin, _)| line.starts_with(begin)) {
            open = (!line[begin.len()..].contains(end)).then_some(end);
        } else if !line.is_empty() && line != "--" && !lines.iter().any(|mark| line.starts_with(mark)) {
            count += 1;
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_and_comments_do_not_count() {
        assert_eq!(code("/* a\n b */\n\nint x; // y\n// z\n/* one line */\n}\n", "c"), 2);
        assert_eq!(code("# a\n\"\"\"Text.\n\nmore\n\"\"\"\nx = \"\"\"\n", "py"), 1);
        assert_eq!(code("{- a\n-}\n-- b\n--\nmain = pure ()\n", "hs"), 1);
        assert_eq!(code("#!/usr/bin/perl\nuse strict;\n=pod\ntext\n=cut\nexit;\n", "pl"), 2);
        assert_eq!(code("--[[ a\nb ]]\n--\n-- c\nffi.cdef [[\n  int getpid(void);\n]]\n", "lua"), 3);
    }
}

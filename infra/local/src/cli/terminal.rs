//! Standard output.

use std::io::Write as _;

/// Writes a line to standard output. A closed output is no failure.
pub(super) fn print_line(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

//! What commands write to standard output.

use std::io::Write as _;

/// Writes a line to standard output. Nobody may be reading any more: that is no failure.
pub(super) fn say(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

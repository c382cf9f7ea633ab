//! Colours of the terminal.

/// Colours for a terminal, or none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Palette {
    coloured: bool,
}

impl Palette {
    /// Colours if the stream is a terminal and `NO_COLOR` is unset or empty.
    pub fn of(stream: &impl std::io::IsTerminal) -> Self {
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self::new(stream.is_terminal() && !unwanted)
    }

    /// Colours or none.
    pub const fn new(coloured: bool) -> Self {
        Self { coloured }
    }

    /// Bold text.
    pub fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }

    /// Faint text.
    pub fn faint(self, text: &str) -> String {
        self.paint("2", text)
    }

    /// A status code: green below 400, yellow below 500, else red.
    pub fn status(self, status: u16) -> String {
        let code = match status {
            0..400 => "32",
            400..500 => "33",
            _ => "31",
        };
        self.paint(code, &status.to_string())
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.coloured { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

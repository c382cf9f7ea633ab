//! The commands of the guide, and what they call.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, process::Command};

/// The programs that are replaced.
const PROGRAMS: [&str; 3] = ["aws", "cargo", "sam"];
/// Between the words of a call, and after a call.
const WORD_END: char = '\u{1f}';
const CALL_END: char = '\u{1e}';
/// A merchant's id without its prefix.
pub(super) const MERCHANT_BARE: &str = "000001f2Tnpj0Wah93PB3I";
/// What the guide leaves to its reader: ids and names of one's own.
const OF_THE_READER: &[(&str, &str)] = &[
    ("MERCHANT", "acct_000001f2Tnpj0Wah93PB3I"),
    ("MERCHANT_BARE", MERCHANT_BARE),
    ("KEY", "key_000001f2Tnpj0Wah93PB3I"),
    ("KEY_ID", "08c94330-f618-42a3-b09d-e1e43be5efda"),
    ("DISPUTE", "dp_000001f2Tnpj0Wah93PB3I"),
    ("MID", "MID1"),
    ("QUOTA", "L-B99A9384"),
    ("BACKUP", "arn:aws:dynamodb:us-east-1:111122223333:table/tollgate/backup/01489602797149-73d8d5bc"),
    ("PUBLISH_EVENTS", "publish-events"),
    ("OLD_MAPPING", "14e0db71-0000-0000-0000-000000000000"),
    ("TABLE_ARN", "arn:aws:dynamodb:us-east-1:111122223333:table/tollgate"),
    ("BUCKET", "exports"),
];
/// What stands for something in a command within the text, and how it is written in the shell.
const PLACEHOLDERS: &[(&str, &str)] = &[
    ("--stack STACK", "--stack \"$STACK\""),
    ("acct_…", "\"$MERCHANT\""),
    ("PAY#…", "'PAY#000001f2Tnpj0Wah93PB3I'"),
    ("retire-vault-key n", "retire-vault-key 1"),
    ("--after NEXT", "--after 'M#1|#'"),
];

/// One call of a program.
#[derive(Clone, Debug)]
pub(super) struct Call {
    program: String,
    arguments: Vec<String>,
}

impl Call {
    /// The arguments of a call of this program.
    pub(super) fn of(&self, program: &str) -> Option<Vec<String>> {
        (self.program == program && !self.arguments.is_empty()).then(|| self.arguments.clone())
    }

    pub(super) fn arguments(&self) -> &[String] {
        &self.arguments
    }
}

/// The blocks of shell commands, without the indentation of the lists that they are in. Blocks of other languages are left out.
pub(super) fn blocks(guide: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut block: Option<(usize, bool, String)> = None;
    for line in guide.lines() {
        let text = line.trim_start();
        match &mut block {
            None if text.starts_with("```") => {
                block = Some((line.len() - text.len(), text == "```sh", String::new()));
            }
            None => {}
            Some((_, is_shell, _)) if text == "```" => {
                let is_shell = *is_shell;
                blocks.extend(block.take().filter(|_| is_shell).map(|(_, _, text)| text));
            }
            Some((indent, _, block)) => {
                block.push_str(line.get(*indent..).unwrap_or_default());
                block.push('\n');
            }
        }
    }
    assert!(block.is_none() && blocks.len() > 15, "{}", blocks.len());
    blocks
}

/// The pieces of code within the text.
pub(super) fn inline(guide: &str) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut in_block = false;
    let mut text = String::new();
    for line in guide.lines() {
        let is_fence = line.trim_start().starts_with("```");
        in_block ^= is_fence;
        if !in_block && !is_fence {
            text.push_str(line);
            // A piece may go on in the next line.
            text.push(' ');
        }
    }
    for (n, piece) in text.split('`').enumerate() {
        if n % 2 == 1 {
            pieces.push(piece.to_owned());
        }
    }
    pieces
}

/// The commands within the text, as the shell reads them: of the programs, and of the operator's tool by their bare names.
pub(super) fn inline_commands(guide: &str) -> Vec<String> {
    let of_admin = super::names::admin_commands();
    inline(guide)
        .into_iter()
        .filter_map(|piece| {
            let first = piece.split(' ').next().unwrap_or_default();
            let command = if PROGRAMS.contains(&first) && piece.contains(' ') {
                piece
            } else if of_admin.contains(first) {
                format!("cargo admin {piece}")
            } else {
                return None;
            };
            let replaced = PLACEHOLDERS.iter().fold(command, |text, (from, to)| text.replace(from, to));
            Some(if replaced == "cargo admin" { "cargo admin --help".to_owned() } else { replaced })
        })
        .collect()
}

fn replace_program(folder: &Path, name: &str, record: &Path) {
    let script = format!(
        "#!/bin/bash\n{{ printf '%s{WORD_END}' {name} \"$@\"; printf '{CALL_END}'; }} >> {}\necho stub\n",
        record.display()
    );
    let path = folder.join(name);
    fs::write(&path, script).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Runs a script and gives what it called. An unknown variable, an unknown program or a failure ends it.
pub(super) fn calls(script: &str) -> Vec<Call> {
    let folder = tempfile::tempdir().unwrap();
    let record = folder.path().join("calls");
    for program in PROGRAMS {
        replace_program(folder.path(), program, &record);
    }
    for file in ["leaked-key.txt", "references.txt"] {
        fs::write(folder.path().join(file), "").unwrap();
    }
    let path = format!("{}:/usr/bin:/bin", folder.path().display());
    let output = Command::new("/bin/bash")
        .args(["-euo", "pipefail", "-c", script])
        .current_dir(folder.path())
        .env_clear()
        .env("PATH", path)
        .envs(OF_THE_READER.iter().copied())
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let record = fs::read_to_string(record).unwrap();
    let calls = record.split(CALL_END).filter(|call| !call.is_empty());
    calls
        .map(|call| {
            let mut words = call.trim_end_matches(WORD_END).split(WORD_END).map(str::to_owned);
            Call { program: words.next().unwrap(), arguments: words.collect() }
        })
        .collect()
}

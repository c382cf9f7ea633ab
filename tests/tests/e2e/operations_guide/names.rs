//! The names that the guide uses: of the templates, of the operator's tool, of files and of tests.

use std::{collections::BTreeSet, fs, path::Path, process::Command, sync::OnceLock};

use tollgate_tests::binary;

use super::commands::{Call, inline};
use crate::budgets::templates;

/// The stack of the guide, and of the templates as tests read them.
const STACK: &str = "tollgate-prod";
const STACK_OF_TEMPLATES: &str = "tollgate";
/// Commands of the operator's tool that the guide does not need.
pub(super) const NOT_IN_THE_GUIDE: &[&str] = &["set-scopes", "set-tier", "set-limit"];
/// Names with capitals that are AWS's, or that are said to be gone.
const NOT_OURS: &[&str] = &[
    "LatestRestorableDateTime",
    "Throttles",
    "WriteThrottleEvents",
    "NetworkTimeoutMs",
    "NetworkLookUpLagMs",
    "Api",
];

/// The commands of the operator's tool.
pub(super) fn admin_commands() -> &'static BTreeSet<String> {
    static COMMANDS: OnceLock<BTreeSet<String>> = OnceLock::new();
    COMMANDS.get_or_init(listed_commands)
}

fn listed_commands() -> BTreeSet<String> {
    let help = Command::new(binary("tollgate-admin")).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let commands = help.split("Commands:").nth(1).unwrap().split("Options:").next().unwrap();
    let lines = commands.lines().filter_map(|line| line.strip_prefix("  "));
    let names = lines.filter(|line| !line.starts_with(' ')).map(|line| line.split(' ').next().unwrap());
    names.filter(|name| !name.is_empty() && *name != "help").map(str::to_owned).collect()
}

/// Whether a word is a command of the operator's tool.
pub(super) fn is_command(word: &str) -> bool {
    admin_commands().contains(word)
}

/// What there is.
pub(super) struct Names {
    tables: BTreeSet<String>,
    queues: BTreeSet<String>,
    /// `template.yaml` by its parts.
    parameters: String,
    resources: String,
    outputs: String,
    /// All templates and `samconfig.toml`.
    all: String,
    sam: String,
}

impl Names {
    pub(super) fn read(root: &Path) -> Self {
        let cloud = templates();
        let read = |path: &str| fs::read_to_string(root.join(path)).unwrap();
        let template = read("template.yaml");
        let part = |from: &str, to: &str| {
            let after = template.split(&format!("\n{from}:\n")).nth(1).unwrap();
            after.split(&format!("\n{to}:\n")).next().unwrap().to_owned()
        };
        let mut all = format!("{template}{}", read("samconfig.toml"));
        let mut folders = vec![root.join("infra"), root.join("shared"), root.join("functions")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|end| end == "yaml" || end == "rs") {
                    all.push_str(&fs::read_to_string(path).unwrap());
                }
            }
        }
        Self {
            tables: cloud.tables.iter().map(|table| table.name.clone()).collect(),
            queues: cloud.queues.iter().map(|queue| queue.name.clone()).collect(),
            parameters: part("Parameters", "Resources"),
            resources: part("Resources", "Outputs"),
            outputs: template.split("\nOutputs:\n").nth(1).unwrap().to_owned(),
            sam: read("samconfig.toml"),
            all,
        }
    }

    fn has(part: &str, name: &str) -> bool {
        part.lines().any(|line| line.starts_with(&format!("  {name}:")))
    }

    fn has_table(&self, name: &str) -> bool {
        let live = name.replace(&format!("{STACK}-restored"), STACK).replace(STACK, STACK_OF_TEMPLATES);
        self.tables.contains(&live)
    }

    /// The names in a call that there are not.
    pub(super) fn lacking(&self, call: &Call) -> Vec<String> {
        let mut lacking = Vec::new();
        let arguments = call.arguments();
        for (option, value) in arguments.iter().zip(arguments.iter().skip(1)) {
            let is_there = match option.as_str() {
                "--table-name" | "--source-table-name" | "--target-table-name" => self.has_table(value),
                "--from" => self.has_table(value) && self.has_table(&format!("{value}-events")),
                "--queue-name" => self.queues.contains(&value.replace(STACK, STACK_OF_TEMPLATES)),
                "--stack-name" | "--stack" => value == STACK && self.sam.contains(&format!("\"{value}\"")),
                "--logical-resource-id" => Self::has(&self.resources, value),
                "--config-env" => self.sam.contains(&format!("[{value}.deploy.parameters]")),
                "--index-name" => self.resources.contains(&format!("IndexName: {value}\n")),
                "--parameter-overrides" => {
                    value.split_once('=').is_some_and(|(name, _)| Self::has(&self.parameters, name))
                }
                _ => true,
            };
            if !is_there {
                lacking.push(format!("{option} {value}"));
            }
        }
        let outputs = arguments.iter().flat_map(|word| word.split("OutputKey=='").skip(1));
        let outputs = outputs.map(|rest| rest.split('\'').next().unwrap());
        lacking.extend(outputs.filter(|name| !Self::has(&self.outputs, name)).map(str::to_owned));
        lacking
    }
}

/// What the text names and there is not: files, tests, and names with capitals.
pub(super) fn written(guide: &str, names: &Names, root: &Path) -> Vec<String> {
    let mut unknown: Vec<String> = links(guide).filter(|link| !is_link(link, guide, root)).collect();
    for piece in inline(guide) {
        let is_known = if let Some(test) = piece.strip_prefix("e2e ") {
            is_test(test, root)
        } else if piece.contains('/')
            && [".rs", ".md", ".json", ".toml"].iter().any(|end| piece.ends_with(end))
        {
            piece.contains("NAME") || root.join(&piece).exists()
        } else if is_capitalized(&piece) || piece.starts_with("TOLLGATE_") {
            NOT_OURS.contains(&piece.as_str()) || names.all.contains(piece.split('=').next().unwrap())
        } else if piece.ends_with("dead-letters") {
            let queue = piece.trim_start_matches("STACK-");
            names.queues.contains(&format!("{STACK_OF_TEMPLATES}-{queue}"))
        } else {
            true
        };
        if !is_known {
            unknown.push(piece);
        }
    }
    unknown
}

/// A name such as `ThrottleRate`.
fn is_capitalized(piece: &str) -> bool {
    let is_name = piece.chars().all(|c| c.is_ascii_alphanumeric());
    is_name
        && piece.starts_with(|c: char| c.is_ascii_uppercase())
        && piece.chars().any(|c| c.is_ascii_lowercase())
}

/// A test, as `rotation::the_vaults_key_…`, or a file of tests, as `restore::`.
fn is_test(path: &str, root: &Path) -> bool {
    let (module, name) = path.rsplit_once("::").unwrap();
    let file = format!("tests/tests/e2e/{}", module.replace("::", "/"));
    let files = [format!("{file}.rs"), format!("{file}/mod.rs")];
    let text = files.iter().find_map(|file| fs::read_to_string(root.join(file)).ok());
    text.is_some_and(|text| name.is_empty() || text.contains(&format!("fn {name}()")))
}

fn links(guide: &str) -> impl Iterator<Item = String> {
    guide.split("](").skip(1).map(|rest| rest.split(')').next().unwrap().to_owned())
}

/// Whether a link leads to a file or to a heading of the guide.
fn is_link(link: &str, guide: &str, root: &Path) -> bool {
    if link.starts_with("https://") {
        return true;
    }
    let (file, heading) = link.split_once('#').unwrap_or((link, ""));
    if !file.is_empty() {
        return root.join("docs").join(file).exists();
    }
    let anchor = |line: &str| {
        let title = line.trim_start_matches('#').trim().to_lowercase();
        let kept = title.chars().filter(|c| c.is_ascii_alphanumeric() || *c == ' ' || *c == '-');
        kept.map(|c| if c == ' ' { '-' } else { c }).collect::<String>()
    };
    guide.lines().filter(|line| line.starts_with('#')).any(|line| anchor(line) == heading)
}

//! The table of `docs/capabilities.md`: every capability has one row, every test that a row names exists, and every row says
//! what it waits for where nothing proves it.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use tollgate_tests::root;

/// The groups of the table and how many capabilities each has, numbered from 1.
const GROUPS: &[(&str, usize)] = &[
    ("direct", 24),
    ("simple", 7),
    ("intents", 59),
    ("checkout", 16),
    ("charges", 19),
    ("contradiction", 35),
];
/// All of them.
const CAPABILITY_COUNT: usize = 160;
/// What a row may wait for.
const HEADINGS: &[&str] = &[
    "subscriptions",
    "live payments",
    "SDKs",
    "dashboard",
    "hosts",
    "service levels",
    "tests",
    NO_BEHAVIOUR,
];
/// The heading of rows where there is nothing to prove.
const NO_BEHAVIOUR: &str = "no behaviour";
/// What stands in a cell that says nothing.
const EMPTY: &str = "–";
/// The folders of crates that have unit tests.
const CRATE_FOLDERS: &[&str] = &["shared", "functions", "infra"];

/// A capability.
struct Row<'a> {
    group: &'a str,
    number: usize,
    /// The tests that prove it, as `<suite> <path>`.
    tests: Vec<&'a str>,
    /// Whether it says that a part is not proved.
    is_lacking: bool,
    /// What it waits for.
    headings: Vec<&'a str>,
}

impl<'a> Row<'a> {
    /// Reads a line of a table: `| group number | what | tests | what is not proved | headings |`.
    fn parse(line: &'a str) -> Option<Self> {
        let cells: Vec<&str> = line.strip_prefix("| ")?.strip_suffix(" |")?.split(" | ").collect();
        let [id, what, tests, lacks, headings] = cells[..] else {
            return None;
        };
        let (group, number) = id.split_once(' ')?;
        let list = |cell: &'a str| match cell {
            EMPTY => Vec::new(),
            cell => cell.split(", ").collect(),
        };
        let tests = list(tests).into_iter();
        Some(Self {
            group,
            number: number.parse().ok().filter(|_| !what.is_empty())?,
            tests: tests.map(|test| test.strip_prefix('`')?.strip_suffix('`')).collect::<Option<_>>()?,
            is_lacking: lacks != EMPTY,
            headings: list(headings),
        })
    }

    fn name(&self) -> String {
        format!("{} {}", self.group, self.number)
    }
}

/// The file of the test suite or of the crate that begins all its modules.
fn top_file(root: &Path, suite: &str) -> Option<PathBuf> {
    let of_suite = root.join("tests/tests").join(suite).join("main.rs");
    let of_crates = CRATE_FOLDERS.iter().flat_map(|folder| {
        let source = root.join(folder).join(suite).join("src");
        [source.join("lib.rs"), source.join("main.rs")]
    });
    std::iter::once(of_suite).chain(of_crates).find(|file| file.is_file())
}

/// The text of the module that a path leads to, if every module on the way is declared by the one before.
fn module_text(root: &Path, suite: &str, modules: &[&str]) -> Option<String> {
    let top = top_file(root, suite)?;
    let mut folder = top.parent()?.to_owned();
    let mut text = fs::read_to_string(top).ok()?;
    for module in modules {
        let is_declared = |end: &str| {
            let declaration = format!("mod {module}{end}");
            text.lines().any(|line| {
                let line = line.trim();
                line == declaration || (line.starts_with("pub") && line.ends_with(&format!(" {declaration}")))
            })
        };
        if is_declared(" {") {
            let (_, inside) = text.split_once(&format!("mod {module} {{"))?;
            text = inside.to_owned();
        } else if is_declared(";") {
            let file = folder.join(format!("{module}.rs"));
            folder.push(module);
            text = fs::read_to_string(file).or_else(|_| fs::read_to_string(folder.join("mod.rs"))).ok()?;
        } else {
            return None;
        }
    }
    Some(text)
}

/// Whether a text declares a function of this name under a test's attribute, and does not have it ignored.
fn declares_test(text: &str, name: &str) -> bool {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let declaration = format!("fn {name}(");
    let is_declared = |line: &str| line.trim_start_matches("async ").starts_with(&declaration);
    lines.iter().enumerate().any(|(at, line)| {
        let above = || {
            let lines = lines[..at].iter().rev();
            lines.take_while(|line| line.starts_with("#[") || line.starts_with("//"))
        };
        is_declared(line)
            && above().any(|line| line.starts_with("#[test]") || line.starts_with("#[tokio::test"))
            && !above().any(|line| line.starts_with("#[ignore"))
    })
}

/// Whether there is a test `<suite> <path>` in the sources.
fn test_exists(root: &Path, test: &str) -> bool {
    let found = || {
        let (suite, path) = test.split_once(' ')?;
        let modules: Vec<&str> = path.split("::").collect();
        let (name, modules) = modules.split_last()?;
        let text = module_text(root, suite, modules)?;
        Some(declares_test(&text, name))
    };
    found().unwrap_or(false)
}

/// The rows of the groups' tables, and what is wrong with lines that are none.
fn read_rows(document: &str) -> (Vec<Row<'_>>, Vec<String>) {
    let (mut rows, mut problems) = (Vec::new(), Vec::new());
    let mut section = None;
    for line in document.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            section = Some(title);
        }
        let is_head = line.starts_with("| number |") || line.starts_with("|---");
        let Some(group) = section.filter(|_| line.starts_with('|') && !is_head) else {
            continue;
        };
        match Row::parse(line) {
            Some(row) if row.group == group => rows.push(row),
            _ => problems.push(format!("not a row of {group}: {line}")),
        }
    }
    (rows, problems)
}

/// What is wrong with one row by itself.
fn problems_of_row(row: &Row<'_>, exists: impl Fn(&str) -> bool) -> Vec<String> {
    let mut problems = Vec::new();
    let missing = row.tests.iter().filter(|test| !exists(test));
    problems.extend(missing.map(|test| format!("{}: there is no test {test}", row.name())));
    let unknown = row.headings.iter().filter(|heading| !HEADINGS.contains(heading));
    problems.extend(unknown.map(|heading| format!("{}: no heading is called {heading}", row.name())));
    if row.tests.is_empty() && row.headings.is_empty() {
        problems.push(format!("{}: neither a test nor a heading", row.name()));
    }
    if row.is_lacking == row.headings.is_empty() {
        problems.push(format!("{}: what is not proved waits for something, and only that", row.name()));
    }
    if row.headings.contains(&NO_BEHAVIOUR) && (row.headings.len() > 1 || !row.tests.is_empty()) {
        problems.push(format!("{}: what has no behaviour has nothing else", row.name()));
    }
    problems
}

/// The line of the first table that says how many rows of a group are proved, partly proved, waiting and without behaviour.
fn figures(group: &str, count: usize, rows: &[Row<'_>]) -> String {
    let number =
        |is_one: fn(&Row<'_>) -> bool| rows.iter().filter(|row| row.group == group && is_one(row)).count();
    format!(
        "| {group} | 1 to {count} | {} | {} | {} | {} |",
        number(|row| row.headings.is_empty()),
        number(|row| !row.headings.is_empty() && !row.tests.is_empty()),
        number(|row| row.tests.is_empty() && !row.headings.contains(&NO_BEHAVIOUR)),
        number(|row| row.headings.contains(&NO_BEHAVIOUR)),
    )
}

/// Everything that is wrong with the document.
fn problems_of(document: &str, exists: impl Fn(&str) -> bool) -> Vec<String> {
    let (rows, mut problems) = read_rows(document);
    for row in &rows {
        problems.extend(problems_of_row(row, &exists));
    }
    for (group, count) in GROUPS {
        for number in 1..=*count {
            let found = rows.iter().filter(|row| row.group == *group && row.number == number);
            match found.count() {
                0 => problems.push(format!("{group} {number} is missing")),
                1 => {}
                _ => problems.push(format!("{group} {number} has more than one row")),
            }
        }
        let line = figures(group, *count, &rows);
        if !document.lines().any(|known| known == line) {
            problems.push(format!("the figures of {group} are {line}"));
        }
    }
    let known = |row: &&Row<'_>| {
        let group = GROUPS.iter().find(|(group, _)| *group == row.group);
        group.is_some_and(|(_, count)| (1..=*count).contains(&row.number))
    };
    let strangers = rows.iter().filter(|row| !known(row));
    problems.extend(strangers.map(|row| format!("no capability is {}", row.name())));
    let waited_for: BTreeSet<&str> = rows.iter().flat_map(|row| row.headings.iter().copied()).collect();
    for heading in HEADINGS {
        if !waited_for.contains(heading) {
            problems.push(format!("nothing waits for {heading} any more"));
        }
        if !document.contains(&format!("\n- **{heading}**: ")) {
            problems.push(format!("the document does not say what {heading} is"));
        }
    }
    problems
}

fn document() -> String {
    fs::read_to_string(root().join("docs/capabilities.md")).unwrap()
}

#[test]
fn every_capability_is_proved_by_tests_that_exist_or_waits_for_known_work() {
    let all: usize = GROUPS.iter().map(|(_, count)| count).sum();
    assert_eq!(all, CAPABILITY_COUNT);
    let problems = problems_of(&document(), |test| test_exists(root(), test));
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn whatever_is_wrong_with_the_table_is_told() {
    let document = document();
    let line_of = |id: &str| {
        let start = format!("| {id} |");
        let line = document.lines().find(|line| line.starts_with(&start)).unwrap();
        format!("{line}\n")
    };
    let row = line_of("simple 3");
    let changed = |new: &str| document.replace(&row, new);
    let rewritten = |tests: &str, lacks: &str, headings: &str| {
        changed(&format!("| simple 3 | A wrong source | {tests} | {lacks} | {headings} |\n"))
    };
    let good = "`e2e simple::sources_and_declines`";
    for (wrong, told) in [
        (changed(""), "simple 3 is missing"),
        (changed(&row.repeat(2)), "simple 3 has more than one row"),
        (changed(&row.replace("simple 3", "simple 8")), "no capability is simple 8"),
        (changed(&row.replace("simple 3", "direct 3")), "not a row of simple"),
        (changed(&row.replace('`', "")), "not a row of simple"),
        (rewritten(EMPTY, EMPTY, EMPTY), "simple 3: neither a test nor a heading"),
        (rewritten(good, "All of it", EMPTY), "simple 3: what is not proved waits"),
        (rewritten(good, EMPTY, "tests"), "simple 3: what is not proved waits"),
        (rewritten(EMPTY, "All of it", "someday"), "simple 3: no heading is called someday"),
        (rewritten(good, "All of it", NO_BEHAVIOUR), "simple 3: what has no behaviour"),
        (rewritten("`e2e simple::sources`", EMPTY, EMPTY), "simple 3: there is no test e2e simple::sources"),
        (rewritten(good, "A part", "tests"), "the figures of simple are"),
    ] {
        let problems = problems_of(&wrong, |test| test != "e2e simple::sources");
        assert!(problems.iter().any(|problem| problem.starts_with(told)), "{told}: {problems:?}");
    }
}

#[test]
fn a_test_is_found_where_it_is_and_nowhere_else() {
    let root = root();
    for test in [
        "e2e simple::sources_and_declines",
        "e2e callers::pages::a_link_opens_one_page_of_one_payment",
        "books the_providers_books_equal_ours_whatever_fails_and_whoever_dies",
        "store payments::of_two_changes_of_one_version_one_wins",
        "store keys::keys_are_listed_by_mode_newest_first_in_pages",
        "domain payment::tests::a_failed_payment_cannot_be_refunded",
        "domain rate_limit::tests::no_minute_sees_more_than_the_limit",
        "apis charges::errors::tests::our_own_failures_are_answered_in_the_documented_shape_and_without_their_cause",
    ] {
        assert!(test_exists(root, test), "{test}");
    }
    for test in [
        "",
        "e2e",
        "e2e sources_and_declines",
        "e2e simple::says",
        "e2e direct::sources_and_declines",
        "domain rate_limit::no_minute_sees_more_than_the_limit::tests",
        "nowhere simple::sources_and_declines",
    ] {
        assert!(!test_exists(root, test), "{test}");
    }
    assert!(declares_test("#[tokio::test]\nasync fn works() {}", "works"));
    assert!(!declares_test("#[test]\n#[ignore]\nfn works() {}", "works"));
    assert!(!declares_test("#[test]\nfn other() {}\nfn works() {}", "works"));
    assert!(!declares_test("#[test]\nfn works_well() {}", "works"));
}

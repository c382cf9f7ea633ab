//! Pages of `docs` that tests write.

/// Compares a page with what it should say, after writing it where `UPDATE_DOCS` is set.
pub fn check_document(path: &str, wanted: &str) {
    let file = crate::root().join(path);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&file, wanted).unwrap();
    }
    let is = std::fs::read_to_string(&file).unwrap_or_default();
    let differing = is.lines().zip(wanted.lines()).find(|(is, wanted)| is != wanted);
    assert!(is == wanted, "{path} is out of date, first in {differing:?}; write it with UPDATE_DOCS=1");
}

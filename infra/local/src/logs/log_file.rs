//! The file in the data folder for the functions' logs, when the terminal does not show them all.

use std::{
    fs::File,
    io::Write as _,
    path::{Path, PathBuf},
};

use crate::{Error, state};

/// Its name.
const FILE: &str = "functions.log";
/// The file is emptied at this size, so that it never fills the disk.
const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// The open file.
pub(super) struct LogFile {
    file: File,
    path: PathBuf,
    size_bytes: u64,
}

impl LogFile {
    /// Creates the file, or empties it.
    pub(super) fn create(data: &Path) -> Result<Self, Error> {
        let path = data.join(FILE);
        let file = state::create_private(&path).map_err(|e| Error::state(&path, e.to_string()))?;
        Ok(Self { file, path, size_bytes: 0 })
    }

    /// Appends a line.
    pub(super) fn append(&mut self, line: &str) {
        if self.size_bytes > FILE_BYTES_MAX
            && let Ok(file) = state::create_private(&self.path)
        {
            self.file = file;
            self.size_bytes = 0;
        }
        // A full disk must not stop the cloud.
        let _ = self.file.write_all(line.as_bytes());
        self.size_bytes += u64::try_from(line.len()).unwrap_or(u64::MAX / 2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_begun_anew_before_it_fills_the_disk() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(FILE);
        let mut file = LogFile::create(folder.path()).expect("a file");
        file.append("one\n");
        file.append("two\n");
        assert_eq!(std::fs::read_to_string(&path).expect("text"), "one\ntwo\n");
        file.size_bytes = FILE_BYTES_MAX + 1;
        file.append("three\n");
        assert_eq!(std::fs::read_to_string(&path).expect("text"), "three\n");
    }
}

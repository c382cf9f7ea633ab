//! The data folder: files that only their owner may read.

use std::{
    collections::BTreeMap,
    fs::{DirBuilder, File, OpenOptions},
    io::{ErrorKind, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use serde::{Serialize, de::DeserializeOwned};

use crate::Error;

/// Modes of files and folders for their owner alone.
const FILE_MODE: u32 = 0o600;
const FOLDER_MODE: u32 = 0o700;
const LETTERS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Creates the data folder, which only its owner may enter: its databases hold payment data.
pub(crate) fn make_folder(path: &Path) -> Result<(), Error> {
    DirBuilder::new()
        .recursive(true)
        .mode(FOLDER_MODE)
        .create(path)
        .map_err(|e| Error::state(path, e.to_string()))
}

/// Reads a JSON file; `None` if it does not exist.
pub fn read_private<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, Error> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes).map_err(|e| Error::state(path, e.to_string()))?)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::state(path, error.to_string())),
    }
}

/// Writes a JSON file that only its owner may read, atomically.
pub fn write_private<T: Serialize>(path: &Path, value: &T) -> Result<(), Error> {
    let fail = |error: &dyn std::fmt::Display| Error::state(path, error.to_string());
    let text = serde_json::to_vec_pretty(value).map_err(|e| fail(&e))?;
    let temporary = path.with_extension("new");
    let mut file = create_private(&temporary).map_err(|e| fail(&e))?;
    file.write_all(&text).and_then(|()| file.sync_all()).map_err(|e| fail(&e))?;
    std::fs::rename(&temporary, path).map_err(|e| fail(&e))
}

/// Creates an empty file that only its owner may read, or empties it.
pub(crate) fn create_private(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(true).mode(FILE_MODE).open(path)
}

/// Random letters and digits.
pub fn random_text(length: usize) -> Result<String, Error> {
    let mut text = String::with_capacity(length);
    let mut bytes = [0; 64];
    while text.len() < length {
        getrandom::fill(&mut bytes).map_err(|e| Error::Random(e.to_string()))?;
        // 248 is the largest multiple of 62: greater bytes would make some characters likelier than others.
        let even = bytes.iter().filter(|byte| **byte < 248);
        text.extend(even.take(length - text.len()).map(|byte| char::from(LETTERS[usize::from(byte % 62)])));
    }
    Ok(text)
}

/// The secrets that Secrets Manager keeps, by name.
pub(crate) struct Secrets {
    path: PathBuf,
    values: Mutex<BTreeMap<String, String>>,
}

impl Secrets {
    pub(crate) fn open(path: PathBuf) -> Result<Self, Error> {
        let values = read_private(&path)?.unwrap_or_default();
        Ok(Self { path, values: Mutex::new(values) })
    }

    /// A secret's value; a new secret gets a random one of `length` characters.
    pub(crate) fn get(&self, name: &str, length: usize) -> Result<String, Error> {
        let mut values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(value) = values.get(name) {
            return Ok(value.clone());
        }
        let value = random_text(length)?;
        values.insert(name.to_owned(), value.clone());
        write_private(&self.path, &*values)?;
        Ok(value)
    }

    pub(crate) fn put(&self, name: &str, value: &str) -> Result<(), Error> {
        let mut values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        values.insert(name.to_owned(), value.to_owned());
        write_private(&self.path, &*values)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_secret_is_made_once_and_only_its_owner_reads_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("secrets.json");
        let made = Secrets::open(path.clone()).and_then(|s| s.get("Key", 40)).expect("a secret");
        assert_eq!(made.len(), 40);
        let mode = std::fs::metadata(&path).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, FILE_MODE);
        let again = Secrets::open(path).and_then(|s| s.get("Key", 40)).expect("a secret");
        assert_eq!(again, made);
    }
}

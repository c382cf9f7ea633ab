//! Which faults a local cloud's DynamoDB has.

use serde::{Deserialize, Serialize};

use crate::Error;

/// Most faults unless the settings say otherwise.
const FAULTS_DEFAULT_MAX: u64 = 10_000;
/// Calls of which some fail.
const THOUSAND: u32 = 1000;

/// How often calls of DynamoDB fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultSettings {
    /// How many of a thousand calls fail.
    pub per_mille: u32,
    /// The seed of the choice: the same calls in the same order fail in the same way.
    pub seed: u64,
    /// Most calls that fail.
    pub at_most: u64,
}

impl Default for FaultSettings {
    fn default() -> Self {
        Self { per_mille: 0, seed: 0, at_most: FAULTS_DEFAULT_MAX }
    }
}

/// What a local cloud's DynamoDB does besides answering.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DynamoDbSettings {
    /// How often calls fail.
    pub faults: FaultSettings,
    /// How long eventually consistent reads do not show a write, at least, in milliseconds: they show the tables as they were
    /// up to twice as long ago. 0 shows every write at once.
    pub lag_ms: u64,
    /// Write units a second of each partition key of tables and indexes; 0 is no limit. DynamoDB's partitions have 1,000.
    pub partition_write_units: u32,
    /// Whether there is an endpoint that can fail, although nothing fails yet.
    pub can_fail: bool,
}

impl DynamoDbSettings {
    /// Reads `per-mille=50,seed=7,at-most=200,lag-ms=300,partition-write-units=1000`; each part may be left out. Any of them makes an endpoint that can
    /// fail.
    ///
    /// # Errors
    /// A name is unknown, or a value is no number in range.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut settings = Self::default();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let wrong = || Error::DynamoDbSetting(part.to_owned());
            let (name, value) = part.split_once('=').ok_or_else(wrong)?;
            let value: u64 = value.parse().map_err(|_| wrong())?;
            settings.can_fail = true;
            match name {
                "per-mille" => {
                    let few = u32::try_from(value).ok().filter(|few| *few <= THOUSAND);
                    settings.faults.per_mille = few.ok_or_else(wrong)?;
                }
                "seed" => settings.faults.seed = value,
                "at-most" => settings.faults.at_most = value,
                "lag-ms" => settings.lag_ms = value,
                "partition-write-units" => {
                    settings.partition_write_units = u32::try_from(value).map_err(|_| wrong())?;
                }
                _ => return Err(wrong()),
            }
        }
        Ok(settings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_by_name_and_wrong_ones_are_refused() {
        let read =
            DynamoDbSettings::parse(" per-mille=50, seed=7,at-most=200,lag-ms=300,partition-write-units=9")
                .expect("settings");
        let faults = FaultSettings { per_mille: 50, seed: 7, at_most: 200 };
        assert_eq!(read, DynamoDbSettings { faults, lag_ms: 300, partition_write_units: 9, can_fail: true });
        assert_eq!(DynamoDbSettings::parse("").expect("none"), DynamoDbSettings::default());
        for wrong in ["per-mille=1001", "per-mille=-1", "seed", "lag=5", "lag-ms=soon"] {
            let error = DynamoDbSettings::parse(wrong).expect_err(wrong).to_string();
            assert!(error.contains(wrong), "{error}");
        }
    }
}

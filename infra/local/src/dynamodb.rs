//! DynamoDB: an embedded emulator on a file, with the templates' tables.

use std::path::{Path, PathBuf};

use dynoxide::{
    Database,
    actions::{
        get_records::{GetRecordsRequest, Record},
        get_shard_iterator,
    },
    errors::DynoxideError,
};
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::template::Table;

/// Records of one read of a stream.
const MAX_RECORDS: usize = 1000;

/// The emulator and its file.
#[derive(Clone)]
pub struct DynamoDb {
    database: Database,
    file: PathBuf,
}

/// The emulator failed.
#[derive(Debug, thiserror::Error)]
pub enum DynamoDbError {
    /// The emulator itself.
    #[error("DynamoDB: {0:?}")]
    Emulator(DynoxideError),
    /// Its file.
    #[error("DynamoDB's file: {0}")]
    File(#[from] rusqlite::Error),
    /// A request or an answer that is not of its form.
    #[error("DynamoDB: {0}")]
    Form(#[from] serde_json::Error),
    /// Something else.
    #[error("DynamoDB: {0}")]
    Other(String),
}

impl From<DynoxideError> for DynamoDbError {
    fn from(error: DynoxideError) -> Self {
        Self::Emulator(error)
    }
}

impl DynamoDb {
    /// Opens the file and makes the tables that are not there yet.
    pub fn open(file: &Path, tables: &[Table]) -> Result<Self, DynamoDbError> {
        let path = file
            .to_str()
            .ok_or_else(|| DynamoDbError::Other("the path is not UTF-8".into()))?;
        // The first opening makes the emulator's own tables; the index on them keeps appending to a stream from slowing
        // down as records pile up, since the emulator looks for the last sequence number each time.
        drop(Database::new(path)?);
        Connection::open(file)?.execute_batch(
            "CREATE INDEX IF NOT EXISTS tollgate_stream_order
             ON _stream_records (table_name, CAST(sequence_number AS INTEGER))",
        )?;
        let database = Database::new(path)?;
        for table in tables {
            if database.get_table_metadata(&table.name)?.is_none() {
                database.create_table(serde_json::from_value(table.create.clone())?)?;
            }
            if let Some(attribute) = &table.ttl_attribute {
                let request = json!({
                    "TableName": table.name,
                    "TimeToLiveSpecification": {"AttributeName": attribute, "Enabled": true},
                });
                // Refused when it is on already, as after a restart.
                let _ = database.update_time_to_live(serde_json::from_value(request)?);
            }
        }
        Ok(Self {
            database,
            file: file.to_owned(),
        })
    }

    /// Serves the emulator's HTTP endpoint until `shutdown`.
    pub async fn serve(
        self,
        listener: tokio::net::TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), String> {
        dynoxide::server::serve_with_shutdown(listener, self.database, shutdown).await
    }

    /// The shard of a table's stream; the emulator has one for each table.
    pub fn shard(&self, table: &str) -> Result<String, DynamoDbError> {
        let streams = self
            .database
            .list_streams(serde_json::from_value(json!({"TableName": table}))?)?;
        let arn = serde_json::to_value(streams)?["Streams"][0]["StreamArn"].clone();
        let described = self
            .database
            .describe_stream(serde_json::from_value(json!({"StreamArn": arn}))?)?;
        let described = serde_json::to_value(described)?;
        described["StreamDescription"]["Shards"][0]["ShardId"]
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| DynamoDbError::Other(format!("{table} has no stream")))
    }

    /// The records of a stream after a position, as Lambda's events carry them, each with its own position.
    pub fn records_after(
        &self,
        table: &str,
        shard: &str,
        position: i64,
    ) -> Result<Vec<(i64, Value)>, DynamoDbError> {
        let shard_iterator = get_shard_iterator::encode_shard_iterator(table, shard, position);
        let read = self.database.get_records(GetRecordsRequest {
            shard_iterator,
            limit: Some(MAX_RECORDS),
        })?;
        // The emulator counts records in a number that fits a row id, and shows it to callers far higher up, as AWS's
        // numbers are. The next iterator holds the last record's own count; the distance is the same for all.
        let next = read
            .next_shard_iterator
            .as_deref()
            .and_then(get_shard_iterator::decode_shard_iterator);
        let odd = || DynamoDbError::Other("a sequence number is not of the known form".into());
        let shown = |record: &Record| record.dynamodb.sequence_number.parse::<i128>().map_err(|_| odd());
        let Some(last) = read.records.last() else {
            return Ok(Vec::new());
        };
        let distance = shown(last)? - i128::from(next.ok_or_else(odd)?.2);
        read.records
            .into_iter()
            .map(|record| {
                let position = i64::try_from(shown(&record)? - distance).map_err(|_| odd())?;
                Ok((position, serde_json::to_value(record)?))
            })
            .collect()
    }

    /// Forgets the records before a position. The latest record always stays: the next one is numbered after it.
    pub fn trim(&self, table: &str, position: i64) -> Result<(), DynamoDbError> {
        let connection = Connection::open(&self.file)?;
        connection.busy_timeout(std::time::Duration::from_millis(500))?;
        connection.execute(
            "DELETE FROM _stream_records WHERE table_name = ?1 AND CAST(sequence_number AS INTEGER) < ?2",
            rusqlite::params![table, position],
        )?;
        Ok(())
    }

    /// Drops the items whose time to live is over.
    pub fn sweep(&self) -> Result<usize, DynamoDbError> {
        Ok(self.database.sweep_ttl()?)
    }
}

//! DynamoDB: the emulator dynoxide, on its own port and in a file.

use std::{path::Path, sync::Arc, time::Duration};

use dynoxide::{
    Database,
    actions::{
        create_table::CreateTableRequest, get_records::GetRecordsRequest,
        get_shard_iterator::GetShardIteratorRequest, update_time_to_live::UpdateTimeToLiveRequest,
    },
};
use rusqlite::Connection;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::watch};

use crate::{
    Error,
    aws::{REGION, stream_arn},
    template::Table,
};

/// How long a second connection to the file waits for the emulator's write.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Records of one deletion: trimming must not hold up writes.
const TRIM_ROWS_MAX: usize = 2000;
/// How often expired items are deleted.
const SWEEP_INTERVAL: Duration = Duration::from_secs(10);

/// The database behind the endpoint.
pub struct DynamoDb {
    database: Database,
    path: std::path::PathBuf,
}

impl DynamoDb {
    /// Opens the file and creates missing tables.
    pub fn open(path: &Path, tables: &[Table]) -> Result<Arc<Self>, Error> {
        // The emulator creates its own tables when it opens the file; the index is on one of them.
        let name = path.to_string_lossy();
        drop(Database::new(&name).map_err(|e| Error::Dynamo(e.to_string()))?);
        index_stream_records(path)?;
        let database = Database::new(&name).map_err(|e| Error::Dynamo(e.to_string()))?;
        // This sets SQLite's `synchronous` to NORMAL: a write does not wait for the disk. What was written outlives the death of
        // every process; a power cut may take the last moments with it.
        database.disable_bulk_loading().map_err(dynamo)?;
        for table in tables {
            make(&database, table)?;
        }
        Ok(Arc::new(Self { database, path: path.to_owned() }))
    }

    /// Serves the endpoint, and deletes expired items, until `stop` is true.
    pub fn serve(self: &Arc<Self>, listener: TcpListener, mut stop: watch::Receiver<bool>) {
        let database = self.database.clone();
        let mut stopped = stop.clone();
        tokio::spawn(async move {
            let shutdown = async move {
                let _ = stopped.wait_for(|stop| *stop).await;
            };
            if let Err(error) = dynoxide::server::serve_with_shutdown(listener, database, shutdown).await {
                crate::logs::log("dynamodb", &error);
            }
        });
        let database = self.database.clone();
        tokio::spawn(async move {
            loop {
                if tokio::time::timeout(SWEEP_INTERVAL, stop.changed()).await.is_ok() {
                    return;
                }
                let database = database.clone();
                let swept = tokio::task::spawn_blocking(move || database.sweep_ttl()).await;
                if let Ok(Err(error)) = swept {
                    crate::logs::log("dynamodb", &format!("expired items were not deleted: {error}"));
                }
            }
        });
    }

    /// Up to `limit` records of a table's stream after a sequence number, or from the oldest; in Lambda's shape.
    ///
    /// They are the emulator's own: an `EventRecord` of `aws_lambda_events` would add `userIdentity`, `recordFormat` and
    /// `tableName` as null.
    pub async fn records_after(
        self: &Arc<Self>,
        table: &str,
        after: Option<String>,
        limit: usize,
    ) -> Result<Vec<Value>, Error> {
        let (this, table) = (self.clone(), table.to_owned());
        blocking(move || this.read_records(&table, after.as_deref(), limit)).await
    }

    /// Writes a copy of all tables to a new file.
    ///
    /// # Errors
    /// The file exists, or can't be written.
    pub fn copy_to(&self, path: &Path) -> Result<(), Error> {
        self.database.vacuum_into(&path.to_string_lossy()).map_err(dynamo)
    }

    /// Replaces all tables by those of a copy.
    ///
    /// # Errors
    /// The file is no copy.
    pub fn restore_from(&self, path: &Path) -> Result<(), Error> {
        self.database.restore_from(&path.to_string_lossy()).map_err(dynamo)
    }

    fn read_records(&self, table: &str, after: Option<&str>, limit: usize) -> Result<Vec<Value>, Error> {
        let kind = if after.is_some() { "AFTER_SEQUENCE_NUMBER" } else { "TRIM_HORIZON" };
        let request: GetShardIteratorRequest = request(json!({
            "StreamArn": stream_arn(table),
            "ShardId": shard_id(table),
            "ShardIteratorType": kind,
            "SequenceNumber": after,
        }))?;
        let iterator = self.database.get_shard_iterator(request).map_err(dynamo)?.shard_iterator;
        let request: GetRecordsRequest = request_of_records(iterator, limit)?;
        let page = self.database.get_records(request).map_err(dynamo)?;
        let mut records = Vec::with_capacity(page.records.len());
        for record in &page.records {
            let mut record = serde_json::to_value(record).map_err(|e| Error::Dynamo(e.to_string()))?;
            record["eventSourceARN"] = stream_arn(table).into();
            record["awsRegion"] = REGION.into();
            records.push(record);
        }
        Ok(records)
    }

    /// The sequence number of the newest record, if there is one.
    pub(crate) async fn newest_record(self: &Arc<Self>, table: &str) -> Result<Option<String>, Error> {
        let (this, table) = (self.clone(), table.to_owned());
        blocking(move || {
            // Read from the file, because the emulator's LATEST gives no sequence number.
            let connection = open(&this.path)?;
            let newest: Option<i64> = connection.query_row(
                "SELECT MAX(CAST(sequence_number AS INTEGER)) FROM _stream_records WHERE table_name = ?1",
                [&table],
                |row| row.get(0),
            )?;
            Ok(newest.map(public_number))
        })
        .await
    }

    /// Deletes records before a sequence number. One stays, because the emulator derives the next number from it.
    pub(crate) async fn trim(self: &Arc<Self>, table: &str, up_to: &str) -> Result<(), Error> {
        let (this, table, up_to) = (self.clone(), table.to_owned(), up_to.to_owned());
        blocking(move || {
            let Some(up_to) = stored_number(&up_to) else {
                return Ok(());
            };
            let connection = open(&this.path)?;
            let mut delete = connection.prepare(
                "DELETE FROM _stream_records WHERE rowid IN (
                    SELECT rowid FROM _stream_records
                    WHERE table_name = ?1 AND CAST(sequence_number AS INTEGER) < ?2
                    ORDER BY CAST(sequence_number AS INTEGER) LIMIT ?3)",
            )?;
            while delete.execute(rusqlite::params![table, up_to, TRIM_ROWS_MAX])? == TRIM_ROWS_MAX {}
            Ok(())
        })
        .await
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(|e| Error::Dynamo(e.to_string()))?
}

fn dynamo(error: impl std::fmt::Display) -> Error {
    Error::Dynamo(error.to_string())
}

fn open(path: &Path) -> Result<Connection, Error> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    Ok(connection)
}

/// Indexes the records by their numbers: the emulator looks up the last one at every write, and would read them all.
fn index_stream_records(path: &Path) -> Result<(), Error> {
    open(path)?.execute_batch(
        "CREATE INDEX IF NOT EXISTS tollgate_stream_records
         ON _stream_records(table_name, CAST(sequence_number AS INTEGER))",
    )?;
    Ok(())
}

fn make(database: &Database, table: &Table) -> Result<(), Error> {
    let existing = database.get_table_metadata(&table.name).map_err(dynamo)?;
    if existing.is_some() {
        return Ok(());
    }
    let definition: CreateTableRequest = request(table.definition.clone())?;
    database.create_table(definition).map_err(|e| Error::Dynamo(format!("table `{}`: {e}", table.name)))?;
    if let Some(attribute) = &table.ttl_attribute {
        let ttl: UpdateTimeToLiveRequest = request(json!({
            "TableName": table.name,
            "TimeToLiveSpecification": {"Enabled": true, "AttributeName": attribute},
        }))?;
        database.update_time_to_live(ttl).map_err(dynamo)?;
    }
    Ok(())
}

fn request<T: DeserializeOwned>(body: Value) -> Result<T, Error> {
    serde_json::from_value(body).map_err(|e| Error::Dynamo(e.to_string()))
}

fn request_of_records(iterator: Option<String>, limit: usize) -> Result<GetRecordsRequest, Error> {
    request(json!({"ShardIterator": iterator.unwrap_or_default(), "Limit": limit}))
}

/// The id of a stream's only shard.
pub(crate) fn shard_id(table: &str) -> String {
    dynoxide::streams::shard_id(table)
}

/// The emulator adds this to a stored sequence number, so that it has 21 digits as DynamoDB's do.
const NUMBER_OFFSET: u128 = 100_000_000_000_000_000_000;

fn public_number(stored: i64) -> String {
    (NUMBER_OFFSET + u128::try_from(stored).unwrap_or(0)).to_string()
}

fn stored_number(public: &str) -> Option<i64> {
    i64::try_from(public.parse::<u128>().ok()?.checked_sub(NUMBER_OFFSET)?).ok()
}

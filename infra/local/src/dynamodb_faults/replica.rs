//! A copy of the tables as they were some time ago, for eventually consistent reads.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use dynoxide::Database;
use tokio::{net::TcpListener, sync::watch};

use crate::{Error, dynamodb::DynamoDb, logs::log};

/// A copy of the tables that lags behind them.
///
/// It shows one moment of all tables and indexes together. DynamoDB lets every index lag by its own time.
pub struct Replica {
    tables: Arc<DynamoDb>,
    copy: Database,
    url: String,
    /// The last snapshot, which the copy does not show yet.
    waiting: PathBuf,
    advancing: Mutex<()>,
}

impl Replica {
    /// A copy of the tables as they are now, on a port of its own until `stopped` is true.
    ///
    /// # Errors
    /// The snapshot can't be written to `folder`, or there is no port.
    pub async fn open(
        tables: Arc<DynamoDb>,
        folder: &Path,
        mut stopped: watch::Receiver<bool>,
    ) -> Result<Arc<Self>, Error> {
        let copy = Database::memory().map_err(|e| Error::Dynamo(e.to_string()))?;
        let listener =
            TcpListener::bind(("127.0.0.1", 0)).await.map_err(|source| Error::Port { port: 0, source })?;
        let port = listener.local_addr().map_err(|source| Error::Port { port: 0, source })?.port();
        let replica = Arc::new(Self {
            tables,
            copy,
            url: format!("http://127.0.0.1:{port}"),
            waiting: folder.join("dynamodb-replica.db"),
            advancing: Mutex::default(),
        });
        replica.snapshot()?;
        replica.advance()?;
        let database = replica.copy.clone();
        tokio::spawn(async move {
            let shutdown = async move {
                let _ = stopped.wait_for(|stop| *stop).await;
            };
            if let Err(error) = dynoxide::server::serve_with_shutdown(listener, database, shutdown).await {
                log("dynamodb", &error);
            }
        });
        Ok(replica)
    }

    /// Where it is read.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Shows the tables as they were at the last call, and remembers how they are now.
    ///
    /// # Errors
    /// The snapshot can't be read or written.
    pub fn advance(&self) -> Result<(), Error> {
        let _alone = self.advancing.lock().unwrap_or_else(PoisonError::into_inner);
        let path = self.waiting.to_string_lossy();
        self.copy.restore_from(&path).map_err(|e| Error::Dynamo(e.to_string()))?;
        self.snapshot()
    }

    fn snapshot(&self) -> Result<(), Error> {
        match std::fs::remove_file(&self.waiting) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(Error::Dynamo(error.to_string()))
            }
            Ok(()) | Err(_) => self.tables.copy_to(&self.waiting),
        }
    }

    /// Advances at every interval until `stopped` is true.
    pub(crate) fn follow(self: Arc<Self>, interval: Duration, mut stopped: watch::Receiver<bool>) {
        tokio::spawn(async move {
            while tokio::time::timeout(interval, stopped.changed()).await.is_err() {
                let replica = self.clone();
                let advanced = tokio::task::spawn_blocking(move || replica.advance()).await;
                if let Ok(Err(error)) = advanced {
                    log("dynamodb", &format!("the copy that lags stays as it is: {error}"));
                }
            }
        });
    }
}

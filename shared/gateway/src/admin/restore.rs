//! Copies a table that was restored to a point in time back into the live one.

use std::ops::ControlFlow;

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use tollgate_store::{CopiedBack, Place, Reader, StackTable};

use super::{
    operator::{Admin, AdminError},
    scan::{Pages, scan_pages},
};

/// Items that are written at the same time.
const AT_A_TIME: usize = 16;

/// What a run copied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// Items of the copy that were read.
    pub scanned: usize,
    /// Items that were missing in the live table, or older there.
    pub written: usize,
    /// Items of which the live table had this version or a newer one.
    pub kept: usize,
    /// Where the next run continues; `None` at the end of the table.
    pub next: Option<Place>,
}

impl Admin {
    /// Copies pages of `table` from the restored tables into the live one. It replaces nothing that is as new, so a run can
    /// be killed, repeated, and run beside requests. No event follows from a copy.
    pub async fn restore(
        &self,
        from: &Reader,
        table: StackTable,
        pages: Pages,
    ) -> Result<Restored, AdminError> {
        let (writer, at) = (self.0.writer(), self.0.now());
        let mut done = Restored::default();
        let scanned = scan_pages(from, table, pages, async |items| {
            let copies = items.iter().map(|item| writer.copy_back(table, item, at));
            let mut copies = stream::iter(copies).buffer_unordered(AT_A_TIME);
            while let Some(copied) = copies.try_next().await? {
                match copied {
                    CopiedBack::Written => done.written += 1,
                    CopiedBack::Kept => done.kept += 1,
                }
            }
            Ok(ControlFlow::Continue(()))
        })
        .await?;
        Ok(Restored { scanned: scanned.items, next: scanned.next, ..done })
    }
}

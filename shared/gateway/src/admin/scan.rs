//! Goes through a table page by page.

use std::ops::ControlFlow;

use tollgate_store::{Place, Reader, StackTable, StoreError, StoredItem};

use super::operator::AdminError;

/// Keys of items that were left, at which a run ends.
const LEFT_MAX: usize = 1000;

/// How much of a table one run of the operator's tool works on.
#[derive(Clone, Debug)]
pub struct Pages {
    /// Where it goes on: `next` of an earlier run; the start of the table when absent.
    pub after: Option<Place>,
    /// Most pages.
    pub pages_max: usize,
    /// Most items of a page.
    pub items_max: u16,
}

/// How far a run came.
#[derive(Debug)]
pub(super) struct Scanned {
    /// Items that were read.
    pub(super) items: usize,
    /// Where the next run continues; `None` at the end of the table.
    pub(super) next: Option<Place>,
}

/// Scans pages of a table and passes the items of each on. Ends before `pages_max` at the end of the table, and after a
/// page that breaks.
pub(super) async fn scan_pages(
    reader: &Reader,
    table: StackTable,
    pages: Pages,
    mut each_page: impl AsyncFnMut(&[StoredItem]) -> Result<ControlFlow<()>, AdminError>,
) -> Result<Scanned, AdminError> {
    let mut done = Scanned { items: 0, next: pages.after };
    for _ in 0..pages.pages_max {
        let page = reader.scan_items(table, done.next.as_ref(), pages.items_max.into()).await?;
        done.items += page.items.len();
        let flow = each_page(&page.items).await?;
        done.next = page.next;
        if done.next.is_none() || flow.is_break() {
            break;
        }
    }
    Ok(done)
}

/// What `read` finds in an item. The key of an item that does not read goes into `left`.
pub(super) fn read_or_leave<T>(
    item: &StoredItem,
    left: &mut Vec<String>,
    read: impl FnOnce(&StoredItem) -> Result<Option<T>, StoreError>,
) -> Result<Option<T>, StoreError> {
    match read(item) {
        Err(error) if error.is_unreadable() => {
            left.push(item.key().to_owned());
            Ok(None)
        }
        read => read,
    }
}

/// Ends a run that has left as many items as it names.
pub(super) fn unless_full(left: &[String]) -> ControlFlow<()> {
    if left.len() < LEFT_MAX { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
}

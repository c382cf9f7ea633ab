//! Enters payments into the index of order numbers that were there before it.

use tollgate_domain::Subject;
use tollgate_store::{Place, StackTable, StoredItem};

use super::{
    operator::{Admin, AdminError},
    republish::failed,
    scan::{Pages, read_or_leave, scan_pages, unless_full},
};
use crate::payments::order_index::order_of;

/// Where a run of the index of order numbers came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrdersIndexed {
    /// Items that were read.
    pub scanned: usize,
    /// Payments with an order number.
    pub indexed: usize,
    /// Keys of items that do not read. A run ends after the page with the thousandth.
    pub left: Vec<String>,
    /// Where the next run continues; `None` at the end of the table.
    pub next: Option<Place>,
}

impl Admin {
    /// Goes through pages of the main table and writes the entries of payments with an order number. At the end of the
    /// table lists begin to use them. It can be repeated, also beside requests.
    pub async fn index_orders(&self, pages: Pages) -> Result<OrdersIndexed, AdminError> {
        let mut done = OrdersIndexed::default();
        let scanned = scan_pages(&self.0.store, StackTable::Main, pages, async |items| {
            for item in items {
                let read = read_or_leave(item, &mut done.left, StoredItem::subject)?;
                let Some((tenant, _, Subject::Payment(payment))) = read else { continue };
                if let Some(order) = order_of(&payment) {
                    let written = self.0.writer().index_order(tenant, &order, payment.id, payment.created);
                    written.await.map_err(|e| failed(e.into()))?;
                    done.indexed += 1;
                }
            }
            Ok(unless_full(&done.left))
        })
        .await?;
        if scanned.next.is_none() {
            self.0.writer().set_orders_indexed().await?;
        }
        Ok(OrdersIndexed { scanned: scanned.items, next: scanned.next, ..done })
    }
}

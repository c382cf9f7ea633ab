//! Finds all sealed texts, so that they can be sealed again with a new version of the key.

use aws_sdk_dynamodb::{operation::scan::ScanInput, types::AttributeValue};
use tollgate_domain::{BankAccount, Payment, Tenant};

use crate::{
    NoticeKeys, ProcessorAccount, Reader,
    attributes::{Item, SK, s},
    entity::{Entity, from_item},
    error::StoreError,
    notice_keys, processor_accounts,
};

/// Items that one call reads.
const PAGE: i32 = 1000;

/// An item with a sealed text.
#[derive(Clone, Debug)]
pub enum Sealed {
    /// A payment with a card.
    Payment(Box<Payment>),
    /// An account with a processor.
    Account(Box<ProcessorAccount>),
    /// A merchant's bank account.
    BankAccount(Box<BankAccount>),
    /// The secrets of a processor's notices.
    NoticeKeys(Box<NoticeKeys>),
}

/// A page of the table.
#[derive(Clone, Debug)]
pub struct SealedPage {
    /// The items with a sealed text, and their tenants.
    pub items: Vec<(Tenant, Sealed)>,
    /// Number of items that were read.
    pub scanned: usize,
    /// The partition key of the last item; `None` at the end of the table.
    pub next: Option<String>,
}

fn read(item: Item) -> Result<Option<(Tenant, Sealed)>, StoreError> {
    let text = |name: &str| item.get(name).and_then(|v| v.as_s().ok()).cloned();
    let Some(tenant) = text("pk").as_deref().and_then(Tenant::from_key) else {
        return Ok(None);
    };
    let sealed = match text("t").as_deref() {
        Some(Payment::CODE) => Sealed::Payment(Box::new(from_item(item)?)),
        Some(processor_accounts::CODE) => Sealed::Account(Box::new(processor_accounts::from_item(item)?)),
        Some(notice_keys::CODE) => Sealed::NoticeKeys(Box::new(notice_keys::from_item(item)?)),
        Some(BankAccount::CODE) => Sealed::BankAccount(Box::new(from_item(item)?)),
        _ => return Ok(None),
    };
    Ok(Some((tenant, sealed)))
}

impl Reader {
    /// Scans a page of the main table for sealed texts. One call, 1 unit per 4 KB of all items read, since
    /// items in any state may have one. Consistent, so that nothing sealed before the call is missed.
    pub async fn scan_sealed(&self, after: Option<&str>) -> Result<SealedPage, StoreError> {
        let start = after.map(|pk| {
            [("pk", pk), ("sk", SK)]
                .into_iter()
                .map(|(name, value)| (name.to_owned(), s(value)))
                .collect::<std::collections::HashMap<String, AttributeValue>>()
        });
        let request = ScanInput::builder()
            .table_name(&self.tables.main)
            .consistent_read(true)
            .set_exclusive_start_key(start)
            .limit(PAGE)
            .filter_expression("t = :account OR t = :notice OR (t = :payment AND attribute_exists(#network.#card)) OR (t = :bank AND attribute_exists(#number))")
            .expression_attribute_names("#network", "network")
            .expression_attribute_names("#card", "card")
            .expression_attribute_names("#number", "number")
            .expression_attribute_values(":bank", s(BankAccount::CODE))
            .expression_attribute_values(":notice", s(notice_keys::CODE))
            .expression_attribute_values(":account", s(processor_accounts::CODE))
            .expression_attribute_values(":payment", s(Payment::CODE));
        let page = self.db.scan(request).await?;
        let next = page.last_evaluated_key.as_ref().and_then(|key| key.get("pk"));
        let next = next.and_then(|pk| pk.as_s().ok()).cloned();
        let items = page.items.unwrap_or_default().into_iter().map(read);
        Ok(SealedPage {
            items: items.filter_map(Result::transpose).collect::<Result<_, _>>()?,
            scanned: usize::try_from(page.scanned_count).unwrap_or_default(),
            next,
        })
    }
}

//! Where a payout goes.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::id::{BankAccountId, Kind as _, MerchantId, MerchantKind, NotAnId};

/// Where a payout goes. It is stored as a text: the bank account's id, or `ACC#` and the merchant's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayoutDestination {
    /// A bank account of the merchant.
    BankAccount(BankAccountId),
    /// Another merchant's balance.
    Account(MerchantId),
}

impl PayoutDestination {
    /// The bank account, if it goes to one.
    pub const fn bank_account(self) -> Option<BankAccountId> {
        match self {
            Self::BankAccount(id) => Some(id),
            Self::Account(_) => None,
        }
    }

    /// The other merchant, if it goes to one.
    pub const fn account(self) -> Option<MerchantId> {
        match self {
            Self::BankAccount(_) => None,
            Self::Account(id) => Some(id),
        }
    }
}

impl fmt::Display for PayoutDestination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BankAccount(id) => id.fmt(f),
            Self::Account(id) => write!(f, "{}#{id}", MerchantKind::CODE),
        }
    }
}

impl FromStr for PayoutDestination {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        match text.strip_prefix(MerchantKind::CODE).and_then(|text| text.strip_prefix('#')) {
            Some(merchant) => merchant.parse().map(Self::Account),
            None => text.parse().map(Self::BankAccount),
        }
    }
}

impl Serialize for PayoutDestination {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PayoutDestination {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_are_one_text_each() {
        let bank = BankAccountId::from_bytes([1; 16]);
        let merchant = MerchantId::from_bytes([1; 16]);
        let json = |destination: PayoutDestination| serde_json::to_value(destination).expect("JSON");
        // As payouts were stored before they could go to accounts.
        assert_eq!(json(PayoutDestination::BankAccount(bank)), serde_json::json!(bank.to_string()));
        for destination in [PayoutDestination::BankAccount(bank), PayoutDestination::Account(merchant)] {
            let read: PayoutDestination = serde_json::from_value(json(destination)).expect("a destination");
            assert_eq!(read, destination);
        }
        assert_eq!("ACC#".parse::<PayoutDestination>(), Err(NotAnId));
        assert_eq!("ACC".parse::<PayoutDestination>(), Err(NotAnId));
    }
}

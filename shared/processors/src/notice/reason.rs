//! Card schemes' reason codes of chargebacks.

use tollgate_domain::dispute::DisputeReason::{
    self, CreditNotProcessed, Duplicate, Fraudulent, General, Noncompliant, ProductNotReceived,
    ProductUnacceptable, SubscriptionCanceled, Unrecognized,
};

/// The reason of a scheme's code: Visa's (`10.4`), Mastercard's (`4837`), American Express's (`F29`) and Discover's (`UA02`).
/// Codes that are not listed are general.
pub(super) fn of_code(code: &str) -> DisputeReason {
    let code = code.trim().to_ascii_uppercase();
    match code.as_str() {
        "10.1" | "10.2" | "10.3" | "10.4" | "10.5" | "4837" | "4840" | "4849" | "4863" | "4870" | "4871"
        | "F10" | "F14" | "F22" | "F24" | "F29" | "F30" | "F31" | "UA01" | "UA02" | "UA05" | "UA06" => {
            Fraudulent
        }
        "13.1" | "4855" | "C08" | "RG" => ProductNotReceived,
        "13.2" | "4841" | "C28" | "AP" => SubscriptionCanceled,
        "13.3" | "13.4" | "13.5" | "4853" | "C31" | "C32" | "RM" => ProductUnacceptable,
        "13.6" | "13.7" | "4860" | "C02" | "C04" | "C05" | "C18" | "RN2" => CreditNotProcessed,
        "12.6" | "12.6.1" | "12.6.2" | "4834" | "P08" | "DP" => Duplicate,
        "11.1" | "11.2" | "11.3" | "4807" | "4808" | "4812" | "A01" | "A02" | "A08" | "AT" => Noncompliant,
        "75" | "AA" => Unrecognized,
        _ => General,
    }
}

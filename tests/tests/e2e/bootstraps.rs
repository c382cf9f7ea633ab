//! What is deployed: a front door's functions as `cargo lambda build` makes them for Lambda's arm64, under an emulator of that
//! processor where this machine has another.

use std::{
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use serde_json::json;
use tollgate_tests::Cloud;

/// The folder that cargo-lambda fills: `NAME/bootstrap` for each function. `.ci/run` sets it.
const FOLDER: &str = "TOLLGATE_BOOTSTRAPS";

/// Debian's emulator, and where its package of arm64's C library is.
const EMULATOR: &str = "qemu-aarch64-static -L /usr/aarch64-linux-gnu";

/// Bytes of each bootstrap when they were measured last (`docs/performance.md`), and of any at most. One that has to grow
/// by more than a tenth is measured anew.
const SIZES: [(&str, u64); 4] = [
    ("simple-create-payment", 7_600_000),
    ("simple-create-refund", 7_600_000),
    ("simple-retrieve-payment", 7_000_000),
    ("simple-unknown-route", 2_000_000),
];
const SIZE_MAX: u64 = 6 * 1024 * 1024;

fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os(FOLDER).map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: {FOLDER} names no folder of bootstraps");
    }
    folder
}

/// A program that runs a bootstrap on this machine.
fn runner(bootstrap: &Path, scripts: &Path, name: &str) -> PathBuf {
    if cfg!(target_arch = "aarch64") {
        return bootstrap.to_owned();
    }
    let script = scripts.join(name);
    std::fs::write(&script, format!("#!/bin/sh\nexec {EMULATOR} '{}'\n", bootstrap.display())).unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    script
}

#[test]
fn no_bootstrap_has_grown_by_a_tenth() {
    let Some(folder) = folder() else { return };
    for (name, measured) in SIZES {
        let size = std::fs::metadata(folder.join(name).join("bootstrap")).unwrap().len();
        assert!(size <= SIZE_MAX, "{name} has {size} bytes");
        assert!(size <= measured + measured / 10, "{name} had {measured} bytes and has {size}");
    }
}

#[tokio::test]
async fn bootstraps_take_a_payment_and_refund_it() {
    let Some(folder) = folder() else { return };
    let scripts = tempfile::tempdir().unwrap();
    let functions =
        ["simple-create-payment", "simple-retrieve-payment", "simple-create-refund", "simple-unknown-route"];
    let instead: Vec<_> = functions
        .iter()
        .map(|name| {
            let bootstrap = folder.join(name).join("bootstrap");
            // The header of an ELF file names its processor: 183 is arm64.
            let header = std::fs::read(&bootstrap).unwrap();
            assert_eq!(header.get(18..20), Some(&[183, 0][..]), "{name} is not for arm64");
            ((*name).to_owned(), runner(&bootstrap, scripts.path(), name))
        })
        .collect();
    let cloud = Cloud::start_replacing(&instead).await;
    let simple = cloud.client("simple");
    let body = json!({"amount": 12.34, "currency": "EUR", "source": "tok_visa"});
    let payment = simple.post("/payments", &body).await.expect(201);
    assert_eq!(payment["status"], "succeeded");
    let path = format!("/payments/{}", payment["id"].as_str().unwrap());
    assert_eq!(simple.get(&path).await.expect(200), payment);
    let refund = json!({"payment_id": payment["id"], "amount": 12.34});
    let refund = simple.post("/refunds", &refund).await.expect(201);
    assert_eq!(refund["payment_id"], payment["id"]);
    simple.get("/nowhere").await.expect(404);
}

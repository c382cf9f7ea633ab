//! Every other path: a plain page that says so. Needs no table.

use tollgate_http::{LambdaError, run};
use tollgate_pages::notice;

fn main() -> Result<(), LambdaError> {
    run("pages", |_| async {
        notice(404, "There is no such page", "Check the address, or go back to the shop.")
    })
}

//! x
use crate::Error;
pub(crate) async fn run() -> Result<(), Error> {
    Ok(())
}

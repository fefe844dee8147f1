//! Says through grpc.health.v1 whether Relevo serves: whether its database answers, and whether it is not stopping.

use std::time::Duration;

use relevo_persistence::Store;
use tokio_util::sync::CancellationToken;
use tonic_health::{
    ServingStatus::{NotServing, Serving},
    server::HealthReporter,
};

const INTERVAL: Duration = Duration::from_secs(1);
/// What health is asked about: all of the process, and each service.
const SERVICES: [&str; 3] = ["", "relevo.v1.ContactService", "relevo.v1.RequestService"];

/// Asks the database every second, until told to stop; ends with the word that nothing is served.
pub(crate) async fn watch(mut health: HealthReporter, store: Store, stop: CancellationToken) {
    let mut reported = None;
    loop {
        let is_well = answers(&store).await;
        if reported != Some(is_well) {
            report(&health, is_well).await;
            reported = Some(is_well);
        }
        if stop.run_until_cancelled(tokio::time::sleep(INTERVAL)).await.is_none() {
            break;
        }
    }
    report(&health, false).await;
    for service in SERVICES {
        // Ends the streams of those who watch: they would hold up the stop until its grace is over.
        health.clear_service_status(service).await;
    }
}

async fn answers(store: &Store) -> bool {
    match tokio::time::timeout(INTERVAL, store.ping()).await {
        Ok(Ok(())) => true,
        Ok(Err(error)) => {
            tracing::error!(%error, "the database does not answer");
            false
        }
        Err(_) => {
            tracing::error!("the database does not answer in time");
            false
        }
    }
}

async fn report(health: &HealthReporter, is_well: bool) {
    let status = if is_well { Serving } else { NotServing };
    for service in SERVICES {
        health.set_service_status(service, status).await;
    }
}

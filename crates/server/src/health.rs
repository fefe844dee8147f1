//! Says through grpc.health.v1 whether Relevo serves: whether its database answers, and whether it is not stopping.

use std::time::{Duration, Instant};

use relevo_persistence::Store;
use tokio_util::sync::CancellationToken;
use tonic_health::{
    ServingStatus::{NotServing, Serving},
    server::HealthReporter,
};

use crate::Clock;

const INTERVAL: Duration = Duration::from_secs(1);
/// What health is asked about: all of the process, and each service.
const SERVICES: [&str; 3] = ["", "relevo.v1.ContactService", "relevo.v1.RequestService"];

/// What was last said, and where. Also keeps the clock to that of the database.
pub(crate) struct Watch {
    health: HealthReporter,
    store: Store,
    clock: Clock,
    is_well: bool,
}

impl Watch {
    /// Says how things stand, before the first call can ask.
    pub(crate) async fn begin(health: HealthReporter, store: Store, clock: Clock) -> Self {
        let is_well = answers(&store, &clock).await;
        report(&health, is_well).await;
        Self { health, store, clock, is_well }
    }

    /// Asks the database every second, until told to stop; ends with the word that nothing is served.
    pub(crate) async fn until(mut self, stop: CancellationToken) {
        while stop.run_until_cancelled(tokio::time::sleep(INTERVAL)).await.is_some() {
            let is_well = answers(&self.store, &self.clock).await;
            if is_well != self.is_well {
                report(&self.health, is_well).await;
                self.is_well = is_well;
            }
        }
        report(&self.health, false).await;
        for service in SERVICES {
            // Ends the streams of those who watch: they would hold up the stop until its grace is over.
            self.health.clear_service_status(service).await;
        }
    }
}

async fn answers(store: &Store, clock: &Clock) -> bool {
    let asked = Instant::now();
    match tokio::time::timeout(INTERVAL, store.ping()).await {
        Ok(Ok(time)) => {
            clock.keep_to(time, asked.elapsed());
            true
        }
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

//! The database ladder: one real connection, climbed rung by rung under the rules of the
//! backend's own driver.
//!
//! Must not know checks, fixes or how results are shown.

mod options;

pub use options::{LadderOptions, Via};

use tokio_util::sync::CancellationToken;

use crate::host::Host;
use crate::model::{Ladder, ProbeEvent, Redacted, Rung, RungResult, RungState, ValueOrigin};

/// Climbs the ladder to the database of `url`.
///
/// Reads root certificates, password and service files through `host`; opens sockets to the
/// hosts that the URL names and to no other. Returns always: what was not reached is `blocked`,
/// a cancelled climb says so on its rung.
pub async fn climb(
    url: &Redacted<String>,
    origin: Option<ValueOrigin>,
    options: &LadderOptions,
    host: &dyn Host,
    observer: &(dyn Fn(ProbeEvent) + Send + Sync),
    cancel: CancellationToken,
) -> Ladder {
    let _ = (url, host, observer, cancel);
    Ladder {
        driver: options.driver.clone(),
        endpoint: String::new(),
        database: String::new(),
        user: String::new(),
        origin,
        rungs: Rung::ALL
            .into_iter()
            .map(|rung| RungResult {
                rung,
                state: RungState::Blocked,
                ms: 0.0,
                detail: "no rung is climbed yet".to_owned(),
                sqlstate: None,
                outcome: "blocked".to_owned(),
                driver_error: None,
                transient: false,
            })
            .collect(),
        session: std::collections::BTreeMap::new(),
        tries: 0,
        notes: Vec::new(),
    }
}

//! Settings that a secured Kafka refuses, and the reasons that the services give.

use std::fs;

use xtask::services::certificates::Certificate;

use super::secured::{Secured, Settings};
use crate::support::{seconds, wait_until};

/// Settings that Kafka refuses, and the reason that the services give.
pub(super) struct Refusal {
    name: &'static str,
    settings: Settings,
    pub(super) services: &'static [&'static str],
    reason: &'static str,
}

impl Refusal {
    /// Waits until `/ready` and the log of `service` have the reason for the refusal.
    pub(super) async fn expect(&self, secured: &Secured, service: &str) {
        let Self { name, settings, reason, .. } = self;
        let (process, address) = secured.spawn(service, name, settings);
        let file = secured.dir.join(format!("{service}.{name}.log"));
        // Predictions do not need Kafka: the model server stays ready.
        let is_optional = service == "model-server";
        wait_until(&format!("{service} names {reason:?}"), seconds(120), async || {
            let log = fs::read_to_string(&file).unwrap_or_default();
            log.contains(reason)
                && (is_optional || secured.body(&address, "/ready").await.contains(reason))
        })
        .await;
        process.crash().await;
    }
}

/// One refusal of each kind.
pub(super) fn all(secured: &Secured) -> Vec<Refusal> {
    let stranger = Certificate::create_authority(&secured.dir, "stranger").unwrap();
    let certificate = stranger.certificate().display().to_string();
    let all = &["producer", "consumer", "dashboard", "model-server"];
    let readers = &["producer", "consumer", "dashboard"];
    let changed = |base: Settings, changes: &[(&'static str, &str)]| -> Settings {
        let changes = changes.iter().map(|(key, value)| (*key, (*value).to_owned()));
        base.into_iter().chain(changes).collect()
    };
    vec![
        Refusal {
            name: "password",
            settings: changed(secured.with_password(), &[("KAFKA__SECURITY__PASSWORD", "wrong")]),
            services: all,
            reason: "authentication failed",
        },
        Refusal {
            name: "authority",
            settings: changed(
                secured.with_password(),
                &[("KAFKA__SECURITY__CA_FILE", &certificate)],
            ),
            services: all,
            reason: "not signed by kafka.security.ca_file",
        },
        Refusal {
            name: "client",
            settings: changed(
                secured.with_certificate(),
                &[
                    ("KAFKA__SECURITY__CERTIFICATE_FILE", &certificate),
                    ("KAFKA__SECURITY__KEY_FILE", &stranger.key().display().to_string()),
                ],
            ),
            services: readers,
            reason: "the broker refuses kafka.security.certificate_file",
        },
        Refusal {
            name: "topic",
            settings: changed(secured.with_password(), &[("KAFKA__TOPICS__VITALS", "forbidden")]),
            services: readers,
            reason: "access to topic forbidden is denied",
        },
        Refusal {
            name: "group",
            settings: changed(
                secured.with_password(),
                &[("CONSUMER__ROLES", "watch"), ("CONSUMER__WATCH__GROUP_ID", "forbidden")],
            ),
            services: &["consumer"],
            reason: "access to consumer group forbidden is denied",
        },
    ]
}

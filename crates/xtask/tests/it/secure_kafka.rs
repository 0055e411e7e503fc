//! A Kafka with TLS, SCRAM, OAUTHBEARER, client certificates and ACLs: the services work with it, and
//! name what refuses them.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::{Json, Router, routing::post};
use futures::future::join_all;
use reqwest::Client;
use serde_json::{Value, json};
use xtask::services::certificates::Certificate;
use xtask::services::ports::free_ports;
use xtask::services::security::{OAUTH_SUBJECT, Security};
use xtask::services::{Lifetime, Ports, Services, kafka};
use xtask::{http, paths};

use crate::support::cluster::empty_folder;
use crate::support::process::Process;
use crate::support::{seconds, wait_until};

const PREDICTION: &str = r#"{"pregnancies": 2, "glucose": 148, "blood_pressure": 72,
    "skin_thickness": 35, "insulin": 100, "bmi": 33.6, "diabetes_pedigree_function": 0.6, "age": 50}"#;

type Settings = Vec<(&'static str, String)>;

/// Settings that Kafka refuses, and the reason that the services give.
struct Refusal {
    name: &'static str,
    settings: Settings,
    services: &'static [&'static str],
    reason: &'static str,
}

/// A secured Kafka.
struct Secured {
    dir: PathBuf,
    services: Services,
    client: Client,
}

impl Secured {
    async fn start() -> Self {
        let dir = empty_folder("secure_kafka");
        Security::create(&dir).unwrap();
        let ports = Ports::free().unwrap();
        let services =
            Services::start_kafka(&dir, ports, Lifetime::Bound, &kafka::TOPICS).await.unwrap();
        Self { dir, services, client: http::client().unwrap() }
    }

    /// Settings with a valid password.
    fn with_password(&self) -> Settings {
        self.services.security().unwrap().password_settings(self.services.ports())
    }

    /// Settings with a valid client certificate.
    fn with_certificate(&self) -> Settings {
        self.services.security().unwrap().certificate_settings(self.services.ports())
    }

    /// Starts `service` on a free port. Returns it with its address.
    fn spawn(&self, service: &str, name: &str, settings: &Settings) -> (Process, String) {
        let [port] = free_ports().unwrap();
        let address = format!("127.0.0.1:{port}");
        let section = service.replace('-', "_").to_uppercase();
        let spool = self.dir.join("spool").join(name).display().to_string();
        let own = [
            (format!("{section}__LISTEN"), address.clone()),
            ("LAKE__URL".to_owned(), self.dir.join("lake").display().to_string()),
            ("CONSUMER__SPOOL__FOLDER".to_owned(), spool),
        ];
        let given = settings.iter().map(|(key, value)| ((*key).to_owned(), value.clone()));
        let all: Vec<_> = own
            .into_iter()
            .chain(given)
            .map(|(key, value)| (format!("VITALS__{key}"), value))
            .collect();
        let log = format!("{service}.{name}");
        let process = Process::start(&self.dir, &log, &paths::binary(service), &[], &all);
        (process, address)
    }

    /// Starts every service and waits until it works.
    async fn expect_work(&self, name: &str, settings: &Settings) {
        let services = ["producer", "consumer", "dashboard", "model-server"];
        let running = services.map(|service| self.spawn(service, name, settings));
        for ((_, address), service) in running.iter().zip(services) {
            wait_until(&format!("{service} is ready ({name})"), seconds(120), async || {
                self.body(address, "/ready").await.contains("\"status\":\"ready\"")
            })
            .await;
        }
        let (_, model_server) = &running[3];
        let url = format!("http://{model_server}/predict");
        let request = self.client.post(url).header("content-type", "application/json");
        let response = request.body(PREDICTION).send().await.unwrap();
        assert!(response.status().is_success(), "{:?}", response.text().await);
        wait_until("the prediction is delivered", seconds(60), async || {
            self.body(model_server, "/health").await.contains("\"delivered\":1")
        })
        .await;
        for (process, _) in running {
            process.crash().await;
        }
    }

    /// Waits until `/ready` and the log of `service` have the reason for the refusal.
    async fn expect_refusal(&self, service: &str, refusal: &Refusal) {
        let Refusal { name, settings, reason, .. } = refusal;
        let (process, address) = self.spawn(service, name, settings);
        let file = self.dir.join(format!("{service}.{name}.log"));
        // Predictions do not need Kafka: the model server stays ready.
        let is_optional = service == "model-server";
        wait_until(&format!("{service} names {reason:?}"), seconds(120), async || {
            let log = fs::read_to_string(&file).unwrap_or_default();
            log.contains(reason)
                && (is_optional || self.body(&address, "/ready").await.contains(reason))
        })
        .await;
        process.crash().await;
    }

    /// The body of a response, whatever its status; empty without a response.
    async fn body(&self, address: &str, path: &str) -> String {
        let url = format!("http://{address}{path}");
        let Ok(response) = self.client.get(url).timeout(Duration::from_secs(5)).send().await else {
            return String::new();
        };
        response.text().await.unwrap_or_default()
    }

    fn refusals(&self) -> Vec<Refusal> {
        let stranger = Certificate::create_authority(&self.dir, "stranger").unwrap();
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
                settings: changed(self.with_password(), &[("KAFKA__SECURITY__PASSWORD", "wrong")]),
                services: all,
                reason: "authentication failed",
            },
            Refusal {
                name: "authority",
                settings: changed(
                    self.with_password(),
                    &[("KAFKA__SECURITY__CA_FILE", &certificate)],
                ),
                services: all,
                reason: "not signed by kafka.security.ca_file",
            },
            Refusal {
                name: "client",
                settings: changed(
                    self.with_certificate(),
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
                settings: changed(self.with_password(), &[("KAFKA__TOPICS__VITALS", "forbidden")]),
                services: readers,
                reason: "access to topic forbidden is denied",
            },
            Refusal {
                name: "group",
                settings: changed(
                    self.with_password(),
                    &[("CONSUMER__ROLES", "watch"), ("CONSUMER__WATCH__GROUP_ID", "forbidden")],
                ),
                services: &["consumer"],
                reason: "access to consumer group forbidden is denied",
            },
        ]
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Java, Maven and openssl; run by cargo xtask test"]
async fn a_secured_kafka_is_used_and_its_refusals_are_named() {
    let secured = Secured::start().await;
    secured.expect_work("password", &secured.with_password()).await;
    secured.expect_work("certificate", &secured.with_certificate()).await;
    let mut oauth = secured.with_password();
    oauth.extend([
        ("KAFKA__SECURITY__MECHANISM", "OAUTHBEARER".to_owned()),
        ("KAFKA__SECURITY__OAUTH__TOKEN_URL", token_endpoint().await),
        ("KAFKA__SECURITY__OAUTH__CLIENT_ID", "client".to_owned()),
        ("KAFKA__SECURITY__OAUTH__CLIENT_SECRET", "secret".to_owned()),
    ]);
    secured.expect_work("token", &oauth).await;

    let refusals = secured.refusals();
    let expected = refusals.iter().flat_map(|refusal| {
        refusal.services.iter().map(|service| secured.expect_refusal(service, refusal))
    });
    join_all(expected).await;
}

/// Starts a token endpoint for client credentials, and returns its URL.
async fn token_endpoint() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().route("/token", post(async || Json(token())));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    format!("http://{address}/token")
}

/// A response with an unsigned token, which the broker of the test accepts.
fn token() -> Value {
    #[expect(clippy::disallowed_methods, reason = "the token is valid from now on")]
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let header = json!({"alg": "none"}).to_string();
    let claims = json!({"sub": OAUTH_SUBJECT, "iat": now, "exp": now + 3600}).to_string();
    let token = format!("{}.{}.", base64url(&header), base64url(&claims));
    json!({"access_token": token, "token_type": "Bearer", "expires_in": 3600})
}

fn base64url(text: &str) -> String {
    kafka::base64url(text.as_bytes())
}

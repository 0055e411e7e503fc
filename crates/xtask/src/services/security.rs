//! A secured Kafka: TLS with SCRAM or OAUTHBEARER on one listener, TLS with client certificates on
//! another, and ACLs. Authority, certificates and passwords are made for the instance.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use rdkafka::config::ClientConfig;

use super::certificates::Certificate;
use super::ports::Ports;
use super::server::Server;

/// The broker's own user, which has every permission.
const ADMIN: &str = "admin";

/// The user of the services.
pub const USER: &str = "vitals";

/// The subject of the OAUTHBEARER tokens that have the permissions of [`USER`].
pub const OAUTH_SUBJECT: &str = "vitals-oauth";

/// The consumer groups of the services begin with it.
const GROUP_PREFIX: &str = "vitals";

/// Settings of the services as `(SECTION__KEY, value)`.
pub type Settings = Vec<(&'static str, String)>;

/// The files of a secured instance, in its folder `security`.
#[derive(Clone, Debug)]
pub struct Security {
    dir: PathBuf,
}

impl Security {
    /// Secures the instance in `instance` with new certificates and passwords, unless it is secured.
    ///
    /// # Errors
    /// Returns an error if the instance was started without security, openssl fails, or a file can't
    /// be written.
    pub fn create(instance: &Path) -> Result<Self> {
        let security = Self { dir: instance.join("security") };
        if security.broker_key_store().exists() {
            return Ok(security);
        }
        ensure!(
            !instance.join("data").exists(),
            "the instance in {} was started without security: choose another folder with --dir, or \
             remove it with `cargo xtask services down --wipe`",
            instance.display()
        );
        // Private: the folder has keys and passwords.
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&security.dir)
            .with_context(|| format!("creating {}", security.dir.display()))?;
        for user in [ADMIN, USER] {
            let password = fs::read_to_string("/proc/sys/kernel/random/uuid")?;
            fs::write(security.password_file(user), password.trim())?;
        }
        let authority = Certificate::create_authority(&security.dir, "authority")?;
        authority.sign(USER, "DNS:localhost")?;
        let broker = authority.sign("broker", "IP:127.0.0.1,DNS:localhost")?;
        let key_store =
            fs::read_to_string(broker.key())? + &fs::read_to_string(broker.certificate())?;
        // Written last: it marks the folder as complete.
        fs::write(security.broker_key_store(), key_store)?;
        Ok(security)
    }

    /// The files of the instance in `instance`; `None` if it is not secured.
    pub(super) fn of(instance: &Path) -> Option<Self> {
        let security = Self { dir: instance.join("security") };
        security.broker_key_store().exists().then_some(security)
    }

    /// The authority that signs the certificates of the broker and its clients.
    #[must_use]
    pub fn authority(&self) -> Certificate {
        Certificate::at(&self.dir, "authority")
    }

    /// Settings for the listener with passwords and tokens: TLS, and SCRAM as [`USER`].
    #[must_use]
    pub fn password_settings(&self, ports: &Ports) -> Settings {
        let password = format!("file:{}", self.password_file(USER).display());
        let mut settings = self.tls_settings(ports.kafka, "SASL_SSL");
        settings.push(("KAFKA__SECURITY__USERNAME", USER.to_owned()));
        settings.push(("KAFKA__SECURITY__PASSWORD", password));
        settings
    }

    /// Settings for the listener with client certificates: mutual TLS as [`USER`].
    #[must_use]
    pub fn certificate_settings(&self, ports: &Ports) -> Settings {
        let client = Certificate::at(&self.dir, USER);
        let certificate = client.certificate().display().to_string();
        let mut settings = self.tls_settings(ports.kafka_certificates, "SSL");
        settings.push(("KAFKA__SECURITY__CERTIFICATE_FILE", certificate));
        settings.push(("KAFKA__SECURITY__KEY_FILE", client.key().display().to_string()));
        settings
    }

    fn tls_settings(&self, port: u16, protocol: &str) -> Settings {
        let authority = self.authority().certificate().display().to_string();
        vec![
            ("KAFKA__BOOTSTRAP_SERVERS", format!("127.0.0.1:{port}")),
            ("KAFKA__SECURITY__PROTOCOL", protocol.to_owned()),
            ("KAFKA__SECURITY__CA_FILE", authority),
        ]
    }

    fn password_file(&self, user: &str) -> PathBuf {
        self.dir.join(format!("{user}.password"))
    }

    fn password(&self, user: &str) -> Result<String> {
        let file = self.password_file(user);
        fs::read_to_string(&file).with_context(|| format!("reading {}", file.display()))
    }

    /// The broker's key and certificate in one PEM file.
    fn broker_key_store(&self) -> PathBuf {
        self.dir.join("broker.pem")
    }

    /// The broker's properties: authentication on both listeners, and ACLs.
    pub(super) fn properties(&self) -> Result<String> {
        let password = self.password(ADMIN)?;
        let key_store = self.broker_key_store();
        let key_store = key_store.display();
        let authority = self.authority().certificate();
        let authority = authority.display();
        // The controller listener is on loopback and anonymous. Tokens are not verified: the instance
        // trusts every provider. A client certificate names its user.
        Ok(format!(
            "sasl.enabled.mechanisms=SCRAM-SHA-512,OAUTHBEARER
sasl.mechanism.inter.broker.protocol=SCRAM-SHA-512
listener.name.client.scram-sha-512.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required username=\"{ADMIN}\" password=\"{password}\";
listener.name.client.oauthbearer.sasl.jaas.config=\
org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required;
listener.name.client.oauthbearer.sasl.server.callback.handler.class=\
org.apache.kafka.common.security.oauthbearer.internals.unsecured.OAuthBearerUnsecuredValidatorCallbackHandler
listener.name.certificates.ssl.client.auth=required
ssl.principal.mapping.rules=RULE:^CN=(.*)$/$1/
ssl.keystore.type=PEM
ssl.keystore.location={key_store}
ssl.truststore.type=PEM
ssl.truststore.location={authority}
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:{ADMIN};User:ANONYMOUS
"
        ))
    }

    /// Arguments of the storage tool that store the users' passwords.
    pub(super) fn format_arguments(&self) -> Result<Vec<String>> {
        let mut arguments = Vec::new();
        for user in [ADMIN, USER] {
            let password = self.password(user)?;
            arguments.push("--add-scram".to_owned());
            arguments.push(format!("SCRAM-SHA-512=[name={user},password={password}]"));
        }
        Ok(arguments)
    }

    /// Authenticates a client of the instance as [`ADMIN`].
    pub(super) fn set_admin(&self, config: &mut ClientConfig) -> Result<()> {
        config
            .set("security.protocol", "SASL_SSL")
            .set("ssl.ca.location", self.authority().certificate().display().to_string())
            .set("sasl.mechanism", "SCRAM-SHA-512")
            .set("sasl.username", ADMIN)
            .set("sasl.password", self.password(ADMIN)?);
        Ok(())
    }

    /// Permits the services every operation on topics and consumer groups whose names begin with one
    /// of `topics` or with [`GROUP_PREFIX`], and no other.
    pub(super) fn allow(&self, kafka: &Server, bootstrap: &str, topics: &[&str]) -> Result<()> {
        let client = self.dir.join("admin.properties");
        fs::write(&client, self.admin_properties()?)?;
        let client = client.display().to_string();
        let principals = [USER, OAUTH_SUBJECT].map(|user| format!("User:{user}"));
        let mut args = vec!["--bootstrap-server", bootstrap, "--command-config", &client];
        args.extend(["--add", "--operation", "All", "--resource-pattern-type", "prefixed"]);
        args.extend(["--group", GROUP_PREFIX]);
        args.extend(principals.iter().flat_map(|user| ["--allow-principal", user]));
        args.extend(topics.iter().flat_map(|topic| ["--topic", topic]));
        kafka.run_tool("org.apache.kafka.tools.AclCommand", &args).context("creating the ACLs")
    }

    /// Properties of a Java client that authenticates as [`ADMIN`].
    fn admin_properties(&self) -> Result<String> {
        let password = self.password(ADMIN)?;
        let authority = self.authority().certificate();
        let authority = authority.display();
        Ok(format!(
            "security.protocol=SASL_SSL
ssl.truststore.type=PEM
ssl.truststore.location={authority}
sasl.mechanism=SCRAM-SHA-512
sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required \
username=\"{ADMIN}\" password=\"{password}\";
"
        ))
    }
}

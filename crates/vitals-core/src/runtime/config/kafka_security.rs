//! Section `[kafka.security]`.

use std::fs::File;

use serde::{Deserialize, Serialize};

use super::{
    error::{ConfigError, check},
    secret::read_secret,
};

/// Encryption and authentication of the connections to the brokers. With protocol `PLAINTEXT`
/// nothing else applies.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SecuritySettings {
    /// The protocol of the brokers' listener.
    pub protocol: SecurityProtocol,
    /// PEM file of the authorities that sign the brokers' certificates. If empty: those of the
    /// system.
    pub ca_file: String,
    /// PEM file of the client's certificate. If empty, the client presents none.
    pub certificate_file: String,
    /// PEM file of the client's private key.
    pub key_file: String,
    /// Password of the private key. May refer to `file:PATH` or `env:NAME`, as every secret.
    pub key_password: String,
    /// The SASL mechanism, for the SASL protocols.
    pub mechanism: SaslMechanism,
    /// User name, for PLAIN and SCRAM.
    pub username: String,
    /// Password, for PLAIN and SCRAM.
    pub password: String,
    /// The token endpoint, for OAUTHBEARER.
    pub oauth: OauthSettings,
}

/// The protocol of a broker's listener, as Kafka spells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&'static str")]
pub enum SecurityProtocol {
    /// Neither encryption nor authentication.
    #[default]
    Plaintext,
    /// TLS; a client certificate authenticates.
    Ssl,
    /// SASL without encryption.
    SaslPlaintext,
    /// SASL over TLS.
    SaslSsl,
}

impl SecurityProtocol {
    const ALL: [Self; 4] = [Self::Plaintext, Self::Ssl, Self::SaslPlaintext, Self::SaslSsl];

    /// Returns true if connections are encrypted.
    #[must_use]
    pub const fn has_tls(self) -> bool {
        matches!(self, Self::Ssl | Self::SaslSsl)
    }

    /// Returns true if the client authenticates by SASL.
    #[must_use]
    pub const fn has_sasl(self) -> bool {
        matches!(self, Self::SaslPlaintext | Self::SaslSsl)
    }

    /// Kafka's name of the protocol.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plaintext => "PLAINTEXT",
            Self::Ssl => "SSL",
            Self::SaslPlaintext => "SASL_PLAINTEXT",
            Self::SaslSsl => "SASL_SSL",
        }
    }
}

/// A SASL mechanism, as Kafka spells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&'static str")]
pub enum SaslMechanism {
    /// The password in clear text: over TLS only.
    Plain,
    /// Salted challenge and response with SHA-256.
    ScramSha256,
    /// Salted challenge and response with SHA-512.
    #[default]
    ScramSha512,
    /// Tokens of an OpenID Connect provider.
    OauthBearer,
    /// Kerberos; only in builds with the feature `kerberos`.
    Gssapi,
}

impl SaslMechanism {
    const ALL: [Self; 5] =
        [Self::Plain, Self::ScramSha256, Self::ScramSha512, Self::OauthBearer, Self::Gssapi];

    /// Kafka's name of the mechanism.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::ScramSha512 => "SCRAM-SHA-512",
            Self::OauthBearer => "OAUTHBEARER",
            Self::Gssapi => "GSSAPI",
        }
    }
}

impl From<SecurityProtocol> for &'static str {
    fn from(protocol: SecurityProtocol) -> Self {
        protocol.name()
    }
}

impl TryFrom<String> for SecurityProtocol {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        by_name(&text, &Self::ALL, Self::name)
    }
}

impl From<SaslMechanism> for &'static str {
    fn from(mechanism: SaslMechanism) -> Self {
        mechanism.name()
    }
}

impl TryFrom<String> for SaslMechanism {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        by_name(&text, &Self::ALL, Self::name)
    }
}

/// The one of `all` with the name `text`, in any case. The error lists all names.
fn by_name<T: Copy>(text: &str, all: &[T], name: impl Fn(T) -> &'static str) -> Result<T, String> {
    let found = all.iter().copied().find(|one| name(*one).eq_ignore_ascii_case(text));
    found.ok_or_else(|| {
        let names: Vec<_> = all.iter().map(|one| name(*one)).collect();
        format!("{text:?} is not one of {}", names.join(", "))
    })
}

/// The client credentials with which a token endpoint issues tokens.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OauthSettings {
    /// URL of the token endpoint.
    pub token_url: String,
    /// Client id.
    pub client_id: String,
    /// Client secret.
    pub client_secret: String,
    /// Scope of the tokens; may be empty.
    pub scope: String,
}

impl SecuritySettings {
    /// The secrets with their paths in the settings.
    pub(super) const fn secrets(&mut self) -> [(&'static str, &mut String); 3] {
        [
            ("kafka.security.key_password", &mut self.key_password),
            ("kafka.security.password", &mut self.password),
            ("kafka.security.oauth.client_secret", &mut self.oauth.client_secret),
        ]
    }

    /// Resolves secrets of the form `file:PATH` and `env:NAME`.
    pub(super) fn read_secrets(&mut self) -> Result<(), ConfigError> {
        for (key, value) in self.secrets() {
            read_secret(key, value)?;
        }
        Ok(())
    }

    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        if self.protocol.has_tls() {
            self.validate_tls()?;
        }
        if self.protocol.has_sasl() {
            return self.validate_sasl();
        }
        // Credentials that no connection uses are a forgotten protocol.
        let unused = "is set, but kafka.security.protocol does not authenticate by SASL";
        check(self.username.is_empty(), "kafka.security.username", unused)?;
        check(self.oauth.token_url.is_empty(), "kafka.security.oauth.token_url", unused)
    }

    fn validate_tls(&self) -> Result<(), ConfigError> {
        let files = [
            ("kafka.security.ca_file", &self.ca_file),
            ("kafka.security.certificate_file", &self.certificate_file),
            ("kafka.security.key_file", &self.key_file),
        ];
        for (key, path) in files.into_iter().filter(|(_, path)| !path.is_empty()) {
            // Opened at the start, so that the error names the setting.
            File::open(path).map_err(|error| ConfigError::Value {
                key: key.to_owned(),
                problem: format!("{path}: {error}"),
            })?;
        }
        let paired = self.certificate_file.is_empty() == self.key_file.is_empty();
        check(paired, "kafka.security.key_file", "goes with kafka.security.certificate_file")
    }

    fn validate_sasl(&self) -> Result<(), ConfigError> {
        let missing = "is empty, but kafka.security.mechanism needs it";
        match self.mechanism {
            SaslMechanism::Plain | SaslMechanism::ScramSha256 | SaslMechanism::ScramSha512 => {
                check(!self.username.is_empty(), "kafka.security.username", missing)?;
                check(!self.password.is_empty(), "kafka.security.password", missing)
            }
            SaslMechanism::OauthBearer => {
                let OauthSettings { token_url, client_id, client_secret, .. } = &self.oauth;
                let is_url = token_url.starts_with("https://") || token_url.starts_with("http://");
                check(is_url, "kafka.security.oauth.token_url", "is no http or https URL")?;
                check(!client_id.is_empty(), "kafka.security.oauth.client_id", missing)?;
                check(!client_secret.is_empty(), "kafka.security.oauth.client_secret", missing)
            }
            // The ticket identifies the client.
            SaslMechanism::Gssapi => Ok(()),
        }
    }
}

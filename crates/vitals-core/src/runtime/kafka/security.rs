//! Encryption and authentication of a client, and the capabilities of the linked librdkafka.

use anyhow::{Context as _, bail};
use rdkafka::ClientConfig;

use crate::runtime::config::{KafkaSettings, SaslMechanism, SecuritySettings};

/// Compressions that a consumer has to decode, whichever a foreign producer selects.
const CODECS: [&str; 4] = ["gzip", "lz4", "snappy", "zstd"];

/// Applies `security` to the configuration of a client.
pub(super) fn secure(config: &mut ClientConfig, security: &SecuritySettings) {
    let SecuritySettings { protocol, mechanism, oauth, .. } = security;
    config.set("security.protocol", protocol.name());
    if protocol.has_tls() {
        set_if_given(config, "ssl.ca.location", &security.ca_file);
        set_if_given(config, "ssl.certificate.location", &security.certificate_file);
        set_if_given(config, "ssl.key.location", &security.key_file);
        set_if_given(config, "ssl.key.password", &security.key_password);
    }
    if !protocol.has_sasl() {
        return;
    }
    config.set("sasl.mechanism", mechanism.name());
    match mechanism {
        SaslMechanism::OauthBearer => {
            config
                .set("sasl.oauthbearer.method", "oidc")
                .set("sasl.oauthbearer.token.endpoint.url", &oauth.token_url)
                .set("sasl.oauthbearer.client.id", &oauth.client_id)
                .set("sasl.oauthbearer.client.secret", &oauth.client_secret);
            set_if_given(config, "sasl.oauthbearer.scope", &oauth.scope);
        }
        SaslMechanism::Plain | SaslMechanism::ScramSha256 | SaslMechanism::ScramSha512 => {
            config
                .set("sasl.username", &security.username)
                .set("sasl.password", &security.password);
        }
        // The ticket identifies the client.
        SaslMechanism::Gssapi => {}
    }
}

fn set_if_given(config: &mut ClientConfig, name: &str, value: &str) {
    if !value.is_empty() {
        config.set(name, value);
    }
}

/// Checks that the linked librdkafka has every feature that the settings and the archive need.
///
/// # Errors
/// If a feature is missing. The message names it, and the setting that needs it.
pub fn check_capabilities(settings: &KafkaSettings) -> anyhow::Result<()> {
    let native = ClientConfig::new().create_native_config().context("librdkafka")?;
    let features = native.get("builtin.features").context("librdkafka has no list of features")?;
    check_features(&features, &settings.security)
}

fn check_features(features: &str, security: &SecuritySettings) -> anyhow::Result<()> {
    let SecuritySettings { protocol, mechanism, .. } = security;
    let has = |feature: &str| features.split(',').any(|found| found.trim() == feature);
    if let Some(codec) = CODECS.iter().find(|codec| !has(codec)) {
        bail!("librdkafka was built without the compression {codec}; it has: {features}");
    }
    if protocol.has_tls() && !has("ssl") {
        let name = protocol.name();
        bail!("kafka.security.protocol: librdkafka was built without {name}; it has: {features}");
    }
    let missing = mechanism_features(*mechanism).iter().find(|feature| !has(feature));
    match missing {
        Some(feature) if protocol.has_sasl() => bail!(
            "kafka.security.mechanism: librdkafka was built without {} (feature {feature}); it has: \
             {features}",
            mechanism.name()
        ),
        _ => Ok(()),
    }
}

/// librdkafka's features that implement `mechanism`.
const fn mechanism_features(mechanism: SaslMechanism) -> &'static [&'static str] {
    match mechanism {
        SaslMechanism::Plain => &["sasl_plain"],
        SaslMechanism::ScramSha256 | SaslMechanism::ScramSha512 => &["sasl_scram"],
        SaslMechanism::OauthBearer => &["sasl_oauthbearer", "oidc"],
        SaslMechanism::Gssapi => &["sasl_gssapi"],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::config::{OauthSettings, SecurityProtocol};

    const ALL: &str = "gzip,snappy,ssl,lz4,sasl_plain,sasl_scram,zstd,sasl_oauthbearer,oidc";

    fn sasl_ssl(mechanism: SaslMechanism) -> SecuritySettings {
        SecuritySettings {
            protocol: SecurityProtocol::SaslSsl,
            mechanism,
            username: "alice".to_owned(),
            password: "secret".to_owned(),
            oauth: OauthSettings {
                token_url: "https://id.example/token".to_owned(),
                ..OauthSettings::default()
            },
            ..SecuritySettings::default()
        }
    }

    #[test]
    fn librdkafka_has_every_mechanism_of_the_settings_but_kerberos() {
        let mut settings = KafkaSettings::default();
        for mechanism in [
            SaslMechanism::Plain,
            SaslMechanism::ScramSha256,
            SaslMechanism::ScramSha512,
            SaslMechanism::OauthBearer,
        ] {
            settings.security = sasl_ssl(mechanism);
            check_capabilities(&settings).unwrap();
        }
        settings.security = sasl_ssl(SaslMechanism::Gssapi);
        let checked = check_capabilities(&settings);
        assert_eq!(checked.is_ok(), cfg!(feature = "kerberos"), "{checked:?}");
    }

    #[test]
    fn a_missing_feature_is_named_with_its_setting() {
        let cases = [
            ("zstd", SaslMechanism::Plain, "without the compression zstd"),
            ("ssl", SaslMechanism::Plain, "kafka.security.protocol: librdkafka was built without"),
            ("sasl_scram", SaslMechanism::ScramSha512, "without SCRAM-SHA-512"),
            ("oidc", SaslMechanism::OauthBearer, "without OAUTHBEARER (feature oidc)"),
            ("sasl_gssapi", SaslMechanism::Gssapi, "without GSSAPI"),
        ];
        for (removed, mechanism, problem) in cases {
            let kept: Vec<_> = ALL.split(',').filter(|feature| *feature != removed).collect();
            let error = check_features(&kept.join(","), &sasl_ssl(mechanism)).unwrap_err();
            assert!(error.to_string().contains(problem), "{removed}: {error}");
        }
    }

    #[test]
    fn without_encryption_no_feature_but_the_compressions_is_needed() {
        check_features("gzip,lz4,snappy,zstd", &SecuritySettings::default()).unwrap();
    }

    #[test]
    fn librdkafka_accepts_the_properties_of_every_mechanism() {
        for mechanism in [SaslMechanism::ScramSha512, SaslMechanism::OauthBearer] {
            let mut config = ClientConfig::new();
            secure(&mut config, &sasl_ssl(mechanism));
            config.create_native_config().unwrap();
            assert_eq!(config.get("sasl.mechanism"), Some(mechanism.name()));
            let password = config.get("sasl.password");
            assert_eq!(password.is_some(), mechanism == SaslMechanism::ScramSha512);
        }
    }
}

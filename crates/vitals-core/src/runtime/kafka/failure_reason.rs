//! Reasons of outages in the terms of the settings.

/// The reason of an outage without a failed connection.
pub(super) const CLOSED: &str = "the brokers close the connections; if they run, kafka.security.protocol is not \
                      that of their listener";

/// The reason of a failed handshake. librdkafka reports every refused certificate as one of an unknown
/// authority.
pub(super) fn tls_failure(reason: &str) -> String {
    if reason.contains("certificate verify failed") {
        return "TLS failed: the broker's certificate is not signed by kafka.security.ca_file, has \
                expired, or names another host"
            .to_owned();
    }
    if reason.contains("SSL alert") {
        return format!("TLS failed: the broker refuses kafka.security.certificate_file: {reason}");
    }
    format!("TLS failed: {reason}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refused_certificates_are_named_by_their_setting() {
        let cases = [
            (
                "SSL handshake failed: error:0A000086:SSL routines::certificate verify failed: verify \
                 that ssl.ca.location is correctly configured",
                "TLS failed: the broker's certificate is not signed by kafka.security.ca_file, has \
                 expired",
            ),
            (
                "Receive failed: error:0A000412:SSL routines::sslv3 alert bad certificate: SSL alert \
                 number 42",
                "TLS failed: the broker refuses kafka.security.certificate_file: Receive failed",
            ),
            ("wrong version number", "TLS failed: wrong version number"),
        ];
        for (reported, expected) in cases {
            let reason = tls_failure(reported);
            assert!(reason.starts_with(expected), "{reason}");
        }
    }
}

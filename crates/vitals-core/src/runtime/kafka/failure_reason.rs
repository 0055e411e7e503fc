//! Reasons of outages in the terms of the settings.

/// The reason of an outage without a failed connection.
pub(super) const CLOSED: &str = "the brokers close the connections; if they run, kafka.security.protocol is not \
                      that of their listener";

/// The start of the reason of an outage without a response.
const SILENT: &str = "the brokers do not respond";

/// The reason of an outage whose connections stay open, or of a new connection that times out; with
/// the time of the latest response, ms since the epoch, if it is known.
pub(super) fn silent(since_ms: Option<i64>) -> String {
    let since = since_ms.and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    since.map_or_else(
        || SILENT.to_owned(),
        |since| format!("{SILENT}; the last response came at {}", since.strftime("%F %T UTC")),
    )
}

/// Returns true for the reasons of [`silent`].
pub(super) fn is_silent(reason: &str) -> bool {
    reason.starts_with(SILENT)
}

/// Returns true if a line of librdkafka's log reports a connection or a handshake without a response.
/// These failures are reported by the log only.
pub(super) fn is_timeout(facility: &str, line: &str) -> bool {
    facility == "FAIL" && line.to_ascii_lowercase().contains("timed out")
}

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
    fn a_silence_names_the_latest_response() {
        let reason = silent(Some(1_763_812_800_123));
        assert_eq!(
            reason,
            "the brokers do not respond; the last response came at 2025-11-22 12:00:00 UTC"
        );
        assert!(is_silent(&reason) && is_silent(&silent(None)) && !is_silent(CLOSED));
    }

    #[test]
    fn only_a_connection_that_times_out_is_a_timeout() {
        for (facility, line, expected) in [
            ("FAIL", "b:9092/1: ApiVersionRequest failed: Local: Timed out: probably", true),
            ("FAIL", "b:9092/1: Connection setup timed out in state SSL_HANDSHAKE", true),
            ("FAIL", "b:9092/1: Disconnected: requesting ApiVersion: might be caused", false),
            // Of one request: another may have had its response.
            ("REQTMOUT", "b:9092/1: Timed out 1 in-flight, 0 retry-queued", false),
        ] {
            assert_eq!(is_timeout(facility, line), expected, "{line}");
        }
    }

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

//! Settings that the HDFS client reads only from the environment.

use super::config::LakeSettings;

/// Exports the settings `lake.user` and `lake.hadoop_conf` as the variables that Hadoop's own
/// clients read. An empty setting leaves its variable unchanged.
///
/// Must be called at the start of `main`, while the process has a single thread.
#[expect(unsafe_code, reason = "the client has no other interface for these settings")]
pub(super) fn export(settings: &LakeSettings) {
    let variables =
        [("HADOOP_USER_NAME", &settings.user), ("HADOOP_CONF_DIR", &settings.hadoop_conf)];
    for (name, value) in variables.into_iter().filter(|(_, value)| !value.is_empty()) {
        // SAFETY: the process has a single thread, so the environment is not read concurrently.
        unsafe { std::env::set_var(name, value) };
    }
}

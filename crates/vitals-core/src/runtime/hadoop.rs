//! What the HDFS client takes from the environment and from nowhere else.

use super::config::LakeSettings;

/// Gives the settings `lake.user` and `lake.hadoop_conf` to the HDFS client, as the variables
/// that Hadoop's own clients read. A setting that is empty leaves its variable as it is.
///
/// Only for the start of `main`, before there is a second thread.
#[expect(unsafe_code, reason = "the client has no other way in")]
pub(super) fn export(settings: &LakeSettings) {
    let variables =
        [("HADOOP_USER_NAME", &settings.user), ("HADOOP_CONF_DIR", &settings.hadoop_conf)];
    for (name, value) in variables.into_iter().filter(|(_, value)| !value.is_empty()) {
        // SAFETY: the process has this one thread, so nobody reads the environment meanwhile.
        unsafe { std::env::set_var(name, value) };
    }
}

#!/usr/bin/env bash
# CORE-SITE.XML_a.b=value in the environment is the property a.b of core-site.xml. An empty
# ENSURE_NAMENODE_DIR is formatted.
set -e
conf=/opt/hadoop/etc/hadoop
for site in core-site hdfs-site; do
  {
    echo '<configuration>'
    # Names with dots are no variables of the shell: they are read from the process.
    tr '\0' '\n' <"/proc/$$/environ" | sed -n "s/^${site^^}.XML_//p" |
      while IFS='=' read -r name value; do
        echo "<property><name>$name</name><value>$value</value></property>"
      done
    echo '</configuration>'
  } >"$conf/$site.xml"
done
if [ -n "$ENSURE_NAMENODE_DIR" ] && [ ! -d "$ENSURE_NAMENODE_DIR" ]; then
  hdfs namenode -format -force -nonInteractive
fi
exec "$@"

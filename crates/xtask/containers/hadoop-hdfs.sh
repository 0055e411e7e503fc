#!/usr/bin/env bash
# hdfs namenode | datanode | dfs
case $1 in
  namenode) class=org.apache.hadoop.hdfs.server.namenode.NameNode ;;
  datanode) class=org.apache.hadoop.hdfs.server.datanode.DataNode ;;
  dfs) class=org.apache.hadoop.fs.FsShell ;;
  *) echo "unknown command $1" >&2; exit 1 ;;
esac
shift
exec java "-Xmx${HADOOP_HEAPSIZE_MAX:-256m}" -cp '/opt/hadoop/etc/hadoop:/opt/hadoop/libs/*' "$class" "$@"

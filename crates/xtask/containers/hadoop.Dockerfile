# Stand-in for apache/hadoop: the jars of `cargo xtask services` behind that image's starter.
FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install --yes --no-install-recommends openjdk-17-jre-headless \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 1000 hadoop \
 && mkdir -p /opt/hadoop/etc/hadoop/webapps/hdfs /opt/hadoop/etc/hadoop/webapps/datanode
COPY libs /opt/hadoop/libs
COPY starter.sh /opt/
COPY hdfs /opt/hadoop/bin/
ENV PATH=/opt/hadoop/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
WORKDIR /opt/hadoop
USER hadoop
ENTRYPOINT ["/opt/starter.sh"]

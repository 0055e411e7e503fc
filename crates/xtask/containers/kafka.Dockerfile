# Stand-in for apache/kafka: the jars of `cargo xtask services` under that image's paths, user,
# volumes and command.
FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install --yes --no-install-recommends openjdk-17-jre-headless \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 1000 appuser \
 && install --directory --owner appuser /etc/kafka/docker /opt/kafka/config /var/lib/kafka/data
COPY libs /opt/kafka/libs
COPY kafka-topics.sh /opt/kafka/bin/
COPY run /etc/kafka/docker/
USER appuser
VOLUME /var/lib/kafka/data
CMD ["/etc/kafka/docker/run"]

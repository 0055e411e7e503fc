# The four services, one target each: producer, consumer, model-server and dashboard. BuildKit only
# (DOCKER_BUILDKIT=1 for engines before 23). The first build compiles every dependency, 40 minutes on
# two cores; later ones find them in the cache mounts.

# Base images, each with its registry.
ARG NODE_IMAGE=node:22-bookworm-slim
ARG RUST_IMAGE=rust:1.95-slim-bookworm
ARG RUNTIME_IMAGE=debian:bookworm-slim
# The stage `build`, or an image that has the binaries in /out.
ARG BINARIES=build

FROM ${NODE_IMAGE} AS ui
# Another registry of npm packages.
ARG NPM_REGISTRY=https://registry.npmjs.org/
WORKDIR /ui
COPY crates/dashboard/ui/package.json crates/dashboard/ui/package-lock.json ./
RUN --mount=type=cache,id=vitals-npm,target=/root/.npm \
    npm ci --no-audit --no-fund --registry "$NPM_REGISTRY"
COPY crates/dashboard/ui ./
RUN npm run build

FROM ${RUST_IMAGE} AS build
RUN apt-get update \
 && apt-get install --yes --no-install-recommends \
      g++ libcurl4-openssl-dev libssl-dev make pkg-config zlib1g-dev \
 && rm -rf /var/lib/apt/lists/*
# A mirror of crates.io, for example sparse+https://mirror.example/index/.
ARG CARGO_MIRROR=
RUN if [ -n "$CARGO_MIRROR" ]; then \
      printf '[source.crates-io]\nreplace-with = "mirror"\n[source.mirror]\nregistry = "%s"\n' \
        "$CARGO_MIRROR" > /usr/local/cargo/config.toml; \
    fi
WORKDIR /src
COPY . .
COPY --from=ui /ui/dist crates/dashboard/ui/dist
# Binaries leave the cache mount in the step that builds them.
RUN --mount=type=cache,id=vitals-registry,target=/usr/local/cargo/registry \
    --mount=type=cache,id=vitals-target,target=/src/target,sharing=locked \
    cargo build --release --locked \
      --package producer --package consumer --package model-server --package dashboard \
 && for service in producer consumer model-server dashboard; do \
      install -D --strip "target/release/$service" "/out/$service"; \
    done

FROM ${BINARIES} AS binaries

FROM ${RUNTIME_IMAGE} AS runtime
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates libcurl4 libssl3 zlib1g \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 10001 --home-dir /vitals --no-create-home vitals \
 && install --directory --owner vitals /vitals/data
WORKDIR /vitals
COPY config.toml ./
USER 10001:10001

FROM runtime AS producer
COPY --from=binaries /out/producer /usr/local/bin/
ENTRYPOINT ["producer"]
HEALTHCHECK --interval=10s --timeout=5s CMD ["producer", "healthcheck"]

FROM runtime AS consumer
COPY --from=binaries /out/consumer /usr/local/bin/
# The spool, and the lake where it is a local folder.
VOLUME /vitals/data
ENTRYPOINT ["consumer"]
HEALTHCHECK --interval=10s --timeout=5s CMD ["consumer", "healthcheck"]

FROM runtime AS model-server
COPY --from=binaries /out/model-server /usr/local/bin/
# Rows of the training data, which explanations compare with.
COPY data/pima.csv data/
# Written when another model is activated.
COPY --chown=10001:10001 models/ models/
ENTRYPOINT ["model-server"]
HEALTHCHECK --interval=10s --timeout=5s CMD ["model-server", "healthcheck"]

FROM runtime AS dashboard
COPY --from=binaries /out/dashboard /usr/local/bin/
ENTRYPOINT ["dashboard"]
HEALTHCHECK --interval=10s --timeout=5s CMD ["dashboard", "healthcheck"]

# All four services in one image; what runs is the command: producer, consumer, model-server or
# dashboard. The first build takes some 40 minutes on two cores.

FROM node:22-bookworm-slim AS ui
WORKDIR /ui
COPY crates/dashboard/ui/package.json crates/dashboard/ui/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY crates/dashboard/ui ./
RUN npm run build

FROM rust:1.95-slim-bookworm AS build
RUN apt-get update \
 && apt-get install --yes --no-install-recommends g++ make pkg-config zlib1g-dev \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
COPY --from=ui /ui/dist crates/dashboard/ui/dist
RUN cargo build --release --locked --workspace --exclude launcher --exclude xtask --bins \
 && mkdir /out \
 && cd target/release \
 && cp producer consumer model-server dashboard /out/

FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates curl zlib1g \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 10001 --home-dir /vitals --no-create-home vitals \
 && install --directory --owner vitals /vitals /vitals/data
COPY --from=build /out/ /usr/local/bin/
WORKDIR /vitals
COPY config.toml ./
COPY data/pima.csv data/
# Written when another model is activated.
COPY --chown=vitals models/ models/
USER vitals
# The spool, and the lake where it is a folder.
VOLUME /vitals/data
CMD ["dashboard"]

# The images of the farm: targets `master` and `worker`, the same program with another command. The page and the program
# are built here; scripts/build.sh --prebuilt puts one that was built on the host in their place.

FROM node:20-bookworm-slim AS page
WORKDIR /source/web
COPY web/package.json web/package-lock.json ./
RUN --mount=type=cache,target=/cache npm ci --cache /cache --no-audit --no-fund
COPY web ./
RUN npm run build

FROM rust:1.95-bookworm AS built
WORKDIR /source
COPY . .
COPY --from=page /source/web/dist web/dist
# Dependencies stay compiled in the cache from one build to the next. The loader of the system below knows packed
# relocations, which those of older ones do not. Without the broker of `up`, which these images never run.
ENV RUSTFLAGS="-C link-arg=-Wl,-z,pack-relative-relocs"
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/source/target \
    cargo build --locked --profile dist --no-default-features --features otlp --bin cineswarm \
    && strip -o /cineswarm target/dist/cineswarm \
    && cargo metadata --locked --no-default-features --features otlp --format-version 1 --filter-platform "$(rustc -vV | sed -n 's/^host: //p')" >/metadata.json

FROM page AS bill
COPY scripts/sbom.mjs /
COPY --from=built /metadata.json /
RUN node /sbom.mjs </metadata.json >/sbom.cdx.json

FROM scratch AS program
COPY --from=built /cineswarm /
COPY --from=bill /sbom.cdx.json /
COPY film-facts /film-facts

# -- What runs: from here on it is the same for --prebuilt ----------------------------------------------------------------

# What the program needs of a system: the libraries that ldd names, certificates of the public authorities, a user.
FROM debian:bookworm-slim AS system
RUN test -s /etc/ssl/certs/ca-certificates.crt \
    || { apt-get update -qq && apt-get install -y -qq --no-install-recommends ca-certificates; }
COPY --from=program /cineswarm /
RUN set -eu; \
    ! ldd /cineswarm | grep 'not found'; \
    mkdir -p /system/etc/ssl/certs /system/tmp /system/data; \
    ldd /cineswarm | sed -nE 's/.* => (\/[^ ]+) .*/\1/p; s/^\s*(\/[^ ]+) .*/\1/p' | while read -r library; do \
        mkdir -p "/system$(dirname "$library")"; cp -L "$library" "/system$library"; \
    done; \
    cp -L /etc/ssl/certs/ca-certificates.crt /system/etc/ssl/certs/; \
    echo 'hosts: files dns' >/system/etc/nsswitch.conf; \
    echo 'cineswarm:x:10001:10001::/data:/none' >/system/etc/passwd; \
    echo 'cineswarm:x:10001:' >/system/etc/group; \
    chmod 1777 /system/tmp; chown 10001:10001 /system/data

FROM scratch AS farm
COPY --from=system /system /
COPY --from=program /cineswarm /usr/bin/cineswarm
COPY --from=program /sbom.cdx.json /usr/share/doc/cineswarm/sbom.cdx.json
ENV DATA_DIR=/data SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
WORKDIR /data
USER 10001:10001
ENTRYPOINT ["/usr/bin/cineswarm"]
ARG REVISION=unknown
ARG VERSION=unknown
LABEL org.opencontainers.image.title="Cineswarm" \
    org.opencontainers.image.licenses="MIT" \
    org.opencontainers.image.revision="${REVISION}" \
    org.opencontainers.image.version="${VERSION}"

FROM farm AS worker
EXPOSE 8889
HEALTHCHECK --interval=5s --timeout=5s --start-period=20s CMD ["/usr/bin/cineswarm", "health", "--live", "--url", "http://127.0.0.1:8889"]
ENV HEALTH_LISTEN=0.0.0.0:8889
CMD ["worker"]

FROM farm AS master
EXPOSE 8888 50051
VOLUME /data
# Read with a dataset that is imported; under a licence of its own, which is beside it.
COPY --from=program /film-facts /usr/share/cineswarm/film-facts
ENV FACTS=/usr/share/cineswarm/film-facts/film-facts.tsv.gz
HEALTHCHECK --interval=5s --timeout=5s --start-period=20s CMD ["/usr/bin/cineswarm", "health", "--live"]
CMD ["master"]

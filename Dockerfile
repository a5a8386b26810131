FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
ENV CGO_ENABLED=0 GOCACHE=/cache
# timetzdata puts the time zones into the binary, because the final image has no files to read them from.
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/cache \
    go build -trimpath -tags timetzdata -ldflags=-s -o /out/aidledger ./cmd/aidledger && mkdir /out/data

FROM busybox:1.37-musl AS busybox

# The binary, the certificates for TLS to remote servers, and one static wget for the health check in docker-compose.yml.
# No shell.
FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=busybox /bin/busybox /bin/wget
COPY --from=build /out/aidledger /bin/aidledger
# A new volume takes its owner from this directory.
COPY --from=build --chown=65532:65532 /out/data /var/lib/aidledger
USER 65532:65532
ENV AIDLEDGER_DATA=/var/lib/aidledger AIDLEDGER_LISTEN=0.0.0.0:8080
VOLUME /var/lib/aidledger
EXPOSE 8080
ENTRYPOINT ["/bin/aidledger"]
CMD ["serve"]

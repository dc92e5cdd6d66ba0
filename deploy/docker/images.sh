#!/bin/sh
# Build the images that docker-compose.yml uses.
#
#   deploy/docker/images.sh             on python:3.12-slim
#   deploy/docker/images.sh --offline   on a base of this machine's Debian (base.sh, needs root),
#                                       with stand-ins for the stores and the proxy; it prints the
#                                       lines that make docker-compose.yml use them
#
# Settings: MLMON_VERSION (0.1.0), and what pip takes: PIP_INDEX_URL, PIP_EXTRA_INDEX_URL,
# PIP_TRUSTED_HOST.
set -eu
cd "$(dirname "$0")/../.."

version=${MLMON_VERSION:-0.1.0}
base=python:3.12-slim

say() { printf '%s\n' "$*" >&2; }

build() {
    image=$1
    shift
    say "images.sh: building $image"
    docker build --quiet --network host --build-arg PIP_INDEX_URL --build-arg PIP_EXTRA_INDEX_URL \
        --build-arg PIP_TRUSTED_HOST --build-arg "BASE=$base" -t "$image" "$@" . >/dev/null
}

case ${1:-} in
--offline)
    deploy/docker/base.sh
    base=${MLMON_BASE_IMAGE:-mlmon/python-base:3}
    for target in valkey postgres caddy; do
        build "mlmon/standin-$target" -f deploy/docker/standins.Dockerfile --target "$target"
    done
    ;;
"") ;;
*)
    sed -n '2,10s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
for package in config-api scheduler report-writer worker-agent mlmon; do
    build "mlmon/$package:$version" -f deploy/docker/Dockerfile --build-arg "PACKAGE=$package"
done
if [ "${1:-}" = --offline ]; then
    echo "export MLMON_CADDY_IMAGE=mlmon/standin-caddy"
    echo "export MLMON_POSTGRES_IMAGE=mlmon/standin-postgres"
    echo "export MLMON_VALKEY_IMAGE=mlmon/standin-valkey"
fi

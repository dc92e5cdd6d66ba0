#!/bin/sh
# Make the image mlmon/python-base:3, in place of python:3-slim where no registry can be reached:
# a small Debian with Python, venv and pip, made by debootstrap from this machine's own package
# mirror. Needs root, debootstrap (installed if missing) and an engine (DOCKER_HOST).
#
#   deploy/docker/base.sh [--force]    does nothing when the image is there, unless forced
#
# Settings: MLMON_BASE_IMAGE (mlmon/python-base:3), MLMON_BASE_SUITE (this machine's Debian
# release), MLMON_BASE_MIRROR (the first one in its APT sources).
set -eu

image=${MLMON_BASE_IMAGE:-mlmon/python-base:3}

say() { printf '%s\n' "$*" >&2; }

has_image() { docker image inspect "$image" >/dev/null 2>&1; }

find_suite() {
    # shellcheck disable=SC1091 # not ours
    suite=$(. /etc/os-release && [ "${ID:-}" = debian ] && printf '%s' "${VERSION_CODENAME:-}" || true)
    printf '%s' "${MLMON_BASE_SUITE:-${suite:-bookworm}}"
}

# The mirror that serves the suite here, from either format of APT's sources.
find_mirror() {
    if [ -n "${MLMON_BASE_MIRROR:-}" ]; then
        printf '%s' "$MLMON_BASE_MIRROR"
        return
    fi
    cat /etc/apt/sources.list.d/*.sources 2>/dev/null | awk -v suite="$1" '
        function check() { if (uri != "" && index(" " suites " ", " " suite " ")) { print uri; exit } }
        /^URIs:/ { uri = $2 }
        /^Suites:/ { $1 = ""; suites = $0; gsub(/^ +/, "", suites) }
        /^$/ { check(); uri = ""; suites = "" }
        END { check() }' | head -n 1 >"$work/mirror"
    if [ ! -s "$work/mirror" ]; then
        cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null | awk -v suite="$1" '
            $1 == "deb" { i = 2; if ($i ~ /^\[/) { while ($i !~ /\]$/) i++; i++ }
                if ($(i + 1) == suite) { print $i; exit } }' >"$work/mirror"
    fi
    cat "$work/mirror"
}

# pip in the image reaches what pip here reaches: the same settings and authorities.
copy_settings() {
    if [ -f /etc/pip.conf ]; then
        cp /etc/pip.conf "$1/etc/pip.conf"
    fi
    bundle=/etc/ssl/certs/ca-certificates.crt
    if [ -f "$bundle" ]; then
        mkdir -p "$1/etc/ssl/certs"
        cp "$bundle" "$1$bundle"
    fi
}

if has_image && [ "${1:-}" != --force ]; then
    say "base.sh: $image is there already"
    exit 0
fi
if [ "$(id -u)" -ne 0 ]; then
    say "base.sh: only root can run debootstrap"
    exit 1
fi
if ! docker version >/dev/null 2>&1; then
    say "base.sh: no Docker engine answers at ${DOCKER_HOST:-unix:///var/run/docker.sock}"
    exit 1
fi
if ! command -v debootstrap >/dev/null 2>&1; then
    say "base.sh: installing debootstrap"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends debootstrap \
        >/dev/null
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
suite=$(find_suite)
mirror=$(find_mirror "$suite")
root=$work/root
say "base.sh: making $image from Debian $suite (about a minute)"
# Without a mirror, debootstrap takes its own default.
# shellcheck disable=SC2086 # nothing at all when empty
if ! debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates \
    "$suite" "$root" ${mirror:+"$mirror"} >"$work/log" 2>&1; then
    tail -n 20 "$work/log" "$root/debootstrap/debootstrap.log" >&2 2>/dev/null || true
    exit 1
fi
copy_settings "$root"
rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/var/log/* \
    "$root"/usr/share/doc/* "$root"/usr/share/man/* "$root"/usr/share/locale/*
# As in the official image: `python` and `pip` of a Python that packages go into freely.
chroot "$root" python3 -m venv /usr/local >/dev/null
tar --directory "$root" --create --one-file-system . | docker import \
    --change 'ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/bin:/usr/sbin:/bin:/sbin' \
    --change 'ENV LANG=C.UTF-8' --change 'CMD ["python3"]' - "$image" >/dev/null
say "base.sh: made $image"

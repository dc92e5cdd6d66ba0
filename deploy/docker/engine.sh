#!/bin/sh
# A Docker engine of its own, started by hand: for CI and machines without systemd.
#
#   deploy/docker/engine.sh start     install the engine if it is missing, start it; needs root
#   deploy/docker/engine.sh stop      stop it; images are kept
#   deploy/docker/engine.sh status    succeed if it answers
#
# It prints the line to set DOCKER_HOST with. Its data and its socket are apart from those of
# any other engine: MLMON_ENGINE_DATA (/var/lib/mlmon-docker) and MLMON_ENGINE_RUN
# (/run/mlmon-docker). It has no bridge and changes no firewall rules, so containers and builds
# have the network `none` or `host`.
set -eu

data=${MLMON_ENGINE_DATA:-/var/lib/mlmon-docker}
run=${MLMON_ENGINE_RUN:-/run/mlmon-docker}
socket=$run/docker.sock
pidfile=$run/docker.pid
log=$run/dockerd.log

say() { printf '%s\n' "$*" >&2; }

answers() {
    [ -S "$socket" ] && curl --silent --fail --max-time 2 --unix-socket "$socket" \
        http://localhost/_ping >/dev/null 2>&1
}

install_engine() {
    missing=""
    command -v dockerd >/dev/null 2>&1 && command -v docker >/dev/null 2>&1 ||
        missing="$missing docker.io"
    command -v curl >/dev/null 2>&1 || missing="$missing curl"
    [ -n "$missing" ] || return 0
    if ! command -v apt-get >/dev/null 2>&1; then
        say "engine.sh: install first:$missing"
        exit 1
    fi
    say "engine.sh: installing$missing"
    apt-get update -qq
    # shellcheck disable=SC2086 # one word a package
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing \
        >/dev/null
}

start() {
    if answers; then
        say "engine.sh: runs already"
        tell
        return
    fi
    if [ "$(id -u)" -ne 0 ]; then
        say "engine.sh: only root can start an engine"
        exit 1
    fi
    install_engine
    mkdir -p "$data" "$run"
    # What a killed engine leaves behind keeps the next one from starting.
    rm -f "$pidfile" "$run/containerd/containerd.pid"
    setsid dockerd --data-root "$data" --exec-root "$run" --pidfile "$pidfile" \
        --host "unix://$socket" --bridge none --iptables=false --ip6tables=false \
        >"$log" 2>&1 </dev/null &
    child=$!
    tries=0
    while ! answers; do
        tries=$((tries + 1))
        if [ "$tries" -gt 300 ] || ! kill -0 "$child" 2>/dev/null; then
            say "engine.sh: the engine does not start; the end of $log:"
            tail -n 20 "$log" >&2
            exit 1
        fi
        sleep 0.1
    done
    tell
}

tell() { echo "export DOCKER_HOST=unix://$socket"; }

stop() {
    pid=$(cat "$pidfile" 2>/dev/null || true)
    if [ -z "$pid" ] || ! kill -0 "$pid" 2>/dev/null; then
        say "engine.sh: does not run"
        return
    fi
    kill "$pid"
    tries=0
    while kill -0 "$pid" 2>/dev/null; do
        tries=$((tries + 1))
        if [ "$tries" -gt 300 ]; then
            say "engine.sh: killing it"
            kill -KILL "$pid" 2>/dev/null || true
            break
        fi
        sleep 0.1
    done
    # What engines leave mounted: the host's network namespace.
    for mounted in "$run"/netns/*; do
        [ ! -e "$mounted" ] || umount "$mounted" 2>/dev/null || true
    done
}

case ${1:-} in
start) start ;;
stop) stop ;;
status) answers ;;
*)
    sed -n '2,12s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac

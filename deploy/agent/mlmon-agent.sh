#!/bin/sh
# mlmon-agent with the settings of this host. A .pyz is unpacked once, into SHIV_ROOT.
#
# It starts the release that the agent has put in place (adapters/release_folders.py says how), else
# the installed package. One that is not heard of by the scheduler within three starts, or five
# minutes of each, is taken back: this file does that, and belongs to the package, so that no release
# can prevent it.
set -eu
package=${MLMON_AGENT_INSTALLED:-/usr/lib/mlmon-agent/mlmon-agent.pyz}
releases=${MLMON_AGENT_RELEASES_FOLDER:-/var/lib/mlmon-agent/releases}
config=${MLMON_AGENT_CONFIG:-/etc/mlmon/agent.env}
trial_seconds=${MLMON_AGENT_TRIAL_SECONDS:-300}
if [ "$(id -u)" = 0 ]; then
    export SHIV_ROOT="${SHIV_ROOT:-/var/cache/mlmon-agent}"
fi

say() { echo "mlmon-agent: $*" >&2; }

read_first() { # FILE
    { [ -f "$releases/$1" ] && read -r first _ <"$releases/$1" && echo "$first"; } || true
}

# The start time of a process tells it from a later one with the same number.
started_at() { cut -d' ' -f22 "/proc/$1/stat" 2>/dev/null || true; }

take_back() { # SHA256
    say "$1 was started three times and not heard of by the scheduler: back to the one before"
    echo "$1" >>"$releases/refused"
    if [ -n "$(read_first previous)" ]; then
        mv "$releases/previous" "$releases/current"
    else
        rm -f "$releases/current" "$releases/previous"
    fi
    rm -f "$releases/trial"
}

try_once_more() { # SHA256
    read -r _ starts <"$releases/trial"
    if [ "$starts" -ge 3 ]; then
        take_back "$1"
        return
    fi
    echo "$1 $((starts + 1))" >"$releases/trial.part"
    mv "$releases/trial.part" "$releases/trial"
    # It outlives this shell, whose number the agent has from here on.
    born=$(started_at $$)
    (
        (
            sleep "$trial_seconds"
            if [ "$(read_first trial)" = "$1" ] && [ "$(started_at $$)" = "$born" ]; then
                say "$1 was not heard of by the scheduler for $trial_seconds s"
                kill -KILL $$
            fi
        ) >/dev/null &
    )
}

current=$(read_first current)
case "${1:-run}" in
run)
    if [ -n "$current" ] && [ "$(read_first trial)" = "$current" ]; then
        try_once_more "$current"
        current=$(read_first current)
    fi
    for unpacked in "${SHIV_ROOT:-/nowhere}"/*.pyz_*; do
        name=${unpacked##*/}
        name=${name%%.pyz_*}
        [ "$name" = mlmon-agent ] || [ -e "$releases/$name.pyz" ] || rm -rf "$unpacked"
    done
    ;;
esac
if [ -n "$current" ] && [ -x "$releases/$current.pyz" ]; then
    package=$releases/$current.pyz
elif [ -n "$current" ]; then
    say "$releases/$current.pyz is missing: starting the installed package"
fi
case "${1:-}" in
--help | -h | --version) exec "$package" "$@" ;;
esac
export MLMON_AGENT_PACKAGE="$package" MLMON_AGENT_RELEASES_FOLDER="$releases"
exec "$package" --config "$config" "$@"

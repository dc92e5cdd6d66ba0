#!/bin/sh
# mlmon-agent with the settings of this host. The .pyz is unpacked once, into SHIV_ROOT.
set -eu
if [ "$(id -u)" = 0 ]; then
    export SHIV_ROOT="${SHIV_ROOT:-/var/cache/mlmon-agent}"
fi
case "${1:-}" in
--help | -h | --version) exec /usr/lib/mlmon-agent/mlmon-agent.pyz "$@" ;;
*) exec /usr/lib/mlmon-agent/mlmon-agent.pyz --config /etc/mlmon/agent.env "$@" ;;
esac

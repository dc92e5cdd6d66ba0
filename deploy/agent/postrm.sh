#!/bin/sh
# postrm: what is unpacked goes with the package; token, journal and scratch only with a purge.
set -e
root=${DPKG_ROOT:-}

case $1 in
remove) rm -rf "$root/var/cache/mlmon-agent" ;;
purge) rm -rf "$root/var/cache/mlmon-agent" "$root/var/lib/mlmon-agent" "$root/etc/mlmon/agent.token" ;;
esac
if [ -z "$root" ] && [ -d /run/systemd/system ]; then
    systemctl daemon-reload
fi

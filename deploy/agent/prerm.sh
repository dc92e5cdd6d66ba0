#!/bin/sh
# prerm: an upgrade leaves the agent running, its postinst puts the new one in its place.
set -e

if [ "$1" = remove ] && [ -z "${DPKG_ROOT:-}" ] && [ -d /run/systemd/system ]; then
    systemctl disable --quiet mlmon-agent.service
    systemctl stop mlmon-agent.service
fi

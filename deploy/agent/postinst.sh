#!/bin/sh
# postinst: folders, and a start only where there is a token.
set -e
root=${DPKG_ROOT:-}

if [ "$1" = configure ]; then
    for folder in lib cache; do
        mkdir -p "$root/var/$folder/mlmon-agent"
        chmod 0700 "$root/var/$folder/mlmon-agent"
    done
    # Whoever installs a package wants it started, and not what an agent has put in its place.
    rm -f "$root/var/lib/mlmon-agent/releases/current" "$root/var/lib/mlmon-agent/releases/trial"
    if [ -z "$root" ] && [ -d /run/systemd/system ]; then
        systemctl daemon-reload
        systemctl enable --quiet mlmon-agent.service
        if systemctl is-active --quiet mlmon-agent.service; then
            # SIGTERM would end attempts. This way they go on: systemd starts the new agent, which
            # adopts them from the journal.
            systemctl kill --kill-who=main --signal=SIGKILL mlmon-agent.service
        elif [ -s /etc/mlmon/agent.token ]; then
            systemctl start mlmon-agent.service
        else
            echo "mlmon-agent: not started: there is no token. Put one into /etc/mlmon/agent.token," \
                "the server into /etc/mlmon/agent.env; then: mlmon-agent doctor &&" \
                "systemctl start mlmon-agent"
        fi
    fi
    # What older versions were unpacked to.
    rm -rf "$root/var/cache/mlmon-agent"/mlmon-agent.pyz_*
fi

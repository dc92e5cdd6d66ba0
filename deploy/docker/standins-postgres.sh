#!/bin/sh
# As the official image's entrypoint: at the first start make the database cluster, with the
# superuser's password from POSTGRES_PASSWORD_FILE, and run /docker-entrypoint-initdb.d/*.sh
# against it; then serve.
set -eu

if [ ! -s "$PGDATA/PG_VERSION" ]; then
    # Made beside its place, so that an interrupted start leaves nothing half done.
    new=$PGDATA.new
    rm -rf "$new"
    mkdir -p "$new"
    chmod 0700 "$new"
    initdb --pgdata "$new" --username postgres --pwfile "$POSTGRES_PASSWORD_FILE" \
        --auth-local trust --auth-host scram-sha-256 --encoding UTF8 --locale C >/dev/null
    echo 'host all all all scram-sha-256' >>"$new/pg_hba.conf"
    pg_ctl --pgdata "$new" --wait --options '-c listen_addresses= -k /tmp' start >/dev/null
    for script in /docker-entrypoint-initdb.d/*.sh; do
        [ -e "$script" ] || continue
        PGHOST=/tmp POSTGRES_USER=postgres POSTGRES_DB=postgres sh "$script"
    done
    pg_ctl --pgdata "$new" --wait --mode fast stop >/dev/null
    mv "$new" "$PGDATA"
fi
exec "$@" -c unix_socket_directories=/tmp

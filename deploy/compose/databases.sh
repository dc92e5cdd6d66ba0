#!/bin/sh
# Run once by PostgreSQL's image: a database for each service that has one, and its owner.
# Nobody but the owner can connect to it.
set -eu

make_database() {
    psql --quiet --no-psqlrc --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" \
        --dbname "$POSTGRES_DB" --set name="$1" --set password="$(cat "/run/secrets/$2")" <<'SQL'
CREATE ROLE :"name" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"name";
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
SQL
}

make_database config config_database_password
make_database reports reports_database_password

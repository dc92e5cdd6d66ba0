#!/bin/sh
# Make the secrets of docker-compose.yml, each a file; those that exist are kept.
#
#   deploy/compose/secrets.sh            before the first `docker compose up`
#
# They go to the folder MLMON_SECRETS (deploy/compose/secrets), which only its owner can enter. The
# files themselves can be read by everybody: the users inside the containers have other numbers.
set -eu

command -v openssl >/dev/null || {
    echo "secrets.sh: openssl is missing; install it: apt-get install openssl" >&2
    exit 1
}

folder=${MLMON_SECRETS:-$(dirname "$0")/secrets}
umask 077
mkdir -p "$folder"
cd "$folder"

random() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }

make() {
    [ -s "$1" ] && return 0
    printf '%s\n' "$2" >".$1.new"
    chmod 0444 ".$1.new"
    mv ".$1.new" "$1"
}

for name in admin_token service_token agent_token; do
    make "$name" "mlm_$(random)"
done
for name in signing_key postgres_password config_database_password reports_database_password \
    scheduler_redis_password reports_redis_password; do
    make "$name" "$(random)"
done

key() { head -c 32 /dev/urandom | base64; }

# The public key of X25519 for the private one on the first line of a file.
public_key_of() {
    {
        # What DER has before the 32 bytes of such a key (RFC 8410).
        printf '\060\056\002\001\000\060\005\006\003\053\145\156\004\042\004\040'
        head -n 1 "$1" | base64 -d
    } | openssl pkey -inform DER -pubout -outform DER | tail -c 32 | base64
}

# config-api wraps secrets by the one, and seals them to the scheduler's other.
make secrets_key "$(key)"
make scheduler_private_key "$(key)"
rm -f scheduler_public_key
make scheduler_public_key "$(public_key_of scheduler_private_key)"

hash() { printf '%s' "$(cat "$1")" | sha256sum | cut -d ' ' -f 1; }

# report-writer reads the streams of events and writes its watermark, and can do nothing else.
make redis_users "user default off
user scheduler on #$(hash scheduler_redis_password) ~* &* +@all -@admin -@dangerous +info
user reports on #$(hash reports_redis_password) resetchannels -@all +@connection +xread +set %R~{s0}:events:* %W~{s0}:watermark:*"
echo "secrets are in $(pwd)"

#!/bin/sh
# Build the agent's package: dist/mlmon-agent.pyz and dist/mlmon-agent_<version>_<arch>.deb.
#
#   deploy/agent/build.sh [FOLDER]      FOLDER in place of dist/
#
# Needs ./run setup before, and dpkg-deb. The package runs on the architecture and the minor version
# of Python that built it (that of .venv): some of what it contains is compiled.
set -eu
cd "$(dirname "$0")/../.."

case ${1:-} in -*)
    sed -n '2,7s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
out=${1:-dist}
mkdir -p "$out"
out=$(cd "$out" && pwd)
python=$PWD/.venv/bin/python
[ -x .venv/bin/shiv ] || {
    echo "build.sh: shiv is missing: ./run setup" >&2
    exit 1
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

version=$("$python" -c 'import tomllib
print(tomllib.load(open("services/worker-agent/pyproject.toml", "rb"))["project"]["version"])')
minor=$("$python" -c 'import sys; print(sys.version_info.minor)')
# The same sources make the same files.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH

pip() { "$python" -m pip --quiet --disable-pip-version-check "$@"; }
pip install --no-compile --target "$work/site" --require-hashes -r requirements/worker-agent.txt
pip wheel --no-deps --no-build-isolation --wheel-dir "$work/wheels" ./shared ./services/worker-agent
pip install --no-compile --target "$work/site" --no-deps --no-index --upgrade "$work"/wheels/*.whl
# What pip notes of where it found things, and scripts that name the Python of this machine.
find "$work/site" -path '*.dist-info/direct_url.json' -delete
rm -rf "$work/site/bin"
.venv/bin/shiv --reproducible --compressed --site-packages "$work/site" \
    --python "/usr/bin/python3.$minor -I" --entry-point mlmon_worker_agent.__main__:main \
    --output-file "$out/mlmon-agent.pyz" >/dev/null

tree=$work/tree
here=deploy/agent
install -D -m 0755 "$out/mlmon-agent.pyz" "$tree/usr/lib/mlmon-agent/mlmon-agent.pyz"
install -D -m 0755 $here/mlmon-agent.sh "$tree/usr/bin/mlmon-agent"
install -D -m 0644 $here/mlmon-agent.service "$tree/lib/systemd/system/mlmon-agent.service"
install -D -m 0644 $here/agent.env "$tree/etc/mlmon/agent.env"
install -D -m 0644 LICENSE "$tree/usr/share/doc/mlmon-agent/copyright"
mkdir "$tree/DEBIAN"
for script in postinst prerm postrm; do
    install -m 0755 "$here/$script.sh" "$tree/DEBIAN/$script"
done
echo /etc/mlmon/agent.env >"$tree/DEBIAN/conffiles"
cat >"$tree/DEBIAN/control" <<CONTROL
Package: mlmon-agent
Version: $version
Architecture: $(dpkg --print-architecture)
Maintainer: MLMon <mlmon@localhost>
Depends: python3 (>= 3.$minor), python3 (<< 3.$((minor + 1)))
Recommends: docker.io | docker-ce
Section: admin
Priority: optional
Description: MLMon agent
 Leases runs of machine-learning jobs over HTTP and runs their containers.
CONTROL
find "$tree" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
dpkg-deb --root-owner-group --build "$tree" "$out" >/dev/null
echo "$out/mlmon-agent_${version}_$(dpkg --print-architecture).deb"

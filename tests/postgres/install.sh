#!/bin/sh
# Installs PostgreSQL for the tests where it is missing, without a cluster of its own. Says which version there is.
set -eu

newest() {
    command -v initdb || ls -d /usr/lib/postgresql/*/bin/initdb 2>/dev/null | sort -V | tail -n 1
}

if [ -z "$(newest)" ]; then
    if ! command -v apt-get >/dev/null; then
        echo "the tests need PostgreSQL 15 or newer: put its initdb and pg_ctl into PATH" >&2
        exit 1
    fi
    as_root=
    [ "$(id -u)" = 0 ] || as_root=sudo
    settings=/etc/postgresql-common/createcluster.conf
    if [ ! -e "$settings" ]; then
        $as_root mkdir -p "${settings%/*}"
        echo "create_main_cluster = false" | $as_root tee "$settings" >/dev/null
    fi
    $as_root apt-get update >&2
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends postgresql >&2
fi
"$(newest)" --version | sed 's/.*) //; s/ .*//'

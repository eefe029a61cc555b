#!/usr/bin/env bash
# Install the PostgreSQL 15 that tests/operations/test_sql.py asks. Says one line, never fails.
set -uo pipefail

if [ -x /usr/lib/postgresql/15/bin/postgres ]; then
  echo "postgres: 15 is here"
  exit 0
fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo "postgres: none here, and only root with apt-get could install it: its tests are skipped"
  exit 0
fi
export DEBIAN_FRONTEND=noninteractive
# Without this the package would start a server of its own.
mkdir -p /etc/postgresql-common
echo "create_main_cluster = false" >>/etc/postgresql-common/createcluster.conf
if { apt-get -qq update && apt-get -qq install --yes --no-install-recommends \
  --option Dpkg::Options::=--force-confold postgresql-15; } >/dev/null 2>&1; then
  echo "postgres: 15 installed with apt-get"
else
  echo "postgres: apt-get could not install 15: its tests are skipped"
fi
exit 0

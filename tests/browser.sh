#!/usr/bin/env bash
# Install the browser that tests/test_page.py opens the page in. Says one line, never fails.
set -uo pipefail

for name in chromium chromium-browser google-chrome; do
  if command -v "$name" >/dev/null; then
    echo "browser: $name is here"
    exit 0
  fi
done
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo "browser: none here, and only root with apt-get could install it: its tests are skipped"
  exit 0
fi
export DEBIAN_FRONTEND=noninteractive
if { apt-get -qq update && apt-get -qq install --yes --no-install-recommends \
  chromium fonts-dejavu-core; } >/dev/null 2>&1; then
  echo "browser: chromium installed with apt-get"
else
  echo "browser: apt-get could not install chromium: its tests are skipped"
fi
exit 0

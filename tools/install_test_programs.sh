#!/usr/bin/env bash
# Install from Debian what the tests run against, when we may (root, apt-get) and it is missing.
set -uo pipefail
declare -A package_of=(
  [chromium]=chromium
  [/usr/lib/postgresql/15/bin/initdb]=postgresql
  [redis-server]=redis-server
  [promtool]=prometheus
  [amtool]=prometheus-alertmanager
  [rsyslogd]="rsyslog rsyslog-gnutls"
)
missing=()
for program in "${!package_of[@]}"; do
  command -v "$program" >/dev/null 2>&1 || missing+=(${package_of[$program]})
done
[ ${#missing[@]} -eq 0 ] && exit 0
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
  echo "Not installed, and this user may not install them: ${missing[*]}. Their suites are left out."
  exit 0
fi
echo "Installing from Debian: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
# The packages' own services are not wanted: tests start servers with directories of their own.
had_policy=0; [ -e /usr/sbin/policy-rc.d ] && had_policy=1
if [ $had_policy -eq 0 ]; then
  printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d && chmod +x /usr/sbin/policy-rc.d
fi
apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null \
  || echo "apt-get could not install them; their suites are left out."
[ $had_policy -eq 0 ] && rm -f /usr/sbin/policy-rc.d
exit 0

#!/usr/bin/env bash
# Installs the packages of tests/packages.txt that are missing.
#
#   tests/tools/install_packages.sh build run test
#
# As root directly, else through sudo; without sudo it says what to install.
# Nothing is asked of the network when everything is there.
set -euo pipefail
list=$(dirname "$0")/../packages.txt

missing=()
for kind in "$@"; do
  while read -r of package _; do
    [[ $of == "$kind" ]] || continue
    status=$(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null ||
      true)
    [[ $status == ii* ]] || missing+=("$package")
  done <"$list"
done
if ((${#missing[@]} == 0)); then
  echo 'every package is there'
  exit 0
fi
echo "installing: ${missing[*]}"

as_root=()
if ((EUID != 0)); then
  if ! command -v sudo >/dev/null; then
    echo "Not root, and there is no sudo. As root, run:" >&2
    echo "  apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi

# Debian starts a daemon that it installs. A web server on port 80 or a database
# is not what you asked for, so the services that came with us are stopped again.
declare -A service_of=([nginx]=nginx [postgresql-15]=postgresql
  [redis-server]=redis-server [caddy]=caddy)
stop=()
for package in "${missing[@]}"; do
  [[ -z ${service_of[$package]:-} ]] || stop+=("${service_of[$package]}")
done
apt_get() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get -qq -o Dpkg::Use-Pty=0 "$@"
}
apt_get update
apt_get install --yes --no-install-recommends "${missing[@]}"
for service in "${stop[@]}"; do
  if [[ -d /run/systemd/system ]]; then
    "${as_root[@]}" systemctl disable --now "$service.service"
  elif [[ -x /etc/init.d/$service ]]; then
    "${as_root[@]}" "/etc/init.d/$service" stop
  fi
done

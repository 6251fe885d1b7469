#!/bin/bash
# The step of action.yml: annotations and a summary for people, SARIF for the
# next step. Ends as `ringfence check` does.
#
# Reads RINGFENCE_PATHS, RINGFENCE_POLICY, RINGFENCE_PROFILES_DIR and
# RINGFENCE_AGAINST; writes to GITHUB_OUTPUT and below RUNNER_TEMP.
set -euo pipefail

read -ra paths <<<"${RINGFENCE_PATHS:?no paths}"
options=()
[ -z "${RINGFENCE_POLICY:-}" ] || options+=(--policy "$RINGFENCE_POLICY")
[ -z "${RINGFENCE_PROFILES_DIR:-}" ] ||
  options+=(--profiles "$RINGFENCE_PROFILES_DIR")
[ -z "${RINGFENCE_AGAINST:-}" ] || options+=(--against "$RINGFENCE_AGAINST")
# The same day for both runs.
options+=(--now "$(date -u +%F)")

sarif=${RUNNER_TEMP:-/tmp}/ringfence.sarif
status=0
ringfence check --format sarif "${options[@]}" -- "${paths[@]}" \
  >"$sarif" 2>/dev/null || status=$?
# Without findings to show, as when an argument is wrong, there is no file.
if [ -s "$sarif" ] && [ -n "${GITHUB_OUTPUT:-}" ]; then
  echo "sarif=$sarif" >>"$GITHUB_OUTPUT"
fi
annotated=0
ringfence check --format github "${options[@]}" -- "${paths[@]}" ||
  annotated=$?
if [ "$annotated" -ne "$status" ]; then
  echo "::error::the two runs ended differently: $status and $annotated"
  exit 1
fi
exit "$status"

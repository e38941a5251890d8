#!/bin/sh
# systemd reads the units as they would be installed and finds nothing to say, and their exposure
# stays below what it calls OK (2.0 of 10). The programs are those of TRIPLI_BUILD.
# SPDX-License-Identifier: Apache-2.0
set -eu

skip() { echo "skipped: $1"; exit 77; }
fail() { echo "failed: $1" >&2; exit 1; }

command -v systemd-analyze >/dev/null || skip "systemd-analyze (package systemd) is not installed"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM

for unit in tripli.service tripli-worker.service; do
    sed "s|^ExecStart=[^ ]*/|ExecStart=$TRIPLI_BUILD/workers/|; s|^EnvironmentFile=|&-|" \
        "$TRIPLI_BUILD/config/systemd/$unit" >"$work/$unit"
    grep -q "^ExecStart=$TRIPLI_BUILD/workers/tripli" "$work/$unit" || fail "$unit starts nothing"
    said=$(SYSTEMD_LOG_LEVEL=warning systemd-analyze verify --man=no "$work/$unit" 2>&1) ||
        fail "$unit: $said"
    if echo "$said" | grep -q "$unit"; then
        fail "$unit: $said"
    fi
    systemd-analyze security --offline=true --threshold=20 --no-pager "$work/$unit" \
        >"$work/security" 2>&1 || fail "$unit: $(tail -n 1 "$work/security")"
    tail -n 1 "$work/security"
done

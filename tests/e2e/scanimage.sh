#!/bin/sh
# Stock scanimage drives the virtual feeder: list, batch, every fault's exit status, and resuming.
# The pages come from SANE's own test backend, so that what comes out can be compared byte by byte.
# Needs TRIPLI_BACKENDS, the folder of libsane-tripli.so.1.
# SPDX-License-Identifier: Apache-2.0
set -eu

skip() { echo "skipped: $1"; exit 77; }
fail() { echo "failed: $1" >&2; exit 1; }

command -v scanimage >/dev/null || skip "scanimage (package sane-utils) is not installed"
grep -q __asan_init "$TRIPLI_BACKENDS/libsane-tripli.so.1" &&
    skip "a stock program cannot load a backend built with AddressSanitizer"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
mkdir "$work/etc" "$work/pages"
printf 'tripli\ntest\n' >"$work/etc/dll.conf"
export SANE_CONFIG_DIR="$work/etc" LD_LIBRARY_PATH="$TRIPLI_BACKENDS"
export TRIPLI_HOPPER="$work/hopper"
unset TRIPLI_HOPPER_STATE TRIPLI_HOPPER_PERSONALITY

# One white and one patterned page, as files and as what scanimage shall give back.
for picture in "Solid white" Grid; do
    for format in tiff pnm; do
        scanimage -d test:0 --mode Gray --depth 8 --resolution 100 --test-picture "$picture" \
            --format="$format" >"$work/pages/${picture#* }.$format" 2>/dev/null
    done
done

fill() { # SHEETS: fronts with a grid, backs white
    rm -rf "$work/hopper" "$work/out"
    mkdir "$work/hopper" "$work/out"
    for sheet in $(seq "$1"); do
        cp "$work/pages/Grid.tiff" "$work/hopper/$sheet.a.tiff"
        cp "$work/pages/white.tiff" "$work/hopper/$sheet.b.tiff"
    done
}

batch() { # FAULT: the exit status of scanimage
    status=0
    timeout 20 scanimage -d tripli:hopper --source "ADF Duplex" --mode Native --fault "$1" \
        --format=pnm --batch="$work/out/%d.pnm" --batch-start="$2" 2>"$work/log" || status=$?
    echo "$status"
}

count() { find "$work/$1" -maxdepth 1 -name "$2" | wc -l; }

check_pages() { # SHEETS: each once, complete, in order
    pages=$(count out '*.pnm')
    [ "$pages" -eq $((2 * $1)) ] || fail "$pages pages, want $((2 * $1))"
    for sheet in $(seq "$1"); do
        cmp -s "$work/out/$((2 * sheet - 1)).pnm" "$work/pages/Grid.pnm" || fail "front $sheet"
        cmp -s "$work/out/$((2 * sheet)).pnm" "$work/pages/white.pnm" || fail "back $sheet"
    done
}

fill 5
scanimage -L | grep -q "tripli:hopper.*tripli virtual feeder sheet-fed scanner" ||
    fail "scanimage -L does not list the feeder"
[ "$(batch '' 1)" -eq 0 ] || fail "batch: $(cat "$work/log")"
check_pages 5
[ "$(count hopper '*.tiff')" -eq 0 ] || fail "the hopper is not empty"
[ "$(count hopper/fed '*.tiff')" -eq 10 ] || fail "the tray does not hold all sheets"

# Fault, scanimage's status; the sheet of the fault is number 3, two are complete before it.
while IFS='|' read -r fault want; do
    fill 5
    got=$(batch "$fault" 1)
    [ "$got" -eq "$want" ] || fail "$fault: scanimage ended $got, want $want: $(cat "$work/log")"
    left=$(count hopper '*.tiff')
    [ "$left" -eq 6 ] || fail "$fault: $left files left in the hopper, want 6"
    rm -f "$work"/out/[5-9].pnm # the front of a sheet whose back is missing
    [ "$(batch '' 5)" -eq 0 ] || fail "$fault: resuming: $(cat "$work/log")"
    check_pages 5
done <<END
jam sheet=3|6
jam sheet=3 percent=50|6
jam sheet=3 side=back percent=50|6
double-feed sheet=3|6
cover-open sheet=3|8
io-error sheet=3 percent=30|9
busy sheet=3|3
stop sheet=3|0
END

# A hang is ended by killing the process; the sheet is still there.
fill 5
status=0
timeout -s KILL 1 scanimage -d tripli:hopper --source "ADF Duplex" --mode Native \
    --fault "hang sheet=3 side=back" --format=pnm --batch="$work/out/%d.pnm" 2>"$work/log" ||
    status=$?
[ "$status" -eq 137 ] || fail "hang: scanimage ended $status, want it killed"
rm -f "$work"/out/[5-9].pnm*
[ "$(batch '' 5)" -eq 0 ] || fail "after a hang: $(cat "$work/log")"
check_pages 5
echo "scanimage: batch, 8 faults, a hang: no sheet lost or doubled"

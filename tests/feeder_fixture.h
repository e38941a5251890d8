/*
 * Hoppers for tests: folders of drawn pages that can be told apart, the virtual feeder that replays
 * them through stock libsane, and the log of what came out.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "scanner/device.h"

struct Pix;

enum { FIXTURE_SIDES_MAX = 64 };

/* Devices that fixture_start sets up; each has a folder of its own. */
enum fixture_device { FIXTURE_TRIPLI, FIXTURE_KEEP, FIXTURE_FUJITSU, FIXTURE_CANON };

struct fixture_log {
    struct {
        int id; /* of the drawn page, 0 for a white side, -1 for anything else */
        int side;
        uint32_t sheet;
        int depth, dpi;
    } at[FIXTURE_SIDES_MAX];
    unsigned count;
    struct scan_event event; /* that ended it */
};

/* A page of 400 x 300 pixels whose top row of cells spells `id` (1..255). Freed by the caller. */
struct Pix *fixture_draw(int id, int depth, int dpi);

/* Group set-up and tear-down for cmocka: SANE with the backends tripli and test. */
int fixture_start(void **state);
int fixture_stop(void **state);

/* Empties the folders of all hoppers. For each test. */
int fixture_clear(void **state);

/* "tripli:hopper", … and the folder it reads; borrowed. */
const char *fixture_name(enum fixture_device device);
const char *fixture_folder(enum fixture_device device);

/* Writes FOLDER/NAME in the format of its extension. */
void fixture_put(enum fixture_device device, const char *name, int id, int depth);
void fixture_put_text(enum fixture_device device, const char *name, const char *text);

/* Sheets s01 … of two sides, front 2i-1 and back 2i, depths 1, 8 and 32 in turn. */
void fixture_fill(enum fixture_device device, int sheets);

bool fixture_has(enum fixture_device device, const char *name);

/* Loads a shipped profile; the caller frees it. */
struct profile *fixture_profile(const char *file);

/* Opens a device, or fails the test. */
struct scanner *fixture_open(enum fixture_device device, const struct profile *profile,
                             const struct scan_request *request);

/* Scans until an event; appends to the log. */
void fixture_scan(struct scanner *scanner, struct fixture_log *log);

/* Fails unless the log holds sides 1 .. 2 * sheets, each once and in order, on the right sheets. */
void fixture_check_whole(const struct fixture_log *log, int sheets);

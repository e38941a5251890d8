/*
 * A folder as the hopper of a feeder: its image files are sheets of paper, on top the first name in
 * byte order. What has been fed stays fed, also after the device is closed or the process killed.
 * The layout of the folder, its tray and its journal is told in docs/scanners.md.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum {
    HOPPER_SHEETS_LIMIT = 200000,   /* five days of mail in one folder */
    HOPPER_JOURNAL_LIMIT = 64 << 20 /* bytes; some 30 per sheet */
};

struct hopper;

/* One sheet; a side without a file is white. `name` is the file that stands for the sheet. */
struct hopper_sheet {
    char name[NAME_MAX + 1];
    char front[NAME_MAX + 1]; /* "" when the front is white */
    char back[NAME_MAX + 1];  /* "" when the back is white */
    bool alone;               /* a plain NAME.EXT: a second page of the file is the back */
};

/* Where a sheet that was taken ends. */
enum hopper_end {
    HOPPER_TRAY, /* it passed: out of the hopper for good */
    HOPPER_PATH, /* it is stuck: out of the hopper until hopper_refeed */
    HOPPER_BACK  /* on top of the hopper again */
};

/* With an empty `state` fed files move to FOLDER/fed, stuck ones to FOLDER/jammed, discarded
 * ones to FOLDER/aside. Otherwise the
 * folder is never written, and the folder `state` remembers. ERR_CONFLICT: another process or
 * device has this hopper. */
int hopper_open(const char *folder, const char *state, struct hopper **ret_hopper, struct err *err);
void hopper_free(struct hopper **hopper);

/* True while there is a sheet to take; looks into the folder again when it seems empty. */
bool hopper_loaded(struct hopper *hopper);

/* The top sheet goes into the path; ERR_NOT_FOUND when there is none. */
int hopper_take(struct hopper *hopper, struct hopper_sheet *ret_sheet, struct err *err);

/* Every sheet taken is settled once. Idempotent over a kill in between. */
int hopper_settle(struct hopper *hopper, const struct hopper_sheet *sheet, enum hopper_end end,
                  struct err *err);

/* Puts the stuck sheets back on top; their number, or an error. */
int hopper_refeed(struct hopper *hopper, struct err *err);

/* Takes a sheet out for good: the first that is stuck, otherwise the top one; others that are
 * stuck lie on top again. ERR_NOT_FOUND. */
int hopper_discard(struct hopper *hopper, struct err *err);

/* Puts the sheets that reached the tray as number `from` and later back on top, in their order; how
 * many, or an error. The tray then holds `from` - 1 sheets or fewer. */
int hopper_take_back(struct hopper *hopper, uint32_t from, struct err *err);

/* Path of a file of a sheet, wherever the sheet is. */
void hopper_path(const struct hopper *hopper, const char *file, char ret_path[PATH_MAX]);

/* Sheets in the tray: those ever fed, less those put back. */
uint32_t hopper_passed(const struct hopper *hopper);

/* Faults that have struck are remembered by their text. */
bool hopper_has_struck(const struct hopper *hopper, const char *fault);
int hopper_note_struck(struct hopper *hopper, const char *fault, struct err *err);

/* The folder of journal, faults and cable; borrowed. */
const char *hopper_home(const struct hopper *hopper);

/* The cable, as a file `unplugged` in the state folder. Remove it to plug in again. */
bool hopper_is_unplugged(const char *folder, const char *state);
int hopper_unplug(struct hopper *hopper, struct err *err);

/*
 * What happened to a hopper's sheets: a text file to which lines are only added.
 *     pass NAME   the sheet is about to leave for the tray     done NAME   it has left
 *     jam NAME    it is stuck in the path                      back NAME   it was put back
 *     aside NAME  it was taken out for good                    fault TEXT  this fault has struck
 * A last line `pass` without `done` is a move to finish. Held locked while the device is open.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct journal;

enum journal_verb {
    JOURNAL_PASS,
    JOURNAL_DONE,
    JOURNAL_JAM,
    JOURNAL_BACK,
    JOURNAL_ASIDE,
    JOURNAL_FAULT,
    JOURNAL_VERBS
};

/* Opens or makes the file and locks it; ERR_CONFLICT when it is locked, ERR_LIMIT over `limit`
 * bytes. A line broken off by a kill is cut away. */
int journal_open(const char *path, size_t limit, struct journal **ret_journal, struct err *err);
void journal_free(struct journal **journal);

/* `what` without a line break in it. */
int journal_add(struct journal *journal, enum journal_verb verb, const char *what, struct err *err);

/* True when this fault has struck. */
bool journal_has_fault(const struct journal *journal, const char *fault);

/* True when the sheet is out of the hopper: passed, or stuck and not put back. */
bool journal_is_out(const struct journal *journal, const char *sheet);

/* Sheets in the tray: lines `pass`, less those put back since. */
uint32_t journal_passed(const struct journal *journal);

/* As the how manieth the sheet reached the tray, from 1; 0 when it is not there. */
uint32_t journal_number(const struct journal *journal, const char *sheet);

/* A sheet in the tray with that number or a higher one, borrowed; NULL when there is none. */
const char *journal_passed_from(const struct journal *journal, uint32_t number);

/* The sheet of a last line `pass`, or NULL; borrowed. */
const char *journal_unfinished(const struct journal *journal);

/* A sheet whose last line is `jam`, borrowed: 1, or 0 when there is none. */
int journal_next_stuck(const struct journal *journal, const char **ret_sheet);

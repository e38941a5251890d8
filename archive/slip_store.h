/*
 * Slips in the catalogue, for the files that work on them: rows by number, the boxes of a line,
 * the look that decides whether a box may go.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "archive/catalogue.h"
#include "archive/slip.h"
#include "archive/state.h"

/* ERR_NOT_FOUND; ERR_INTEGRITY. */
int slip_read(struct store_txn *txn, uint32_t slip, struct slip_row *ret_row, struct err *err);
int slip_write(struct store_txn *txn, uint32_t slip, const struct slip_row *row, struct err *err);
int slip_read_line(struct store_txn *txn, struct slip_place place, struct slip_line_row *ret_row,
                   struct err *err);
int slip_write_line(struct store_txn *txn, struct slip_place place, const struct slip_line_row *row,
                    struct err *err);

/* slip, line, box */
struct db_key slip_box_key(struct slip_place place, uint32_t box);
/* The next box of a line from `from` on: 1 found. */
int slip_next_box(struct store_txn *txn, struct slip_place place, uint32_t from, uint32_t *ret_box,
                  struct err *err);

/* Journals a step of a slip, or of its line (0: the slip). */
struct slip_step {
    struct slip_place place;
    const char *name; /* "slip_drawn", … */
    const char *actor, *visa;
    int64_t at_ms;
    const char *record; /* by which paper was shredded; NULL: no paper */
};
int slip_note(struct store_txn *txn, const char *tenant, const struct slip_step *step,
              struct err *err);

/* The next box of a line from `*box` on that is not destroyed: 1 found. */
int slip_next_living(struct archive *archive, struct slip_place place, uint32_t *box,
                     struct err *err);

/* Looks at every document of a box on that day: fills the candidate, `why` too. */
int slip_look(struct archive *archive, struct store_txn *txn, uint32_t box,
              struct slip_candidate *ret_candidate, struct err *err);

/* Nothing more is filed into a box on a slip, or into one that is emptied; a closed one stays. */
int slip_close_box(struct archive *archive, struct store_txn *txn, uint32_t box, struct err *err);

/*
 * Destroys one box, in the steps of destroy.c; ERR_CONFLICT, and nothing is changed, when it may
 * not go. It is noted on the list of what was destroyed (tombs.h).
 */
enum destroy_why {
    DESTROY_GRANTED, /* step->place names the line; expiry and holds are looked at again */
    DESTROY_EMPTIED, /* nothing lies in it but copies of what was moved out */
    DESTROY_AGAIN    /* what lies in it was destroyed before, and a restore brought it back */
};
int destroy_box(struct archive *archive, uint32_t box, enum destroy_why why,
                const struct slip_step *step, struct err *err);

/* ERR_FORMAT, with the name of what it is, unless it has 1 to 63 bytes of text. */
int slip_check_number(uint32_t slip, const char *what, const char *number, struct err *err);

/* ERR_CONFLICT when a box, or one of the line, may not go, or is not as it was drawn. */
int slip_check_box(struct archive *archive, struct store_txn *txn, struct slip_place place,
                   uint32_t box, struct err *err);
int slip_check_line(struct archive *archive, struct store_txn *txn, struct slip_place place,
                    struct err *err);

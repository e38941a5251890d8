/*
 * Elimination: what may go is put on a slip, the archive authority gives or refuses its visa, whole
 * or by line, and only then is anything destroyed. Every step is in the tenant's journal with the
 * actor's name, in the transaction that makes it. A box goes whole: it may be put on a slip when
 * every document in it is past its own expiry, of a rule whose disposition is destruction, of a
 * closed batch, and held by nothing; what is held moves into another box when the slip is drawn.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "archive/paper.h"
#include "archive/slip_row.h"

enum { SLIP_LINES_MAX = 200, SLIP_WHY_SIZE = 120 };

/* A box, or the paper of a batch, as a candidate. `why` is "" when all of it may go, else what
 * keeps it; when it is only that documents are held, the others may go. */
struct slip_candidate {
    uint32_t box;                  /* 0: it is paper */
    uint32_t batch;                /* of paper */
    char carton[CARTON_TEXT_SIZE]; /* in which it lies */
    char tenant[TENANT_TEXT_SIZE];
    struct slip_line_row line; /* its series, and the extent of what may go */
    uint32_t held;             /* documents that would move out */
    bool stays;                /* as a whole */
    char why[SLIP_WHY_SIZE];
};

struct slip_query {
    const char *tenant;     /* NULL: all */
    struct day first, last; /* months of expiry, first days; none: open */
};

/* Calls `each` for every box that is on no slip and whose month of expiry has begun, by number,
 * then for every paper past its expiry whose carton is known, until it answers other than 0, and
 * returns that. */
int slip_candidates(struct archive *archive, const struct slip_query *query,
                    int (*each)(void *to, const struct slip_candidate *candidate), void *to,
                    struct err *err);

/* Moves what is held out of the tenant's candidates, and puts them on a new slip; open boxes among
 * them close. ERR_NOT_FOUND when there is none. Durable. */
int slip_draw(struct archive *archive, const struct slip_query *query, const char *actor,
              uint32_t *ret_slip, struct err *err);

/* ERR_CONFLICT when it was submitted before, or a line is held or changed since. Durable. */
int slip_submit(struct archive *archive, uint32_t slip, const char *actor, struct err *err);

/* Moves what is held by now out of the boxes of lines that are not refused or destroyed, and counts
 * those lines anew, also what left them otherwise (an event, another tag). A line only ever gets
 * shorter, so that a visa that was granted stands. Durable. */
int slip_revise(struct archive *archive, uint32_t slip, const char *actor, struct err *err);

struct slip_visa {
    uint32_t slip, line; /* line 0: every line that is not decided */
    bool granted;
    const char *number, *actor; /* number: the authority's, 1 to 63 bytes */
};

/* ERR_CONFLICT: not submitted, decided before, a held line. ERR_FORMAT: a number with control
 * bytes. A refused line's boxes may be put on another slip. Durable. */
int slip_decide(struct archive *archive, const struct slip_visa *visa, struct err *err);

int slip_show(struct archive *archive, uint32_t slip, struct slip_row *ret_row, struct err *err);
int slip_line(struct archive *archive, uint32_t slip, uint32_t line, struct slip_line_row *ret_row,
              struct err *err);
/* Who destroyed it, as the tenant's journal says; "" when it does not. */
int slip_destroyed_by(struct archive *archive, uint32_t slip, const char *tenant,
                      char ret_actor[ACTOR_TEXT_SIZE], struct err *err);
/* The number of the last slip; 0: none was drawn. */
int slip_last(struct archive *archive, uint32_t *ret_slip, struct err *err);

struct slip_place {
    uint32_t slip, line; /* from 1 */
};

/* Calls `each` for the papers of a line until it answers other than 0, and returns that. */
int slip_papers(struct archive *archive, struct slip_place place,
                int (*each)(void *to, struct batch_id batch, const struct paper_row *row), void *to,
                struct err *err);

/* Calls `each` for the boxes of a line until it answers other than 0, and returns that. */
int slip_boxes(struct archive *archive, struct slip_place place,
               int (*each)(void *to, uint32_t box, const struct box_row *row), void *to,
               struct err *err);

/*
 * Destroys the boxes of granted lines: expiry and holds are looked at again in the transaction in
 * which their documents leave the catalogue; then the key is zeroed, then the files go.
 * Paper waits for slip_shredded. ERR_CONFLICT names what keeps a box; boxes before it are gone
 * then, and the rest may be tried again. Cut short, it is finished at the next start of a writer
 * (boxes whose transaction was made) or by asking again.
 */
int slip_destroy(struct archive *archive, uint32_t slip, const char *actor, struct err *err);

/* The same in portions of at most SLIP_PORTION boxes, so that a hub does other work in between:
 * 1 when more is left. */
enum { SLIP_PORTION = 16 };
int slip_destroy_some(struct archive *archive, uint32_t slip, const char *actor, struct err *err);

/*
 * The papers of the granted lines were shredded: a person says so, and by which record (the
 * number of the shredder's certificate, 1 to 63 bytes). Expiry and holds are looked at again.
 * ERR_NOT_FOUND: no granted line of paper. ERR_CONFLICT: held, or not granted. Durable.
 */
struct slip_shredding {
    uint32_t slip;
    const char *record, *actor;
};
int slip_shredded(struct archive *archive, const struct slip_shredding *shredding, struct err *err);

/* At the start of a writer: destroys again what a restore brought back, zeroes keys and removes
 * files of boxes that are destroyed, and rewrites the catalogue when a destruction asked for it,
 * unless that is left to turns (purge.h). */
int destroy_recover(struct archive *archive, struct err *err);

/* The box that a document was destroyed with: 1, or 0 when it was not. */
struct store_txn;
int destroyed_with(struct store_txn *txn, struct document_id id, uint32_t *ret_box,
                   struct err *err);

/*
 * Boxes: one LMDB environment each, DATA/boxes/<path>/, images and records sealed with the box's
 * own key. At most BOXES_OPEN_MAX are open; the least recently used is closed first. A box that
 * closed is only read, without a lock. The catalogue says what is in a box; a crash between the
 * box's commit and the catalogue's leaves pages that the box itself knows to be of an unfinished
 * run: the next writing removes them.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "archive/keys.h"
#include "archive/rows.h"
#include "archive/store.h"

enum { BOXES_OPEN_MAX = 256 }; /* three descriptors and one map each */

struct boxes;

struct boxes_params {
    const char *data_dir;
    struct keys *keys; /* borrowed */
    uint64_t map_bytes;
    bool writer;
};

int boxes_open(const struct boxes_params *params, struct boxes **ret_boxes, struct err *err);
void boxes_free(struct boxes **boxes);

/* A box by number, with its row of the catalogue. */
struct box_ref {
    uint32_t number;
    const struct box_row *row;
};

/* Makes key, folder and environment; what a crash left of an earlier try is replaced. The box
 * exists only when its row is in the catalogue. */
int box_create(struct boxes *boxes, const struct box_ref *ref, struct err *err);

/* Pages of one filing run, in one transaction of the box. */
struct box_writing {
    struct boxes *boxes;
    struct box_ref ref;
    const struct seal_key *key;
    struct store_txn txn;
    struct packer pages; /* ids of the run */
    uint64_t bytes;      /* sealed */
};

int box_begin(struct boxes *boxes, const struct box_ref *ref, struct box_writing *ret_writing,
              struct err *err);
int box_put(struct box_writing *writing, struct page_id id, struct bytes image, struct bytes record,
            struct err *err);
/* Durable; the box is now one run ahead of its row. */
int box_commit(struct box_writing *writing, struct err *err);
void box_abort(struct box_writing *writing);

/* A page as read back; free both. */
struct box_page {
    struct buf image, record;
};

/* ERR_NOT_FOUND, ERR_INTEGRITY, ERR_DENIED (no key). */
int box_get(struct boxes *boxes, const struct box_ref *ref, struct page_id id,
            struct box_page *ret_page, struct err *err);
void box_page_clear(struct box_page *page);

/* Calls `each` for every page in the box that is not of an unfinished run. */
int box_walk(struct boxes *boxes, const struct box_ref *ref,
             int (*each)(void *to, struct page_id id), void *to, struct err *err);

/* Closes the environment if it is open (the box closed, or is destroyed). */
void box_forget(struct boxes *boxes, uint32_t number);

/* What goes into a page's record: the verdict and the capture as JSON, the last reason of a
 * quarantine, the insured number that was proven. */
struct box_record {
    struct bytes verdict, capture;
    char insured[16];
    char reason[160];
};
void box_record_encode(struct packer *to, const struct box_record *record);
bool box_record_decode(struct bytes from, struct box_record *ret_record);

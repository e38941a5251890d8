/*
 * The inside of an open archive, for the files of this folder only.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <limits.h>

#include "archive/archive.h"
#include "archive/box.h"
#include "archive/catalogue.h"
#include "archive/intake_day.h"
#include "archive/purge.h"
#include "archive/retention.h"
#include "archive/turns.h"

/* A batch that is not closed. */
struct live_batch {
    struct batch_id id;
    struct batch_row row;
    struct intake_day *day;
    int64_t fed_ms; /* wall clock, when capture last sent something of it; not on disk */
};

/* First pages of envelopes that may have become complete; filing looks at them and no others. */
struct envelope_set {
    struct envelope_id *at; /* rising */
    size_t count, capacity;
};

struct archive {
    char first[80]; /* tags: which declared batches are lent first */
    char data_dir[PATH_MAX / 2], key_dir[PATH_MAX / 2], config_dir[PATH_MAX / 2];
    bool writer;
    int lock; /* of writer.lock; -1 */
    uint64_t box_map_bytes, reserve_bytes;
    struct tenants *tenants;
    struct retention *retention;
    struct keys *keys;
    struct store *catalogue;
    struct boxes *boxes;
    struct intake_day **days; /* open ones */
    size_t day_count;
    struct live_batch *live; /* rising by id */
    size_t live_count;
    struct envelope_set ready;
    struct turns turns;           /* whose page is lent next */
    struct purge *purge;          /* a rewrite of the catalogue that runs; NULL */
    struct purge_progress purged; /* the last that ended */
    bool rewrites_later;          /* by turns of who serves; others rewrite at once */
    bool unfinished;              /* a filing run is in the catalogue and not yet out of intake */
    struct day month;             /* filing month in which open boxes were last looked at */
    struct day access_pruned;     /* day on which the access journal was last looked through */
    struct day sealed;            /* day on which the last seal is known to have been made */
    int64_t readers_checked_ms;   /* monotonic */
};

/* Limits that follow from the map of a box, so that a run always fits (tests use small maps). */
static inline uint64_t box_bytes_max(const struct archive *archive)
{
    const uint64_t most = UINT64_C(1) << 30; /* design 7: a box closes at 1 GB */
    return archive->box_map_bytes / 4 < most ? archive->box_map_bytes / 4 : most;
}

static inline uint64_t image_bytes_max(const struct archive *archive)
{
    const uint64_t most = UINT64_C(64) << 20; /* an uncompressed A3 colour page at 300 dpi: 50 MB */
    return archive->box_map_bytes / 8 < most ? archive->box_map_bytes / 8 : most;
}

/* Of the catalogue's map: 64 GB with the usual boxes; 10 million documents take about 10 GB. */
static inline uint64_t catalogue_map_bytes(const struct archive *archive)
{
    return 16 * archive->box_map_bytes;
}

/* ERR_CONFLICT unless this archive writes. A filing run that was cut short is finished first. */
int archive_may_write(struct archive *archive, struct err *err);

/* ERR_FULL when less than the reserve, and `extra`, is free. */
int archive_has_space(const struct archive *archive, uint64_t extra, struct err *err);

/* NULL when the batch is closed or unknown. Readers: after live_refresh. */
struct live_batch *live_find(const struct archive *archive, uint32_t batch);
int live_add(struct archive *archive, struct batch_id id, const struct batch_row *row,
             struct err *err);
void live_remove(struct archive *archive, struct batch_id id);
/* Reads the batches that are not closed, and opens their days. Does nothing for a writer that is
 * open: it knows them. */
int live_refresh(struct archive *archive, struct err *err);
int live_load(struct archive *archive, struct err *err);
void live_free(struct archive *archive);

/* Destroys keys and files of intake days that no batch needs any more. */
int live_retire_days(struct archive *archive, struct err *err);

int envelope_set_add(struct envelope_set *set, struct envelope_id id);
void envelope_set_remove(struct envelope_set *set, struct envelope_id id);
void envelope_set_free(struct envelope_set *set);

/* Adds the final counts of a batch to the sum over closed batches. */
int counts_add_closed(struct store_txn *txn, const struct archive_counts *counts, struct err *err);
/* The sum over closed batches. */
int counts_closed(struct store_txn *txn, struct archive_counts *ret_counts, struct err *err);

/* Finishes in intake what the catalogue knows of a filing run; idempotent. */
int filing_finish(struct archive *archive, struct err *err);

/* Closes boxes of filing months before this one. */
int filing_close_old_boxes(struct archive *archive, struct err *err);

/* Calls `each` with the path below DATA/boxes of every folder that is no box of the catalogue. */
int stray_boxes_walk(struct archive *archive, int (*each)(void *to, const char *path), void *to,
                     struct err *err);
/* Destroys them and their keys: at the start of a writer. */
int stray_boxes_remove(struct archive *archive, struct err *err);

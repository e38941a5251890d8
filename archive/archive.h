/*
 * The archive as a whole: intake (pages on their way), boxes (images, text and fields, sealed),
 * catalogue and journal. One process writes: it holds DATA/writer.lock. Any number may read.
 * Commits are durable when a function returns. See docs/durability.md for the order.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "archive/ids.h"
#include "base/day.h"
#include "base/err.h"

struct archive;

struct archive_params {
    const char *data_dir; /* DATA; made when it is missing and `writer` is set */
    const char *key_dir; /* KEYDIR, outside DATA: tenant keys 0400; made at first use by a writer */
    const char *config_dir; /* tenants.conf, retention.conf */
    const char *first;      /* of a tenant, batches declared as one of these tags are lent first
                               (words.h), at most 79 bytes; NULL: none */
    bool writer;            /* ERR_CONFLICT when another process writes already */
    bool rewrites_later;    /* the rewrite after a destruction is left to purge_turn (purge.h) */
    uint64_t box_map_bytes; /* 0: 4 GB; tests use 64 MB */
    uint64_t reserve_bytes; /* 0: 256 MB; with less free space, accepting and filing say ERR_FULL */
};

int archive_open(const struct archive_params *params, struct archive **ret_archive,
                 struct err *err);
void archive_free(struct archive **archive);

/* The code is one of config/tenants.conf: 0 or ERR_NOT_FOUND. */
int archive_check_tenant(const struct archive *archive, const char *tenant, struct err *err);

enum boundary {
    BOUNDARY_SEPARATORS, /* a separator sheet begins an envelope; none: the batch is one envelope */
    BOUNDARY_MARKED      /* capture marks the first page of each envelope */
};

struct batch_spec {
    struct batch_uuid uuid;
    char tenant[TENANT_TEXT_SIZE];
    struct day received; /* date of receipt */
    enum boundary boundary;
    bool duplex;
    bool medical; /* mail to the médecin-conseil: its letters and other papers are medical */
    char kind[TAG_TEXT_SIZE]; /* tag of its pages, as who fed it declared; "": none */
    char source[64];          /* scanner profile and device, or "folder"; no personal data */
    char profile[64];         /* scanner profile id, "" for folders */
};

/* Opens a batch, or finds the open or closed one with the same uuid (then spec must agree:
 * ERR_CONFLICT). Durable. */
int archive_batch_open(struct archive *archive, const struct batch_spec *spec,
                       struct batch_id *ret_id, struct err *err);

/* What the operator or the feeder says when the last sheet is through. */
struct batch_end {
    uint32_t sheets_fed;
    uint32_t sheets_rejected; /* declared rejects, with reasons in the journal */
    uint32_t pages;           /* sides that capture produced; must equal the pages accepted */
};

/* Why an operator takes a sheet out that cannot be captured. */
enum reject_reason { REJECT_TORN, REJECT_UNFIT, REJECT_OBJECT, REJECT_OTHER };
const char *reject_reason_name(enum reject_reason reason);                 /* "torn", … */
int reject_reason_parse(const char *name, enum reject_reason *ret_reason); /* ERR_NOT_FOUND */

struct batch_reject {
    uint32_t number; /* which of the batch, from 1 */
    uint32_t sheet;  /* the number that the sheet would have had */
    enum reject_reason reason;
};

/* Notes a reject in the journal, while the batch is fed. Durable. A number that is noted already
 * changes nothing; one out of order is ERR_CONFLICT. */
int archive_batch_reject(struct archive *archive, struct batch_id id,
                         const struct batch_reject *reject, struct err *err);

/* Marks the end of feeding. ERR_CONFLICT, with both numbers, when pages are missing, or fewer
 * sheets are said to be rejected than were noted. */
int archive_batch_end(struct archive *archive, struct batch_id id, const struct batch_end *end,
                      struct err *err);

/* Pages of a batch (or of all batches when id.n is 0), each counted once:
 * accepted = filed + blank + separators + to_code + quarantined + waiting + unread.
 * `filed` counts written pages; blank and separators count decided pages, filed or not; `unread` is
 * accepted or leased; `waiting` is decided, written, envelope not complete. */
enum { ARCHIVE_TAGS_MAX = 16 };

struct archive_counts {
    uint64_t batches, sheets_fed, sheets_rejected;
    uint64_t accepted, filed, blank, separators, to_code, quarantined, waiting, unread;
    uint64_t envelopes; /* begun; one of nothing but separators counts until it is filed */
    uint64_t envelopes_filed, documents;
    int64_t oldest_unread_ms; /* wall clock of acceptance; 0 when nothing is unread */
    /* Written pages by tag, decided by machine or person (decided or filed); the first empty tag
     * ends the list. Tags beyond it are summed in the last row, "(more)". */
    struct {
        char tag[TAG_TEXT_SIZE];
        uint64_t pages;
    } by_tag[ARCHIVE_TAGS_MAX];
};

int archive_count(struct archive *archive, struct batch_id id, struct archive_counts *ret_counts,
                  struct err *err);

enum batch_state { BATCH_FEEDING, BATCH_FED, BATCH_CLOSED };

struct batch_info {
    struct batch_id id;
    struct batch_spec spec;
    enum batch_state state;
    int64_t opened_ms, closed_ms;
    struct archive_counts counts;
};

/* Closes a fed batch when both equations of design 3.7 hold and nothing is unread, to code,
 * quarantined or waiting; otherwise ERR_CONFLICT says which number is in the way. */
int archive_batch_close(struct archive *archive, struct batch_id id, const char *actor,
                        struct err *err);

int archive_batch_show(struct archive *archive, struct batch_id id, struct batch_info *ret_info,
                       struct err *err);

/* Batches with a number above `after`, rising; returns how many of `most` were filled. */
int archive_batch_list(struct archive *archive, struct batch_id after, struct batch_info *ret_infos,
                       int most, struct err *err);

/* What of a tenant's mail is not filed yet. */
struct tenant_standing {
    char tenant[TENANT_TEXT_SIZE];
    int64_t oldest_ms;         /* wall clock of acceptance of the oldest page that is not filed */
    struct envelope_id oldest; /* the envelope that it begins */
    uint32_t weight;           /* its share of the work: config/tenants.conf */
    uint64_t unread, to_code, quarantined, waiting;
};
enum { ARCHIVE_STANDINGS_MAX = 200 }; /* as many as there may be tenants */

/* One row for each tenant with pages in intake, in order of their oldest; returns how many. */
int archive_standings(struct archive *archive,
                      struct tenant_standing ret_standings[ARCHIVE_STANDINGS_MAX], struct err *err);

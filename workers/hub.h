/*
 * The hub's state, shared by its parts: hub.c (start, loop, timers), hub_capture.c (pages in),
 * hub_lanes.c (pages out to workers, verdicts back), desk.c (what people ask).
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "archive/archive.h"
#include "archive/intake.h"
#include "image/quality.h"
#include "wire/link.h"
#include "workers/forecast.h"
#include "workers/program.h"

enum {
    LANES_MAX = 64,         /* workers connected at once */
    LANE_CREDIT_MAX = 8,    /* pages one worker may hold */
    GROUP_MAX = 256,        /* pages committed together; hub.group_pages is at most this */
    GROUP_BYTES = 48 << 20, /* image bytes held for one commit */
    BAD_SCANS_MAX = 32,     /* told to operators; nobody looks for more sheets in a stack */
    BAD_SCAN_MS = 1800000   /* half an hour: later the stack is in its carton */
};

/* A page that a worker holds. */
struct lent {
    struct intake_lending lending;
    int64_t since_ms;
    uint32_t sheet;
    uint8_t side;
};

/* A side whose scan is bad: the sheet may still be in somebody's hand. */
struct bad_scan {
    struct page_id id;
    uint32_t sheet;
    uint8_t side;
    quality_set findings;
    int64_t seen_ms;
};

/* One worker as the hub sees it. */
struct lane {
    bool used;
    struct link *link; /* which of the hub's sockets it came in by */
    struct peer peer;
    char name[64];
    uint32_t credit;
    struct lent lent[LANE_CREDIT_MAX];
    int lent_count;
    int64_t heard_ms;
    uint64_t pages, cpu_ms;
    char last_tag[TAG_TEXT_SIZE];
};

struct hub {
    struct program program;
    struct archive *archive;
    struct wire *wire;
    struct link *front, *work, *work_remote; /* work_remote NULL without --listen */
    struct allow_list *allowed;

    struct message pages[GROUP_MAX]; /* received, not yet committed */
    struct peer page_from[GROUP_MAX];
    int page_count;
    size_t page_bytes;

    struct message verdicts[GROUP_MAX];
    struct lane *verdict_lane[GROUP_MAX];
    int verdict_count;

    struct lane lanes[LANES_MAX];
    bool may_have_unread;   /* lending may find something */
    bool may_have_complete; /* filing may find something */
    bool stopping;
    int64_t full_until_ms;      /* no acceptance and no filing before this time */
    char trouble[ERR_TEXT_MAX]; /* why work stands still; "" when all is well */
    int64_t wall_ahead_ms;      /* of the monotonic clock, at the last look */
    bool rewriting;             /* the catalogue is copied, turn by turn; filing pauses */
    int64_t rewrite_at_ms;      /* not before this time, when it does not run */
    int64_t grounded_ms;        /* when the run directory was last looked at */
    bool must_reopen;           /* the storage works only after it has been opened again */
    uint64_t unread;            /* pages not yet decided, refreshed by timer and acceptance */
    int64_t counted_ms, expired_ms, sealed_ms, started_ms;
    uint64_t pages_decided, cpu_ms;
    struct pace pace;                         /* while pages waited */
    uint64_t pages_noted;                     /* of pages_decided, in `pace` */
    struct bad_scan bad_scans[BAD_SCANS_MAX]; /* the next overwrites the oldest */
    uint64_t bad_scan_count;
};

/* hub_capture.c: takes what captures and tools sent, commits pages, answers. */
int hub_capture_receive(struct hub *hub, struct err *err);
void hub_capture_commit(struct hub *hub);

/* hub_lanes.c */
int hub_lanes_receive(struct hub *hub, struct link *link, struct err *err);
void hub_lanes_commit(struct hub *hub);
void hub_lanes_lend(struct hub *hub);
void hub_lanes_check(struct hub *hub); /* the silent lose their leases */

/* hub_status.c: {"batch": n or 0} → counts, tags, lanes, trouble; a new object. */
int hub_status(struct hub *hub, const json_t *details, json_t **ret_status, struct err *err);

/* Notes that storage failed or works again; says it once per change. */
void hub_trouble(struct hub *hub, const struct err *err);

/* Sends without waiting; a peer that is gone is not worth a line. */
void hub_send(struct link *link, const struct peer *to, const struct message *message);
void hub_refuse(struct link *link, const struct peer *to, const struct message *about,
                const struct err *why);

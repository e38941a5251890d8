/*
 * Intake: pages accepted and not yet filed. Acceptance, leases, verdicts, coding, quarantine. Every
 * function that changes something returns after the durable commit; arrays are one transaction.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "archive/archive.h"
#include "base/bytes.h"
#include "base/digest.h"

struct intake_page {
    struct page_id id;
    struct bytes image;   /* one page, as kept */
    struct digest digest; /* at birth; ERR_INTEGRITY when the image does not match */
    bool starts_envelope; /* BOUNDARY_MARKED only */
    uint32_t sheet;       /* from 1 */
    uint8_t side;         /* 0 front, 1 back */
    struct bytes capture; /* JSON object: file name's digest, dpi, settings; at most 4 KB */
};

/* Accepts pages in one transaction (group commit). `ret_results[i]`: 0 accepted (also when the same
 * page with the same digest is there already), or an error code for that page alone:
 * ERR_UNAVAILABLE when the page before it has not come yet, for a batch takes its pages in the
 * order of their numbers. The function fails as a whole (nothing accepted) on ERR_FULL, ERR_IO. */
int intake_accept(struct archive *archive, const struct intake_page *pages, size_t count,
                  int *ret_results, struct err *err);

struct intake_lease {
    struct page_id id;
    uint32_t epoch; /* which lending of this page it is, from 1 */
    uint32_t tries; /* failures so far */
    struct digest digest;
    uint32_t sheet;            /* from 1 in the batch */
    uint8_t side;              /* 0 front, 1 back */
    struct buf image, capture; /* as accepted; owned by the caller: intake_lease_clear */
};

/* Lends up to `most` pages until now + lease_ms; one transaction. Tenants take turns by their
 * weight (turns.h); of a tenant batches declared as what goes first (archive.h), then the oldest
 * date of receipt. Returns how many. */
int intake_lend(struct archive *archive, size_t most, int64_t lease_ms,
                struct intake_lease *ret_leases, struct err *err);
void intake_lease_clear(struct intake_lease *lease);

/* A lending: every answer names it; an answer for another epoch is ERR_CONFLICT and changes
 * nothing. */
struct intake_lending {
    struct page_id id;
    uint32_t epoch;
};

struct intake_decision {
    struct intake_lending lending; /* epoch 0: a person decides (state TO_CODE or QUARANTINED) */
    bool accepted;                 /* false: TO_CODE */
    char tag[TAG_TEXT_SIZE];       /* class for retention and boxes */
    enum page_kind kind;
    enum compartment compartment;
    double confidence;
    struct bytes record; /* the verdict as JSON, kept sealed with the page */
    struct day event;    /* trigger date when known, else none */
    char insured[16];  /* proven insured number, "" otherwise; only a keyed hash leaves the seal */
    const char *actor; /* "worker" or the user's name */
};

/* Each decision of the array stands for itself: ret_results as in intake_accept. One transaction.
 */
int intake_decide(struct archive *archive, const struct intake_decision *decisions, size_t count,
                  int *ret_results, struct err *err);

/* The page goes back to ACCEPTED at no cost: the worker was lost, drained or restarted. */
int intake_return(struct archive *archive, struct intake_lending lending, struct err *err);

enum { INTAKE_TRIES_MAX = 3 };

/* The reader died, overran memory or deadline on this page: a try counts; after INTAKE_TRIES_MAX
 * the page is QUARANTINED. `reason`: one line. Returns the state it is in now (enum page_state). */
int intake_fail(struct archive *archive, struct intake_lending lending, const char *reason,
                struct err *err);

/* The page can never be read (damaged, over a limit): QUARANTINED at once. */
int intake_quarantine(struct archive *archive, struct intake_lending lending, const char *reason,
                      struct err *err);

/* Returns leases past their time to ACCEPTED, at most `most`; returns how many. */
int intake_expire(struct archive *archive, size_t most, struct err *err);

/* At start of the writer: every lease of an earlier life goes back at no cost. */
int intake_recover(struct archive *archive, struct err *err);

/* Pages in a state that a person looks at (TO_CODE, QUARANTINED), oldest first, after `line.after`
 * ({0}: from the start). Returns how many of `most` were filled; free with intake_waiting_clear. */
struct intake_waiting {
    struct page_id id;
    char tenant[TENANT_TEXT_SIZE];
    int64_t accepted_ms;
    uint32_t tries;
    enum compartment compartment;
    char reason[160]; /* quarantine reason, "" for TO_CODE */
    struct buf record;
};
struct intake_line {
    enum page_state state;
    struct page_id after;
};
int intake_list(struct archive *archive, struct intake_line line, struct intake_waiting *ret_pages,
                int most, struct err *err);
void intake_waiting_clear(struct intake_waiting *page);

/* The pages in such a state, in the order in which a person should see them: those for which the
 * machine's best guess is one of the tags in `first`, in its order, then the rest; among equals the
 * oldest date of receipt, then the batch that came first. Returns how many; free `ret_ids`. */
struct intake_order {
    enum page_state state;
    const char *first; /* "cheque sick_note" */
};
int intake_in_order(struct archive *archive, struct intake_order order, struct page_id **ret_ids,
                    struct err *err);

/* The image of a page in intake, digest checked; appended to `ret_image`. */
int intake_image(struct archive *archive, struct page_id id, struct buf *ret_image,
                 struct err *err);

/* QUARANTINED → ACCEPTED with its tries reset: a person releases it. */
int intake_release(struct archive *archive, struct page_id id, const char *actor, struct err *err);

/* Undo of a person's decision as long as the page is not filed: DECIDED → TO_CODE. */
int intake_undo(struct archive *archive, struct page_id id, const char *actor, struct err *err);

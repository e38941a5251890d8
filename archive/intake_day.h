/*
 * The environment of one intake day: DATA/intake/2026-11-22/. It holds the pages of the batches
 * that were opened on that day until they are filed. Values with anything of a page's contents are
 * sealed with the day's key for the tenant; the label names the page.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "archive/keys.h"
#include "archive/store.h"
#include "archive/tenants.h"

enum intake_db {
    IN_PAGES,      /* page → intake_row */
    IN_IMAGES,     /* page → sealed image */
    IN_CAPTURES,   /* page → sealed capture */
    IN_RECORDS,    /* page → sealed verdict, insured number, reason */
    IN_EVENTS,     /* page, number → what happened to it before filing */
    IN_QUEUE,      /* received, page: ACCEPTED; lending order */
    IN_LEASED,     /* until, page: LEASED */
    IN_TO_CODE,    /* page: TO_CODE */
    IN_QUARANTINE, /* page: QUARANTINED */
    IN_UNDECIDED,  /* page: everything that holds its envelope back */
    IN_UNREAD,     /* batch, accepted at, page: ACCEPTED and LEASED */
    IN_STARTS,     /* first page of an envelope → the page where filing goes on (envelopes.c) */
    IN_BATCHES,    /* batch → intake_progress */
    IN_DATABASES
};

struct intake_day {
    struct day day;
    struct store *store;
    int key_count;
    struct {
        char tenant[TENANT_TEXT_SIZE];
        struct seal_key *key;
    } keys[TENANTS_MAX];
};

/* What a sealed value of a page is. */
enum intake_part { INTAKE_IMAGE = 'i', INTAKE_CAPTURE = 'c', INTAKE_RECORD = 'r' };

void intake_day_path(const char *data_dir, struct day day, char *ret_path, size_t size);

struct intake_place {
    const char *data_dir;
    struct day day;
    uint64_t map_bytes;
    enum store_mode mode; /* STORE_WRITE makes it */
};

int intake_day_open(const struct intake_place *place, struct intake_day **ret_day, struct err *err);
void intake_day_free(struct intake_day **day);

/* The day's key for a tenant, borrowed. */
int intake_day_key(struct intake_day *day, struct keys *keys, const char *tenant,
                   const struct seal_key **ret_key, struct err *err);

/* Seals into a database; opens from it (1, 0 not there, ERR_INTEGRITY). */
struct intake_value {
    enum intake_part part;
    struct page_id id;
    const struct seal_key *key;
};
int intake_value_put(struct store_txn *txn, const struct intake_value *where, struct bytes plain,
                     struct err *err);
int intake_value_get(struct store_txn *txn, const struct intake_value *where, struct buf *ret_plain,
                     struct err *err);

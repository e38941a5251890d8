/*
 * Receipts: what proves, without the archive, that an envelope was filed: the journal records of
 * its documents (page digests at birth, times, rule, expiry, box), each record's place in a day
 * seal, and the platform's signature on that. Nothing personal stands in one. Checking needs the
 * receipt and the platform's public key, nothing else.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <jansson.h>

#include "archive/archive.h"
#include "base/clock.h"
#include "base/digest.h"

enum { RECEIPT_DOCUMENTS_MAX = 10000, RECEIPT_BYTES_MAX = 64 << 20 };

/* The receipt of an envelope, a new object. ERR_NOT_FOUND when nothing of it is filed;
 * ERR_CONFLICT when a document is not sealed yet. */
int receipt_make(struct archive *archive, struct envelope_id envelope, json_t **ret_receipt,
                 struct err *err);

struct receipt_facts {
    char envelope[ID_TEXT_SIZE];
    char tenant[TENANT_TEXT_SIZE];
    uint32_t documents, pages;
    char sealed_at[CLOCK_TEXT_SIZE]; /* of the latest seal: everything existed then */
};

/* 0 when every document of the receipt is proven by the key: ERR_FORMAT when it is no receipt,
 * ERR_INTEGRITY naming the document that is not proven. */
int receipt_check(const json_t *receipt, const struct digest *public_key,
                  struct receipt_facts *ret_facts, struct err *err);

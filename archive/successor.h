/*
 * Whose mail a tenant's is, since tenants were merged (merge.h). What a tenant filed keeps its
 * code: rows, box paths, hashes and receipts stay as they are; this says who asks for it now.
 * CAT_META: "merged 041" → code of the tenant that took over, plus 1000.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "archive/store.h"
#include "archive/tenants.h"

/* Into whom the tenant was merged: 1, 0 it is its own. */
int successor_of(struct store_txn *txn, const char *tenant, char ret_tenant[TENANT_TEXT_SIZE],
                 struct err *err);

/* Whether the tenant is `owner`, or was merged into it, by way of others too: 1, 0. */
int successor_is(struct store_txn *txn, const char *owner, const char *tenant, struct err *err);

/* ERR_CONFLICT when the tenant was merged; `what` it is refused for: "no batch is opened". */
int successor_none(struct store_txn *txn, const char *tenant, const char *what, struct err *err);

/* From here on, in this transaction. */
int successor_set(struct store_txn *txn, const char *tenant, const char *into, struct err *err);

struct tenant_group {
    int count;
    char at[TENANTS_MAX][TENANT_TEXT_SIZE];
};

/* The tenant, then those that were merged into it, rising by code. */
int successor_group(struct store_txn *txn, const char *tenant, struct tenant_group *ret_group,
                    struct err *err);

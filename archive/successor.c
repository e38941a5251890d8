/*
 * Who took over whom: see successor.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/successor.h"

#include <stdio.h>
#include <string.h>

#include "archive/catalogue.h"
#include "base/scope.h"

enum { NAME_SIZE = 16, CODE_BASE = 1000, CODES = 1000 };

static const char prefix_text[] = "merged ";

static void name_of(const char *tenant, char ret_name[NAME_SIZE])
{
    snprintf(ret_name, NAME_SIZE, "%s%.3s", prefix_text, tenant);
}

int successor_of(struct store_txn *txn, const char *tenant, char ret_tenant[TENANT_TEXT_SIZE],
                 struct err *err)
{
    char name[NAME_SIZE];
    uint64_t number;
    name_of(tenant, name);
    int rc = catalogue_number(txn, name, &number, err);
    if (rc < 0 || number == 0)
        return rc;
    if (number < CODE_BASE || number >= CODE_BASE + CODES)
        return err_set(err, ERR_INTEGRITY, "tenant %s: into whom it was merged is damaged", tenant);
    snprintf(ret_tenant, TENANT_TEXT_SIZE, "%03u", (unsigned)(number - CODE_BASE) % CODES);
    return 1;
}

/* Merging into one that was merged is refused, so that there are no rings; the bound is for a
 * damaged catalogue. */
int successor_is(struct store_txn *txn, const char *owner, const char *tenant, struct err *err)
{
    char at[TENANT_TEXT_SIZE];
    int rc = 1;
    snprintf(at, sizeof at, "%.3s", tenant);
    for (int hops = 0; rc == 1 && strcmp(at, owner) != 0; hops++) {
        if (hops == TENANTS_MAX)
            return err_set(err, ERR_INTEGRITY, "tenant %s: merged in a ring", tenant);
        rc = successor_of(txn, at, at, err);
    }
    return rc;
}

int successor_none(struct store_txn *txn, const char *tenant, const char *what, struct err *err)
{
    char into[TENANT_TEXT_SIZE];
    int rc = successor_of(txn, tenant, into, err);
    return rc == 1 ? err_set(err, ERR_CONFLICT, "tenant %s was merged into %s: %s; ask for %s",
                             tenant, into, what, into)
                   : rc;
}

int successor_set(struct store_txn *txn, const char *tenant, const char *into, struct err *err)
{
    char name[NAME_SIZE];
    unsigned code = 0;
    name_of(tenant, name);
    if (sscanf(into, "%3u", &code) != 1)
        return err_set(err, ERR_FORMAT, "tenant '%.8s': must be three digits", into);
    return catalogue_set_number(txn, name, CODE_BASE + code, err);
}

static int add(struct store_txn *txn, const struct store_entry *entry, struct tenant_group *group,
               struct err *err)
{
    char tenant[TENANT_TEXT_SIZE] = "";
    if (entry->key.len != sizeof prefix_text - 1 + TENANT_TEXT_SIZE - 1 ||
        group->count == TENANTS_MAX)
        return 0;
    memcpy(tenant, entry->key.at + sizeof prefix_text - 1, sizeof tenant - 1);
    int rc = successor_is(txn, group->at[0], tenant, err);
    if (rc == 1)
        memcpy(group->at[group->count++], tenant, sizeof tenant);
    return rc;
}

int successor_group(struct store_txn *txn, const char *tenant, struct tenant_group *ret_group,
                    struct err *err)
{
    SCOPED(store_walk_end) struct store_cursor cursor = {0};
    struct store_entry entry;
    struct db_key prefix = {.len = 0};
    key_text(&prefix, prefix_text);
    ret_group->count = 1;
    snprintf(ret_group->at[0], TENANT_TEXT_SIZE, "%.3s", tenant);
    int rc = store_walk(txn, CAT_META, &prefix, &cursor, err);
    while (rc >= 0 && (rc = store_next(&cursor, &entry, err)) == 1 &&
           key_has_prefix(entry.key, &prefix))
        rc = add(txn, &entry, ret_group, err);
    return rc < 0 ? rc : 0;
}

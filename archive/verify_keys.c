/*
 * Tenant keys that are not there, after a restore or to somebody who has not all rights: told once
 * each, and no damage. What they open is then not read.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>

#include "archive/journal.h"
#include "archive/verify.h"
#include "base/scope.h"

bool key_is_missing(const struct verifying *verifying, const struct key_owner *owner,
                    struct err *err)
{
    struct keys *keys = verifying->archive->keys;
    return keys_wraps(keys, owner) && keys_check(keys, owner, err) == ERR_DENIED;
}

void tell_missing_key(struct verifying *verifying, const char *why)
{
    char line[ERR_TEXT_MAX + 64];
    verifying->report.keys_missing++;
    snprintf(line, sizeof line, "%s; copy the key folder, then tripli verify", why);
    if (verifying->say)
        verifying->say(verifying->to, line);
}

static void look_at_tenant(struct verifying *verifying, const char *tenant)
{
    for (int i = COMPARTMENT_ADMIN; i <= COMPARTMENT_MEDICAL; i++) {
        const struct key_owner owner = {tenant, (enum compartment)i};
        struct err why = {0};
        if (key_is_missing(verifying, &owner, &why))
            tell_missing_key(verifying, why.text);
    }
}

int verify_keys(struct verifying *verifying, struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    char tenant[TENANT_TEXT_SIZE] = "";
    int rc = store_begin_read(verifying->archive->catalogue, &txn, err);
    while (rc >= 0 && (rc = journal_next_tenant(&txn, tenant, err)) == 1)
        look_at_tenant(verifying, tenant);
    return rc < 0 ? rc : 0;
}

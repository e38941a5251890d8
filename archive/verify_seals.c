/*
 * Day seals against the journal: each is signed, follows the one before, ends where the chains
 * were, and has the root that the records make.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/day_seal.h"
#include "archive/journal.h"
#include "archive/verify.h"
#include "base/scope.h"

static void check_heads(struct verifying *verifying, struct store_txn *txn,
                        const struct day_seal *seal)
{
    for (int i = 0; i < seal->head_count; i++) {
        const struct seal_head *head = &seal->heads[i];
        struct digest hash;
        if (journal_hash(txn, head->tenant, head->seq, &hash, NULL) < 0 ||
            !digest_equal(&hash, &head->hash))
            discrepancy(verifying,
                        "seal %u: record %llu of tenant %s is not the one that was sealed",
                        seal->statement.number, (unsigned long long)head->seq, head->tenant);
    }
}

static void check_root(struct verifying *verifying, struct store_txn *txn,
                       const struct day_seal *before, const struct day_seal *seal)
{
    SCOPED(merkle_free) struct merkle *tree = NULL;
    struct err err = {0};
    if (day_seal_tree(txn, before, seal, &tree, &err) < 0) {
        discrepancy(verifying, "seal %u: %s", seal->statement.number, err.text);
        return;
    }
    struct digest root = merkle_root(tree);
    if (!digest_equal(&root, &seal->statement.root))
        discrepancy(verifying, "seal %u: its root is not that of the journal's records",
                    seal->statement.number);
}

static void check_order(struct verifying *verifying, const struct day_seal *before,
                        const struct day_seal *seal)
{
    struct digest want = {{0}};
    if (before->statement.number)
        want = digest_of(bytes_of(before->sealed.text, strlen(before->sealed.text)));
    if (!digest_equal(&want, &seal->statement.before))
        discrepancy(verifying, "seal %u: it does not follow the seal before it",
                    seal->statement.number);
}

/* A seal that cannot be read breaks the row: what follows is compared with the next one. */
static int verify_seal(struct verifying *verifying, uint32_t number, const struct digest *key,
                       struct day_seal *before, struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    SCOPED(scope_free) struct day_seal *seal = malloc(sizeof *seal);
    struct err why = {0};
    if (!seal)
        return err_set(err, ERR_MEMORY, "seal %u: no memory", number);
    if (day_seal_load(verifying->archive, number, key, seal, &why) < 0) {
        discrepancy(verifying, "seal %u: %s", number, why.text);
        before->statement.number = 0;
        return 0;
    }
    int rc = store_begin_read(verifying->archive->catalogue, &txn, err);
    if (rc < 0)
        return rc;
    verifying->report.seals++;
    check_heads(verifying, &txn, seal);
    if (before->statement.number == number - 1) {
        check_order(verifying, before, seal);
        check_root(verifying, &txn, before, seal);
    }
    *before = *seal;
    return 0;
}

int verify_seals(struct verifying *verifying, struct err *err)
{
    uint32_t count;
    struct digest key;
    struct err why = {0};
    int rc = day_seal_count(verifying->archive, &count, err);
    if (rc < 0 || count == 0)
        return rc;
    if (day_seal_own_key(verifying->archive, &key, &why) < 0) {
        discrepancy(verifying, "seals: %s", why.text);
        return 0;
    }
    SCOPED(scope_free) struct day_seal *before = calloc(1, sizeof *before);
    if (!before)
        return err_set(err, ERR_MEMORY, "seals: no memory");
    for (uint32_t number = 1; rc == 0 && number <= count; number++)
        rc = verify_seal(verifying, number, &key, before, err);
    return rc;
}

/*
 * Making day seals: see day_seal.h. Order: file, time-stamp request, then the count in the
 * catalogue. A seal that is not counted yet is made anew.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/day_seal.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/day_seal_file.h"
#include "archive/journal.h"
#include "archive/keys.h"
#include "archive/state.h"
#include "archive/timestamp.h"
#include "base/file.h"
#include "base/log.h"
#include "base/scope.h"

enum { FOLDER_MODE = 0750, SEAL_FILE_MODE = 0640 };

struct digest day_seal_leaf(const char *tenant, uint64_t seq, const struct digest *hash)
{
    struct db_key data = {.len = 0};
    key_u64(key_text(&data, tenant), seq);
    key_raw(&data, hash->at, sizeof hash->at);
    return merkle_leaf(key_view(&data));
}

uint64_t day_seal_reach(const struct day_seal *seal, const char *tenant)
{
    for (int i = 0; i < seal->head_count; i++)
        if (strcmp(seal->heads[i].tenant, tenant) == 0)
            return seal->heads[i].seq;
    return 0;
}

/* ---- the tree ---- */

static size_t leaf_count(const struct day_seal *before, const struct day_seal *seal)
{
    size_t count = 0;
    for (int i = 0; i < seal->head_count; i++)
        count += seal->heads[i].seq - day_seal_reach(before, seal->heads[i].tenant);
    return count;
}

static int read_leaves(struct store_txn *txn, const struct day_seal *before,
                       const struct day_seal *seal, struct digest *leaves, struct err *err)
{
    size_t next = 0;
    for (int i = 0; i < seal->head_count; i++) {
        const struct seal_head *head = &seal->heads[i];
        for (uint64_t seq = day_seal_reach(before, head->tenant) + 1; seq <= head->seq; seq++) {
            struct digest hash;
            int rc = journal_hash(txn, head->tenant, seq, &hash, err);
            if (rc < 0)
                return rc;
            leaves[next++] = day_seal_leaf(head->tenant, seq, &hash);
        }
    }
    return 0;
}

/* Heads of a damaged file may fall or promise more than a tree holds. */
static int check_reach(const struct day_seal *before, const struct day_seal *seal, struct err *err)
{
    for (int i = 0; i < seal->head_count; i++) {
        const struct seal_head *head = &seal->heads[i];
        uint64_t from = day_seal_reach(before, head->tenant);
        if (head->seq < from || head->seq - from > MERKLE_LEAVES_MAX)
            return err_set(err, ERR_INTEGRITY,
                           "tenant %s: sealed up to record %llu, by the seal before up to %llu",
                           head->tenant, (unsigned long long)head->seq, (unsigned long long)from);
    }
    size_t count = leaf_count(before, seal);
    if (count == 0 || count > MERKLE_LEAVES_MAX)
        return err_set(err, ERR_INTEGRITY, "it takes in %zu records, must be 1 to %d", count,
                       MERKLE_LEAVES_MAX);
    return 0;
}

int day_seal_tree(struct store_txn *txn, const struct day_seal *before, const struct day_seal *seal,
                  struct merkle **ret_tree, struct err *err)
{
    int rc = check_reach(before, seal, err);
    if (rc < 0)
        return rc;
    size_t count = leaf_count(before, seal);
    SCOPED(scope_free) struct digest *leaves = malloc(count * sizeof *leaves);
    if (!leaves)
        return err_set(err, ERR_MEMORY, "seal of %zu records: no memory", count);
    rc = read_leaves(txn, before, seal, leaves, err);
    return rc < 0 ? rc : merkle_build(leaves, count, ret_tree, err);
}

/* ---- making one ---- */

/* The heads of all chains now, as far as one tree reaches; returns how many records are new. */
static int64_t take_heads(struct store_txn *txn, const struct day_seal *before,
                          struct day_seal *seal, struct err *err)
{
    char tenant[TENANT_TEXT_SIZE] = "";
    uint64_t fresh = 0;
    int rc;
    while ((rc = journal_next_tenant(txn, tenant, err)) == 1) {
        if (seal->head_count == SEAL_HEADS_MAX)
            return err_set(err, ERR_LIMIT, "seal: more than %d tenants", SEAL_HEADS_MAX);
        struct seal_head *head = &seal->heads[seal->head_count++];
        uint64_t from = day_seal_reach(before, tenant);
        rc = journal_own_end(txn, tenant, &head->seq, err);
        if (rc < 0)
            return rc;
        memcpy(head->tenant, tenant, sizeof head->tenant);
        if (head->seq - from > MERKLE_LEAVES_MAX - fresh)
            head->seq = from + (MERKLE_LEAVES_MAX - fresh);
        fresh += head->seq - from;
        rc = journal_hash(txn, tenant, head->seq, &head->hash, err);
        if (rc < 0)
            return rc;
    }
    return rc < 0 ? rc : (int64_t)fresh;
}

static int sign(struct archive *archive, const struct day_seal *before, struct day_seal *seal,
                struct err *err)
{
    struct statement *statement = &seal->statement;
    struct err why = {0};
    statement->number = before->statement.number + 1;
    statement->heads = day_seal_heads_digest(seal);
    clock_format(clock_wall_ms(), statement->at);
    if (access_head(archive, &statement->access, &why) < 0) {
        log_warn("seal %u: it does not say where the access journal ends: %s", statement->number,
                 why.text);
        statement->access.seq = 0;
    }
    if (before->statement.number)
        statement->before = digest_of(bytes_of(before->sealed.text, strlen(before->sealed.text)));
    statement_format(statement, seal->sealed.text);
    return keys_sign(archive->keys, bytes_of(seal->sealed.text, strlen(seal->sealed.text)),
                     seal->sealed.signature, err);
}

/* Seal file and request; both may be written again. */
static int write_files(const struct archive *archive, const struct day_seal *seal, struct err *err)
{
    char path[PATH_MAX];
    uint8_t request[TIMESTAMP_REQUEST_BYTES];
    SCOPED(scope_free) char *text = day_seal_format(seal);
    if (!text)
        return err_set(err, ERR_MEMORY, "seal %u: no memory", seal->statement.number);
    snprintf(path, sizeof path, "%s/seals", archive->data_dir);
    int rc = file_make_folders(path, FOLDER_MODE, err);
    if (rc < 0)
        return rc;
    struct bytes file = bytes_of(text, strlen(text));
    timestamp_request(file, request);
    day_seal_path(archive, seal->statement.number, "json", path);
    rc = file_write(path, SEAL_FILE_MODE, file, err);
    day_seal_path(archive, seal->statement.number, "tsq", path);
    return rc < 0 ? rc : file_write(path, SEAL_FILE_MODE, bytes_of(request, sizeof request), err);
}

static int count_seal(struct archive *archive, const struct day_seal *seal, struct err *err)
{
    static const struct commit_points points = {"seal.count.before_commit",
                                                "seal.count.after_commit"};
    SCOPED(store_abort) struct store_txn txn = {0};
    int rc = store_begin(archive->catalogue, &txn, err);
    if (rc == 0)
        rc = catalogue_set_number(&txn, "seals", seal->statement.number, err);
    return rc < 0 ? rc : store_commit(&txn, &points, err);
}

/* The seal after `before`: 1 prepared, 0 there is nothing new. */
static int prepare(struct archive *archive, const struct day_seal *before, struct day_seal *seal,
                   struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    SCOPED(merkle_free) struct merkle *tree = NULL;
    int rc = store_begin_read(archive->catalogue, &txn, err);
    if (rc < 0)
        return rc;
    int64_t fresh = take_heads(&txn, before, seal, err);
    if (fresh <= 0)
        return (int)fresh;
    rc = day_seal_tree(&txn, before, seal, &tree, err);
    if (rc < 0)
        return rc;
    seal->statement.root = merkle_root(tree);
    seal->statement.leaves = (uint64_t)fresh;
    rc = sign(archive, before, seal, err);
    return rc < 0 ? rc : 1;
}

static int make_next(struct archive *archive, struct day_seal *before, struct err *err)
{
    SCOPED(scope_free) struct day_seal *seal = calloc(1, sizeof *seal);
    if (!seal)
        return err_set(err, ERR_MEMORY, "seal: no memory");
    int rc = prepare(archive, before, seal, err);
    if (rc <= 0)
        return rc;
    rc = write_files(archive, seal, err);
    if (rc == 0)
        rc = count_seal(archive, seal, err);
    if (rc < 0)
        return rc;
    *before = *seal;
    return 1;
}

/* The last seal that counts, or one with number 0. */
static int load_last(struct archive *archive, struct day_seal *ret_seal, struct err *err)
{
    uint32_t count;
    struct digest key;
    int rc = day_seal_count(archive, &count, err);
    if (rc < 0 || count == 0)
        return rc;
    rc = day_seal_own_key(archive, &key, err);
    return rc < 0 ? rc : day_seal_load(archive, count, &key, ret_seal, err);
}

int day_seal_make(struct archive *archive, struct err *err)
{
    SCOPED(scope_free) struct day_seal *before = calloc(1, sizeof *before);
    int made = 0, rc = archive_may_write(archive, err);
    if (rc == 0 && !before)
        rc = err_set(err, ERR_MEMORY, "seal: no memory");
    if (rc == 0)
        rc = archive_has_space(archive, 0, err);
    if (rc == 0)
        rc = load_last(archive, before, err);
    while (rc == 0 && (rc = make_next(archive, before, err)) == 1) {
        made++;
        rc = 0;
        if (before->statement.leaves < MERKLE_LEAVES_MAX)
            break;
    }
    return rc < 0 ? rc : made;
}

int day_seal_due(struct archive *archive, struct err *err)
{
    struct day today = day_of_ms(clock_wall_ms());
    if (day_compare(archive->sealed, today) >= 0)
        return 0;
    SCOPED(scope_free) struct day_seal *last = calloc(1, sizeof *last);
    struct day day;
    int rc = last ? load_last(archive, last, err) : err_set(err, ERR_MEMORY, "seal: no memory");
    if (rc < 0)
        return rc;
    last->statement.at[DAY_TEXT_SIZE - 1] = '\0'; /* "2026-11-22T…": its day */
    bool today_done = day_parse(last->statement.at, &day) == 0 && day_compare(day, today) >= 0;
    rc = today_done ? 0 : day_seal_make(archive, err);
    if (rc >= 0)
        archive->sealed = today;
    return rc;
}

int day_seal_count(struct archive *archive, uint32_t *ret_count, struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    uint64_t count = 0;
    int rc = store_begin_read(archive->catalogue, &txn, err);
    if (rc == 0)
        rc = catalogue_number(&txn, "seals", &count, err);
    *ret_count = (uint32_t)count;
    return rc < 0 ? rc : 0;
}

/*
 * The journal: see journal.h. Entry = hash (32 bytes), record (JSON text).
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/journal.h"

#include <stdio.h>
#include <string.h>

#include "archive/catalogue.h"
#include "archive/successor.h"
#include "base/clock.h"
#include "base/scope.h"

enum { LINKED_ID_SIZE = EVENT_ID_SIZE + TENANT_TEXT_SIZE };

struct head {
    uint64_t seq;
    struct digest hash;
};

static struct db_key record_key(const char *tenant, uint64_t seq)
{
    struct db_key key = catalogue_tenant_key(tenant);
    key_u64(&key, seq);
    return key;
}

static struct digest chain_start(const char *tenant)
{
    struct db_key text = {.len = 0};
    key_text(key_text(&text, "tripli journal "), tenant);
    return digest_of(key_view(&text));
}

int journal_chain(const struct digest *before, struct bytes record, struct digest *ret_hash)
{
    SCOPED(packer_free) struct packer both = {0};
    pack_digest(&both, before);
    pack_raw(&both, record);
    if (both.failed)
        return ERR_MEMORY;
    *ret_hash = digest_of(packer_view(&both));
    return 0;
}

static int read_head(struct store_txn *txn, const char *tenant, struct head *ret_head,
                     struct err *err)
{
    struct db_key key = catalogue_tenant_key(tenant);
    struct bytes value = {0};
    *ret_head = (struct head){.hash = chain_start(tenant)};
    int rc = store_get(txn, CAT_HEADS, &key, &value, err);
    if (rc <= 0)
        return rc;
    struct unpacker row = {.left = value};
    ret_head->seq = unpack_u64(&row);
    ret_head->hash = unpack_digest(&row);
    if (row.bad)
        return err_set(err, ERR_INTEGRITY, "journal of tenant %s: its head is damaged", tenant);
    return 0;
}

static int write_head(struct store_txn *txn, const char *tenant, const struct head *head,
                      struct err *err)
{
    SCOPED(packer_free) struct packer row = {0};
    struct db_key key = catalogue_tenant_key(tenant);
    pack_u64(&row, head->seq);
    pack_digest(&row, &head->hash);
    return store_put_row(txn, CAT_HEADS, &key, &row, err);
}

static struct db_key event_key(const char *tenant, const char *id)
{
    struct db_key key = catalogue_tenant_key(tenant);
    key_raw(&key, id, strnlen(id, LINKED_ID_SIZE));
    return key;
}

/* ---- from a tenant to the chain that goes on for it ---- */

struct link {
    char tenant[TENANT_TEXT_SIZE]; /* whose chain */
    uint64_t base;                 /* of its numbers */
};

static struct link own_link(const char *tenant)
{
    struct link link = {.base = 0};
    snprintf(link.tenant, sizeof link.tenant, "%.3s", tenant);
    return link;
}

/* 1: the chain of who took over; 0: there is none. */
static int follow(struct store_txn *txn, struct link *link, struct err *err)
{
    int rc = successor_of(txn, link->tenant, link->tenant, err);
    link->base += rc == 1 ? JOURNAL_HOP : 0;
    if (link->base / JOURNAL_HOP > TENANTS_MAX)
        return err_set(err, ERR_INTEGRITY, "tenant %s: merged in a ring", link->tenant);
    return rc;
}

static int last_link(struct store_txn *txn, const char *tenant, struct link *ret_link,
                     struct err *err)
{
    int rc;
    *ret_link = own_link(tenant);
    while ((rc = follow(txn, ret_link, err)) == 1)
        ;
    return rc;
}

/* The event's id in the link's chain. */
static char *linked_id(const struct link *link, const char *tenant, const char *id,
                       char ret_id[LINKED_ID_SIZE])
{
    if (link->base)
        snprintf(ret_id, LINKED_ID_SIZE, "%.3s %.48s", tenant, id);
    else
        snprintf(ret_id, LINKED_ID_SIZE, "%.48s", id);
    return ret_id;
}

/* ---- records ---- */

static char *text_of(const struct journal_event *event, const char *of)
{
    char at[CLOCK_TEXT_SIZE];
    json_t *record = json_pack("{s:s, s:s, s:s, s:s*}", "id", event->id, "at",
                               clock_format(event->at_ms, at), "event", event->name, "of", of);
    char *text = NULL;
    if (record && json_object_update(record, event->facts) == 0)
        text = json_dumps(record, JSON_COMPACT | JSON_REAL_PRECISION(6));
    json_decref(record);
    return text;
}

/* `of`: whose event it is in another's chain, or NULL. */
static int write_record(struct store_txn *txn, const struct journal_event *event, const char *of,
                        struct head *head, struct err *err)
{
    SCOPED(scope_free) char *text = text_of(event, of);
    if (!text)
        return err_set(err, ERR_MEMORY, "journal: no memory for a record");
    struct bytes record = bytes_of(text, strlen(text));
    head->seq++;
    if (journal_chain(&head->hash, record, &head->hash) < 0)
        return err_set(err, ERR_MEMORY, "journal: no memory for a record");
    SCOPED(packer_free) struct packer entry = {0};
    struct db_key key = record_key(event->tenant, head->seq),
                  id = event_key(event->tenant, event->id);
    struct db_key number = {.len = 0};
    pack_digest(&entry, &head->hash);
    pack_raw(&entry, record);
    key_u64(&number, head->seq);
    int rc = store_put_row(txn, CAT_JOURNAL, &key, &entry, err);
    if (rc == 0)
        rc = store_put(txn, CAT_EVENTS, &id, key_view(&number), err);
    return rc < 0 ? rc : write_head(txn, event->tenant, head, err);
}

int journal_find(struct store_txn *txn, const char *tenant, const char *id, uint64_t *ret_seq,
                 struct err *err)
{
    struct link link = own_link(tenant);
    int rc;
    do {
        char linked[LINKED_ID_SIZE];
        struct db_key key = event_key(link.tenant, linked_id(&link, tenant, id, linked));
        struct bytes value = {0};
        rc = store_get(txn, CAT_EVENTS, &key, &value, err);
        if (rc < 0)
            return rc;
        struct unpacker row = {.left = value};
        if (rc == 1) {
            *ret_seq = link.base + unpack_u64(&row);
            return 1;
        }
    } while ((rc = follow(txn, &link, err)) == 1);
    return rc;
}

int journal_append(struct store_txn *txn, const struct journal_event *event, uint64_t *ret_seq,
                   struct err *err)
{
    int rc = journal_find(txn, event->tenant, event->id, ret_seq, err);
    if (rc != 0)
        return rc < 0 ? rc : 0;
    char id[LINKED_ID_SIZE];
    struct link link;
    struct head head;
    struct journal_event linked = *event;
    rc = last_link(txn, event->tenant, &link, err);
    if (rc == 0)
        rc = read_head(txn, link.tenant, &head, err);
    if (rc < 0)
        return rc;
    linked.tenant = link.tenant;
    linked.id = linked_id(&link, event->tenant, event->id, id);
    rc = write_record(txn, &linked, link.base ? event->tenant : NULL, &head, err);
    if (rc == 0)
        *ret_seq = link.base + head.seq;
    return rc;
}

int journal_note(struct store_txn *txn, const struct journal_event *event, struct err *err)
{
    uint64_t seq;
    if (!event->facts)
        return err_set(err, ERR_MEMORY, "journal: no memory for '%s'", event->name);
    int rc = journal_append(txn, event, &seq, err);
    json_decref(event->facts);
    return rc;
}

int journal_next(struct store_txn *txn, const char *tenant, uint64_t *ret_seq, struct err *err)
{
    struct link link;
    struct head head;
    int rc = last_link(txn, tenant, &link, err);
    if (rc == 0)
        rc = read_head(txn, link.tenant, &head, err);
    *ret_seq = rc < 0 ? 0 : link.base + head.seq + 1;
    return rc < 0 ? rc : 0;
}

int journal_own_end(struct store_txn *txn, const char *tenant, uint64_t *ret_seq, struct err *err)
{
    struct head head;
    int rc = read_head(txn, tenant, &head, err);
    *ret_seq = head.seq;
    return rc < 0 ? rc : 0;
}

int journal_hash(struct store_txn *txn, const char *tenant, uint64_t seq, struct digest *ret_hash,
                 struct err *err)
{
    struct db_key key = record_key(tenant, seq);
    struct bytes value = {0};
    *ret_hash = chain_start(tenant);
    int rc = seq == 0 ? 1 : store_get(txn, CAT_JOURNAL, &key, &value, err);
    if (rc < 0 || seq == 0)
        return rc < 0 ? rc : 0;
    if (rc == 0 || value.len < DIGEST_BYTES)
        return err_set(err, rc == 0 ? ERR_NOT_FOUND : ERR_INTEGRITY,
                       "journal of tenant %s: record %llu is %s", tenant, (unsigned long long)seq,
                       rc == 0 ? "missing" : "damaged");
    memcpy(ret_hash->at, value.at, DIGEST_BYTES);
    return 0;
}

int journal_record(struct store_txn *txn, const char *tenant, uint64_t seq, struct bytes *ret_text,
                   struct err *err)
{
    struct link link = own_link(tenant);
    struct bytes value = {0};
    int rc = 1;
    while (rc == 1 && link.base < seq / JOURNAL_HOP * JOURNAL_HOP)
        rc = follow(txn, &link, err);
    struct db_key key = record_key(link.tenant, seq % JOURNAL_HOP);
    rc = rc == 1 ? store_get(txn, CAT_JOURNAL, &key, &value, err) : rc;
    if (rc <= 0)
        return rc;
    if (value.len < DIGEST_BYTES)
        return err_set(err, ERR_INTEGRITY, "journal of tenant %s: record %llu is damaged", tenant,
                       (unsigned long long)seq);
    *ret_text = bytes_of(value.at + DIGEST_BYTES, value.len - DIGEST_BYTES);
    return 1;
}

/* Checks one entry against the chain so far; advances it. */
static const char *check_entry(const struct store_entry *entry, struct db_key want,
                               struct digest *hash)
{
    if (!bytes_equal(entry->key, key_view(&want)))
        return "a record is missing";
    struct unpacker row = {.left = entry->value};
    struct digest stored = unpack_digest(&row);
    if (row.bad || journal_chain(hash, row.left, hash) < 0 || !digest_equal(hash, &stored))
        return "hash and record do not match";
    return NULL;
}

static void compare_with_head(const struct head *head, const struct digest *hash,
                              struct journal_check *check)
{
    if (check->broken_at || (head->seq == check->records && digest_equal(&head->hash, hash)))
        return;
    check->broken_at = check->records + 1;
    check->why = "the chain does not end at its head";
}

int journal_verify(struct store_txn *txn, const char *tenant, const struct journal_visitor *visitor,
                   struct journal_check *ret_check, struct err *err)
{
    struct head head;
    SCOPED(store_walk_end) struct store_cursor cursor = {0};
    struct db_key prefix = catalogue_tenant_key(tenant);
    int rc = read_head(txn, tenant, &head, err);
    if (rc >= 0)
        rc = store_walk(txn, CAT_JOURNAL, &prefix, &cursor, err);
    if (rc < 0)
        return rc;
    struct journal_check check = {0};
    struct digest hash = chain_start(tenant);
    struct store_entry entry;
    while ((rc = store_next(&cursor, &entry, err)) == 1 && key_has_prefix(entry.key, &prefix)) {
        check.why = check_entry(&entry, record_key(tenant, check.records + 1), &hash);
        if (check.why) {
            check.broken_at = check.records + 1;
            break;
        }
        check.records++;
        if (visitor->each)
            rc = visitor->each(
                visitor->to, check.records,
                bytes_of(entry.value.at + DIGEST_BYTES, entry.value.len - DIGEST_BYTES));
        if (rc < 0)
            return rc;
    }
    compare_with_head(&head, &hash, &check);
    *ret_check = check;
    return rc < 0 ? rc : 0;
}

int journal_next_tenant(struct store_txn *txn, char tenant[TENANT_TEXT_SIZE], struct err *err)
{
    static const int places[] = {CAT_HEADS, CAT_JOURNAL};
    char best[TENANT_TEXT_SIZE] = "";
    struct db_key after = {.len = 0};
    if (tenant[0])
        key_u8(key_text(&after, tenant), 0xff);
    for (int i = 0; i < 2; i++) {
        struct store_entry entry;
        char found[TENANT_TEXT_SIZE] = "";
        int rc = store_seek(txn, places[i], &after, &entry, err);
        if (rc < 0)
            return rc;
        if (rc == 0 || entry.key.len < TENANT_TEXT_SIZE - 1)
            continue;
        memcpy(found, entry.key.at, TENANT_TEXT_SIZE - 1);
        if (!best[0] || strcmp(found, best) < 0)
            memcpy(best, found, sizeof best);
    }
    if (!best[0])
        return 0;
    memcpy(tenant, best, sizeof best);
    return 1;
}

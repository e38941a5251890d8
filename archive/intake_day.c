/*
 * The environment of one intake day: see intake_day.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/intake_day.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"

void intake_day_path(const char *data_dir, struct day day, char *ret_path, size_t size)
{
    char text[DAY_TEXT_SIZE];
    snprintf(ret_path, size, "%s/intake/%s", data_dir, day_format(day, text));
}

int intake_day_open(const struct intake_place *place, struct intake_day **ret_day, struct err *err)
{
    static const char *const names[IN_DATABASES] = {
        [IN_PAGES] = "pages",         [IN_IMAGES] = "images",   [IN_CAPTURES] = "captures",
        [IN_RECORDS] = "records",     [IN_EVENTS] = "events",   [IN_QUEUE] = "queue",
        [IN_LEASED] = "leased",       [IN_TO_CODE] = "to_code", [IN_QUARANTINE] = "quarantine",
        [IN_UNDECIDED] = "undecided", [IN_UNREAD] = "unread",   [IN_STARTS] = "starts",
        [IN_BATCHES] = "batches",
    };
    char path[PATH_MAX];
    intake_day_path(place->data_dir, place->day, path, sizeof path);
    struct intake_day *day = calloc(1, sizeof *day);
    if (!day)
        return err_set(err, ERR_MEMORY, "%s: no memory", path);
    day->day = place->day;
    const struct store_spec spec = {path, names, IN_DATABASES, place->map_bytes, place->mode};
    int rc = store_open(&spec, &day->store, err);
    if (rc < 0) {
        intake_day_free(&day);
        return rc;
    }
    *ret_day = day;
    return 0;
}

void intake_day_free(struct intake_day **day)
{
    if (!day || !*day)
        return;
    store_free(&(*day)->store);
    for (int i = 0; i < (*day)->key_count; i++)
        seal_key_free(&(*day)->keys[i].key);
    free(*day);
    *day = NULL;
}

int intake_day_key(struct intake_day *day, struct keys *keys, const char *tenant,
                   const struct seal_key **ret_key, struct err *err)
{
    for (int i = 0; i < day->key_count; i++)
        if (strcmp(day->keys[i].tenant, tenant) == 0) {
            *ret_key = day->keys[i].key;
            return 0;
        }
    if (day->key_count == TENANTS_MAX)
        return err_set(err, ERR_LIMIT, "%s: keys of %d tenants, at most %d", store_path(day->store),
                       TENANTS_MAX, TENANTS_MAX);
    struct seal_key *key;
    int rc = keys_open_intake(keys, day->day, tenant, &key, err);
    if (rc < 0)
        return rc;
    snprintf(day->keys[day->key_count].tenant, TENANT_TEXT_SIZE, "%s", tenant);
    day->keys[day->key_count++].key = key;
    *ret_key = key;
    return 0;
}

static int db_of(enum intake_part part)
{
    return part == INTAKE_IMAGE ? IN_IMAGES : part == INTAKE_CAPTURE ? IN_CAPTURES : IN_RECORDS;
}

static struct db_key label_of(const struct intake_value *where)
{
    struct db_key label = {.len = 0};
    key_u8(key_text(&label, "intake "), (uint8_t)where->part);
    key_u32(key_u32(&label, where->id.batch), where->id.page);
    return label;
}

int intake_value_put(struct store_txn *txn, const struct intake_value *where, struct bytes plain,
                     struct err *err)
{
    SCOPED(buf_free) struct buf sealed = {0};
    struct db_key key = key_of_page(where->id), label = label_of(where);
    if (seal_close(where->key, key_view(&label), plain, &sealed) < 0)
        return err_set(err, ERR_MEMORY, "page %u-%u: no memory for %zu bytes", where->id.batch,
                       where->id.page, plain.len);
    return store_put(txn, db_of(where->part), &key, buf_view(&sealed), err);
}

int intake_value_get(struct store_txn *txn, const struct intake_value *where, struct buf *ret_plain,
                     struct err *err)
{
    struct db_key key = key_of_page(where->id), label = label_of(where);
    struct bytes sealed = {0};
    int rc = store_get(txn, db_of(where->part), &key, &sealed, err);
    if (rc <= 0)
        return rc;
    rc = seal_open(where->key, key_view(&label), sealed, ret_plain);
    if (rc < 0)
        return err_set(err, rc, "page %u-%u in intake: its sealed %s does not open",
                       where->id.batch, where->id.page,
                       where->part == INTAKE_IMAGE ? "image" : "record");
    return 1;
}

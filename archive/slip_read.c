/*
 * Slips as readers see them: see slip.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <jansson.h>
#include <stdio.h>

#include "archive/journal.h"
#include "archive/slip_store.h"
#include "base/scope.h"

int slip_show(struct archive *archive, uint32_t slip, struct slip_row *ret_row, struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    int rc = store_begin_read(archive->catalogue, &txn, err);
    return rc < 0 ? rc : slip_read(&txn, slip, ret_row, err);
}

int slip_line(struct archive *archive, uint32_t slip, uint32_t line, struct slip_line_row *ret_row,
              struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    int rc = store_begin_read(archive->catalogue, &txn, err);
    return rc < 0 ? rc : slip_read_line(&txn, (struct slip_place){slip, line}, ret_row, err);
}

int slip_destroyed_by(struct archive *archive, uint32_t slip, const char *tenant,
                      char ret_actor[ACTOR_TEXT_SIZE], struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    char event[EVENT_ID_SIZE];
    const char *actor = NULL;
    uint64_t seq;
    struct bytes text = {0};
    snprintf(event, sizeof event, "slip %u-0 slip_destroyed", slip);
    int rc = store_begin_read(archive->catalogue, &txn, err);
    if (rc == 0)
        rc = journal_find(&txn, tenant, event, &seq, err);
    if (rc == 1)
        rc = journal_record(&txn, tenant, seq, &text, err);
    json_t *record = rc == 1 ? json_loadb((const char *)text.at, text.len, 0, NULL) : NULL;
    if (record)
        actor = json_string_value(json_object_get(record, "actor"));
    snprintf(ret_actor, ACTOR_TEXT_SIZE, "%s", actor ? actor : "");
    json_decref(record);
    return rc < 0 ? rc : 0;
}

int slip_last(struct archive *archive, uint32_t *ret_slip, struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    uint64_t last = 0;
    int rc = store_begin_read(archive->catalogue, &txn, err);
    if (rc == 0)
        rc = catalogue_number(&txn, "last_slip", &last, err);
    *ret_slip = (uint32_t)last;
    return rc;
}

int slip_boxes(struct archive *archive, struct slip_place place,
               int (*each)(void *to, uint32_t box, const struct box_row *row), void *to,
               struct err *err)
{
    SCOPED(store_abort) struct store_txn txn = {0};
    uint32_t box = 0;
    struct box_row row;
    int rc = store_begin_read(archive->catalogue, &txn, err);
    while (rc >= 0 && (rc = slip_next_box(&txn, place, box + 1, &box, err)) == 1) {
        rc = catalogue_box(&txn, box, &row, err);
        if (rc == 1)
            rc = each(to, box, &row);
        if (rc != 0)
            return rc;
    }
    return rc;
}

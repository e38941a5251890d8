/*
 * Slips as readers see them: see slip.h.
 * SPDX-License-Identifier: Apache-2.0
 */
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

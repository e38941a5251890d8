/*
 * A hand-over, made and acknowledged, and a receipt: the partners' part of the story.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <jansson.h>

#include "archive/batch_receipt.h"
#include "archive/handover.h"
#include "tests/crash/archive_story.h"

enum { DOCUMENTS_MAX = 64 };

static int vouch(struct archive *archive, struct err *err)
{
    struct batch_receipt receipt = {.uuid = "00112233445566778899aabbccddeeff",
                                    .tenant = "061",
                                    .received = "2026-11-20",
                                    .files = 1,
                                    .refused = 1};
    struct signed_statement by;
    json_t *reasons = json_pack("{s:i}", "format", 1);
    int rc = batch_receipt_sign(archive, &receipt, reasons, &by, err);
    json_decref(reasons);
    return rc;
}

int story_hand_over(struct archive *archive, struct err *err)
{
    struct handover_row rows[DOCUMENTS_MAX];
    struct handover handover = {.tenant = "061"};
    struct signed_statement by;
    int rc = vouch(archive, err);
    if (rc == 0)
        rc = handover_next(archive, &handover, err);
    if (rc == 0)
        rc = handover_documents(archive, &handover, rows, DOCUMENTS_MAX, err);
    if (rc >= 0)
        rc = handover_sign(archive, &handover, &by, err);
    return rc < 0 ? rc : handover_give(archive, &by, "a partner's key", err);
}

/*
 * A hand-over, made and acknowledged: its part of the story.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "archive/handover.h"
#include "tests/crash/archive_story.h"

enum { DOCUMENTS_MAX = 64 };

int story_hand_over(struct archive *archive, struct err *err)
{
    struct handover_row rows[DOCUMENTS_MAX];
    struct handover handover = {.tenant = "061"};
    struct signed_statement by;
    int rc = handover_next(archive, &handover, err);
    if (rc == 0)
        rc = handover_documents(archive, &handover, rows, DOCUMENTS_MAX, err);
    if (rc >= 0)
        rc = handover_sign(archive, &handover, &by, err);
    return rc < 0 ? rc : handover_give(archive, &by, "a partner's key", err);
}

/*
 * Labels read back: see batch.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bench/working_day/batch.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/scope.h"
#include "bench/mail/chance.h"

enum { LABELS_LIMIT_BYTES = 256 << 20 };

static bool is_written(const struct batch_side *side)
{
    return strcmp(side->type, "blank") != 0 && strcmp(side->type, "separator") != 0;
}

static void count_side(struct batch *batch, const struct batch_side *side)
{
    batch->written += is_written(side);
    batch->blank += !strcmp(side->type, "blank");
    batch->separators += !strcmp(side->type, "separator");
    batch->sheets += strstr(side->path, ".a.") != NULL;
    unsigned envelope = (unsigned)strtoul(side->path, NULL, 10);
    if (envelope > batch->envelopes)
        batch->envelopes = envelope; /* numbers run from 1 without gaps */
}

static int take_rows(char *rows, struct batch *batch, struct err *err)
{
    unsigned lines = 0;
    for (const char *p = rows; *p; p++)
        lines += *p == '\n';
    batch->sides = calloc(lines + 1, sizeof *batch->sides);
    if (!batch->sides)
        return err_set(err, ERR_MEMORY, "no memory for %u labels", lines);
    strsep(&rows, "\n"); /* the names of the columns */
    for (char *row = strsep(&rows, "\n"); row && *row; row = strsep(&rows, "\n")) {
        struct batch_side *side = &batch->sides[batch->side_count++];
        const char *path = strsep(&row, "\t"), *type = strsep(&row, "\t");
        snprintf(side->path, sizeof side->path, "%s", path);
        snprintf(side->type, sizeof side->type, "%s", type ? type : "");
        count_side(batch, side);
    }
    return 0;
}

int batch_read(const char *folder, struct batch *ret_batch, struct err *err)
{
    char path[PATH_MAX];
    SCOPED(buf_free) struct buf labels = {0};
    *ret_batch = (struct batch){0};
    snprintf(path, sizeof path, "%s/labels.tsv", folder);
    int rc = file_read(path, LABELS_LIMIT_BYTES, &labels, err);
    if (rc == 0 && buf_append(&labels, bytes_of("", 1)) < 0)
        rc = err_set(err, ERR_MEMORY, "no memory for labels");
    if (rc == 0)
        rc = take_rows((char *)labels.at, ret_batch, err);
    if (rc == 0 && ret_batch->written == 0)
        rc = err_set(err, ERR_FORMAT, "%s: no written page in it", path);
    return rc;
}

void batch_free(struct batch *batch)
{
    free(batch->sides);
    *batch = (struct batch){0};
}

unsigned batch_sample(const struct batch *batch, bool written, unsigned seed, unsigned count,
                      const struct batch_side *ret_sides[])
{
    struct chance chance = chance_of(seed, written);
    unsigned wanted = written ? batch->written : batch->blank, taken = 0;
    /* Selection sampling: each side is taken with the chance that is left. */
    for (unsigned i = 0; i < batch->side_count && taken < count && wanted > 0; i++) {
        const struct batch_side *side = &batch->sides[i];
        if (written ? !is_written(side) : strcmp(side->type, "blank") != 0)
            continue;
        if (chance_below(&chance, wanted) < count - taken)
            ret_sides[taken++] = side;
        wanted--;
    }
    return taken;
}

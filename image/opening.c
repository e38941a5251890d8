/*
 * Opening: see opening.h. Runs of n pixels are those of n / 2 that another run of n / 2 follows
 * (van Herk's idea for boxes, with whole rows at a time); growing goes the same way back.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "image/opening.h"

#include <leptonica/allheaders.h>
#include <stdbool.h>

#include "base/scope.h"
#include "image/decode.h"

/* The page that is being opened, and one to hold it beside its shifted self. */
struct work {
    struct Pix *page, *spare;
    int width, height;
};

static void keep_copy(struct work *work)
{
    pixRasterop(work->spare, 0, 0, work->width, work->height, PIX_SRC, work->page, 0, 0);
}

/* What has its like `by` pixels further on stays. */
static void keep_followed(struct work *work, int by, bool across)
{
    int dx = across ? by : 0, dy = across ? 0 : by;
    int width = work->width - dx, height = work->height - dy;

    keep_copy(work);
    pixRasterop(work->page, 0, 0, width, height, PIX_SRC & PIX_DST, work->spare, dx, dy);
    pixRasterop(work->page, across ? width : 0, across ? 0 : height, across ? by : work->width,
                across ? work->height : by, PIX_CLR, NULL, 0, 0);
}

static void add_follower(struct work *work, int by, bool across)
{
    int dx = across ? by : 0, dy = across ? 0 : by;

    keep_copy(work);
    pixRasterop(work->page, dx, dy, work->width - dx, work->height - dy, PIX_SRC | PIX_DST,
                work->spare, 0, 0);
}

static void step_through(struct work *work, int length, bool across,
                         void (*step)(struct work *work, int by, bool across))
{
    for (int done = 1, by; done < length; done += by) {
        by = done < length - done ? done : length - done;
        step(work, by, across);
    }
}

int image_open(const struct Pix *page, int width, int height, struct Pix **ret_opened,
               struct err *err)
{
    struct Pix *from = (struct Pix *)page; /* Leptonica's getters take no const */
    SCOPED(image_free) struct Pix *opened = pixCopy(NULL, from);
    SCOPED(image_free) struct Pix *spare = pixCreateTemplate(from);
    struct work work = {opened, spare, pixGetWidth(from), pixGetHeight(from)};

    if (!opened || !spare)
        return err_set(err, ERR_MEMORY, "no memory to open a page");
    if (width > work.width || height > work.height) {
        pixClearAll(opened);
    } else {
        step_through(&work, width, true, keep_followed);
        step_through(&work, height, false, keep_followed);
        step_through(&work, height, false, add_follower);
        step_through(&work, width, true, add_follower);
    }
    *ret_opened = opened;
    opened = NULL;
    return 0;
}

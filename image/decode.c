/*
 * Decoding: checks the header, lets the reader of the format fill the page, then gives it the
 * resolution and the orientation that the header tells.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "image/decode.h"

#include <assert.h>
#include <leptonica/allheaders.h>
#include <math.h>

#include "base/scope.h"
#include "image/header.h"
#include "image/jpeg_read.h"
#include "image/page.h"
#include "image/png_read.h"
#include "image/tiff_read.h"

typedef int decoder(struct bytes file, const struct image_decode_params *params,
                    struct Pix **ret_page, struct err *err);

static decoder *const decoders[] = {
    [IMAGE_TIFF] = tiff_decode, [IMAGE_JPEG] = jpeg_decode, [IMAGE_PNG] = png_decode};

/* What each orientation number asks for (TIFF 6.0, tag 274): clockwise quarter turns, then a
 * left-right mirror. */
static const struct {
    int turns;
    bool mirrored;
} orientations[9] = {
    [1] = {0, false}, [2] = {0, true},  [3] = {2, false}, [4] = {2, true},
    [5] = {1, true},  [6] = {1, false}, [7] = {3, true},  [8] = {3, false},
};

static int orient(unsigned orientation, struct Pix **page, struct err *err)
{
    struct Pix *turned = NULL;

    if (orientations[orientation].turns == 2)
        pixRotate180(*page, *page);
    if (orientations[orientation].turns % 2 == 1) {
        int direction = orientations[orientation].turns == 1 ? 1 : -1;
        int rc = page_made(pixRotate90(*page, direction), "turn the page", &turned, err);

        if (rc < 0)
            return rc;
        image_free(page);
        *page = turned;
    }
    if (orientations[orientation].mirrored)
        pixFlipLR(*page, *page);
    return 0;
}

/* Resolution of the page as decoded: reduced, and with the axes as they lie now. */
static void set_resolution(const struct image_header *header, unsigned reduce, struct Pix *page)
{
    int x = (int)lround(header->x_dpi / reduce);
    int y = (int)lround(header->y_dpi / reduce);
    bool quarter = header->orientation >= 5;

    pixSetResolution(page, quarter ? y : x, quarter ? x : y);
}

int image_decode(struct bytes file, const struct image_decode_params *params, struct Pix **ret_page,
                 struct err *err)
{
    SCOPED(image_free) struct Pix *page = NULL;
    struct image_header header;
    int rc = image_header_read(file, params->page, &header, err);

    assert(params->reduce == 1 || params->reduce == 2 || params->reduce == 4 ||
           params->reduce == 8);
    *ret_page = NULL;
    if (rc == 0)
        rc = decoders[header.format](file, params, &page, err);
    if (rc == 0)
        rc = orient(header.orientation, &page, err);
    if (rc < 0)
        return rc;
    set_resolution(&header, params->reduce, page);
    *ret_page = page;
    page = NULL;
    return 0;
}

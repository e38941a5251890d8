/*
 * EXIF geometry: see exif.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "image/exif.h"

#include <string.h>

#include "image/bounds.h"
#include "image/tiff_directory.h"

enum {
    TAG_ORIENTATION = 0x0112,
    TAG_X_RESOLUTION = 0x011a,
    TAG_Y_RESOLUTION = 0x011b,
    TAG_RESOLUTION_UNIT = 0x0128,
    UNIT_CENTIMETRE = 3
};

static const char signature[] = "Exif\0"; /* with the string's own NUL: six bytes */

static double number(const struct tiff_view *view, const struct tiff_directory *directory,
                     uint16_t tag, double otherwise)
{
    struct tiff_entry entry;

    return tiff_entry_find(view, directory, tag, &entry) ? tiff_entry_number(view, &entry, 0)
                                                         : otherwise;
}

struct exif exif_read(struct bytes segment)
{
    struct exif exif = {.orientation = 1};
    struct tiff_directory directory;
    struct tiff_view view;
    double orientation, inch = 1;
    unsigned pages;

    if (segment.len < sizeof signature || memcmp(segment.at, signature, sizeof signature) != 0)
        return exif;
    segment = bytes_of(segment.at + sizeof signature, segment.len - sizeof signature);
    if (tiff_view_open(segment, &view, NULL) < 0 ||
        tiff_directory_find(&view, 1, &directory, &pages, NULL) < 0)
        return exif;
    orientation = number(&view, &directory, TAG_ORIENTATION, 1);
    if (orientation >= 1 && orientation <= 8)
        exif.orientation = (unsigned)orientation;
    if (number(&view, &directory, TAG_RESOLUTION_UNIT, 2) == UNIT_CENTIMETRE)
        inch = 2.54;
    exif.x_dpi = image_sane_dpi(inch * number(&view, &directory, TAG_X_RESOLUTION, 0));
    exif.y_dpi = image_sane_dpi(inch * number(&view, &directory, TAG_Y_RESOLUTION, 0));
    return exif;
}

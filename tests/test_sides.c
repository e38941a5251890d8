/*
 * Front and back of one sheet are of one size.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <leptonica/allheaders.h>

#include "scanner/sides.h"
#include "tests/check.h"

static struct side_size size_at(const int pixels[2], double dpi)
{
    struct Pix *page = pixCreate(pixels[0], pixels[1], 1);
    struct side_size size = side_size_of(page, dpi, dpi);

    pixDestroy(&page);
    return size;
}

static void sides_of_two_sheets_do_not_match(void **state)
{
    static const struct {
        const char *what;
        int front[2];
        double front_dpi;
        int back[2];
        double back_dpi;
        bool match;
    } rows[] = {
        {"A4 twice", {2480, 3508}, 300, {2480, 3508}, 300, true},
        {"a skewed sheet, cropped", {2480, 3508}, 300, {2530, 3560}, 300, true},
        {"the same at another resolution", {2480, 3508}, 300, {1654, 2339}, 200, true},
        {"A4 and A5", {2480, 3508}, 300, {1748, 2480}, 300, false},
        {"a cheque under a letter", {2480, 3508}, 300, {2480, 945}, 300, false},
        {"as high, not as wide", {2480, 3508}, 300, {2380, 3508}, 300, false},
        {"no resolution", {2480, 3508}, 0, {1748, 2480}, 300, true},
        {"none at the back", {2480, 3508}, 300, {1748, 2480}, 0, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct side_size front = size_at(rows[i].front, rows[i].front_dpi);
        struct side_size back = size_at(rows[i].back, rows[i].back_dpi);

        if (sides_match(front, back) != rows[i].match)
            fail_msg("%s: got %d, want %d", rows[i].what, !rows[i].match, rows[i].match);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sides_of_two_sheets_do_not_match),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * The corpus of conforming, odd and hostile images: each decodes, or is refused with a reason.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <ftw.h>
#include <leptonica/allheaders.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scope.h"
#include "image/decode.h"
#include "image/header.h"
#include "tests/check.h"

enum { OPEN_FOLDERS = 8 };

static const char *corpus_folder;
static unsigned seen, read_well;

static void check_page(struct bytes file, const char *path)
{
    struct image_decode_params params = {.page = 1, .reduce = seen % 2 ? 1 : 4};
    SCOPED(image_free) struct Pix *page = NULL;
    struct err err = {0};
    int rc = image_decode(file, &params, &page, &err);

    if (rc >= 0) {
        read_well++;
        assert_non_null(page);
        return;
    }
    assert_null(page);
    if (err.text[0] == '\0' || err.code != rc)
        fail_msg("%s: got '%s' (%s), want a reason", path, err.text, err_name(rc));
    if (rc != ERR_FORMAT && rc != ERR_UNSUPPORTED && rc != ERR_LIMIT && rc != ERR_NOT_FOUND)
        fail_msg("%s: got %s (%s), want a refusal of the file", path, err_name(rc), err.text);
}

static int visit(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    SCOPED(buf_free) struct buf file = {0};
    struct err err = {0};

    (void)status;
    (void)place;
    if (kind != FTW_F)
        return 0;
    check_ok(file_read(path, IMAGE_FILE_LIMIT_BYTES, &file, &err), &err);
    seen++;
    check_page(buf_view(&file), path);
    return 0;
}

static void every_file_decodes_or_says_why_not(void **state)
{
    (void)state;
    assert_int_equal(nftw(corpus_folder, visit, OPEN_FOLDERS, FTW_PHYS), 0);
    print_message("%u files, %u decoded\n", seen, read_well);
    assert_in_range(read_well, seen / 6, seen / 2); /* most are damaged on purpose */
}

static void what_conforms_decodes(void **state)
{
    static const char *const names[] = {
        "OpenImageIO-libtiffpic/libtiffpic__fax2d.tif",
        "OpenImageIO-libtiffpic/libtiffpic__jello.tif",
        "OpenImageIO-libtiffpic/libtiffpic__depth__flower-minisblack-02.tif",
        "OpenImageIO-libtiffpic/libtiffpic__depth__flower-palette-04.tif",
        "OpenImageIO-libtiffpic/libtiffpic__depth__flower-rgb-contig-16.tif",
    };

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct image_decode_params params = IMAGE_DECODE_DEFAULT;
        SCOPED(image_free) struct Pix *page = NULL;
        SCOPED(scope_free) char *path = NULL;
        SCOPED(buf_free) struct buf file = {0};
        struct err err = {0};

        assert_true(asprintf(&path, "%s/%s", corpus_folder, names[i]) > 0);
        check_ok(file_read(path, IMAGE_FILE_LIMIT_BYTES, &file, &err), &err);
        check_ok(image_decode(buf_view(&file), &params, &page, &err), &err);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_file_decodes_or_says_why_not),
        cmocka_unit_test(what_conforms_decodes),
    };
    const char *corpus = getenv("TRIPLI_CORPUS");
    static char folder[4096];

    snprintf(folder, sizeof folder, "%s/tiff", corpus ? corpus : "../shared/corpus");
    corpus_folder = folder;
    if (access(folder, R_OK) != 0) {
        printf("skipped: no corpus of images in TRIPLI_CORPUS/tiff\n");
        return EXIT_SKIPPED;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}

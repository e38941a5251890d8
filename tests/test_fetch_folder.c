/*
 * A partner's folder of a hand-over: what came stays, what is damaged is fetched again, nothing is
 * written outside, and a folder that is there is never changed.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "workers/fetch_folder.h"

#include <string.h>
#include <unistd.h>

#include "archive/batch_receipt.h"
#include "base/file.h"
#include "base/scope.h"
#include "base/seal.h"
#include "partners/spool.h"
#include "tests/archive_room.h"
#include "tests/check.h"

enum { LONG_BYTES = 2 * SPOOL_CHUNK_BYTES + 5000, SHORT_BYTES = 1000, LINE_SIZE = 300 };

static struct room room;
static char to[ROOM_PATH_SIZE + 16];
static struct digest key;
static uint8_t bytes[LONG_BYTES];

static void put_line(struct buf *lines, unsigned file, const char *name, size_t len)
{
    char line[LINE_SIZE], hex[DIGEST_HEX_SIZE];
    struct digest digest = digest_of(bytes_of(bytes, len));
    int size = snprintf(
        line, sizeof line,
        "{\"file\":%u,\"name\":\"%s\",\"bytes\":%zu,\"digest\":\"%s\",\"document\":\"\"}\n", file,
        name, len, digest_hex(&digest, hex));
    assert_int_equal(buf_append(lines, bytes_of(line, (size_t)size)), 0);
}

/* A signed manifest over these lines; `documents` makes manifests of one number differ. */
static void sign(struct buf *lines, uint32_t files, uint32_t documents, struct buf *ret_manifest)
{
    struct err err = {0};
    struct handover handover = {.tenant = "061"};
    struct signed_statement by;
    check_ok(handover_next(room.archive, &handover, &err), &err);
    handover.files = files;
    handover.documents = documents;
    handover.lines = digest_of(buf_view(lines));
    check_ok(handover_sign(room.archive, &handover, &by, &err), &err);
    check_ok(batch_receipt_write(&by, buf_view(lines), ret_manifest, &err), &err);
}

/* Of two files, a long and a short one. */
static void make_manifest(uint32_t documents, struct buf *ret_manifest)
{
    SCOPED(buf_free) struct buf lines = {0};
    put_line(&lines, 1, "1-1.jpg", LONG_BYTES);
    put_line(&lines, 2, "1-2.tif", SHORT_BYTES);
    sign(&lines, 2, documents, ret_manifest);
}

static void opened(const struct buf *manifest, struct fetch_folder *ret_folder)
{
    struct err err = {0};
    check_ok(fetch_folder_open(to, buf_view(manifest), &key, ret_folder, &err), &err);
}

static int take(struct fetch_folder *folder, uint32_t index, uint32_t at, struct err *err)
{
    uint32_t left = folder->files[index].bytes - at;
    const struct fetch_piece piece = {
        index, at, bytes_of(bytes + at, left < SPOOL_CHUNK_BYTES ? left : SPOOL_CHUNK_BYTES)};
    return fetch_folder_take(folder, &piece, err);
}

/* Everything that is wanted. */
static void take_all(struct fetch_folder *folder)
{
    struct err err = {0};
    for (uint32_t i = 0; i < folder->count; i++)
        for (uint32_t at = folder->files[i].at; at < folder->files[i].bytes;
             at += SPOOL_CHUNK_BYTES)
            check_ok(take(folder, i, at, &err), &err);
    check_ok(fetch_folder_finish(folder, to, &err), &err);
}

static void part_path(const struct fetch_folder *folder, const char *name,
                      char ret_path[PLACE_SIZE])
{
    snprintf(ret_path, PLACE_SIZE, "%s/%s", folder->part, name);
}

static int setup(void **state)
{
    (void)state;
    struct err err = {0};
    room_open(&room);
    room_file_letters(&room, 1, 1);
    snprintf(to, sizeof to, "%s/to", room.root);
    check_ok(file_make_folders(to, 0700, &err), &err);
    check_ok(day_seal_own_key(room.archive, &key, &err), &err);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    room_remove(&room);
    return 0;
}

static void a_fetch_that_was_broken_off_goes_on_at_the_last_whole_piece(void **state)
{
    (void)state;
    struct err err = {0};
    char path[PLACE_SIZE];
    struct fetch_folder folder;
    SCOPED(buf_free) struct buf manifest = {0}, part = {0};
    make_manifest(1, &manifest);
    opened(&manifest, &folder);
    assert_int_equal(folder.left, LONG_BYTES + SHORT_BYTES);
    check_ok(take(&folder, 0, 0, &err), &err);
    part_path(&folder, "1-1.jpg.part", path);
    check_ok(file_read(path, LONG_BYTES, &part, &err), &err);
    assert_int_equal(buf_append(&part, bytes_of("half a piece", 12)), 0);
    check_ok(file_write(path, 0600, buf_view(&part), &err), &err);
    fetch_folder_clear(&folder);

    opened(&manifest, &folder);
    assert_int_equal(folder.files[0].at, SPOOL_CHUNK_BYTES);
    assert_int_equal(folder.files[1].at, 0);
    assert_int_equal(access(folder.path, F_OK), -1); /* not before all of it is there */
    take_all(&folder);
    assert_int_equal(access(folder.path, F_OK), 0);
    assert_int_equal(access(folder.part, F_OK), -1);
    fetch_folder_clear(&folder);

    opened(&manifest, &folder);
    assert_true(folder.is_there);
    fetch_folder_clear(&folder);
}

static void a_file_with_other_bytes_is_removed_and_wanted_again(void **state)
{
    (void)state;
    struct err err = {0};
    char path[PLACE_SIZE];
    struct fetch_folder folder;
    SCOPED(buf_free) struct buf manifest = {0};
    make_manifest(1, &manifest);
    opened(&manifest, &folder);
    const struct fetch_piece wrong = {1, 0, bytes_of(bytes + 7, SHORT_BYTES)};
    check_refused(fetch_folder_take(&folder, &wrong, &err), ERR_INTEGRITY, &err);
    part_path(&folder, "1-2.tif.part", path);
    assert_int_equal(access(path, F_OK), -1);
    part_path(&folder, "1-2.tif", path);
    assert_int_equal(access(path, F_OK), -1);
    check_ok(file_write(path, 0600, wrong.plain, &err), &err); /* what a power cut may leave */
    fetch_folder_clear(&folder);
    opened(&manifest, &folder);
    assert_int_equal(folder.files[1].at, 0);
    take_all(&folder);
    fetch_folder_clear(&folder);
}

static void another_one_of_that_number_gets_a_folder_of_its_own(void **state)
{
    (void)state;
    struct fetch_folder folder;
    char first[sizeof folder.path];
    SCOPED(buf_free) struct buf one = {0}, two = {0};
    make_manifest(1, &one);
    make_manifest(2, &two);
    opened(&one, &folder);
    take_all(&folder);
    memcpy(first, folder.path, sizeof first);
    fetch_folder_clear(&folder);
    opened(&two, &folder);
    assert_false(folder.is_there);
    assert_int_equal(strncmp(folder.path, first, strlen(first)), 0);
    assert_string_equal(folder.path + strlen(first), "-2");
    take_all(&folder);
    fetch_folder_clear(&folder);
    opened(&one, &folder);
    assert_true(folder.is_there);
    assert_string_equal(folder.path, first);
    fetch_folder_clear(&folder);
}

static void what_was_begun_of_another_manifest_is_not_mixed_in(void **state)
{
    (void)state;
    struct err err = {0};
    struct fetch_folder folder;
    SCOPED(buf_free) struct buf one = {0}, two = {0};
    make_manifest(1, &one);
    make_manifest(2, &two);
    opened(&one, &folder);
    check_ok(take(&folder, 1, 0, &err), &err);
    fetch_folder_clear(&folder);
    opened(&two, &folder);
    assert_int_equal(folder.left, LONG_BYTES + SHORT_BYTES);
    fetch_folder_clear(&folder);
}

static void names_that_leave_the_folder_are_refused(void **state)
{
    (void)state;
    static const char *const names[] = {"../1-1.jpg",
                                        "/etc/passwd",
                                        "a/b",
                                        ".1-1",
                                        "",
                                        "manifest",
                                        "1-1.part",
                                        "A.JPG",
                                        "a b",
                                        "a\\\\b",
                                        "1234567890123456789012345678901234567890"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct err err = {0};
        struct fetch_folder folder;
        SCOPED(buf_free) struct buf lines = {0}, manifest = {0};
        put_line(&lines, 1, names[i], SHORT_BYTES);
        sign(&lines, 1, 1, &manifest);
        check_refused(fetch_folder_open(to, buf_view(&manifest), &key, &folder, &err), ERR_FORMAT,
                      &err);
        fetch_folder_clear(&folder);
        assert_int_equal(rmdir(to), 0); /* nothing was written there */
        check_ok(file_make_folders(to, 0700, &err), &err);
    }
}

static void lines_that_are_missing_or_too_many_are_refused(void **state)
{
    (void)state;
    for (uint32_t files = 0; files < 4; files++) {
        struct err err = {0};
        struct fetch_folder folder;
        SCOPED(buf_free) struct buf lines = {0}, manifest = {0};
        put_line(&lines, 1, "1-1.jpg", SHORT_BYTES);
        put_line(&lines, 2, "1-2.jpg", SHORT_BYTES);
        sign(&lines, files, 1, &manifest);
        int rc = fetch_folder_open(to, buf_view(&manifest), &key, &folder, &err);
        assert_int_equal(rc, files == 2 ? 0 : ERR_FORMAT);
        fetch_folder_clear(&folder);
    }
}

static void what_the_platform_did_not_sign_is_refused(void **state)
{
    (void)state;
    struct err err = {0};
    struct fetch_folder folder;
    SCOPED(buf_free) struct buf manifest = {0};
    make_manifest(1, &manifest);
    key.at[3] ^= 1;
    check_refused(fetch_folder_open(to, buf_view(&manifest), &key, &folder, &err), ERR_INTEGRITY,
                  &err);
    fetch_folder_clear(&folder);
    assert_int_equal(rmdir(to), 0);
}

int main(void)
{
    struct err err = {0};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_fetch_that_was_broken_off_goes_on_at_the_last_whole_piece,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_file_with_other_bytes_is_removed_and_wanted_again, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(another_one_of_that_number_gets_a_folder_of_its_own, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_was_begun_of_another_manifest_is_not_mixed_in, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(names_that_leave_the_folder_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(lines_that_are_missing_or_too_many_are_refused, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_the_platform_did_not_sign_is_refused, setup, teardown),
    };
    check_ok(seal_start(&err), &err);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * i >> 7);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

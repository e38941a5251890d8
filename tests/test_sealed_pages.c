/*
 * Pages cut out by the real tripli-cutter, and what its caller does when a program in its place
 * hangs, dribbles, lies or dies: the caller waits no longer than it was told, and refuses the file.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "workers/sealed_pages.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/scope.h"
#include "tests/check.h"
#include "tests/tiff_fixture.h"

enum { WAIT_MS = 400, PATIENCE_MS = 10000, LARGE_BYTES = 17 << 20 };

static const struct tiff_fixture two_pages = {.width = 40,
                                              .height = 30,
                                              .rows_per_strip = 30,
                                              .bits = 8,
                                              .samples = 1,
                                              .photometric = 1,
                                              .compression = 1,
                                              .pages = 2};

static struct cutter *cutter_of(const char *program)
{
    struct err err;
    struct cutter *cutter = NULL;
    check_ok(cutter_new(program, &cutter, &err), &err);
    return cutter;
}

static int cut_by(struct cutter *cutter, struct bytes file, struct sealed_pages *ret_pages,
                  struct err *err)
{
    const struct sealed_file sealed = {file, digest_of(file), PATIENCE_MS};
    return sealed_pages_cut(cutter, &sealed, ret_pages, err);
}

static int cut(const char *program, struct bytes file, struct sealed_pages *ret_pages,
               struct err *err)
{
    SCOPED(cutter_free) struct cutter *cutter = cutter_of(program);
    return cut_by(cutter, file, ret_pages, err);
}

static const char *cutter(void)
{
    static char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/workers/tripli-cutter", getenv("TRIPLI_BUILD"));
    return path;
}

static void each_page_comes_with_the_digest_of_its_file(void **state)
{
    (void)state;
    struct err err;
    char hex[DIGEST_HEX_SIZE];
    SCOPED(buf_free) struct buf file = tiff_fixture(&two_pages);
    SCOPED(sealed_pages_clear) struct sealed_pages pages = {0};
    struct digest digest = digest_of(buf_view(&file));
    check_ok(cut(cutter(), buf_view(&file), &pages, &err), &err);
    assert_int_equal(pages.count, 2);
    for (unsigned i = 0; i < pages.count; i++) {
        json_t *said = json_object_get(pages.at[i].record, "file_digest");
        assert_string_equal(json_string_value(said), digest_hex(&digest, hex));
        assert_true(pages.at[i].image.len > 40 * 30);
    }
}

static void a_broken_file_is_refused_with_its_reason(void **state)
{
    (void)state;
    struct err err;
    SCOPED(sealed_pages_clear) struct sealed_pages pages = {0};
    SCOPED(buf_free) struct buf file = tiff_fixture(&two_pages);
    check_refused(cut(cutter(), bytes_of("hello", 5), &pages, &err), ERR_FORMAT, &err);
    check_refused(cut(cutter(), bytes_of(NULL, 0), &pages, &err), ERR_FORMAT, &err);
    check_refused(cut(cutter(), bytes_of(file.at, file.len / 2), &pages, &err), ERR_FORMAT, &err);
    assert_int_equal(pages.count, 0);
}

/* After each file that is refused a new process begins; the others go through one. */
static void one_process_cuts_file_after_file(void **state)
{
    (void)state;
    SCOPED(buf_free) struct buf file = tiff_fixture(&two_pages);
    SCOPED(buf_free) struct buf large_file = tiff_fixture(&two_pages);
    SCOPED(scope_free) char *zeros = calloc(1, LARGE_BYTES);
    assert_non_null(zeros);
    assert_int_equal(buf_append(&large_file, bytes_of(zeros, LARGE_BYTES)), 0);
    const struct {
        struct bytes file;
        int want;
        unsigned files; /* that its process was handed */
    } rows[] = {{buf_view(&file), 0, 1},
                {buf_view(&file), 0, 2},
                {bytes_of("hello", 5), ERR_FORMAT, 0},
                {buf_view(&file), 0, 1},
                {buf_view(&large_file), 0, 2},
                {buf_view(&file), 0, 1}}; /* the memory of the large one has gone */
    SCOPED(cutter_free) struct cutter *one = cutter_of(cutter());
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct err err = {0};
        SCOPED(sealed_pages_clear) struct sealed_pages pages = {0};
        int rc = cut_by(one, rows[i].file, &pages, &err);
        if (rc != rows[i].want || cutter_files(one) != rows[i].files)
            fail_msg("row %zu: got %d (%s) and %u files, want %d and %u", i, rc, err.text,
                     cutter_files(one), rows[i].want, rows[i].files);
    }
}

static void without_its_program_nothing_is_said_of_the_file(void **state)
{
    (void)state;
    struct err err;
    SCOPED(sealed_pages_clear) struct sealed_pages pages = {0};
    check_refused(cut("/nowhere/tripli-cutter", bytes_of("x", 1), &pages, &err), ERR_UNAVAILABLE,
                  &err);
}

/* What a program that was taken over might do; each is a shell script in the cutter's place. */
static const char *const takeovers[] = {
    "exec sleep 60",
    "exec 3>&-; exec sleep 60",
    "while :; do echo x >&3 || exit 0; sleep 0.01; done",
    "exit 1",
    "kill -9 $$",
    "echo '{\"pages\": []}' >&3",
    "echo '{\"pages\": [{\"bytes\": 5, \"record\": {}}]}' >&3",
    "echo '{\"pages\": [{\"bytes\": -1, \"record\": {}}]}' >&3",
    "echo '{\"code\": \"io\", \"reason\": \"the disk of the hub is full\"}' >&3",
    "head -c 200000 /dev/zero >&3",
};

static void a_program_taken_over_costs_its_time_and_its_file(void **state)
{
    (void)state;
    struct err err;
    char folder[] = "/tmp/tripli-sealed-XXXXXX", path[PATH_MAX], text[256];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/cutter", folder);
    for (size_t i = 0; i < sizeof takeovers / sizeof *takeovers; i++) {
        SCOPED(sealed_pages_clear) struct sealed_pages pages = {0};
        int len = snprintf(text, sizeof text, "#!/bin/sh\n%s\n", takeovers[i]);
        check_ok(file_write(path, 0700, bytes_of(text, (size_t)len), &err), &err);
        const struct sealed_file sealed = {bytes_of("x", 1), digest_of(bytes_of("x", 1)), WAIT_MS};
        SCOPED(cutter_free) struct cutter *taken = cutter_of(path);
        int64_t start_ms = clock_mono_ms();
        check_refused(sealed_pages_cut(taken, &sealed, &pages, &err), ERR_FORMAT, &err);
        assert_true(clock_mono_ms() - start_ms < PATIENCE_MS);
        assert_null(strstr(err.text, "hub"));
        assert_int_equal(pages.count, 0);
    }
    unlink(path);
    rmdir(folder);
}

/* A program that was taken over by one file and lies of the next: it is asked once more, alone. */
static void a_lie_of_a_process_that_has_seen_another_file_does_not_count(void **state)
{
    (void)state;
    struct err err;
    char folder[] = "/tmp/tripli-sealed-XXXXXX", path[PATH_MAX];
    static const char script[] = "#!/bin/sh\n"
                                 "head -c 8 <&3 >/dev/null\n"
                                 "echo '{\"pages\": [{\"bytes\": 0, \"record\": {}}]}' >&3\n"
                                 "head -c 8 <&3 >/dev/null\n"
                                 "echo '{\"code\": \"format\", \"reason\": \"a lie\"}' >&3\n";
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/cutter", folder);
    check_ok(file_write(path, 0700, bytes_of(script, strlen(script)), &err), &err);
    SCOPED(cutter_free) struct cutter *taken = cutter_of(path);
    for (int i = 0; i < 4; i++) {
        SCOPED(sealed_pages_clear) struct sealed_pages pages = {0};
        check_ok(cut_by(taken, bytes_of("x", 1), &pages, &err), &err);
        assert_int_equal(pages.count, 1);
    }
    unlink(path);
    rmdir(folder);
}

/* A secret of the caller's memory is not in the program's, nor a descriptor besides the two. */
static void the_program_inherits_two_descriptors(void **state)
{
    (void)state;
    struct err err;
    char folder[] = "/tmp/tripli-sealed-XXXXXX", path[PATH_MAX];
    static const char script[] = "#!/bin/sh\n"
                                 "for fd in 3 4 5 6 7 8 9; do\n"
                                 "  [ -e /proc/$$/fd/$fd ] && seen=$seen$fd\n"
                                 "done\n"
                                 "printf '{\"code\": \"format\", \"reason\": \"%s\"}' $seen >&3\n"
                                 "echo >&3\n";
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/cutter", folder);
    check_ok(file_write(path, 0700, bytes_of(script, strlen(script)), &err), &err);
    int more[] = {dup(1), dup(1), dup(1)};
    SCOPED(sealed_pages_clear) struct sealed_pages pages = {0};
    check_refused(cut(path, bytes_of("x", 1), &pages, &err), ERR_FORMAT, &err);
    assert_string_equal(err.text, "34");
    for (size_t i = 0; i < sizeof more / sizeof *more; i++)
        close(more[i]);
    unlink(path);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_page_comes_with_the_digest_of_its_file),
        cmocka_unit_test(a_broken_file_is_refused_with_its_reason),
        cmocka_unit_test(one_process_cuts_file_after_file),
        cmocka_unit_test(without_its_program_nothing_is_said_of_the_file),
        cmocka_unit_test(a_program_taken_over_costs_its_time_and_its_file),
        cmocka_unit_test(a_lie_of_a_process_that_has_seen_another_file_does_not_count),
        cmocka_unit_test(the_program_inherits_two_descriptors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * bench/day's own arithmetic: labels, samples, processes, rates.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "bench/working_day/figures.h"
#include "tests/check.h"

enum { ENVELOPES = 30 };

/* A batch sheet, then envelopes of a separator and one written sheet, all with blank backs. */
static void write_labels(char ret_folder[32])
{
    char path[64], row[64];
    struct err err = {0};
    struct buf labels = {0};
    snprintf(ret_folder, 32, "/tmp/test_day.XXXXXX");
    assert_non_null(mkdtemp(ret_folder));
    buf_append(&labels, bytes_of("path\ttype\n", 10));
    for (int i = 0; i <= ENVELOPES; i++)
        for (int sheet = 0; sheet < (i ? 2 : 1); sheet++) {
            snprintf(row, sizeof row, "%06d-%02d.a.jpg\t%s\n%06d-%02d.b.jpg\tblank\n", i, sheet,
                     sheet == 0 ? "separator" : "letter", i, sheet);
            buf_append(&labels, bytes_of(row, strlen(row)));
        }
    snprintf(path, sizeof path, "%s/labels.tsv", ret_folder);
    check_ok(file_write(path, 0600, buf_view(&labels), &err), &err);
    buf_free(&labels);
}

static void labels_are_counted(void **state)
{
    (void)state;
    char folder[32];
    struct batch batch;
    struct err err = {0};
    write_labels(folder);
    check_ok(batch_read(folder, &batch, &err), &err);
    assert_int_equal(batch.envelopes, ENVELOPES);
    assert_int_equal(batch.sheets, 2 * ENVELOPES + 1);
    assert_int_equal(batch.written, ENVELOPES);
    assert_int_equal(batch.separators, ENVELOPES + 1);
    assert_int_equal(batch.blank, 2 * ENVELOPES + 1);
    assert_int_equal(batch.side_count, 4 * ENVELOPES + 2);
    batch_free(&batch);
    check_ok(file_remove_tree(folder, &err), &err);
}

static void a_sample_holds_different_sides_of_the_kind_that_was_asked_for(void **state)
{
    (void)state;
    char folder[32];
    struct batch batch;
    struct err err = {0};
    const struct batch_side *sides[ENVELOPES + 10];
    write_labels(folder);
    check_ok(batch_read(folder, &batch, &err), &err);
    assert_int_equal(batch_sample(&batch, true, 1, 12, sides), 12);
    for (int i = 0; i < 12; i++) {
        assert_string_equal(sides[i]->type, "letter");
        for (int k = 0; k < i; k++)
            assert_ptr_not_equal(sides[i], sides[k]);
    }
    assert_int_equal(batch_sample(&batch, true, 1, ENVELOPES + 10, sides), ENVELOPES);
    assert_int_equal(batch_sample(&batch, false, 1, 5, sides), 5);
    assert_string_equal(sides[0]->type, "blank");
    batch_free(&batch);
    check_ok(file_remove_tree(folder, &err), &err);
}

static void labels_that_are_missing_are_an_error_with_their_path(void **state)
{
    (void)state;
    struct batch batch;
    struct err err = {0};
    check_refused(batch_read("/nonexistent", &batch, &err), ERR_NOT_FOUND, &err);
    assert_non_null(strstr(err.text, "/nonexistent/labels.tsv"));
}

/* A child that calls itself tripli-hub, burns time and waits to be killed. */
static void burn_and_wait(int started)
{
    prctl(PR_SET_NAME, "tripli-hub");
    volatile unsigned long x = 0;
    while (clock() < CLOCKS_PER_SEC / 10)
        x = x + 1;
    if (write(started, "x", 1) != 1)
        _exit(1);
    pause();
    _exit(0);
}

static void processes_are_told_by_program_below_their_root(void **state)
{
    (void)state;
    int ends[2];
    char one;
    struct err err = {0};
    struct process_use use;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0)
        burn_and_wait(ends[1]);
    assert_int_equal(read(ends[0], &one, 1), 1);
    check_ok(processes_use(getpid(), &use, &err), &err);
    assert_int_equal(use.roles[ROLE_HUB].processes, 1);
    assert_int_equal(use.roles[ROLE_WORKER].processes, 0);
    assert_true(use.roles[ROLE_HUB].cpu_seconds >= 0.05);
    assert_true(use.roles[ROLE_HUB].largest_bytes > 0);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    close(ends[0]);
    close(ends[1]);
}

static void envelopes_per_hour_count_what_was_handled_in_the_window(void **state)
{
    (void)state;
    struct figures figures = {.batch = {.envelopes = 100, .side_count = 600, .written = 220},
                              .start = {.ms = 1000, .counts = {.accepted = 100, .unread = 40}},
                              .end = {.ms = 61000, .counts = {.accepted = 700, .unread = 40}}};
    /* 600 sides, so 100 envelopes, in a minute. */
    assert_true(figures_envelopes_per_hour(&figures) > 5999.9);
    assert_true(figures_envelopes_per_hour(&figures) < 6000.1);
    figures.end = figures.start;
    assert_true(figures_envelopes_per_hour(&figures) < 0.1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_are_counted),
        cmocka_unit_test(a_sample_holds_different_sides_of_the_kind_that_was_asked_for),
        cmocka_unit_test(labels_that_are_missing_are_an_error_with_their_path),
        cmocka_unit_test(processes_are_told_by_program_below_their_root),
        cmocka_unit_test(envelopes_per_hour_count_what_was_handled_in_the_window),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

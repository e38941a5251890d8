/*
 * Samples measured one after the other, after the product has stopped: see yardstick.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bench/working_day/yardstick.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/scope.h"
#include "image/decode.h"
#include "image/encode.h"
#include "image/header.h"

static void side_path(const struct sample *sample, unsigned i, char ret_path[PATH_MAX])
{
    snprintf(ret_path, PATH_MAX, "%s/%s", sample->folder, sample->sides[i]->path);
}

static void exec_tesseract(const char *path)
{
    int nowhere = open("/dev/null", O_WRONLY);
    setenv("OMP_THREAD_LIMIT", "1", 1);
    dup2(nowhere, STDOUT_FILENO);
    dup2(nowhere, STDERR_FILENO);
    execlp("tesseract", "tesseract", path, "-", "-l", "fra", (char *)NULL);
    _exit(127);
}

static double children_cpu(void)
{
    struct rusage use;
    getrusage(RUSAGE_CHILDREN, &use);
    return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
           (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
}

static void wait_for_one(struct yardstick *yardstick, unsigned *running)
{
    int status = 0;
    if (wait(&status) > 0) {
        yardstick->failed += status != 0;
        yardstick->pages += status == 0;
    }
    --*running;
}

int yardstick_run(const struct sample *sample, unsigned cores, struct yardstick *ret_yardstick,
                  struct err *err)
{
    unsigned running = 0;
    int rc = 0;
    *ret_yardstick = (struct yardstick){0};
    double cpu = children_cpu();
    int64_t start = clock_mono_ms();
    for (unsigned i = 0; i < sample->count && rc == 0; i++) {
        char path[PATH_MAX];
        side_path(sample, i, path);
        if (running == cores)
            wait_for_one(ret_yardstick, &running);
        pid_t child = fork();
        if (child == 0)
            exec_tesseract(path);
        running += child > 0;
        if (child < 0)
            rc = err_errno(err, errno, "fork");
    }
    while (running > 0)
        wait_for_one(ret_yardstick, &running);
    ret_yardstick->seconds = (double)(clock_mono_ms() - start) / 1000;
    ret_yardstick->cpu_seconds = children_cpu() - cpu;
    if (rc == 0 && ret_yardstick->pages == 0)
        rc = err_set(err, ERR_UNAVAILABLE, "the tesseract command read none of %u pages",
                     sample->count);
    return rc;
}

static void add_page(const json_t *page, const char *type, struct stage_times *times)
{
    const json_t *ms = json_object_get(page, "ms");
    const char *tag = json_string_value(json_object_get(page, "tag"));
    bool accepted = json_is_true(json_object_get(page, "accepted"));
    times->pages++;
    times->accepted += accepted;
    times->right += accepted && tag && !strcmp(tag, type);
    for (int stage = 0; stage < STAGE_COUNT; stage++)
        times->ms[stage] += json_number_value(json_object_get(ms, stage_name((enum stage)stage)));
}

int stage_times_measure(const struct sample *sample, const struct product *product,
                        struct stage_times *ret_times, struct err *err)
{
    static char paths[SAMPLE_MAX][PATH_MAX];
    const char *files[SAMPLE_MAX];
    json_t *pages = NULL;
    *ret_times = (struct stage_times){0};
    for (unsigned i = 0; i < sample->count; i++) {
        side_path(sample, i, paths[i]);
        files[i] = paths[i];
    }
    int rc = product_pages(product, files, sample->count, &pages, err);
    if (rc < 0)
        return rc;
    if (json_array_size(pages) != sample->count)
        rc = err_set(err, ERR_UNAVAILABLE, "tripli page: %zu answers for %u pages",
                     json_array_size(pages), sample->count);
    for (unsigned i = 0; i < sample->count && rc == 0; i++)
        add_page(json_array_get(pages, i), sample->sides[i]->type, ret_times);
    for (int stage = 0; stage < STAGE_COUNT && ret_times->pages > 0; stage++)
        ret_times->ms[stage] /= ret_times->pages;
    json_decref(pages);
    return rc;
}

int kept_bytes_measure(const struct sample *sample, double *ret_bytes, struct err *err)
{
    size_t sum = 0;
    for (unsigned i = 0; i < sample->count; i++) {
        char path[PATH_MAX];
        SCOPED(buf_free) struct buf file = {0}, kept = {0};
        SCOPED(image_free) struct Pix *page = NULL;
        const struct image_decode_params decode = IMAGE_DECODE_DEFAULT;
        const struct image_encode_params encode = IMAGE_ENCODE_DEFAULT;
        side_path(sample, i, path);
        int rc = file_read(path, IMAGE_FILE_LIMIT_BYTES, &file, err);
        if (rc == 0)
            rc = image_decode(buf_view(&file), &decode, &page, err);
        if (rc == 0)
            rc = image_encode(page, &encode, &kept, err);
        if (rc < 0)
            return rc;
        sum += kept.len;
    }
    *ret_bytes = sample->count ? (double)sum / sample->count : 0;
    return 0;
}

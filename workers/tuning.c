/*
 * Limits and times of the processes: one table of keys, defaults and ranges.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "workers/tuning.h"

#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "archive/ids.h"
#include "base/config.h"
#include "base/scope.h"
#include "classify/verdict.h"
#include "ocr/ocr.h"

struct number {
    const char *group, *key;
    size_t offset;
    long long range[2], normal;
};

#define ROW(group, key, least, most, normal)                                                       \
    {                                                                                              \
#group, #key, offsetof(struct tuning, group.key), {least, most }, normal                   \
    }

static const struct number numbers[] = {
    ROW(hub, lease_ms, 10000, 3600000, 180000),
    ROW(hub, group_pages, 1, 256, 32),
    ROW(hub, unread_limit_pages, 1, 10000000, 300000),
    ROW(hub, filing_step, 1, 256, 16),
    ROW(hub, worker_silence_ms, 1000, 600000, 5000),
    ROW(worker, credit, 1, 8, 4),
    ROW(worker, deadline_ms, 1000, 600000, 60000),
    ROW(worker, memory_mb, 256, 16384, 1024),
    ROW(worker, recycle_pages, 1, 1000000, 2000),
    ROW(capture, window_pages, 1, 64, 8),
    ROW(capture, resend_ms, 100, 600000, 5000),
    ROW(capture, patience_ms, 1000, 86400000, 600000),
    ROW(handover, repeat_days, 1, 3650, 30),
    ROW(handover, making_ms, 1, 3600000, 20000),
};

static long long *place(struct tuning *tuning, const struct number *number)
{
    return (long long *)(void *)((char *)tuning + number->offset);
}

static int check_all_keys(const config_setting_t *top, struct err *err)
{
    static const char *const groups[] = {"hub", "worker", "capture", "handover", "coding", NULL};
    static const char *const keys[][8] = {
        {"lease_ms", "group_pages", "unread_limit_pages", "filing_step", "worker_silence_ms"},
        {"credit", "deadline_ms", "memory_mb", "recycle_pages", "engine", "kernels"},
        {"window_pages", "resend_ms", "patience_ms", "tenant"},
        {"repeat_days", "making_ms"},
        {"first"},
    };
    int rc = config_check_keys(top, groups, err);
    for (int i = 0; rc == 0 && groups[i]; i++) {
        const config_setting_t *group = config_setting_get_member(top, groups[i]);
        rc = group ? config_check_keys(group, keys[i], err) : 0;
    }
    return rc;
}

static int read_tenant(const config_setting_t *capture, struct tuning *tuning, struct err *err)
{
    const char *tenant = NULL;
    int rc = capture ? config_text(capture, "tenant", &tenant, err) : 0;
    if (rc < 0 || !tenant)
        return rc;
    if (strlen(tenant) != 3 || strspn(tenant, "0123456789") != 3)
        return config_refuse(capture, err, "tenant '%.20s', must be three digits", tenant);
    snprintf(tuning->capture.tenant, sizeof tuning->capture.tenant, "%.3s", tenant);
    return 0;
}

bool tuning_has_engine(const char *name)
{
    return strcmp(name, "fast") == 0 || strcmp(name, "tesseract") == 0;
}

static int read_engine(const config_setting_t *worker, struct tuning *tuning, struct err *err)
{
    const char *engine = NULL;
    int rc = worker ? config_text(worker, "engine", &engine, err) : 0;
    if (rc < 0 || !engine)
        return rc;
    if (!tuning_has_engine(engine))
        return config_refuse(worker, err, "engine '%.20s', must be fast or tesseract", engine);
    snprintf(tuning->worker.engine, sizeof tuning->worker.engine, "%s", engine);
    return 0;
}

static int read_kernels(const config_setting_t *worker, struct tuning *tuning, struct err *err)
{
    const char *kernels = NULL;
    enum ocr_kernels known;
    int rc = worker ? config_text(worker, "kernels", &kernels, err) : 0;
    if (rc < 0 || !kernels)
        return rc;
    if (!ocr_kernels_of_name(kernels, &known))
        return config_refuse(worker, err, "kernels '%.20s', must be best, plain, avx2 or vnni",
                             kernels);
    snprintf(tuning->worker.kernels, sizeof tuning->worker.kernels, "%s", kernels);
    return 0;
}

/* Each word a tag that a page may have. */
static int read_first(const config_setting_t *coding, struct tuning *tuning, struct err *err)
{
    const char *first = NULL;
    int rc = coding ? config_text(coding, "first", &first, err) : 0;
    if (rc < 0 || !first)
        return rc;
    if (strlen(first) >= sizeof tuning->coding.first)
        return config_refuse(coding, err, "first: %zu bytes, at most %zu", strlen(first),
                             sizeof tuning->coding.first - 1);
    for (const char *word = first + strspn(first, " "); *word; word += strspn(word, " ")) {
        char tag[TAG_TEXT_SIZE];
        const size_t len = strcspn(word, " ");
        snprintf(tag, sizeof tag, "%.*s", (int)len, word);
        if (len >= sizeof tag || tag_of_name(tag) == TAG_NONE)
            return config_refuse(coding, err, "first: '%.20s' is no tag", tag);
        word += len;
    }
    snprintf(tuning->coding.first, sizeof tuning->coding.first, "%s", first);
    return 0;
}

static int read_groups(const config_setting_t *top, struct tuning *tuning, struct err *err)
{
    int rc = check_all_keys(top, err);
    for (size_t i = 0; rc == 0 && i < sizeof numbers / sizeof *numbers; i++) {
        const struct number *number = &numbers[i];
        const config_setting_t *group = config_setting_get_member(top, number->group);
        if (group)
            rc = config_int(group, number->key, number->range, place(tuning, number), err);
    }
    if (rc == 0)
        rc = read_tenant(config_setting_get_member(top, "capture"), tuning, err);
    if (rc == 0)
        rc = read_engine(config_setting_get_member(top, "worker"), tuning, err);
    if (rc == 0)
        rc = read_kernels(config_setting_get_member(top, "worker"), tuning, err);
    if (rc == 0)
        rc = read_first(config_setting_get_member(top, "coding"), tuning, err);
    return rc;
}

int tuning_read(const char *config_dir, struct tuning *ret_tuning, struct err *err)
{
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        *place(ret_tuning, &numbers[i]) = numbers[i].normal;
    snprintf(ret_tuning->capture.tenant, sizeof ret_tuning->capture.tenant, "061");
    snprintf(ret_tuning->worker.engine, sizeof ret_tuning->worker.engine, "fast");
    snprintf(ret_tuning->worker.kernels, sizeof ret_tuning->worker.kernels, "best");
    snprintf(ret_tuning->coding.first, sizeof ret_tuning->coding.first, "cheque sick_note");
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/tripli.conf", config_dir);
    config_t config;
    int rc = config_open(path, &config, err);
    if (rc < 0)
        return rc;
    rc = read_groups(config_root_setting(&config), ret_tuning, err);
    config_close(&config);
    return rc;
}

/*
 * Limits and times of the processes, from config/tripli.conf; ranges are in tuning.c.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"

struct tuning {
    struct {
        long long lease_ms, group_pages, unread_limit_pages, filing_step, worker_silence_ms;
    } hub;
    struct {
        long long credit, deadline_ms, memory_mb, recycle_pages;
        char engine[16]; /* "fast" or "tesseract" */
        char kernels[8]; /* see ocr_kernels_of_name */
    } worker;
    struct {
        long long window_pages, resend_ms, patience_ms;
        char tenant[4];
    } capture;
    struct {
        long long repeat_days, making_ms;
    } handover;
    struct {
        char first[80]; /* tags, a blank between them */
    } coding;
};

/* Whether there is an engine of this name. */
bool tuning_has_engine(const char *name);

/* Reads CONFIG/tripli.conf over the defaults; ERR_CONFIG names file, line and range. */
int tuning_read(const char *config_dir, struct tuning *ret_tuning, struct err *err);

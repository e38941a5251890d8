/*
 * Time: see clock.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/clock.h"

#include <stdio.h>
#include <time.h>

static int64_t now_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t clock_wall_ms(void)
{
    return now_ns(CLOCK_REALTIME) / 1000000;
}

int64_t clock_mono_ms(void)
{
    return now_ns(CLOCK_MONOTONIC) / 1000000;
}

int64_t clock_cpu_us(void)
{
    return now_ns(CLOCK_PROCESS_CPUTIME_ID) / 1000;
}

char *clock_format(int64_t wall_ms, char ret_text[CLOCK_TEXT_SIZE])
{
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    size_t len = strftime(ret_text, CLOCK_TEXT_SIZE, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(ret_text + len, CLOCK_TEXT_SIZE - len, ".%03dZ", (int)(wall_ms % 1000) % 1000u);
    return ret_text;
}

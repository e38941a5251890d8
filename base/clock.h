/*
 * Time: wall clock for records, monotonic clock for deadlines. Milliseconds everywhere.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdint.h>

enum { CLOCK_TEXT_SIZE = 25 };

/* Milliseconds since 1970-01-01 UTC. May jump; never use it for a deadline. */
int64_t clock_wall_ms(void);

/* Milliseconds since some fixed point; never goes back. */
int64_t clock_mono_ms(void);

/* Microseconds of processor time used by this process, all threads. */
int64_t clock_cpu_us(void);

/* Writes "2026-11-22T19:05:12.345Z"; returns `ret_text`. */
char *clock_format(int64_t wall_ms, char ret_text[CLOCK_TEXT_SIZE]);

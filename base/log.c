/*
 * Log lines: see log.h. A line is written by one write(2), so lines of several processes do not
 * mix.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

enum { LINE_MAX_BYTES = 1024 };

static const char *const level_names[] = {"error", "warn", "info", "debug"};
static const char *process_name = "tripli";
static enum log_level highest = LOG_LEVEL_INFO;

void log_start(const char *process)
{
    process_name = process;
    const char *wanted = getenv("TRIPLI_LOG");
    for (int i = 0; wanted && i <= LOG_LEVEL_DEBUG; i++)
        if (strcmp(wanted, level_names[i]) == 0)
            highest = (enum log_level)i;
}

void log_set_level(enum log_level level)
{
    highest = level;
}

static void put_line(enum log_level level, const char *format, va_list args)
{
    if (level > highest)
        return;
    char line[LINE_MAX_BYTES], now[CLOCK_TEXT_SIZE];
    int len = snprintf(line, sizeof line, "%s %s %s: ", clock_format(clock_wall_ms(), now),
                       level_names[level], process_name);
    int more = vsnprintf(line + len, sizeof line - (size_t)len - 1, format, args);
    len += more < (int)sizeof line - len - 1 ? more : (int)sizeof line - len - 2;
    line[len++] = '\n';
    if (write(STDERR_FILENO, line, (size_t)len) < 0)
        return; /* nowhere left to say it */
}

#define LOG_BODY(level)                                                                            \
    va_list args;                                                                                  \
    va_start(args, format);                                                                        \
    put_line(level, format, args);                                                                 \
    va_end(args)

void log_error(const char *format, ...)
{
    LOG_BODY(LOG_LEVEL_ERROR);
}

void log_warn(const char *format, ...)
{
    LOG_BODY(LOG_LEVEL_WARN);
}

void log_info(const char *format, ...)
{
    LOG_BODY(LOG_LEVEL_INFO);
}

void log_debug(const char *format, ...)
{
    LOG_BODY(LOG_LEVEL_DEBUG);
}

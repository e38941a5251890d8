/*
 * Log lines on stderr: "LEVEL process: item=… event". One event, one line, item first. Never a
 * name, an insured number or page text.
 *   error  a person must act          warn   we coped, and how
 *   info   one line per change of state   debug  by area, for developers
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* `process` is borrowed for the life of the program. Level from TRIPLI_LOG (error, warn, info,
 * debug), info by default. */
void log_start(const char *process);

void log_set_level(enum log_level level);

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Configuration files in libconfig's form, read strictly: an unknown or doubled key, a value of the
 * wrong type or out of range is ERR_CONFIG with file, line and limit.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <libconfig.h>
#include <stdbool.h>

#include "base/err.h"

/* Opens a file; free with config_close. `config_t` is libconfig's. @include is refused. */
int config_open(const char *path, config_t *ret_config, struct err *err);
void config_close(config_t *config);

/* Every key of the group must be in the NULL-terminated list. */
int config_check_keys(const config_setting_t *group, const char *const known[], struct err *err);

/* Each reads one key of a group. A missing key leaves `*value` as it was (the default) and is 0;
 * the `_required` forms refuse it. Strings are borrowed from the configuration. */
int config_int(const config_setting_t *group, const char *key, const long long range[2],
               long long *value, struct err *err);
int config_real(const config_setting_t *group, const char *key, const double range[2],
                double *value, struct err *err);
int config_bool(const config_setting_t *group, const char *key, bool *value, struct err *err);
int config_text(const config_setting_t *group, const char *key, const char **value,
                struct err *err);
int config_text_required(const config_setting_t *group, const char *key, const char **value,
                         struct err *err);

/* ERR_CONFIG with "<file>:<line>: " in front. For callers' own checks. */
int config_refuse(const config_setting_t *where, struct err *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

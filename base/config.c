/*
 * Configuration files: see config.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/config.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/file.h"
#include "base/scope.h"

enum { CONFIG_LIMIT_BYTES = 1 << 20 }; /* one file; the largest of ours has some KB */

int config_refuse(const config_setting_t *where, struct err *err, const char *format, ...)
{
    char what[ERR_TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    const char *file = config_setting_source_file(where);
    return err_set(err, ERR_CONFIG, "%.120s:%d: %.250s", file ? file : "configuration",
                   config_setting_source_line(where), what);
}

int config_open(const char *path, config_t *ret_config, struct err *err)
{
    SCOPED(buf_free) struct buf text = {0};
    int rc = file_read(path, CONFIG_LIMIT_BYTES, &text, err);
    if (rc < 0)
        return rc;
    if (buf_append(&text, bytes_of("", 1)) < 0)
        return err_set(err, ERR_MEMORY, "%s: no memory", path);
    if (strstr((const char *)text.at, "@include"))
        return err_set(err, ERR_CONFIG, "%s: @include is not allowed", path);
    config_init(ret_config);
    if (config_read_file(ret_config, path) != CONFIG_TRUE) { /* so that settings know their file */
        rc = err_set(err, ERR_CONFIG, "%s:%d: %s", path, config_error_line(ret_config),
                     config_error_text(ret_config));
        config_destroy(ret_config);
        return rc;
    }
    return 0;
}

void config_close(config_t *config)
{
    config_destroy(config);
}

int config_check_keys(const config_setting_t *group, const char *const known[], struct err *err)
{
    for (int i = 0; i < config_setting_length(group); i++) {
        const config_setting_t *child = config_setting_get_elem(group, (unsigned)i);
        const char *name = config_setting_name(child);
        int k = 0;
        while (known[k] && (!name || strcmp(known[k], name) != 0))
            k++;
        if (!known[k])
            return config_refuse(child, err, "unknown key '%s'", name ? name : "?");
    }
    return 0;
}

int config_int(const config_setting_t *group, const char *key, const long long range[2],
               long long *value, struct err *err)
{
    const config_setting_t *at = config_setting_get_member(group, key);
    if (!at)
        return 0;
    int type = config_setting_type(at);
    if (type != CONFIG_TYPE_INT && type != CONFIG_TYPE_INT64)
        return config_refuse(at, err, "%s: a whole number is wanted", key);
    long long got = config_setting_get_int64(at);
    if (type == CONFIG_TYPE_INT)
        got = config_setting_get_int(at);
    if (got < range[0] || got > range[1])
        return config_refuse(at, err, "%s: %lld, must be %lld to %lld", key, got, range[0],
                             range[1]);
    *value = got;
    return 0;
}

int config_real(const config_setting_t *group, const char *key, const double range[2],
                double *value, struct err *err)
{
    const config_setting_t *at = config_setting_get_member(group, key);
    if (!at)
        return 0;
    int type = config_setting_type(at);
    if (type != CONFIG_TYPE_FLOAT && type != CONFIG_TYPE_INT)
        return config_refuse(at, err, "%s: a number is wanted", key);
    double got =
        type == CONFIG_TYPE_INT ? config_setting_get_int(at) : config_setting_get_float(at);
    if (!(got >= range[0] && got <= range[1]))
        return config_refuse(at, err, "%s: %g, must be %g to %g", key, got, range[0], range[1]);
    *value = got;
    return 0;
}

int config_bool(const config_setting_t *group, const char *key, bool *value, struct err *err)
{
    const config_setting_t *at = config_setting_get_member(group, key);
    if (!at)
        return 0;
    if (config_setting_type(at) != CONFIG_TYPE_BOOL)
        return config_refuse(at, err, "%s: true or false is wanted", key);
    *value = config_setting_get_bool(at);
    return 0;
}

int config_text(const config_setting_t *group, const char *key, const char **value, struct err *err)
{
    const config_setting_t *at = config_setting_get_member(group, key);
    if (!at)
        return 0;
    if (config_setting_type(at) != CONFIG_TYPE_STRING)
        return config_refuse(at, err, "%s: a text in quotes is wanted", key);
    *value = config_setting_get_string(at);
    return 0;
}

int config_text_required(const config_setting_t *group, const char *key, const char **value,
                         struct err *err)
{
    *value = NULL;
    int rc = config_text(group, key, value, err);
    if (rc < 0)
        return rc;
    return *value ? 0 : config_refuse(group, err, "'%s' is missing", key);
}

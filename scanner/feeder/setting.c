/*
 * Configuration of the virtual feeder: see setting.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "scanner/feeder/setting.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/config.h"
#include "base/scope.h"

static const char *const personality_names[PERSONALITIES] = {"tripli", "fujitsu", "canon"};

enum { USUAL_DPI = 300 };

int personality_parse(const char *name)
{
    for (int i = 0; i < PERSONALITIES; i++)
        if (strcmp(personality_names[i], name) == 0)
            return i;
    return -1;
}

const struct feeder_setting *settings_find(const struct feeder_settings *settings, const char *name)
{
    for (size_t i = 0; i < settings->count; i++)
        if (!name[0] || strcmp(settings->at[i].name, name) == 0)
            return &settings->at[i];
    return NULL;
}

static int copy_text(const config_setting_t *group, const char *key, char *to, size_t size,
                     struct err *err)
{
    const char *text = NULL;
    int rc = config_text(group, key, &text, err);
    if (rc < 0 || !text)
        return rc;
    if (strlen(text) >= size)
        return config_refuse(group, err, "%s: longer than %zu bytes", key, size - 1);
    memcpy(to, text, strlen(text) + 1);
    return 0;
}

static int check_device(const config_setting_t *group, const struct feeder_setting *setting,
                        const char *take, struct err *err)
{
    if (!setting->name[0] ||
        strspn(setting->name, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(setting->name))
        return config_refuse(group, err, "name: small letters, digits and - are wanted");
    if (setting->folder[0] != '/')
        return config_refuse(group, err, "folder: a path from / on is wanted");
    if (strcmp(take, "move") == 0 && setting->state[0])
        return config_refuse(group, err, "state: only with take = \"keep\"");
    if (strcmp(take, "keep") == 0 && setting->state[0] != '/')
        return config_refuse(group, err, "take = \"keep\" needs state, a path from / on");
    if (strcmp(take, "keep") != 0 && strcmp(take, "move") != 0)
        return config_refuse(group, err, "take: '%s', must be \"move\" or \"keep\"", take);
    return 0;
}

static int read_device(const config_setting_t *group, struct feeder_setting *setting,
                       struct err *err)
{
    static const char *const known[] = {"name",        "folder",      "take", "state",
                                        "personality", "default_dpi", NULL};
    const char *take = "move", *personality = "tripli";
    long long dpi = USUAL_DPI;
    int rc = config_check_keys(group, known, err);
    if (rc == 0)
        rc = copy_text(group, "name", setting->name, sizeof setting->name, err);
    if (rc == 0)
        rc = copy_text(group, "folder", setting->folder, sizeof setting->folder, err);
    if (rc == 0)
        rc = copy_text(group, "state", setting->state, sizeof setting->state, err);
    if (rc == 0)
        rc = config_text(group, "take", &take, err);
    if (rc == 0)
        rc = config_text(group, "personality", &personality, err);
    if (rc == 0)
        rc = config_int(group, "default_dpi", (long long[]){50, 1200}, &dpi, err);
    if (rc < 0)
        return rc;
    if (personality_parse(personality) < 0)
        return config_refuse(group, err, "personality: '%s' is not known", personality);
    setting->personality = (enum personality)personality_parse(personality);
    setting->default_dpi = (unsigned)dpi;
    return check_device(group, setting, take, err);
}

static int read_devices(const config_setting_t *root, struct feeder_settings *settings,
                        struct err *err)
{
    static const char *const known[] = {"devices", NULL};
    int rc = config_check_keys(root, known, err);
    const config_setting_t *list = config_setting_get_member(root, "devices");
    if (rc < 0 || !list)
        return rc;
    if (!config_setting_is_list(list) || config_setting_length(list) > FEEDERS_MAX)
        return config_refuse(list, err, "devices: a list of at most %d groups", FEEDERS_MAX);
    for (int i = 0; rc == 0 && i < config_setting_length(list); i++) {
        const config_setting_t *group = config_setting_get_elem(list, (unsigned)i);
        if (!config_setting_is_group(group))
            return config_refuse(list, err, "devices: entry %d is not a group", i + 1);
        rc = read_device(group, &settings->at[settings->count++], err);
    }
    return rc;
}

static int read_file(const char *path, struct feeder_settings *settings, struct err *err)
{
    config_t config;
    int rc = config_open(path, &config, err);
    if (rc < 0)
        return rc;
    rc = read_devices(config_root_setting(&config), settings, err);
    config_close(&config);
    return rc;
}

/* The first tripli.conf in the folders of SANE_CONFIG_DIR. Empty parts are passed over: the current
 * directory is no place for configuration. */
static int read_first_file(struct feeder_settings *settings, struct err *err)
{
    const char *list = getenv("SANE_CONFIG_DIR");
    SCOPED(scope_free) char *folders = strdup(list && list[0] ? list : "/etc/sane.d");
    char path[PATH_MAX];
    char *rest = NULL;
    if (!folders)
        return err_set(err, ERR_MEMORY, "SANE_CONFIG_DIR: no memory");
    for (char *one = strtok_r(folders, ":", &rest); one; one = strtok_r(NULL, ":", &rest)) {
        int length = snprintf(path, sizeof path, "%s/tripli.conf", one);
        if (length > 0 && length < (int)sizeof path && access(path, R_OK) == 0)
            return read_file(path, settings, err);
    }
    return 0;
}

static int override(struct feeder_settings *settings, const char *folder, struct err *err)
{
    const char *state = getenv("TRIPLI_HOPPER_STATE");
    const char *personality = getenv("TRIPLI_HOPPER_PERSONALITY");
    struct feeder_setting *setting = (struct feeder_setting *)settings_find(settings, "hopper");
    if (!setting) {
        memmove(&settings->at[1], &settings->at[0], (FEEDERS_MAX - 1) * sizeof *setting);
        settings->count += settings->count < FEEDERS_MAX;
        setting = &settings->at[0];
        *setting = (struct feeder_setting){.name = "hopper", .default_dpi = USUAL_DPI};
    }
    if (folder[0] != '/' || strlen(folder) >= PATH_MAX || (state && strlen(state) >= PATH_MAX))
        return err_set(err, ERR_CONFIG, "TRIPLI_HOPPER: a path from / on is wanted");
    snprintf(setting->folder, sizeof setting->folder, "%s", folder);
    snprintf(setting->state, sizeof setting->state, "%s", state ? state : "");
    int kind = personality ? personality_parse(personality) : (int)setting->personality;
    if (kind < 0)
        return err_set(err, ERR_CONFIG, "TRIPLI_HOPPER_PERSONALITY: '%.40s' is not known",
                       personality);
    setting->personality = (enum personality)kind;
    return 0;
}

int settings_read(struct feeder_settings *ret_settings, struct err *err)
{
    const char *folder = getenv("TRIPLI_HOPPER");
    *ret_settings = (struct feeder_settings){0};
    int rc = read_first_file(ret_settings, err);
    if (rc < 0 || !folder || !folder[0])
        return rc;
    return override(ret_settings, folder, err);
}

/*
 * Setting up a device and reading its sensors: see setup.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "scanner/setup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scanner/option.h"

/* What `{dpi}` in a value stands for. */
static void expand(const char *choice, const struct scan_request *request,
                   char ret_text[OPTION_TEXT_MAX])
{
    if (strcmp(choice, "{dpi}") == 0)
        snprintf(ret_text, OPTION_TEXT_MAX, "%u", request->dpi);
    else
        snprintf(ret_text, OPTION_TEXT_MAX, "%s", choice);
}

static int add_row(struct scan_evidence *evidence, const char *option, const char *asked,
                   struct err *err)
{
    struct scan_setting *rows =
        realloc(evidence->settings, (evidence->setting_count + 1) * sizeof *rows);
    if (!rows)
        return err_set(err, ERR_MEMORY, "record of settings: no memory");
    evidence->settings = rows;
    struct scan_setting *row = &rows[evidence->setting_count];
    *row =
        (struct scan_setting){.option = strdup(option), .asked = strdup(asked), .got = strdup("")};
    evidence->setting_count++;
    if (!row->option || !row->asked || !row->got)
        return err_set(err, ERR_MEMORY, "record of settings: no memory");
    return 0;
}

void setup_forget(struct scan_evidence *evidence)
{
    for (size_t i = 0; i < evidence->setting_count; i++) {
        free(evidence->settings[i].option);
        free(evidence->settings[i].asked);
        free(evidence->settings[i].got);
    }
    free(evidence->settings);
    free(evidence->device);
    free(evidence->vendor);
    free(evidence->model);
    free(evidence->profile);
    *evidence = (struct scan_evidence){0};
}

/* Sets the first choice that the device takes and gives back. */
static int set_option(SANE_Handle handle, const struct profile_option *option,
                      const struct scan_request *request, struct scan_evidence *evidence,
                      struct err *err)
{
    char text[OPTION_TEXT_MAX] = "";
    struct err last = {0};
    int rc = ERR_NOT_FOUND;
    for (size_t i = 0; option->choices[i] && rc < 0; i++) {
        expand(option->choices[i], request, text);
        rc = option_set(handle, option->name, text, &last);
        if (rc == 0 && !option_stands(handle, option->name, text, option->within))
            rc =
                err_set(&last, ERR_DEVICE, "option '%s' does not stay at '%s'", option->name, text);
    }
    if (rc < 0 && option->required)
        return err_set(err, ERR_DEVICE, "%s", last.text);
    return add_row(evidence, option->name, text, err);
}

/* A later option may have moved an earlier one: all are read once more at the end. */
static int check_row(SANE_Handle handle, const struct profile_option *option,
                     struct scan_setting *row, struct err *err)
{
    char got[OPTION_TEXT_MAX] = "";
    bool read = option_get(handle, option->name, got, NULL) == 0;
    if (option->required && !option_stands(handle, option->name, row->asked, option->within))
        return err_set(err, ERR_DEVICE, "option '%s': '%s' asked for, '%s' read back", option->name,
                       row->asked, read ? got : "nothing");
    char *copy = strdup(got);
    if (!copy)
        return err_set(err, ERR_MEMORY, "record of settings: no memory");
    free(row->got);
    row->got = copy;
    return 0;
}

/* Absent or inactive is off. */
static int switch_off(SANE_Handle handle, const char *name, struct scan_evidence *evidence,
                      struct err *err)
{
    SANE_Int at = 0;
    if (!option_find(handle, name, &at))
        return 0;
    int rc = add_row(evidence, name, "off", err);
    if (rc < 0)
        return rc;
    option_set(handle, name, "off", NULL);
    if (!option_stands(handle, name, "off", 0))
        return err_set(err, ERR_DEVICE,
                       "option '%s' drops or alters images and cannot be switched "
                       "off; no scanning with it",
                       name);
    struct profile_option option = {.name = name};
    return check_row(handle, &option, &evidence->settings[evidence->setting_count - 1], err);
}

/* Which device of its model it was, where its driver has an option that says so. */
static int note_identity(SANE_Handle handle, struct scan_evidence *evidence, struct err *err)
{
    static const char *const names[] = {"serial-number", "serial", "firmware-version", "firmware"};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < sizeof names / sizeof *names; i++) {
        const struct profile_option option = {.name = names[i]};
        char text[OPTION_TEXT_MAX];
        if (option_get(handle, names[i], text, NULL) < 0)
            continue;
        rc = add_row(evidence, names[i], "", err);
        if (rc == 0)
            rc = check_row(handle, &option, &evidence->settings[evidence->setting_count - 1], err);
    }
    return rc;
}

int setup_options(SANE_Handle handle, const struct profile *profile,
                  const struct scan_request *request, struct scan_evidence *evidence,
                  struct err *err)
{
    struct profile_option options[PROFILE_OPTIONS_MAX];
    size_t first = evidence->setting_count;
    int count = profile_options(profile, request, options, err);
    if (count < 0)
        return count;
    int rc = 0;
    for (int i = 0; i < count && rc == 0; i++)
        rc = set_option(handle, &options[i], request, evidence, err);
    for (const char *const *name = profile_forbidden(profile); *name && rc == 0; name++)
        rc = switch_off(handle, *name, evidence, err);
    for (int i = 0; i < count && rc == 0; i++)
        rc = check_row(handle, &options[i], &evidence->settings[first + (size_t)i], err);
    return rc < 0 ? rc : note_identity(handle, evidence, err);
}

/* SCAN_UNKNOWN or -1 where there is no such sensor. Notes that something answered. */
static long read_sensor(SANE_Handle handle, const char *name, bool *answered)
{
    double number = 0;
    if (!name || option_get_number(handle, name, &number, NULL) < 0)
        return -1;
    *answered = true;
    return (long)number;
}

static int read_flag(SANE_Handle handle, const char *name, bool *answered)
{
    long got = read_sensor(handle, name, answered);
    return got < 0 ? SCAN_UNKNOWN : got > 0 ? SCAN_YES : SCAN_NO;
}

void setup_read_sensors(SANE_Handle handle, const struct profile_sensors *names,
                        struct scan_sensors *ret_sensors)
{
    bool named = names->loaded || names->cover_open || names->double_feed || names->error_code ||
                 names->counter;
    bool answered = !named;
    if (names->read_twice)
        read_flag(handle, names->loaded, &answered);
    *ret_sensors = (struct scan_sensors){
        .loaded = read_flag(handle, names->loaded, &answered),
        .cover_open = read_flag(handle, names->cover_open, &answered),
        .double_feed = read_flag(handle, names->double_feed, &answered),
        .error_code = read_sensor(handle, names->error_code, &answered),
        .counter = read_sensor(handle, names->counter, &answered),
    };
    ret_sensors->answered = answered;
}

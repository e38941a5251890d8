/*
 * Which hoppers the virtual feeder has: read from tripli.conf in the folders of SANE_CONFIG_DIR,
 * and from the environment. docs/scanners.md explains every key.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <limits.h>
#include <stddef.h>

#include "base/err.h"

enum { FEEDERS_MAX = 8, FEEDER_NAME_MAX = 32 };

/* Whose option and sensor names the feeder shows. */
enum personality { PERSONALITY_TRIPLI, PERSONALITY_FUJITSU, PERSONALITY_CANON, PERSONALITIES };

struct feeder_setting {
    char name[FEEDER_NAME_MAX + 1]; /* the device is tripli:NAME */
    char folder[PATH_MAX];
    char state[PATH_MAX]; /* "": fed sheets are moved; else the folder is left as it is */
    enum personality personality;
    unsigned default_dpi;
};

struct feeder_settings {
    struct feeder_setting at[FEEDERS_MAX];
    size_t count;
};

/* No file and no environment is no feeder and no error. */
int settings_read(struct feeder_settings *ret_settings, struct err *err);

/* The one of that name, the first for "", or NULL. */
const struct feeder_setting *settings_find(const struct feeder_settings *settings,
                                           const char *name);

/* -1 for a name that is none. */
int personality_parse(const char *name);

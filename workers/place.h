/*
 * Where things are: data, keys, configuration, run directory, programs. Options win over the
 * environment, the environment over defaults.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "base/err.h"

enum { PLACE_SIZE = 1024 };

struct place {
    char data[PLACE_SIZE];   /* --data, TRIPLI_DATA, ./var */
    char keys[PLACE_SIZE];   /* --keys, TRIPLI_KEYS, DATA.keys */
    char config[PLACE_SIZE]; /* --config, TRIPLI_CONFIG, ./config, the installed one */
    char run[PLACE_SIZE];    /* DATA/run, mode 0700: the sockets */
    char bin[PLACE_SIZE];    /* the folder of the running program, where its sisters are */
};

/* What options said; NULL where they said nothing. */
struct place_options {
    const char *data, *keys, *config;
};

/* Fills in absolute paths; makes nothing. ERR_LIMIT when a path is too long, ERR_NOT_FOUND when
 * there is no configuration folder. */
int place_find(const struct place_options *options, struct place *ret_place, struct err *err);

/* The folder of the running program alone. */
int place_programs(char ret_folder[PLACE_SIZE], struct err *err);

/* Makes the run directory (0700) below an existing or new data directory. */
int place_make_run(const struct place *place, struct err *err);

/* "ipc://<run>/<name>" */
void place_endpoint(const struct place *place, const char *name, char *ret_text, int size);

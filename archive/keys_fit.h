/*
 * Whether tenant keys are those that wrapped the keys of a data folder, by their generations: a
 * backup from before a change of keys does not open with the key folder of today.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "base/err.h"

/* The keys of `key_dir` against the slots below `data_dir`/keys. ERR_CONFLICT names a key file and
 * both generations. A key file that is missing or may not be read passes: verification tells. */
int keys_fit(const char *key_dir, const char *data_dir, struct err *err);

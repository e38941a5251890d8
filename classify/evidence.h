/*
 * What letter was told from other by, on one page: the values that classify.conf's weights of look
 * and text are multiplied with, in that order. For fitting those weights (docs/sorting.md).
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <stdbool.h>

#include "classify/settings.h"

struct evidence {
    bool looked; /* `look` is filled */
    bool typed;  /* which of the two rows of weights was taken */
    bool read;   /* `text` is filled */
    double look[LOOK_WEIGHTS];
    double text[TEXT_WEIGHTS];
};

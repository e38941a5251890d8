/*
 * The virtual feeder as a machine: takes sheets from the hopper, shows their sides line by line,
 * lets them go into the tray, and goes wrong where it is told to. Knows SANE's values, not its
 * handles: backend.c gives it those.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <sane/sane.h>

#include "base/err.h"
#include "scanner/feeder/setting.h"

struct feeder;

/* ERR_NOT_FOUND when unplugged or without its folder, ERR_CONFLICT when in use elsewhere. */
int feeder_open(const struct feeder_setting *setting, struct feeder **ret_feeder, struct err *err);

/* What is in the path goes back or stays stuck, as by feeder_cancel. */
void feeder_free(struct feeder **feeder);

const SANE_Option_Descriptor *feeder_descriptor(struct feeder *feeder, SANE_Int number);
SANE_Status feeder_get(struct feeder *feeder, SANE_Int number, void *value);
SANE_Status feeder_set(struct feeder *feeder, SANE_Int number, const void *value, SANE_Int *info);

SANE_Status feeder_start(struct feeder *feeder);

/* Of the side being read; before the first one a guess. */
SANE_Status feeder_parameters(struct feeder *feeder, SANE_Parameters *ret_frame);

SANE_Status feeder_read(struct feeder *feeder, SANE_Byte *to, SANE_Int room, SANE_Int *ret_got);

/* Only notes the wish; may come from a signal handler or another thread. It takes effect in the
 * call that is running, or else in the next one. */
void feeder_cancel(struct feeder *feeder);

/* One line on stderr when SANE_DEBUG_TRIPLI is set, as SANE's own backends do. */
void feeder_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

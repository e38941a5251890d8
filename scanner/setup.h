/*
 * A device set up by its profile: options set in order, each read back, the forbidden ones off; and
 * the record of it.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <sane/sane.h>

#include "scanner/device.h"

/* Option values outlive a device's closing, so everything is set anew after each open. Appends one
 * row per option to `evidence`. ERR_DEVICE: a required option or a forbidden one does not read back
 * as it must; ERR_UNSUPPORTED: the profile cannot do what is requested. */
int setup_options(SANE_Handle handle, const struct profile *profile,
                  const struct scan_request *request, struct scan_evidence *evidence,
                  struct err *err);

/* Frees what the record owns. */
void setup_forget(struct scan_evidence *evidence);

/* Reads the sensors that the profile names. */
void setup_read_sensors(SANE_Handle handle, const struct profile_sensors *names,
                        struct scan_sensors *ret_sensors);

/*
 * The state of the archive and its hub in the text format that Prometheus reads (exposition format
 * 0.0.4).
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

/* Writes what `tripli status --json` holds; `verdict` is its exit status, `now_ms` the wall clock.
 * Names are tripli_…; docs/operations.md lists them. */
void prometheus_write(FILE *to, const json_t *status, int verdict, int64_t now_ms);

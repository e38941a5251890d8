/*
 * The archive's counts in the form of `--json` (docs/schemas.md), and the two equations.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "archive/archive.h"

/* A new object: sheets_fed, pages_accepted, filed, blank, separators, to_code, quarantined,
 * waiting, unread, envelopes, documents, by_type (written pages by tag), sheets_rejected,
 * oldest_unread_ms. */
json_t *counts_to_json(const struct archive_counts *counts);

/* accepted = filed + blank + separators + to code + quarantined + waiting + unread */
bool counts_add_up(const struct archive_counts *counts);

/* Adds "tenants": what of each tenant's mail is not filed yet, the oldest first, and when it will
 * have been read at that pace (0: not known); and "feeding": the batches whose last sheet has not
 * been fed, the longest silent first. */
int standings_to_json(struct archive *archive, double pages_per_s, json_t *status, struct err *err);

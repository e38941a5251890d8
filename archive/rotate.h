/*
 * The yearly change of tenant keys (keys_rotate.h), journaled. What only an old key opens, older
 * backups above all, is gone with it.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "archive/archive.h"

/* Changes the keys of a tenant, of every one when it is NULL: those of its compartments that have
 * one. Each is journaled. Returns how many were changed. Durable. */
int rotate_keys(struct archive *archive, const char *tenant, const char *actor, struct err *err);

/* At the start of a writer: journals what an earlier life finished, or this start, and could not
 * journal. */
int rotate_recover(struct archive *archive, struct err *err);

/*
 * How often the archive was opened for writing, in the catalogue and in a file beside it,
 * DATA/life: a catalogue that knows of fewer openings than the file is an older one that was put
 * back by hand. What it does not know would be removed as half made, so it is refused before
 * anything is touched. A copy made and put back within one opening is not told apart. A backup
 * holds no such file.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "archive/archive.h"

/* Counts this opening. ERR_INTEGRITY, and nothing changed, when the catalogue is an older one. */
int life_begin(struct archive *archive, struct err *err);

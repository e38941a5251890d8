/*
 * A folder into which somebody drops files to be sent. Those that are ready are moved into
 * DIR/.sending-DATE, which is submitted as one batch of that day; with the receipt it becomes
 * DIR/.sent/NAME. So a break changes neither files nor day. A file is ready when it has not changed
 * for ten seconds, or FILE.done is there.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "base/err.h"
#include "workers/place.h"

/* Finds what an earlier life began to send, or moves what is ready: 1, or 0 when nothing is. The
 * name of the claimed folder ends in ".sending-YYYY-MM-DD". */
int drop_folder_claim(const char *folder, char ret_claimed[PLACE_SIZE], struct err *err);

/* What was claimed is done with: kept below .sent, which is there, under `name`, or NAME-2 … when
 * the same files were sent before. */
int drop_folder_put_away(const char *folder, const char *claimed, const char *name,
                         struct err *err);

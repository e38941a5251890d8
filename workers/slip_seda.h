/*
 * SEDA 2.3 ArchiveDestructionNotification of a destroyed line: the visa's number as
 * AuthorizationRequestReplyIdentifier, one UnitIdentifier per box (its path in the archive).
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "workers/slip_paper.h"

/* Writes notification-N-LINE.xml into the folder for every destroyed line of the slip. */
int slip_seda_write(struct archive *archive, const struct slip_paper *paper, const char *folder,
                    struct err *err);

/*
 * The capture's side of the way to the hub: pages go out within a window, each is kept until it is
 * acknowledged, and sent again when the acknowledgement does not come. Until then the paper is the
 * truth; after it, the hub is.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include "wire/link.h"
#include "workers/program.h"

struct capture;

/* What is told while it goes on; every function may be NULL. */
struct capture_watch {
    void *context;
    void (*waiting)(void *context, const char *why); /* the hub is away or asks to wait */
    void (*going_on)(void *context);
};

int capture_open(struct program *program, const struct capture_watch *watch,
                 struct capture **ret_capture, struct err *err);
void capture_free(struct capture **capture);

/* Opens the batch (or finds it again by its uuid). The answer names its number, and what the hub
 * has of it already. */
int capture_batch_open(struct capture *capture, const struct batch_open_message *open,
                       struct batch_opened_message *ret_opened, struct err *err);

/* Sends a page; its record, a copy of page->capture, gets what makes the image a faithful copy
 * (décret 2016-1673): software and version, operator, moment, and the digests before and after the
 * step that made the image. Returns when there is room in the window, not when it is acknowledged.
 * ERR_TIMEOUT: the hub stayed away for capture.patience_ms; ERR_CANCELLED: a signal asked to stop;
 * other codes: the hub refused a page for good. */
int capture_page(struct capture *capture, const struct page_message *page, struct bytes image,
                 struct err *err);

/* Waits until every page sent is acknowledged. */
int capture_flush(struct capture *capture, struct err *err);

/* Declares a sheet rejected; returns when it stands in the journal. */
int capture_reject(struct capture *capture, const struct sheet_rejected_message *sheet,
                   struct err *err);

/* Flushes, then ends the batch. */
int capture_batch_end(struct capture *capture, const struct batch_end_message *end,
                      struct err *err);

uint32_t capture_acknowledged(const struct capture *capture);

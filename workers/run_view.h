/*
 * The live view of `tripli run`: on a terminal a block that is drawn anew, in a pipe plain lines.
 * Its words are French: operators read it.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum { VIEW_LANES_MAX = 16 }; /* lanes drawn; more are summed up in one line */

struct run_view {
    bool terminal;
    int lines; /* drawn last time */
    int64_t drawn_ms, started_ms;
    struct {
        char worker[64];
        double pages, rate;
    } lanes[VIEW_LANES_MAX];
    double decided, rate;
};

void run_view_start(struct run_view *view);

/* `status`: the hub's answer, NULL when it gives none now; `capture`: the capture's last progress
 * line, NULL before it. Draws at most a few times a second (terminal) or every 5 s (pipe) unless
 * `last`. */
void run_view_draw(struct run_view *view, const json_t *status, const json_t *capture, bool last);

/* The end: what came of the batch, in some lines for people. */
void run_view_report(const json_t *report);

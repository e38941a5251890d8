/*
 * A reader as its parent sees it: a child process (tripli-reader) at the other end of a socketpair.
 * It gets bytes, gives verdicts, opens nothing after its start, and is killed when it takes too
 * long. A request and an answer are each: JSON length, payload length (32 bits, host order), JSON,
 * payload.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/bytes.h"
#include "base/err.h"
#include "workers/place.h"
#include "workers/tuning.h"

struct reader;

/* Starts the child with OMP_THREAD_LIMIT=1 in its environment; does not wait until it is ready.
 * `place` and `tuning` are borrowed for the reader's life. */
int reader_spawn(const struct place *place, const struct tuning *tuning, struct reader **ret_reader,
                 struct err *err);

/* The same, and waits until it has loaded its models; a child that ends instead has said why. */
int reader_start(const struct place *place, const struct tuning *tuning, struct reader **ret_reader,
                 struct err *err);

/* Kills the child, waits for it, frees. NULL-safe, nulls. */
void reader_kill(struct reader **reader);

/* Readable when an answer (or the child's end) is there. */
int reader_fd(const struct reader *reader);
pid_t reader_pid(const struct reader *reader);
/* Pages answered so far. */
long long reader_pages(const struct reader *reader);

/* Hands a page of a file over. ERR_UNAVAILABLE: the child is gone. */
struct reader_page {
    unsigned page; /* from 1 */
    int deadline_ms;
    const char *finding; /* what capture saw of it (image/quality.h), NULL or "": nothing */
};
int reader_send(struct reader *reader, const struct reader_page *page, struct bytes file,
                struct err *err);

/* Asks for the full text of page 1 of a file that was turned by `rotation` (degrees
 * counter-clockwise); the answer is {"text": "…"} or an error. */
int reader_send_text(struct reader *reader, int rotation, int deadline_ms, struct bytes file,
                     struct err *err);

/* Asks for page 1 of a file as a sheet of a PDF, turned upright by `rotation`, with its words when
 * it is `written`; the answer is {"words": [[text, x, y, width, height], …], "width", "height",
 * "depth", "x_dpi", "y_dpi"} and the rows as page_get_row gives them, or an error. */
struct reader_sheet {
    int rotation;
    bool written;
    int deadline_ms;
};
int reader_send_sheet(struct reader *reader, const struct reader_sheet *sheet, struct bytes file,
                      struct err *err);
/* As reader_receive; the payload is appended. */
int reader_receive_rows(struct reader *reader, int timeout_ms, json_t **ret_answer,
                        struct buf *ret_rows, struct err *err);

/* Waits for the next answer until `timeout_ms`. The first answer is {"ready": id}; then
 * {"verdict": {…}, "pages": n, "cpu_ms": n} or {"error": {"code": "…", "text": "…"}, "pages": n}.
 * ERR_TIMEOUT: nothing came; ERR_UNAVAILABLE: the child died, the text says how. */
int reader_receive(struct reader *reader, int timeout_ms, json_t **ret_answer, struct err *err);

/*
 * Asking the hub, from the tool. Where no hub runs, what a person decides is done right here: the
 * tool takes the writer's place for a moment.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <jansson.h>

#include "archive/archive.h"
#include "archive/find.h"
#include "workers/program.h"

/* A line to a running hub, kept open for several questions; NULL and 0 when no hub answers within
 * `patience_ms`. The program must outlive it. */
struct asker;
int asker_open(const struct program *program, int patience_ms, struct asker **ret_asker,
               struct err *err);
void asker_free(struct asker **asker);

/* One question, one answer within 10 s (ERR_TIMEOUT); a refusal is an error with the hub's words.
 * The answer is a new object. */
int asker_ask(struct asker *asker, const char *verb, json_t *details, json_t **ret_answer,
              struct err *err);

/* A desk verb (workers/desk.h), by the hub or here. `details` is taken. */
int ask_desk(const struct program *program, const char *verb, json_t *details, struct err *err);

/* Opens the archive for reading. */
int ask_open_archive(const struct program *program, struct archive **ret_archive, struct err *err);

/* ERR_DENIED unless the caller's roles open the document's compartment. */
int ask_may_open(const struct program *program, const struct found_document *document,
                 struct err *err);

/* Notes in the access journal that the caller looks at the content of documents (archive/access.h),
 * at most ACCESS_GROUP_MAX of them; nothing of them may be given out before, nor when it fails. */
int ask_note_access(const struct program *program, const struct archive *archive,
                    const struct found_document *documents, size_t count, struct err *err);
/* The same of a page in intake; of a search by insured number among a tenant's documents. */
int ask_note_page(const struct program *program, const struct archive *archive, struct page_id page,
                  struct err *err);
int ask_note_search(const struct program *program, const struct archive *archive,
                    const char *tenant, struct err *err);

/* The caller may open the document, and it is noted that he does. */
int ask_open_document(const struct program *program, const struct archive *archive,
                      const struct found_document *document, struct err *err);

/* After a restore: what the list of the destroyed (archive/tombs.h) names is destroyed again, when
 * there is such a list. */
int ask_settle(const struct program *program, struct err *err);

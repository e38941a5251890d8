/*
 * The verbs of the tool `tripli`: one file per verb, one table in tripli.c.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <jansson.h>

#include "archive/ids.h"
#include "base/day.h"
#include "workers/program.h"

/* Each takes its own command line (argv[0] is "tripli VERB") and returns an exit status. */
int verb_run(int argc, char **argv);
int verb_scan(int argc, char **argv);
int verb_status(int argc, char **argv);
int verb_page(int argc, char **argv);
int verb_batch(int argc, char **argv);
int verb_code(int argc, char **argv);
int verb_quarantine(int argc, char **argv);
int verb_find(int argc, char **argv);
int verb_show(int argc, char **argv);
int verb_why(int argc, char **argv);
int verb_access(int argc, char **argv);
int verb_event(int argc, char **argv);
int verb_tag(int argc, char **argv);
int verb_retention(int argc, char **argv);
int verb_read(int argc, char **argv);
int verb_hold(int argc, char **argv);
int verb_slip(int argc, char **argv);
int verb_export(int argc, char **argv);
int verb_statement(int argc, char **argv);
int verb_verify(int argc, char **argv);
int verb_seal(int argc, char **argv);
int verb_receipt(int argc, char **argv);
int verb_backup(int argc, char **argv);
int verb_rekey(int argc, char **argv);
int verb_tenant(int argc, char **argv);
int verb_learn(int argc, char **argv);
int verb_models(int argc, char **argv);
int verb_separators(int argc, char **argv);
int verb_keygen(int argc, char **argv);
int verb_submit(int argc, char **argv);
int verb_fetch(int argc, char **argv);

/* Parses a verb's options (its parser's input is `input`, whose first member is a struct program)
 * and starts the program. Returns 0, or the exit status to end with after saying why. */
int verb_start(const struct argp *argp, int argc, char **argv, struct program *program);

/* What an argument names: a document, a number from 1 on, a day, a tag, a volet, an insured number
 * that its key proves (the last three: `arg` itself). When it names none the program ends, saying
 * so; an insured number is not repeated. */
struct document_id verb_document_id(const char *arg, const struct argp_state *state);
uint32_t verb_number(const char *arg, const struct argp_state *state);
struct day verb_day(const char *arg, const struct argp_state *state);
const char *verb_tag_name(const char *arg, const struct argp_state *state);
const char *verb_volet(const char *arg, const struct argp_state *state);
const char *verb_insured(const char *arg, const struct argp_state *state);

/* Where a partner's verbs find the platform. An argp child parser; its input is a struct verb_door.
 * A public key that is none ends the program. */
struct verb_door {
    const char *gateway, *gateway_key, *key_file;
    int64_t silent_ms, said_ms; /* since when nothing answers, when that was said */
};
extern const struct argp verb_door_argp;
/* All three were given. */
bool verb_door_is_known(const struct verb_door *door);
/* What a talk's watcher is told (partners/talk.h): a platform that has not answered for ten
 * seconds, or that refuses for a reason of its own, is said in a line on stderr, once a minute. */
void verb_door_wait(struct verb_door *door, const char *why);
/* Ends a partner's verb as verb_end does, on a terminal in French. */
int verb_door_end(const struct program *program, int rc, const struct err *err);

/* Prints one JSON value on a line of its own and frees it. */
void verb_print(json_t *json);

/* Ends a verb: 0, or the error said on stderr. */
int verb_end(const struct program *program, int rc, const struct err *err);

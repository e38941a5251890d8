/*
 * What the machine says of a page, or of a file that it refuses, in the operator's language.
 * Verdicts keep their reasons in English (docs/schemas.md); screens show them in French.
 * SPDX-License-Identifier: Apache-2.0
 */
#pragma once

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

enum { FRENCH_SIZE = 320 }; /* bytes: a reason in French is at most twice as long as in English */

/* "une feuille de soins", "un chèque", …; "rien" for a tag that is not known. */
const char *french_tag(const char *tag);

/* "chèques", "arrêts de travail", …: what a batch was declared as; the word itself where it has no
 * translation. */
const char *french_kind(const char *kind);

/* "un coin manque ou est replié", …: what is wrong with the scan of a side (image/quality.h). */
const char *french_finding(const char *finding);

/* "feuille 12 du lot 3, recto : floue" of one of the hub's `bad_scans` (docs/schemas.md). */
enum { BAD_SCAN_TEXT = 256 }; /* bytes: a place and every finding */
const char *french_bad_scan(const json_t *scan, char ret_text[BAD_SCAN_TEXT]);

/* "établi", "visa accordé", …: a state of a slip or of its line (archive/slip_row.h). */
const char *french_slip_state(const char *state);

/* What follows a noun: "s" from 2 on, for 0 and 1 are singular in French. */
const char *french_plural(uint64_t count);

/* "1,5": a number with the decimal comma. Returns `ret_text`. */
enum { FRENCH_NUMBER_SIZE = 32 };
char *french_decimal(double value, int decimals, char ret_text[FRENCH_NUMBER_SIZE]);
/* "1,5 Mo": bytes in millions. Returns `ret_text`. */
char *french_megabytes(uint64_t bytes, char ret_text[FRENCH_NUMBER_SIZE]);

/* "la réception", "la date des soins", …: what the period of a rule of retention.conf runs from;
 * the name itself where it has no translation. */
const char *french_trigger(const char *trigger);

/* "fichier abîmé, ou pas une image", …: a sheet's or a file's refusal by its code
 * (archive/account.h); the code itself where it has no translation. */
const char *french_refusal(const char *code);

/* The reason for a verdict, or to refuse a file, in French, figures and codes as they are; what has
 * no translation stays as it is. The lint check `reasons` holds the table against classify/ and the
 * readers of image files. Returns `ret_text`. */
const char *french_reason(const char *reason, char ret_text[FRENCH_SIZE]);

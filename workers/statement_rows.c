/*
 * Rows of a month's account: see statement_rows.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "workers/statement_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "workers/french.h"

#define THIN "\u202f" /* between groups of three digits */

static const char *spaced(uint64_t number, char ret_text[STATEMENT_VALUE_SIZE])
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)number);
    size_t at = 0;
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0) {
            memcpy(ret_text + at, THIN, strlen(THIN));
            at += strlen(THIN);
        }
        ret_text[at++] = digits[i];
    }
    ret_text[at] = '\0';
    return ret_text;
}

const char *statement_value(const struct statement_row *row, char ret_text[STATEMENT_VALUE_SIZE])
{
    const long long minutes = row->value / 60000;
    if (row->value < 0)
        snprintf(ret_text, STATEMENT_VALUE_SIZE, "–");
    else if (row->is_time && minutes == 0)
        snprintf(ret_text, STATEMENT_VALUE_SIZE, "%lld s", (long long)row->value / 1000);
    else if (row->is_time)
        snprintf(ret_text, STATEMENT_VALUE_SIZE, "%lld h %02lld min", minutes / 60, minutes % 60);
    else
        spaced((uint64_t)row->value, ret_text);
    return ret_text;
}

const char *statement_month(const char *month, char ret_text[STATEMENT_VALUE_SIZE])
{
    static const char *const names[] = {"janvier",   "février", "mars",     "avril",
                                        "mai",       "juin",    "juillet",  "août",
                                        "septembre", "octobre", "novembre", "décembre"};
    snprintf(ret_text, STATEMENT_VALUE_SIZE, "%s %.4s", names[(atoi(month + 5) + 11) % 12], month);
    return ret_text;
}

static void add(struct statement_row *rows, int *count, const struct statement_row *row)
{
    rows[(*count)++] = *row;
}

static void add_refused(const struct account *of, struct statement_row *rows, int *count)
{
    add(rows, count,
        &(struct statement_row){"Feuilles ou fichiers refusés", 0, (int64_t)of->refused, false});
    for (int i = 0; i < of->reason_count; i++) {
        struct statement_row row = {.depth = 1, .value = (int64_t)of->reasons[i].count};
        snprintf(row.title, sizeof row.title, "%s", french_refusal(of->reasons[i].name));
        if (row.value)
            add(rows, count, &row);
    }
    if (of->unnamed)
        add(rows, count,
            &(struct statement_row){"sans raison notée au journal", 1, (int64_t)of->unnamed,
                                    false});
}

int statement_rows(const struct account *of, int64_t now_ms,
                   struct statement_row ret_rows[STATEMENT_ROWS_MAX])
{
    const struct statement_row pages[] = {
        {"Lots reçus", 0, (int64_t)of->batches, false},
        {"Faces reçues", 0, (int64_t)of->received, false},
        {"archivées", 1, (int64_t)of->archived, false},
        {"triées par la machine", 2, (int64_t)of->by_machine, false},
        {"codées par une personne", 2, (int64_t)of->by_people, false},
        {"en cours", 1, (int64_t)of->under_way, false},
        {"Faces archivées passées par la quarantaine", 0, (int64_t)of->quarantined, false}};
    const struct statement_row documents[] = {
        {"Documents archivés", 0, (int64_t)of->documents, false},
        {"remis à la caisse", 1, (int64_t)of->handed_over, false},
        {"pas encore remis", 1, (int64_t)of->kept, false},
        {"Documents dont une personne a corrigé le type", 0, (int64_t)of->corrected, false},
        {"Âge du plus ancien lot en cours", 0, of->oldest_ms ? now_ms - of->oldest_ms : -1, true},
        {"De la réception à la remise : médiane", 0, of->p50_ms, true},
        {"De la réception à la remise : 95 sur 100 en moins de", 0, of->p95_ms, true},
        {"De la réception à la remise : maximum", 0, of->max_ms, true}};
    int count = 0;
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++)
        add(ret_rows, &count, &pages[i]);
    add_refused(of, ret_rows, &count);
    for (size_t i = 0; i < sizeof documents / sizeof *documents; i++)
        add(ret_rows, &count, &documents[i]);
    return count;
}

static void refusal_equation(const struct account *of, char line[STATEMENT_EQUATION_SIZE])
{
    char number[STATEMENT_VALUE_SIZE];
    int len = snprintf(line, STATEMENT_EQUATION_SIZE, "%s refus =", spaced(of->refused, number));
    bool first = true;
    for (int i = 0; i <= of->reason_count; i++) {
        const uint64_t part = i < of->reason_count ? of->reasons[i].count : of->unnamed;
        if (part == 0 || len >= STATEMENT_EQUATION_SIZE - STATEMENT_VALUE_SIZE)
            continue;
        len += snprintf(line + len, STATEMENT_EQUATION_SIZE - (size_t)len, "%s %s",
                        first ? "" : " +", spaced(part, number));
        first = false;
    }
    if (first)
        snprintf(line + len, STATEMENT_EQUATION_SIZE - (size_t)len, " 0");
}

void statement_equations(const struct account *of,
                         char ret_lines[STATEMENT_EQUATIONS][STATEMENT_EQUATION_SIZE])
{
    char a[STATEMENT_VALUE_SIZE], b[STATEMENT_VALUE_SIZE], c[STATEMENT_VALUE_SIZE];
    snprintf(ret_lines[0], STATEMENT_EQUATION_SIZE, "%s faces reçues = %s archivées + %s en cours",
             spaced(of->received, a), spaced(of->archived, b), spaced(of->under_way, c));
    snprintf(ret_lines[1], STATEMENT_EQUATION_SIZE,
             "%s faces archivées = %s par la machine + %s par une personne",
             spaced(of->archived, a), spaced(of->by_machine, b), spaced(of->by_people, c));
    refusal_equation(of, ret_lines[2]);
    snprintf(ret_lines[3], STATEMENT_EQUATION_SIZE,
             "%s documents archivés = %s remis + %s pas encore remis", spaced(of->documents, a),
             spaced(of->handed_over, b), spaced(of->kept, c));
}

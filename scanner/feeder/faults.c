/*
 * Faults by the letter: see faults.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "scanner/feeder/faults.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct kind_row {
    const char *name;
    bool reading;           /* strikes while the side is read, whatever the percentage */
    unsigned usual_percent; /* when the line gives none */
};

static const struct kind_row kinds[FAULT_KINDS] = {
    [FAULT_JAM] = {"jam", false, 0},
    [FAULT_DOUBLE_FEED] = {"double-feed", false, 0},
    [FAULT_COVER_OPEN] = {"cover-open", false, 0},
    [FAULT_IO_ERROR] = {"io-error", false, 0},
    [FAULT_BUSY] = {"busy", false, 0},
    [FAULT_NO_MEMORY] = {"no-memory", false, 0},
    [FAULT_STOP] = {"stop", false, 0},
    [FAULT_LATE_END] = {"late-end", true, 0},
    [FAULT_HANG] = {"hang", false, 0},
    [FAULT_SHORT_READS] = {"short-reads", true, 0},
    [FAULT_PREMATURE_EOF] = {"premature-eof", true, 50},
    [FAULT_EXCESS] = {"excess", true, 100},
    [FAULT_UNPLUG] = {"unplug", false, 0},
};

const char *fault_name(enum fault_kind kind)
{
    return kinds[kind].name;
}

static int parse_count(const char *text, unsigned long most, unsigned long *ret_count)
{
    char *end = NULL;
    errno = 0;
    *ret_count = strtoul(text, &end, 10);
    return end == text || *end || errno || text[0] == '-' || *ret_count > most ? ERR_FORMAT : 0;
}

static int parse_word(struct fault *fault, const char *word)
{
    unsigned long count = 0;
    int rc = 0;
    if (strncmp(word, "sheet=", 6) == 0) {
        rc = parse_count(word + 6, UINT32_MAX, &count);
        fault->sheet = (uint32_t)count;
    } else if (strncmp(word, "percent=", 8) == 0) {
        rc = parse_count(word + 8, 100, &count);
        fault->percent = (unsigned)count;
    } else if (strcmp(word, "side=front") == 0) {
        fault->side = 0;
    } else if (strcmp(word, "side=back") == 0) {
        fault->side = 1;
    } else if (strcmp(word, "transported=yes") == 0) {
        fault->transported = true;
    } else if (strcmp(word, "transported=no") != 0) {
        rc = ERR_FORMAT;
    }
    return rc;
}

static int parse_fault(const char *text, struct fault *ret_fault, struct err *err)
{
    char words[FAULT_TEXT_MAX + 1];
    char *rest = NULL;
    *ret_fault = (struct fault){0};
    snprintf(words, sizeof words, "%s", text);
    snprintf(ret_fault->text, sizeof ret_fault->text, "%s", text);
    const char *name = strtok_r(words, " \t", &rest);
    int kind = 0;
    while (kind < FAULT_KINDS && strcmp(kinds[kind].name, name) != 0)
        kind++;
    int rc = kind == FAULT_KINDS ? ERR_FORMAT : 0;
    if (rc == 0) {
        ret_fault->kind = (enum fault_kind)kind;
        ret_fault->percent = kinds[kind].usual_percent;
    }
    for (char *word; rc == 0 && (word = strtok_r(NULL, " \t", &rest));)
        rc = parse_word(ret_fault, word);
    if (rc < 0 || ret_fault->sheet == 0)
        return err_set(err, ERR_FORMAT,
                       "fault '%s': want KIND sheet=N [side=front|back] "
                       "[percent=P] [transported=yes|no]",
                       text);
    return 0;
}

int faults_parse(struct fault_list *list, const char *text, size_t length, struct err *err)
{
    for (size_t at = 0; at < length;) {
        size_t end = at;
        while (end < length && text[end] != '\n' && text[end] != ';')
            end++;
        while (at < end && strchr(" \t\r", text[at]))
            at++;
        size_t last = end;
        while (last > at && strchr(" \t\r", text[last - 1]))
            last--;
        char line[FAULT_TEXT_MAX + 1] = "";
        if (last - at > FAULT_TEXT_MAX || list->count == FAULTS_MAX)
            return err_set(err, ERR_LIMIT, "faults: at most %d, of %d bytes each", FAULTS_MAX,
                           FAULT_TEXT_MAX);
        memcpy(line, text + at, last - at);
        at = end + 1;
        if (!line[0] || line[0] == '#')
            continue;
        int rc = parse_fault(line, &list->at[list->count], err);
        if (rc < 0)
            return rc;
        list->count++;
    }
    return 0;
}

struct fault *faults_due(struct fault_list *list, uint32_t sheet, int side, bool reading)
{
    for (size_t i = 0; i < list->count; i++) {
        struct fault *fault = &list->at[i];
        bool while_reading = fault->percent > 0 || kinds[fault->kind].reading;
        if (!fault->struck && fault->sheet == sheet && fault->side == side &&
            while_reading == reading)
            return fault;
    }
    return NULL;
}

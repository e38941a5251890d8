/*
 * Options by name: see option.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "scanner/option.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/scope.h"

static const double FIXED_GRAIN = 0.01; /* SANE_Fixed keeps 1/65536; profiles write hundredths */

const SANE_Option_Descriptor *option_find(SANE_Handle handle, const char *name, SANE_Int *ret_at)
{
    SANE_Int count = 0;
    if (sane_control_option(handle, 0, SANE_ACTION_GET_VALUE, &count, NULL) != SANE_STATUS_GOOD)
        return NULL;
    for (SANE_Int at = 1; at < count && at < OPTION_COUNT_LIMIT; at++) {
        const SANE_Option_Descriptor *option = sane_get_option_descriptor(handle, at);
        if (!option || !option->name || option->type == SANE_TYPE_GROUP)
            continue;
        if (strcmp(option->name, name) != 0 || !SANE_OPTION_IS_ACTIVE(option->cap))
            continue;
        *ret_at = at;
        return option;
    }
    return NULL;
}

static bool is_word(const SANE_Option_Descriptor *option)
{
    return option->type == SANE_TYPE_BOOL || option->type == SANE_TYPE_INT ||
           option->type == SANE_TYPE_FIXED;
}

static int check_size(const SANE_Option_Descriptor *option, struct err *err)
{
    if (is_word(option) && option->size != (SANE_Int)sizeof(SANE_Word))
        return err_set(err, ERR_UNSUPPORTED, "option '%s' is a list of numbers", option->name);
    if (option->size < 0 || option->size > OPTION_VALUE_LIMIT_BYTES)
        return err_set(err, ERR_LIMIT, "option '%s' claims %d bytes, at most %d", option->name,
                       option->size, OPTION_VALUE_LIMIT_BYTES);
    return 0;
}

static void format_value(const SANE_Option_Descriptor *option, const void *value, char *ret_text)
{
    SANE_Word word = 0;
    if (option->type == SANE_TYPE_STRING) {
        snprintf(ret_text, OPTION_TEXT_MAX, "%s", (const char *)value);
        return;
    }
    memcpy(&word, value, sizeof word);
    if (option->type == SANE_TYPE_BOOL)
        snprintf(ret_text, OPTION_TEXT_MAX, "%s", word ? "yes" : "no");
    else if (option->type == SANE_TYPE_INT)
        snprintf(ret_text, OPTION_TEXT_MAX, "%d", word);
    else
        snprintf(ret_text, OPTION_TEXT_MAX, "%g", SANE_UNFIX(word));
}

int option_get(SANE_Handle handle, const char *name, char ret_text[OPTION_TEXT_MAX],
               struct err *err)
{
    SANE_Int at = 0;
    const SANE_Option_Descriptor *option = option_find(handle, name, &at);
    if (!option || !(option->cap & SANE_CAP_SOFT_DETECT) || option->type == SANE_TYPE_BUTTON)
        return err_set(err, ERR_NOT_FOUND, "no option '%s' that can be read", name);
    int rc = check_size(option, err);
    if (rc < 0)
        return rc;
    SCOPED(scope_free) char *value = calloc(1, (size_t)option->size + 1);
    if (!value)
        return err_set(err, ERR_MEMORY, "option '%s': no memory", name);
    SANE_Status status = sane_control_option(handle, at, SANE_ACTION_GET_VALUE, value, NULL);
    if (status != SANE_STATUS_GOOD)
        return err_set(err, ERR_DEVICE, "option '%s' cannot be read: %s", name,
                       sane_strstatus(status));
    format_value(option, value, ret_text);
    return 0;
}

static int parse_number(const char *text, double *ret_number)
{
    char *end = NULL;
    if (strcmp(text, "yes") == 0 || strcmp(text, "no") == 0) {
        *ret_number = text[0] == 'y';
        return 0;
    }
    errno = 0;
    *ret_number = strtod(text, &end);
    return end == text || *end || errno || !isfinite(*ret_number) ? ERR_FORMAT : 0;
}

int option_get_number(SANE_Handle handle, const char *name, double *ret_number, struct err *err)
{
    char text[OPTION_TEXT_MAX];
    int rc = option_get(handle, name, text, err);
    if (rc < 0)
        return rc;
    if (parse_number(text, ret_number) < 0)
        return err_set(err, ERR_FORMAT, "option '%s' is '%.60s', not a number", name, text);
    return 0;
}

/* The end of a number's range or the greatest of its list; 0 when it has neither. */
static double greatest(const SANE_Option_Descriptor *option)
{
    SANE_Word most = 0;
    if (option->constraint_type == SANE_CONSTRAINT_RANGE)
        most = option->constraint.range->max;
    if (option->constraint_type == SANE_CONSTRAINT_WORD_LIST)
        for (SANE_Word i = 1; i <= option->constraint.word_list[0]; i++)
            if (option->constraint.word_list[i] > most)
                most = option->constraint.word_list[i];
    return option->type == SANE_TYPE_FIXED ? SANE_UNFIX(most) : most;
}

static int parse_word(const SANE_Option_Descriptor *option, const char *text, SANE_Word *ret_word,
                      struct err *err)
{
    double number = 0;
    int rc = 0;
    if (strcmp(text, "max") == 0)
        number = greatest(option);
    else if (strcmp(text, "off") != 0)
        rc = parse_number(text, &number);
    bool fixed = option->type == SANE_TYPE_FIXED;
    if (rc < 0 || fabs(number) > (fixed ? 32767 : INT32_MAX) ||
        (!fixed && fabs(number - round(number)) > 0) ||
        (option->type == SANE_TYPE_BOOL && number > 1))
        return err_set(err, ERR_FORMAT, "option '%s' cannot be '%.60s'", option->name, text);
    *ret_word = fixed ? SANE_FIX(number) : (SANE_Word)number;
    return 0;
}

/* Picks the entry of the option's list that is `text`, or for "off" the one that means it. */
static const char *choose_text(const SANE_Option_Descriptor *option, const char *text)
{
    if (option->constraint_type != SANE_CONSTRAINT_STRING_LIST)
        return text;
    for (const SANE_String_Const *entry = option->constraint.string_list; *entry; entry++) {
        bool means_off = strcasecmp(*entry, "Off") == 0 || strcasecmp(*entry, "None") == 0;
        if (strcmp(*entry, text) == 0 || (means_off && strcmp(text, "off") == 0))
            return *entry;
    }
    return NULL;
}

static int parse_text(const SANE_Option_Descriptor *option, const char *text, char *ret_value,
                      struct err *err)
{
    const char *chosen = choose_text(option, text);
    if (!chosen)
        return err_set(err, ERR_FORMAT, "option '%s' has no value '%.60s'", option->name, text);
    if (strlen(chosen) >= (size_t)option->size)
        return err_set(err, ERR_FORMAT, "option '%s': '%.60s' is longer than %d bytes",
                       option->name, chosen, option->size - 1);
    memcpy(ret_value, chosen, strlen(chosen) + 1);
    return 0;
}

int option_set(SANE_Handle handle, const char *name, const char *text, struct err *err)
{
    SANE_Int at = 0, info = 0;
    SANE_Word word = 0;
    const SANE_Option_Descriptor *option = option_find(handle, name, &at);
    if (!option || !SANE_OPTION_IS_SETTABLE(option->cap))
        return err_set(err, ERR_NOT_FOUND, "no option '%s' that can be set", name);
    int rc = option->type == SANE_TYPE_BUTTON ? 0 : check_size(option, err);
    if (rc < 0)
        return rc;
    SCOPED(scope_free) char *value = calloc(1, (size_t)option->size + sizeof word);
    if (!value)
        return err_set(err, ERR_MEMORY, "option '%s': no memory", name);
    if (option->type == SANE_TYPE_STRING)
        rc = parse_text(option, text, value, err);
    else if (is_word(option) && (rc = parse_word(option, text, &word, err)) == 0)
        memcpy(value, &word, sizeof word);
    if (rc < 0)
        return rc;
    SANE_Status status = sane_control_option(handle, at, SANE_ACTION_SET_VALUE, value, &info);
    if (status != SANE_STATUS_GOOD)
        return err_set(err, ERR_DEVICE, "option '%s' = '%.60s' is refused: %s", name, text,
                       sane_strstatus(status));
    return 0;
}

bool option_stands(SANE_Handle handle, const char *name, const char *asked, double within)
{
    char got[OPTION_TEXT_MAX];
    SANE_Int at = 0;
    SANE_Word word = 0;
    double number = 0;
    const SANE_Option_Descriptor *option = option_find(handle, name, &at);
    if (!option || option_get(handle, name, got, NULL) < 0)
        return false;
    if (option->type == SANE_TYPE_STRING) {
        const char *chosen = choose_text(option, asked);
        return chosen && strcmp(chosen, got) == 0;
    }
    if (parse_word(option, asked, &word, NULL) < 0 || parse_number(got, &number) < 0)
        return false;
    double want = option->type == SANE_TYPE_FIXED ? SANE_UNFIX(word) : word;
    return fabs(want - number) <= within + FIXED_GRAIN;
}

/*
 * Cerfa number, volet and organisation code in OCR text, and all fields together: see fields.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "classify/fields.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "classify/keys.h"
#include "classify/text_line.h"

enum { CERFA_CHARS = 8, STAR = 5 }; /* of "12541*02" */

/* Sets a value that was read; a second, different one makes the field absent again: which of them
 * holds is not known. */
struct single {
    struct field field;
    int values;
};

static void offer(struct single *single, const char *value, struct box box)
{
    if (single->values > 0 && strcmp(single->field.value, value) == 0)
        return;
    if (single->values++ == 0) {
        single->field = (struct field){.state = FIELD_READ, .box = box};
        snprintf(single->field.value, sizeof single->field.value, "%s", value);
    } else {
        single->field = (struct field){.state = FIELD_ABSENT};
    }
}

static bool starts_number(const char *plain, int at)
{
    return isdigit((unsigned char)plain[at]) && (at == 0 || !isdigit((unsigned char)plain[at - 1]));
}

/* "12541*02"; the star may stand apart. '#' is a notice, no form. */
static void find_cerfa(const struct ocr_text *text, const struct text_line *line,
                       struct single *single)
{
    for (int at = 0; at < line->length; at++) {
        char number[CERFA_SIZE], tight[CERFA_SIZE] = "";
        int used = 0, end = at;
        if (!starts_number(line->plain, at))
            continue;
        for (; end < line->length && used < CERFA_CHARS; end++)
            if (line->plain[end] != ' ')
                tight[used++] = line->plain[end];
            else if (used != STAR && used != STAR + 1)
                break;
        if (!isdigit((unsigned char)line->plain[end]) && cerfa_is_number(tight, number))
            offer(single, number, text_line_box(text, line, at, end));
    }
}

void field_find_cerfa(const struct ocr_text *text, struct field *ret_field)
{
    struct single single = {0};
    struct text_line line;
    for (size_t word = 0; word < text->count;) {
        word = text_line_take(text, word, &line);
        find_cerfa(text, &line, &single);
    }
    *ret_field = single.field;
}

/* "volet 1", "volet n° 2": the line that says where this volet goes counts before all others, for
 * forms speak of their other volets too. */
static void find_volet(const struct ocr_text *text, const struct text_line *line,
                       struct single *any, struct single *addressed)
{
    const char *at = line->plain;
    while ((at = strstr(at, "volet ")) != NULL) {
        const char *digit = at + strlen("volet ");
        digit += strncmp(digit, "no ", 3) == 0 ? 3 : strncmp(digit, "no", 2) == 0 ? 2 : 0;
        bool alone = *digit >= '1' && *digit <= '4' && !isalnum((unsigned char)digit[1]);
        const char value[2] = {*digit, '\0'};
        int from = (int)(at - line->plain), to = (int)(digit + 1 - line->plain);
        at = digit;
        if (!alone)
            continue;
        struct box box = text_line_box(text, line, from, to);
        offer(any, value, box);
        const char *rest = digit + 1 + strspn(digit + 1, " ,:-~");
        if (from < 4 && strncmp(rest, "a ", 2) == 0)
            offer(addressed, value, box);
    }
}

void field_find_volet(const struct ocr_text *text, struct field *ret_field)
{
    struct single any = {0}, addressed = {0};
    struct text_line line;
    for (size_t word = 0; word < text->count;) {
        word = text_line_take(text, word, &line);
        find_volet(text, &line, &any, &addressed);
    }
    *ret_field = addressed.values > 0 ? addressed.field : any.field;
}

/* Nine digits, blanks allowed, after a word that names what they are. */
static void find_organisation(const struct ocr_text *text, const struct text_line *line,
                              struct single *single)
{
    static const char *const names[] = {"organisme", "rattachement"};
    const char *after = NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *name = strstr(line->plain, names[i]);
        if (name && name + strlen(names[i]) > after)
            after = name + strlen(names[i]);
    }
    if (!after)
        return;
    char digits[10] = "";
    int used = 0, from = -1, at = (int)(after - line->plain);
    for (; at < line->length; at++) {
        char character = line->plain[at];
        if (!isdigit((unsigned char)character)) {
            if (used > 0 && character != ' ')
                break;
            continue;
        }
        if (used == 9)
            return;
        from = from < 0 ? at : from;
        digits[used++] = character;
    }
    digits[used] = '\0';
    if (used == 9 && organisation_is_code(digits))
        offer(single, digits, text_line_box(text, line, from, at));
}

void field_find_organisation(const struct ocr_text *text, struct field *ret_field)
{
    struct single single = {0};
    struct text_line line;
    for (size_t word = 0; word < text->count;) {
        word = text_line_take(text, word, &line);
        find_organisation(text, &line, &single);
    }
    *ret_field = single.field;
}

/* A field that is proven stays; so does one that was read when nothing was found now. */
static void merge(struct field *field, const struct field *found)
{
    if (field->state == FIELD_PROVEN || (found->state == FIELD_ABSENT && found->box.width == 0))
        return;
    if (found->state >= field->state)
        *field = *found;
}

void fields_of_text(const struct ocr_text *text, const struct fields_context *context,
                    struct field fields[FIELD_COUNT])
{
    struct field found;
    field_find_nir(text, &found);
    merge(&fields[FIELD_NIR], &found);
    field_find_cerfa(text, &found);
    merge(&fields[FIELD_CERFA], &found);
    field_find_volet(text, &found);
    merge(&fields[FIELD_VOLET], &found);
    field_find_organisation(text, &found);
    merge(&fields[FIELD_ORGANISATION], &found);
    field_find_date(text, context, &found);
    merge(&fields[FIELD_DATE], &found);
}

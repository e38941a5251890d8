/*
 * Lines of words as plain characters: see text_line.h.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "classify/text_line.h"

#include <ctype.h>
#include <string.h>

/* Second bytes of U+00C0..U+00FF (after 0xc3), folded. */
static const char latin[] = "aaaaaaaceeeeiiiidnooooo~ouuuuy~~aaaaaaaceeeeiiiidnooooo~ouuuuy~y";

/* One character of UTF-8 as plain ASCII; moves `at` past it. */
static char fold(const unsigned char **at)
{
    unsigned char lead = *(*at)++;
    if (lead < 0x80)
        return (char)tolower(lead);
    unsigned char next = **at;
    while ((**at & 0xc0) == 0x80)
        (*at)++;
    if (lead == 0xc3 && next >= 0x80 && next <= 0xbf)
        return latin[next - 0x80];
    if (lead == 0xc2 && (next == 0xb0 || next == 0xba))
        return 'o';
    return '~';
}

static void add(struct text_line *line, char character, int word)
{
    if (line->length >= TEXT_LINE_SIZE - 1)
        return;
    line->plain[line->length] = character;
    line->words[line->length++] = word;
}

size_t text_line_take(const struct ocr_text *text, size_t first, struct text_line *ret_line)
{
    size_t word = first;
    ret_line->length = 0;
    for (; word < text->count && text->words[word].line == text->words[first].line; word++) {
        if (word > first)
            add(ret_line, ' ', -1);
        const unsigned char *at = (const unsigned char *)text->words[word].text;
        while (at && *at)
            add(ret_line, fold(&at), (int)word);
    }
    ret_line->plain[ret_line->length] = '\0';
    return word;
}

struct box text_line_box(const struct ocr_text *text, const struct text_line *line, int from,
                         int to)
{
    int left = INT32_MAX, top = INT32_MAX, right = INT32_MIN, bottom = INT32_MIN;
    for (int i = from; i < to; i++) {
        if (line->words[i] < 0)
            continue;
        const struct ocr_rect *box = &text->words[line->words[i]].box;
        left = box->x < left ? box->x : left;
        top = box->y < top ? box->y : top;
        right = box->x + box->width > right ? box->x + box->width : right;
        bottom = box->y + box->height > bottom ? box->y + box->height : bottom;
    }
    if (left > right)
        return (struct box){0};
    return (struct box){left, top, right - left, bottom - top};
}

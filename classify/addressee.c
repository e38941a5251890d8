/*
 * Addressees: see addressee.h. A name counts where it is most of its piece of a line and ends it,
 * but for its place ("de Nice"). A piece ends at a wide gap: an address often stands beside the
 * sender's. Running text has short lines that end with a name, too, close under a line of words:
 * there only a name counts that begins its line with a capital, as in addresses, or a salutation.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "classify/addressee.h"

#include <ctype.h>
#include <string.h>

enum { TEXT_LINE_WORDS = 4 }; /* on a line that may be running text */

/* "Madame, Monsieur le médecin-conseil," is the longest salutation: the name is 14 of 30 letters.
 */
static const double least_share = 0.45;
static const double wide_gap = 2;     /* heights of a word; blanks are a third of one */
static const double close_line = 1.0; /* heights of a word from line to line: running text */
static const double upper_part = 0.6; /* of the page: copies and footers are named below */

/* Words first..last of one line without a wide gap between. */
struct piece {
    size_t first, last;
};

static bool are_neighbours(const struct ocr_word *left, const struct ocr_word *right)
{
    return left->line == right->line &&
           right->box.x - left->box.x - left->box.width < wide_gap * left->box.height;
}

static struct piece piece_round(const struct ocr_text *text, size_t word)
{
    struct piece piece = {word, word};
    while (piece.first > 0 &&
           are_neighbours(&text->words[piece.first - 1], &text->words[piece.first]))
        piece.first--;
    while (piece.last + 1 < text->count &&
           are_neighbours(&text->words[piece.last], &text->words[piece.last + 1]))
        piece.last++;
    return piece;
}

static double letters(const struct ocr_text *text, size_t first, size_t last)
{
    double count = 0;
    char plain[PHRASE_WORD_SIZE];
    for (size_t i = first; i <= last; i++)
        count += phrase_normalise(text->words[i].text, plain);
    return count;
}

static bool is_one_of(const struct ocr_word *word, const char *const words[])
{
    char plain[PHRASE_WORD_SIZE];
    phrase_normalise(word->text, plain);
    while (*words && strcmp(plain, *words) != 0)
        words++;
    return *words != NULL;
}

/* "Service médical" or "Madame, Monsieur le médecin-conseil," is no end of a sentence. */
static bool begins_anew(const struct ocr_text *text, const struct piece *piece, size_t name)
{
    static const char *const titles[] = {"MADAME", "MONSIEUR", "MME", "DOCTEUR", NULL};
    const struct ocr_word *first = &text->words[piece->first];
    const unsigned char *letter = (const unsigned char *)first->text;
    bool small = islower(letter[0]) || (letter[0] == 0xC3 && letter[1] >= 0xA0); /* UTF-8: à to ÿ */
    return is_one_of(first, titles) || (name == piece->first && !small);
}

/* Does a line of words lie close above the piece? */
static bool follows_closely(const struct ocr_text *text, const struct piece *piece)
{
    const struct ocr_rect *under = &text->words[piece->first].box;
    if (piece->first == 0)
        return false;
    struct piece above = piece_round(text, piece->first - 1);
    const struct ocr_rect *box = &text->words[above.first].box;
    return above.last - above.first + 1 >= TEXT_LINE_WORDS && box->y < under->y &&
           under->y - box->y - box->height < close_line * under->height;
}

static bool is_addressed(const struct ocr_text *text, const struct phrase_hit *hit, double height)
{
    static const char *const of_place[] = {"DE", "DU", "DES", "D", NULL};
    struct piece piece = piece_round(text, hit->first);
    if (text->words[hit->first].box.y >= upper_part * height || hit->last > piece.last ||
        (hit->last < piece.last && !is_one_of(&text->words[hit->last + 1], of_place)))
        return false;
    return letters(text, hit->first, hit->last) >=
               least_share * letters(text, piece.first, piece.last) &&
           (begins_anew(text, &piece, hit->first) || !follows_closely(text, &piece));
}

static struct ocr_rect round_words(const struct ocr_text *text, const struct phrase_hit *hit)
{
    const struct ocr_rect *a = &text->words[hit->first].box, *b = &text->words[hit->last].box;
    int32_t lower = a->y + a->height > b->y + b->height ? a->y + a->height : b->y + b->height;
    int32_t upper = a->y < b->y ? a->y : b->y;
    return (struct ocr_rect){a->x, upper, b->x + b->width - a->x, lower - upper};
}

bool addressee_find(const struct ocr_text *text, const struct addressee *addressee, double height,
                    struct ocr_rect *ret_box)
{
    struct phrase_hit hit;
    for (int i = 0; i < addressee->count; i++)
        for (size_t from = 0; phrase_find(&addressee->names[i], text, from, &hit);
             from = hit.first + 1)
            if (is_addressed(text, &hit, height)) {
                *ret_box = round_words(text, &hit);
                return true;
            }
    return false;
}

/*
 * Walking the word graphs: see dictionary.h. An edge is letter, flags, and the index of the first
 * edge of the node it leads to (0: none). The edges of node 0 are sorted by letter.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ocr/fast/dictionary.h"

enum { FLAG_WORD_END = 4, FLAG_BITS = 3, CORE = 0, PROPERTY_DIGIT = 8 };

static uint32_t letter_of(const struct fast_dawg *dawg, uint32_t edge)
{
    return (uint32_t)(dawg->edges[edge] & ((UINT64_C(1) << dawg->letter_bits) - 1));
}

static bool has_flag(const struct fast_dawg *dawg, uint32_t edge, unsigned flag)
{
    return dawg->edges[edge] >> dawg->letter_bits & flag;
}

static bool ends_word(const struct fast_dawg *dawg, uint32_t edge)
{
    return edge != FAST_NO_EDGE && has_flag(dawg, edge, FLAG_WORD_END);
}

/* The first edge of the node behind `edge`; 0 for the root; FAST_NO_EDGE when nothing follows. */
static uint32_t node_behind(const struct fast_dawg *dawg, uint32_t edge)
{
    if (edge == FAST_NO_EDGE)
        return 0;
    uint64_t node = dawg->edges[edge] >> (dawg->letter_bits + FLAG_BITS);
    return node == 0 || node >= dawg->count ? FAST_NO_EDGE : (uint32_t)node;
}

static uint32_t root_edge(const struct fast_dawg *dawg, uint32_t letter)
{
    uint32_t low = 0, high = dawg->root_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (letter_of(dawg, middle) == letter)
            return middle;
        if (letter_of(dawg, middle) < letter)
            low = middle + 1;
        else
            high = middle;
    }
    return FAST_NO_EDGE;
}

static uint32_t edge_for(const struct fast_dawg *dawg, uint32_t node, uint32_t letter)
{
    if (dawg->count == 0 || node == FAST_NO_EDGE)
        return FAST_NO_EDGE;
    if (node == 0)
        return root_edge(dawg, letter);
    for (uint32_t edge = node; edge < dawg->count; edge++) {
        if (letter_of(dawg, edge) == letter)
            return edge;
        if (has_flag(dawg, edge, FAST_EDGE_LAST))
            break;
    }
    return FAST_NO_EDGE;
}

/* ---- prefixes ---- */

struct extension {
    const struct fast_model *model;
    int id;
    struct fast_prefix *to;
    enum fast_source source;
    bool complete;
};

static const struct fast_dawg *core_dawg(const struct fast_model *model, enum fast_source core)
{
    return core == SOURCE_NUMBERS ? &model->numbers : &model->words;
}

/* In the number graph any digit is letter 0. */
static uint32_t core_letter(const struct extension *extension, enum fast_source core)
{
    const struct fast_char *of = &extension->model->charset.chars[extension->id];
    bool digit = core == SOURCE_NUMBERS && of->properties & PROPERTY_DIGIT;
    return digit ? CORE : (uint32_t)extension->id;
}

static bool same_position(const struct fast_position *a, const struct fast_position *b)
{
    return a->core == b->core && a->after == b->after && a->edge == b->edge &&
           a->punctuation == b->punctuation;
}

static void add_position(struct extension *extension, struct fast_position position,
                         enum fast_source source, bool complete)
{
    struct fast_prefix *to = extension->to;
    extension->source = source > extension->source ? source : extension->source;
    extension->complete |= complete;
    for (int i = 0; i < to->count; i++)
        if (same_position(&to->at[i], &position))
            return;
    if (to->count < FAST_POSITIONS_MAX)
        to->at[to->count++] = position;
}

/* Before the core: it may begin here, or punctuation goes on. */
static void extend_opening(struct extension *extension, const struct fast_position *at)
{
    static const enum fast_source cores[] = {SOURCE_WORDS, SOURCE_NUMBERS};
    const struct fast_dawg *punctuation = &extension->model->punctuation;
    uint32_t node = node_behind(punctuation, at->punctuation);
    uint32_t through = edge_for(punctuation, node, CORE);
    for (int i = 0; through != FAST_NO_EDGE && i < 2; i++) {
        const struct fast_dawg *dawg = core_dawg(extension->model, cores[i]);
        uint32_t edge = edge_for(dawg, 0, core_letter(extension, cores[i]));
        if (edge != FAST_NO_EDGE)
            add_position(extension, (struct fast_position){cores[i], false, edge, through},
                         cores[i], ends_word(dawg, edge) && ends_word(punctuation, through));
    }
    uint32_t mark = edge_for(punctuation, node, (uint32_t)extension->id);
    if (mark != FAST_NO_EDGE)
        add_position(extension, (struct fast_position){SOURCE_NONE, false, FAST_NO_EDGE, mark},
                     SOURCE_PUNCTUATION, ends_word(punctuation, mark));
}

/* In the core: punctuation may follow where a word ends, or the core goes on. */
static void extend_core(struct extension *extension, const struct fast_position *at)
{
    const struct fast_dawg *punctuation = &extension->model->punctuation;
    const struct fast_dawg *dawg = core_dawg(extension->model, at->core);
    if (ends_word(dawg, at->edge)) {
        uint32_t node = node_behind(punctuation, at->punctuation);
        uint32_t mark = edge_for(punctuation, node, (uint32_t)extension->id);
        if (mark != FAST_NO_EDGE)
            add_position(extension, (struct fast_position){at->core, true, at->edge, mark},
                         at->core, ends_word(punctuation, mark));
    }
    if (at->after)
        return;
    uint32_t edge = edge_for(dawg, node_behind(dawg, at->edge), core_letter(extension, at->core));
    if (edge != FAST_NO_EDGE)
        add_position(extension, (struct fast_position){at->core, false, edge, at->punctuation},
                     at->core, ends_word(dawg, edge) && ends_word(punctuation, at->punctuation));
}

void fast_prefix_start(struct fast_prefix *ret_prefix)
{
    ret_prefix->count = 1;
    ret_prefix->at[0] = (struct fast_position){SOURCE_NONE, false, FAST_NO_EDGE, FAST_NO_EDGE};
}

enum fast_source fast_prefix_extend(const struct fast_model *model,
                                    const struct fast_prefix *prefix, int id,
                                    struct fast_prefix *ret_prefix, bool *ret_complete)
{
    struct extension extension = {.model = model, .id = id, .to = ret_prefix};
    ret_prefix->count = 0;
    for (int i = 0; i < prefix->count && id > 0; i++) {
        if (prefix->at[i].core == SOURCE_NONE)
            extend_opening(&extension, &prefix->at[i]);
        else
            extend_core(&extension, &prefix->at[i]);
    }
    *ret_complete = extension.complete;
    return extension.source;
}

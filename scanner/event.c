/*
 * Events and their French sentences: see event.h. One row per kind; a profile may put its own
 * sentence in front of a row, never in front of the numbers.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "scanner/event.h"

#include <stdio.h>
#include <string.h>

struct kind_row {
    const char *name;
    const char *say;
};

static const struct kind_row kinds[SCAN_EVENT_KINDS] = {
    [SCAN_END] = {"end", "Le chargeur est vide : {count}.{tray}"},
    [SCAN_END_UNSURE] =
        {"end_unsure", "Le scanner annonce la fin du papier : {count}. Il n'a pas de capteur pour "
                       "le prouver : vérifiez que le chargeur est vide et comptez les feuilles "
                       "avant de fermer le lot.{tray}"},
    [SCAN_EMPTY] = {"empty", "Le chargeur est vide et rien n'a été lu : posez les feuilles dans le "
                             "chargeur, la feuille n° {sheet} en premier, puis reprenez. {read}"},
    [SCAN_STOP] = {"stop",
                   "Arrêt demandé au scanner, il reste du papier dans le chargeur : {count}. "
                   "Le lot n'est pas fini : ne retirez rien et reprenez, la prochaine feuille "
                   "est la n° {sheet}.{tray}"},
    [SCAN_JAM] = {"jam", "Bourrage à la feuille n° {sheet}. Ouvrez le scanner, retirez la feuille "
                         "restée dans le passage, aplatissez-la, remettez-la en premier dans le "
                         "chargeur et reprenez. {read}{tray}"},
    [SCAN_DOUBLE_FEED] =
        {"double_feed",
         "Double prise à la feuille n° {sheet} : plusieurs feuilles sont passées "
         "ensemble. Retirez-les du passage et du dessus du bac de sortie, séparez-les, "
         "remettez-les dans l'ordre à partir de la feuille n° {sheet} et reprenez. "
         "{read}{tray}"},
    [SCAN_JAM_OR_DOUBLE_FEED] =
        {"jam_or_double_feed",
         "Bourrage ou double prise à la feuille n° {sheet}. Ouvrez le scanner, "
         "retirez ce qui reste dans le passage, séparez et aplatissez les "
         "feuilles, remettez-les dans l'ordre à partir de la feuille n° {sheet} "
         "et reprenez. {read}{tray}"},
    [SCAN_COVER_OPEN] = {"cover_open",
                         "Le capot du scanner est ouvert. S'il reste une feuille dans le "
                         "passage, remettez-la en premier dans le chargeur : c'est la "
                         "n° {sheet}. Fermez le capot et reprenez. {read}{tray}"},
    [SCAN_IO_ERROR] = {"io_error",
                       "Erreur de liaison avec le scanner à la feuille n° {sheet}. Si cette "
                       "feuille est sortie ou restée dans le passage, remettez-la en "
                       "premier dans le chargeur, puis reprenez. {read}{tray}"},
    [SCAN_UNPLUGGED] = {"unplugged",
                        "Le scanner ne répond plus : vérifiez son câble et son alimentation. Si la "
                        "feuille n° {sheet} est sortie ou restée dans le passage, remettez-la en "
                        "premier dans le chargeur, puis reprenez. {read}"},
    [SCAN_BUSY] = {"busy",
                   "Le scanner est occupé par un autre programme. Libérez-le, puis reprenez à "
                   "la feuille n° {sheet}. {read}{tray}"},
    [SCAN_DENIED] = {"denied", "L'accès au scanner est refusé à ce programme : appelez "
                               "l'administrateur. La prochaine feuille est la n° {sheet}. {read}"},
    [SCAN_CANCELLED] =
        {"cancelled",
         "Numérisation interrompue à la feuille n° {sheet}. Si cette feuille est sortie "
         "ou restée dans le passage, remettez-la en premier dans le chargeur, puis "
         "reprenez. {read}{tray}"},
    [SCAN_INCOMPLETE] =
        {"incomplete",
         "L'image de la feuille n° {sheet} est incomplète et n'a pas été gardée. "
         "Reprenez cette feuille dans le passage ou sur le bac de sortie, remettez-la "
         "en premier dans le chargeur et reprenez. {read}{tray}"},
    [SCAN_TOO_LARGE] =
        {"too_large", "L'image de la feuille n° {sheet} est trop grande et n'a pas été gardée. "
                      "Reprenez cette feuille, choisissez une résolution plus basse ou rejetez-la "
                      "avec un motif, puis reprenez. {read}{tray}"},
    [SCAN_UNSUPPORTED] = {"unsupported",
                          "Le scanner envoie une forme d'image qui n'est pas lue ici : appelez "
                          "l'administrateur (réglage du mode). Remettez la feuille n° {sheet} en "
                          "premier dans le chargeur. {read}{tray}"},
    [SCAN_NO_MEMORY] =
        {"no_memory",
         "La machine manque de mémoire. Remettez la feuille n° {sheet} en premier dans "
         "le chargeur, puis reprenez quand la mémoire est libérée. {read}{tray}"},
    [SCAN_REFUSED] = {"refused", "Le scanner refuse de démarrer : éteignez-le, rallumez-le, puis "
                                 "reprenez à la feuille n° {sheet}. {read}{tray}"},
    [SCAN_HUNG] = {"hung", "Le scanner ne donne plus signe de vie. Éteignez-le, retirez la feuille "
                           "restée dans le passage, rallumez-le, remettez la feuille n° {sheet} en "
                           "premier dans le chargeur et reprenez. {read}"},
};

const char *scan_event_name(enum scan_event_kind kind)
{
    return (unsigned)kind < SCAN_EVENT_KINDS ? kinds[kind].name : "unknown";
}

int scan_event_parse(const char *name)
{
    for (int kind = 0; kind < SCAN_EVENT_KINDS; kind++)
        if (strcmp(kinds[kind].name, name) == 0)
            return kind;
    return -1;
}

bool scan_event_is_end(enum scan_event_kind kind)
{
    return kind == SCAN_END || kind == SCAN_END_UNSURE || kind == SCAN_EMPTY;
}

/* A sentence being written; `used` never passes the last complete character. */
struct sentence {
    char *at;
    size_t used, size;
};

static void sentence_add(struct sentence *to, const char *text, size_t length)
{
    size_t room = to->size - 1 - to->used;
    if (length > room) {
        length = room;
        while (length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80)
            length--; /* not into the middle of a UTF-8 character */
    }
    memcpy(to->at + to->used, text, length);
    to->used += length;
    to->at[to->used] = '\0';
}

static void describe_count(uint32_t complete, char *ret_text, size_t size)
{
    if (complete == 0)
        snprintf(ret_text, size, "aucune feuille lue");
    else if (complete == 1)
        snprintf(ret_text, size, "1 feuille lue");
    else
        snprintf(ret_text, size, "%u feuilles lues", complete);
}

static void describe_read(uint32_t complete, char *ret_text, size_t size)
{
    if (complete == 0)
        snprintf(ret_text, size, "Aucune feuille n'est encore lue.");
    else if (complete == 1)
        snprintf(ret_text, size, "La feuille n° 1 est lue : ne la remettez pas.");
    else
        snprintf(ret_text, size, "Les feuilles n° 1 à n° %u sont lues : ne les remettez pas.",
                 complete);
}

static void describe_tray(uint32_t passed, char *ret_text, size_t size)
{
    ret_text[0] = '\0';
    if (passed == 1)
        snprintf(ret_text, size,
                 " Attention : la dernière feuille du bac de sortie est passée sans être lue, "
                 "remettez-la aussi en tête du chargeur.");
    else if (passed > 1)
        snprintf(ret_text, size,
                 " Attention : les %u dernières feuilles du bac de sortie sont passées sans être "
                 "lues, remettez-les aussi en tête du chargeur.",
                 passed);
}

/* Writes what the placeholder at `at` stands for; returns its length, 0 when it is none. */
static size_t fill_placeholder(const struct scan_event *event, const char *at, struct sentence *to)
{
    static const char *const names[] = {"{sheet}", "{count}", "{read}", "{tray}"};
    char text[200] = "";
    unsigned which = 0;
    while (which < 4 && strncmp(at, names[which], strlen(names[which])) != 0)
        which++;
    if (which == 4)
        return 0;
    if (which == 0)
        snprintf(text, sizeof text, "%u", event->feed_from);
    else if (which == 1)
        describe_count(event->sheets_complete, text, sizeof text);
    else if (which == 2)
        describe_read(event->sheets_complete, text, sizeof text);
    else
        describe_tray(event->passed_unread, text, sizeof text);
    sentence_add(to, text, strlen(text));
    return strlen(names[which]);
}

void scan_event_phrase(struct scan_event *event, const char *say)
{
    struct sentence to = {.at = event->sentence, .size = sizeof event->sentence};
    if (!say)
        say = kinds[event->kind].say;
    event->sentence[0] = '\0';
    while (*say) {
        size_t placeholder = *say == '{' ? fill_placeholder(event, say, &to) : 0;
        size_t plain = placeholder ? 0 : 1 + strcspn(say + 1, "{");
        sentence_add(&to, say, plain);
        say += placeholder + plain;
    }
}

/*
 * The grammar: a rule has alternatives; "{name}" in one stands for another rule, {date}, {amount},
 * {number} and the like for drawn values. Expansion is depth-first.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bench/mail/letter_text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/scope.h"

enum { EXPANSION_DEPTH_MAX = 8, ALTERNATIVES_MAX = 16, SENTENCE_WORDS_MAX = 40 };

struct rule {
    const char *name;
    const char *alternatives[ALTERNATIVES_MAX];
};

static const struct rule rules[] = {
    {"greeting",
     {"Madame, Monsieur,", "Monsieur le Directeur,", "Madame la Directrice,",
      "Madame, Monsieur le médecin-conseil,", "Bonjour,"}},
    {"opening",
     {"Suite à votre courrier du {date}, je me permets de revenir vers vous au sujet de {matter}.",
      "Je vous écris au sujet de {matter}, pour laquelle je n'ai reçu aucune réponse à ce jour.",
      "Par la présente, je souhaite appeler votre attention sur {matter}.",
      "J'ai bien reçu votre notification du {date} concernant {matter} et je tiens à la contester.",
      "Comme convenu par téléphone le {date} avec {agent}, je vous adresse les pièces relatives à "
      "{matter}.",
      "Je soussigné(e) {name}, assuré(e) sous le numéro indiqué en tête, sollicite votre "
      "bienveillance pour {matter}.",
      "Malgré mes relances des {date} et {date}, {matter} n'est toujours pas réglée."}},
    {"matter",
     {"ma demande de remboursement de {care}", "la prise en charge de {care}",
      "mes indemnités journalières de la période du {date} au {date}",
      "ma demande de complémentaire santé solidaire", "la mise à jour de mon dossier",
      "la demande d'accord préalable de {care}", "ma déclaration d'accident du travail du {date}",
      "la reconnaissance de mon affection de longue durée",
      "l'attestation de salaire établie par {company}"}},
    {"care",
     {"soins dentaires", "frais d'optique", "transport en ambulance", "séances de kinésithérapie",
      "consultations de spécialiste", "soins infirmiers à domicile", "mes analyses de biologie",
      "mon appareillage auditif", "la cure thermale prescrite", "mon hospitalisation du {date}",
      "la location d'un lit médicalisé"}},
    {"fact",
     {"Les soins ont été effectués le {date} par le docteur {surname}, pour un montant de "
      "{amount}.",
      "La feuille de soins correspondante vous a été envoyée par courrier simple le {date}, "
      "accompagnée de l'ordonnance.",
      "Mon relevé de prestations fait apparaître un remboursement de {amount} au lieu de {amount}.",
      "Depuis le {date}, je suis en arrêt de travail et je n'ai perçu aucun versement de votre "
      "part.",
      "Mon employeur, {company}, m'indique que l'attestation de salaire vous a été transmise le "
      "{date}.",
      "Le volet 1 de mon arrêt de travail a été remis à l'accueil de votre agence le {date} contre "
      "récépissé.",
      "J'ai changé d'adresse le {date} et mon courrier n'est plus acheminé à mon ancien domicile.",
      "La pharmacie de {place} a refusé d'appliquer le tiers payant, car mes droits n'étaient pas "
      "à jour sur ma carte Vitale.",
      "Mon médecin traitant, le docteur {surname}, a renouvelé le protocole de soins le {date}.",
      "Le dossier porte la référence {reference} dans vos services.",
      "Je suis suivi(e) à l'hôpital de {place} depuis le {date} et les trajets représentent "
      "{number} kilomètres par semaine.",
      "Ma situation familiale a changé : je suis séparé(e) depuis le {date} et j'ai {count} "
      "enfants à charge.",
      "Mes ressources mensuelles s'élèvent à {amount}, ce qui ne me permet plus d'avancer les "
      "frais."}},
    {"argument",
     {"Or, d'après les renseignements donnés par votre plateforme téléphonique, le délai de "
      "traitement est de {count} semaines.",
      "Je ne comprends donc pas le motif de ce refus, d'autant que la même demande avait été "
      "acceptée l'an dernier.",
      "Il me semble qu'une erreur s'est glissée dans le calcul, car la base retenue n'est pas "
      "celle de mon contrat.",
      "Cette situation devient difficile, car je dois régler {amount} avant le {date}.",
      "Le médecin-conseil m'a reçu(e) le {date} et m'a confirmé que mon état justifiait la "
      "poursuite de l'arrêt.",
      "Je vous rappelle que l'accord est réputé acquis en l'absence de réponse dans un délai de "
      "quinze jours.",
      "Aucune pièce complémentaire ne m'a été réclamée entre-temps.",
      "Votre conseiller m'avait pourtant assuré le {date} que le versement interviendrait sous dix "
      "jours.",
      "Le service social de {place} m'a conseillé de vous saisir par écrit.",
      "Ma mutuelle attend votre décompte pour compléter le remboursement.",
      "Je précise que ces soins sont en rapport avec mon affection de longue durée."}},
    {"enclosed",
     {"Vous trouverez ci-joint {document} ainsi que {document}.",
      "Je joins à la présente {document} et une copie de votre courrier du {date}.",
      "À l'appui de ma demande, je vous transmets {document}.",
      "Ci-inclus : {document}, {document} et {document}."}},
    {"document",
     {"un relevé d'identité bancaire", "l'ordonnance du docteur {surname}",
      "la facture acquittée de {amount}", "une copie de ma carte d'identité",
      "mon dernier avis d'imposition", "le bulletin de situation de l'hôpital",
      "une attestation sur l'honneur", "mes trois derniers bulletins de paie",
      "le certificat médical du {date}", "la décision de la commission",
      "un justificatif de domicile"}},
    {"request",
     {"Je vous serais reconnaissant(e) de bien vouloir réexaminer mon dossier dans les meilleurs "
      "délais.",
      "Je vous demande de procéder au versement des sommes dues sur mon compte bancaire.",
      "Je souhaite obtenir un rendez-vous avec un conseiller à l'agence de {place}.",
      "Merci de me confirmer par écrit la bonne réception de ces documents.",
      "À défaut de réponse, je serai contraint(e) de saisir la commission de recours amiable.",
      "Pourriez-vous m'indiquer les pièces qui manquent encore à mon dossier ?",
      "Je sollicite, compte tenu de ma situation, un échelonnement de la somme de {amount} en "
      "{count} mensualités.",
      "Je vous prie de rectifier cette erreur et de m'adresser un nouveau décompte."}},
    {"contact",
     {"Vous pouvez me joindre au {phone}, de préférence le matin.",
      "Je reste joignable par courriel ou au {phone}.",
      "Je me tiens à votre disposition pour tout renseignement complémentaire.",
      "Mon numéro de téléphone est le {phone}."}},
    {"closing",
     {"Dans l'attente de votre réponse, je vous prie d'agréer, Madame, Monsieur, l'expression de "
      "mes salutations distinguées.",
      "Je vous remercie par avance et vous prie de croire, Madame, Monsieur, en l'assurance de ma "
      "considération distinguée.",
      "Veuillez agréer, Madame, Monsieur, mes respectueuses salutations.",
      "Recevez, Madame, Monsieur, mes sincères salutations.",
      "Avec mes remerciements anticipés, je vous adresse mes meilleures salutations."}},
    {"subject",
     {"Objet : réclamation, dossier {reference}", "Objet : demande de remboursement de {care}",
      "Objet : changement d'adresse et de coordonnées bancaires",
      "Objet : contestation de votre décision du {date}",
      "Objet : indemnités journalières du {date} au {date}",
      "Objet : envoi de pièces complémentaires", "Objet : demande d'attestation de droits",
      "Objet : recours amiable", "Objet : déclaration de grossesse",
      "Objet : demande d'accord préalable, {care}"}},
    {"agent", {"votre conseillère", "le service prestations", "Mme {surname}", "M. {surname}"}},
    {"surname",
     {"Lambert", "Costa", "Roux", "Benali", "Giraud", "Faure", "Muller", "Nguyen", "Perrin",
      "Masson", "Rossi", "Joly", "Diallo", "Henry", "Brun"}},
    {"place",
     {"Nice", "Cannes", "Antibes", "Grasse", "Menton", "Digne", "Manosque", "Sisteron",
      "Barcelonnette", "Gap", "Toulon", "Vence"}},
};

struct composition {
    struct chance *chance;
    const struct affair *affair;
    struct buf text;
};

static void add(struct composition *c, const char *text)
{
    buf_append(&c->text, bytes_of(text, strlen(text)));
}

/* Values that are drawn, not composed; false when the name is none of them. */
static bool add_value(struct composition *c, const char *name)
{
    char text[64];
    struct chance *chance = c->chance;
    if (!strcmp(name, "date") && chance_yes(chance, 0.5))
        day_words(day_before(chance, MAIL_DAY, 400), text);
    else if (!strcmp(name, "date"))
        day_slashes(day_before(chance, MAIL_DAY, 400), text);
    else if (!strcmp(name, "amount"))
        snprintf(text, sizeof text, "%d,%02d euros", chance_between(chance, 7, 1900),
                 chance_between(chance, 0, 99));
    else if (!strcmp(name, "number"))
        snprintf(text, sizeof text, "%d", chance_between(chance, 12, 480));
    else if (!strcmp(name, "count"))
        snprintf(text, sizeof text, "%d", chance_between(chance, 2, 8));
    else if (!strcmp(name, "reference"))
        snprintf(text, sizeof text, "%04d-%c%05d", chance_between(chance, 2023, 2026),
                 'A' + (char)chance_below(chance, 26), chance_between(chance, 0, 99999));
    else if (!strcmp(name, "phone"))
        snprintf(text, sizeof text, "%s", c->affair->person.phone);
    else if (!strcmp(name, "name"))
        person_name(&c->affair->person, text);
    else if (!strcmp(name, "company"))
        snprintf(text, sizeof text, "%s", c->affair->employer.name);
    else
        return false;
    add(c, text);
    return true;
}

static const struct rule *rule_of(const char *name)
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (!strcmp(rules[i].name, name))
            return &rules[i];
    return NULL;
}

static void expand(struct composition *c, const char *name, int depth)
{
    if (depth > EXPANSION_DEPTH_MAX || add_value(c, name))
        return;
    const struct rule *rule = rule_of(name);
    unsigned count = 0;
    while (rule && count < ALTERNATIVES_MAX && rule->alternatives[count])
        count++;
    if (count == 0)
        return;
    for (const char *p = rule->alternatives[chance_below(c->chance, count)]; *p;) {
        size_t plain = strcspn(p, "{");
        buf_append(&c->text, bytes_of(p, plain));
        p += plain;
        const char *end = strchr(p, '}');
        if (*p && end) {
            char inner[24];
            snprintf(inner, sizeof inner, "%.*s", (int)(end - p - 1), p + 1);
            expand(c, inner, depth + 1);
            p = end + 1;
        }
    }
}

unsigned count_words(const char *text)
{
    unsigned words = 0;
    bool inside = false;
    for (; *text; text++) {
        bool blank = isspace((unsigned char)*text);
        words += !blank && !inside;
        inside = !blank;
    }
    return words;
}

static unsigned words_so_far(struct composition *c)
{
    buf_append(&c->text, bytes_of("", 1));
    if (c->text.len > 0)
        c->text.len--;
    return c->text.at ? count_words((const char *)c->text.at) : 0;
}

/* One paragraph: facts, arguments, papers enclosed, in varying order. */
static void add_paragraph(struct composition *c, unsigned most)
{
    static const char *const kinds[] = {"fact", "fact", "argument", "enclosed", "request"};
    int sentences = chance_between(c->chance, 2, 4);
    for (int i = 0; i < sentences && words_so_far(c) < most; i++) {
        if (i > 0)
            add(c, " ");
        expand(c, CHANCE_PICK(c->chance, kinds), 0);
    }
    add(c, "\n\n");
}

/* What stands at the end of every letter. */
static void add_ending(struct composition *c)
{
    expand(c, "request", 0);
    add(c, " ");
    expand(c, "contact", 0);
    add(c, "\n\n");
    expand(c, "closing", 0);
}

char *letter_compose(struct chance *chance, const struct affair *affair,
                     const struct letter_words *wanted, unsigned *ret_words)
{
    struct composition c = {chance, affair, {0}}, ending = {chance, affair, {0}};
    add_ending(&ending);
    unsigned last = words_so_far(&ending);
    unsigned target = (unsigned)chance_between(chance, (int)wanted->least,
                                               (int)wanted->most - SENTENCE_WORDS_MAX);
    unsigned body = target > last ? target - last : 0;
    expand(&c, "greeting", 0);
    add(&c, "\n\n");
    expand(&c, "opening", 0);
    add(&c, " ");
    while (words_so_far(&c) < body)
        add_paragraph(&c, body);
    buf_append(&c.text, buf_view(&ending.text));
    buf_free(&ending.text);
    *ret_words = words_so_far(&c);
    return (char *)c.text.at;
}

void letter_subject(struct chance *chance, const struct affair *affair, char *ret_text, size_t size)
{
    struct composition c = {chance, affair, {0}};
    expand(&c, "subject", 0);
    words_so_far(&c);
    snprintf(ret_text, size, "%s", c.text.at ? (const char *)c.text.at : "");
    buf_free(&c.text);
}

/* 0..99, French: 71 soixante et onze, 80 quatre-vingts, 81 quatre-vingt-un. */
static void tens_words(unsigned n, char *ret_text, size_t size)
{
    static const char *const small[] = {"zéro",   "un",    "deux",     "trois",    "quatre",
                                        "cinq",   "six",   "sept",     "huit",     "neuf",
                                        "dix",    "onze",  "douze",    "treize",   "quatorze",
                                        "quinze", "seize", "dix-sept", "dix-huit", "dix-neuf"};
    static const char *const tens[] = {
        "",          "",         "vingt",    "trente",       "quarante",
        "cinquante", "soixante", "soixante", "quatre-vingt", "quatre-vingt"};
    if (n < 20) {
        snprintf(ret_text, size, "%s", small[n]);
        return;
    }
    unsigned ten = n / 10, rest = ten == 7 || ten == 9 ? n % 10 + 10 : n % 10;
    if (rest == 0)
        snprintf(ret_text, size, "%s%s", tens[ten], n == 80 ? "s" : "");
    else if ((rest == 1 || rest == 11) && ten < 8)
        snprintf(ret_text, size, "%s et %s", tens[ten], small[rest]);
    else
        snprintf(ret_text, size, "%s-%s", tens[ten], small[rest]);
}

static void hundreds_words(unsigned n, char *ret_text, size_t size)
{
    char tail[48] = "", head[32] = "";
    unsigned hundreds = n / 100;
    if (n % 100 || hundreds == 0)
        tens_words(n % 100, tail, sizeof tail);
    if (hundreds > 1)
        tens_words(hundreds, head, sizeof head);
    snprintf(ret_text, size, "%s%s%s%s%s", head, hundreds > 1 ? " " : "",
             hundreds == 0                  ? ""
             : hundreds > 1 && n % 100 == 0 ? "cents"
                                            : "cent",
             hundreds && *tail ? " " : "", tail);
}

void french_amount(unsigned cents, char *ret_text, size_t size)
{
    unsigned euros = cents / 100 % 1000000;
    char thousands[96] = "", units[96] = "", small[48] = "";
    if (euros >= 2000)
        hundreds_words(euros / 1000, thousands, sizeof thousands);
    if (euros % 1000 || euros == 0)
        hundreds_words(euros % 1000, units, sizeof units);
    if (cents % 100)
        tens_words(cents % 100, small, sizeof small);
    snprintf(ret_text, size, "%s%s%s%s%s euro%s%s%s%s", thousands, *thousands ? " " : "",
             euros >= 1000 ? "mille" : "", euros >= 1000 && *units ? " " : "", units,
             euros > 1 ? "s" : "", *small ? " et " : "", small,
             *small ? cents % 100 > 1 ? " centimes" : " centime" : "");
}

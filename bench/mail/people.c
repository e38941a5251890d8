/*
 * Lists of common names and streets, and the numbers with their keys (facts: NIR, RPPS, SIRET).
 * SPDX-License-Identifier: Apache-2.0
 */
#include "bench/mail/people.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct day MAIL_DAY = {2026, 11, 20};

static const char *const families[] = {
    "MARTIN",   "BERNARD", "THOMAS",   "PETIT",     "ROBERT",   "RICHARD",   "DURAND",   "DUBOIS",
    "MOREAU",   "LAURENT", "SIMON",    "MICHEL",    "LEFEBVRE", "LEROY",     "ROUX",     "DAVID",
    "BERTRAND", "MOREL",   "FOURNIER", "GIRARD",    "BONNET",   "DUPONT",    "LAMBERT",  "FONTAINE",
    "ROUSSEAU", "VINCENT", "MULLER",   "LEFÈVRE",   "FAURE",    "ANDRÉ",     "MERCIER",  "BLANC",
    "GUÉRIN",   "BOYER",   "GARNIER",  "CHEVALIER", "FRANÇOIS", "LEGRAND",   "GAUTHIER", "GARCIA",
    "PERRIN",   "ROBIN",   "CLÉMENT",  "MORIN",     "NICOLAS",  "HENRY",     "ROUSSEL",  "MATHIEU",
    "GAUTIER",  "MASSON",  "MARCHAND", "DUVAL",     "DENIS",    "DUMONT",    "MARIE",    "LEMAIRE",
    "NOËL",     "MEYER",   "DUFOUR",   "MEUNIER",   "BRUN",     "BLANCHARD", "GIRAUD",   "JOLY",
    "BENALI",   "TRAORÉ",  "NGUYEN",   "DA SILVA",  "ROSSI",    "COSTA",     "HADDAD",   "DIALLO"};

static const char *const women[] = {
    "Marie",   "Nathalie", "Isabelle", "Sylvie", "Catherine", "Martine", "Françoise", "Valérie",
    "Monique", "Sandrine", "Nicole",   "Céline", "Léa",       "Emma",    "Manon",     "Chloé",
    "Camille", "Sarah",    "Inès",     "Jade",   "Fatou",     "Aïcha",   "Hélène",    "Éloïse",
    "Amélie",  "Denise",   "Yvette",   "Karine", "Audrey",    "Lucie"};

static const char *const men[] = {
    "Jean",      "Philippe", "Michel",   "Alain",   "Patrick",   "Nicolas", "Christophe", "Pierre",
    "Christian", "Éric",     "Frédéric", "Laurent", "Stéphane",  "David",   "Pascal",     "Daniel",
    "Lucas",     "Hugo",     "Louis",    "Adam",    "Jules",     "Karim",   "Mamadou",    "René",
    "Gérard",    "Bernard",  "Thierry",  "Julien",  "Sébastien", "Noé"};

static const char *const streets[] = {
    "rue de la République",  "avenue Jean Médecin",   "rue Gambetta",
    "boulevard Victor Hugo", "rue Pasteur",           "chemin des Oliviers",
    "impasse du Moulin",     "place de l'Église",     "avenue de la Gare",
    "rue Pastorelli",        "rue des Écoles",        "route de Digne",
    "boulevard Gassendi",    "allée des Mimosas",     "rue du Général de Gaulle",
    "rue Jean Jaurès",       "montée Saint-Michel",   "quai des États-Unis",
    "rue de France",         "traverse des Lauriers", "chemin de la Colline",
    "rue Beau Site",         "avenue des Fleurs",     "rue Masséna"};

static const char *const towns[] = {"06000 NICE",
                                    "06100 NICE",
                                    "06200 NICE",
                                    "06300 NICE",
                                    "06400 CANNES",
                                    "06600 ANTIBES",
                                    "06130 GRASSE",
                                    "06500 MENTON",
                                    "06700 ST-LAURENT-DU-VAR",
                                    "06800 CAGNES-SUR-MER",
                                    "04000 DIGNE-LES-BAINS",
                                    "04100 MANOSQUE",
                                    "04200 SISTERON",
                                    "04400 BARCELONNETTE",
                                    "83000 TOULON",
                                    "83600 FRÉJUS",
                                    "13001 MARSEILLE",
                                    "13100 AIX-EN-PROVENCE",
                                    "20000 AJACCIO",
                                    "20200 BASTIA",
                                    "05000 GAP",
                                    "84000 AVIGNON"};

static const char *const departments[] = {"06", "04", "83", "13", "75", "69", "59",
                                          "33", "31", "44", "2A", "2B", "05", "84",
                                          "34", "93", "94", "67", "99", "972"};

static const char *const specialities[] = {"Médecine générale",
                                           "Médecine générale",
                                           "Médecine générale",
                                           "Cardiologie",
                                           "Pédiatrie",
                                           "Dermatologie",
                                           "Rhumatologie",
                                           "Ophtalmologie",
                                           "Gynécologie obstétrique",
                                           "Psychiatrie",
                                           "Chirurgie orthopédique",
                                           "Oto-rhino-laryngologie",
                                           "Pneumologie"};

static const char *const trades[] = {"TRANSPORTS", "BOULANGERIE",    "GARAGE",     "HÔTEL",
                                     "CLINIQUE",   "MAIRIE DE",      "ENTREPRISE", "CABINET",
                                     "SOCIÉTÉ",    "ÉTABLISSEMENTS", "PHARMACIE",  "RESTAURANT",
                                     "IMPRIMERIE", "MENUISERIE"};

static const char *const forms_of_company[] = {"SARL", "SA", "SAS", "EURL", "et Fils", ""};

static char luhn_digit(const char *digits)
{
    unsigned sum = 0;
    size_t n = strlen(digits);
    for (size_t i = 0; i < n; i++) {
        unsigned d = (unsigned)(digits[n - 1 - i] - '0') * (i % 2 == 0 ? 2 : 1);
        sum += d / 10 + d % 10;
    }
    return (char)('0' + (10 - sum % 10) % 10);
}

static void phone_invent(struct chance *chance, char ret_phone[16])
{
    static const char *const starts[] = {"04", "06", "07", "09"};
    snprintf(ret_phone, 16, "%s %02d %02d %02d %02d", CHANCE_PICK(chance, starts),
             chance_between(chance, 10, 99), chance_between(chance, 0, 99),
             chance_between(chance, 0, 99), chance_between(chance, 0, 99));
}

static void street_invent(struct chance *chance, char ret_street[48])
{
    snprintf(ret_street, 48, "%d%s %s", chance_between(chance, 1, 148),
             chance_yes(chance, 0.1) ? " bis" : "", CHANCE_PICK(chance, streets));
}

static void nir_invent(struct chance *chance, struct person *person)
{
    const char *department = CHANCE_PICK(chance, departments);
    int commune = strlen(department) == 3 ? 2 : 3;
    char number[16];
    snprintf(number, sizeof number, "%c%02d%02d%s%0*d%03d", person->woman ? '2' : '1',
             person->birth.year % 100, person->birth.month, department, commune,
             chance_between(chance, 1, commune == 2 ? 28 : 420), chance_between(chance, 1, 990));
    snprintf(person->nir, sizeof person->nir, "%.13s%02d", number, nir_key(number));
}

/* "éloïse" to "eloise": ASCII for an e-mail address. Accented letters are dropped to their base by
 * the second byte of their UTF-8 form; the lists above hold only Latin-1 letters. */
static void ascii_lower(const char *text, char *ret, size_t size)
{
    static const char base[] = "aaaaaaaceeeeiiiidnooooo*ouuuuypsaaaaaaaceeeeiiiidnooooo/ouuuuypy";
    size_t n = 0;
    for (const unsigned char *p = (const unsigned char *)text; *p && n + 1 < size; p++) {
        if (*p == 0xc3 && p[1])
            ret[n++] = base[*++p & 0x3f];
        else if (isalpha(*p))
            ret[n++] = (char)tolower(*p);
    }
    ret[n] = '\0';
}

struct person person_invent(struct chance *chance)
{
    struct person person = {.woman = chance_yes(chance, 0.53)};
    snprintf(person.family, sizeof person.family, "%s", CHANCE_PICK(chance, families));
    snprintf(person.given, sizeof person.given, "%s",
             person.woman ? CHANCE_PICK(chance, women) : CHANCE_PICK(chance, men));
    street_invent(chance, person.street);
    snprintf(person.town, sizeof person.town, "%s", CHANCE_PICK(chance, towns));
    phone_invent(chance, person.phone);
    char family[24], given[24];
    ascii_lower(person.family, family, sizeof family);
    ascii_lower(person.given, given, sizeof given);
    snprintf(person.mail, sizeof person.mail, "%s.%s@%s", given, family,
             chance_yes(chance, 0.5) ? "exemple.fr" : "courriel.example");
    person.birth =
        (struct day){(int16_t)chance_between(chance, 1931, 2007),
                     (int8_t)chance_between(chance, 1, 12), (int8_t)chance_between(chance, 1, 28)};
    nir_invent(chance, &person);
    return person;
}

struct prescriber prescriber_invent(struct chance *chance)
{
    struct prescriber p = {0};
    bool woman = chance_yes(chance, 0.5);
    snprintf(p.name, sizeof p.name, "%s %s",
             woman ? CHANCE_PICK(chance, women) : CHANCE_PICK(chance, men),
             CHANCE_PICK(chance, families));
    snprintf(p.speciality, sizeof p.speciality, "%s", CHANCE_PICK(chance, specialities));
    street_invent(chance, p.street);
    snprintf(p.town, sizeof p.town, "%s", CHANCE_PICK(chance, towns));
    phone_invent(chance, p.phone);
    char body[11];
    snprintf(body, sizeof body, "10%08d", chance_between(chance, 0, 99999999));
    snprintf(p.rpps, sizeof p.rpps, "%.10s%c", body, luhn_digit(body));
    char serial[8];
    chance_digits(chance, serial, 7);
    snprintf(p.number, sizeof p.number, "%.2s%.7s", p.town, serial);
    return p;
}

struct employer employer_invent(struct chance *chance)
{
    struct employer e = {0};
    snprintf(e.name, sizeof e.name, "%s %s %s", CHANCE_PICK(chance, trades),
             CHANCE_PICK(chance, families), CHANCE_PICK(chance, forms_of_company));
    street_invent(chance, e.street);
    snprintf(e.town, sizeof e.town, "%s", CHANCE_PICK(chance, towns));
    phone_invent(chance, e.phone);
    char siren[10], digits[9];
    chance_digits(chance, digits, 8);
    snprintf(siren, sizeof siren, "%.8s%c", digits, luhn_digit(digits));
    char body[14];
    snprintf(body, sizeof body, "%.9s%04d", siren, chance_between(chance, 1, 60));
    snprintf(e.siret, sizeof e.siret, "%.13s%c", body, luhn_digit(body));
    return e;
}

const char *person_name(const struct person *person, char ret_text[64])
{
    snprintf(ret_text, 64, "%s %s", person->family, person->given);
    return ret_text;
}

struct day day_before(struct chance *chance, struct day end, int most)
{
    return day_add_days(end, -chance_between(chance, 0, most));
}

const char *day_comb(struct day day, char ret_text[9])
{
    snprintf(ret_text, 9, "%02u%02u%04u", day.day % 100u, day.month % 100u, day.year % 10000u);
    return ret_text;
}

const char *day_slashes(struct day day, char ret_text[11])
{
    snprintf(ret_text, 11, "%02u/%02u/%04u", day.day % 100u, day.month % 100u, day.year % 10000u);
    return ret_text;
}

const char *day_words(struct day day, char ret_text[32])
{
    static const char *const months[] = {"",        "janvier",  "février", "mars", "avril",
                                         "mai",     "juin",     "juillet", "août", "septembre",
                                         "octobre", "novembre", "décembre"};
    if (day.day == 1)
        snprintf(ret_text, 32, "1er %s %d", months[(int)day.month], day.year);
    else
        snprintf(ret_text, 32, "%d %s %d", day.day, months[(int)day.month], day.year);
    return ret_text;
}

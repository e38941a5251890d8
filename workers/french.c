/*
 * Reasons in French: see french.h. A row is an English sentence and its French one; each {} stands
 * for the same piece on both sides, which is looked up in turn.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "workers/french.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "image/quality.h"

enum { PIECES_MAX = 8, DEPTH_MAX = 3 };

static const struct row {
    const char *english, *french;
} rows[] = {
    /* the cascade */
    {"which way up is not sure ({})", "le sens de la page n'est pas sûr ({})"},
    {"the deadline passed before every test was made",
     "le délai est passé avant la fin des examens"},
    {"addressed to the medical service", "adressée au service médical"},
    {"its lines were read sideways", "ses lignes ont été lues de côté"},
    {"read the other way up, which reads better", "retournée, elle se lit mieux"},
    {"read turned by a quarter, which reads better", "tournée d'un quart, elle se lit mieux"},
    /* files that are refused */
    {"an empty file is not an image", "un fichier vide n'est pas une image"},
    {"not an image: neither TIFF nor JPEG nor PNG by its bytes",
     "pas une image : ni TIFF, ni JPEG, ni PNG d'après ses octets"},
    {"the file holds {} MB, at most {} MB", "le fichier fait {} Mo, {} Mo au plus"},
    {"a PDF that wants a password; take it off", "un PDF protégé par mot de passe ; retirez-le"},
    {"a PDF whose end is missing", "un PDF dont la fin manque"},
    {"a damaged PDF", "un PDF abîmé"},
    {"a PDF without pages, or damaged", "un PDF sans page, ou abîmé"},
    {"a PDF of {} pages, at most {}", "un PDF de {} pages, {} au plus"},
    {"a PDF of {} bytes, at most {}", "un PDF de {} octets, {} au plus"},
    {"page {}: an image of {} million pixels, at most {}",
     "page {} : une image de {} millions de pixels, {} au plus"},
    {"page {}: {} x {} mm make {} MB at {} dpi, at most {} MB",
     "page {} : {} x {} mm font {} Mo à {} dpi, {} Mo au plus"},
    {"page {} cannot be drawn", "page {} : elle ne peut être dessinée"},
    {"page {} has no size", "page {} : elle n'a pas de dimensions"},
    {"page {}: its pages have more than {} bytes as images",
     "page {} : en images, les pages font plus de {} octets"},
    {"it took over {} s to read", "sa lecture a duré plus de {} s"},
    {"it took over {} s of processor time", "sa lecture a pris plus de {} s de calcul"},
    {"page {}: as an image over {} MB", "page {} : en image, plus de {} Mo"},
    {"what it says of itself has over {} bytes", "ce qu'il dit de lui-même fait plus de {} octets"},
    {"no process for {}", "pas de processus pour {}"},
    {"{} cannot be started", "{} ne peut être lancé"},
    {"{} could not be sealed", "{} n'a pu être isolé"},
    {"it broke the program that reads it", "il a cassé le programme qui le lit"},
    {"{} x {} pixels are no page", "{} x {} pixels ne font pas une page"},
    {"{} x {} pixels make {} MB, at most {} MB", "{} x {} pixels font {} Mo, {} Mo au plus"},
    {"{} x {} pixels, at most {} on a side", "{} x {} pixels, {} par côté au plus"},
    {"page {}: the file has 1 page", "page {} : le fichier a 1 page"},
    {"page {}: the file has {} page{}", "page {} : le fichier a {} page{}"},
    {"a JPEG of more than {} scans, at most {}", "un JPEG de plus de {} passes, {} au plus"},
    {"a JPEG of {} colours is not read here", "un JPEG de {} couleurs n'est pas lu ici"},
    {"a JPEG that is not read here: {}", "un JPEG qui n'est pas lu ici : {}"},
    {"a JPEG that needs more than {} MB to decode",
     "un JPEG qui demande plus de {} Mo pour être lu"},
    {"damaged JPEG: it ends at row {} of {}", "JPEG abîmé : il finit à la ligne {} sur {}"},
    {"damaged JPEG: {}", "JPEG abîmé : {}"},
    {"damaged PNG: cut at byte {} of {}", "PNG abîmé : coupé à l'octet {} sur {}"},
    {"damaged PNG: it does not begin with its header",
     "PNG abîmé : il ne commence pas par son en-tête"},
    {"damaged PNG: {}", "PNG abîmé : {}"},
    {"PNG rows of {} bytes, {} expected", "des lignes PNG de {} octets, {} attendus"},
    {"BigTIFF is not read here, only classic TIFF",
     "le BigTIFF n'est pas lu ici, seulement le TIFF classique"},
    {"not a TIFF by its first four bytes", "pas un TIFF d'après ses quatre premiers octets"},
    {"a TIFF of {} bytes, at least 8 are needed", "un TIFF de {} octets, il en faut au moins 8"},
    {"a TIFF directory at byte {} of {}: the file is cut",
     "un répertoire TIFF à l'octet {} sur {} : le fichier est coupé"},
    {"a TIFF directory of {} entries at byte {} of {}: cut",
     "un répertoire TIFF de {} entrées à l'octet {} sur {} : coupé"},
    {"a TIFF of more than {} pages, at most {}", "un TIFF de plus de {} pages, {} au plus"},
    {"a TIFF without width or height", "un TIFF sans largeur ou sans hauteur"},
    {"a TIFF in colour planes is not read here", "un TIFF en plans de couleur n'est pas lu ici"},
    {"a palette TIFF without a palette", "un TIFF à palette sans palette"},
    {"a tiled TIFF is not read here, only strips",
     "un TIFF en tuiles n'est pas lu ici, seulement en bandes"},
    {"a strip with reversed bits of {} MB, at most {} MB",
     "une bande à bits inversés de {} Mo, {} Mo au plus"},
    {"the TIFF cannot be opened: {}", "le TIFF ne s'ouvre pas : {}"},
    {"the TIFF directory is damaged: {}", "le répertoire du TIFF est abîmé : {}"},
    {"TIFF tag {} has the unknown type {}", "l'étiquette TIFF {} a un type inconnu, {}"},
    {"TIFF tag {} lies outside the file", "l'étiquette TIFF {} est hors du fichier"},
    {"TIFF compression {} is not read here", "la compression TIFF {} n'est pas lue ici"},
    {"TIFF colours of kind {} are not read here",
     "les couleurs TIFF de genre {} ne sont pas lues ici"},
    {"TIFF samples of {} bits are not read here",
     "les échantillons TIFF de {} bits ne sont pas lus ici"},
    {"TIFF samples of format {} are not read here, only {}",
     "les échantillons TIFF de format {} ne sont pas lus ici, seulement {}"},
    {"{} TIFF samples per pixel of kind {}", "{} échantillons TIFF par pixel de genre {}"},
    {"TIFF rows of {} bytes, {} expected", "des lignes TIFF de {} octets, {} attendus"},
    {"{} x {} bits in a fax codec, which knows 1 x 1",
     "{} x {} bits dans un codec de télécopie, qui connaît 1 x 1"},
    {"damaged strip at row {} of {}: {}", "bande abîmée à la ligne {} sur {} : {}"},
    {"cannot be read", "illisible"},
    /* blank sides */
    {"blank: {}", "face blanche : {}"},
    {"ink of {} x {} mm at {},{} mm", "encre de {} x {} mm à {},{} mm"},
    {"no ink: {} specks, {} holes, {} edge marks, {} lines, {} traces{}",
     "pas d'encre : {} points, {} trous, {} marques de bord, {} lignes, {} traces{}"},
    {", border", ", bord noir"},
    {"{} pale marks with clear edges: perhaps written",
     "{} marques pâles aux contours nets : peut-être de l'écriture"},
    {"too pale to be sure that it is written", "trop pâle pour être sûr que la face est écrite"},
    /* separators */
    {"separator: {}", "séparateur : {}"},
    {"separator sheet of tripli: {}", "feuille de séparation de tripli : {}"},
    {"barcode that names a patch code: {}", "code-barres qui nomme un code patch : {}"},
    {"patch code {} across the page's edge", "code patch {} en travers du bord"},
    {"{} barcodes, none of a separator", "{} codes-barres, aucun de séparateur"},
    {"no mark of a separator", "pas de marque de séparateur"},
    /* cheques */
    {"magnetic line (CMC-7, likeness {}, {} dpi) {} mm above the lower edge{}",
     "ligne magnétique (CMC-7, ressemblance {}, {} ppp) à {} mm du bord inférieur{}"},
    {", paper 175 x 80 mm", ", papier de 175 x 80 mm"},
    {"line of characters a pitch apart at a cheque's lower edge, no CMC-7: E-13B, a foreign cheque",
     "ligne de caractères à pas fixe au bas d'un chèque, pas de CMC-7 : E-13B, chèque étranger"},
    {"magnetic line at {} dpi, its font is told from {} dpi: perhaps a foreign cheque",
     "ligne magnétique à {} ppp, sa police se reconnaît à partir de {} ppp : peut-être un chèque "
     "étranger"},
    {"a foreign cheque is for a person", "un chèque étranger est à traiter par une personne"},
    {"paper of a cheque's size without magnetic line: perhaps its back",
     "papier de la taille d'un chèque sans ligne magnétique : peut-être son dos"},
    {"no magnetic line, not a cheque's size", "pas de ligne magnétique, pas la taille d'un chèque"},
    {"a cheque's proportions{}, but no magnetic line was found",
     "les proportions{} d'un chèque, mais pas de ligne magnétique"},
    {" and size", " et la taille"},
    {"its text runs across the paper, as on no cheque",
     "son texte court en travers du papier, comme sur aucun chèque"},
    {"words that are printed on cheques", "des mots imprimés sur les chèques"},
    {"the printed RLMC key proves the line", "la clé RLMC imprimée prouve la ligne"},
    {"the printed RLMC key proves the line, uncertain characters too",
     "la clé RLMC imprimée prouve la ligne, caractères incertains compris"},
    {"magnetic characters are not certain, the printed RLMC key proves none of them",
     "caractères magnétiques incertains, la clé RLMC imprimée n'en prouve aucun"},
    {"the printed RLMC key does not agree with the line",
     "la clé RLMC imprimée contredit la ligne"},
    {"{} magnetic characters, a line has at least {}",
     "{} caractères magnétiques, une ligne en a au moins {}"},
    {"{} of {} magnetic characters are not certain", "{} caractères magnétiques sur {} incertains"},
    {"the order of {} magnetic characters is of no known country",
     "l'ordre des {} caractères magnétiques n'est d'aucun pays connu"},
    {"strokes cannot be seen at {} dpi, at least {}",
     "traits invisibles à {} ppp, il en faut au moins {}"},
    {"{} magnetic characters read, order of country {}",
     "{} caractères magnétiques lus, ordre du pays {}"},
    {"no CMC-7 line", "pas de ligne CMC-7"},
    /* forms */
    {"no form model lies on the page (best score {})",
     "aucun modèle de formulaire ne se pose sur la page (au mieux {})"},
    {"{}: {} % of its print is there, {} % by chance",
     "{} : {} % de son imprimé est là, {} % par hasard"},
    {"the print that only volet {} has is there", "l'imprimé propre au volet {} est là"},
    {"the page says that it is volet {}{}", "la page se dit volet {}{}"},
    {", as its print does", ", comme son imprimé"},
    {", its print is nearest to another", ", son imprimé ressemble à un autre"},
    {"the title is that of a page tagged {}{}", "le titre est celui d'une page « {} »{}"},
    {", but of its notice", ", mais de sa notice"},
    {"{} phrases usual on a page tagged {}", "{} phrases habituelles sur une page « {} »"},
    {"{} rows of digits as in combs, without a form round them",
     "{} rangées de chiffres comme dans des cases, sans formulaire autour"},
    /* letters and others */
    {"look: {}, {} marks, {} full and {} short rulings, {} posts, {} bars{}",
     "aspect : {}, {} marques, {} filets longs et {} courts, {} montants, {} barres{}"},
    {"typed", "dactylographié"},
    {"handwritten", "manuscrit"},
    {", ruled paper", ", papier réglé"},
    {"text: read by the fast engine", "texte : lu par le lecteur rapide"},
    {"text: read by Tesseract", "texte : lu par Tesseract"},
    {"text: read by Tesseract, since not all lines were found",
     "texte : lu par Tesseract, car des lignes manquaient"},
    {"text: read by Tesseract, since the lines were read badly",
     "texte : lu par Tesseract, car les lignes se lisaient mal"},
    {"text: handwriting that cannot be read", "texte : écriture illisible pour la machine"},
    {"text: {} words, {} % small, {} % lower case, {} % in paragraphs",
     "texte : {} mots, {} % de petits mots, {} % en minuscules, {} % en paragraphes"},
    /* feeding a batch */
    {"date of receipt '{}': must be YYYY-MM-DD", "date de réception « {} » : AAAA-MM-JJ attendu"},
    {"date of receipt {}: lies ahead, every term would be wrong",
     "date de réception {} : à venir, toutes les échéances seraient fausses"},
    {"{} of the hopper's {} sheets were fed", "{} feuilles lues sur les {} du bac"},
    {"mode '{}': bilevel, grey, colour or as-scanned",
     "mode « {} » : bilevel, grey, colour ou as-scanned"},
    {"sheet {}: side {} came after page {}, a side is missing",
     "feuille n° {} : la face {} est venue après la page {}, une face manque"},
    {"sheet {}: its back did not come", "feuille n° {} : son verso n'est pas venu"},
    {"the feeder is empty: nothing was fed", "le bac est vide : rien n'a été lu"},
    {"feeder stopped ({}) after {} sheets; the batch stays open",
     "le chargeur s'est arrêté ({}) après {} feuilles ; le lot reste ouvert"},
    {"stopped by the operator; the batch stays open",
     "arrêté par l'opérateur ; le lot reste ouvert"},
    {"{}: not a folder", "{} : pas un dossier"},
    {"{}: no file in this folder, nothing to scan", "{} : aucun fichier dans ce dossier"},
    {"{}: none of {} files is an image", "{} : aucun des {} fichiers n'est une image"},
    {"the hub refused page {}-{}: {}", "le serveur a refusé la page {}-{} : {}"},
    {"the hub refused '{}': {}", "le serveur a refusé « {} » : {}"},
    {"no hub answers for this data folder", "aucun serveur ne répond pour ce dossier de données"},
    {"stopped; what is acknowledged is safe, the batch can be resumed",
     "arrêté ; ce qui est en lieu sûr le reste, le lot peut être repris"},
    {"the hub did not answer for {} ms, at most {}; {} pages are not acknowledged, the batch can "
     "be resumed",
     "le serveur n'a pas répondu pendant {} ms, {} au plus ; {} pages ne sont pas en lieu sûr, le "
     "lot peut être repris"},
    {"page {}-{}: {} bytes, at most {}", "page {}-{} : {} octets, {} au plus"},
    {"{} pages wait to be read, at most {}", "{} pages attendent d'être lues, {} au plus"},
    /* what a partner fund sees */
    {"it broke the process that reads it", "il a cassé le processus qui le lit"},
    {"its pages were not cut out within {} ms", "ses pages n'ont pas été séparées en {} ms"},
    {"its pages have more than {} bytes", "ses pages font plus de {} octets"},
    {"the bytes are not those of the manifest's digest",
     "les octets n'ont pas l'empreinte annoncée"},
    {"more than {} pages in one batch", "plus de {} pages dans un lot"},
    {"stopped; the same command goes on with the batch",
     "arrêté ; la même commande reprend le lot"},
    {"stopped; the same command goes on where it was",
     "arrêté ; la même commande reprend où elle en était"},
    {"the gateway did not answer for {} ms: it is away, or this key is not listed; the same "
     "command "
     "goes on with the batch",
     "la plateforme n'a pas répondu pendant {} ms : elle est absente, ou cette clé n'y est pas "
     "inscrite ; la même commande reprend"},
    {"the gateway refused '{}': {}", "la plateforme a refusé « {} » : {}"},
    {"the platform is still {} after {} ms", "la plateforme en est encore à « {} » après {} ms"},
    {"fetch: the gateway said '{}'", "réponse inattendue de la plateforme : « {} »"},
    {"acknowledge: the gateway said '{}'", "accusé : réponse inattendue : « {} »"},
    {"manifest: {} bytes, at most {}", "manifeste : {} octets, {} au plus"},
    {"file {}: {} bytes at byte {}, it has {}",
     "fichier n° {} : {} octets à l'octet {}, il en a {}"},
    {"more than {} files; submit them in parts",
     "plus de {} fichiers ; les envoyer en plusieurs lots"},
    {"{}: {}; install poppler-utils", "{} : {} ; installer poppler-utils"},
    {"{}: no image, nothing to submit", "{} : aucune image, rien à envoyer"},
    {"{}: has changed while it was being sent", "{} : a changé pendant l'envoi"},
    {"batch {}…: these files were submitted before, with another date of receipt, kind or number "
     "of "
     "sheets; give --received, --kind and --sheets as then",
     "lot {}… : ces fichiers ont déjà été envoyés, avec une autre date de réception, nature ou un "
     "autre nombre de feuilles ; redonner --received, --kind et --sheets d'alors"},
    {"the gateway sent the receipt of another batch",
     "la plateforme a envoyé le reçu d'un autre lot"},
    {"manifest line {}: no file", "manifeste, ligne {} : pas de fichier"},
    {"manifest: lines after its last file", "manifeste : des lignes après le dernier fichier"},
    {"{}: {} of it are there already", "{} : il y en a déjà {}"},
    {"{}: not the digest that the manifest states", "{} : pas l'empreinte du manifeste"},
    {"submit: this key is not listed for that tenant",
     "cette clé n'est pas inscrite pour cette caisse"},
    {"batch {}…: submitted before with other contents",
     "lot {}… : déjà envoyé avec un autre contenu"},
    {"manifest: date of receipt {} has not come yet", "date de réception {} : à venir"},
    {"{} batches of this tenant have no receipt yet, at most {}",
     "{} lots de cette caisse sont encore sans reçu, {} au plus"},
    {"inbox: {} bytes free, {} are kept free; try again later",
     "plus de place sur la plateforme ({} octets libres, {} à garder) ; l'envoi reprendra"},
    {"hand-over {} was never acknowledged", "la remise {} n'a jamais été accusée"},
    /* tags inside sentences */
    {"care_form", "feuille de soins"},
    {"sick_note", "arrêt de travail"},
    {"cheque", "chèque"},
    {"letter", "lettre"},
    {"other", "autre papier"},
};

const char *french_tag(const char *tag)
{
    static const struct row tags[] = {{"care_form", "une feuille de soins"},
                                      {"sick_note", "un arrêt de travail"},
                                      {"cheque", "un chèque"},
                                      {"letter", "une lettre"},
                                      {"other", "un autre papier"},
                                      {"blank", "une face blanche"},
                                      {"separator", "un séparateur"}};
    for (size_t i = 0; tag && i < sizeof tags / sizeof *tags; i++)
        if (strcmp(tags[i].english, tag) == 0)
            return tags[i].french;
    return "rien";
}

const char *french_kind(const char *kind)
{
    static const struct row kinds[] = {{"care_form", "feuilles de soins"},
                                       {"sick_note", "arrêts de travail"},
                                       {"cheque", "chèques"},
                                       {"letter", "lettres"}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].english, kind) == 0)
            return kinds[i].french;
    return kind;
}

const char *french_refusal(const char *code)
{
    static const char *const names[][2] = {{"torn", "feuilles déchirées"},
                                           {"unfit", "feuilles impropres à la numérisation"},
                                           {"object", "objets"},
                                           {"other", "feuilles, autre raison"},
                                           {"format", "fichiers abîmés, ou pas des images"},
                                           {"unsupported", "images d'un genre qui n'est pas lu"},
                                           {"limit", "fichiers au-delà d'une limite"},
                                           {"integrity", "fichiers sans l'empreinte annoncée"},
                                           {"timeout", "fichiers trop longs à lire"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i][0], code) == 0)
            return names[i][1];
    return code;
}

const char *french_finding(const char *finding)
{
    static const char *const findings[QUALITY_FINDINGS] = {
        [QUALITY_TOO_DARK] = "trop sombre",
        [QUALITY_TOO_LIGHT] = "trop claire",
        [QUALITY_STREAK] = "rayée par le scanner",
        [QUALITY_TORN_CORNER] = "un coin manque ou est replié",
        [QUALITY_OUT_OF_FOCUS] = "floue",
        [QUALITY_CUT_OFF] = "l'écriture dépasse le bord",
        [QUALITY_DOUBLE_SHEET] = "deux feuilles à la suite",
        [QUALITY_SIDES_DIFFER] = "recto et verso ne vont pas ensemble"};
    int at = finding ? quality_finding_of_name(finding) : -1;
    return at < 0 ? "à regarder" : findings[at];
}

const char *french_bad_scan(const json_t *scan, char ret_text[BAD_SCAN_TEXT])
{
    const char *page = json_string_value(json_object_get(scan, "page"));
    const json_t *findings = json_object_get(scan, "quality");
    bool back = json_integer_value(json_object_get(scan, "side")) == 1;
    int len =
        snprintf(ret_text, BAD_SCAN_TEXT, "feuille %lld du lot %.*s, %s :",
                 (long long)json_integer_value(json_object_get(scan, "sheet")),
                 (int)strcspn(page ? page : "", "-"), page ? page : "", back ? "verso" : "recto");
    for (size_t i = 0; i < json_array_size(findings) && len < BAD_SCAN_TEXT; i++)
        len += snprintf(ret_text + len, (size_t)(BAD_SCAN_TEXT - len), "%s %s", i ? " ;" : "",
                        french_finding(json_string_value(json_array_get(findings, i))));
    return ret_text;
}

const char *french_trigger(const char *trigger)
{
    static const struct row triggers[] = {{"receipt", "la réception"},
                                          {"date of care", "la date des soins"},
                                          {"end of the stop", "la fin de l'arrêt"},
                                          {"remittance", "la remise en banque"},
                                          {"event of the matter", "l'événement de l'affaire"},
                                          {"closing of the batch", "la clôture du lot"}};
    for (size_t i = 0; i < sizeof triggers / sizeof *triggers; i++)
        if (strcmp(triggers[i].english, trigger) == 0)
            return triggers[i].french;
    return trigger;
}

struct piece {
    const char *at;
    size_t len;
};

static bool ends_with(struct piece text, struct piece end)
{
    return text.len >= end.len && memcmp(text.at + text.len - end.len, end.at, end.len) == 0;
}

/* Up to the next {} of the pattern, or to its end. */
static struct piece literal_of(const char *pattern)
{
    const char *gap = strstr(pattern, "{}");
    return (struct piece){pattern, gap ? (size_t)(gap - pattern) : strlen(pattern)};
}

/* Where a piece ends: before the literal that follows; of two pieces side by side the second is an
 * addition that begins with a comma, or nothing. NULL when the literal is not there. */
static const char *end_of_piece(struct piece text, struct piece literal, bool last)
{
    if (last)
        return ends_with(text, literal) ? text.at + text.len - literal.len : NULL;
    if (literal.len)
        return memmem(text.at, text.len, literal.at, literal.len);
    const char *comma = memchr(text.at, ',', text.len);
    return comma ? comma : text.at + text.len;
}

/* Each {} takes as little as it can, the last one the rest. */
static bool fits(struct piece text, const char *pattern, struct piece ret_pieces[PIECES_MAX])
{
    struct piece literal = literal_of(pattern);
    if (text.len < literal.len || memcmp(text.at, literal.at, literal.len) != 0)
        return false;
    text = (struct piece){text.at + literal.len, text.len - literal.len};
    pattern += literal.len;
    for (int i = 0; *pattern; i++) {
        literal = literal_of(pattern + 2);
        const char *found = end_of_piece(text, literal, !pattern[2 + literal.len]);
        if (i == PIECES_MAX || !found)
            return false;
        ret_pieces[i] = (struct piece){text.at, (size_t)(found - text.at)};
        text.len -= (size_t)(found - text.at) + literal.len;
        text.at = found + literal.len;
        pattern += 2 + literal.len;
    }
    return text.len == 0;
}

static void add(char *text, struct piece piece)
{
    size_t len = strlen(text);
    snprintf(text + len, FRENCH_SIZE - len, "%.*s", (int)piece.len, piece.at);
}

static void translate(struct piece text, int depth, char *ret_text)
{
    struct piece pieces[PIECES_MAX] = {0};
    size_t row = 0;
    while (row < sizeof rows / sizeof *rows && !fits(text, rows[row].english, pieces))
        row++;
    if (row == sizeof rows / sizeof *rows || depth == DEPTH_MAX) {
        add(ret_text, text);
        return;
    }
    const char *at = rows[row].french;
    for (int i = 0;; i++) {
        struct piece literal = literal_of(at);
        add(ret_text, literal);
        at += literal.len;
        if (!*at)
            return;
        translate(pieces[i], depth + 1, ret_text);
        at += 2;
    }
}

const char *french_reason(const char *reason, char ret_text[FRENCH_SIZE])
{
    ret_text[0] = '\0';
    translate((struct piece){reason, strlen(reason)}, 0, ret_text);
    return ret_text;
}

const char *french_slip_state(const char *state)
{
    static const char *const states[][2] = {{"on_slip", "établi"},
                                            {"submitted", "soumis au visa"},
                                            {"visa_granted", "visa accordé"},
                                            {"visa_refused", "visa refusé"},
                                            {"destroyed", "détruit"}};
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        if (strcmp(state, states[i][0]) == 0)
            return states[i][1];
    return state;
}

/* ---- numbers ---- */

const char *french_plural(uint64_t count)
{
    return count > 1 ? "s" : "";
}

char *french_decimal(double value, int decimals, char ret_text[FRENCH_NUMBER_SIZE])
{
    snprintf(ret_text, FRENCH_NUMBER_SIZE, "%.*f", decimals, value);
    char *point = strchr(ret_text, '.');
    if (point)
        *point = ',';
    return ret_text;
}

char *french_megabytes(uint64_t bytes, char ret_text[FRENCH_NUMBER_SIZE])
{
    char number[FRENCH_NUMBER_SIZE];
    snprintf(ret_text, FRENCH_NUMBER_SIZE, "%.25s Mo",
             french_decimal((double)bytes / 1e6, 1, number));
    return ret_text;
}

/* Reading an evidence text; see evidence_text.h. Each reader returns NULL, or what is wrong as the end of a sentence
 * that begins with the line. */
#include <stdlib.h>

#include "domain/lines.h"
#include "domain/manifest.h"
#include "weights/evidence_text.h"
#include "weights/sketch.h"

#define HEAD      "jokbo/evidence/v1"
#define WORDS_MAX 20

static const char exhausted[] = "finds no memory";

struct reading {
    struct jk_lines lines;
    struct jk_evidence_text *out;
    struct jk_span words[WORDS_MAX]; /* of the line, without the first, which says what it is */
    size_t count;
    struct jk_span kind;
};

/* ---- words ---- */

/* The next line, in words. False at the end. */
static bool next_line(struct reading *reading)
{
    struct jk_span rest;
    reading->count = 0;
    if (!jk_lines_next(&reading->lines)) return false;
    rest = reading->lines.line;
    bool more = jk_span_cut(&rest, ' ', &reading->kind);
    while (more && reading->count < WORDS_MAX)
        more = jk_span_cut(&rest, ' ', &reading->words[reading->count++]);
    return true;
}

static bool is_line(const struct reading *reading, const char *kind, size_t words)
{
    return jk_span_is(reading->kind, kind) && reading->count == words;
}

/* The line to come is of this kind. */
static bool comes(const struct reading *reading, struct jk_span kind)
{
    return jk_span_starts(reading->lines.rest, kind);
}

static bool take_number(struct jk_span word, uint64_t most, uint32_t *out)
{
    uint64_t value;
    if (!jk_span_to_u64(word, &value) || value > most) return false;
    *out = (uint32_t)value;
    return true;
}

static bool take_sha256(struct jk_span word, struct jk_digest *out)
{
    struct jk_span prefix = JK_SPAN("sha256:");
    return jk_span_starts(word, prefix) &&
           jk_digest_parse((struct jk_span){word.at + prefix.len, word.len - prefix.len}, out);
}

/* equal, near, kin and comparable: each includes the one before it. */
static bool take_likenesses(const struct jk_span *words, uint32_t *const out[4])
{
    for (size_t i = 0; i < 4; i++)
        if (!take_number(words[i], JK_SHARE_ALL, out[i]) || (i > 0 && *out[i] < *out[i - 1])) return false;
    return true;
}

/* |r| of what is kin and not nearly equal; 0 where there is nothing. */
static bool take_median(struct jk_span word, uint32_t *out)
{
    return take_number(word, JK_SIMILAR_NEAR - 1, out) && (*out == 0 || *out >= JK_SIMILAR_KIN);
}

/* The name of a part, which may be empty: as in a tensor's, sorted by bytes after `previous` (NULL: the first). */
static const char *part_fault(struct jk_span name, struct jk_span previous)
{
    if (name.len > JK_MANIFEST_PATH_MAX || !jk_utf8_valid(name))
        return "must have the name of a part, of at most 1,024 bytes of UTF-8";
    if (previous.at && jk_span_compare(previous, name) >= 0)
        return "is out of order or a duplicate: parts are sorted by the bytes of their names";
    return NULL;
}

/* As many as there are, but for those that a list leaves out. */
static size_t shown_of(uint32_t parts)
{
    return parts < JK_EVIDENCE_PARTS_MAX ? parts : JK_EVIDENCE_PARTS_MAX;
}

/* ---- the head ---- */

static bool take_signs(const struct reading *reading, struct jk_evidence_text *out)
{
    out->attest = JK_NO_ATTEST;
    if (is_line(reading, "signs", 1)) return jk_span_is(reading->words[0], "public");
    return is_line(reading, "signs", 3) && jk_span_is(reading->words[0], "attest") &&
           jk_span_to_u64(reading->words[1], &out->attest) && out->attest != JK_NO_ATTEST &&
           take_sha256(reading->words[2], &out->challenge);
}

static const char *read_evidence_head(struct reading *reading)
{
    struct jk_evidence_text *out = reading->out;
    if (!jk_lines_next(&reading->lines) || !jk_span_is(reading->lines.line, HEAD)) return "must be \"" HEAD "\"";
    if (!next_line(reading) || !is_line(reading, "release", 1) || !jk_digest_parse(reading->words[0], &out->release))
        return "must be: release <lineage hash, 64 lower-case hexadecimal digits>";
    if (!next_line(reading) || !is_line(reading, "artifact", 1) || !take_sha256(reading->words[0], &out->artifact))
        return "must be: artifact sha256:<64 lower-case hexadecimal digits>";
    if (!next_line(reading) || !is_line(reading, "at", 1) || !jk_span_to_u64(reading->words[0], &out->at))
        return "must be: at <log size>";
    if (!next_line(reading) || !take_signs(reading, out))
        return "must be: signs public, or: signs attest <index of an entry> sha256:<64 lower-case hexadecimal digits>";
    if (!next_line(reading) || !is_line(reading, "weights", 2) ||
        !take_number(reading->words[0], UINT32_MAX, &out->tensors) ||
        !jk_span_to_u64(reading->words[1], &out->elements) || (out->tensors == 0) != (out->elements == 0))
        return "must be: weights <tensors> <elements>";
    if (!next_line(reading) || !is_line(reading, "foreign", 1) ||
        !take_number(reading->words[0], UINT32_MAX, &out->foreign))
        return "must be: foreign <number of models>";
    return out->foreign > 0 && out->attest != JK_NO_ATTEST ? "must be 0: with a challenge only parents are compared"
                                                           : NULL;
}

/* ---- a model ---- */

static bool take_found(struct jk_span word, unsigned *out)
{
    static const struct {
        struct jk_span word;
        unsigned bit;
    } found[] = {{{"equal", 5}, JK_FOUND_EQUAL}, {{"alike", 5}, JK_FOUND_ALIKE}, {{"base", 4}, JK_FOUND_BASE}};
    size_t next = 0, words = sizeof found / sizeof found[0];
    *out = 0;
    if (jk_span_is(word, "none")) return true;
    for (bool more = true; more;) {
        struct jk_span one;
        more = jk_span_cut(&word, '+', &one);
        while (next < words && !jk_span_equal(found[next].word, one))
            next++;
        if (next == words) return false;
        *out |= found[next++].bit;
    }
    return true;
}

static bool take_tie(struct jk_span word, enum jk_tie *out)
{
    for (int i = 0; i < JK_TIES; i++) {
        if (!jk_span_is(word, jk_tie_words[i])) continue;
        *out = (enum jk_tie)i;
        return true;
    }
    return false;
}

static const char *read_who(const struct jk_span *words, struct jk_compared *who)
{
    if (!take_tie(words[0], &who->tie)) return "must be of a parent, an ancestor or an other model";
    if (!take_found(words[1], &who->found)) return "must be found by none, or some of: equal+alike+base";
    who->is_reference = jk_span_is(words[2], "reference");
    bool known = who->is_reference ? jk_span_to_u64(words[3], &who->reference)
                                   : jk_span_is(words[2], "release") && jk_digest_parse(words[3], &who->release);
    if (!known) return "must name a model: release <lineage hash>, or reference <index of an entry>";
    if ((who->is_reference || who->tie != JK_TIE_OTHER) != (who->found == 0))
        return "must say of an other model that is no reference how it was found, and none of the rest";
    if (who->is_reference && who->tie != JK_TIE_OTHER) return "must have a reference as an other model";
    if (!take_sha256(words[4], &who->artifact) && !(jk_span_is(words[4], "none") && who->tie == JK_TIE_PARENT))
        return "must have the artifact as sha256:<64 lower-case hexadecimal digits>, or of a parent none";
    return NULL;
}

/* What is not said by shares that are rounded down: whether 90 % of what is comparable is kin. */
static bool is_possible(const struct jk_graded *graded, bool none)
{
    enum jk_grade grade = graded->grade;
    if (graded->equal == JK_SHARE_ALL) return grade == JK_GRADE_SAME;
    if (graded->near >= 9500) return grade == JK_GRADE_NEAR;
    if (graded->kin >= 100)
        return grade == JK_GRADE_PART ||
               (grade == JK_GRADE_KIN && graded->comparable >= 5000 && 10 * graded->kin + 10 > 9 * graded->comparable);
    if (graded->comparable >= 5000) return grade == JK_GRADE_CONTRADICTED;
    return grade == JK_GRADE_NONE || (grade == JK_GRADE_SHAPE && !none);
}

static const char *read_figures(const struct jk_span *words, struct jk_evidence_model *model)
{
    struct jk_graded *graded = &model->graded;
    bool none = jk_digest_is_zero(&model->who.artifact);
    if (!jk_grade_parse(words[5], &graded->grade)) return "must have a grade";
    if (!take_likenesses(words + 6, (uint32_t *[]){&graded->equal, &graded->near, &graded->kin, &graded->comparable}))
        return "must have four shares from 0 to 10000, each of which includes the one before it";
    if (!is_possible(graded, none || model->who.tie != JK_TIE_PARENT)) return "has a grade that contradicts the shares";
    if (!take_median(words[10], &model->median)) return "must have a median of 0, or from 5000 to 9998";
    if (!take_number(words[11], UINT32_MAX, &model->renamed) || !take_number(words[12], UINT32_MAX, &model->longer))
        return "must have two numbers of tensors after the median";
    model->cut = jk_span_is(words[13], "cut");
    if (!model->cut && !jk_span_is(words[13], "whole")) return "must say whole or cut";
    if (!take_number(words[14], UINT32_MAX, &model->part_count)) return "must end with a number of parts";
    if ((model->part_count == 0 && graded->kin > 0) || (none && graded->comparable > 0))
        return "has shares of what has no parts";
    return model->part_count == 0 && model->who.tie == JK_TIE_OTHER ? "is foreign: it is counted, not listed" : NULL;
}

/* Parents, sorted by their lineage hashes; further ancestors; all others. */
static const char *order_fault(const struct jk_evidence_text *out, const struct jk_compared *who, size_t parents)
{
    if (who->tie == JK_TIE_PARENT && parents == JK_GRADED_MAX) return "is one parent too many: at most 64";
    if (who->tie != JK_TIE_PARENT && out->attest != JK_NO_ATTEST)
        return "is no parent: with a challenge only parents are compared";
    if (out->model_count < 2) return NULL;
    const struct jk_compared *last = &out->models[out->model_count - 2].who;
    if (last->tie > who->tie) return "is out of order: parents, then ancestors, then others";
    if (who->tie == JK_TIE_PARENT && jk_digest_compare(&last->release, &who->release) >= 0)
        return "is out of order or a duplicate: parents are sorted by their lineage hashes";
    return NULL;
}

static const char *read_part(struct reading *reading, struct jk_span previous)
{
    struct jk_evidence_part *part;
    if (!next_line(reading) || !is_line(reading, "part", 8))
        return "must be: part <share> <equal> <near> <kin> <comparable> <median> <tensors> <name>";
    if (!(part = jk_evidence_add_part(reading->out))) return exhausted;
    const struct jk_span *words = reading->words;
    if (!take_number(words[0], JK_SHARE_ALL, &part->of) ||
        !take_likenesses(words + 1, (uint32_t *[]){&part->equal, &part->near, &part->kin, &part->comparable}))
        return "must have five shares from 0 to 10000, of which the third to fifth include the one before";
    if (!take_median(words[5], &part->median)) return "must have a median of 0, or from 5000 to 9998";
    if (!take_number(words[6], UINT32_MAX, &part->tensors) || part->tensors == 0)
        return "must have a number of tensors";
    part->name = words[7];
    return part_fault(part->name, previous);
}

static const char *read_parts(struct reading *reading, struct jk_evidence_model *model)
{
    struct jk_span previous = {0};
    model->first_part = reading->out->part_count;
    for (; model->parts < shown_of(model->part_count); model->parts++) {
        const char *fault = read_part(reading, previous);
        if (fault) return fault;
        previous = reading->out->parts[reading->out->part_count - 1].name;
    }
    return NULL;
}

/* So many `in` or `with` lines; a number of models comes first where there is one. */
static const char *read_shares(struct reading *reading, const char *kind, bool with_models, size_t count)
{
    struct jk_span previous = {0};
    for (size_t i = 0; i < count; i++) {
        struct jk_evidence_share *share;
        size_t at = with_models ? 1 : 0;
        if (!next_line(reading) || !is_line(reading, kind, 2 + at))
            return with_models ? "must be: with <models> <share> <name>" : "must be: in <share> <name>";
        if (!(share = jk_evidence_add_share(reading->out))) return exhausted;
        if (with_models && (!take_number(reading->words[0], UINT32_MAX, &share->models) || share->models < 2))
            return "must have a number of models, at least 2";
        if (!take_number(reading->words[at], JK_SHARE_ALL, &share->of)) return "must have a share from 0 to 10000";
        share->name = reading->words[at + 1];
        const char *fault = part_fault(share->name, previous);
        if (fault) return fault;
        previous = share->name;
    }
    return NULL;
}

static const char *read_undeclared(struct reading *reading, struct jk_evidence_model *model)
{
    if (!comes(reading, JK_SPAN("undeclared "))) return NULL;
    if (!next_line(reading) || !is_line(reading, "undeclared", 2) ||
        !take_number(reading->words[0], JK_SHARE_ALL, &model->undeclared) ||
        !take_number(reading->words[1], UINT32_MAX, &model->undeclared_parts))
        return "must be: undeclared <share> <parts>";
    if (model->who.tie != JK_TIE_OTHER) return "is of a parent or ancestor";
    if (model->undeclared < JK_UNDECLARED_LEAST || model->undeclared > model->graded.kin)
        return "must have a share of at least 100, and at most that of kin";
    if (model->undeclared_parts == 0 || model->undeclared_parts > model->part_count)
        return "must have at least one part, and at most as many as are kin";
    model->first_in = reading->out->share_count;
    model->ins = shown_of(model->undeclared_parts);
    return read_shares(reading, "in", false, model->ins);
}

static const char *read_compared(struct reading *reading, size_t *parents)
{
    struct jk_evidence_text *out = reading->out;
    struct jk_evidence_model *model;
    const char *fault;
    if (!next_line(reading) || !is_line(reading, "compared", 15))
        return "must be: compared <tie> <found> release|reference <model> <artifact> <grade> <equal> <near> <kin> "
               "<comparable> <median> <renamed> <longer> whole|cut <parts>";
    if (!(model = jk_evidence_add_model(out))) return exhausted;
    if ((fault = read_who(reading->words, &model->who)) || (fault = order_fault(out, &model->who, *parents)) ||
        (fault = read_figures(reading->words, model)))
        return fault;
    *parents += model->who.tie == JK_TIE_PARENT;
    model->graded.parent = model->who.release;
    if ((fault = read_parts(reading, model))) return fault;
    return read_undeclared(reading, model);
}

/* ---- all ---- */

static const char *read_shared(struct reading *reading)
{
    struct jk_evidence_text *out = reading->out;
    if (!next_line(reading) || !is_line(reading, "shared", 1) ||
        !take_number(reading->words[0], UINT32_MAX, &out->shared_parts))
        return "must be a line \"compared …\", or: shared <parts>";
    out->first_shared = out->share_count;
    out->shareds = shown_of(out->shared_parts);
    const char *fault = read_shares(reading, "with", true, out->shareds);
    if (fault) return fault;
    return jk_lines_next(&reading->lines) || reading->lines.rest.len > 0 ? "comes after the end of the text" : NULL;
}

static int compare_who(const void *a, const void *b)
{
    const struct jk_compared *one = a, *two = b;
    int order = (one->is_reference > two->is_reference) - (one->is_reference < two->is_reference);
    if (order == 0) order = (one->reference > two->reference) - (one->reference < two->reference);
    return order ? order : jk_digest_compare(&one->release, &two->release);
}

static const char *find_twice(const struct jk_evidence_text *out)
{
    struct jk_compared *all = calloc(out->model_count + 1, sizeof *all);
    const char *fault = all ? NULL : exhausted;
    for (size_t i = 0; all && i < out->model_count; i++)
        all[i] = out->models[i].who;
    if (all && out->model_count > 1) qsort(all, out->model_count, sizeof *all, compare_who);
    for (size_t i = 1; all && i < out->model_count; i++)
        if (compare_who(&all[i - 1], &all[i]) == 0) fault = "ends a text that compares a model twice";
    free(all);
    return fault;
}

static const char *read_evidence(struct reading *reading)
{
    size_t parents = 0;
    const char *fault = read_evidence_head(reading);
    while (!fault && comes(reading, JK_SPAN("compared ")))
        fault = read_compared(reading, &parents);
    if (!fault) fault = read_shared(reading);
    return fault ? fault : find_twice(reading->out);
}

enum jk_status jk_evidence_text_read(struct jk_span text, struct jk_evidence_text *out, struct jk_error *error)
{
    struct reading reading = {.lines = jk_lines_of(text), .out = out};
    char shown[200];
    *out = (struct jk_evidence_text){0};
    if (text.len > JK_EVIDENCE_TEXT_MAX)
        return jk_fail(error, JK_INVALID_ARGUMENT, "INVALID_EVIDENCE_TEXT",
                       "The evidence text has %zu bytes: at most 64 MiB are allowed.", text.len);
    const char *fault = read_evidence(&reading);
    if (!fault) return JK_OK;
    if (fault == exhausted) return jk_out_of_memory(error);
    jk_text_shorten(reading.lines.line, shown, sizeof shown);
    return jk_fail(error, JK_INVALID_ARGUMENT, "INVALID_EVIDENCE_TEXT", "Line %u of the evidence text, \"%s\", %s.",
                   reading.lines.number, shown, fault);
}

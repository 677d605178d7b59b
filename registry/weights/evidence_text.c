/* Writing an evidence text, and the figures of its entry; see evidence_text.h. */
#include "weights/evidence_text.h"

#include <stdlib.h>

#include "base/array.h"

const char *const jk_tie_words[JK_TIES] = {"parent", "ancestor", "other"};

/* ---- memory ---- */

struct jk_evidence_model *jk_evidence_add_model(struct jk_evidence_text *evidence)
{
    if (!JK_ARRAY_GROW(evidence->models, evidence->model_count, evidence->model_room)) return NULL;
    struct jk_evidence_model *model = &evidence->models[evidence->model_count++];
    *model = (struct jk_evidence_model){0};
    return model;
}

struct jk_evidence_part *jk_evidence_add_part(struct jk_evidence_text *evidence)
{
    if (!JK_ARRAY_GROW(evidence->parts, evidence->part_count, evidence->part_room)) return NULL;
    struct jk_evidence_part *part = &evidence->parts[evidence->part_count++];
    *part = (struct jk_evidence_part){0};
    return part;
}

struct jk_evidence_share *jk_evidence_add_share(struct jk_evidence_text *evidence)
{
    if (!JK_ARRAY_GROW(evidence->shares, evidence->share_count, evidence->share_room)) return NULL;
    struct jk_evidence_share *share = &evidence->shares[evidence->share_count++];
    *share = (struct jk_evidence_share){0};
    return share;
}

void jk_evidence_text_done(struct jk_evidence_text *evidence)
{
    free(evidence->models);
    free(evidence->parts);
    free(evidence->shares);
    *evidence = (struct jk_evidence_text){0};
}

/* ---- writing ---- */

static void add_digest(struct jk_text *out, const char *before, const struct jk_digest *digest)
{
    char hex[JK_DIGEST_HEX + 1];
    jk_digest_hex(digest, hex);
    jk_text_addf(out, "%s%s", before, hex);
}

static void add_named(struct jk_text *out, struct jk_span name)
{
    jk_text_add_char(out, ' ');
    jk_text_add(out, name);
    jk_text_add_char(out, '\n');
}

static void write_head(const struct jk_evidence_text *evidence, struct jk_text *out)
{
    add_digest(out, "jokbo/evidence/v1\nrelease ", &evidence->release);
    add_digest(out, "\nartifact sha256:", &evidence->artifact);
    jk_text_addf(out, "\nat %llu\nsigns ", (unsigned long long)evidence->at);
    if (evidence->attest == JK_NO_ATTEST) {
        jk_text_add_str(out, "public");
    } else {
        jk_text_addf(out, "attest %llu", (unsigned long long)evidence->attest);
        add_digest(out, " sha256:", &evidence->challenge);
    }
    jk_text_addf(out, "\nweights %u %llu\nforeign %u\n", evidence->tensors, (unsigned long long)evidence->elements,
                 evidence->foreign);
}

static void write_who(const struct jk_compared *who, struct jk_text *out)
{
    static const struct {
        unsigned bit;
        const char *word;
    } found[] = {{JK_FOUND_EQUAL, "equal"}, {JK_FOUND_ALIKE, "alike"}, {JK_FOUND_BASE, "base"}};
    jk_text_addf(out, "compared %s ", jk_tie_words[who->tie]);
    bool any = false;
    for (size_t i = 0; i < sizeof found / sizeof found[0]; i++) {
        if (!(who->found & found[i].bit)) continue;
        jk_text_addf(out, "%s%s", any ? "+" : "", found[i].word);
        any = true;
    }
    if (!any) jk_text_add_str(out, "none");
    if (who->is_reference)
        jk_text_addf(out, " reference %llu", (unsigned long long)who->reference);
    else
        add_digest(out, " release ", &who->release);
    if (jk_digest_is_zero(&who->artifact))
        jk_text_add_str(out, " none");
    else
        add_digest(out, " sha256:", &who->artifact);
}

static void write_model(const struct jk_evidence_text *evidence, const struct jk_evidence_model *model,
                        struct jk_text *out)
{
    const struct jk_graded *graded = &model->graded;
    write_who(&model->who, out);
    jk_text_addf(out, " %s %u %u %u %u %u %u %u %s %u\n", jk_grade_text(graded->grade), graded->equal, graded->near,
                 graded->kin, graded->comparable, model->median, model->renamed, model->longer,
                 model->cut ? "cut" : "whole", model->part_count);
    for (size_t i = 0; i < model->parts; i++) {
        const struct jk_evidence_part *part = &evidence->parts[model->first_part + i];
        jk_text_addf(out, "part %u %u %u %u %u %u %u", part->of, part->equal, part->near, part->kin, part->comparable,
                     part->median, part->tensors);
        add_named(out, part->name);
    }
    if (!model->undeclared) return;
    jk_text_addf(out, "undeclared %u %u\n", model->undeclared, model->undeclared_parts);
    for (size_t i = 0; i < model->ins; i++) {
        const struct jk_evidence_share *share = &evidence->shares[model->first_in + i];
        jk_text_addf(out, "in %u", share->of);
        add_named(out, share->name);
    }
}

void jk_evidence_text_write(const struct jk_evidence_text *evidence, struct jk_text *out)
{
    write_head(evidence, out);
    for (size_t i = 0; i < evidence->model_count; i++)
        write_model(evidence, &evidence->models[i], out);
    jk_text_addf(out, "shared %u\n", evidence->shared_parts);
    for (size_t i = 0; i < evidence->shareds; i++) {
        const struct jk_evidence_share *share = &evidence->shares[evidence->first_shared + i];
        jk_text_addf(out, "with %u %u", share->models, share->of);
        add_named(out, share->name);
    }
}

/* ---- the entry ---- */

static int compare_digests(const void *a, const void *b)
{
    return jk_digest_compare(a, b);
}

void jk_evidence_figures_of(const struct jk_evidence_text *evidence, struct jk_evidence_figures *out)
{
    *out = (struct jk_evidence_figures){0};
    for (size_t i = 0; i < evidence->model_count; i++) {
        const struct jk_evidence_model *model = &evidence->models[i];
        if (model->who.tie == JK_TIE_PARENT && out->parent_count < JK_GRADED_MAX)
            out->parents[out->parent_count++] = model->graded;
        if (model->who.tie == JK_TIE_OTHER && !model->who.is_reference && model->graded.grade >= JK_GRADE_NEAR &&
            out->near_count < JK_NEAR_MAX)
            out->near[out->near_count++] = model->who.release;
        out->kin += model->undeclared > 0;
    }
    if (out->near_count > 0) qsort(out->near, out->near_count, sizeof *out->near, compare_digests);
}

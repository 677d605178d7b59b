/* See weights_words.h. */
#include "cli/weights_words.h"

#include <stdarg.h>

#include "cli/challenge_grades.h"
#include "cli/console/print.h"

static const char *grade_word(struct jk_cli *cli, Jokbo__V1__Grade grade)
{
    return jk_print_word(cli, &jokbo__v1__grade__descriptor, (int)grade);
}

const char *jk_weights_word(struct jk_cli *cli, Jokbo__V1__Grade grade, bool attested)
{
    const char *word = grade_word(cli, grade);
    const char *text = *word ? jk_arena_printf(&cli->arena, "%s, %s", word, attested ? "attested" : "screened") : NULL;
    return text ? text : "";
}

const char *jk_weights_release_word(struct jk_cli *cli, const Jokbo__V1__Release *release)
{
    const Jokbo__V1__WeightsShown *shown = release ? release->shown : NULL;
    return shown ? jk_weights_word(cli, shown->grade, shown->attested) : "";
}

/* ---- a paragraph ---- */

static void say_line(struct jk_cli *cli, size_t indent, const char *format, ...) __attribute__((format(printf, 3, 4)));

static void say_line(struct jk_cli *cli, size_t indent, const char *format, ...)
{
    char text[2048];
    va_list args;
    memset(text, ' ', indent);
    va_start(args, format);
    (void)vsnprintf(text + indent, sizeof text - indent, format, args);
    va_end(args);
    jk_print_folded(cli, text, indent);
}

static void tell_grade(struct jk_cli *cli, const Jokbo__V1__PinnedParent *parent, Jokbo__V1__Grade grade)
{
    int known = (int)grade - JOKBO__V1__GRADE__GRADE_CONTRADICTED;
    if (known < 0 || known >= JK_GRADES) return;
    say_line(cli, 4, "%s toward %s%s%s: %s", grade_word(cli, grade), parent->name, *parent->version ? "@" : "",
             parent->version, jk_grade_says((enum jk_grade)known));
}

/* Why there is nothing to tell, as far as the messages say. */
static void tell_nothing(struct jk_cli *cli, const Jokbo__V1__Release *release, const Jokbo__V1__Model *model)
{
    const char *why = model ? "its turn has not come" : "its manifest is not stored here, or its turn has not come";
    if (!*release->artifact_sha256) why = "the release names no manifest";
    for (size_t i = 0; model && i < model->n_findings; i++)
        if (model->findings[i]->kind == JOKBO__V1__FINDING_KIND__FINDING_KIND_UNVERIFIED_ARTIFACT)
            why = "its manifest is not stored here, or lists other weights";
    say_line(cli, 2, "Nothing was compared: %s.", why);
}

static void tell_screened(struct jk_cli *cli, const Jokbo__V1__Release *release)
{
    const Jokbo__V1__WeightsShown *shown = release->shown;
    if (!shown->screened_index) {
        say_line(cli, 2, "Its public sketches were not compared.");
        return;
    }
    say_line(cli, 2, "Public sketches, which only find and screen, were compared in log entry %s, %s%s",
             jk_print_number(cli, shown->screened_index), jk_print_time(cli, shown->screened_time),
             release->n_parents ? ":" : "; it declares no parent.");
    for (size_t i = 0; i < release->n_parents; i++)
        tell_grade(cli, release->parents[i], release->parents[i]->screened);
    if (shown->undeclared)
        say_line(cli, 2, "%s %s parts with it, and it does not declare %s.",
                 jk_print_plural(cli, shown->undeclared, "model", "models"),
                 shown->undeclared == 1 ? "shares" : "share", shown->undeclared == 1 ? "that" : "them");
    if (shown->near == 1) say_line(cli, 2, "%s has nearly the same weights.", shown->nearest);
    if (shown->near > 1)
        say_line(cli, 2, "%s and %s have nearly the same weights.", shown->nearest,
                 jk_print_plural(cli, shown->near - 1, "other release", "other releases"));
}

static const char *names(struct jk_cli *cli, char *const *ids, size_t count)
{
    const char *text = count ? ids[0] : "";
    for (size_t i = 1; text && i < count; i++)
        text = jk_arena_printf(&cli->arena, "%s%s%s", text, i + 1 < count ? ", " : " and ", ids[i]);
    return text ? text : "";
}

static void tell_attested(struct jk_cli *cli, const Jokbo__V1__Release *release)
{
    const Jokbo__V1__WeightsShown *shown = release->shown;
    const char *agree = names(cli, shown->agree, shown->n_agree), *differ = names(cli, shown->differ, shown->n_differ);
    if (shown->n_agree) say_line(cli, 2, "Verified by %s: it is what was registered.", agree);
    if (shown->n_differ) say_line(cli, 2, "Found to be something else than what was registered, by %s.", differ);
    if (shown->attested_index) {
        say_line(cli, 2, "Verifiers' challenges, which count, were compared in log entry %s, %s%s",
                 jk_print_number(cli, shown->attested_index), jk_print_time(cli, shown->attested_time),
                 release->n_parents ? ":" : "; it declares no parent.");
        for (size_t i = 0; i < release->n_parents; i++)
            tell_grade(cli, release->parents[i], release->parents[i]->attested);
    } else if (shown->n_agree) {
        say_line(cli, 2, "What the challenge shows has not been computed yet.");
    }
    if (shown->open)
        say_line(cli, 2, "%s for a verifier's answer.",
                 jk_print_plural(cli, shown->open, "challenge waits", "challenges wait"));
    if (shown->abandoned)
        say_line(cli, 2, "%s abandoned: no verifier answered within 7 days.",
                 jk_print_plural(cli, shown->abandoned, "challenge was", "challenges were"));
    if (shown->n_agree == 0) {
        bool any = shown->n_differ + (size_t)shown->open + (size_t)shown->abandoned > 0;
        say_line(cli, 2, "No verifier has %s: nothing of this is proven.",
                 any ? "found it to be what was registered" : "challenged it");
    }
}

/* A root's grade differs from its parents' where others lie between. */
static void tell_roots(struct jk_cli *cli, const Jokbo__V1__Model *model)
{
    for (size_t i = 0; i < model->n_roots; i++) {
        const Jokbo__V1__Root *root = model->roots[i];
        if (root->grade)
            say_line(cli, 2, "Toward the base model %s, by the weakest step of the best path: %s.", root->name,
                     grade_word(cli, root->grade));
        else if (model->release->shown->attested_index)
            say_line(cli, 2, "Toward the base model %s: not every step is proven.", root->name);
    }
}

void jk_weights_print(struct jk_cli *cli, const Jokbo__V1__Release *release, const Jokbo__V1__Model *model)
{
    fprintf(cli->out, "\n%s\n", jk_print_painted(cli, JK_PAINT_BOLD, "Weights"));
    if (!release->shown) {
        tell_nothing(cli, release, model);
        return;
    }
    tell_screened(cli, release);
    tell_attested(cli, release);
    if (model) tell_roots(cli, model);
    say_line(cli, 2, "The parts and shares: jokbo evidence %s@%s", model ? model->name : release->model,
             release->version);
}

/* ---- what contradicts a claim ---- */

static void add_contradicted(struct jk_cli *cli, struct jk_table *table, const Jokbo__V1__Model *model)
{
    const Jokbo__V1__Release *release = model->release;
    const Jokbo__V1__WeightsShown *shown = release ? release->shown : NULL;
    if (!shown) return;
    for (size_t i = 0; i < release->n_parents; i++) {
        const Jokbo__V1__PinnedParent *parent = release->parents[i];
        /* where verifiers' challenges say nothing of a parent, public sketches are taken */
        bool attested = parent->attested && parent->attested != JOKBO__V1__GRADE__GRADE_NONE;
        if ((attested ? parent->attested : parent->screened) != JOKBO__V1__GRADE__GRADE_CONTRADICTED) continue;
        jk_table_cell(table, model->name);
        jk_table_cellf(table, "%s%s%s", parent->name, *parent->version ? "@" : "", parent->version);
        jk_table_cell(table, attested ? names(cli, shown->agree, shown->n_agree) : "public sketches");
        jk_table_cell(table, jk_print_number(cli, attested ? shown->attested_index : shown->screened_index));
        jk_table_cell(table, jk_print_time(cli, attested ? shown->attested_time : shown->screened_time));
    }
}

void jk_weights_print_contradicted(struct jk_cli *cli, const struct jk_list *models)
{
    static const struct jk_column columns[] = {{"model", false, .wrap = true},
                                               {"declared parent", false, .wrap = true},
                                               {"by", false, .wrap = true},
                                               {"entry", true},
                                               {"time", false, .spare = 1}};
    struct jk_table table;
    jk_table_init(&table, &cli->arena, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < models->count; i++)
        add_contradicted(cli, &table, (const Jokbo__V1__Model *)models->items[i]);
    jk_print_table(cli, &table);
    jk_print_folded(
        cli,
        "That is no verdict: weights that were permuted or rotated have nothing in common with what they were "
        "made from either. jokbo evidence MODEL has the rest.",
        0);
}

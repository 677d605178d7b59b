/* `compare`: two models by the sketches of their tensors. Folders and manifests need no server; a registered model's
 * manifest is fetched where the log's files are served. */
#include <jokbo/v1/registry.pb-c.h>

#include "base/defer.h"
#include "cli/commands.h"
#include "cli/console/local.h"
#include "cli/console/place.h"
#include "cli/console/print.h"
#include "cli/console/sheet.h"
#include "cli/digesting.h"
#include "cli/picture.h"
#include "domain/ident.h"
#include "domain/manifest.h"
#include "verify/download.h"
#include "verify/yanked.h"

#define PARTS_SHOWN 40

struct side {
    const char *name;
    struct jk_digesting digesting;
    struct jk_span manifest;
    struct jk_sketches sketches;
};

struct comparing {
    struct jk_cli *cli;
    const char *key; /* of a challenge, in hexadecimal digits; NULL: public sketches */
    struct jk_digest challenge;
    struct side sides[2];
    struct jk_comparison comparison;
};

static void end_comparing(struct comparing *comparing)
{
    jk_comparison_done(&comparing->comparison);
    for (int i = 0; i < 2; i++) {
        jk_sketches_done(&comparing->sides[i].sketches);
        jk_digesting_done(&comparing->sides[i].digesting);
    }
}

/* ---- both sides ---- */

static enum jk_status take_challenge_key(struct comparing *comparing)
{
    struct jk_cli *cli = comparing->cli;
    comparing->key = jk_options_text(&cli->options, JK_OPTION_CHALLENGE_KEY);
    if (!comparing->key) return JK_OK;
    if (!jk_digest_parse(jk_span_of(comparing->key), &comparing->challenge))
        return jk_cli_usage(cli, "--challenge-key must be 64 hexadecimal digits in lower case");
    for (int i = 0; i < 2; i++)
        if (!jk_local_is_folder(comparing->sides[i].name))
            return jk_cli_usage(cli, "%.200s: only a folder's weights can be sketched under --challenge-key",
                                comparing->sides[i].name);
    return JK_OK;
}

/* What is no folder or file is a model's name, with or without a release. */
static enum jk_status find_registered(struct jk_cli *cli, const char *name, Jokbo__V1__Release **out_release)
{
    struct jk_span rest = jk_span_of(name), model;
    (void)jk_span_cut(&rest, '@', &model);
    const char *fault = jk_ident_model_fault(model);
    if (fault)
        return jk_fail(&cli->error, JK_INVALID_ARGUMENT, "LOCAL_FILE",
                       "there is no folder or manifest %.200s, and no model has such a name: it %s", name, fault);
    enum jk_status status = jk_release_find(cli, name, NULL, out_release);
    if (status != JK_OK)
        fprintf(cli->err, "%s: there is no such folder or manifest, so the registry was asked for a model\n",
                jk_print_safe(cli, name));
    return status;
}

static enum jk_status fetch_manifest(struct jk_cli *cli, struct side *side)
{
    Jokbo__V1__Release *release;
    struct jk_digest wanted;
    JK_TRY(find_registered(cli, side->name, &release));
    if (!jk_digest_parse(jk_span_of(release->artifact_sha256), &wanted))
        return jk_fail(&cli->error, JK_FAILED_PRECONDITION, "MANIFEST_UNNAMED", "%.200s: its release names no manifest",
                       side->name);
    if (!cli->settings.http)
        return jk_cli_usage(cli, "%.200s is a registered model, whose manifest is fetched over HTTP: --http URL",
                            side->name);
    JK_TRY(jk_download_manifest(cli, release->artifact_sha256, ": a folder or a manifest can be given instead",
                                &side->manifest, &cli->error));
    struct jk_digest found = jk_digest_of(side->manifest);
    if (jk_digest_equal(&found, &wanted)) return JK_OK;
    return jk_fail(&cli->error, JK_DATA_LOSS, "MANIFEST_WRONG",
                   "%.200s: what is served is not the manifest that its release names", side->name);
}

static enum jk_status read_side(const struct comparing *comparing, struct side *side)
{
    struct jk_cli *cli = comparing->cli;
    side->digesting = (struct jk_digesting){
        .cli = cli, .folder = side->name, .challenge = comparing->key ? &comparing->challenge : NULL};
    if (comparing->key || jk_local_is_folder(side->name)) {
        JK_TRY(jk_digesting_run(&side->digesting));
        side->manifest = jk_text_span(&side->digesting.manifest);
    } else if (jk_local_exists(side->name)) {
        JK_TRY(jk_local_read(side->name, JK_MANIFEST_MAX, &cli->arena, &side->manifest, &cli->error));
    } else {
        JK_TRY(fetch_manifest(cli, side));
    }
    enum jk_status status = jk_sketches_read(side->manifest, &side->sketches, &cli->error);
    if (status != JK_INVALID_ARGUMENT) return status;
    char why[sizeof cli->error.message];
    snprintf(why, sizeof why, "%s", cli->error.message);
    jk_error_init(&cli->error, &cli->arena);
    return jk_fail(&cli->error, status, "INVALID_MANIFEST", "%.100s: %s", side->name, why);
}

/* ---- for people ---- */

static const char *percent(struct jk_cli *cli, jk_wide of, jk_wide elements)
{
    return of == 0 ? "" : jk_print_hundredths(cli, jk_likeness_hundredths(of, elements));
}

/* Likenesses of which there are none have no column. */
static void add_share(const struct comparing *comparing, struct jk_table *table, const struct jk_likeness_share *share)
{
    struct jk_cli *cli = comparing->cli;
    const char *part = jk_arena_copy(&cli->arena, share->part.at ? share->part.at : "", share->part.len);
    jk_table_cell(table, share->part.at ? part : "all");
    for (int i = 0; i < JK_LIKENESSES; i++) {
        if (comparing->comparison.whole.of[i] == 0) continue;
        jk_table_cell(table, percent(cli, share->of[i], share->elements));
        if (i != JK_KIN) continue;
        if (share->of[i])
            jk_table_cellf(table, "%u.%04u", share->median / 10000, share->median % 10000);
        else
            jk_table_cell(table, "");
    }
    jk_table_cell(table, jk_print_number(cli, share->tensors));
    jk_table_cell(table, jk_print_number(cli, share->elements > INT64_MAX ? INT64_MAX : (int64_t)share->elements));
}

static void print_table(const struct comparing *comparing)
{
    struct jk_column columns[JK_LIKENESSES + 4] = {{"part", false}};
    struct jk_cli *cli = comparing->cli;
    const struct jk_comparison *comparison = &comparing->comparison;
    struct jk_table table;
    size_t count = 1;
    for (int i = 0; i < JK_LIKENESSES; i++) {
        if (comparison->whole.of[i] == 0) continue;
        columns[count++] = (struct jk_column){jk_likeness_words[i], true};
        if (i == JK_KIN) columns[count++] = (struct jk_column){"median |r|", true};
    }
    columns[count++] = (struct jk_column){"tensors", true};
    columns[count++] = (struct jk_column){"elements", true};
    jk_table_init(&table, &cli->arena, columns, count);
    add_share(comparing, &table, &comparison->whole);
    for (size_t i = 0; i < comparison->part_count && i < PARTS_SHOWN; i++)
        add_share(comparing, &table, &comparison->parts[i]);
    jk_print_table(cli, &table);
    if (comparison->part_count > PARTS_SHOWN)
        fprintf(cli->out, "and %zu more parts: --json and --csv have them all\n", comparison->part_count - PARTS_SHOWN);
}

static void print_notes(const struct comparing *comparing)
{
    struct jk_cli *cli = comparing->cli;
    const struct jk_comparison *comparison = &comparing->comparison;
    for (int i = 0; i < 2; i++)
        if (comparing->sides[i].sketches.version < 2)
            fprintf(cli->out, "%s: its manifest is of version 1, without sketches; jokbo digest makes one with them.\n",
                    jk_print_safe(cli, comparing->sides[i].name));
    if (comparing->key) fprintf(cli->out, "By sketches under the challenge's key %s.\n", comparing->key);
    if (comparison->renamed > 0)
        fprintf(cli->out, "%s found under another name.\n",
                jk_print_plural(cli, comparison->renamed, "tensor", "tensors"));
    if (comparison->longer > 0)
        fprintf(cli->out, "%s compared though the first dimension differs, as of a longer vocabulary.\n",
                jk_print_plural(cli, comparison->longer, "tensor", "tensors"));
    if (comparison->cut) fprintf(cli->out, "Not everything was looked for: 2,000,000 pairs are the most.\n");
}

static enum jk_status print_picture(const struct comparing *comparing)
{
    struct jk_cli *cli = comparing->cli;
    JK_CLEANUP(jk_text_done) struct jk_text picture;
    jk_text_init(&picture, 0);
    jk_picture_text(&comparing->comparison, (struct jk_picture_style){cli->color, cli->utf8, cli->width}, &picture);
    if (picture.failed) return jk_out_of_memory(&cli->error);
    fprintf(cli->out, "\n%s", picture.bytes ? picture.bytes : "");
    return JK_OK;
}

static enum jk_status tell_comparison(const struct comparing *comparing)
{
    struct jk_cli *cli = comparing->cli;
    print_table(comparing);
    print_notes(comparing);
    if (comparing->comparison.count > 0) return print_picture(comparing);
    fprintf(cli->out, "%s has no tensor that could be compared.\n", jk_print_safe(cli, comparing->sides[0].name));
    return JK_OK;
}

/* ---- for programs ---- */

static json_t *number_json(jk_wide number)
{
    return json_integer(number > INT64_MAX ? INT64_MAX : (json_int_t)number);
}

static json_t *share_json(const struct jk_likeness_share *share)
{
    static const char *const keys[JK_LIKENESSES] = {"equal",   "nearly_equal",   "kin",
                                                    "foreign", "not_comparable", "not_paired"};
    json_t *root = json_pack("{s:s%, s:i, s:o}", "part", share->part.at ? share->part.at : "", share->part.len,
                             "tensors", (int)share->tensors, "elements", number_json(share->elements));
    for (int i = 0; root && i < JK_LIKENESSES; i++)
        json_object_set_new(root, keys[i], number_json(share->of[i]));
    if (root) json_object_set_new(root, "kin_median", share->of[JK_KIN] ? json_integer(share->median) : json_null());
    return root;
}

static json_t *item_json(const struct jk_item *item)
{
    return item ? json_pack("{s:s%, s:s%, s:s%, s:s%}", "name", item->name.at, item->name.len, "path", item->path.at,
                            item->path.len, "dtype", item->dtype.at, item->dtype.len, "shape", item->shape.at,
                            item->shape.len)
                : json_null();
}

static json_t *pair_json(const struct jk_pair *pair)
{
    return json_pack("{s:o, s:o, s:s, s:o, s:b, s:b, s:o}", "tensor", item_json(pair->one), "with",
                     item_json(pair->two), "likeness", jk_likeness_words[pair->likeness], "similarity",
                     pair->likeness < JK_INCOMPARABLE ? json_integer(pair->similarity) : json_null(), "renamed",
                     pair->renamed, "longer", pair->longer, "elements", number_json(pair->one->elements));
}

static enum jk_status tell_json(const struct comparing *comparing)
{
    const struct jk_comparison *comparison = &comparing->comparison;
    json_t *parts = json_array(), *pairs = json_array();
    for (size_t i = 0; i < comparison->part_count; i++)
        json_array_append_new(parts, share_json(&comparison->parts[i]));
    for (size_t i = 0; i < comparison->count; i++)
        json_array_append_new(pairs, pair_json(&comparison->pairs[i]));
    return jk_print_json(comparing->cli,
                         json_pack("{s:s, s:s, s:s?, s:o, s:o, s:i, s:i, s:b, s:o}", "model", comparing->sides[0].name,
                                   "other", comparing->sides[1].name, "challenge_key", comparing->key, "whole",
                                   share_json(&comparison->whole), "parts", parts, "renamed", (int)comparison->renamed,
                                   "longer", (int)comparison->longer, "cut", comparison->cut, "pairs", pairs));
}

static void add_share_row(json_t *rows, const char *scope, const struct jk_likeness_share *share)
{
    json_t *row = share_json(share);
    if (row) json_object_set_new(row, "scope", json_string(scope));
    json_array_append_new(rows, row);
}

/* The whole and every part, by elements, as in the table. */
static enum jk_status tell_csv(const struct comparing *comparing)
{
    const struct jk_comparison *comparison = &comparing->comparison;
    json_t *rows = json_array();
    add_share_row(rows, "whole", &comparison->whole);
    for (size_t i = 0; i < comparison->part_count; i++)
        add_share_row(rows, "part", &comparison->parts[i]);
    return jk_sheet_print(
        comparing->cli,
        "scope,part,equal,nearly_equal,kin,kin_median,foreign,not_comparable,not_paired,tensors,elements", rows);
}

static enum jk_status write_svg(const struct comparing *comparing)
{
    struct jk_cli *cli = comparing->cli;
    const char *path = jk_options_text(&cli->options, JK_OPTION_SVG);
    JK_CLEANUP(jk_text_done) struct jk_text svg;
    jk_text_init(&svg, 0);
    if (!path) return JK_OK;
    jk_picture_svg(&comparing->comparison, comparing->sides[0].name, comparing->sides[1].name, &svg);
    if (svg.failed) return jk_out_of_memory(&cli->error);
    return jk_place_path(path, jk_text_span(&svg), &cli->arena, &cli->error);
}

enum jk_status jk_run_compare(struct jk_cli *cli)
{
    JK_CLEANUP(end_comparing) struct comparing comparing = {.cli = cli};
    for (int i = 0; i < 2; i++)
        comparing.sides[i].name = jk_cli_operand(cli, (size_t)i);
    JK_TRY(take_challenge_key(&comparing));
    for (int i = 0; i < 2; i++)
        JK_TRY(read_side(&comparing, &comparing.sides[i]));
    if (!jk_compare(&comparing.sides[0].sketches, &comparing.sides[1].sketches, &comparing.comparison))
        return jk_out_of_memory(&cli->error);
    JK_TRY(write_svg(&comparing));
    if (cli->json) return tell_json(&comparing);
    return cli->csv ? tell_csv(&comparing) : tell_comparison(&comparing);
}

/* `lineage`: ancestors and descendants of a model, as two trees. */
#include <jokbo/v1/registry.pb-c.h>
#include <stdlib.h>

#include "base/defer.h"
#include "cli/commands.h"
#include "cli/console/print.h"
#include "cli/weights_words.h"
#include "cli/tree.h"

static const char *node_label(struct jk_cli *cli, const Jokbo__V1__LineageNode *node)
{
    const char *relation = jk_print_word(cli, &jokbo__v1__relation__descriptor, (int)node->relation);
    const char *kind = node->is_base ? "base model" : node->external ? "external" : relation;
    enum jk_paint paint = node->is_base ? JK_PAINT_GREEN : node->external ? JK_PAINT_DIM : JK_PAINT_BOLD;
    const char *weights = jk_weights_word(cli, node->grade, node->attested);
    const char *rest = jk_arena_printf(&cli->arena, "%s%s%s%s%s%s", kind, node->license[0] ? ", " : "", node->license,
                                       node->yanked ? ", yanked" : "", *weights ? ", weights: " : "", weights);
    const char *label = jk_arena_printf(&cli->arena, "%s  %s", jk_print_painted(cli, paint, node->name),
                                        jk_print_painted(cli, JK_PAINT_DIM, rest ? rest : ""));
    return label ? label : "";
}

/* Ancestors: a node's parents hang under it. */
static bool edges_up(struct jk_cli *cli, const Jokbo__V1__Lineage *lineage, struct jk_tree_node *nodes)
{
    for (size_t i = 0; i < lineage->n_nodes; i++) {
        const Jokbo__V1__LineageNode *node = lineage->nodes[i];
        size_t *below = jk_arena_zalloc(&cli->arena, node->n_parents + 1, sizeof *below), count = 0;
        if (!below) return false;
        for (size_t p = 0; p < node->n_parents; p++)
            if (node->parents[p] >= 0 && node->distance <= 0) below[count++] = (size_t)node->parents[p];
        nodes[i].below = below;
        nodes[i].below_count = count;
    }
    return true;
}

/* Descendants: those whose parent a node is hang under it. Two passes over the edges: count, then fill. */
static bool edges_down(struct jk_cli *cli, const Jokbo__V1__Lineage *lineage, struct jk_tree_node *nodes)
{
    size_t *fill[2] = {NULL, NULL}, *block, total = 0, count = lineage->n_nodes;
    fill[0] = jk_arena_zalloc(&cli->arena, count + 1, sizeof *fill[0]);
    fill[1] = jk_arena_zalloc(&cli->arena, count + 1, sizeof *fill[1]);
    for (size_t i = 0; i < count; i++)
        total += lineage->nodes[i]->n_parents;
    block = jk_arena_zalloc(&cli->arena, total + 1, sizeof *block);
    if (!fill[0] || !fill[1] || !block) return false;
    for (size_t i = 0; i < count; i++)
        for (size_t p = 0; p < lineage->nodes[i]->n_parents; p++) {
            size_t parent = (size_t)lineage->nodes[i]->parents[p];
            if (parent < count && lineage->nodes[i]->distance > 0) fill[0][parent]++;
        }
    for (size_t i = 0, at = 0; i < count; i++) {
        nodes[i].below = block + at;
        nodes[i].below_count = fill[0][i];
        fill[1][i] = at;
        at += fill[0][i];
    }
    for (size_t i = 0; i < count; i++)
        for (size_t p = 0; p < lineage->nodes[i]->n_parents; p++) {
            size_t parent = (size_t)lineage->nodes[i]->parents[p];
            if (parent < count && lineage->nodes[i]->distance > 0) block[fill[1][parent]++] = i;
        }
    return true;
}

static enum jk_status draw_lineage(struct jk_cli *cli, const Jokbo__V1__Lineage *lineage, bool up, bool titled)
{
    JK_CLEANUP(jk_text_done) struct jk_text text;
    jk_text_init(&text, 0);
    struct jk_tree_node *nodes = jk_arena_zalloc(&cli->arena, lineage->n_nodes + 1, sizeof *nodes);
    for (size_t i = 0; nodes && i < lineage->n_nodes; i++) {
        nodes[i].label = node_label(cli, lineage->nodes[i]);
        nodes[i].name = jk_print_safe(cli, lineage->nodes[i]->name);
    }
    bool done = nodes && (up ? edges_up(cli, lineage, nodes) : edges_down(cli, lineage, nodes));
    if (done) done = jk_tree_draw(nodes, lineage->n_nodes, 0, cli->utf8, &cli->arena, &text);
    if (!done || text.failed) return jk_out_of_memory(&cli->error);
    if (titled && nodes[0].below_count == 0)
        fprintf(cli->out, "No %s.\n", up ? "ancestors" : "descendants");
    else {
        if (titled) fprintf(cli->out, "%s\n", up ? "Ancestors" : "Descendants");
        fwrite(text.bytes ? text.bytes : "", 1, text.len, cli->out);
    }
    return JK_OK;
}

enum jk_status jk_run_lineage(struct jk_cli *cli)
{
    Jokbo__V1__GetLineageRequest request = JOKBO__V1__GET_LINEAGE_REQUEST__INIT;
    Jokbo__V1__Lineage *lineage;
    bool up = jk_cli_has(cli, JK_OPTION_UP), down = jk_cli_has(cli, JK_OPTION_DOWN), both = up == down;
    uint64_t depth = jk_options_count(&cli->options, JK_OPTION_DEPTH, 5);
    if (depth < 1 || depth > JK_TREE_DEPTH_MAX) return jk_cli_usage(cli, "--depth must be 1 to 64");
    request.name = jk_cli_operand(cli, 0);
    request.max_depth = (int32_t)depth;
    if (!both)
        request.direction = up ? JOKBO__V1__LINEAGE_DIRECTION__LINEAGE_DIRECTION_UP
                               : JOKBO__V1__LINEAGE_DIRECTION__LINEAGE_DIRECTION_DOWN;
    JK_TRY(jk_cli_call(cli, &jokbo__v1__registry__descriptor, "GetLineage", &request.base, &lineage));
    if (cli->json) return jk_print_message(cli, &lineage->base);
    if (both || up) JK_TRY(draw_lineage(cli, lineage, true, both));
    if (both) fputc('\n', cli->out);
    if (both || down) JK_TRY(draw_lineage(cli, lineage, false, both));
    if (lineage->truncated)
        fprintf(cli->err,
                "Not everything is shown: --depth N goes further, --up or --down shows one direction only.\n");
    return JK_OK;
}

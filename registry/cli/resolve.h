/* Finding out what the parents are: a name that is registered is pinned to its deciding release, any other is a model
 * of the Hugging Face Hub; a host or URL lies outside. Where a name was written as that of a model on the Hub, by a
 * card or as a URL, it is the registered one only if the server knows that it is meant (Model.meant_by_hub_name):
 * anybody may register a model under another's name. What was found is shown before anything is written. */
#ifndef JK_CLI_RESOLVE_H
#define JK_CLI_RESOLVE_H

#include <jokbo/v1/registry.pb-c.h>

#include "cli/console/cli.h"
#include "declare/parents.h"

struct jk_resolved {
    struct jk_span given;
    Jokbo__V1__Parent *parent;     /* for the request */
    const Jokbo__V1__Model *model; /* of a registered one */
    const char *shown;             /* "publisher/model@version", "external host/id" */
    const char *note;              /* what else the name could mean, and how to say so; NULL for nothing */
};

struct jk_resolution {
    struct jk_resolved items[JK_PARENTS_MAX];
    size_t count;
};

/* `by_person`: a person gave the names to this command, so that publisher/model is one that is registered, if there is
 * one. `own_name` is the model that is being registered (may be empty). Mistakes in the parents are added to
 * `mistakes`, and those parents left out; the result is a failure only where the server cannot be asked (in
 * cli->error). */
JK_MUST_USE enum jk_status jk_resolve_parents(struct jk_cli *cli, const struct jk_names *names, bool by_person,
                                              struct jk_span own_name, struct jk_resolution *out_resolution,
                                              struct jk_error *mistakes);
/* Model parts of the names of the parents and of their roots, for mapping licences. Returns how many, at most `room`.
 */
size_t jk_resolve_families(const struct jk_resolution *resolution, struct jk_span *out_families, size_t room);

#endif

/* Finding out what the parents are: a registered name is pinned to its deciding release, any other name is a model on
 * the Hugging Face Hub; a host or URL is external. A name that was written as the name of a model on the Hub, by a card
 * or as a URL, means the registered model only if the registry knows that it does (Model.meant_by_hub_name): anybody
 * may register a model under somebody else's name. Pure except for the callback that says what is registered. */
#ifndef JK_DECLARE_PIN_H
#define JK_DECLARE_PIN_H

#include <jokbo/v1/registry.pb-c.h>

#include "base/error.h"
#include "declare/parents.h"

/* Answers what is registered. What does not exist is NULL; a failure, in `error`, means that nobody can be asked. */
struct jk_registered {
    void *context;
    struct jk_arena *arena; /* for what comes of it */
    struct jk_error *error;
    enum jk_status (*model)(void *context, const char *name, const Jokbo__V1__Model **out_model);
    enum jk_status (*release)(void *context, const char *name_at_version, Jokbo__V1__Release **out_release);
};

struct jk_pinned {
    struct jk_span given;
    Jokbo__V1__Parent *parent;     /* for a request */
    const Jokbo__V1__Model *model; /* of a registered one */
    const char *shown;             /* "publisher/model@version", "external host/id" */
    const char *note;              /* what else the name could mean, and how to say so; NULL for nothing */
};

struct jk_pins {
    struct jk_pinned items[JK_PARENTS_MAX];
    size_t count;
};

/* `by_person`: a person gave the names, so publisher/model means the registered model, if there is one. `own_name` is
 * the model being registered (may be empty). Mistakes in the parents are added to `mistakes`, and those parents are
 * left out. */
JK_MUST_USE enum jk_status jk_pin_parents(const struct jk_registered *registered, const struct jk_names *names,
                                          bool by_person, struct jk_span own_name, struct jk_pins *out_pins,
                                          struct jk_error *mistakes);
/* Model parts of the names of the parents and of their roots, for mapping licences. Returns how many, at most `room`.
 */
size_t jk_pin_families(const struct jk_pins *pins, struct jk_span *out_families, size_t room);

#endif
